//! The shape as stages.

use super::yaml::{Yaml, exactly, rate};
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

/// Writes `load:`.
pub fn load(import: &Import, yaml: &mut Yaml) {
    yaml.line(0, "load:");
    yaml.line(1, "stages:");
    let (rates, time) = factors(import);
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
