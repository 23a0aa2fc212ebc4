"""What differs between a request of tillrush and one of Chromium, but for what may differ."""
import re

# Headers that may differ, each with its reason.
ALLOWED = {
    "user-agent": "a load test says that it is one",
    "x-load-test": "a load test says that it is one",
    "x-shopper": "a shop can find a shopper's requests by it",
    "host": "each client has a port of its own",
    "sec-ch-ua": "the device is the scenario's",
    "sec-ch-ua-mobile": "the device is the scenario's",
    "sec-ch-ua-platform": "the device is the scenario's",
    "accept-language": "the device is the scenario's",
    "connection": "the transport's, not the page's",
}
BOUNDARY = re.compile(rb"----WebKitFormBoundary[A-Za-z0-9]{16}")


def comparable(request, origin, skip=()):
    """A request as lines that are the same for both clients if they sent the same."""
    if request is None:
        return ["no request"]
    plain = lambda text: text.replace(origin, "http://shop")
    unbound = lambda text: BOUNDARY.sub(b"BOUNDARY", text)
    lines = [f"{request.method} {request.target}"]
    for name, value in sorted((name.lower(), value) for name, value in request.headers):
        if name not in ALLOWED and name not in skip:
            lines.append(f"{name}: {unbound(plain(value).encode('latin-1')).decode('latin-1')}")
    lines.append(repr(unbound(request.body)))
    return lines
