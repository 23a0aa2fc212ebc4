//! Exact tests of association, and the corrections for many tests.

use statrs::distribution::{Binomial, Discrete, DiscreteCDF, Hypergeometric};
use statrs::statistics::{Max, Min, Mode};

/// The one-sided p-value of Fisher's exact test that `events` of `n` is no more than the margins explain, compared with
/// `other_events` of `other_n`: P(X ≥ events), X hypergeometric.
///
/// The crate's own `fishers_exact` multiplies binomial coefficients, which overflow in samples as large as ours, and sums a tail to
/// its very end; its law and the logarithm of its probabilities are used instead.
pub fn fisher_greater(events: u64, n: u64, other_events: u64, other_n: u64) -> f64 {
    let Some(law) = margins(events, n, other_events, other_n) else { return 1.0 };
    sum_of_tail(&law, events..=law.max(), |_| true).min(1.0)
}

/// The one-sided p-value of `events` of `n` where `expected` of them are: P(X ≥ events), X binomial.
pub fn binomial_greater(events: u64, n: u64, expected: f64) -> f64 {
    if events == 0 || n == 0 {
        return 1.0;
    }
    let share = (expected / n as f64).clamp(0.0, 1.0);
    Binomial::new(share, n).map_or(1.0, |law| law.sf(events - 1))
}

/// The two-sided p-value: the probability of all tables with these margins that are no likelier than this one.
pub fn fisher_two_sided(events: u64, n: u64, other_events: u64, other_n: u64) -> f64 {
    let Some(law) = margins(events, n, other_events, other_n) else { return 1.0 };
    // Equal probabilities may differ in the last bits.
    let limit = probability(&law, events) * (1.0 + 1e-7);
    let mode = mode(&law);
    let below = sum_of_tail(&law, (law.min()..=mode).rev(), |term| term <= limit);
    let above = sum_of_tail(&law, mode + 1..=law.max(), |term| term <= limit);
    (below + above).min(1.0)
}

/// How many of all events fall among the first `n`, if chance alone decides.
fn margins(events: u64, n: u64, other_events: u64, other_n: u64) -> Option<Hypergeometric> {
    Hypergeometric::new(n + other_n, n, events + other_events).ok()
}

fn probability(law: &Hypergeometric, x: u64) -> f64 {
    law.ln_pmf(x).exp()
}

fn mode(law: &Hypergeometric) -> u64 {
    law.mode().unwrap_or_default().clamp(law.min(), law.max())
}

/// The sum of the probabilities that count. Terms fall off geometrically beyond the mode, so it ends long before
/// the support does.
fn sum_of_tail(
    law: &Hypergeometric,
    support: impl Iterator<Item = u64>,
    counts: impl Fn(f64) -> bool,
) -> f64 {
    let (mode, mut sum) = (mode(law), 0.0);
    for x in support {
        let term = probability(law, x);
        if counts(term) {
            sum += term;
            if term < sum * 1e-12 && x != mode {
                break;
            }
        }
    }
    sum
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

/// p-values corrected for their number (Holm 1979), in the order given.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let (mut corrected, mut most) = (vec![1.0; p_values.len()], 0.0f64);
    for (place, &i) in order.iter().enumerate() {
        most = most.max(p_values[i] * (p_values.len() - place) as f64).min(1.0);
        corrected[i] = most;
    }
    corrected
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
    fn ten_heads_in_a_row() {
        assert!((binomial_greater(10, 10, 5.0) - 1.0 / 1_024.0).abs() < 1e-12);
        assert!((binomial_greater(1, 10, 5.0) - 1_023.0 / 1_024.0).abs() < 1e-12);
        assert_eq!(binomial_greater(0, 10, 5.0), 1.0);
        assert!(binomial_greater(900, 1_000, 100.0) < 1e-100);
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

    #[test]
    fn holm_corrects_the_least_most() {
        // Holm 1979: the smallest times their number, the next by one less, never falling.
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(
            corrected.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12),
            "{corrected:?}"
        );
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn both_tails_and_the_table_itself_make_one(n in 1u64..60, other in 1u64..60, a in 0u64..60, b in 0u64..60) {
            let (a, b) = (a.min(n), b.min(other));
            let law = margins(a, n, b, other).unwrap();
            let both = fisher_greater(a, n, b, other) + fisher_greater(b, other, a, n) - probability(&law, a);
            prop_assert!((both - 1.0).abs() < 1e-9, "{both}");
            prop_assert!(fisher_two_sided(a, n, b, other) <= 1.0);
            prop_assert!(fisher_two_sided(a, n, b, other) + 1e-9 >= fisher_greater(a, n, b, other).min(fisher_greater(b, other, a, n)));
        }
    }
}
