//! The way that one shopper takes through a journey: which branches, and how often around.
//!
//! It is drawn when the shopper arrives, from the shopper's own stream, so that it does not depend on how the shop behaves.
//! What only a guard can tell stays open until the shopper comes there: the route then has all ways, each behind its gate.

use super::guard::GuardId;
use super::{JourneyItem, Plan};
use crate::base::random::{Purpose, below, draw, uniform};
use crate::base::{JourneyId, ShopperId, UnitId};
use crate::plan::persona::choose;

/// A unit on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitVisit {
    /// The unit.
    pub unit: UnitId,
    /// How often the shopper has been there before, if all gates are open.
    pub round: u32,
    /// The gate that must be open, as a place in `JourneyRoute::gates`.
    pub gate: Option<u32>,
}

/// The way that a shopper means to take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JourneyRoute {
    /// The units, in order.
    pub stops: Vec<UnitVisit>,
    /// What some of them are behind.
    pub gates: Vec<RouteGate>,
}

/// The entrance to one of several ways, of which the first whose guard holds is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteGate {
    /// The gate of the way that this one branches from.
    pub outer: Option<u32>,
    /// The way before this one in the same choice.
    pub before: Option<u32>,
    /// What must hold; none for a way that is taken if none before it is.
    pub guard: Option<GuardId>,
}

/// Draws a way.
struct RouteDraw {
    shopper: ShopperId,
    draws: u64,
    /// By unit of the journey: how often it is on the way so far.
    rounds: Vec<u32>,
    first: u16,
    /// The gate of the way that is gone along.
    gate: Option<u32>,
    route: JourneyRoute,
}

// === impl Plan ===

impl Plan {
    /// The units that this shopper means to go through, in order.
    pub fn route(&self, journey: JourneyId, shopper: ShopperId) -> JourneyRoute {
        let journey = self.journey(journey);
        let mut walk = RouteDraw {
            shopper,
            draws: 0,
            rounds: vec![0; journey.units.len()],
            first: journey.units.start,
            gate: None,
            route: JourneyRoute {
                stops: Vec::with_capacity(journey.units.len()),
                gates: Vec::new(),
            },
        };
        walk.along(&journey.route);
        walk.route
    }

    /// By unit of the journey: the units from which a way leads to it, as places in the journey. Ways back, of rounds, are none of them.
    pub fn ways_to(&self, journey: JourneyId) -> Vec<Vec<usize>> {
        let journey = self.journey(journey);
        let mut ways = vec![Vec::new(); journey.units.len()];
        JourneyItem::lead(&journey.route, Vec::new(), journey.units.start, &mut ways);
        ways
    }
}

// === impl RouteDraw ===

impl RouteDraw {
    fn along(&mut self, parts: &[JourneyItem]) {
        for part in parts {
            match part {
                JourneyItem::Unit(unit) => {
                    let round = &mut self.rounds[usize::from(unit.0 - self.first)];
                    let visit = UnitVisit { unit: *unit, round: *round, gate: self.gate };
                    self.route.stops.push(visit);
                    *round += 1;
                }
                JourneyItem::Repeat { times: (low, high), parts } => {
                    let more = below(
                        draw(self.shopper.0, Purpose::Route, self.next()),
                        u64::from(high - low) + 1,
                    );
                    (0..u64::from(*low) + more).for_each(|_| self.along(parts));
                }
                JourneyItem::Choose(branches) => {
                    let u = uniform(self.shopper.0, Purpose::Route, self.next());
                    let chosen = choose(branches.iter().map(|(weight, _)| *weight), u);
                    if let Some((_, parts)) = branches.get(chosen) {
                        self.along(parts);
                    }
                }
                JourneyItem::Each { guards, parts } => self.rounds(guards, parts),
                JourneyItem::First(ways) => self.gates(ways),
            }
        }
    }

    /// Goes along all ways, each behind its gate.
    fn gates(&mut self, ways: &[(Option<GuardId>, Vec<JourneyItem>)]) {
        let outer = self.gate;
        let mut before = None;
        for (guard, parts) in ways {
            let gate = u32::try_from(self.route.gates.len()).unwrap_or(u32::MAX);
            self.route.gates.push(RouteGate { outer, before, guard: *guard });
            self.gate = Some(gate);
            self.along(parts);
            before = Some(gate);
        }
        self.gate = outer;
    }

    /// Goes along the same way as often as there may be items, each time behind its gate.
    fn rounds(&mut self, guards: &[GuardId], parts: &[JourneyItem]) {
        let outer = self.gate;
        for guard in guards {
            let gate = u32::try_from(self.route.gates.len()).unwrap_or(u32::MAX);
            self.route.gates.push(RouteGate { outer, before: None, guard: Some(*guard) });
            self.gate = Some(gate);
            self.along(parts);
        }
        self.gate = outer;
    }

    fn next(&mut self) -> u64 {
        self.draws += 1;
        self.draws
    }
}

/// The places, in their order, without repetition.
fn each_once(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable();
    places.dedup();
    places
}

// === impl JourneyItem ===

impl JourneyItem {
    /// Fills in where each unit is come to from, for those who come from any of `from`; tells from where they go on.
    fn lead(
        parts: &[JourneyItem],
        from: Vec<usize>,
        first: u16,
        ways: &mut [Vec<usize>],
    ) -> Vec<usize> {
        parts.iter().fold(from, |from, part| match part {
            JourneyItem::Unit(unit) => {
                let place = usize::from(unit.0 - first);
                ways[place].extend(from);
                vec![place]
            }
            JourneyItem::Repeat { times: (low, _), parts } => {
                let mut on = JourneyItem::lead(parts, from.clone(), first, ways);
                on.extend(from.into_iter().filter(|_| *low == 0));
                each_once(on)
            }
            JourneyItem::Each { guards: _, parts } => {
                let mut on = JourneyItem::lead(parts, from.clone(), first, ways);
                on.extend(from);
                each_once(on)
            }
            JourneyItem::Choose(branches) => each_once(
                branches
                    .iter()
                    .flat_map(|(_, parts)| JourneyItem::lead(parts, from.clone(), first, ways))
                    .collect(),
            ),
            JourneyItem::First(branches) => {
                let mut on: Vec<usize> = branches
                    .iter()
                    .flat_map(|(_, parts)| JourneyItem::lead(parts, from.clone(), first, ways))
                    .collect();
                if branches.iter().all(|(guard, _)| guard.is_some()) {
                    on.extend(from);
                }
                each_once(on)
            }
        })
    }

    /// Whether the way of every shopper who comes to `from` has `to` on it, guards apart.
    pub(super) fn leads_from(parts: &[JourneyItem], from: UnitId, to: UnitId) -> bool {
        parts.iter().all(|part| match part {
            JourneyItem::Unit(_) => true,
            JourneyItem::Repeat { parts, .. } | JourneyItem::Each { parts, .. } => {
                JourneyItem::leads_from(parts, from, to)
            }
            JourneyItem::Choose(branches) => branches.iter().all(|(_, parts)| {
                (!JourneyItem::has(parts, to) || JourneyItem::has(parts, from))
                    && JourneyItem::leads_from(parts, from, to)
            }),
            JourneyItem::First(ways) => {
                ways.iter().all(|(_, parts)| JourneyItem::leads_from(parts, from, to))
            }
        })
    }

    fn has(parts: &[JourneyItem], wanted: UnitId) -> bool {
        parts.iter().any(|part| match part {
            JourneyItem::Unit(unit) => *unit == wanted,
            JourneyItem::Repeat { parts, .. } | JourneyItem::Each { parts, .. } => {
                JourneyItem::has(parts, wanted)
            }
            JourneyItem::Choose(branches) => {
                branches.iter().any(|(_, parts)| JourneyItem::has(parts, wanted))
            }
            JourneyItem::First(ways) => {
                ways.iter().any(|(_, parts)| JourneyItem::has(parts, wanted))
            }
        })
    }

    /// Whether every shopper comes to a unit.
    pub(super) fn surely_leads_to_a_unit(parts: &[JourneyItem]) -> bool {
        parts.iter().any(|part| match part {
            JourneyItem::Unit(_) => true,
            JourneyItem::Repeat { times: (low, _), parts } => {
                *low > 0 && JourneyItem::surely_leads_to_a_unit(parts)
            }
            JourneyItem::Each { .. } => false,
            JourneyItem::Choose(branches) => {
                branches.iter().all(|(_, parts)| JourneyItem::surely_leads_to_a_unit(parts))
            }
            JourneyItem::First(ways) => {
                ways.iter().any(|(guard, _)| guard.is_none())
                    && ways.iter().all(|(_, parts)| JourneyItem::surely_leads_to_a_unit(parts))
            }
        })
    }

    /// How many units the longest way through it has; of a choice by guards, all ways, since a route holds them all.
    pub(super) fn longest(parts: &[JourneyItem]) -> u64 {
        let longest = |part: &JourneyItem| match part {
            JourneyItem::Unit(_) => 1,
            JourneyItem::Repeat { times: (_, high), parts } => {
                JourneyItem::longest(parts).saturating_mul(u64::from(*high))
            }
            JourneyItem::Each { guards, parts } => {
                (guards.len() as u64).saturating_mul(JourneyItem::longest(parts))
            }
            JourneyItem::Choose(branches) => {
                branches.iter().map(|(_, parts)| JourneyItem::longest(parts)).max().unwrap_or(0)
            }
            JourneyItem::First(ways) => ways
                .iter()
                .map(|(_, parts)| JourneyItem::longest(parts).saturating_add(1))
                .fold(0, u64::saturating_add),
        };
        parts.iter().map(longest).fold(0, u64::saturating_add)
    }

    /// How many of `there` come out of it, where `pass` says how many get through a unit, and `holds` which guards hold for
    /// them.
    pub(super) fn carry(
        parts: &[JourneyItem],
        there: f64,
        holds: &impl Fn(GuardId) -> bool,
        pass: &mut impl FnMut(UnitId, f64) -> f64,
    ) -> f64 {
        parts.iter().fold(there, |there, part| match part {
            JourneyItem::Unit(unit) => pass(*unit, there),
            JourneyItem::Repeat { times: (low, high), parts } => {
                let (mut inside, mut done) = (there, 0.0);
                for round in 1..=*high {
                    inside = JourneyItem::carry(parts, inside, holds, pass);
                    // Uniform over low..=high: of those who come to the end of this round, so many have had enough.
                    let enough = if round < *low { 0.0 } else { 1.0 / f64::from(high - round + 1) };
                    done += inside * enough;
                    inside *= 1.0 - enough;
                }
                done
            }
            JourneyItem::Each { guards, parts } => guards
                .iter()
                .filter(|guard| holds(**guard))
                .fold(there, |there, _| JourneyItem::carry(parts, there, holds, pass)),
            JourneyItem::Choose(branches) => {
                let all: f64 = branches.iter().map(|(weight, _)| weight).sum();
                branches
                    .iter()
                    .map(|(weight, parts)| {
                        JourneyItem::carry(parts, there * weight / all, holds, pass)
                    })
                    .sum()
            }
            JourneyItem::First(ways) => {
                match ways.iter().find(|(guard, _)| guard.is_none_or(holds)) {
                    Some((_, parts)) => JourneyItem::carry(parts, there, holds, pass),
                    None => there,
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::example::{add_unit, journey, plan};

    /// One unit, then one to three times either of two, then another.
    fn shop() -> Plan {
        let mut plan = plan(vec![journey("buy", 1.0)], vec![]);
        for (name, continues) in [("home", 1.0), ("lamp", 1.0), ("stool", 0.5), ("pay", 1.0)] {
            add_unit(&mut plan, false, &[(name, 0.0, continues)]);
        }
        let unit = |n| JourneyItem::Unit(UnitId(n));
        let either = JourneyItem::Choose(vec![(3.0, vec![unit(1)]), (1.0, vec![unit(2)])]);
        plan.journeys[0].route =
            vec![unit(0), JourneyItem::Repeat { times: (1, 3), parts: vec![either] }, unit(3)];
        plan
    }

    #[test]
    fn a_way_past_several_branches_is_one_way() {
        let mut plan = shop();
        let unit = |n| JourneyItem::Unit(UnitId(n));
        let maybe = |n| vec![JourneyItem::Repeat { times: (0, 2), parts: vec![unit(n)] }];
        plan.journeys[0].route =
            vec![unit(0), JourneyItem::Choose(vec![(1.0, maybe(1)), (1.0, maybe(2))]), unit(3)];
        assert_eq!(plan.ways_to(JourneyId(0)), [vec![], vec![0], vec![0], vec![0, 1, 2]]);
    }

    #[test]
    fn each_shopper_draws_branches_and_rounds() {
        let plan = shop();
        let (mut lengths, mut stools, mut visits) = ([0u32; 6], 0u32, 0u32);
        for n in 0..6_000 {
            let route = plan.route(JourneyId(0), ShopperId(draw(5, Purpose::Shopper, n))).stops;
            assert_eq!((route[0].unit, route[route.len() - 1].unit), (UnitId(0), UnitId(3)));
            lengths[route.len()] += 1;
            visits += route.len() as u32 - 2;
            stools += route.iter().filter(|stop| stop.unit == UnitId(2)).count() as u32;
            for (i, stop) in route.iter().enumerate() {
                assert_eq!(
                    stop.round as usize,
                    route[..i].iter().filter(|before| before.unit == stop.unit).count()
                );
            }
        }
        // Four standard deviations of binomial counts.
        assert!(lengths[3..].iter().all(|count| count.abs_diff(2_000) < 146), "{lengths:?}");
        assert!(
            (f64::from(stools) / f64::from(visits) - 0.25).abs()
                < 4.0 * (0.25 * 0.75 / 12_000.0_f64).sqrt(),
            "{stools} of {visits}"
        );
        assert_eq!(JourneyItem::longest(&plan.journeys[0].route), 5);
    }

    #[test]
    fn branches_are_beside_each_other() {
        assert_eq!(shop().ways_to(JourneyId(0)), [vec![], vec![0], vec![0], vec![1, 2]]);
    }

    #[test]
    fn the_forecast_counts_rounds_and_branches() {
        let forecast = crate::plan::forecast::Forecast::of(&shop(), None);
        // Of those who come to a round, 7/8 come out of it: a quarter look at the stool, of whom half leave.
        let (round, stay) = ([1.0, 2.0 / 3.0, 1.0 / 3.0], 7.0_f64 / 8.0);
        let visits: f64 = (0..3).map(|k| round[k] * stay.powi(k as i32)).sum();
        let expected =
            [1.0, visits * 0.75, visits * 0.25, (stay + stay.powi(2) + stay.powi(3)) / 3.0];
        for (found, expected) in forecast.visits.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{:?} {expected}", forecast.visits);
        }
    }
}
