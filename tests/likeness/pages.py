"""Pages in many encodings, said by header, meta, byte order mark, or several that disagree; sniffed types.

What is done on each: a script sends the text of an element, or a link is followed that has letters of the page in it.
"""
import json
import random

# What scripts and links have to do with other pages is for visits.
SKIP = {"cache-control", "accept-encoding", "content-length", "pragma"}

LABELS = ["utf-8", "utf8", "UTF-8", "iso-8859-1", "latin1", "us-ascii", "windows-1252", "windows-1251", "shift_jis", "Shift-JIS", "gbk", "gb2312", "gb18030", "big5", "euc-jp", "euc-kr",
          "iso-8859-2", "iso-8859-15", "koi8-r", "windows-1250", "iso-2022-jp", "utf-16", "utf-16le", "utf-16be", "x-user-defined", "macintosh", "windows-874", "tis-620", "iso-8859-9", "iso-8859-8-i"]
NONE = ["nonsense", "utf-7", "", "utf-8x"]
# Bytes as they come in texts of these encodings, and some that are wrong in them.
PIECES = [b"plain", "Größe 12 €".encode(), "日本".encode(), "😀".encode(), b"caf\xe9", b"\xa4 12", b"\x80 9,90", "Жук".encode("cp1251"), "カート".encode("shift_jis"), "日本語".encode("euc-jp"),
          "你好".encode("gbk"), "中文".encode("big5"), "한국".encode("euc-kr"), b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\x81", b"\xa0x", b"\xe2\x82", b"\x1b$B%+\x1b(B", b"x\x92s", b"\xf0\x9f\x98", b"\x8f\xa2\xaf"]
CONTENT_TYPES = ["text/html; charset=%s"] * 4 + ["text/html;charset=\"%s\"", "text/html; Charset='%s'", "text/html; charset=%s; x=y", "TEXT/HTML; CHARSET=%s", "text/html; x; charset = %s",
                 "text/html; charset=; charset=%s", "text/html;;charset=%s", "application/xhtml+xml; charset=%s"]
METAS = ["<meta charset=%s>"] * 3 + ["<meta charset=' %s '>", "<META HTTP-EQUIV=Content-Type CONTENT='text/html; charset=%s'>", "<meta content=\"text/html;charset='%s'\" http-equiv=content-type>", "<meta http-equiv=content-type content='charset = %s'>",
         "<!-- <meta charset=big5> --><meta charset=%s>", "<script>'<meta charset=koi8-r>'</script><meta charset=%s>", "<meta name=x charset=%s>", "<title><meta charset=gbk></title><meta charset=%s>", "<meta/charset=%s >"]


# What names no encoding, for all that it looks like it: quotes belong to the name, and so does a space.
NO_WORD = ["text/html", "text/html; charset=nonsense", "text/html; Charset='utf-8'", "text/html; x; charset = koi8-r", "text/html; charset="]
# Texts of which there is no doubt: Chromium guesses, and so does tillrush, each by a library of its own.
CLEAR = [("Привет, это наш магазин. Купить сейчас дешево и быстро, доставка бесплатно.", "cp1251"), ("カートに商品を入れました。レジへ進んでください。ありがとうございます。", "shift_jis"),
         ("カートに商品を入れました。レジへ進んでください。ありがとうございます。", "euc-jp"), ("您的购物车是空的。请选择商品，然后继续结账。谢谢您的光临。", "gbk"), ("장바구니에 상품을 담았습니다. 결제를 진행해 주세요. 감사합니다.", "euc-kr"),
         ("Größe wählen: für Männer, Mäntel und Hüte. Über 100 Stück verfügbar.", "cp1252"), ("Déjà payé ? Votre commande est prête à être expédiée, merci à bientôt.", "cp1252"), ("plain letters and nothing else", "ascii")]


class Case:
    """One page, and what was done on it."""

    def __init__(self, seed, number):
        rng = random.Random(f"pages {seed}/{number}")
        self.number, self.path, self.done = number, f"/c{number}/page", None
        labels = []
        label = lambda: labels.append(rng.choice(LABELS)) or labels[-1]
        self.content_type, meta, bom = "text/html", "", b""
        said = rng.choice(["header", "header", "meta", "meta", "both", "both", "bom", "bom and others", "bad header", "none"])
        if said in ("header", "both", "bom and others"):
            kinds = CONTENT_TYPES[:-1] if said == "both" else [kind for kind in CONTENT_TYPES if "'" not in kind and " = " not in kind]
            self.content_type = rng.choice(kinds) % label()
        if said == "bad header":
            self.content_type = "text/html; charset=%s" % rng.choice(NONE) if rng.random() < 0.5 else "text/html"
        if said in ("meta", "both", "bom and others", "bad header"):
            meta = rng.choice(METAS) % label()
        if said.startswith("bom"):
            bom = b"\xef\xbb\xbf"
        elif said != "none" and rng.random() < 0.08:
            # A type that says nothing is found out by the first bytes.
            self.content_type = rng.choice([None, "", "unknown/unknown", "application/unknown", "*/*"])
            meta = rng.choice(METAS[:4]) % label()
        xhtml = (self.content_type or "").startswith("application/xhtml")
        # What is wrong in Big5 is given up in other portions by Chromium's library.
        pieces = PIECES[:1] + ["中文".encode("big5")] if "big5" in labels else PIECES
        text = [rng.choice(pieces) for _ in range(rng.randint(1, 4))]
        href = b"next?q=" + b"".join(rng.choice(pieces) for _ in range(rng.randint(0, 2))).replace(b"\x1b", b"")
        if said == "none":
            self.content_type = rng.choice(NO_WORD)
            words, encoding = rng.choice(CLEAR)
            text, href = [words.encode(encoding)], b"next?q=1"
        elif rng.random() < 0.2:
            href = rng.choice([b" next ", b"./a/../next", b"?x=1"]) if "big5" in labels else rng.choice([b"n\xe9xt", "größe".encode(), b" next ", b"ne\nxt", b"next#caf\xe9", b"./a/../next", b"next?a%zz&amp;b", b"?x=1", b"//HOST" + self.path.encode() + b"x"])
        self.deed = rng.choice(["text", "link"])
        head = b"" if xhtml else b"<!doctype html>" if rng.random() < 0.9 else b"\n <html>"
        pad = b"<!-- " + b"x" * rng.choice([900, 1100]) + b" -->" if rng.random() < 0.05 else b""
        if xhtml:
            text, href = [b"plain", "\u00e9".encode("ascii", "xmlcharrefreplace")], b"next?a=1"
            body = b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body><p id="t">' + b" ".join(text) + b'</p><a id="l" href="' + href + b'">x</a></body></html>'
            if b"utf-16" in self.content_type.lower().encode():
                self.content_type = "application/xhtml+xml"
        else:
            body = head + pad + meta.encode() + b'<body><p id=t>' + b" ".join(text) + b'</p><a id=l href="' + href + b'">x</a>'
        if not xhtml and said in ("bom", "bom and others") and rng.random() < 0.3:
            wide = rng.choice(["utf-16-le", "utf-16-be"])
            bom, body = "\ufeff".encode(wide), body.decode("utf-8", "replace").encode(wide)
        self.body = bom + body

    def drive(self, page, url):
        """Opens the page in Chromium and does the deed; whether a request is to be expected."""
        page.go(url + self.path)
        if not page.run("!!document.getElementById('l') && !!document.getElementById('t')"):
            return False
        self.done = self.deed
        if self.deed == "link":
            page.run("setTimeout(() => document.getElementById('l').click(), 0); 1")
        else:
            page.run("fetch('said', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ t: document.getElementById('t').textContent.trim() }) }).then(() => 1)")
        return True

    def steps(self):
        """The same in the language of scenarios."""
        taken = "l: { css: '#l', attribute: href }" if self.deed == "link" else "t: { css: '#t' }"
        then = 'get: "{{ l }}"' if self.deed == "link" else f'post: /c{self.number}/said, json: {{ t: "{{{{ t }}}}" }}'
        return [f"      - {{ name: page {self.number}, get: {self.path}, capture: {{ {taken} }} }}", f"      - {{ name: send {self.number}, {then}, expect: {{ status: 204 }} }}"]
