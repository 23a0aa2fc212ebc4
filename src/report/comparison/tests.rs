use std::path::Path;
use std::sync::LazyLock;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::document::ComparisonDocument;
use super::*;
use crate::base::Micros;
use crate::report::{Paint, console};
use crate::tally::Outcome;
use crate::tally::shard::SourceSettings;
use crate::verdict::Findings;
use crate::verdict::compare::{
    ComparedRun, Comparison, ComparisonTerms, Difference, LEAST_MARGIN, MARGIN, ScenarioSource,
    Subject, compare,
};
use crate::verdict::simulation::{Moment, SimulatedRun, failing, planted};

/// Two trials, and their comparison.
struct Pair {
    base: (SimulatedRun, Findings),
    candidate: (SimulatedRun, Findings),
}

impl Pair {
    fn of(base: SimulatedRun, mut candidate: SimulatedRun) -> Pair {
        candidate.facts.run_id = "20261128T090000Z-black-friday-checkout-0c2d".into();
        candidate.facts.target = "http://127.0.0.1:8081/".into();
        let judged = |simulated: SimulatedRun| {
            let findings = simulated.findings();
            (simulated, findings)
        };
        Pair { base: judged(base), candidate: judged(candidate) }
    }

    fn sides(&self) -> [ComparedRun<'_>; 2] {
        let side = |(simulated, findings)| side(simulated, findings);
        [side((&self.base.0, &self.base.1)), side((&self.candidate.0, &self.candidate.1))]
    }

    fn compared(&self) -> Comparison {
        let [base, candidate] = self.sides();
        compare(
            &base,
            &candidate,
            &ComparisonTerms {
                primary: Subject::RepeatedFailures,
                margin: MARGIN,
                noise: None,
                duet: false,
                after: Micros::ZERO,
            },
        )
    }

    fn console(&self) -> String {
        let [base, candidate] = self.sides();
        console(&comparison_view(&base, &candidate, &self.compared()), 110, Paint::Plain)
    }

    fn document(&self) -> ComparisonDocument {
        let [base, candidate] = self.sides();
        comparison_document(&base, &candidate, &self.compared())
    }
}

static SETTINGS: LazyLock<SourceSettings> = LazyLock::new(SourceSettings::default);

fn side<'t>(simulated: &'t SimulatedRun, findings: &'t Findings) -> ComparedRun<'t> {
    ComparedRun {
        plan: &simulated.plan,
        scenario: ScenarioSource { text: "", settings: &SETTINGS },
        tally: &simulated.tally,
        facts: &simulated.facts,
        findings,
    }
}

/// As planted, but no wallet fails.
fn without_wallets(m: &Moment<'_>) -> Outcome {
    if m.step == "pay" && m.payment == "wallet" { failing(false) } else { planted(m) }
}

fn regression() -> Pair {
    Pair::of(SimulatedRun::run(4_000, 60, without_wallets), SimulatedRun::run(4_000, 60, planted))
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/comparison.schema.json");
    let generated = serde_json::to_string_pretty(&comparison_schema()).unwrap() + "\n";
    if std::env::var_os("TILLRUSH_UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == generated,
        "the format has changed: run the tests with TILLRUSH_UPDATE_SCHEMA=1, and look at the difference"
    );
}

#[test]
fn every_document_keeps_to_the_schema() {
    // Closed to further fields, so that a name that is not in the schema is found.
    let mut schema = comparison_schema();
    let definitions = schema["$defs"]
        .as_object_mut()
        .unwrap()
        .values_mut()
        .map(|definition| &mut definition["additionalProperties"]);
    definitions.for_each(|open| *open = json!(false));
    schema["additionalProperties"] = json!(false);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let nobody = || SimulatedRun::run(0, 10, |_| Outcome::Ok);
    for pair in [
        regression(),
        Pair::of(nobody(), nobody()),
        Pair::of(nobody(), SimulatedRun::run(300, 5, planted)),
    ] {
        let written: Value = serde_json::from_str(&comparison_json(&pair.document())).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&written)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(serde_json::from_value::<ComparisonDocument>(written).unwrap(), pair.document());
    }
}

#[test]
fn a_regression_is_named_with_its_place() {
    let found = regression().document();
    assert_eq!((&*found.verdict, found.primary.as_str()), ("regression", "repeated_failures"));
    let place = &found.hotspots.new[0];
    assert_eq!(
        (place.hotspot.group["payment"].as_str(), place.sure, place.rate_in_other),
        ("wallet", true, Some(0.0))
    );
    let worse: Vec<&str> = found
        .comparisons
        .iter()
        .filter(|row| row.verdict == "regression")
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(worse, ["repeated_failures", "failed_purchases", "lost_shoppers", "failures(pay)"]);
    assert_eq!(found.comparisons[0].margin, found.comparisons[0].base * MARGIN);
    assert!(
        found.comparisons[0].margin > LEAST_MARGIN && found.comparisons[0].distance_ms.is_none()
    );
}

#[test]
fn the_other_way_round_it_is_no_regression_and_the_place_is_gone() {
    let found = Pair::of(
        SimulatedRun::run(4_000, 60, planted),
        SimulatedRun::run(4_000, 60, without_wallets),
    )
    .document();
    assert_eq!(
        (&*found.verdict, found.hotspots.vanished.len(), found.hotspots.new.len()),
        ("no_regression", 1, 0)
    );
}

#[test]
fn the_warm_up_of_a_cold_candidate_can_be_left_out() {
    let pair = Pair::of(
        SimulatedRun::run(6_000, 120, |m| failing(m.luck < 0.002)),
        SimulatedRun::run(6_000, 120, |m| {
            failing(m.luck < if m.arrived < 20.0 { 0.3 } else { 0.002 })
        }),
    );
    let all = pair.compared();
    assert!(all.differences[0].candidate.value > 0.01, "{:?}", all.differences[0]);
    let [base, candidate] = pair.sides();
    let terms = ComparisonTerms {
        primary: Subject::RepeatedFailures,
        margin: MARGIN,
        noise: None,
        duet: false,
        after: Micros::from_secs(20),
    };
    let warm = compare(&base, &candidate, &terms);
    assert!(warm.differences[0].candidate.value < 0.001, "{:?}", warm.differences[0]);
    assert!(warm.differences[0].base.sample < all.differences[0].base.sample);
    let slow = |found: &Comparison| {
        found.differences.iter().find(|it| it.key == "p50(pay)").unwrap().candidate.sample
    };
    assert!(slow(&warm) < slow(&all));
    let notes = comparison_view(&base, &candidate, &warm).notes;
    assert!(notes[0].starts_with("Warm-up left out (--after): "), "{notes:?}");
}

#[test]
fn a_comparison_on_one_screen() {
    let shown = regression().console();
    let head: String = shown.lines().take(17).map(|line| format!("{line}\n")).collect();
    assert_snapshot!(head, @r"
    FAIL: regression: repeated_failures went from 1.1 % to 2.9 % (95 % CI +1.2 to +2.5 pt); failed_purchases went
    from 1.6 % to 6.4 % (95 % CI +3.5 to +6.2 pt); lost_shoppers went from 2.6 % to 4.5 % (95 % CI +1.3 to +2.5
    pt); and 1 more
    Black Friday checkout: 2026-11-27 09:00:00Z (release=2026.47) vs. baseline 2026-11-27 09:00:00Z
    (release=2026.47)
    candidate: 4,000 shoppers against http://127.0.0.1:8081/; base: 4,000 shoppers against http://127.0.0.1:8080/

    Primary metric repeated_failures: regression. Change per 10,000 shoppers: +182.5, 2.7 times the base.
    Worse: failed_purchases went from 1.6 % to 6.4 % (95 % CI +3.5 to +6.2 pt); lost_shoppers went from 2.6 % to
      4.5 % (95 % CI +1.3 to +2.5 pt); failures(pay) went from 0.39 % to 12.5 % (95 % CI +9.6 to +15.0 pt).
    36 other metrics: 23 without regression, 10 inconclusive, 3 regressions.
    Shoppers with payment wallet now fail repeatedly at pay: none in the base, 8.7 % in the candidate.

    Shoppers
      metric              base  candidate   change              95 % CI  ratio       p  result
      repeated_failures  1.1 %      2.9 %  +1.8 pt      +1.2 to +2.5 pt    2.7  <0.001  REGRESSION
      failed_purchases   1.6 %      6.4 %  +4.8 pt      +3.5 to +6.2 pt    4.0  <0.001  REGRESSION
    ");
    for line in [
        "failures(pay)          0.39 %     12.5 %   +12.1 pt",
        "new  payment wallet  pay  none      8.7 %  yes",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
}

#[test]
fn a_pipeline_is_told_of_what_got_worse_and_of_nothing_else() {
    let pair = regression();
    let (found, [base, candidate]) = (pair.compared(), pair.sides());
    let xml = crate::report::junit(&[comparison_suite(&candidate, &found)]);
    assert!(xml.contains("tests=\"38\" failures=\"4\" errors=\"0\" skipped=\"10\""), "{xml}");
    assert!(xml.contains("<failure type=\"regression\" message=\"1.1 % in the base, 2.9 % in the candidate: +1.8 pt"), "{xml}");
    let marks = comparison_annotations(&found);
    assert_eq!(marks.lines().count(), 4);
    assert!(marks.starts_with("::error title=repeated_failures::1.1 %25 in the base"), "{marks}");
    let shown = crate::report::markdown(&comparison_view(&base, &candidate, &found));
    let (sight, folded) = shown.split_once("<details>").unwrap();
    assert!(
        sight.contains("| repeated\\_failures | 1.1 % | 2.9 % |")
            && !sight.contains("p95(pay)")
            && folded.contains("p95(pay)"),
        "{shown}"
    );
}

#[test]
fn a_comparison_with_an_invalid_run_is_marked() {
    let Pair { base, candidate } = regression();
    let pair = Pair::of(base.0, candidate.0.stopped(Micros::ZERO, Micros::from_secs(20)));
    let (found, [_, candidate]) = (pair.compared(), pair.sides());
    let shown = pair.console();
    assert!(shown.starts_with("INVALID: the load generator was saturated"), "{shown}");
    for part in
        ["\n\nDo not use this comparison: ", "\nShoppers: invalid (load generator saturated)\n"]
    {
        assert!(shown.contains(part), "{shown}");
    }
    let xml = crate::report::junit(&[comparison_suite(&candidate, &found)]);
    assert!(xml.contains("tests=\"38\" failures=\"0\" errors=\"38\" skipped=\"0\""), "{xml}");
    assert_eq!(comparison_annotations(&found).lines().count(), 1);
}

#[test]
fn what_is_only_known_to_be_at_least_so_long_has_no_range() {
    let mut found = regression().compared();
    let time =
        found.differences.iter_mut().find(|difference| difference.key == "p95(pay)").unwrap();
    (time.change, time.ci95) =
        (0.92, crate::verdict::statistics::Interval { low: 99.99, high: 1e6 });
    let shown =
        |time: &Difference| (super::tables::observed_change(time), super::tables::range(time));
    time.candidate.at_least = true;
    assert_eq!(shown(time), ("≥ +92.0 %".to_owned(), "–".to_owned()));
    time.candidate.at_least = false;
    (time.change, time.ci95) =
        (252.0, crate::verdict::statistics::Interval { low: 99.0, high: 899.0 });
    assert_eq!(shown(time), ("×253".to_owned(), "×100–×900".to_owned()));
}
