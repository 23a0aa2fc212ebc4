//! JUnit XML, as GitLab, Jenkins and GitHub show it: a test case for each objective, and one for the run itself.
//!
//! A broken objective is a failure. What could not be decided is an error and not a skipped test: pipelines take skipped
//! tests for passed ones.

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::view::{gate, words};
use crate::plan::Plan;
use crate::verdict::{Findings, ObjectiveFinding, ObjectiveVerdict, RunFacts, Soundness, Verdict};

/// The name of the test case that says whether the run counts.
const RUN: &str = "the run is valid";

/// The findings as JUnit XML.
pub fn junit(plan: &Plan, facts: &RunFacts, findings: &Findings) -> Vec<u8> {
    let class = format!("tillrush.{}", plan.name);
    let mut suite = TestSuite::new(plan.name.clone());
    suite.set_time(facts.duration.into());
    let properties = [
        ("run_id", facts.run_id.clone()),
        ("target", facts.target.clone()),
        ("seed", facts.seed.to_string()),
        ("started_at", facts.started_at.to_string()),
        ("verdict", findings.verdict.key().to_owned()),
    ];
    suite.add_properties(properties.map(|(name, value)| Property::new(name, value)));
    let mut case = |name: &str, status: TestCaseStatus| {
        let mut case = TestCase::new(name, status);
        case.set_classname(class.clone()).set_time(std::time::Duration::ZERO);
        suite.add_test_case(case);
    };
    case(RUN, validity(facts, findings));
    findings.objectives.iter().for_each(|found| case(&found.text, status(found)));
    let mut report = Report::new("tillrush");
    report.set_time(facts.duration.into()).add_test_suite(suite);
    let mut bytes = Vec::new();
    report.serialize(&mut bytes).expect("a report of text and numbers can be written to memory");
    bytes
}

fn validity(facts: &RunFacts, findings: &Findings) -> TestCaseStatus {
    let sound = findings.health.soundness == Soundness::Valid;
    let counts = !matches!(findings.verdict, Verdict::Invalid | Verdict::Interrupted);
    if sound && counts && facts.missing_slices.is_empty() && findings.health.started > 0 {
        return TestCaseStatus::success();
    }
    let doubts: Vec<String> =
        words::generator(findings).into_iter().map(|remark| remark.text).chain([words::reason(facts, findings).text]).collect();
    non_success(NonSuccessKind::Error, findings.verdict.key(), &words::reason(facts, findings).text, &doubts.join("\n"))
}

fn status(found: &ObjectiveFinding) -> TestCaseStatus {
    let (kind, word) = match found.verdict {
        ObjectiveVerdict::Holds => return TestCaseStatus::success(),
        ObjectiveVerdict::Broken => (NonSuccessKind::Failure, "broken"),
        ObjectiveVerdict::Inconclusive => (NonSuccessKind::Error, "inconclusive"),
    };
    let message = gate::sentence(found);
    non_success(kind, word, &message, &message)
}

fn non_success(kind: NonSuccessKind, word: &str, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(message).set_description(text);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::trial::{Trial, planted};

    fn trial(objectives: &[&str]) -> Trial {
        let mut plan = crate::verdict::trial::shop();
        plan.objectives = objectives.iter().enumerate().map(|(i, text)| plan.objective(text, i as u32).unwrap()).collect();
        Trial::of(plan, 1_000, 60, planted)
    }

    fn shown(trial: &Trial) -> Report {
        let xml = String::from_utf8(junit(&trial.plan, &trial.facts, &trial.findings())).unwrap();
        Report::deserialize_from_str(&xml).unwrap()
    }

    #[test]
    fn each_objective_is_a_case_and_what_is_undecided_is_no_pass() {
        let report = shown(&trial(
            &["repeated_failures < 0.5%", "p50(pay) < 1s", "failures(pay) < 14% where payment = wallet & more"]
                .map(|text| text.trim_end_matches(" & more")),
        ));
        let suite = &report.test_suites[0];
        let names: Vec<&str> = suite.test_cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, [RUN, "repeated_failures < 0.5%", "p50(pay) < 1s", "failures(pay) < 14% where payment = wallet"]);
        assert_eq!((report.tests, report.failures, report.errors), (4, 1, 1));
        let TestCaseStatus::NonSuccess { kind, message, .. } = &suite.test_cases[1].status else { panic!() };
        assert_eq!(*kind, NonSuccessKind::Failure);
        assert!(message.as_ref().unwrap().as_str().contains("observed 3.3 %"), "{message:?}");
    }

    #[test]
    fn a_run_that_does_not_count_is_an_error_of_its_own() {
        let mut trial = trial(&[]);
        assert_eq!((shown(&trial).tests, shown(&trial).errors), (1, 0));
        trial.facts.completion = crate::verdict::Completion::Interrupted;
        assert_eq!(shown(&trial).errors, 1);
    }

    #[test]
    fn text_that_is_no_xml_is_escaped() {
        let mut trial = trial(&["p50(pay) < 1s"]);
        trial.plan.name = "a <b> & \"c\"".into();
        assert_eq!(shown(&trial).test_suites[0].name.as_str(), "a <b> & \"c\"");
    }
}
