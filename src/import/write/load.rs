//! The shape as stages.

use super::scenario::window_of;
use super::yaml::{Yaml, exactly, quote, rate};
use crate::import::fit::Piece;
use crate::import::options::Scale;
use crate::import::result::Import;

/// A jump takes this share of its stage, at most a second, before the line goes on from there.
const LEAP: f64 = 1.0;

/// How rates are multiplied, and how time is.
pub fn factors(import: &Import) -> (f64, f64) {
    let Scale { factor, peak, length, .. } = import.options.scale;
    let highest =
        import.shape.pieces.iter().map(|piece| piece.low.max(piece.high)).fold(0.0, f64::max)
            / f64::from(import.shape.bin);
    let rates = match peak {
        Some(peak) if highest > 0.0 => peak / highest,
        Some(_) | None => factor,
    };
    let seconds = import.shape.seconds() as f64;
    let time = length.map_or(1.0, |length| length.as_secs_f64() / seconds.max(1.0));
    (rates, time)
}

/// Below it, arrivals are as good as those of a Poisson process, whose dispersion is 1.
const BURSTY_FROM: f64 = 1.2;
/// A dispersion is above 1 by chance by less than this many standard errors, which are √(2 / bins).
const BURSTY_ERRORS: f64 = 3.0;
/// The language knows none above.
const MOST_BURSTY: f64 = 1_000.0;

/// The dispersion of the scenario's arrivals, if they come in bursts. With more people the swings of the rate stay as large a share of it, and so
/// move more people: what is above 1 grows with the rate.
pub fn planned_dispersion(import: &Import) -> Option<f64> {
    let seen = import.shape.dispersion;
    let (rates, _) = factors(import);
    let by_chance = BURSTY_ERRORS * (2.0 / import.shape.counts.len().max(1) as f64).sqrt();
    (seen > BURSTY_FROM.max(1.0 + by_chance))
        .then(|| (1.0 + (seen - 1.0) * rates).clamp(1.01, MOST_BURSTY))
}

/// The most rates of the log that a scenario keeps.
const MOST_RATES: usize = 240;

/// Writes `x-logged:`, the arrivals that the load is made of.
pub fn logged_arrivals(import: &Import, yaml: &mut Yaml) {
    let shape = &import.shape;
    let together = shape.counts.len().div_ceil(MOST_RATES).max(1);
    let seconds = together as f64 * f64::from(shape.bin);
    let rates = shape.counts.chunks(together).map(|bins| {
        let arrivals: u32 = bins.iter().sum();
        rate(f64::from(arrivals) / (bins.len() as f64 * f64::from(shape.bin)))
    });
    yaml.line(0, "x-logged:");
    yaml.line(1, format!("when: {}", quote(&window_of(import))));
    yaml.line(1, format!("every: {}", exactly(seconds)));
    yaml.line(1, format!("rates: [{}]", rates.collect::<Vec<_>>().join(", ")));
}

/// Writes `load:`.
pub fn load(import: &Import, yaml: &mut Yaml) {
    yaml.line(0, "load:");
    let (rates, time) = factors(import);
    if let Some(dispersion) = planned_dispersion(import) {
        let every = exactly(f64::from(import.shape.bin));
        yaml.line(1, format!("arrivals: {{ bursty: {dispersion:.2}, every: {every} }}"));
    }
    yaml.line(1, "stages:");
    let bin = f64::from(import.shape.bin);
    let peak = import.shape.pieces.iter().map(|p| p.low.max(p.high)).fold(0.0, f64::max);
    let mut before = 0.0_f64;
    for piece in join_pieces(&import.shape.pieces, peak) {
        let seconds = (piece.to - piece.from) as f64 * bin * time;
        let (low, high) = (piece.low / bin * rates, piece.high / bin * rates);
        let jumps = (low - before).abs() > 1e-9;
        let flat = (high - low).abs() <= 0.03 * low.max(high);
        if flat {
            let word = if jumps { "jump" } else { "hold" };
            let level = if jumps { (low + high) / 2.0 } else { low };
            stage(yaml, word, level, seconds);
            before = level;
            continue;
        }
        let leap = LEAP.min(seconds / 2.0);
        if jumps {
            stage(yaml, "jump", low, leap);
        }
        stage(yaml, "ramp", high, if jumps { seconds - leap } else { seconds });
        before = high;
    }
}

fn stage(yaml: &mut Yaml, word: &str, level: f64, seconds: f64) {
    yaml.line(2, format!("- {{ {word}: {}, for: {} }}", rate(level), exactly(seconds)));
}

/// Pieces that nearly meet do meet.
fn join_pieces(pieces: &[Piece], peak: f64) -> Vec<Piece> {
    let mut out = pieces.to_vec();
    for i in 1..out.len() {
        let (end, start) = (out[i - 1].high, out[i].low);
        if (end - start).abs() <= (0.15 * end.max(start)).max(0.03 * peak) {
            let middle = (end + start) / 2.0;
            (out[i - 1].high, out[i].low) = (middle, middle);
        }
    }
    out
}
