//! JUnit XML, as GitLab, Jenkins and GitHub show it: a test case for each objective, and one for the run itself.
//!
//! A broken objective is a failure. What could not be decided is an error and not a skipped test: pipelines take skipped
//! tests for passed ones. Nothing is decided by a run whose generator was the bottleneck.
//!
//! There is no one schema. What is written here keeps to the strictest in use, Apache Ant's as Windy Road wrote it down
//! (https://github.com/windyroad/JUnit-Schema), which asks for attributes that others leave out and forbids those that others
//! added (`disabled`, totals on the outermost element); so it keeps to Jenkins' own as well.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::view::{MARK, gate, headline};
use crate::base::Micros;
use crate::plan::Plan;
use crate::verdict::{
    Completion, Findings, ObjectiveFinding, ObjectiveVerdict, RunFacts, Soundness, Verdict,
};

/// The name of the test case that says whether the run counts.
const RUN: &str = "the run is valid";

/// Test cases of one run, or of one comparison.
#[derive(Clone, Debug)]
pub struct Suite {
    pub(super) name: String,
    pub(super) started_at: Timestamp,
    pub(super) duration: Micros,
    pub(super) properties: Vec<(String, String)>,
    pub(super) cases: Vec<(String, Status)>,
    /// What was found, in sentences.
    pub(super) said: Vec<String>,
}

/// What became of a test case.
#[derive(Clone, Debug)]
pub(super) enum Status {
    Passed,
    /// With its type and its message.
    Failure(&'static str, String),
    Error(&'static str, String),
    /// Not decided, and nothing depends on it.
    Skipped,
}

/// The findings of a run as test cases.
pub fn suite(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Suite {
    let mut cases = vec![(RUN.to_owned(), validity(facts, findings))];
    cases.extend(
        findings.objectives.iter().map(|found| (found.text.clone(), status(findings, found))),
    );
    let properties = [
        ("run_id", facts.run_id.clone()),
        ("target", facts.target.clone()),
        ("seed", facts.seed.to_string()),
        ("verdict", findings.verdict.key().to_owned()),
    ];
    let tags = facts.tags.iter().map(|(key, value)| (key.as_str(), value.clone()));
    Suite {
        name: plan.name.clone(),
        started_at: facts.started_at,
        duration: facts.duration,
        properties: properties
            .into_iter()
            .chain(tags)
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        cases,
        said: headline::headline(plan, facts, findings),
    }
}

/// Suites as JUnit XML.
pub fn junit(suites: &[Suite]) -> String {
    let suites: String = suites.iter().enumerate().map(|(id, suite)| suite.xml(id)).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{suites}</testsuites>\n")
}

// === impl Suite ===

impl Suite {
    fn xml(&self, id: usize) -> String {
        let count =
            |of: fn(&Status) -> bool| self.cases.iter().filter(|(_, status)| of(status)).count();
        let (failures, errors) = (
            count(|status| matches!(status, Status::Failure(..))),
            count(|status| matches!(status, Status::Error(..))),
        );
        let timestamp = self.started_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S");
        let mut out = format!(
            "  <testsuite name=\"{name}\" package=\"tillrush\" id=\"{id}\" timestamp=\"{timestamp}\" hostname=\"localhost\" \
             tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{time:.3}\">\n    <properties>\n",
            name = text(&self.name),
            tests = self.cases.len(),
            skipped = count(|status| matches!(status, Status::Skipped)),
            time = self.duration.as_secs_f64(),
        );
        for (name, value) in &self.properties {
            out.push_str(&format!(
                "      <property name=\"{}\" value=\"{}\"/>\n",
                text(name),
                text(value)
            ));
        }
        out.push_str("    </properties>\n");
        self.cases.iter().for_each(|(name, status)| case(&mut out, &self.name, name, status));
        let said: String = self.said.iter().map(|line| text(line) + "\n").collect();
        out + &format!("    <system-out>{said}</system-out>\n    <system-err/>\n  </testsuite>\n")
    }
}

fn case(out: &mut String, plan: &str, name: &str, status: &Status) {
    out.push_str(&format!(
        "    <testcase name=\"{}\" classname=\"tillrush.{}\" time=\"0\"",
        text(name),
        text(plan)
    ));
    let (element, kind, message) = match status {
        Status::Passed => return out.push_str("/>\n"),
        Status::Failure(kind, message) => ("failure", kind, text(message)),
        Status::Error(kind, message) => ("error", kind, text(message)),
        // The strictest schema gives it no attribute, and no text.
        Status::Skipped => return out.push_str(">\n      <skipped/>\n    </testcase>\n"),
    };
    // Some show the attribute, some the text.
    let title = message.lines().next().unwrap_or_default();
    out.push_str(&format!(">\n      <{element} type=\"{kind}\" message=\"{title}\">{message}</{element}>\n    </testcase>\n"));
}

fn validity(facts: &RunFacts, findings: &Findings) -> Status {
    let sound = findings.health.soundness == Soundness::Valid;
    let counts = !matches!(findings.verdict, Verdict::Invalid | Verdict::Interrupted)
        && facts.completion != Completion::Running;
    if sound && counts && facts.missing_slices.is_empty() && findings.health.started > 0 {
        return Status::Passed;
    }
    let doubts = headline::generator(findings).into_iter().map(|remark| remark.text);
    let lines: Vec<String> =
        std::iter::once(headline::reason(facts, findings).text).chain(doubts).collect();
    Status::Error(findings.verdict.key(), lines.join("\n"))
}

fn status(findings: &Findings, found: &ObjectiveFinding) -> Status {
    match found.verdict {
        _ if findings.health.soundness == Soundness::Invalid => {
            Status::Error("invalid", format!("{MARK}: {}", gate::sentence(found)))
        }
        ObjectiveVerdict::Holds => Status::Passed,
        ObjectiveVerdict::Broken => Status::Failure("broken", gate::sentence(found)),
        ObjectiveVerdict::Inconclusive => Status::Error("inconclusive", gate::sentence(found)),
    }
}

/// Text for an element or an attribute, without what XML 1.0 can't hold even as a reference.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if crate::base::unseen(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::trial::{Trial, planted};

    fn trial(objectives: &[&str]) -> Trial {
        let mut plan = crate::verdict::trial::shop();
        plan.objectives = objectives
            .iter()
            .enumerate()
            .map(|(i, text)| plan.objective(text, i as u32).unwrap())
            .collect();
        Trial::of(plan, 1_000, 60, planted)
    }

    fn shown(trial: &Trial) -> String {
        junit(&[suite(&trial.plan, &trial.facts, &trial.findings())])
    }

    #[test]
    fn each_objective_is_a_case_and_what_is_undecided_is_no_pass() {
        let trial = trial(&[
            "repeated_failures < 0.5%",
            "p50(pay) < 1s",
            "failures(pay) < 27% where payment = wallet",
        ]);
        insta::assert_snapshot!(shown(&trial), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite name="Black Friday checkout" package="tillrush" id="0" timestamp="2026-11-27T09:00:00" hostname="localhost" tests="4" failures="1" errors="1" skipped="0" time="60.000">
            <properties>
              <property name="run_id" value="20261127T090000Z-black-friday-checkout-0a1b"/>
              <property name="target" value="http://127.0.0.1:8080/"/>
              <property name="seed" value="42"/>
              <property name="verdict" value="fail"/>
              <property name="release" value="2026.47"/>
            </properties>
            <testcase name="the run is valid" classname="tillrush.Black Friday checkout" time="0"/>
            <testcase name="repeated_failures &lt; 0.5%" classname="tillrush.Black Friday checkout" time="0">
              <failure type="broken" message="observed 3.3 % (2.2–4.8 %), limit 0.50 %: broken">observed 3.3 % (2.2–4.8 %), limit 0.50 %: broken</failure>
            </testcase>
            <testcase name="p50(pay) &lt; 1s" classname="tillrush.Black Friday checkout" time="0"/>
            <testcase name="failures(pay) &lt; 27% where payment = wallet" classname="tillrush.Black Friday checkout" time="0">
              <error type="inconclusive" message="observed 27.3 % (19.0–37.0 %), limit 27.0 %: inconclusive: about 218,799 more shoppers would decide">observed 27.3 % (19.0–37.0 %), limit 27.0 %: inconclusive: about 218,799 more shoppers would decide</error>
            </testcase>
            <system-out>Shoppers with payment wallet fail again and again at pay: 5.6 % of them (20 of 359) met two failures or more there, at least 5.5 times the rate of the others; that loses about 208 (136–313) of every 10,000 shoppers.
        Shoppers who met node n3 fail again and again: 4.3 % of them (5 of 117) met two failures or more, at least 4.4 times the rate of the others; that loses about 88 (52–138) of every 10,000 shoppers. (Observed, not assigned: something that goes with it may be the cause.)
        In all, 3.3 % of shoppers met two failures or more (33 of 1,000, 2.3–4.8 %); for 20 of them it began at pay.
        Failures repeat because of the shopper's own circumstances: after a failed attempt the next one fails 5.3 times as often as other shoppers' first attempts at the same time.
        5.1 % of shoppers would leave for good under applause-2024 (51, 4.0–6.4 %); 5.1 % to 9.1 % over all patience presets. They would have paid 244,418 (192,967–309,588) in minor units.
        </system-out>
            <system-err/>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn a_run_that_does_not_count_is_an_error_of_its_own() {
        let mut trial = trial(&[]);
        assert!(
            shown(&trial).contains("tests=\"1\" failures=\"0\" errors=\"0\""),
            "{}",
            shown(&trial)
        );
        trial.facts.completion = Completion::Running;
        assert!(shown(&trial).contains("errors=\"1\""), "{}", shown(&trial));
        trial.facts.completion = Completion::Interrupted;
        assert!(
            shown(&trial).contains("errors=\"1\"")
                && shown(&trial).contains("<error type=\"interrupted\""),
            "{}",
            shown(&trial)
        );
    }

    #[test]
    fn a_run_whose_generator_was_the_bottleneck_decides_nothing() {
        let trial = trial(&["repeated_failures < 0.5%", "p50(pay) < 1s"])
            .stopped(Micros::ZERO, Micros::from_secs(20));
        let shown = shown(&trial);
        assert!(shown.contains("tests=\"3\" failures=\"0\" errors=\"3\""), "{shown}");
        assert!(
            shown.contains(
                "message=\"not to be believed: observed 3.3 % (2.2–4.8 %), limit 0.50 %: broken\""
            ),
            "{shown}"
        );
        assert!(shown.contains("<system-out>Not to be believed: "), "{shown}");
    }

    #[test]
    fn text_that_is_no_xml_is_escaped() {
        let mut trial = trial(&["p50(pay) < 1s"]);
        trial.plan.name = "a <b> & \"c\" \u{1b}]]>".into();
        assert!(
            shown(&trial)
                .contains("<testsuite name=\"a &lt;b&gt; &amp; &quot;c&quot; \u{fffd}]]&gt;\""),
            "{}",
            shown(&trial)
        );
    }
}
