mod contents;
mod safety;

use super::*;
use crate::base::{JourneyId, Micros, ShopperId, UnitId};
use crate::plan::JourneyItem;
use crate::report::RunReport;
use crate::report::json::run_document;
use crate::tally::{
    End, FailureKind, FailureSite, FirstFailure, Outcome, SampleLine, SampledExchange, ShopperEnd,
};
use crate::verdict::simulation::{SimulatedRun, failing, planted, shop};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use insta::assert_snapshot;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

const HOSTILE: &str =
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{ 7*7 }}&amp;";

/// Turns the direction of what follows.
const TURNED: &str = "\u{202e}tfel ot\u{2066}";

fn shown(simulated: &SimulatedRun) -> String {
    page(&RunReport {
        plan: &simulated.plan,
        tally: &simulated.tally,
        facts: &simulated.facts,
        findings: &simulated.findings(),
        scenario: "name: shop\n",
        records: None,
    })
}

fn all<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn gated(
    shoppers: u64,
    seconds: u64,
    rule: impl Fn(&crate::verdict::simulation::Moment<'_>) -> Outcome,
) -> SimulatedRun {
    let mut plan = shop();
    plan.objectives = vec![
        plan.objective("repeated_failures < 0.5%", 1).unwrap(),
        plan.objective("p95(pay) < 2s", 2).unwrap(),
    ];
    SimulatedRun::of(plan, shoppers, seconds, rule)
}
