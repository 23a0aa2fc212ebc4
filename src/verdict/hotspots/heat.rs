//! Repeated failures by step and value: what a hot spot stands out from.

use super::counts::{Counts, Place};
use super::spot::Basis;
use crate::base::StepId;
use crate::plan::Plan;
use crate::tally::Tally;

/// The shoppers with one value, at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatCell {
    /// The step where the first failure fell.
    pub step: StepId,
    /// An attribute or an observed name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it was drawn or merely seen.
    pub basis: Basis,
    /// Shoppers with it, of the step's journey.
    pub shoppers: u64,
    /// Those of them who failed first at the step, and then again at its unit.
    pub repeated: u64,
}

/// All values at all steps where anybody failed again: by step, then by name and value. Names with too many values to tell apart are not
/// in it.
pub fn heat(plan: &Plan, tally: &Tally) -> Vec<HeatCell> {
    let counts = Counts::of(plan, tally);
    let mut cells = Vec::new();
    for step in counts.places().into_iter().filter_map(Place::step) {
        let seen = counts.at(plan, Place::Step(step), &[]);
        let single = || seen.inside.iter().filter(|(group, _)| !group.is_pair());
        if single().all(|(_, met)| met.repeated == 0) {
            continue;
        }
        for (group, met) in single() {
            let Some((name, value)) = counts.named(*group).into_iter().next() else { continue };
            cells.push(HeatCell {
                step,
                name,
                value,
                basis: counts.basis(*group),
                shoppers: met.shoppers,
                repeated: met.repeated,
            });
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::trial::{Trial, planted};

    #[test]
    fn the_hottest_cell_is_what_was_planted() {
        let trial = Trial::run(12_000, 120, planted);
        let cells = heat(&trial.plan, &trial.tally);
        let hottest = cells
            .iter()
            .max_by(|a, b| (a.repeated * b.shoppers).cmp(&(b.repeated * a.shoppers)))
            .unwrap();
        assert_eq!(
            (hottest.step, &*hottest.name, &*hottest.value),
            (trial.step("pay"), "payment", "wallet")
        );
        let at_pay = |value: &str| {
            cells.iter().find(|cell| cell.step == trial.step("pay") && cell.value == value).unwrap()
        };
        let [mobile, desktop] = [at_pay("mobile"), at_pay("desktop")];
        assert_eq!(
            mobile.repeated + desktop.repeated,
            at_pay("wallet").repeated + at_pay("card").repeated
        );
        assert_eq!(at_pay("n1").basis, Basis::Observed);
    }
}
