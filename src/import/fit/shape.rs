//! The load shape: sessions that begin, over time.

use super::pieces::{Piece, pieces};
use super::smooth::{jumps, smooth};

/// The rate of arrivals in a stretch of a log.
#[derive(Clone, Debug)]
pub struct FittedShape {
    /// When it begins, in microseconds since 1970.
    pub start: i64,
    /// The width of a bin in seconds.
    pub bin: u32,
    /// Arrivals in each bin.
    pub counts: Vec<u32>,
    /// The smoothed rate in each bin, in arrivals a bin.
    pub rate: Vec<f64>,
    /// Half the width of the 95 % band of the rate.
    pub half: Vec<f64>,
    /// Bins at whose start the rate jumps.
    pub jumps: Vec<usize>,
    /// The rate as the scenario has it.
    pub pieces: Vec<Piece>,
    /// The variance of counts about the rate over that of a Poisson process.
    pub dispersion: f64,
}

/// The width of bins for a stretch of this many seconds.
pub fn bin_width(seconds: usize) -> u32 {
    match seconds {
        0..=240 => 1,
        241..=2_400 => 10,
        2_401..=86_400 => 60,
        _ => 300,
    }
}

/// Where the busiest stretch of this many seconds begins, among arrivals a second.
pub fn busiest(seconds: &[u32], length: usize) -> usize {
    if seconds.len() <= length {
        return 0;
    }
    let mut sum: u64 = seconds[..length].iter().map(|n| u64::from(*n)).sum();
    let (mut best, mut place) = (sum, 0);
    for from in 1..=seconds.len() - length {
        sum = sum + u64::from(seconds[from + length - 1]) - u64::from(seconds[from - 1]);
        if sum > best {
            (best, place) = (sum, from);
        }
    }
    place
}

/// Fits the shape of arrivals a second. A last bin that is not full is left out.
pub fn fit_shape(seconds: &[u32], start: i64) -> FittedShape {
    let bin = bin_width(seconds.len());
    let counts: Vec<u32> =
        seconds.chunks_exact(bin as usize).map(|chunk| chunk.iter().sum()).collect();
    let jumps = jumps(&counts);
    let mut cuts = vec![0];
    cuts.extend(&jumps);
    cuts.push(counts.len());
    let (mut rate, mut half, mut spent) = (Vec::new(), Vec::new(), 0.0);
    for pair in cuts.windows(2) {
        let part = smooth(&counts[pair[0]..pair[1]]);
        rate.extend(part.rate);
        half.extend(part.half);
        spent += part.spent;
    }
    let pieces = pieces(&counts, &jumps);
    let dispersion = dispersion(&counts, &rate, spent);
    FittedShape { start, bin, counts, rate, half, jumps, pieces, dispersion }
}

/// Σ (n − λ)² / λ over its degrees of freedom. Bins that expect less than one arrival say too little.
fn dispersion(counts: &[u32], rate: &[f64], spent: f64) -> f64 {
    let used = counts.iter().zip(rate).filter(|(_, rate)| **rate >= 1.0);
    let (mut sum, mut bins) = (0.0, 0.0);
    for (n, rate) in used {
        sum += (f64::from(*n) - rate).powi(2) / rate;
        bins += 1.0;
    }
    if bins - spent >= 5.0 { sum / (bins - spent) } else { 1.0 }
}

// === impl Shape ===

impl FittedShape {
    /// The bin of the highest rate, with the rate in arrivals a second and its 95 % interval.
    pub fn peak(&self) -> Option<(usize, f64, (f64, f64))> {
        let seconds = f64::from(self.bin);
        let (place, rate) = self.rate.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let half = self.half[place];
        Some((place, rate / seconds, ((rate - half).max(0.0) / seconds, (rate + half) / seconds)))
    }

    /// The mean of the rate over five minutes about a bin, in arrivals a second.
    pub fn five_minutes_about(&self, place: usize) -> f64 {
        let reach = 150 / self.bin as usize;
        let part =
            &self.rate[place.saturating_sub(reach)..(place + reach + 1).min(self.rate.len())];
        part.iter().sum::<f64>() / part.len().max(1) as f64 / f64::from(self.bin)
    }

    /// Seconds of the shape.
    pub fn seconds(&self) -> u64 {
        self.counts.len() as u64 * u64::from(self.bin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_stretch_is_the_one_with_most_arrivals() {
        assert_eq!(busiest(&[1, 2, 9, 9, 1, 0], 2), 2);
        assert_eq!(busiest(&[1, 2], 5), 0);
    }
}
