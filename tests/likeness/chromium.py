"""A Chromium without a window, spoken to over a pipe (Chrome DevTools Protocol). Standard library only."""
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

PROGRAMS = ("/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-sync", "--disable-dev-shm-usage", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows", "--disable-popup-blocking", "--lang=en-US", "--mute-audio",
    # One process for the pages of all sites: none waits for another to begin.
    "--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process,BackForwardCache,ProactivelySwapBrowsingInstance,SpareRendererForSitePerProcess",
    "--renderer-process-limit=2",
    # No name but this machine's is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE ::1, EXCLUDE *.localhost",
)
SECONDS = 30


class Chromium:
    """One browser; `page()` opens a tab of it in a context of its own (cookies, cache)."""

    def __init__(self, program=None, flags=()):
        program = program or next(found for found in map(shutil.which, PROGRAMS) if found)
        self.profile = tempfile.mkdtemp(prefix="likeness-")
        # Cookies of other sites, as Chrome has them as it comes; Debian's package and private windows refuse them.
        os.makedirs(os.path.join(self.profile, "Default"))
        with open(os.path.join(self.profile, "Default", "Preferences"), "w", encoding="utf-8") as file:
            json.dump({"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}, file)
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # Chromium reads from descriptor 3 and writes to 4.
        launch = f"exec \"$0\" \"$@\" 3<&{theirs_in} 4>&{theirs_out}"
        self.process = subprocess.Popen(
            ["/bin/bash", "-c", launch, program, *FLAGS, *flags, f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.input = os.fdopen(ours_out, "wb", buffering=0)
        self.output = os.fdopen(ours_in, "rb")
        self.lock, self.last, self.waiting, self.events = threading.Lock(), 0, {}, {}
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        pending = b""
        while True:
            more = self.output.read1(1 << 20)
            if not more:
                break
            *messages, pending = (pending + more).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self.waiting.pop(message["id"]).put(message)
                else:
                    events = self.events.get(message.get("sessionId"))
                    if events:
                        events.put(message)
        for answer in list(self.waiting.values()):
            answer.put({"error": {"message": "Chromium ended"}})

    def ask(self, method, session=None, **params):
        answer = queue.Queue()
        with self.lock:
            self.last += 1
            self.waiting[self.last] = answer
            message = {"id": self.last, "method": method, "params": params}
            if session:
                message["sessionId"] = session
            self.input.write(json.dumps(message).encode() + b"\0")
        found = answer.get(timeout=SECONDS)
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']['message']}")
        return found["result"]

    def page(self):
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, context, session)

    def close(self):
        try:
            self.ask("Browser.close")
            self.process.wait(10)
        except Exception:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    """A tab."""

    def __init__(self, browser, context, session):
        self.browser, self.context, self.session = browser, context, session
        self.events = browser.events[session] = queue.Queue()
        self.ask("Page.enable")
        self.ask("Page.setLifecycleEventsEnabled", enabled=True)

    def ask(self, method, **params):
        return self.browser.ask(method, session=self.session, **params)

    def go(self, url):
        """Opens an address, as its bar does, and waits until the page is read."""
        found = self.ask("Page.navigate", url=url)
        wanted = found.get("loaderId")
        while wanted and "errorText" not in found:
            event = self.events.get(timeout=SECONDS)
            seen = event["params"]
            if event["method"] == "Page.lifecycleEvent" and seen["name"] == "DOMContentLoaded" and seen["loaderId"] == wanted:
                break
        return found

    def run(self, script):
        """The value of a script's expression."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"].get("description", "?"))
        return found["result"].get("value")

    def close(self):
        self.browser.ask("Target.disposeBrowserContext", browserContextId=self.context)
