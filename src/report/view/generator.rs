//! The state of the load generator, and the network traffic it caused.

use super::blocks::{Statement, Tone};
use super::format::{count, count_of, percent};
use crate::verdict::{AssetFinding, Findings, Validity};

/// The load generator's figures, then each health issue with its remedy.
pub fn generator(findings: &Findings) -> Vec<Statement> {
    let health = &findings.health;
    let tone = match health.validity {
        Validity::Valid => Tone::Plain,
        Validity::Suspect | Validity::Invalid => Tone::Doubtful,
    };
    let lag = health.lag.map_or_else(String::new, |lag| {
        format!("; schedule lag p50 {}, p99 {}, max {}", lag.p50, lag.p99, lag.max)
    });
    let cpu = health.cpu_fraction.map_or_else(String::new, |cpu| format!("; CPU {}", percent(cpu)));
    let rss = if health.peak_rss_kib > 0 {
        format!("; memory {} MiB", count(health.peak_rss_kib.div_ceil(1024)))
    } else {
        String::new()
    };
    let started =
        format!("{} of {} started", count(health.started), count_of(health.planned, "arrival"));
    let mut statements = vec![Statement::new(
        tone,
        format!("Load generator {}: {started}{lag}{cpu}{rss}", health.validity.key()),
    )];
    statements.extend(network(findings));
    statements.extend(health.issues.iter().map(|doubt| {
        let (tone, label) = match doubt.severity {
            Validity::Valid => (Tone::Faint, "Note"),
            Validity::Suspect => (Tone::Doubtful, "Suspect"),
            Validity::Invalid => (Tone::Doubtful, "Invalid"),
        };
        let text = format!("{label}: {}. Remedy: {}.", doubt.cause, doubt.cause.remedy());
        Statement::new(tone, text)
    }));
    statements
}

/// Requests and connections with the phases of an exchange; then those of page assets, which are counted apart.
fn network(findings: &Findings) -> Option<Statement> {
    let wire = &findings.wire;
    if wire.connections == 0 {
        return None;
    }
    let with_redirects = list_parts(&[
        (wire.redirects, "from redirects"),
        (wire.held, "delayed by a rate limit"),
        (wire.redials, "resent on a new connection"),
    ]);
    let resumed = list_parts(&[(wire.resumed, "with TLS resumption")]);
    let phases: Vec<String> = wire
        .phases()
        .into_iter()
        .filter_map(|(name, spans)| {
            let p99 = spans.p99.map_or_else(String::new, |p99| format!("/{}", p99.value));
            Some(format!("{name} {}{p99}", spans.p50?.value))
        })
        .collect();
    let phases =
        if phases.is_empty() { String::new() } else { format!("; p50/p99: {}", phases.join(", ")) };
    let sum = |of: fn(&AssetFinding) -> u64| {
        findings.steps.iter().filter_map(|step| step.assets.as_ref()).map(of).sum::<u64>()
    };
    let (requests, connections) = (sum(|found| found.requests), sum(|found| found.connections));
    let assets = match requests {
        0 => String::new(),
        _ => format!(
            "; page assets: {}{}, {}",
            count_of(requests, "request"),
            list_parts(&[(sum(|found| found.held), "delayed by a rate limit")]),
            count_of(connections, "connection")
        ),
    };
    let (requests, opened) =
        (count_of(wire.requests, "request"), count_of(wire.connections, "connection"));
    let of_steps = if assets.is_empty() { "" } else { " of steps" };
    let text =
        format!("Network: {requests}{of_steps}{with_redirects}, {opened}{resumed}{phases}{assets}");
    Some(Statement::new(Tone::Plain, text))
}

/// What there is of the parts, in brackets: ` (12 from redirects)`.
fn list_parts(parts: &[(u64, &str)]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {what}", count(*n)))
        .collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}
