//! Workflow commands, by which GitHub Actions marks the lines of the scenario whose objectives are not met.

use super::view::{MARK, gate, headline};
use crate::verdict::{CameThrough, Findings, ObjectiveVerdict, RunFacts, Validity, Verdict};

/// A line for each objective that does not hold, and one for a run that does not count; `file` is the scenario, as seen from the
/// repository's root.
pub fn annotations(facts: &RunFacts, findings: &Findings, file: Option<&str>) -> String {
    let mut out = String::new();
    if matches!(findings.verdict, Verdict::Invalid | Verdict::Interrupted) {
        out.push_str(&mark("error", None, "tillrush", &headline::reason(facts, findings).text));
    }
    if findings.verdict == Verdict::Fail
        && findings.shoppers.came_through() == CameThrough::AllFailed
    {
        out.push_str(&mark("error", None, "tillrush", &headline::nobody_came_through(findings)));
    }
    for found in &findings.objectives {
        let believed = findings.health.validity != Validity::Invalid;
        let kind = match found.verdict {
            ObjectiveVerdict::Met => continue,
            ObjectiveVerdict::Violated if believed => "error",
            // Both fail the step as well.
            ObjectiveVerdict::Violated | ObjectiveVerdict::Inconclusive => "warning",
        };
        let place = file.map(|file| (file, found.line.max(1)));
        let caution = if believed { String::new() } else { format!("{MARK}: ") };
        out.push_str(&mark(
            kind,
            place,
            &found.text,
            &format!("{caution}{}", gate::sentence(found)),
        ));
    }
    out
}

/// One mark, `error` or `warning`, at a line of a file.
pub fn mark(kind: &str, place: Option<(&str, u32)>, title: &str, text: &str) -> String {
    let place = place
        .map(|(file, line)| format!("file={},line={line},", property(file)))
        .unwrap_or_default();
    format!("::{kind} {place}title={}::{}\n", property(title), message(text))
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, planted};

    #[test]
    fn each_line_that_is_not_met_is_marked() {
        let mut plan = crate::verdict::simulation::shop();
        plan.objectives = [("repeated_failures < 0.5%", 7), ("p50(pay) < 1s", 8)]
            .map(|(text, line)| plan.objective(text, line).unwrap())
            .into();
        let simulated = SimulatedRun::of(plan, 1_000, 60, planted);
        let shown = annotations(&simulated.facts, &simulated.findings(), Some("load/a,b.yaml"));
        assert!(shown.starts_with("::error file=load/a%2Cb.yaml,line=7,title=repeated_failures < 0.5%25::observed 3.3 %25"), "{shown}");
        assert_eq!(shown.lines().count(), 1);
        let late = simulated.stopped(crate::base::Micros::ZERO, crate::base::Micros::from_secs(20));
        let shown = annotations(&late.facts, &late.findings(), Some("load/a,b.yaml"));
        let marks: Vec<&str> =
            shown.lines().filter_map(|line| line.split_once(' ').map(|(mark, _)| mark)).collect();
        assert_eq!(marks, ["::error", "::warning", "::warning"], "{shown}");
        assert!(
            shown.contains("::invalid (load generator saturated): observed 3.3 %25"),
            "{shown}"
        );
    }
}
