"""The contests: which generators meet, and the command line of each. A contestant that can't be had is left out with a word."""

import dataclasses
from collections.abc import Callable

from . import BENCHES, WORK, install
from .shop import Shop
from .tillrush import command as tillrush

PEERS = BENCHES / "peers"
USERS = 32
RATE = 2000


@dataclasses.dataclass
class Run:
    """One command line, and its environment."""

    command: list[str]
    env: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Contest:
    """Generators that do the same work. `unit` requests make what is counted."""

    name: str
    title: str
    runs: dict[str, Callable[[Shop, int], Run]]
    against: str
    unit: int = 1
    what: str = "requests"
    timed: bool = False


def k6(script: str, base: str, seconds: int, **env) -> Run:
    command = [install.python("k6"), "run", "--quiet", "--no-usage-report", "--address", "", str(PEERS / "k6" / script)]
    return Run(command, {"BASE": base, "SECONDS": str(seconds), "USERS": str(USERS), "RATE": str(RATE), **env})


def wrk(seconds: int, *more: str) -> Run:
    return Run(["wrk", "-t1", f"-c{USERS}", f"-d{seconds}s", *more])


def k9_six(shop: Shop, seconds: int) -> Run:
    command = [install.python("k9"), "run", str(PEERS / "k9" / "six.yaml"), "-q", "-u", str(USERS), "-d", f"{seconds}s"]
    return Run(command, {"BASE": shop.plain})


def k9_open(shop: Shop, seconds: int) -> Run:
    plan = WORK / "k9-open.yaml"
    text = (PEERS / "k9" / "open.yaml").read_text(encoding="utf-8")
    plan.write_text(text.replace("RATE,", f"{RATE},").replace("SECONDS", str(seconds), 2), encoding="utf-8")
    return Run([install.python("k9"), "run", str(plan), "-q"], {"BASE": shop.logged})


def goose_six(shop: Shop, seconds: int) -> Run:
    rates = ["--users", str(USERS), "--increase-rate", "1000", "--run-time", str(seconds)]
    return Run([install.peer("goose"), "--host", shop.plain, *rates, "--no-telnet", "--no-websocket", "--quiet"])


def locust_six(shop: Shop, seconds: int) -> Run:
    load = ["--headless", "-u", str(USERS), "-r", str(USERS), "-t", f"{seconds}s", "--only-summary", "--skip-log"]
    return Run([install.python("locust"), "-f", str(PEERS / "locust" / "six.py"), "-H", shop.plain, *load])


def contests(program: str) -> list[Contest]:
    """All contests, with tillrush at this path."""

    def ours(scenario: str, base: str, seconds: int, *more: str) -> Run:
        return Run(tillrush(program, scenario, base, "--duration", f"{seconds}s", *more))

    scenario = Contest(
        "scenario",
        f"Six-request scenario at saturation, {USERS} shoppers on kept connections",
        {
            "wrk": lambda shop, s: wrk(s, "-s", str(PEERS / "wrk" / "six.lua"), shop.plain),
            "k9": k9_six,
            "k6": lambda shop, s: k6("six.js", shop.plain, s),
            "goose": goose_six,
            "locust": locust_six,
            "tillrush": lambda shop, s: ours("six", shop.plain, s, "--users", str(USERS)),
        },
        against="wrk",
    )
    plain = Contest(
        "plain",
        f"One GET of 1 KiB at saturation, {USERS} kept connections",
        {
            "wrk": lambda shop, s: wrk(s, f"{shop.plain}/plain"),
            "oha": lambda shop, s: Run([install.oha(), "--no-tui", "-z", f"{s}s", "-c", str(USERS), f"{shop.plain}/plain"]),
            "hey": lambda shop, s: Run(["hey", "-z", f"{s}s", "-c", str(USERS), f"{shop.plain}/plain"]),
            "tillrush": lambda shop, s: ours("one", shop.plain, s, "--users", str(USERS)),
        },
        against="wrk",
    )
    fresh = Contest(
        "fresh",
        "Fresh shoppers: connect, six steps, close",
        {
            "bare": lambda shop, s: Run([install.peer("bare"), shop.plain.removeprefix("http://"), str(s), str(USERS)]),
            "tillrush": lambda shop, s: ours("six-fresh", shop.plain, s, "--users", str(USERS)),
        },
        against="bare",
        unit=6,
        what="shoppers",
    )
    opened = Contest(
        "open",
        f"Open model: {RATE} one-request shoppers per second on kept connections",
        {
            "hey": lambda shop, s: Run(["hey", "-z", f"{s}s", "-c", str(USERS), "-q", str(RATE / USERS), f"{shop.logged}/plain"]),
            "oha": lambda shop, s: Run(
                [install.oha(), "--no-tui", "--latency-correction", "-q", str(RATE), "-z", f"{s}s", "-c", str(USERS), f"{shop.logged}/plain"]
            ),
            "k9": k9_open,
            "k6": lambda shop, s: k6("open.js", shop.logged, s),
            "tillrush": lambda shop, s: ours("one-paced", shop.logged, s),
        },
        against="k6",
        timed=True,
    )
    tls = Contest(
        "tls",
        f"The six-request scenario over TLS, a fresh connection per shopper, {USERS} at a time",
        {
            "k6": lambda shop, s: k6("six.js", shop.not_resumed, s, FRESH="1"),
            "k6, tickets": lambda shop, s: k6("six.js", shop.resumed, s, FRESH="1"),
            "tillrush": lambda shop, s: ours("six-fresh", shop.not_resumed, s, "-k", "--http1", "--users", str(USERS)),
            "tillrush, tickets": lambda shop, s: ours("six-fresh", shop.resumed, s, "-k", "--http1", "--users", str(USERS)),
        },
        against="k6",
        unit=6,
        what="shoppers",
    )
    return [scenario, plain, fresh, opened, tls]
