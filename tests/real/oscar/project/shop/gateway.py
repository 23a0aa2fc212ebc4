"""A card gateway that lives in the shop's process: it takes its time, refuses some cards and fails on others.

It keeps a book of its own, `charges.jsonl`, outside the shop's database. A real gateway does so too, which is why a shop that
rolls its order back after the charge leaves a customer who paid for nothing: the book shows it, the shop's tables can't."""

import json
import os
import time
import uuid

from django.conf import settings
from oscar.apps.payment.exceptions import PaymentError, UnableToTakePayment

DECLINED = "4000000000000002"
GATEWAY_FAILS = "4000000000000119"


def charge(order_number, amount, currency, card_number):
    """Takes the money and returns the gateway's reference; any other card number with a valid check digit pays."""
    time.sleep(settings.SHOP_PAYMENT_SECONDS)
    if card_number == DECLINED:
        raise UnableToTakePayment("Your card was declined")
    if card_number == GATEWAY_FAILS:
        raise PaymentError("the card gateway did not answer")
    reference = uuid.uuid4().hex
    line = {"reference": reference, "order": str(order_number), "total_minor": int(amount * 100), "currency": currency}
    # One short write to a file opened for appending does not mix with the writes of the other workers.
    book = os.open(settings.FOLDER / "charges.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(book, (json.dumps(line) + "\n").encode())
    finally:
        os.close(book)
    return reference
