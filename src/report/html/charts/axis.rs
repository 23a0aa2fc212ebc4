//! Axes: where the ticks are, and what they say.

/// A scale from `low` to `high`, with the places that are marked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

// === impl Axis ===

impl Axis {
    /// From zero to at least `high`, in steps of 1, 2 or 5.
    pub(super) fn from_zero(high: f64, about: usize) -> Axis {
        let high = if high > 0.0 { high } else { 1.0 };
        let step = round_step(high / about as f64);
        let count = (high / step).ceil().max(1.0) as usize;
        let ticks = (0..=count).map(|i| step * i as f64).map(|at| (at, plain(at))).collect();
        Axis { low: 0.0, high: step * count as f64, ticks }
    }

    /// Time since the start, in seconds.
    pub(super) fn of_time(length_s: f64, about: usize) -> Axis {
        const STEPS: [f64; 15] = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0,
            7_200.0, 21_600.0,
        ];
        let length_s = length_s.max(1.0);
        let step =
            STEPS.into_iter().find(|step| length_s / step <= about as f64).unwrap_or(86_400.0);
        let ticks = (0..=(length_s / step) as usize)
            .map(|i| step * i as f64)
            .map(|at| (at, clock(at)))
            .collect();
        Axis { low: 0.0, high: length_s, ticks }
    }

    /// Milliseconds on a log scale: the scale's own figures are powers of ten.
    pub(super) fn of_log_ms(low_ms: f64, high_ms: f64) -> Axis {
        let low = low_ms.max(0.01).log10().floor();
        let high = high_ms.max(0.1).log10().ceil().max(low + 1.0);
        let ticks = (low as i32..=high as i32)
            .map(|power| (f64::from(power), millis(10f64.powi(power))))
            .collect();
        Axis { low, high, ticks }
    }
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| *step >= least)
        .unwrap_or(10.0 * power)
}

fn plain(x: f64) -> String {
    let text = if x >= 10.0 || x == 0.0 { format!("{x:.0}") } else { format!("{x:.2}") };
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// `0:30`, `1:05:00`.
pub(super) fn clock(seconds: f64) -> String {
    let s = seconds as u64;
    if s >= 3_600 {
        format!("{}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
    } else {
        format!("{}:{:02}", s / 60, s % 60)
    }
}

/// A span: `0.1 ms`, `50 ms`, `10 s`.
pub(super) fn millis(ms: f64) -> String {
    crate::base::Micros((ms * 1_000.0).round() as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(axis: &Axis) -> String {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_figures() {
        assert_eq!(told(&Axis::from_zero(73.0, 4)), "0 20 40 60 80");
        assert_eq!(told(&Axis::from_zero(0.3, 4)), "0 0.1 0.2 0.3");
        assert_eq!(told(&Axis::from_zero(0.0, 4)), "0 0.5 1");
        assert_eq!(told(&Axis::of_time(33.0, 8)), "0:00 0:05 0:10 0:15 0:20 0:25 0:30");
        assert_eq!(told(&Axis::of_time(7_200.0, 6)), "0:00 30:00 1:00:00 1:30:00 2:00:00");
        assert_eq!(told(&Axis::of_log_ms(0.4, 1_500.0)), "100µs 1ms 10ms 100ms 1s 10s");
    }
}
