//! JUnit XML, as GitLab, Jenkins and GitHub show it: a test case for each objective, and one for the run itself.
//!
//! A violated objective is a failure. An inconclusive one is an error and not a skipped test, because pipelines count skipped tests as
//! passed. A run with a saturated load generator decides nothing.
//!
//! There is no single schema. The output keeps to the strictest in use, Apache Ant's as Windy Road published it
//! (https://github.com/windyroad/JUnit-Schema): it requires attributes that others omit, and forbids totals on the outermost element. It
//! also keeps to Jenkins' schema. The crate `quick-junit` keeps to neither: it always writes those totals, and timestamps with an offset.

use std::io;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::view::{MARK, gate, generator, headline, records};
use crate::base::{Micros, unseen};
use crate::plan::Plan;
use crate::reconcile::ReconciliationDocument;
use crate::verdict::{
    CameThrough, Completion, Findings, ObjectiveFinding, ObjectiveVerdict, RunFacts, Validity,
    Verdict,
};

/// The name of the test case that says whether the run counts.
const RUN: &str = "the run is valid";
/// The name of the test case of the shop's records.
const RECORDS: &str = "orders reconcile with the shop's records";

/// The test cases of one run, or of one comparison.
#[derive(Clone, Debug)]
pub struct Suite {
    pub(super) name: String,
    pub(super) started_at: Timestamp,
    pub(super) duration: Micros,
    pub(super) properties: Vec<(String, String)>,
    pub(super) cases: Vec<(String, Status)>,
    /// The findings, in sentences.
    pub(super) headline: Vec<String>,
}

/// The result of a test case.
#[derive(Clone, Debug)]
pub(super) enum Status {
    Passed,
    /// With its type and its message.
    Failure(&'static str, String),
    Error(&'static str, String),
    /// Inconclusive, and nothing depends on it.
    Skipped,
}

/// The findings of a run as test cases.
pub fn suite(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Suite {
    let mut cases = vec![(RUN.to_owned(), validity(facts, findings))];
    cases.extend(
        findings.objectives.iter().map(|found| (found.text.clone(), status(findings, found))),
    );
    if findings.shoppers.came_through() == CameThrough::AllFailed {
        let status = Status::Failure("violated", headline::nobody_came_through(findings));
        cases.push(("some shopper comes through".to_owned(), status));
    }
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
        headline: headline::headline(plan, facts, findings),
    }
}

/// Suites as JUnit XML.
pub fn junit(suites: &[Suite]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    write(&mut writer, suites).expect("writing to memory does not fail");
    let text = String::from_utf8(writer.into_inner()).expect("text was written");
    text + "\n"
}

type Xml = Writer<Vec<u8>>;

fn write(xml: &mut Xml, suites: &[Suite]) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites").write_inner_content(|xml| {
        suites.iter().enumerate().try_for_each(|(id, suite)| suite.write(xml, id))
    })?;
    Ok(())
}

// === impl Suite ===

impl Suite {
    /// The suite with a test case for each kind of error that the shop's records could show.
    pub fn with_records(mut self, records: &ReconciliationDocument) -> Suite {
        let errors = records.findings.iter().filter(|finding| finding.severity == "error");
        let failed = errors.map(|finding| {
            let examples = finding.examples.iter().map(|example| {
                let intent = example.intent.as_deref().unwrap_or("all intents");
                format!("{intent}: {} {}", example.detail, example.records.join(", "))
            });
            let lines: Vec<String> =
                std::iter::once(format!("{}: {}", finding.words, finding.count))
                    .chain(examples)
                    .collect();
            (
                format!("{RECORDS}: {}", finding.kind),
                Status::Failure("not_reconciled", lines.join("\n")),
            )
        });
        let failed: Vec<(String, Status)> = failed.collect();
        let status = if !records.settled || records.undecided > 0 {
            Status::Error("inconclusive", records::summary(records).text)
        } else {
            Status::Passed
        };
        if failed.is_empty() || !matches!(status, Status::Passed) {
            self.cases.push((RECORDS.to_owned(), status));
        }
        self.cases.extend(failed);
        self.headline.push(records::summary(records).text);
        self
    }

    fn write(&self, xml: &mut Xml, id: usize) -> io::Result<()> {
        let count = |of: fn(&Status) -> bool| {
            self.cases.iter().filter(|(_, status)| of(status)).count().to_string()
        };
        let timestamp = self.started_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S");
        let attributes = [
            ("name", printable(&self.name)),
            ("package", "tillrush".to_owned()),
            ("id", id.to_string()),
            ("timestamp", timestamp.to_string()),
            ("hostname", "localhost".to_owned()),
            ("tests", self.cases.len().to_string()),
            ("failures", count(|status| matches!(status, Status::Failure(..)))),
            ("errors", count(|status| matches!(status, Status::Error(..)))),
            ("skipped", count(|status| matches!(status, Status::Skipped))),
            ("time", format!("{:.3}", self.duration.as_secs_f64())),
        ];
        let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
        xml.create_element("testsuite").with_attributes(attributes).write_inner_content(|xml| {
            self.write_properties(xml)?;
            self.cases.iter().try_for_each(|(name, status)| self.write_case(xml, name, status))?;
            let headline: String =
                self.headline.iter().map(|line| printable(line) + "\n").collect();
            xml.create_element("system-out").write_text_content(BytesText::new(&headline))?;
            xml.create_element("system-err").write_empty()?;
            Ok(())
        })?;
        Ok(())
    }

    fn write_properties(&self, xml: &mut Xml) -> io::Result<()> {
        xml.create_element("properties").write_inner_content(|xml| {
            self.properties.iter().try_for_each(|(name, value)| {
                let (name, value) = (printable(name), printable(value));
                let attributes = [("name", name.as_str()), ("value", value.as_str())];
                xml.create_element("property").with_attributes(attributes).write_empty()?;
                Ok(())
            })
        })?;
        Ok(())
    }

    fn write_case(&self, xml: &mut Xml, name: &str, status: &Status) -> io::Result<()> {
        let (name, class) = (printable(name), format!("tillrush.{}", printable(&self.name)));
        let attributes = [("name", name.as_str()), ("classname", class.as_str()), ("time", "0")];
        let case = xml.create_element("testcase").with_attributes(attributes);
        let (element, kind, message) = match status {
            Status::Passed => return case.write_empty().map(drop),
            // The strictest schema gives it no attribute, and no text.
            Status::Skipped => {
                return case
                    .write_inner_content(|xml| {
                        xml.create_element("skipped").write_empty().map(drop)
                    })
                    .map(drop);
            }
            Status::Failure(kind, message) => ("failure", *kind, printable(message)),
            Status::Error(kind, message) => ("error", *kind, printable(message)),
        };
        // Some tools show the attribute, some the text.
        let title = message.lines().next().unwrap_or_default();
        case.write_inner_content(|xml| {
            let attributes = [("type", kind), ("message", title)];
            let result = xml.create_element(element).with_attributes(attributes);
            result.write_text_content(BytesText::new(&message)).map(drop)
        })
        .map(drop)
    }
}

fn validity(facts: &RunFacts, findings: &Findings) -> Status {
    let sound = findings.health.validity == Validity::Valid;
    let counts = !matches!(findings.verdict, Verdict::Invalid | Verdict::Interrupted)
        && facts.completion != Completion::Running;
    if sound && counts && facts.missing_slices.is_empty() && findings.health.started > 0 {
        return Status::Passed;
    }
    let issues = generator::generator(findings).into_iter().map(|statement| statement.text);
    let lines: Vec<String> =
        std::iter::once(headline::reason(facts, findings).text).chain(issues).collect();
    Status::Error(findings.verdict.key(), lines.join("\n"))
}

fn status(findings: &Findings, found: &ObjectiveFinding) -> Status {
    match found.verdict {
        _ if findings.health.validity == Validity::Invalid => {
            Status::Error("invalid", format!("{MARK}: {}", gate::sentence(found)))
        }
        ObjectiveVerdict::Met => Status::Passed,
        ObjectiveVerdict::Violated => Status::Failure("violated", gate::sentence(found)),
        ObjectiveVerdict::Inconclusive => Status::Error("inconclusive", gate::sentence(found)),
    }
}

/// Text without the characters that XML 1.0 can't hold even as a reference.
fn printable(text: &str) -> String {
    let replaced = |c: char| match c {
        '\n' | '\t' => c,
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c if unseen(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(replaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, planted};

    fn simulated(objectives: &[&str]) -> SimulatedRun {
        let mut plan = crate::verdict::simulation::shop();
        plan.objectives = objectives
            .iter()
            .enumerate()
            .map(|(i, text)| plan.objective(text, i as u32).unwrap())
            .collect();
        SimulatedRun::of(plan, 1_000, 60, planted)
    }

    fn shown(simulated: &SimulatedRun) -> String {
        junit(&[suite(&simulated.plan, &simulated.facts, &simulated.findings())])
    }

    #[test]
    fn each_objective_is_a_case_and_what_is_undecided_is_no_pass() {
        let simulated = simulated(&[
            "repeated_failures < 0.5%",
            "p50(pay) < 1s",
            "failures(pay) < 27% where payment = wallet",
        ]);
        insta::assert_snapshot!(shown(&simulated), @r#"
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
              <failure type="violated" message="observed 3.3 % (95 % CI 2.2–4.8 %), limit 0.50 %: violated">observed 3.3 % (95 % CI 2.2–4.8 %), limit 0.50 %: violated</failure>
            </testcase>
            <testcase name="p50(pay) &lt; 1s" classname="tillrush.Black Friday checkout" time="0"/>
            <testcase name="failures(pay) &lt; 27% where payment = wallet" classname="tillrush.Black Friday checkout" time="0">
              <error type="inconclusive" message="observed 27.3 % (95 % CI 19.0–37.0 %), limit 27.0 %: inconclusive: about 218,799 more shoppers needed">observed 27.3 % (95 % CI 19.0–37.0 %), limit 27.0 %: inconclusive: about 218,799 more shoppers needed</error>
            </testcase>
            <system-out>Shoppers with payment wallet fail repeatedly at pay: 10.7 % (23 of 214), relative risk at least 6.7 vs. everyone else. Excess loss per 10,000 shoppers: 238 (95 % CI 160–345).
        Shoppers with node n3 fail repeatedly: 4.3 % (5 of 117), relative risk at least 4.4 vs. everyone else. Excess loss per 10,000 shoppers: 86 (95 % CI 50–137). The attribute is observed, not assigned: a correlated factor may be the cause.
        Repeated failures (two or more failed attempts): 3.3 % of shoppers (33 of 1,000, 95 % CI 2.3–4.8 %). 23 of them failed at pay.
        Repeated failures are specific to the shopper, not to a time. A retry fails 5.3 times as often as other shoppers&apos; first attempts at the same time.
        Expected loss: 5.0 % of shoppers (50, 95 % CI 3.9–6.3 %) under abandonment model applause-2024. Across all abandonment models: 5.0 % to 8.8 %. Revenue at risk: they would have paid 2,326.50 (95 % CI 1,810.61–2,989.38). Besides, 1.4 shoppers may leave because the shop declined (a card, a voucher, stock); they are not counted as lost.
        </system-out>
            <system-err/>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn a_run_that_does_not_count_is_an_error_of_its_own() {
        let mut simulated = simulated(&[]);
        assert!(
            shown(&simulated).contains("tests=\"1\" failures=\"0\" errors=\"0\""),
            "{}",
            shown(&simulated)
        );
        simulated.facts.completion = Completion::Running;
        assert!(shown(&simulated).contains("errors=\"1\""), "{}", shown(&simulated));
        simulated.facts.completion = Completion::Interrupted;
        assert!(
            shown(&simulated).contains("errors=\"1\"")
                && shown(&simulated).contains("<error type=\"interrupted\""),
            "{}",
            shown(&simulated)
        );
    }

    #[test]
    fn a_run_whose_generator_was_the_bottleneck_decides_nothing() {
        let simulated = simulated(&["repeated_failures < 0.5%", "p50(pay) < 1s"])
            .stopped(Micros::ZERO, Micros::from_secs(20));
        let shown = shown(&simulated);
        assert!(shown.contains("tests=\"3\" failures=\"0\" errors=\"3\""), "{shown}");
        assert!(
            shown.contains(
                "message=\"invalid (load generator saturated): observed 3.3 % (95 % CI 2.2–4.8 %), limit 0.50 %: violated\""
            ),
            "{shown}"
        );
        assert!(shown.contains("<system-out>Do not use these results: "), "{shown}");
    }

    #[test]
    fn text_that_is_no_xml_is_escaped() {
        let mut simulated = simulated(&["p50(pay) < 1s"]);
        simulated.plan.name = "a <b> & \"c\" \u{1b}]]>".into();
        assert!(
            shown(&simulated)
                .contains("<testsuite name=\"a &lt;b&gt; &amp; &quot;c&quot; \u{fffd}]]&gt;\""),
            "{}",
            shown(&simulated)
        );
    }
}
