"""Pages with forms as nobody should write them, and what is done with them.

A case is a page, and a number from which the script in the browser draws which form is submitted, by which button, with what filled in.
Chromium goes first; what it did becomes the step of the scenario.
"""
import json
import random

# Headers that say which page a request is from, or how it came to be: what navigations compare, not forms.
SKIP = {
    "accept", "accept-encoding", "cache-control", "origin", "referer", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site",
    "sec-fetch-user", "upgrade-insecure-requests", "content-length", "pragma",
}

ENCODINGS = ["utf-8"] * 6 + ["iso-8859-1", "windows-1251", "shift_jis", "gbk", "iso-8859-15", "euc-kr"]
TEXTS = {
    "utf-8": ["plain", "Größe", "12 €", "日本", "Жук", "😀", "a&amp;b=c", "&lt;b&gt;", "&nbsp;x", "\u00a0", "שלום", "%20+", "'", "*-._~", "&#x1F600;", "&notin;", "&copy"],
    "iso-8859-1": ["plain", "Größe", "&euro;", "a&amp;b=c", "&#1046;", "é"],
    "windows-1251": ["plain", "Жук", "&euro;", "Привет", "&#252;"],
    "shift_jis": ["plain", "日本", "カート", "&#252;"],
    "gbk": ["plain", "你好", "&#8364;", "&#128512;"],
    "iso-8859-15": ["plain", "é", "&euro;", "&#1046;"],
    "euc-kr": ["plain", "한국", "&#252;"],
}
LINES = ["\n", "\r\n", "\r", "&#10;", "&#13;", "&#13;&#10;", "\n\n"]
TYPES = ["text", "search", "tel", "url", "email", "password", "number", "range", "color", "date", "month", "week", "time", "datetime-local",
         "hidden", "checkbox", "radio", "file", "submit", "image", "button", "reset", "TEXT", "Checkbox", "datetime", "", None, None, None]
TYPED = {
    "number": ["1", "-0", ".5", "1.", "1e3", "+1", "x", " 1", "1e400", "-.5e-3", "0x10", "1,5"],
    "range": ["7", "-3", "3.7", "250", "x", "", "0.15", "49.5"],
    "color": ["#fff", "#A1B2C3", "red", "x", "#12345", " #123456 ", "Transparent"],
    "date": ["2026-02-29", "2024-02-29", "0000-01-01", "275760-09-13", "275760-09-14", "20260-01-01", "2026-1-1", " 2026-01-01"],
    "month": ["2026-13", "2026-12", "275760-10", "0001-01"],
    "week": ["2026-W53", "2027-W53", "2020-W53", "2026-W54", "2026-w01", "2026-W00", "2015-W53", "2016-W53"],
    "time": ["10:00", "10:00:00", "24:00", "10:00:00.5", "10:00:00.5000", "9:00", "10:60"],
    "datetime-local": ["2026-01-01T10:00", "2026-01-01 10:00", "2026-01-01T10:00:00", "2026-01-01T10:00:00.500", "2026-01-01T10:00Z", "2026-01-01t10:00"],
    "email": [" a@b.c ", "a@b.c , d@e.f", ",,", "x\ny"],
    "url": [" http://x y ", "x\n"],
}
MISNESTED = ["b", "i", "a", "font", "nobr"]
BLOCKS = ["div", "p", "span", "ul", "li", "section", "center", "label", "td", "tr", "table", "tbody", "th", "caption", "h1", "button", "details", "svg", "math", "noscript"]


class Writer:
    """Writes one page."""

    def __init__(self, rng, base):
        self.rng, self.base = rng, base
        self.encoding = rng.choice(ENCODINGS)
        self.forms = self.names = 0
        self.budget = rng.choice([4, 8, 15, 30])
        self.broken = rng.random() < 0.5

    def chance(self, share):
        return self.rng.random() < share

    def text(self):
        return self.rng.choice(TEXTS[self.encoding])

    def name(self):
        if self.chance(0.3):
            return self.rng.choice(["a", "b", "c[]", "r", "_charset_", "_CHARSET_", "isindex", "", "x y", "a&quot;b", "n&#10;l", self.text()])
        self.names += 1
        return f"n{self.names}"

    def attributes(self, **known):
        shown = []
        for name, value in known.items():
            if value is None:
                continue
            name = name.rstrip("_").replace("_", "-")
            if value is True:
                shown.append(self.rng.choice([name, name.upper() if self.broken else name, f'{name}=""']))
            else:
                quote = "'" if '"' in value else '"'
                shown.append(f"{name}={quote}{value}{quote}")
        self.rng.shuffle(shown)
        return "".join(" " + one for one in shown)

    def maybe(self, share, value):
        return value() if self.chance(share) else None

    def common(self):
        return dict(
            name=self.maybe(0.92, self.name), disabled=self.maybe(0.08, lambda: True), id=self.maybe(0.05, lambda: f"f{self.rng.randrange(4)}"),
            form=self.maybe(0.08, lambda: self.rng.choice(["f0", "f1", "f2", "none", ""])), dir=self.maybe(0.05, self.direction))

    def direction(self):
        return self.rng.choice(["rtl", "ltr", "auto", "x"])

    def action(self):
        base = self.base
        return self.rng.choice([f"{base}/x", "y", "?q=1", f"{base}/z?old=1#top", "", " y ", "./a/../b", f"y?q={self.text().replace('#', '')}", f"{base}/ü/x" if self.encoding == "utf-8" else "y"])

    def control(self):
        kind = self.rng.random()
        if kind < 0.62:
            return self.input()
        if kind < 0.72:
            return f"<textarea{self.attributes(**self.common(), dirname=self.maybe(0.1, self.name), rows=self.maybe(0.1, lambda: '3'))}>{self.long()}</textarea>"
        if kind < 0.88:
            return self.select()
        return self.button()

    def long(self):
        parts = [self.rng.choice([self.text, lambda: self.rng.choice(LINES)])() for _ in range(self.rng.randrange(4))]
        return "".join(parts)

    def input(self):
        kind = self.rng.choice(TYPES)
        typed = TYPED.get(kind)
        value = self.rng.choice(typed) if typed and self.chance(0.7) else self.long()
        if kind == "radio":
            value = self.rng.choice(["1", "2", "3"])
        limits = {}
        if kind in ("range", "number"):
            limits = dict(min=self.maybe(0.4, lambda: self.rng.choice(["0", "-5", "10", "0.5", "x"])), max=self.maybe(0.4, lambda: self.rng.choice(["5", "20", "0.9", "1000"])),
                          step=self.maybe(0.4, lambda: self.rng.choice(["any", "0.1", "7", "0.25", "0", "-1", "3"])))
        common = self.common()
        if kind == "radio":
            common["name"] = self.rng.choice(["r", "s", "r", "R"])
        submits = kind in ("submit", "image")
        return "<input" + self.attributes(
            **common, **limits, type=kind, value=self.maybe(0.8, lambda: value), checked=self.maybe(0.4, lambda: True), multiple=self.maybe(0.1, lambda: True),
            dirname=self.maybe(0.07, self.name), maxlength=self.maybe(0.03, lambda: "2"), required=self.maybe(0.03, lambda: True), readonly=self.maybe(0.03, lambda: True),
            **(self.overrides() if submits else {})) + ("/>" if self.chance(0.2) else ">")

    def overrides(self):
        return dict(formaction=self.maybe(0.2, self.action), formmethod=self.maybe(0.2, self.method), formenctype=self.maybe(0.2, self.enctype), formtarget=self.maybe(0.05, lambda: "_blank" if False else "_self"))

    def method(self):
        return self.rng.choice(["post", "POST", "get", "Get", "put", ""])

    def enctype(self):
        return self.rng.choice(["multipart/form-data", "text/plain", "application/x-www-form-urlencoded", "TEXT/PLAIN", "x", "Multipart/Form-Data"])

    def button(self):
        kind = self.maybe(0.5, lambda: self.rng.choice(["submit", "button", "reset", "x", "SUBMIT", "menu"]))
        return "<button" + self.attributes(**self.common(), type=kind, value=self.maybe(0.6, self.text), **self.overrides()) + f">{self.text()}</button>"

    def select(self):
        common = self.common()
        opened = "<select" + self.attributes(**common, multiple=self.maybe(0.25, lambda: True), size=self.maybe(0.2, lambda: self.rng.choice(["1", "3", "0", "x", " 2", "2x", "-1", "+4"]))) + ">"
        inside = [self.option() for _ in range(self.rng.randrange(5))]
        for place in range(len(inside)):
            if self.chance(0.15):
                inside[place] = "<optgroup" + self.attributes(disabled=self.maybe(0.4, lambda: True), label=self.maybe(0.5, self.text)) + ">" + inside[place] + ("</optgroup>" if self.chance(0.8) else "")
            if self.broken and self.chance(0.1):
                inside[place] = self.rng.choice(["<hr>", "<div>", "</div>", "<input name=inselect value=1>", "<b>", "<p>", "<script>x</script>", "<span>", "<button name=q>", "<table>", "<textarea name=ta>x</textarea>"]) + inside[place]
        return opened + "".join(inside) + ("</select>" if not self.broken or self.chance(0.9) else "")

    def option(self):
        text = self.rng.choice([self.text(), f" {self.text()} ", f"{self.text()}\n {self.text()}", f"<b>{self.text()}</b>" if self.broken else self.text(), ""])
        return "<option" + self.attributes(value=self.maybe(0.5, self.text), selected=self.maybe(0.2, lambda: True), disabled=self.maybe(0.15, lambda: True), label=self.maybe(0.1, self.text)) + ">" + text + ("</option>" if self.chance(0.6) else "")

    def form(self, inside):
        self.forms += 1
        opened = "<form" + self.attributes(
            id=f"f{self.forms - 1}", action=self.maybe(0.8, self.action), method=self.maybe(0.7, self.method), enctype=self.maybe(0.35, self.enctype),
            accept_charset=self.maybe(0.12, lambda: self.rng.choice(["iso-8859-1", "utf-8", "x utf-8", "windows-1251,utf-8", "utf-16", "", "gb18030", "iso-2022-jp", "big5"])),
            target=self.maybe(0.05, lambda: "_self"), dir=self.maybe(0.05, self.direction)) + ">"
        return opened + inside + ("</form>" if not self.broken or self.chance(0.8) else "")

    def content(self, depth=0):
        parts = []
        for _ in range(self.rng.randrange(1, 6)):
            if self.budget <= 0:
                break
            self.budget -= 1
            parts.append(self.piece(depth))
        return "".join(parts)

    def piece(self, depth):
        kind = self.rng.random()
        if depth > 5 or kind < 0.5:
            return self.control()
        if kind < 0.6:
            return self.form(self.content(depth + 1))
        if kind < 0.66:
            legends = "".join(f"<legend>{self.content(depth + 1)}</legend>" for _ in range(self.rng.randrange(3)))
            return f"<fieldset{self.attributes(disabled=self.maybe(0.4, lambda: True))}>{self.content(depth + 1) if self.chance(0.2) else ''}{legends}{self.content(depth + 1)}</fieldset>"
        if kind < 0.72:
            cells = "".join(f"<tr><td>{self.content(depth + 1)}</td></tr>" for _ in range(self.rng.randrange(1, 3)))
            form = self.form("") if self.chance(0.3) else ""
            return f"<table>{form if self.chance(0.5) else ''}{self.piece(depth + 1) if self.chance(0.3) else ''}{cells}{form}</table>"
        if kind < 0.75:
            return f"<template>{self.content(depth + 1)}</template>"
        if kind < 0.77:
            return self.rng.choice([f"<noscript>{self.content(depth + 1)}</noscript>", f"<!-- {self.control()} -->", f"<script>'{self.control().replace('script', '')}'</script>", f"<datalist>{self.content(depth + 1)}</datalist>"])
        if self.broken and kind < 0.86:
            return self.rng.choice([f"<{self.rng.choice(MISNESTED)}>", f"</{self.rng.choice(MISNESTED)}>", f"<{self.rng.choice(BLOCKS)}>", f"</{self.rng.choice(BLOCKS)}>", "</form>", "</select>", "<form>", "<form id=inner>", "</table>", "</fieldset>"])
        tag = self.rng.choice(["div", "p", "span", "ul", "section", "label", "b"])
        return f"<{tag}{self.attributes(dir=self.maybe(0.1, self.direction))}>{self.text()}{self.content(depth + 1)}</{tag}>"

    def page(self):
        inside = self.content()
        whole = self.form(self.content()) if not self.forms or self.chance(0.7) else ""
        body = inside + whole + (self.control() if self.chance(0.3) else "")
        base = f'<base href="{self.rng.choice([self.base + "/based/", "sub/", "?x"])}">' if self.chance(0.2) else ""
        kind, meta = "text/html", ""
        said = self.rng.random()
        if said < 0.6:
            kind = f"text/html; charset={self.encoding}"
        else:
            # Never unsaid: what Chromium guesses then is its own.
            meta = f'<meta charset="{self.encoding}">'
        html = f"<!doctype html>{meta}{base}{body}"
        return html.encode(self.encoding, "xmlcharrefreplace"), kind


# Draws a form, a button and values; submits; says what was done.
SCRIPT = """((seed, texts) => {
  let state = seed >>> 0 || 1;
  const draw = (n) => { state ^= state << 13; state >>>= 0; state ^= state >>> 17; state ^= state << 5; state >>>= 0; return state % n; };
  const forms = [...document.forms].filter((form) => form.id);
  if (!forms.length) return null;
  const form = forms[draw(forms.length)];
  if (document.getElementById(form.id) !== form) return null;
  const all = [...document.querySelectorAll("input,button,select,textarea")].filter((it) => it.form === form && !it.matches(":disabled"));
  // A button right at the beginning of a list is the list's face, and submits nothing.
  const face = (it) => it.parentElement.tagName === "SELECT" && it === it.parentElement.firstElementChild;
  const submits = all.filter((it) => (it.type === "submit" || it.type === "image") && !face(it));
  const named = submits.filter((it) => it.name && submits.filter((other) => other.name === it.name).length === 1);
  let button = submits[0] ?? null, pressed = null;
  if (named.length && draw(2)) { button = named[draw(named.length)]; pressed = button.name; }
  const fields = {};
  const single = all.filter((it) => it.name && it.name.toLowerCase() !== "_charset_" && !submits.includes(it) && !/[\\r\\n]/.test(it.name) && all.filter((other) => other.name === it.name).length === 1);
  for (const it of single) {
    if (draw(4)) continue;
    if (it.type === "checkbox") { it.checked = !it.checked; fields[it.name] = it.checked ? "true" : "false"; }
    else if (it.tagName === "SELECT") {
      const options = [...it.options].filter((option) => !option.disabled && !(option.closest("optgroup")?.disabled));
      const option = options[draw(options.length || 1)];
      if (!option || options.filter((other) => other.value === option.value).length > 1) continue;
      [...it.options].forEach((other) => { if (it.multiple) other.selected = other === option; });
      option.selected = true;
      fields[it.name] = option.value;
    } else if (["text", "search", "tel", "url", "email", "password", "number", "range", "color", "date", "month", "week", "time", "datetime-local", "textarea"].includes(it.type)) {
      const text = texts[draw(texts.length)];
      it.value = text; fields[it.name] = text;
    }
  }
  const radios = all.filter((it) => it.type === "radio" && it.name && all.every((other) => other.name !== it.name || other.type === "radio"));
  if (radios.length && !draw(3)) {
    const radio = radios[draw(radios.length)];
    if (radios.filter((it) => it.name === radio.name && it.value === radio.value).length === 1) { radio.checked = true; fields[radio.name] = radio.value; }
  }
  form.noValidate = true;
  setTimeout(() => form.requestSubmit(button), 0);
  return { form: form.id, button: pressed, fields };
})(SEED, TEXTS)"""

TYPED_TEXTS = ["", "plain", "Größe", "12 €", "日本 😀", " a@b.c ", "7", "3.75", "2026-02-28", "#ABC", "a&b=c+d %", "10:30", "2026-W10", "http://x/ "]


class Case:
    """One page, what Chromium did on it, and what came of it."""

    def __init__(self, seed, number):
        rng = random.Random(f"{seed}/{number}")
        self.number, self.path = number, f"/c{number}/page"
        self.body, self.content_type = Writer(rng, f"/c{number}").page()
        self.script = SCRIPT.replace("SEED", str(rng.randrange(1, 1 << 31))).replace("TEXTS", json.dumps(TYPED_TEXTS))
        self.done = None

    def drive(self, page, url):
        """Opens the page in Chromium and submits; whether a request is to be expected."""
        page.go(url + self.path)
        self.done = page.run(self.script)
        return self.done is not None

    def steps(self):
        """The same in the language of scenarios."""
        submit = {"id": self.done["form"]}
        if self.done["button"]:
            submit["button"] = self.done["button"]
        if self.done["fields"]:
            submit["fields"] = self.done["fields"]
        step = json.dumps(submit, ensure_ascii=False)
        return [f"      - {{ name: page {self.number}, get: {self.path} }}", f"      - {{ name: send {self.number}, submit: {step}, expect: {{ status: 204 }} }}"]
