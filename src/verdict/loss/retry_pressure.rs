//! What trying again does to the shop: how much it adds to the load, and whether it keeps a shop down that was pushed over.
//!
//! Shoppers who fail come back, so an overload feeds itself: a shop that serves μ and is offered λ > μ gets
//! Λ = (λ − cμ)/(1 − c) attempts, where c is the chance to try again after a failure. If it only recovers far below the load
//! that brought it down, it is metastable (Bronson and others, HotOS 2021; Huang and others, OSDI 2022): then the two figures
//! here, recovery time and hysteresis, are large.

use crate::base::Micros;
use crate::plan::{Intensity, Plan};
use crate::tally::{BlockTally, Tally};
use crate::verdict::causes::Incident;

/// What trying again does to the shop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RetryPressure {
    /// Attempts at units for each first attempt: 1 where nobody tried again.
    pub amplification: Option<f64>,
    /// The times at which the load rose beyond what the shop bore, in order.
    pub overloads: Vec<Overload>,
}

/// A time at which the load rose beyond what the shop bore.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overload {
    /// When the shop began to fail.
    pub from: Micros,
    /// When it had recovered; none if the run ended first.
    pub until: Option<Micros>,
    /// Shoppers arriving per second when it began to fail.
    pub onset_rate: f64,
    /// Shoppers arriving per second at the highest point meanwhile.
    pub peak_rate: f64,
    /// When the load was back at the rate at which the failing had begun.
    pub relieved_at: Micros,
    /// From then until it had recovered; until the end of the run, and so at least that, if it never did.
    pub recovery: Micros,
    /// The rate of arrivals at which it failed first minus the one at which it served again: what it bears on the way up
    /// but not on the way down. None if it never recovered.
    pub hysteresis: Option<f64>,
    /// Attempts for each first attempt meanwhile.
    pub amplification: Option<f64>,
}

/// A load that rises by less than this share while the shop fails is no overload, but a failure under a steady load.
const RISE: f64 = 0.1;

// === impl RetryPressure ===

impl RetryPressure {
    pub(super) fn of(plan: &Plan, tally: &Tally, incidents: &[Incident]) -> RetryPressure {
        let overloads = plan.load.profile().map_or_else(Vec::new, |profile| {
            let intensity = Intensity::new(profile);
            incidents
                .iter()
                .filter_map(|incident| Overload::of(&intensity, tally, incident))
                .collect()
        });
        RetryPressure { amplification: amplification(tally.blocks.values()), overloads }
    }
}

/// Attempts for each first attempt.
fn amplification<'t>(blocks: impl Iterator<Item = &'t BlockTally>) -> Option<f64> {
    let (first, all) =
        blocks.flat_map(|block| &block.attempts).fold((0, 0), |(first, all), ((_, nth), tries)| {
            let attempts = tries.total();
            (first + if *nth == 1 { attempts } else { 0 }, all + attempts)
        });
    (first > 0).then(|| all as f64 / first as f64)
}

// === impl Overload ===

impl Overload {
    fn of(intensity: &Intensity, tally: &Tally, incident: &Incident) -> Option<Overload> {
        let (from, until) = (incident.from, incident.until);
        let onset_rate = intensity.rate(from);
        let peak_rate = intensity.highest(from, until);
        if onset_rate <= 0.0 || peak_rate < onset_rate * (1.0 + RISE) {
            return None;
        }
        let block = tally.shape.block.max(Micros(1));
        let blocks = || (0..).map(|i| from + Micros(block.0 * i)).take_while(|at| *at < until);
        // The last block whose load was above the onset's; the load was back after it.
        let relieved_at = blocks()
            .filter(|at| intensity.rate(*at) > onset_rate * (1.0 + 1e-9))
            .last()
            .map_or(from, |at| (at + block).min(until));
        let number = |at: Micros| tally.shape.block_of(at);
        Some(Overload {
            from,
            until: (!incident.to_the_end).then_some(until),
            onset_rate,
            peak_rate,
            relieved_at,
            recovery: until.since(relieved_at),
            hysteresis: (!incident.to_the_end).then(|| onset_rate - intensity.rate(until)),
            amplification: amplification(
                tally.blocks.range(number(from)..number(until)).map(|(_, block)| block),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::ArrivalModel;
    use crate::plan::example::profile;
    use crate::verdict::incidents;
    use crate::verdict::simulation::{Moment, SimulatedRun, failing, shop};

    /// 10/s, up to 100/s between 20 s and 60 s, back to 10/s by 100 s, until 120 s.
    fn found(rule: impl Fn(&Moment<'_>) -> bool) -> RetryPressure {
        let mut plan = shop();
        plan.load.arrivals = ArrivalModel::Poisson(profile(&[
            (10.0, 10.0, 20.0),
            (10.0, 100.0, 40.0),
            (100.0, 10.0, 40.0),
            (10.0, 10.0, 20.0),
        ]));
        let simulated = SimulatedRun::of(plan, 6_000, 120, |m| failing(rule(m)));
        RetryPressure::of(
            &simulated.plan,
            &simulated.tally,
            &incidents(&simulated.plan, &simulated.tally),
        )
    }

    #[test]
    fn a_shop_that_recovers_where_it_failed_has_no_hysteresis() {
        // Above 55/s: from 40 s to 80 s.
        let pressure = found(|m| (40.0..80.0).contains(&m.now));
        let overload = pressure.overloads[0];
        assert_eq!(
            (overload.from, overload.until),
            (Micros::from_secs(40), Some(Micros::from_secs(80)))
        );
        assert!(
            (overload.onset_rate - 55.0).abs() < 0.1 && (overload.peak_rate - 100.0).abs() < 0.1,
            "{overload:?}"
        );
        assert!(
            overload.hysteresis.unwrap().abs() < 0.1 && overload.recovery <= Micros::from_secs(1),
            "{overload:?}"
        );
        assert!(overload.amplification.unwrap() > pressure.amplification.unwrap());
    }

    #[test]
    fn a_shop_that_stays_down_recovers_late_and_at_a_lower_load() {
        // Down until 100 s, when 10/s are left.
        let overload = found(|m| (40.0..100.0).contains(&m.now)).overloads[0];
        assert_eq!(overload.relieved_at, Micros::from_secs(80));
        assert_eq!(overload.recovery, Micros::from_secs(20));
        assert!((overload.hysteresis.unwrap() - 45.0).abs() < 0.1, "{overload:?}");
    }

    #[test]
    fn a_shop_that_never_recovers_has_no_figure_for_it() {
        let overload = found(|m| m.now >= 40.0).overloads[0];
        assert_eq!((overload.until, overload.hysteresis), (None, None));
        assert!(overload.recovery >= Micros::from_secs(39), "{overload:?}");
    }

    #[test]
    fn failing_under_a_steady_load_is_no_overload() {
        let pressure = found(|m| (5.0..15.0).contains(&m.now));
        assert_eq!(pressure.overloads, []);
        assert!(pressure.amplification.unwrap() > 1.0);
        assert_eq!(found(|_| false).amplification, Some(1.0));
    }
}
