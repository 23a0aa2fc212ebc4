//! Two independent groups compared: by how much, and how many times as often, the one fails.

use super::{Interval, Rate, Z95};
use crate::base::bisect;

/// Where the difference of two independent means lies, from where each of them does: with limits (l₁, u₁) and (l₂, u₂), from
/// d − √((m₁ − l₁)² + (u₂ − m₂)²) to d + √((u₁ − m₁)² + (m₂ − l₂)²). With Wilson's limits of two rates it is the hybrid score
/// interval (Newcombe 1998, method 10); the limits may be any that hold (Zou and Donner 2008).
pub fn difference(one: (f64, Interval), other: (f64, Interval)) -> Interval {
    let ((m1, a), (m2, b)) = (one, other);
    let difference = m1 - m2;
    Interval {
        low: difference - (m1 - a.low).hypot(b.high - m2),
        high: difference + (a.high - m1).hypot(m2 - b.low),
    }
}

/// Where the ratio of two independent rates lies with 95 % confidence, each at its effective sample: all ratios that the score
/// test does not reject (Koopman 1984; Miettinen and Nurminen 1985). Unlike the interval of the logarithm (Katz and others 1978)
/// it needs no mending where nothing happened: without an event in the other group there is no upper limit, and the lower one is
/// the least that the ratio can be. None where either group is empty, or nothing happened in both.
pub fn ratio(one: &Rate, other: &Rate) -> Option<Interval> {
    if one.trials == 0 || other.trials == 0 || one.events + other.events == 0 {
        return None;
    }
    let groups = TwoGroups { one: EffectiveCounts::new(one), other: EffectiveCounts::new(other) };
    let low = if one.events == 0 { 0.0 } else { groups.ratio_at(Z95) };
    let high = if other.events == 0 { f64::INFINITY } else { groups.ratio_at(-Z95) };
    Some(Interval { low, high })
}

/// Events and sample, both effective.
struct EffectiveCounts {
    events: f64,
    n: f64,
}

struct TwoGroups {
    one: EffectiveCounts,
    other: EffectiveCounts,
}

// === impl EffectiveCounts ===

impl EffectiveCounts {
    fn new(rate: &Rate) -> EffectiveCounts {
        // Where nothing happened nothing is known of clustering.
        let n = if rate.events == 0 { rate.trials as f64 } else { rate.effective_sample() };
        EffectiveCounts { events: rate.value().unwrap_or_default() * n, n }
    }
}

// === impl TwoGroups ===

impl TwoGroups {
    /// (p̂₁ − θ p̂₂) / √(p₁q₁/n₁ + θ² p₂q₂/n₂), where p₁ = θ p₂ are the likeliest rates that have the ratio θ.
    fn score(&self, theta: f64) -> f64 {
        let TwoGroups { one, other } = self;
        let b = theta * (one.n + other.events) + one.events + other.n;
        let ac = theta * (one.n + other.n) * (one.events + other.events);
        // The smaller root, in the form that doesn't cancel.
        let p2 =
            (2.0 * (one.events + other.events) / (b + (b * b - 4.0 * ac).max(0.0).sqrt())).min(1.0);
        let p1 = (theta * p2).min(1.0);
        let variance = p1 * (1.0 - p1) / one.n + theta * theta * p2 * (1.0 - p2) / other.n;
        let difference = one.events / one.n - theta * other.events / other.n;
        // Where all failed on both sides and the ratio is 1, both are nothing.
        if difference == 0.0 { 0.0 } else { difference / variance.sqrt() }
    }

    /// The ratio at which the score, which falls with it, is `z`; by halving its logarithm.
    fn ratio_at(&self, z: f64) -> f64 {
        bisect(-30.0, 30.0, 80, |log_ratio| self.score(log_ratio.exp()) <= z).1.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::{Purpose, uniform};
    use crate::verdict::statistics::{rule_of_three, wilson};

    fn found(a: u64, m: u64, b: u64, n: u64) -> Interval {
        ratio(&Rate::new(a, m), &Rate::new(b, n)).unwrap()
    }

    #[test]
    fn the_difference_has_the_published_interval() {
        // Newcombe 1998 (Statistics in Medicine 17, 873–890), table II, method 10: 56/70 − 48/80, 9/10 − 3/10, 10/10 − 0/20.
        let side = |events: f64, n: f64| (events / n, wilson(events / n, n, Z95));
        for (a, m, b, n, low, high) in [
            (56.0, 70.0, 48.0, 80.0, 0.0524, 0.3339),
            (9.0, 10.0, 3.0, 10.0, 0.1705, 0.8090),
            (10.0, 10.0, 0.0, 20.0, 0.6791, 1.0),
        ] {
            let interval = difference(side(a, m), side(b, n));
            assert!(
                (interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5,
                "{interval:?}"
            );
        }
    }

    #[test]
    fn the_ratio_has_the_published_interval() {
        // Koopman 1984, the example of 36 of 40 and 16 of 80: 2.94 to 7.15.
        let interval = found(36, 40, 16, 80);
        assert!(
            (interval.low - 2.94).abs() < 5e-3 && (interval.high - 7.15).abs() < 5e-3,
            "{interval:?}"
        );
    }

    #[test]
    fn with_many_events_it_is_that_of_the_logarithm() {
        // Katz and others 1978: ln 5 ± z √(1/500 − 1/10,000 + 1/400 − 1/40,000).
        let interval = found(500, 10_000, 400, 40_000);
        let spread = Z95 * (1.0 / 500.0 - 1e-4 + 1.0 / 400.0 - 2.5e-5f64).sqrt();
        assert!(
            ((interval.low / 5.0).ln() + spread).abs() < 0.01
                && ((interval.high / 5.0).ln() - spread).abs() < 0.01,
            "{interval:?}"
        );
    }

    #[test]
    fn where_all_failed_on_both_sides_the_ratio_may_be_either_way() {
        let interval = found(5, 5, 5, 5);
        assert!(
            interval.low < 0.75
                && interval.high > 1.33
                && (interval.low * interval.high - 1.0).abs() < 1e-6,
            "{interval:?}"
        );
    }

    #[test]
    fn turned_round_it_is_the_inverse() {
        for (a, m, b, n) in [(5, 100, 3, 400), (1, 10, 9, 10), (234, 4_525, 2, 4_392)] {
            let (there, back) = (found(a, m, b, n), found(b, n, a, m));
            assert!(
                (there.low * back.high - 1.0).abs() < 1e-6
                    && (there.high * back.low - 1.0).abs() < 1e-6,
                "{there:?} {back:?}"
            );
        }
    }

    #[test]
    fn without_an_event_elsewhere_there_is_a_least_ratio_and_no_most() {
        let interval = found(234, 4_525, 0, 4_392);
        let over_three_in_n = 234.0 / 4_525.0 / rule_of_three(4_392);
        assert!(
            interval.high.is_infinite()
                && interval.low > 0.5 * over_three_in_n
                && interval.low < over_three_in_n,
            "{interval:?}"
        );
        assert_eq!(found(0, 100, 7, 100).low, 0.0);
        assert_eq!(
            [ratio(&Rate::new(0, 9), &Rate::new(0, 9)), ratio(&Rate::new(0, 0), &Rate::new(1, 9))],
            [None; 2]
        );
    }

    #[test]
    fn bursts_make_it_wider() {
        let burst = |rate: Rate| Rate { design_effect: 4.0, ..rate };
        let wide = ratio(&burst(Rate::new(80, 4_000)), &burst(Rate::new(40, 8_000))).unwrap();
        assert_eq!(wide, found(20, 1_000, 10, 2_000));
    }

    #[test]
    fn nineteen_in_twenty_ratios_are_held() {
        let (trials, m, n) = (2_000u64, 300u64, 900u64);
        let held = (0..trials)
            .filter(|simulated| {
                let count = |from: u64, of: u64, p: f64| {
                    (0..of)
                        .filter(|i| {
                            uniform(5, Purpose::Bootstrap, simulated * 2_000 + from + i) < p
                        })
                        .count()
                };
                let (a, b) = (count(0, m, 0.06) as u64, count(m, n, 0.02) as u64);
                ratio(&Rate::new(a, m), &Rate::new(b, n))
                    .is_some_and(|ci95| ci95.low <= 3.0 && 3.0 <= ci95.high)
            })
            .count();
        assert!((1_860..=1_940).contains(&held), "{held} of {trials}");
    }
}
