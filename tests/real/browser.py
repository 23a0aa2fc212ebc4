"""A very small browser for the smoke tests: cookies, the Referer header, redirects one hop at a time, forms with all their fields.

It shares nothing with tillrush on purpose: what both see alike is then so."""

import html.parser
import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request


class Page:
    def __init__(self, answer):
        self.status, self.url, self.location = answer.status, answer.url, answer.headers.get("Location")
        self.text = answer.read().decode(errors="replace")

    def json(self):
        return json.loads(self.text)

    def form(self, holding):
        """The fields and the target of the first form that holds a field or bears an id of this name."""
        finder = Forms()
        finder.feed(self.text)
        for form in finder.forms:
            if holding in form["fields"] or holding == form["id"]:
                return form["fields"], urllib.parse.urljoin(self.url, form["action"] or self.url)
        raise AssertionError(f"no form with `{holding}` on {self.url}: {self.text[:2000]}")


class Forms(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.choice = [], None

    def handle_starttag(self, tag, attributes):
        its = dict(attributes)
        if tag == "form":
            self.forms.append({"id": its.get("id"), "action": its.get("action"), "fields": {}})
        if not self.forms or "name" not in its and tag != "option":
            return
        fields = self.forms[-1]["fields"]
        if tag == "input" and (its.get("type") not in ("radio", "checkbox") or "checked" in its):
            fields[its["name"]] = its.get("value") or ""
        elif tag == "textarea":
            fields[its["name"]] = ""
        elif tag == "select":
            self.choice = its["name"]
        elif tag == "option" and self.choice and ("selected" in its or self.choice not in fields):
            fields[self.choice] = its.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "select":
            self.choice = None


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    def __init__(self, address):
        self.address, self.page = address, None
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), StayHere(), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def ask(self, path, body=None, headers=()):
        """One exchange, no redirect followed."""
        request = urllib.request.Request(urllib.parse.urljoin(self.page.url if self.page else self.address, path), data=body)
        for name, value in dict(headers).items():
            request.add_header(name, value)
        if self.page:
            request.add_header("Referer", self.page.url)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return Page(answer)
        except urllib.error.HTTPError as answer:
            return Page(answer)

    def settle(self, page):
        """Follows the redirects and remembers the page they end at."""
        for _ in range(10):
            if not page.location:
                break
            page = self.ask(urllib.parse.urljoin(page.url, page.location))
        assert not page.location, f"too many redirects, at last to {page.location}"
        self.page = page
        return page

    def get(self, path):
        return self.settle(self.ask(path))

    def submit(self, holding, **filled):
        """Sends the form of the current page; gives the first answer, and settles on the page it leads to."""
        fields, action = self.page.form(holding)
        first = self.ask(action, urllib.parse.urlencode({**fields, **filled}).encode())
        self.settle(first)
        return first
