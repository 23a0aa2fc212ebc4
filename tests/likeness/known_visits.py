"""Visits after real bug reports, each in a few words. The grammar of `visits` draws none of these.

`KNOWN` has pairs: what a visit is about, and its parts. A part is an answer, `("A name", status, headers, body)`, or a deed, `(kind, "A name", "A end")`, which
leads to the page `end`; to no page (`None`: the browser stays where it was), or to an error (`"error"`). The visit begins on `A start`.
"""
HTML = ("Content-Type", "text/html; charset=utf-8")
YEAR = "; Max-Age=31536000"


def page(at, *headers, status="200 OK", body="", kind=HTML):
    return (at, status, [header for header in (kind, *headers) if header], "<!doctype html><title>x</title><p>x" + body)


def cookie(text):
    return ("Set-Cookie", text)


def hop(at, location, *headers, status="302 Found", body=""):
    return (at, status, [("Location", location), *headers], body)


def link(to, end=None):
    return ("link", to, end or to)


def post(to, end=None):
    return ("post", to, end or to)


def script(to, kind="script text", end=None):
    return (kind, to, end or to)


def sent_back(*lines, at="A start", to=("A next",)):
    """Cookies that one page sets, and whether they come back."""
    return [page(at, *map(cookie, lines)), *(page(one) for one in to), *map(link, to)]


OPEN = [("Access-Control-Allow-Origin", "{asker}"), ("Access-Control-Allow-Credentials", "true"), ("Access-Control-Allow-Headers", "content-type, x-own"), ("Access-Control-Allow-Methods", "PUT")]


def elsewhere(location, end="A next", status="302 Found", kind="link"):
    """A redirect to this place."""
    ends = [page(end)] if end and end != "error" else []
    return [page("A start"), hop("A hop", location, status=status), *ends, (kind, "A hop", end), page("A last"), *([] if end == "error" else [link("A last")])]


KNOWN = [
    # Cookies.
    ("a cookie of a partition without Secure", sent_back("p=1; Partitioned; SameSite=None", "__Host-p=1; Partitioned; Path=/; Secure")),
    ("a partition of one site is not seen by another", [
        page("A start", cookie("p=1; Partitioned; Secure; SameSite=None; Path=/"), cookie("q=1; Secure; SameSite=None; Path=/")),
        page("L there"), page("A data", *OPEN), page("A next"), link("L there"), script("A data"), link("A next")]),
    ("a partition has a cookie of its own", [
        page("A start", cookie("p=1; Partitioned; Secure; SameSite=None; Path=/")),
        page("L there"), page("A data", *OPEN, cookie("p=2; Partitioned; Secure; SameSite=None; Path=/")), page("A more", *OPEN), page("A next"),
        link("L there"), script("A data"), script("A more"), link("A next"), link("L there"), script("A more")]),
    ("a cookie of a partition beside one without", sent_back("p=1; Secure; Path=/", "p=2; Secure; Path=/; Partitioned", "p=3; Secure; Path=/", "r=1; Secure; Path=/; partitioned=x")),
    ("a partition of a site's hosts is one", [page("D start", cookie("p=1; Partitioned; Secure; SameSite=None; Path=/; Domain=shop.localhost")), page("A start"),
        page("W there", *OPEN), page("W data", *OPEN), link("D start"), link("W there"), script("W data")]),
    ("deleted from a partition", sent_back("p=1; Secure; Path=/; Partitioned", "p=1; Secure; Path=/", "p=; Max-Age=0; Secure; Path=/; Partitioned")),
    ("deleted without its partition", sent_back("p=1; Secure; Path=/; Partitioned", "p=; Max-Age=0; Secure; Path=/")),
    ("a shop empties the jar", [page("A start", cookie("a=1; Path=/"), cookie("b=1")), page("A out", ("Clear-Site-Data", '"cookies"'), cookie("c=1; Path=/")), page("A next"), link("A out"), link("A next")]),
    ("a shop empties everything", [page("A start", cookie("a=1; Path=/"), cookie("b=1")), page("A out", ("Clear-Site-Data", '"*"')), page("A next"), link("A out"), link("A next")]),
    ("a shop empties its cache", [page("A start", cookie("a=1; Path=/")), page("A out", ("Clear-Site-Data", '"cache", "storage"')), page("A next"), link("A out"), link("A next")]),
    ("a shop empties the jar without quotes", [page("A start", cookie("a=1; Path=/")), page("A out", ("Clear-Site-Data", "cookies")), page("A next"), link("A out"), link("A next")]),
    ("a redirect empties the jar", [page("A start", cookie("a=1; Path=/")), hop("A out", "next", ("Clear-Site-Data", '"cookies"'), cookie("z=1; Path=/")), page("A next"), link("A out", "A next"), link("A next")]),
    ("a host empties its whole site's jar", [page("A start"), page("D one", cookie("d=1; Path=/; Domain=shop.localhost"), cookie("h=1; Path=/")), page("W two", cookie("w=1; Path=/")),
        page("W out", ("Clear-Site-Data", '"cookies"')), page("D next"), link("D one"), link("W two"), link("W out"), link("D next"), link("W two")]),
    ("a script's answer empties the jar", [page("A start", cookie("a=1; Path=/")), page("A out", ("Clear-Site-Data", '"cookies", "storage"'), kind=("Content-Type", "text/plain")), page("A next"), script("A out"), link("A next")]),
    ("deleted on another path", sent_back("a=1; Path=/", "a=1", "a=; Max-Age=0; Path=/other", "b=1; Path=/", "b=; Expires=Thu, 01-Jan-1970 00:00:01 GMT")),
    ("deleted with another domain", sent_back("a=1; Path=/; Domain=shop.localhost", "a=; Path=/; Max-Age=0", "b=1; Path=/", "b=; Path=/; Max-Age=0; Domain=.shop.localhost", at="D start", to=["D next"]) + [page("A start"), link("D start"), link("W next"), page("W next")]),
    ("an empty value is no deletion", sent_back("a=1; Path=/", "a=; Path=/", "b; Path=/", "=c; Path=/", "d=deleted; Expires=0; Path=/", "e=x; Expires=-1; Path=/")),
    ("dates as languages write them", sent_back(*(f"d{nth}=1; Expires={date}" for nth, date in enumerate([
        "Tue, 19 Jan 2038 03:14:07 GMT", "Tue Jan 19 2038 03:14:07 GMT+0000 (Coordinated Universal Time)", "2038-01-19T03:14:07Z", "2038-01-19 03:14:07", "19/01/2038 03:14:07",
        "01/19/2038 03:14:07", "Di, 19 Jan 2038 03:14:07 GMT", "Tue, 19-Jan-38 03:14:07 GMT", "Tuesday, 19-Jan-2038 03:14:07 UTC", "Tue, 19 Jan 2038 03:14 GMT", "1893456000", "Session",
        "Thu, 01-Jan-1970 00:00:00 GMT", "0", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 10000 23:59:59 GMT", "Tue, 19 janv. 2038 03:14:07 GMT", "mar., 19 Jan 2038 03:14:07", "Wed, 19 Jan 2038 03:14:07 PST",
        "Tue, 19 Jan 2038 3:14:7", "19 Jan 2038 03:14:07.123", "Jan 19, 2038 3:14:07 PM", "20380119T031407", "Tue, 30 Feb 2038 00:00:00 GMT", "never", "", "Tue,19Jan2038 03:14:07GMT", "Tue, 19 Jan 2038  03:14:07", "3:14:07 19 2038 Jan", "19 Jan 1969 00:00:00", "19 Jan 69 00:00:00"])))),
    ("ages as languages write them", sent_back(*(f"m{nth}=1; Max-Age={age}" for nth, age in enumerate(
        ["3600", "3600.0", "1e3", " 3600 ", "3600s", "0", "-0", "0.5", "-1.5", '"3600"', "+3600", "++1", "- 1", "0x10", "99999999999999999999999", "-99999999999999999999999", "", "null", "undefined", "Infinity", "00", "000001"])))),
    ("the last attribute counts", sent_back("a=1; Path=/; Path=/nowhere", "b=1; Path=/nowhere; Path=/", "c=1; Max-Age=0; Max-Age=100", "d=1; SameSite=None; SameSite=Strict", "e=1; Path=/; Path=", "f=1; Domain=127.0.0.1; Domain=other.test", "g=1; Max-Age=100; Max-Age=x", "h=1; Secure=false", "i=1; HttpOnly=false; Path=/")),
    ("several cookies on one line", sent_back("a=1; Path=/, b=2; Path=/", "c=1, d=2", "e=1\te=2", "f=1;;g=2", ";h=1", "i=1; ;; Path=/")),
    ("quotes and spaces", sent_back('a="1; 2"', 'b=" 1 "', "c c=1", "d=1 2", "\"e\"=1", "f = 1", "  g=1  ", "h==1", "i=1=", "=j=1", "k=%20", "l=\xa0x", "m=ü".encode().decode("latin-1"), "n=,", "o=\\", "p='1'", 'q="1', "r={\"a\":1,\"b\":[2]}")),
    ("control characters", sent_back("a=1\x01", "b=\x7f", "c=1\t2", "d\x02=1", "e=1; Path=/\x03", "f=1; Ex\x04=1", "g=1; x=\x1f", "h=1\x0b2", "i=1")),
    ("prefixes", sent_back("__Host-a=1; Secure; Path=/", "__Host-b=1; Path=/", "__Host-c=1; Secure", "__Host-d=1; Secure; Path=/; Domain=127.0.0.1", "__Secure-e=1; Secure", "__Secure-f=1", "__SECURE-g=1", "__host-h=1",
        "__Host-=1; Secure; Path=/", "__Host-", "=__Secure-i=1", "__Secure-", "_Host-j=1", "__Host=k", "__Http-l=1; Secure", "__Http-m=1; Secure; HttpOnly", "__Host-Http-n=1; Secure; HttpOnly; Path=/", "__Host-Http-o=1; Secure; Path=/", "__HostHttp-p=1")),
    ("cookies of answers that are no page", [page("A start"), page("A none", cookie("a=1; Path=/"), status="404 Not Found"), page("A broken", cookie("b=1; Path=/"), status="500 Oops"), page("A auth", cookie("c=1; Path=/"), status="401 Unauthorized"),
        page("A data", cookie("d=1; Path=/"), kind=("Content-Type", "application/json")), page("A next"), link("A none"), link("A broken"), link("A auth"), script("A data"), link("A next")]),
    ("cookies of each hop", [page("A start"), hop("A one", "two", cookie("a=1; Path=/")), hop("A two", "{B}/c{n}/three", cookie("a=2; Path=/"), cookie("b=1; Path=/; Max-Age=100")), hop("B three", "{A}/c{n}/next", cookie("b=; Path=/; Max-Age=0")), page("A next"), post("A one", "A next"), link("A next")]),
    ("paths and where a cookie goes", [page("A start", cookie("a=1; Path=/c{n}/sub"), cookie("b=1; Path=/c{n}/sub/"), cookie("c=1; Path=/c{n}/su"), cookie("d=1; Path=/C{n}/SUB"), cookie("e=1; Path=/c{n}/s%75b"), cookie("f=1; Path=c{n}/sub"), cookie("g=1; Path=\"/\""), cookie("h=1; Path=/c{n}/sub?x"), cookie("i=1; Path=/c{n}/sub//")),
        page("A sub"), page("A sub/"), page("A sub/x"), page("A subx"), page("A sub//x"), link("A sub"), link("A sub/"), link("A sub/x"), link("A subx"), link("A sub//x")]),
    ("the classic session loss of 3-D Secure", [page("A start", cookie("lax=1; Path=/; SameSite=Lax"), cookie("strict=1; Path=/; SameSite=Strict"), cookie("none=1; Path=/; SameSite=None; Secure"), cookie("said=1; Path=/")), page("L bank"), page("A back"), page("A next"),
        post("L bank"), post("A back"), link("A next")]),
    ("back from the bank by a link", [page("A start", cookie("lax=1; Path=/; SameSite=Lax"), cookie("strict=1; Path=/; SameSite=Strict"), cookie("said=1; Path=/")), page("L bank"), hop("A back", "next"), page("A next"), link("L bank"), link("A back", "A next"), link("A next")]),
    ("back from the bank by 303 of a post", [page("A start", cookie("lax=1; Path=/; SameSite=Lax"), cookie("strict=1; Path=/; SameSite=Strict"), cookie("said=1; Path=/")), page("L bank"), hop("L pay", "{A}/c{n}/next", status="303 See Other"), page("A next"), link("L bank"), post("L pay", "A next"), link("A next")]),
    ("back from the bank by 307 of a post", [page("A start", cookie("lax=1; Path=/; SameSite=Lax"), cookie("strict=1; Path=/; SameSite=Strict"), cookie("said=1; Path=/")), page("L bank"), hop("L pay", "{A}/c{n}/next", status="307 Temporary"), page("A next"), link("L bank"), post("L pay", "A next"), link("A next")]),
    ("cookies set on the way back by a post from another site", [page("A start"), page("L bank"), page("A back", cookie("lax=1; Path=/; SameSite=Lax"), cookie("strict=1; Path=/; SameSite=Strict"), cookie("said=1; Path=/")), page("A next"), link("L bank"), post("A back"), link("A next")]),
    ("cookies that a script of another site is given", [page("A start"), page("L there"), page("A data", *OPEN, cookie("lax=1; Path=/; SameSite=Lax"), cookie("said=1; Path=/"), cookie("none=1; Path=/; SameSite=None; Secure"), cookie("plain=1; Path=/; SameSite=None")), page("A next"), link("L there"), script("A data"), link("A next")]),
    ("a value set anew keeps its place or not", sent_back("a=1", "b=1", "a=1", "c=1", "b=2", "a=1; Max-Age=9")),
    ("SameSite in other words", [page("A start", *(cookie(f"s{nth}=1; Path=/; Secure; SameSite{word}") for nth, word in enumerate(["", "=", "=lax", "=LAX", "= Lax ", '="Lax"', "=None", "=none", '="None"', "=no_restriction", "=Strict", "=strict;", "=true", "=0"]))), page("L bank"), page("A next"), link("L bank"), post("A next")]),
    # Redirects.
    *((f"a redirect to {location!r}", elsewhere(location)) for location in [
        "next", "./next", "../c{n}/next", "/c{n}/next", "//{A host}/c{n}/next", "http:/c{n}/next", "http:next", "\\c{n}\\next", "/c{n}\\next", " next ", "\tnext", "ne\txt", "next#part", "next?", "next?a=1&b=%zz", "next?a b", "next?\xe4", "next?ä€".encode().decode("latin-1"),
        "next?'\"<>`", "next?[]{}|\\^", "HTTP://{A host}/c{n}/next", "{A}/c{n}/x/../next", "{A}/c{n}/x/%2e%2e/next", "{A}/c{n}/./next", "http://127.1:{A port}/c{n}/next", "http://0x7f.1:{A port}/c{n}/next", "http://2130706433:{A port}/c{n}/next", "http://127.0.0.1.:{A port}/c{n}/next",
        "http://user:secret@{A host}/c{n}/next", "http://user@{A host}/c{n}/next", "http:\\\\{A host}\\c{n}\\next", "http:///{A host}/c{n}/next", "http:////{A host}/c{n}/next", "{A}//../c{n}/next"]),
    ("a redirect to nothing", [page("A start"), hop("A hop", "", HTML, body="<p>x"), link("A hop"), page("A next"), link("A next")]),
    ("a redirect to a path with parameters", [page("A start"), hop("A hop", "next;a=1?b"), page("A next;a=1"), page("A last"), link("A hop", "A next;a=1"), link("A last")]),
    ("a redirect to its query", [page("A start"), hop("A hop", "?a=1"), page("A next"), hop("A hop?a=1", "next"), link("A hop", "A next"), link("A next")]),
    *((f"a redirect to {location!r} is no way", elsewhere(location, "error")) for location in [
        "http://", "http:", "http://:80/", "http://[/", "http://a b/", "http://%zz/", "http://127.0.0.1:99999/", "http://127.0.0.256/", "data:text/html,x", "about:blank", "blob:x", "file:///etc/passwd", "chrome://version", "//", "///", "http://1.2.3.4.5/"]),
    *((f"{status} with a place in it is no redirect", [page("A start"), (at, status, [HTML, ("Location", "next"), cookie("x=1")], "<p>x"), page("A next"), link(at), link("A next")])
      for at, status in [("A hop", status) for status in ["200 OK", "201 Created", "202 Accepted", "203 Odd", "300 Multiple Choices", "305 Use Proxy", "306 Odd", "309 Odd", "399 Odd", "400 Bad", "404 Not Found", "500 Oops", "503 Busy"]]),
    *((f"{status} of a {kind}", [page("A start"), hop("A hop", "next", status=status), page("A next"), (kind, "A hop", "A next"), link("A next")])
      for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] for kind in ["post", "search"]),
    *((f"{status} of a {kind} to another origin", [page("A start"), hop("A hop", "{B}/c{n}/next", *OPEN, status=status), page("B next", *OPEN), (kind, "A hop", "B next")])
      for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] for kind in ["post", "script text", "script put"]),
    ("the fragment of a link stays unless the redirect has one", [page("A start"), hop("A one", "two"), hop("A two", "next#b"), page("A next"), link("A one#a", "A next"), link("A next")]),
    ("a redirect with a body that never comes", [page("A start"), ("A hop", "302 Found", [("Location", "next"), ("Content-Length", "100000")], None), page("A next"), link("A hop", "A next"), link("A next")]),
    ("a redirect with a body that is no gzip", [page("A start"), ("A hop", "302 Found", [("Location", "next"), ("Content-Encoding", "gzip")], "plain"), page("A next"), link("A hop", "A next"), link("A next")]),
    ("a redirect with a page in it", [page("A start"), hop("A hop", "next", HTML, body="<base href=/other/><a href=wrong>x</a>"), page("A next"), link("A hop", "A next"), link("A next")]),
    ("posted to an address with a query and a fragment", [page("A start"), hop("A hop?q=1#frag", "next", status="307 T"), hop("A hop?q=1", "next", status="307 T"), page("A next"), post("A hop?q=1#frag", "A next")]),
    # Scripts of other origins.
    *((f"a script of another origin with {said}", [page("A start"), page("B data", *headers), (kind, "B data", "B data" if reads else "error")]) for said, kind, headers, reads in [
        ("no leave", "script text", [], False), 
        ("leave twice", "script text", [*OPEN, OPEN[0]], False), ("leave with a slash", "script text", [("Access-Control-Allow-Origin", "{asker}/"), OPEN[1]], False),
        ("leave in capitals", "script text", [("ACCESS-CONTROL-ALLOW-ORIGIN", "{asker}"), ("ACCESS-CONTROL-ALLOW-CREDENTIALS", "true")], True), ("leave with spaces", "script text", [("Access-Control-Allow-Origin", "  {asker}  "), OPEN[1]], True), ("leave for the host alone", "script text", [("Access-Control-Allow-Origin", "127.0.0.1"), OPEN[1]], False),
        ("headers on two lines", "script put", [*OPEN[:2], ("Access-Control-Allow-Headers", "content-type"), ("Access-Control-Allow-Headers", "X-Own"), OPEN[3]], True),
        ("methods in small letters", "script put", [*OPEN[:3], ("Access-Control-Allow-Methods", "put")], False), ("methods with spaces", "script put", [*OPEN[:3], ("Access-Control-Allow-Methods", " GET ,PUT,, ")], True), ("methods that are none", "script put", [*OPEN[:3], ("Access-Control-Allow-Methods", "PUT;POST")], False),
        ("a header in JSON's name alone", "script", [*OPEN[:2], ("Access-Control-Allow-Headers", "x-other")], False), ("leave for JSON", "script", [*OPEN[:2], ("Access-Control-Allow-Headers", "Content-Type")], True)]),
    # Answers that are no page, and what comes after.
    *((f"a link to {said}", [page("A start"), (at, status, headers, body), page("A next"), ("link", at, end), link("A next")]) for said, at, status, headers, body, end in [
        ("no content", "A none", "204 No Content", [cookie("n=1; Path=/")], "", None), ("reset content", "A reset", "205 Reset Content", [HTML], "", None),
        ("a download", "A file", "200 OK", [HTML, ("Content-Disposition", "attachment; filename=x.html")], "<p>x", None), ("bytes", "A bytes", "200 OK", [("Content-Type", "application/octet-stream")], "<p>x", None),
        ("XHTML", "A xhtml", "200 OK", [("Content-Type", "application/xhtml+xml")], "<html xmlns='http://www.w3.org/1999/xhtml'><body>x</body></html>", "A xhtml"),
        ("an inline page", "A inline", "200 OK", [HTML, ("Content-Disposition", "inline; filename=x.html")], "<p>x", "A inline"),
        ("a zip", "A zip", "200 OK", [("Content-Type", "application/zip")], "PK\3\4", None),
        ("a table", "A csv", "200 OK", [("Content-Type", "text/csv")], "a,b", None), ("an unknown type", "A odd", "200 OK", [("Content-Type", "application/x-odd")], "x", None), ("a type that is none", "A bad", "200 OK", [("Content-Type", "html")], "<html>x", "A bad"), ("two types", "A two", "200 OK", [("Content-Type", "text/plain"), HTML], "<html>x", "A two"),
        ("an empty type", "A empty", "200 OK", [("Content-Type", "")], "<html>x", "A empty"), ("an error page", "A err", "500 Oops", [HTML], "<p>x", "A err"), ("a page that was not found", "A gone", "404 Not Found", [HTML], "<p>x", "A gone"), ]),
    # What a page says of itself.
    *((f"{said} and a link", [page("A start", *headers, body=body), page("A next"), page("B next"), link("B next"), page("A last"), link("A last")]) for said, headers, body in [
        ("a policy in a header", [("Referrer-Policy", "origin")], ""), ("two policies in headers", [("Referrer-Policy", "origin"), ("Referrer-Policy", "unsafe-url")], ""), ("a policy in capitals", [("Referrer-Policy", "UNSAFE-URL")], ""),
        ("a policy with a stop", [("Referrer-Policy", "unsafe-url;")], ""), ("a policy in quotes", [("Referrer-Policy", '"unsafe-url"')], ""), ("an empty policy and one", [("Referrer-Policy", ",, unsafe-url ,")], ""), ("a meta behind a header", [("Referrer-Policy", "no-referrer")], "<meta name=referrer content=unsafe-url>"),
        ("two metas", [], "<meta name=referrer content=unsafe-url><meta name=referrer content=origin>"), ("a meta in a template", [], "<template><meta name=referrer content=unsafe-url></template>"), ("a meta that is a comment", [], "<!-- <meta name=referrer content=unsafe-url> -->"),
        ("a meta in capitals", [], "<META NAME=REFERRER CONTENT=UNSAFE-URL>"), ("a meta with spaces", [], "<meta name=referrer content=' unsafe-url '>"), ("a meta without a word", [], "<meta name=referrer content>"), ("a policy of a CSP", [("Content-Security-Policy", "referrer unsafe-url")], ""),
        ("a meta in a noscript", [], "<noscript><meta name=referrer content=unsafe-url></noscript>"), ("a meta in a text field", [], "<textarea><meta name=referrer content=unsafe-url></textarea>"), ("an http-equiv", [], "<meta http-equiv=referrer-policy content=unsafe-url>")]),
]


class Case:
    """A visit of `KNOWN`, as `visits` wants it."""

    known = True

    def __init__(self, number):
        self.number, self.answers, self.deeds = number, {}, []
        self.name, parts = KNOWN[number]
        for part in parts:
            origin, path = self.at(part[1] if len(part) == 3 else part[0])
            if len(part) == 3:
                end = part[2] if part[2] in (None, "error") else self.at(part[2])
                self.deeds.append((part[0], origin, path, end))
            else:
                _, status, headers, body = part
                self.answers[origin, path] = status, [(name, value.replace("{n}", str(number))) for name, value in headers], body
        self.first = f"/c{number}/start"

    def at(self, text):
        origin, name = text.split(" ", 1)
        return origin, f"/c{self.number}/{name}"
