//! Purchases and other units that a working shop refused: how many, whose and when.
//!
//! Refusals are counted among first attempts. Whose: each value of each attribute is tested against all other shoppers by Fisher's exact
//! test, corrected for their number (Holm 1979). When: by the scan that finds incidents.

use std::collections::BTreeMap;

use super::incidents::{first_attempts, scan};
use crate::base::{Micros, UnitId};
use crate::plan::Plan;
use crate::tally::{AttemptCounts, Observed, Tally};
use crate::verdict::statistics::{Rate, fisher_greater, holm};

/// What was refused at one unit.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusalFinding {
    /// The unit.
    pub unit: UnitId,
    /// First attempts that were refused.
    pub refused: Rate,
    /// Shoppers who were refused more often than all others, the highest rate first.
    pub groups: Vec<RefusedGroup>,
    /// Times at which more was refused than at others, in order.
    pub times: Vec<RefusalTime>,
}

/// Shoppers with one value who are refused more often than all others.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedGroup {
    /// An attribute or an observed name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Their first attempts that were refused.
    pub inside: Rate,
    /// Those of all others.
    pub outside: Rate,
    /// How likely that is by chance, corrected for the number of values.
    pub p_value: f64,
}

/// A time at which more was refused than at others.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusalTime {
    /// From when on, since the planned start.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// First attempts in it that were refused.
    pub inside: Rate,
}

/// The level at which a group is listed, all values together.
const LEVEL: f64 = 0.05;

/// What was refused, by unit.
pub fn refusals(plan: &Plan, tally: &Tally) -> Vec<RefusalFinding> {
    let by_unit = first_attempts(tally, |tries| tries.declined);
    let sum = |blocks: &BTreeMap<u32, (u64, u64)>| {
        blocks.values().fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1))
    };
    let refused = by_unit.iter().map(|(unit, blocks)| (*unit, sum(blocks)));
    refused
        .filter(|(_, (_, refused))| *refused > 0)
        .map(|(unit, (attempts, refused))| RefusalFinding {
            unit,
            refused: Rate::new(refused, attempts),
            groups: groups(plan, tally, unit),
            times: times(tally, unit, &by_unit[&unit]),
        })
        .collect()
}

fn times(tally: &Tally, unit: UnitId, blocks: &BTreeMap<u32, (u64, u64)>) -> Vec<RefusalTime> {
    let at = |block: u32| Micros(u64::from(block) * tally.shape.block.0);
    let found = scan(BTreeMap::from([(unit, blocks.clone())]), tally);
    let mut times: Vec<RefusalTime> = found
        .into_iter()
        .map(|(_, span, _)| {
            let inside = blocks.range(span.first..=span.last);
            let (attempts, refused) =
                inside.fold((0, 0), |sum, (_, cell)| (sum.0 + cell.0, sum.1 + cell.1));
            RefusalTime {
                from: at(span.first),
                until: at(span.last + 1),
                inside: Rate::new(refused, attempts),
            }
        })
        .collect();
    times.sort_by_key(|time| time.from);
    // One line of one unit is also the line of all: the same time is found once.
    times.dedup_by_key(|time| time.from);
    times
}

fn groups(plan: &Plan, tally: &Tally, unit: UnitId) -> Vec<RefusedGroup> {
    let mut values: BTreeMap<(usize, String), AttemptCounts> = BTreeMap::new();
    let mut known: BTreeMap<usize, AttemptCounts> = BTreeMap::new();
    let attributes = &plan.shoppers.attributes;
    for (key, tries) in tally.attempts.iter().filter(|(key, _)| key.unit == unit && key.nth == 1) {
        let assigned = attributes.iter().zip(&key.attributes).enumerate();
        let assigned = assigned.filter_map(|(name, (attribute, value))| {
            Some((name, attribute.values.get(usize::from(*value))?.0.clone()))
        });
        let observed = key.observed.iter().enumerate().filter_map(|(place, value)| match value {
            Observed::Is(value) => Some((attributes.len() + place, value.to_string())),
            Observed::Missing | Observed::TooMany => None,
        });
        for (name, value) in assigned.chain(observed) {
            add(values.entry((name, value)).or_default(), *tries);
            add(known.entry(name).or_default(), *tries);
        }
    }
    let tested: Vec<(usize, String, Rate, Rate)> = values
        .into_iter()
        .map(|((name, value), inside)| {
            let all = known[&name];
            let outside = Rate::new(all.declined - inside.declined, all.total() - inside.total());
            (name, value, Rate::new(inside.declined, inside.total()), outside)
        })
        .filter(|(_, _, inside, outside)| inside.trials > 0 && outside.trials > 0)
        .collect();
    let test = |(_, _, inside, outside): &(usize, String, Rate, Rate)| {
        fisher_greater(inside.events, inside.trials, outside.events, outside.trials)
    };
    let p_values = holm(&tested.iter().map(test).collect::<Vec<f64>>());
    let name_of = |place: usize| match attributes.get(place) {
        Some(attribute) => attribute.name.clone(),
        None => plan.observed[place - attributes.len()].clone(),
    };
    let mut groups: Vec<RefusedGroup> = tested
        .into_iter()
        .zip(p_values)
        .filter(|(_, p_value)| *p_value < LEVEL)
        .map(|((name, value, inside, outside), p_value)| RefusedGroup {
            name: name_of(name),
            value,
            inside,
            outside,
            p_value,
        })
        .collect();
    groups.sort_by(|a, b| {
        b.inside.value().partial_cmp(&a.inside.value()).unwrap_or(std::cmp::Ordering::Equal)
    });
    groups
}

fn add(sum: &mut AttemptCounts, tries: AttemptCounts) {
    sum.ok += tries.ok;
    sum.declined += tries.declined;
    sum.failed += tries.failed;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Outcome;
    use crate::verdict::simulation::SimulatedRun;

    fn refused(rule: impl Fn(&crate::verdict::simulation::Moment<'_>) -> bool) -> SimulatedRun {
        SimulatedRun::run(4_000, 120, move |m| {
            if m.step == "pay" && rule(m) { Outcome::Declined } else { Outcome::Ok }
        })
    }

    #[test]
    fn refusals_say_whose_and_when() {
        let simulated = refused(|m| {
            m.payment == "wallet" && m.luck < 0.2 || (80.0..90.0).contains(&m.now) && m.luck < 0.7
        });
        let found = refusals(&simulated.plan, &simulated.tally);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(simulated.plan.unit_label(found[0].unit), "pay");
        let groups: Vec<&str> = found[0].groups.iter().map(|group| &*group.value).collect();
        assert_eq!(groups, ["wallet"], "{found:?}");
        let times: Vec<(Micros, Micros)> =
            found[0].times.iter().map(|time| (time.from, time.until)).collect();
        assert_eq!(times, [(Micros::from_secs(80), Micros::from_secs(90))]);
    }

    #[test]
    fn refusals_of_anybody_at_any_time_name_nobody() {
        let simulated = refused(|m| m.luck < 0.1);
        let found = refusals(&simulated.plan, &simulated.tally);
        assert!(found[0].groups.is_empty() && found[0].times.is_empty(), "{found:?}");
        assert_eq!(refusals(&simulated.plan, &refused(|_| false).tally), []);
    }
}
