"""The six requests for locust, with its quick client."""

import re

from locust import FastHttpUser, constant, task

TOKEN = re.compile(r"name='csrf' value='([0-9a-f]+)'")


class Shopper(FastHttpUser):
    wait_time = constant(0)

    @task
    def buy(self):
        self.client.cookiejar.clear()
        with self.client.get("/", catch_response=True) as page:
            csrf = TOKEN.search(page.text).group(1)
        sku = self.client.get("/product").json()["product"]["id"]
        self.client.post("/cart", data={"sku": sku, "quantity": "1", "csrf": csrf})
        self.client.post("/checkout", json={"sku": sku, "csrf": csrf, "quantity": 1})
        self.client.get(f"/orders/{sku}", name="order")
        self.client.get("/thanks")
