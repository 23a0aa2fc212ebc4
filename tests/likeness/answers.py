"""Answers as broken shops and proxies write them: status lines, header lines, lengths, chunks, content codings.

A script fetches each one and sends on what it read. What a browser refuses is a failure of tillrush's, too: neither sends anything on.
"""
import gzip
import json
import random
import zlib

from recorder import Closing

# What scripts have to do with pages is for visits.
SKIP = {"cache-control", "accept-encoding", "content-length", "pragma", "origin", "referer", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "accept", "content-type"}

STATUS_LINES = ["HTTP/1.1 200 OK"] * 12 + ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.0 200 OK", "HTTP/1.1  200 OK", "http/1.1 200 ok", "HTTP/1.1 404 Not Found", "HTTP/1.1 500 ", "HTTP/1.1 299 odd", "HTTP/1.1 201 Created \xe9",
                "HTTP/2 200 OK", "HTTP/2.0 200 OK", "HTTP/1.1 200OK", "HTTP/1.1 451 x", "HTTP/1.1 599 x", "HTTP/1.1 203 a: b", "HTTP/1.1\t200 OK", "HTTP/1.2 200 OK", "HTTP/1.1 200 O\tK", "\nHTTP/1.1 200 OK", "HTTP/1.1 205 Reset",
                "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1 409 Conflict", "HTTP/1.1 429 Too Many", "HTTP/1.1 418"]
BEFORE = ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n" * 3, "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n", "\r\n", "\n\n", "xx"]
ODD_LINES = ["X-Folded: a\r\n b", "X-Folded: a\r\n\tb\r\n c", "no colon here", "X Space: 1", "X-Before : 1", ": nameless", "X-Empty:", "X-Latin: \xe4\xf6\xfc", "X-Twice: 1\r\nX-Twice: 2", "X-Long: " + "y" * 9000, "x-low:1", "X-Ctl: a\x01b", "X-Tab:\ta\t",
             "Set-Cookie: a", "Server:  x  ", "Content-Type: text/plain; charset=utf-8", "X-Quote: \"a", "\xe9-name: 1", "X@Y: 1", "Date: nonsense", "Connection: X-Low", "Keep-Alive: timeout=x", "Upgrade: h2c", "Trailer: X-T", "Vary: *", "ETag: W/x",
             "Location: /elsewhere", "Location: /a\r\nLocation: /b", "Content-Disposition: inline\r\nContent-Disposition: inline", "Content-Disposition: inline\r\nContent-Disposition: attachment", "Content-Range: bytes 0-1/2", "Refresh: 9; url=/x", "Content-Disposition: attachment", "Retry-After: soon", "Alt-Svc: h3=\":443\"", "Content-MD5: wrong", "Warning: 199", "Proxy-Connection: close", "Content-Location: /y"]


def chunk(draw, part):
    """A chunk, mostly well made."""
    size = draw.choice(["%x"] * 5 + ["%X", "000%x", "%x ", "%x;a=b", "%x ; a=\"b;c\"", "%x;", "%x\t", "%x;a"]) % len(part)
    end = "\n" if draw.random() < 0.05 else "\r\n"
    return size.encode() + end.encode() + part + draw.choice([b"\r\n"] * 20 + [b"\n"])


class Case:
    """One answer, and what a script reads of it."""

    content_type = "raw"

    def __init__(self, seed, number):
        self.number, self.path, self.done = number, f"/c{number}/page", None
        self.draw = draw = random.Random(f"answers {seed}/{number}")
        self.status = draw.choice(STATUS_LINES)
        self.text = f"words of {number}: " + "".join(draw.choice("abc äö€\n") for _ in range(draw.choice([0, 5, 5, 40, 3000])))
        headers, content = self.coded(self.text.encode())
        framing, body, exact = self.framed(content)
        headers = ["Content-Type: text/plain; charset=utf-8"] + headers + framing
        for _ in range(draw.choice([0, 0, 0, 1, 1, 2])):
            headers.insert(draw.randint(0, len(headers)), draw.choice(ODD_LINES))
        if draw.random() < 0.03:
            headers[0:0] = [f"X-{nth}: {nth}" for nth in range(draw.choice([101, 150, 600]))]
        closes = not exact or draw.random() < 0.3
        if closes:
            headers.append(draw.choice(["Connection: close", "connection: Close", "Connection: close, x"]))
        end = "\n" if draw.random() < 0.05 else "\r\n"
        before = draw.choice(BEFORE) if draw.random() < 0.12 else ""
        head = before + end.join([self.status, *headers]) + end + end
        whole = head.encode("latin-1") + body
        # A status without a body, where one comes all the same, ends the connection.
        bare = self.status[9:12] in ("204", "304") or "100" in before or self.status.startswith(("HTTP/2 ", "HTTP/1.0"))
        self.body = Closing(whole) if closes or bare or body.startswith(content) is False and not exact else whole

    def coded(self, content):
        """The content as its coding has it, and the lines that say so."""
        pick = self.draw.choice
        kind = pick([None] * 10 + ["gzip", "gzip", "gzip", "deflate", "deflate", "x-gzip", "raw", "twice", "unknown", "identity", "plain", "crc", "trailing", "cut", "named", "adler", "both", "GZIP", "empty", "mixed"])
        packed = gzip.compress(content, mtime=0)
        raw = zlib.compress(content)[2:-4]
        name = pick(["Content-Encoding: %s", "content-encoding:%s", "Content-Encoding:  %s "])
        if kind is None:
            return [], content
        return {
            "gzip": lambda: ([name % "gzip"], packed), "x-gzip": lambda: ([name % "x-gzip"], packed), "GZIP": lambda: ([name % "GZip"], packed),
            "deflate": lambda: ([name % "deflate"], zlib.compress(content)), "raw": lambda: ([name % "deflate"], raw),
            "twice": lambda: ([name % pick(["gzip, gzip", "gzip,gzip", "gzip, x-gzip"])], gzip.compress(packed, mtime=0)),
            "both": lambda: ([name % "deflate", name % "gzip"], gzip.compress(zlib.compress(content), mtime=0)),
            "unknown": lambda: ([name % pick(["utf-8", "none", "aws-chunked", "binary", "*", "", "gzipp"])], content),
            "mixed": lambda: ([name % pick(["identity, gzip", "gzip, identity", "none, gzip", "gzip, none", ", gzip", "gzip,", "gzip;q=1"])], packed),
            "identity": lambda: ([name % "identity"], content), "plain": lambda: ([name % pick(["gzip", "deflate"])], content),
            "crc": lambda: ([name % "gzip"], packed[:-8] + b"\0" * 4 + packed[-4:]), "trailing": lambda: ([name % "gzip"], packed + pick([b"\0" * 7, b"rubbish", b"\n"])),
            "cut": lambda: ([name % "gzip"], packed[:-pick([1, 4, 8])]), "named": lambda: ([name % "gzip"], packed[:3] + b"\x08" + packed[4:10] + b"name\0" + packed[10:]),
            "adler": lambda: ([name % "deflate"], zlib.compress(content)[:-4] + b"\0\0\0\0"), "empty": lambda: ([name % pick(["gzip", "deflate", "br", "x"])], b""),
        }[kind]()

    def framed(self, content):
        """The body's framing: lines, bytes, and whether its end is without doubt."""
        pick, size = self.draw.choice, len(content)
        kind = pick(["length"] * 8 + ["chunks"] * 6 + ["close", "close", "odd length", "odd length", "two", "short", "long", "odd coding", "cut chunks", "both", "trailers"])
        if kind == "length":
            return [pick(["Content-Length: %d", "content-length:%d", "Content-Length:  %d "]) % size], content, True
        if kind == "close":
            return [], content, False
        if kind == "odd length":
            return ["Content-Length: " + pick(["+%d", "%d, %d", "", "x", "-1", "0x%x", "%d.0", "%d;", "0%d", "%d %d", "%d,", "\"%d\"", "99999999999999999999"]).replace("%d", str(size)).replace("%x", "%x" % size)], content, False
        if kind == "two":
            return ["Content-Length: %d" % size, "Content-Length: %d" % pick([size, size, size + 1])], content, False
        if kind == "short":
            return ["Content-Length: %d" % (size + pick([1, 100]))], content, False
        if kind == "long":
            return ["Content-Length: %d" % size], content + pick([b"x", b"\r\n", b"HTTP/1.1 500 no\r\n\r\n"]), False
        if kind == "odd coding":
            return [pick(["Transfer-Encoding: identity", "Transfer-Encoding: gzip", "Transfer-Encoding: x", "Transfer-Encoding:", "Transfer-Encoding: identity\r\nContent-Length: %d" % size])], content, False
        cuts = sorted(self.draw.randint(0, size) for _ in range(self.draw.choice([0, 1, 3])))
        parts = [part for part in (content[low:high] for low, high in zip([0, *cuts], [*cuts, size])) if part]
        said = pick(["Transfer-Encoding: chunked"] * 6 + ["transfer-encoding:Chunked", "Transfer-Encoding: chunked ", "Transfer-Encoding: CHUNKED"])
        last = pick([b"0\r\n\r\n"] * 8 + [b"0\n\n", b"0\r\n\n", b"0\n\r\n", b"000\r\n\r\n", b"0;x\r\n\r\n", b"0 \r\n\r\n"])
        body = b"".join(chunk(self.draw, part) for part in parts)
        if kind == "cut chunks":
            return [said], body + pick([b"", b"0", b"0\r\n", b"5\r\nab", b"x\r\n", b"-1\r\n", b"\r\n"]), False
        if kind == "both":
            return [said, "Content-Length: %d" % pick([size, 1, 5000])], body + last, True
        if kind == "trailers":
            return [said], body + b"0\r\n" + pick([b"X-T: 1\r\n", b"X-T: 1\r\nSet-Cookie: t=1\r\n", b"no colon\r\n", b"X: 1\n"]) + b"\r\n", False
        return [said], body + last, True

    def drive(self, page, url):
        """Reads it in Chromium; whether a request comes of it."""
        if self.number % 50 < 4 or page.run("location.pathname") != "/blank":
            page.go(url + "/blank")
        script = f"""fetch('{self.path}').then(async (it) => {{ const t = (await it.text()).trim(); return JSON.stringify([it.status, t]); }}).then(async (read) => {{
            await fetch('/c{self.number}/said', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({{ t: JSON.parse(read)[1] }}) }}); return read; }}).catch(() => 'null')"""
        read = json.loads(page.run(script))
        self.done = {"read": read and [read[0], read[1][:60]]}
        self.read = read
        return read is not None

    def steps(self):
        """The same as steps. What Chromium refuses is to fail here, whatever its status."""
        status, text = self.read or ("100..599", None)
        taken = 'capture: { t: { regex: "(?s)^\\\\s*(.*?)\\\\s*$" } }, ' if text != "" else ""
        none = "" if text != "" else f', no_text: "words of {self.number}"'
        said = "{{ t }}" if text != "" else ""
        return [f'      - {{ name: page {self.number}, get: {self.path}, {taken}expect: {{ status: {status}{none} }} }}',
                f'      - {{ name: send {self.number}, post: /c{self.number}/said, json: {{ t: "{said}" }}, expect: {{ status: 204 }} }}']
