//! What came of each provocation: who was assigned to it at random, and whose orders are wrong.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{FindingKind, Severity};
use super::intents::Intents;
use super::limits::{lower_limit, upper_limit};
use super::summary::Reconciliation;
use super::window::{ClickWindowDocument, Clicks, estimate_window};

/// Intents with one provocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProvocationDocument {
    /// What was done, and when: `double_click 50ms`; `none` for who paid as usual.
    pub arm: String,
    /// Intents.
    pub intents: u64,
    /// Of them, those with two orders or more, or two charges.
    pub doubled: u64,
    /// Of them, those with any finding that is an error, double ones among them.
    pub wrong: u64,
    /// The share of double ones; null without intents.
    pub rate: Option<f64>,
    /// Its lower and upper limit, each with 95 % confidence.
    pub limits95: Option<[f64; 2]>,
}

// === impl ProvocationDocument ===

impl ProvocationDocument {
    pub(super) fn of(result: &Reconciliation, intents: &Intents) -> Vec<ProvocationDocument> {
        if intents.arms().is_empty() {
            return Vec::new();
        }
        let of_kinds = |wanted: &dyn Fn(FindingKind) -> bool| -> HashSet<u32> {
            let found = result.findings.iter().filter(|finding| wanted(finding.kind));
            found.filter_map(|finding| Some(finding.intent?.0)).collect()
        };
        let doubled =
            of_kinds(&|kind| matches!(kind, FindingKind::Duplicate | FindingKind::ChargedTwice));
        let wrong = of_kinds(&|kind| kind.severity() == Severity::Error);
        let names = std::iter::once("none").chain(intents.arms().iter().map(|arm| &*arm.label));
        let mut arms: Vec<ProvocationDocument> = names.map(ProvocationDocument::none_yet).collect();
        for (place, intent) in intents.list().iter().enumerate() {
            let arm = &mut arms[intent.arm().map_or(0, |arm| arm + 1)];
            let place = place as u32;
            arm.intents += 1;
            arm.doubled += u64::from(doubled.contains(&place));
            arm.wrong += u64::from(wrong.contains(&place));
        }
        arms.iter_mut().for_each(ProvocationDocument::estimate);
        arms
    }

    /// The window between check and write that the double clicks among these arms imply; none without any.
    pub(super) fn estimate_window(
        arms: &[ProvocationDocument],
        intents: &Intents,
    ) -> Option<ClickWindowDocument> {
        // The first is who paid as usual.
        let logged = arms.iter().skip(1).zip(intents.arms());
        let clicks: Vec<Clicks> = logged
            .filter(|(arm, _)| arm.arm.starts_with("double_click "))
            .filter_map(|(arm, logged)| {
                let after_ms = logged.after?.0 as f64 / 1e3;
                Some(Clicks { after_ms, intents: arm.intents, doubled: arm.doubled })
            })
            .collect();
        estimate_window(&clicks)
    }

    fn none_yet(name: &str) -> ProvocationDocument {
        ProvocationDocument {
            arm: name.to_owned(),
            intents: 0,
            doubled: 0,
            wrong: 0,
            rate: None,
            limits95: None,
        }
    }

    fn estimate(&mut self) {
        if self.intents > 0 {
            let n = self.intents as f64;
            let limits = [lower_limit(self.doubled), upper_limit(self.doubled)];
            self.rate = Some(self.doubled as f64 / n);
            self.limits95 = Some(limits.map(|limit| (limit / n).min(1.0)));
        }
    }
}
