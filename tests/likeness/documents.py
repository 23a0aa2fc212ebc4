"""JSON as shops write it and as nobody should: what a script reads of it, sent back."""
import json
import random

SKIP = {"accept", "accept-encoding", "cache-control", "origin", "referer", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user",
        "upgrade-insecure-requests", "content-length", "pragma", "content-type"}

TYPES = ["application/json"] * 4 + ["application/json; charset=utf-8", "application/json; charset=iso-8859-1", "text/plain", "text/html", "application/vnd.api+json", "text/json", None, "", "application/x-json;charset=utf-16"]
# Characters of strings, as they stand in a document.
PARTS = ["a", "é", "日", "😀", "\\n", "\\t", "\\/", "/", "\\\\", "\\\"", "'", "\\u00e9", "\\u65E5", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\u0041", "\u2028", "\x7f", "\ufeff", "\\b", "\\f", "&amp;", "<b>", "\u00a0", "%20", "{{", "}}"]
BROKEN_PARTS = ["\n", "\t", "\x01", "\\x41", "\\u12", "\\u{41}", "\\'", "\\\n", "\\0", "\\U0041"]
NUMBERS = ["0", "7", "-3", "12.5", "59.97", "1234567", "-0.25", "0.001", "4503599627370495"]
BROKEN_NUMBERS = ["01", "+1", ".5", "5.", "0x10", "1e", "NaN", "Infinity", "-Infinity", "-", "1_000", "1,5", "١", "1.e3", "--1", "0b1", "12n"]
AROUND = ["%s"] * 150 + [" \n%s\r\n\t", "\ufeff%s", "\ufeff\ufeff%s", "\u00a0%s", "%s\u00a0", "\x0c%s", "%s;", ")]}',\n%s", "%s%s", "callback(%s)", "// x\n%s", "/* x */%s", "%s// x", "<!--%s-->", "%s\x00", "while(1);%s", "data: %s", "'%s'", "\u2028%s", "%s\x1a", "%s,"]


class Case:
    """One document, and what a script reads of it."""

    def __init__(self, seed, number):
        self.number, self.path, self.done = number, f"/c{number}/page", None
        self.draw = draw = random.Random(f"documents {seed}/{number}")
        self.content_type = draw.choice(TYPES)
        members = [f'"{draw.choice(["a", "b", "v ", "V", "", "__proto__", "constructor", "a.b"])}":{self.any(0)}' for _ in range(draw.randrange(3))]
        for _ in range(draw.choice([1, 1, 1, 2, 3])):
            members.insert(draw.randint(0, len(members)), self.name() + draw.choice([":"] * 9 + [" : "]) + self.scalar())
        comma = draw.choice([","] * 9 + [" ,\n"])
        text = "{" + comma.join(members) + draw.choice(["}"] * 100 + [",}", "", "]", "}}"])
        around = draw.choice(AROUND)
        whole = around.replace("%s", text)
        how = draw.choice(["utf-8"] * 60 + ["latin-1", "utf-16-le", "utf-16", "cut"])
        if how == "cut":
            self.body = whole.encode()[:-draw.choice([1, 1, 2, 5])]
        else:
            self.body = whole.encode(how, "replace")
        self.body = self.body.replace(b"HOST", b"host")

    def name(self):
        return self.draw.choice(['"v"'] * 150 + ['"\\u0076"', "v", "'v'"])

    def any(self, depth):
        kind = self.draw.random()
        if depth > 3 or kind < 0.6:
            return self.scalar()
        if kind < 0.64:
            deep = self.draw.choice([5, 300, 3000])
            return "[" * deep + "]" * deep
        if kind < 0.8:
            return "[" + ",".join(self.any(depth + 1) for _ in range(self.draw.randrange(3))) + self.draw.choice(["]"] * 60 + [",]"])
        return "{" + ",".join(f'"k{nth}":{self.any(depth + 1)}' for nth in range(self.draw.randrange(3))) + "}"

    def scalar(self):
        kind = self.draw.random()
        if kind < 0.6:
            text = "".join(self.draw.choice(PARTS) for _ in range(self.draw.randrange(1, 6)))
            if self.draw.random() < 0.02:
                text += self.draw.choice(BROKEN_PARTS)
            return f'"{text}"' if self.draw.random() < 0.995 else f"'{text}'"
        if kind < 0.9:
            return self.draw.choice(NUMBERS) if self.draw.random() < 0.97 else self.draw.choice(BROKEN_NUMBERS)
        return self.draw.choice(["true", "false", "true", "false", "True", "undefined"] if self.draw.random() < 0.03 else ["true", "false"])

    def drive(self, page, url):
        """Reads it in Chromium; whether a request comes of it."""
        if self.number % 50 < 4 or page.run("location.pathname") != "/blank":
            page.go(url + "/blank")
        read = page.run(f"""fetch('{self.path}').then((it) => it.json()).then((it) => typeof it.v === 'string' ? it.v.toWellFormed() : it.v ?? null).catch(() => null).then((t) =>
            t === null ? null : fetch('/c{self.number}/said', {{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({{ t }}) }}).then(() => t))""")
        self.done, self.words = {"read": read}, ""
        return read is not None

    def steps(self):
        """The same as steps."""
        return [f'      - {{ name: page {self.number}, get: {self.path}, capture: {{ t: {{ json: $.v }} }} }}',
                f'      - {{ name: send {self.number}, post: /c{self.number}/said, json: {{ t: "{{{{ t }}}}" }}, expect: {{ status: 204 }} }}']
