"""Rounds: every contestant once per round, in an order that is reversed each time, so that a machine that grows slower
favours none. Compared is only within a round; reported are the medians, the least and the most."""

import dataclasses
import json
import statistics

from . import WORK, machine
from .contests import Contest
from .install import say
from .meter import weigh
from .shop import Shop, evenness
from .tillrush import said


def hold(contest: Contest, names: list[str], rounds: int, seconds: int) -> dict:
    """Holds the contest, and returns everything that was measured."""
    found = {"contest": contest.name, "title": contest.title, "seconds": seconds, "machine": machine.describe(), "rounds": []}
    with Shop() as shop:
        for number in range(rounds):
            order = names if number % 2 == 0 else names[::-1]
            results = {}
            for name in order:
                results[name] = once(contest, name, shop, seconds)
                each = results[name]
                say(f"{contest.name} {number + 1}/{rounds} {name}: {each['requests']} requests, {each['cpu_s']:.2f} CPU-s")
            found["rounds"].append(results)
    found["summary"] = {name: summary(contest, name, found["rounds"]) for name in names}
    path = WORK / f"{contest.name}.json"
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")
    say(f"written to {path}")
    return found


def once(contest: Contest, name: str, shop: Shop, seconds: int) -> dict:
    """One run of one contestant."""
    run = contest.runs[name](shop, seconds)
    if contest.timed:
        shop.forget_times()
    log = WORK / "logs" / f"{contest.name}-{name.replace(', ', '-')}.log"
    weight = weigh(run.command, shop, log, at_most_s=seconds + 60, env=run.env)
    if weight.requests == 0 or weight.exit_code < 0:
        raise SystemExit(f"{name} sent {weight.requests} requests and ended with {weight.exit_code}; see {log}")
    result = {**dataclasses.asdict(weight), "per_cpu_second": weight.per_cpu_second / contest.unit}
    if contest.timed:
        times = shop.times()
        result["seconds"] = evenness(times)
        result["tenths"] = evenness(times, 0.1)
    if name.startswith("tillrush"):
        result["says"] = {key: said().get(key) for key in ("requests_sent", "generator")}
    return result


def summary(contest: Contest, name: str, rounds: list[dict]) -> dict:
    """Median, least and most of the rate, and of its ratio to the others' in the same round."""
    numbers = {"per_cpu_second": spread([results[name]["per_cpu_second"] for results in rounds])}
    numbers["rss_mib"] = max(results[name]["rss_mib"] for results in rounds)
    numbers["ratio"] = {
        other: spread([results[name]["per_cpu_second"] / results[other]["per_cpu_second"] for results in rounds]) for other in rounds[0] if other != name
    }
    if contest.timed:
        for bucket in ("seconds", "tenths"):
            worst = [results[name][bucket]["worst_fraction"] for results in rounds]
            numbers[f"worst_{bucket}"] = spread([each for each in worst if each is not None])
        numbers["mean_rate"] = statistics.median([results[name]["seconds"]["mean"] for results in rounds])
    return numbers


def spread(numbers: list[float]) -> dict | None:
    """The middle one and the ends."""
    return {"median": statistics.median(numbers), "min": min(numbers), "max": max(numbers)} if numbers else None


def table(contest: Contest, found: dict) -> str:
    """The result as a Markdown table, the most efficient first."""
    summaries = found["summary"]
    names = sorted(summaries, key=lambda name: -summaries[name]["per_cpu_second"]["median"])
    reference = contest.against if contest.against in summaries else names[0]
    head = ["generator", f"{contest.what} per CPU-second", "µs of CPU each", f"times {reference} (same round)", "peak MiB"]
    if contest.timed:
        head += ["mean rate", "worst second", "worst 100 ms"]
    rows = []
    for name in names:
        one = summaries[name]
        rate = one["per_cpu_second"]
        row = [name, f"{rate['median']:,.0f} ({rate['min']:,.0f} to {rate['max']:,.0f})", f"{1e6 / rate['median']:.1f}"]
        ratio = one["ratio"].get(reference)
        row.append(f"{ratio['median']:.2f} ({ratio['min']:.2f} to {ratio['max']:.2f})" if ratio else "1")
        row.append(f"{one['rss_mib']:.0f}")
        if contest.timed:
            row += [f"{one['mean_rate']:,.0f}/s", percent(one["worst_seconds"]), percent(one["worst_tenths"])]
        rows.append(row)
    lines = [f"**{contest.title}.** {len(found['rounds'])} rounds of {found['seconds']} s. {machine.in_words(found['machine'])}.", ""]
    return "\n".join(lines + markdown(head, rows))


def percent(worst: dict | None) -> str:
    """A fraction's median, in percent."""
    return f"{worst['median'] * 100:.2g} %" if worst else "-"


def markdown(head: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a table."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
