//! The report of an import: what was read, left out and guessed, with samples and intervals.

use std::fmt::Write;

use super::load::{factors, planned_dispersion};
use super::scenario::origin;
use crate::base::{plural, thousands};
use crate::import::fit::Proportion;
use crate::import::flow::{Funnel, MeasuredPatience};
use crate::import::options::Through;
use crate::import::result::Import;

/// The report as lines.
pub fn report(import: &Import, format: &str) -> String {
    let mut out = String::new();
    reading(import, format, &mut out);
    shape(import, &mut out);
    if let Some(funnel) = &import.funnel {
        funnel_lines(import, funnel, &mut out);
    } else {
        let _ = writeln!(
            out,
            "\njourneys\n  no request that pays was found: name it with --purchase 'POST /path'"
        );
    }
    for bag in &import.bags {
        let _ = writeln!(out, "  {}: {}", bag.name, sessions(bag.sessions));
    }
    left_out(import, &mut out);
    patience(import, &mut out);
    out
}

fn sessions(n: u64) -> String {
    plural(&thousands(n), "session")
}

/// `24.1 % (23.0 to 25.2)`.
fn share(share: Proportion) -> String {
    let (low, high) = share.interval();
    format!("{:.1} % ({:.1} to {:.1})", share.value() * 100.0, low * 100.0, high * 100.0)
}

fn reading(import: &Import, format: &str, out: &mut String) {
    let read = &import.read;
    let _ = writeln!(
        out,
        "read\n  {} requests, format {format}, stamps to {}",
        thousands(read.lines),
        resolution(read.resolution)
    );
    let dropped = read.dropped;
    for (count, what) in [
        (dropped.assets, "assets"),
        (dropped.health_checks, "health checks"),
        (dropped.preflights, "preflights and unusual methods"),
        (dropped.load_tests, "load tests (--keep-load-tests keeps them)"),
        (dropped.ignored, "ignored paths"),
        (dropped.cached, "answered by a cache, as the target is the origin"),
        (dropped.late, "requests out of order by more than a session's gap"),
    ] {
        if count > 0 {
            let _ = writeln!(out, "  left out: {} {what}", thousands(count));
        }
    }
    let programs: u64 = read.programs.values().sum();
    if programs > 0 {
        let part = Proportion { some: programs, all: read.lines };
        let _ = writeln!(
            out,
            "  programs: {} requests, {:.1} % of all",
            thousands(programs),
            part.value() * 100.0
        );
        for (rule, count) in &read.programs {
            let _ = writeln!(out, "    {}: {}", thousands(*count), rule.reason());
        }
    }
    let _ = writeln!(
        out,
        "  people: {}, {} by a cookie",
        sessions(read.sessions),
        percent_of(read.with_session)
    );
    if read.shared.some > 0 {
        let _ = writeln!(
            out,
            "  cut out: {} that may be several people behind one address",
            share(read.shared)
        );
    }
    if read.begun_before > 0 {
        let _ = writeln!(
            out,
            "  not counted as arrivals: {} seen in the log's first minute",
            sessions(read.begun_before)
        );
    }
    if read.timed.some == 0 {
        let _ = writeln!(
            out,
            "  the log has no durations: think times include the shop's own time, and slow answers can't be seen"
        );
    }
    if import.options.through == Through::Origin && read.cached.all + dropped.cached == 0 {
        let _ = writeln!(
            out,
            "  caution: the log does not say what a cache answered, so --through origin leaves nothing out"
        );
    }
    if read.cached.all > 0 {
        let _ = writeln!(out, "  answered by a cache: {}", percent_of(read.cached));
    }
    if import.assets.some == 0 {
        let _ = writeln!(
            out,
            "  no assets: a CDN may answer before this log, and then also whole pages"
        );
    }
    if read.redacted > 0 {
        let _ = writeln!(
            out,
            "  redacted: {} parts of paths with personal data",
            thousands(read.redacted)
        );
    }
    if read.cards > 0 {
        let _ = writeln!(
            out,
            "  error: your log may hold card numbers ({} in paths)",
            thousands(read.cards)
        );
    }
}

fn percent_of(part: Proportion) -> String {
    format!("{:.1} %", part.value() * 100.0)
}

fn resolution(us: u32) -> &'static str {
    match us {
        0..=1 => "the microsecond",
        2..=1_000 => "the millisecond",
        1_001..=999_999 => "a part of a second",
        _ => "the second",
    }
}

fn shape(import: &Import, out: &mut String) {
    let shape = &import.shape;
    let _ = writeln!(out, "\nload: {}", origin(import));
    let (rates, _) = factors(import);
    if let Some((place, peak, (low, high))) = shape.peak() {
        let minutes = place as u64 * u64::from(shape.bin) / 60;
        let _ = writeln!(
            out,
            "  peak {:.3}/s ({low:.3} to {high:.3}) after {minutes} min; {:.3}/s over five minutes about it; planned {:.3}/s",
            peak,
            shape.five_minutes_about(place),
            peak * rates
        );
    }
    let arrivals: u64 = shape.counts.iter().map(|n| u64::from(*n)).sum();
    let _ = writeln!(
        out,
        "  {} arrivals in {} stages; variance {:.2} times that of a Poisson process",
        thousands(arrivals),
        shape.pieces.len(),
        shape.dispersion
    );
    if let Some(planned) = planned_dispersion(import) {
        let every = shape.bin;
        let _ = writeln!(
            out,
            "  arrivals come in bursts: planned as bursty, with {planned:.2} times the variance of a Poisson process by {every} s"
        );
    }
    for jump in &shape.jumps {
        let minute = *jump as u64 * u64::from(shape.bin) / 60;
        let _ = writeln!(out, "  jump after {minute} min: a mail, a push or an advertisement?");
    }
}

fn funnel_lines(import: &Import, funnel: &Funnel, out: &mut String) {
    let _ = writeln!(
        out,
        "\njourneys\n  buy: {}; {} of all sessions bought",
        sessions(funnel.sessions),
        share(import.bought)
    );
    for (place, step) in funnel.steps.iter().enumerate() {
        let name = &import.templates.get(step.kind).name;
        let pays = if place == funnel.purchase { " (pays)" } else { "" };
        let _ = write!(out, "    {name}{pays}");
        if step.visited.value() < 0.95 {
            let _ = write!(out, ", made by {}", share(step.visited));
        }
        if let Some(goes_on) = step.goes_on {
            let _ = write!(out, ", go on {} of {}", share(goes_on), thousands(goes_on.all));
        }
        if let Some(think) = &step.think {
            let law = if think.fits { "" } else { ", no log-normal law" };
            let _ = write!(
                out,
                "; think {:.1} s, p90 {:.1} s (n = {}{law})",
                think.median,
                think.p90(),
                thousands(think.sample as u64)
            );
        }
        out.push('\n');
    }
}

fn left_out(import: &Import, out: &mut String) {
    let parts = import
        .funnel
        .iter()
        .map(|funnel| funnel.left_out)
        .chain(import.bags.iter().map(|bag| bag.left_out));
    let all = parts.fold(Proportion::default(), |sum, part| Proportion {
        some: sum.some + part.some,
        all: sum.all + part.all,
    });
    let _ = writeln!(out, "  on no journey: {} of the steps", percent_of(all));
    if import.templates.others * 50 > import.read.lines {
        let _ = writeln!(
            out,
            "  caution: {} requests are of rare kinds beyond 200 templates",
            thousands(import.templates.others)
        );
    }
}

fn patience(import: &Import, out: &mut String) {
    out.push_str("\npatience\n");
    match &import.patience {
        MeasuredPatience::Refused(reason) => {
            let _ = writeln!(out, "  not measured: {reason}");
        }
        MeasuredPatience::Measured { hazards, outages, retry } => {
            for (nth, hazard) in hazards.iter().enumerate() {
                let (low, high) = hazard.interval;
                let shrunk = if hazard.shrunk { ", drawn to the preset" } else { "" };
                let _ = writeln!(
                    out,
                    "  {:.1} % ({:.1} to {:.1}) leave at failure {} ({} failures{shrunk})",
                    hazard.chance * 100.0,
                    low * 100.0,
                    high * 100.0,
                    nth + 1,
                    thousands(hazard.failures)
                );
            }
            if let Some(retry) = retry {
                let _ = writeln!(
                    out,
                    "  they try again after {:.1} s, p90 {:.1} s",
                    retry.median,
                    retry.p90()
                );
            }
            let few = if *outages < 5 { " (from few outages)" } else { "" };
            let _ = writeln!(out, "  {}{few}", plural(&outages.to_string(), "outage"));
            out.push_str("  biases: a failed connection leaves no line; who comes back on another device looks lost;\n");
            out.push_str("  who tries again is keener; error pages with status 200 hide failures (--fail-when)\n");
        }
    }
}
