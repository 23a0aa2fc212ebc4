//! Who the shoppers are: attributes, patience, behaviour, data of their own.

use std::collections::BTreeMap;

use super::{Arm, Equipment};
use crate::base::random::{Purpose, below, draw};
use crate::base::{Delay, ShopperId, VarId};
use crate::scenario::{Behaviour, RowAssignment};

/// Who the shoppers are.
#[derive(Debug)]
pub struct Shoppers {
    /// Drawn independently per shopper, so that associations with them are causal.
    pub attributes: Vec<Attribute>,
    /// When a failing shopper leaves.
    pub patience: Patience,
    /// Whether shoppers really leave.
    pub behaviour: Behaviour,
    /// How often a shopper tries a unit at most; `None` for as often as it takes.
    pub max_attempts: Option<u32>,
    /// The pause before trying again.
    pub retry_after: Delay,
    /// The ways to try again that an experiment compares; empty without one.
    pub arms: Vec<Arm>,
    /// Rows that belong to one shopper each.
    pub data: Vec<DataSet>,
}

/// A property of a shopper with weighted values.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name; a variable of that name holds the value.
    pub name: String,
    /// The variable.
    pub var: VarId,
    /// The values with their weights, in the order of the scenario; at most 64.
    pub values: Vec<(String, f64)>,
    /// What shoppers with a value have, by the value's place; most values say nothing.
    pub brings: BTreeMap<u8, Equipment>,
}

/// P(leave | j-th failed attempt) for j = 1, 2, …; the last hazard holds for all later ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Patience {
    /// The preset's name, or "custom".
    pub name: String,
    /// The hazards, each in 0..=1; at least one.
    pub hazards: Vec<f64>,
}

/// A table whose rows are assigned to shoppers.
#[derive(Debug)]
pub struct DataSet {
    /// Its name in the scenario; variables are `name.column`.
    pub name: String,
    /// The variable of each column.
    pub columns: Vec<VarId>,
    /// How rows are assigned to shoppers.
    pub assignment: RowAssignment,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<DataCell>>,
}

/// What a row has in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum DataCell {
    /// Text, as CSV has it.
    Text(String),
    /// A JSON value, with its type.
    Json(serde_json::Value),
}

/// The presets, each with its hazards and the basis of its figures (see `docs/model.md`).
pub const PATIENCE_PRESETS: [(&str, &[f64], &str); 4] = [
    (
        "applause-2024",
        &[0.26, 0.50, 0.486],
        "26 % abandon on any bug, 63 % after at most two failed purchase attempts, 18 % try a third time (Applause 2024, 7,200 consumers); \
         combining two questions of one survey is an inference",
    ),
    ("geometric-63", &[0.3917], "the same 63 % by the second failure, spread evenly: 1 − √0.37"),
    (
        "decline-44",
        &[0.44, 0.34, 0.486],
        "44 % give up after a decline (PayPal), 63 % by the second",
    ),
    ("impatient-75", &[0.75], "about 25 % retry at all (BetterCharge, ClearSale)"),
];

// === impl DataSet ===

impl DataSet {
    /// The row of a shopper who arrives at this place of the schedule; empty where there is none. `place` is the set's own
    /// in the plan, so that draws from two sets have nothing to do with each other.
    pub fn row(&self, place: usize, shopper: ShopperId, ordinal: u64) -> &[DataCell] {
        let rows = self.rows.len() as u64;
        let row = match self.assignment {
            RowAssignment::Once => ordinal,
            _ if rows == 0 => 0,
            RowAssignment::Loop => ordinal % rows,
            RowAssignment::Random => below(draw(shopper.0, Purpose::Row, place as u64), rows),
        };
        usize::try_from(row)
            .ok()
            .and_then(|row| self.rows.get(row))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Whether this many shoppers can all have what is theirs.
    pub fn suffices(&self, shoppers: u64) -> bool {
        self.assignment != RowAssignment::Once || self.rows.len() as u64 >= shoppers
    }
}

// === impl Patience ===

impl Patience {
    /// The preset of this name.
    pub fn preset(name: &str) -> Option<Patience> {
        let (name, hazards, _) = PATIENCE_PRESETS.into_iter().find(|(known, ..)| *known == name)?;
        Some(Patience { name: name.to_owned(), hazards: hazards.to_vec() })
    }

    /// The chance to leave at the `j`-th failed attempt, `j` from 1.
    pub fn hazard(&self, j: u32) -> f64 {
        let last = self.hazards.len() - 1;
        self.hazards[(j.max(1) as usize - 1).min(last)]
    }

    /// The chance still to be there after `k` failed attempts: S_k = Π (1 − h_j) over j ≤ k.
    pub fn survival(&self, k: u32) -> f64 {
        (1..=k).map(|j| 1.0 - self.hazard(j)).product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_preset_reproduces_the_published_shares() {
        let patience = Patience::preset("applause-2024").unwrap();
        let gone = |k| 1.0 - patience.survival(k);
        assert!((gone(1) - 0.26).abs() < 1e-9);
        assert!((gone(2) - 0.63).abs() < 1e-9);
        assert!((gone(3) - 0.81).abs() < 0.001);
    }

    #[test]
    fn the_last_hazard_holds_for_all_later_failures() {
        let patience = Patience { name: "custom".into(), hazards: vec![0.5, 0.25] };
        assert_eq!([1, 2, 3, 9].map(|j| patience.hazard(j)), [0.5, 0.25, 0.25, 0.25]);
        assert_eq!(patience.survival(0), 1.0);
    }

    #[test]
    fn rows_are_dealt_out_once_in_turn_or_at_random() {
        let set = |assignment| {
            let rows = (0..3).map(|n| vec![DataCell::Text(n.to_string())]).collect();
            DataSet {
                name: String::new(),
                columns: vec![VarId(0)],
                assignment,
                sha256: String::new(),
                rows,
            }
        };
        let dealt = |assignment, place, n: u64| match set(assignment).row(
            place,
            ShopperId(draw(1, Purpose::Shopper, n)),
            n,
        ) {
            [DataCell::Text(text)] => text.clone(),
            _ => "none".to_owned(),
        };
        let all = |assignment, place| {
            (0..5).map(|n| dealt(assignment, place, n)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            (all(RowAssignment::Once, 0).as_str(), all(RowAssignment::Loop, 0).as_str()),
            ("0 1 2 none none", "0 1 2 0 1")
        );
        let counts = (0..3_000).fold([0u32; 3], |mut counts, n| {
            counts[dealt(RowAssignment::Random, 0, n).parse::<usize>().unwrap()] += 1;
            counts
        });
        // Four standard deviations of a binomial count with p = 1/3.
        assert!(counts.iter().all(|count| count.abs_diff(1_000) < 104), "{counts:?}");
        assert_ne!(
            all(RowAssignment::Random, 0),
            all(RowAssignment::Random, 1),
            "two sets are drawn from independently"
        );
        assert!(
            set(RowAssignment::Once).suffices(3)
                && !set(RowAssignment::Once).suffices(4)
                && set(RowAssignment::Loop).suffices(4)
        );
    }
}
