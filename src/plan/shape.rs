//! Named shapes of a rush: how the rate of arriving shoppers moves, without its height and its length.
//!
//! A day of peak season is known in ratios (busiest hour over daily mean) far better than in numbers, so a
//! scenario takes the form from here and says itself how high the highest point is and how long it all
//! takes. Each shape names the source of its figures, and what of it is an assumption. Rounded levels
//! are spelled out instead of computed (no `exp`), so that a shape is the same to the bit everywhere.

use super::load::{Profile, Stage};
use crate::base::Micros;

/// A named form of the rate over time.
#[derive(Clone, Copy, Debug)]
pub struct LoadShape {
    /// As the scenario writes it.
    pub name: &'static str,
    /// What it looks like and when to use it.
    pub description: &'static str,
    /// Where its figures come from, and which of them are assumed.
    pub source: &'static str,
    form: ShapeCurve,
}

/// A form before it is scaled; levels are relative to each other only.
#[derive(Clone, Copy, Debug)]
enum ShapeCurve {
    /// The level at each full hour from 00:00 to 24:00, linear in between.
    Day([u16; 25]),
    /// (minutes, level at the start, level at the end, label) of each stage.
    Stages(&'static [(u32, f64, f64, &'static str)]),
}

/// The names of all shapes, in the order in which help lists them.
pub const NAMES: &[&str] = &[
    "black-friday-retailer",
    "midnight-launch",
    "ticket-drop",
    "cyber-monday-evening",
    "platform-flat",
    "steady",
    "capacity-ramp",
    "outage-recovery",
];

/// All shapes, in the order of [`NAMES`].
pub const SHAPES: [LoadShape; 8] = [
    LoadShape {
        name: "black-friday-retailer",
        description: "a Black Friday at one retailer: a wave at midnight, the busiest hour (1.52 times the daily mean) from 11 to 12, \
                      a second wave in the evening",
        source: "fitted, not measured; hourly levels set by hand: the busiest hour is 52 % above the daily mean at 11-12 h (Hitwise \
                 2016), midnight 1.8 times an ordinary one (Hitwise UK 2017: +82 %); the levels between are assumptions",
        form: ShapeCurve::Day([
            92, 60, 36, 25, 24, 36, 64, 100, 126, 138, 147, 152, 152, 136, 125, 118, 112, 109, 113,
            123, 136, 133, 98, 66, 50,
        ]),
    },
    LoadShape {
        name: "midnight-launch",
        description: "a launch at midnight: four times the evening's rate within minutes, back to it over four hours",
        source: "4 times the usual rate in the first hour (Summit 2017, a single retailer), the highest point 8 minutes after midnight \
                 (Alibaba 2019); the decay is an assumption",
        form: ShapeCurve::Stages(&[
            (60, 1.0, 1.0, "before midnight"),
            (8, 1.0, 4.0, "midnight"),
            (22, 4.0, 3.6, "+8 min"),
            (30, 3.6, 2.8, "+30 min"),
            (60, 2.8, 1.7, "+1 h"),
            (60, 1.7, 1.2, "+2 h"),
            (60, 1.2, 1.0, "+3 h"),
        ]),
    },
    LoadShape {
        name: "ticket-drop",
        description: "tickets or limited stock go on sale: 30 times the rate from one moment to the next, halved every five minutes",
        source: "36 times the daily mean at the highest second of Singles' Day 2019 (Alibaba), as a class 20 to 40 times; the half-life of \
                 five minutes is an assumption",
        form: ShapeCurve::Stages(&[
            (10, 1.0, 1.0, "before"),
            (1, 30.0, 30.0, "doors"),
            (4, 30.0, 17.7, "+1 min"),
            (5, 17.7, 9.33, "+5 min"),
            (5, 9.33, 5.16, "+10 min"),
            (5, 5.16, 3.08, "+15 min"),
            (10, 3.08, 1.52, "+20 min"),
            (10, 1.52, 1.13, "+30 min"),
            (10, 1.13, 1.0, "+40 min"),
        ]),
    },
    LoadShape {
        name: "cyber-monday-evening",
        description: "a Cyber Monday: a broad day and its highest hours (1.8 times the daily mean) from 20 to 22 h",
        source: "fitted, not measured: 1.8 times the daily mean at 20-22 h (Adobe 2023 and 2024, United States: 1.71 to 1.82); the levels \
                 between are assumptions",
        form: ShapeCurve::Day([
            55, 34, 22, 17, 17, 24, 42, 66, 94, 112, 122, 125, 127, 122, 120, 118, 116, 118, 128,
            150, 180, 180, 180, 124, 69,
        ]),
    },
    LoadShape {
        name: "platform-flat",
        description: "a platform of many shops and time zones: a broad day, 1.3 times the daily mean at noon",
        source: "fitted, not measured: Shopify's highest minute is 1.32 times the daily mean, at 12:01 (Black Friday 2024); the levels \
                 between are assumptions",
        form: ShapeCurve::Day([
            86, 77, 70, 66, 64, 64, 68, 78, 94, 108, 120, 129, 132, 130, 126, 122, 118, 114, 112,
            112, 112, 108, 100, 90, 86,
        ]),
    },
    LoadShape {
        name: "steady",
        description: "the same rate all the time: for comparing releases",
        source: "by definition",
        form: ShapeCurve::Stages(&[(1, 1.0, 1.0, "steady")]),
    },
    LoadShape {
        name: "capacity-ramp",
        description: "up to the highest rate, a plateau, and down through the same rates: where it breaks, and whether it comes back",
        source: "by definition: the rates of the way up are met again on the way down, so that hysteresis shows",
        form: ShapeCurve::Stages(&[
            (45, 0.0, 1.0, "up"),
            (10, 1.0, 1.0, "plateau"),
            (45, 1.0, 0.0, "down"),
        ]),
    },
    LoadShape {
        name: "outage-recovery",
        description: "the same rate in three equal parts: stop the shop in the second, and see how it comes back in the third",
        source: "by definition: shoppers do not stop coming because the shop is down; the outage itself is made in the shop",
        form: ShapeCurve::Stages(&[
            (1, 1.0, 1.0, "before"),
            (1, 1.0, 1.0, "outage"),
            (1, 1.0, 1.0, "recovery"),
        ]),
    },
];

/// The shape of this name whose highest point is exactly `peak` shoppers per second, compressed (or
/// stretched) into `length`; none if there is no shape of this name. Both figures must be positive.
pub fn profile(name: &str, peak: f64, length: Micros) -> Option<Profile> {
    let shape = SHAPES.iter().find(|shape| shape.name == name)?;
    let parts = shape.form.stages();
    let highest = parts.iter().map(|&(_, from, to, _)| from.max(to)).fold(0.0, f64::max);
    let whole: u128 = parts.iter().map(|part| u128::from(part.0)).sum();
    // Ends are rounded, not lengths, so that the lengths add up to the whole.
    let moment = |minutes: u128| (u128::from(length.0) * minutes / whole) as u64;
    let mut gone = 0;
    let stages = parts
        .into_iter()
        .map(|(minutes, from, to, label)| {
            let start = moment(gone);
            gone += u128::from(minutes);
            Stage {
                from: peak * (from / highest),
                to: peak * (to / highest),
                length: Micros(moment(gone) - start),
                label,
            }
        })
        .filter(|stage| stage.length > Micros::ZERO)
        .collect();
    Some(Profile { stages, shape: Some(name.to_owned()) })
}

// === impl ShapeCurve ===

impl ShapeCurve {
    fn stages(&self) -> Vec<(u32, f64, f64, String)> {
        match self {
            ShapeCurve::Day(levels) => levels
                .windows(2)
                .enumerate()
                .map(|(hour, pair)| {
                    (60, f64::from(pair[0]), f64::from(pair[1]), format!("{hour} h"))
                })
                .collect(),
            ShapeCurve::Stages(stages) => stages
                .iter()
                .map(|&(minutes, from, to, label)| (minutes, from, to, label.to_owned()))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn highest(profile: &Profile) -> f64 {
        profile.stages.iter().map(|stage| stage.from.max(stage.to)).fold(0.0, f64::max)
    }

    fn mean(profile: &Profile) -> f64 {
        let expected: f64 = profile
            .stages
            .iter()
            .map(|stage| (stage.from + stage.to) / 2.0 * stage.length.as_secs_f64())
            .sum();
        expected / profile.length().as_secs_f64()
    }

    #[test]
    fn every_name_has_its_shape() {
        assert_eq!(SHAPES.map(|shape| shape.name), NAMES);
        assert_eq!(profile("tuesday", 1.0, Micros::from_secs(1)), None);
    }

    #[test]
    fn a_shape_is_exactly_as_high_and_as_long_as_asked() {
        for name in NAMES {
            for (peak, length) in [
                (33.3, Micros::from_secs(600)),
                (0.1, Micros(86_400_000_001)),
                (7e4, Micros(1_001)),
            ] {
                let profile = profile(name, peak, length).unwrap();
                assert_eq!(highest(&profile), peak, "{name}");
                assert_eq!(profile.length(), length, "{name}");
                assert!(
                    profile.stages.iter().all(|stage| stage.from >= 0.0
                        && stage.to >= 0.0
                        && stage.length > Micros::ZERO),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn the_published_ratios_of_peak_to_daily_mean_are_met() {
        let hour = 3_600;
        for (name, ratio, from_hour, to_hour) in [
            ("black-friday-retailer", 1.52, 11, 12),
            ("cyber-monday-evening", 1.80, 20, 22),
            ("platform-flat", 1.32, 12, 12),
        ] {
            let profile = profile(name, ratio, Micros::from_secs(24 * hour)).unwrap();
            assert!(
                (mean(&profile) - 1.0).abs() < 1e-9,
                "{name} has its mean at {}",
                mean(&profile)
            );
            assert_eq!(profile.stages[from_hour].from, ratio, "{name} from");
            assert_eq!(profile.stages[to_hour].from, ratio, "{name} to");
            assert_eq!(profile.stages[9].label, "9 h");
        }
    }

    #[test]
    fn launches_are_as_steep_as_their_sources_say() {
        for (name, ratio) in [("midnight-launch", 4.0), ("ticket-drop", 30.0)] {
            let profile = profile(name, 1.0, Micros::from_secs(3_600)).unwrap();
            assert!((profile.stages[0].from * ratio - 1.0).abs() < 1e-12, "{name}");
        }
    }
}
