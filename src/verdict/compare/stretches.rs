//! Stretches of time: what two runs of one schedule are cut into, side by side, to see how figures vary by themselves.

use crate::verdict::objectives::share::{Cell, Cells};

/// Into so many stretches a comparison is cut, if there are as many blocks; more would cut bursts apart.
pub(super) const MOST_STRETCHES: usize = 30;
/// With fewer blocks than this nothing is known of clustering.
pub(super) const LEAST_STRETCHES: usize = 10;

/// The blocks of both runs (base, candidate), neighbours joined to [`MOST_STRETCHES`] with about as much in each; none where
/// there are too few blocks.
pub(super) fn joined(base: &Cells, candidate: &Cells) -> Option<Vec<[Cell; 2]>> {
    let mut blocks: Vec<u32> = base.keys().chain(candidate.keys()).copied().collect();
    blocks.sort_unstable();
    blocks.dedup();
    let at = |cells: &Cells, block: &u32| cells.get(block).copied().unwrap_or_default();
    let pairs: Vec<[Cell; 2]> = blocks
        .iter()
        .map(|block| [at(base, block), at(candidate, block)])
        .filter(|[b, c]| b.of + c.of > 0.0)
        .collect();
    if pairs.len() < LEAST_STRETCHES {
        return None;
    }
    let of = |[b, c]: &[Cell; 2]| b.of + c.of;
    let (all, parts) = (pairs.iter().map(of).sum::<f64>(), pairs.len().min(MOST_STRETCHES));
    let mut stretches: Vec<[Cell; 2]> = Vec::with_capacity(parts);
    let mut before = 0.0;
    for pair in pairs {
        // A block belongs where its middle falls.
        let place = ((before + of(&pair) / 2.0) / all * parts as f64) as usize;
        before += of(&pair);
        match stretches.get_mut(place) {
            Some([b, c]) => (*b, *c) = (*b + pair[0], *c + pair[1]),
            None => stretches.push(pair),
        }
    }
    Some(stretches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(of: impl IntoIterator<Item = u64>) -> Cells {
        (0..).zip(of.into_iter().map(|of| Cell::counts(1, of))).collect()
    }

    #[test]
    fn nothing_is_lost_and_stretches_are_about_equal() {
        let (base, candidate) =
            (cells((0..360).map(|i| 10 + i % 7)), cells((0..350).map(|i| 12 + i % 5)));
        let stretches = joined(&base, &candidate).unwrap();
        assert_eq!(stretches.len(), MOST_STRETCHES);
        let of = |side: usize| stretches.iter().map(|pair| pair[side].of).sum::<f64>();
        assert_eq!(
            (of(0), of(1)),
            (base.values().map(|c| c.of).sum(), candidate.values().map(|c| c.of).sum())
        );
        let sizes: Vec<f64> = stretches.iter().map(|[b, c]| b.of + c.of).collect();
        assert!(sizes.iter().all(|size| (200.0..420.0).contains(size)), "{sizes:?}");
    }

    #[test]
    fn few_blocks_say_nothing_of_clustering() {
        assert!(joined(&cells([10; 9]), &cells([10; 9])).is_none());
        assert_eq!(
            joined(&cells([10; 12]), &cells([10; 12])).map(|stretches| stretches.len()),
            Some(12)
        );
    }
}
