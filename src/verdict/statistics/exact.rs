//! Exact tests of association, and their correction for looking in many places.

use statrs::function::gamma::ln_gamma;

/// The one-sided p-value of Fisher's exact test that `events` of `n` is no more than the margins explain, beside
/// `other_events` of `other_n`: P(X ≥ events), X hypergeometric.
pub fn fisher_greater(events: u64, n: u64, other_events: u64, other_n: u64) -> f64 {
    let margins = Margins { n, other_n, events: events + other_events };
    // Terms fall off geometrically beyond the mode, so the sum ends long before the support does.
    let mut sum = 0.0;
    for x in events..=margins.most() {
        let term = margins.probability(x);
        sum += term;
        if term < sum * 1e-12 && x > margins.mode() {
            break;
        }
    }
    sum.min(1.0)
}

/// The two-sided p-value: the probability of all tables with these margins that are no likelier than this one.
pub fn fisher_two_sided(events: u64, n: u64, other_events: u64, other_n: u64) -> f64 {
    let margins = Margins { n, other_n, events: events + other_events };
    // Equal probabilities may differ in the last bits.
    let limit = margins.probability(events) * (1.0 + 1e-7);
    let mode = margins.mode();
    let tail = |xs: &mut dyn Iterator<Item = u64>| {
        let mut sum = 0.0;
        for x in xs {
            let term = margins.probability(x);
            if term <= limit {
                sum += term;
                if term < sum * 1e-12 {
                    break;
                }
            }
        }
        sum
    };
    let below = tail(&mut (margins.least()..=mode).rev());
    let above = tail(&mut (mode + 1..=margins.most()));
    (below + above).min(1.0)
}

/// q-values: for each p-value the smallest rate of false discoveries at which it would be listed (Benjamini and
/// Hochberg 1995), in the order given.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[b].total_cmp(&p_values[a]));
    let (mut q_values, mut least) = (vec![1.0; p_values.len()], 1.0f64);
    for (place, &i) in order.iter().enumerate() {
        let rank = p_values.len() - place;
        least = least.min(p_values[i] * p_values.len() as f64 / rank as f64);
        q_values[i] = least;
    }
    q_values
}

/// What a two by two table's rows and columns sum to.
struct Margins {
    n: u64,
    other_n: u64,
    events: u64,
}

// === impl Margins ===

impl Margins {
    fn least(&self) -> u64 {
        self.events.saturating_sub(self.other_n)
    }

    fn most(&self) -> u64 {
        self.events.min(self.n)
    }

    fn mode(&self) -> u64 {
        let mode =
            (self.events + 1) as f64 * (self.n + 1) as f64 / (self.n + self.other_n + 2) as f64;
        (mode as u64).clamp(self.least(), self.most())
    }

    /// The hypergeometric probability that `x` of the events fall among the first `n`.
    fn probability(&self, x: u64) -> f64 {
        (ln_choose(self.n, x) + ln_choose(self.other_n, self.events - x)
            - ln_choose(self.n + self.other_n, self.events))
        .exp()
    }
}

fn ln_choose(n: u64, k: u64) -> f64 {
    ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lady_tasting_tea() {
        // Fisher 1935: three of four right: 17/70 and 34/70; all four: 1/70 and 2/70.
        assert!((fisher_greater(3, 4, 1, 4) - 17.0 / 70.0).abs() < 1e-12);
        assert!((fisher_two_sided(3, 4, 1, 4) - 34.0 / 70.0).abs() < 1e-12);
        assert!((fisher_greater(4, 4, 0, 4) - 1.0 / 70.0).abs() < 1e-12);
        assert!((fisher_two_sided(4, 4, 0, 4) - 2.0 / 70.0).abs() < 1e-12);
    }

    #[test]
    fn a_lopsided_table_gives_the_textbook_value() {
        // 1 of 12 against 9 of 12: the standard example, 0.002759 two-sided, 0.001380 one-sided.
        assert!((fisher_two_sided(1, 12, 9, 12) - 0.002_759).abs() < 1e-6);
        assert!((fisher_greater(9, 12, 1, 12) - 0.001_380).abs() < 1e-6);
    }

    #[test]
    fn an_empty_margin_says_nothing() {
        assert_eq!(fisher_greater(0, 0, 5, 10), 1.0);
        assert!((fisher_two_sided(0, 10, 0, 20) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn huge_tables_keep_their_precision() {
        let p = fisher_greater(600, 500_000, 500, 500_000);
        // The normal approximation with continuity correction: z = (600 − 550 − ½) / √(1100/4) = 2.985.
        assert!((p / 0.001_42 - 1.0).abs() < 0.02, "{p}");
    }

    #[test]
    fn q_values_follow_benjamini_and_hochberg() {
        // Their 1995 paper, section 3.2: fifteen p-values, of which four pass at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let q = benjamini_hochberg(&p);
        assert_eq!(q.iter().filter(|q| **q <= 0.05).count(), 4);
        assert!((q[3] - 0.035_625).abs() < 1e-12);
        assert!((q[14] - 1.0).abs() < 1e-12);
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn both_tails_and_the_table_itself_make_one(n in 1u64..60, other in 1u64..60, a in 0u64..60, b in 0u64..60) {
            let (a, b) = (a.min(n), b.min(other));
            let margins = Margins { n, other_n: other, events: a + b };
            let both = fisher_greater(a, n, b, other) + fisher_greater(b, other, a, n) - margins.probability(a);
            prop_assert!((both - 1.0).abs() < 1e-9, "{both}");
            prop_assert!(fisher_two_sided(a, n, b, other) <= 1.0);
            prop_assert!(fisher_two_sided(a, n, b, other) + 1e-9 >= fisher_greater(a, n, b, other).min(fisher_greater(b, other, a, n)));
        }
    }
}
