//! Repeated failures by step and value: what a hot spot stands out from.

use super::counts::Counts;
use super::failures::HotspotSite;
use super::groups::Group;
use super::hotspot::Basis;
use crate::base::StepId;
use crate::plan::Plan;
use crate::tally::Tally;

/// The shoppers with one value, at one step.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatmapCell {
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
pub fn heatmap(plan: &Plan, tally: &Tally) -> Vec<HeatmapCell> {
    let counts = Counts::new(plan, tally);
    let mut cells = Vec::new();
    for step in counts.sites().into_iter().filter_map(HotspotSite::step) {
        let seen = counts.at(plan, HotspotSite::Step(step), &[]);
        let single = || {
            let is_value = |group: &Group| !group.is_pair() && !counts.values.is_of_journey(*group);
            seen.inside.iter().filter(move |(group, _)| is_value(group))
        };
        if single().all(|(_, observed)| observed.repeated == 0) {
            continue;
        }
        for (group, observed) in single() {
            let pair = counts.values.names_and_values(*group).into_iter().next();
            let Some((name, value)) = pair else { continue };
            cells.push(HeatmapCell {
                step,
                name,
                value,
                basis: counts.values.basis(*group),
                shoppers: observed.shoppers,
                repeated: observed.repeated,
            });
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, planted};

    #[test]
    fn the_hottest_cell_is_what_was_planted() {
        let simulated = SimulatedRun::run(12_000, 120, planted);
        let cells = heatmap(&simulated.plan, &simulated.tally);
        let hottest = cells
            .iter()
            .max_by(|a, b| (a.repeated * b.shoppers).cmp(&(b.repeated * a.shoppers)))
            .unwrap();
        assert_eq!(
            (hottest.step, &*hottest.name, &*hottest.value),
            (simulated.step("pay"), "payment", "wallet")
        );
        let at_pay = |value: &str| {
            cells
                .iter()
                .find(|cell| cell.step == simulated.step("pay") && cell.value == value)
                .unwrap()
        };
        let [mobile, desktop] = [at_pay("mobile"), at_pay("desktop")];
        assert_eq!(
            mobile.repeated + desktop.repeated,
            at_pay("wallet").repeated + at_pay("card").repeated
        );
        assert_eq!(at_pay("n1").basis, Basis::Observed);
    }
}
