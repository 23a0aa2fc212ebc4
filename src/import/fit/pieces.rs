//! The fewest linear pieces that counts allow: neighbours are merged while that costs little likelihood.

/// The most pieces of a shape.
const MOST: usize = 24;
/// Pieces to begin with; bins are put together before where there are more.
const FIRST: usize = 240;

/// A stretch of bins in which the rate is linear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Its first bin.
    pub from: usize,
    /// The bin after its last.
    pub to: usize,
    /// The rate at its start, in counts a bin.
    pub low: f64,
    /// The rate at its end.
    pub high: f64,
}

/// The pieces of counts. No piece goes over a jump.
pub fn pieces(counts: &[u32], jumps: &[usize]) -> Vec<Piece> {
    let step = counts.len().div_ceil(FIRST).max(1);
    let mut cuts: Vec<usize> =
        (0..counts.len()).step_by(step).chain(jumps.iter().copied()).collect();
    cuts.push(counts.len());
    cuts.sort_unstable();
    cuts.dedup();
    let mut pieces: Vec<(Piece, f64)> =
        cuts.windows(2).map(|pair| fit_line(counts, pair[0], pair[1])).collect();
    // A cut costs three parameters, and the best of many places for it is taken.
    let limit = 4.0 * (counts.len().max(2) as f64).ln();
    let merged = |pieces: &[(Piece, f64)], i: usize| {
        let (piece, cost) = fit_line(counts, pieces[i].0.from, pieces[i + 1].0.to);
        (piece, cost, cost - pieces[i].1 - pieces[i + 1].1)
    };
    while pieces.len() > 1 {
        let best = (0..pieces.len() - 1)
            .filter(|i| !jumps.contains(&pieces[i + 1].0.from) || pieces.len() > MOST)
            .map(|i| (i, merged(&pieces, i)))
            .min_by(|a, b| a.1.2.total_cmp(&b.1.2));
        let Some((i, (piece, cost, more))) = best else { break };
        if more > limit && pieces.len() <= MOST {
            break;
        }
        pieces[i] = (piece, cost);
        pieces.remove(i + 1);
    }
    pieces.into_iter().map(|(piece, _)| piece).collect()
}

/// The line through the counts from one bin to another, and its Poisson deviance.
fn fit_line(counts: &[u32], from: usize, to: usize) -> (Piece, f64) {
    let n = (to - from) as f64;
    let values =
        || counts[from..to].iter().enumerate().map(|(i, c)| (i as f64 + 0.5, f64::from(*c)));
    let mean = values().map(|(_, y)| y).sum::<f64>() / n;
    let spread = values().map(|(x, _)| (x - n / 2.0).powi(2)).sum::<f64>();
    let slope = if spread > 0.0 {
        values().map(|(x, y)| (x - n / 2.0) * (y - mean)).sum::<f64>() / spread
    } else {
        0.0
    };
    // The rate is nowhere below nothing; the line then turns around its middle.
    let slope = slope.clamp(-2.0 * mean / n, 2.0 * mean / n);
    let rate = |x: f64| mean + slope * (x - n / 2.0);
    let deviance = values()
        .map(|(x, y)| {
            let fit = rate(x).max(1e-3);
            let part = if y > 0.0 { y * (y / fit).ln() } else { 0.0 };
            2.0 * (part - (y - fit))
        })
        .sum();
    (Piece { from, to, low: rate(0.0).max(0.0), high: rate(n).max(0.0) }, deviance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_a_plateau_and_a_jump_are_three_pieces() {
        let counts: Vec<u32> = (0..60)
            .map(|t| {
                if t < 20 {
                    5 * t
                } else if t < 40 {
                    100
                } else {
                    300
                }
            })
            .collect();
        let pieces = pieces(&counts, &[40]);
        assert_eq!(pieces.len(), 3, "{pieces:?}");
        assert_eq!((pieces[2].from, pieces[2].to), (40, 60));
        assert!((pieces[2].low - 300.0).abs() < 1.0 && (pieces[1].low - 100.0).abs() < 4.0);
    }
}
