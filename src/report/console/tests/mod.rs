mod layout;
mod sections;
mod verdicts;

use super::layout::{cut_middle, wrap};
use super::*;
use crate::base::{Micros, StepId};
use crate::plan::example::profile;
use crate::plan::{ArrivalModel, Behaviour};
use crate::report::view::{Fit, MARK, Table, Tone, View};
use crate::tally::{Generator, Outcome};
use crate::verdict::Verdict;
use crate::verdict::simulation::{SimulatedRun, failing, planted, shop};
use crate::verdict::wire::tests::exchanges;
use crate::verdict::{Completion, ObjectiveFinding, ObjectiveVerdict};
use insta::assert_snapshot;
use unicode_width::UnicodeWidthStr;

fn shown(simulated: &SimulatedRun, width: usize) -> String {
    console(&view(simulated), width, Paint::Plain)
}

fn view(simulated: &SimulatedRun) -> View {
    View::of(&simulated.plan, &simulated.facts, &simulated.findings())
}

/// The part of a report between two texts, both included.
fn between(report: &str, from: &str, to: &str) -> String {
    let from = report.find(from).unwrap();
    let to = report[from..].find(to).unwrap() + from + to.len();
    report[from..to].to_owned()
}
