//! How shoppers arrive: the scenario's load, or what the command line says instead.

use super::Compiler;
use crate::base::{Micros, thousands};
use crate::plan::shape;
use crate::plan::{ArrivalModel, Bursts, Load, LoggedArrivals, Profile, Stage};
use crate::scenario::{self, ArrivalSpacing, Arrivals, EventRate, Located, join_words, nearest};

/// The most shoppers of a run: a day at more than 11,000/s. Arrivals are counted one block at a time, so a typing error such
/// as a rate a million times too high would take minutes before anything is said.
const MAX_SHOPPERS: f64 = 1e9;

/// The most stretches of bursty arrivals: more than a day of seconds. Each is kept in memory.
const MAX_STRETCHES: u64 = 100_000;

impl Compiler<'_> {
    /// The load; where it can't be told, one that hurts nobody, beside the problem.
    /// `given` tells a load that could not be read from one that is not there.
    pub(super) fn load(&mut self, written: Option<&scenario::Load>, given: bool) -> Load {
        if self.inputs.overrides.duration == Some(Micros::ZERO) {
            self.flag_problem("--duration of no time", "say how long: --duration 5m");
        }
        let arrivals = match written {
            _ if self.overridden() => self.load_of_flags(written),
            Some(written) => self.load_of_scenario(written),
            None if given => None,
            None => {
                self.flag_problem(
                    "the scenario has no load",
                    "add `load:` with stages, or say --rate 50/s --duration 5m",
                );
                None
            }
        };
        let connections = written
            .and_then(|load| load.connections.as_ref())
            .map(|connections| connections.value)
            .unwrap_or_default();
        self.arrivals = arrivals.clone().filter(|_| !self.overridden());
        // Long and thin, so that nothing else seems wrong because of it.
        let thin = || Stage {
            from: 1e-6,
            to: 1e-6,
            length: Micros::from_secs(30 * 86_400),
            label: String::new(),
        };
        let fallback = || ArrivalModel::Poisson(Profile { stages: vec![thin()], shape: None });
        Load { arrivals: arrivals.unwrap_or_else(fallback), connections }
    }

    fn overridden(&self) -> bool {
        let flags = &self.inputs.overrides;
        flags.users.is_some() || flags.rate.is_some() || !flags.stages.is_empty()
    }

    /// `--users`, `--stage` or `--rate`, each with the length that it needs.
    fn load_of_flags(&mut self, written: Option<&scenario::Load>) -> Option<ArrivalModel> {
        let flags = self.inputs.overrides.clone();
        let given: Vec<&str> = [
            ("--users", flags.users.is_some()),
            ("--stage", !flags.stages.is_empty()),
            ("--rate", flags.rate.is_some()),
        ]
        .into_iter()
        .filter_map(|(flag, given)| given.then_some(flag))
        .collect();
        if given.len() > 1 {
            self.flag_problem(
                format!("{} contradict each other", given.join(" and ")),
                "keep one of them",
            );
            return None;
        }
        if !flags.stages.is_empty() {
            if flags.duration.is_some() {
                self.flag_problem(
                    "--duration and --stage contradict each other",
                    "each stage has its own duration: remove --duration",
                );
            }
            let mut from = 0.0;
            let stages = flags.stages.iter().map(|stage| {
                let start = std::mem::replace(&mut from, stage.to.0);
                Stage {
                    from: start,
                    to: stage.to.0,
                    length: stage.length,
                    label: format!("ramp to {}", rate(stage.to.0)),
                }
            });
            return self.open(written, Profile { stages: stages.collect(), shape: None }, None);
        }
        let Some(length) = flags
            .duration
            .or_else(|| written.and_then(length_of))
            .filter(|length| *length > Micros::ZERO)
        else {
            self.flag_problem(
                format!("{} without a duration", given.join("")),
                "say how long: --duration 5m",
            );
            return None;
        };
        match (flags.users, flags.rate) {
            (Some(users), _) => Some(ArrivalModel::Closed { users: users.max(1), length }),
            (None, Some(EventRate(per_second))) => {
                let stage = Stage {
                    from: per_second,
                    to: per_second,
                    length,
                    label: format!("hold {}", rate(per_second)),
                };
                self.open(written, Profile { stages: vec![stage], shape: None }, None)
            }
            (None, None) => None,
        }
    }

    fn load_of_scenario(&mut self, written: &scenario::Load) -> Option<ArrivalModel> {
        let kinds = written.keys.among(&["stages", "shape", "closed"]);
        match kinds.as_slice() {
            [] => {
                self.problem(
                    written.keys.span,
                    "a load needs `stages`, `shape` or `closed`",
                    "add `stages:` with a line such as `- { hold: 20/s, for: 2m }`",
                );
                None
            }
            [("stages", _)] => self.stages(written),
            [("shape", _)] => self.shape(written),
            [_] => self.compile_closed(written),
            [(first, _), (second, span), ..] => {
                let message = format!("`{second}` and `{first}` contradict each other");
                self.problems.add(*span, message, "a second kind of load", "keep one of them");
                None
            }
        }
    }

    fn stages(&mut self, written: &scenario::Load) -> Option<ArrivalModel> {
        for (key, span) in written.keys.among(&["peak", "for"]) {
            let remedy = if key == "for" {
                "each stage has its own `for`: remove this one"
            } else {
                "`peak` belongs to a `shape`: remove it"
            };
            self.problem(span, format!("`{key}` has no meaning together with `stages`"), remedy);
        }
        let stages = written.stages.as_deref()?;
        let mut from = 0.0;
        let mut out: Vec<Stage> =
            stages.iter().filter_map(|stage| self.stage(stage, &mut from)).collect();
        if let Some(duration) = self.inputs.overrides.duration {
            stretch(&mut out, duration);
        }
        // With a stage missing, totals mean nothing.
        (out.len() == stages.len()).then_some(())?;
        self.open(
            Some(written),
            Profile { stages: out, shape: None },
            written.keys.span_of("stages"),
        )
    }

    fn stage(&mut self, written: &scenario::Stage, from: &mut f64) -> Option<Stage> {
        let kinds = written.keys.among(&["ramp", "hold", "jump"]);
        match kinds.as_slice() {
            [_] => {}
            [] => self.problem(
                written.keys.span,
                "a stage needs `ramp`, `hold` or `jump`",
                "write for example `{ hold: 20/s, for: 2m }`",
            ),
            [(first, _), (second, span), ..] => self.problem(
                *span,
                format!("`{second}` and `{first}` in one stage"),
                "make two stages of it",
            ),
        }
        let length = self.positive(written.length.as_ref(), "a stage")?;
        let (start, to, word) = match (&written.ramp, &written.hold, &written.jump) {
            (Some(to), None, None) => (*from, to.value.0, "ramp to"),
            (None, Some(to), None) => (to.value.0, to.value.0, "hold"),
            (None, None, Some(to)) => (to.value.0, to.value.0, "jump to"),
            _ => return None,
        };
        *from = to;
        Some(Stage { from: start, to, length, label: format!("{word} {}", rate(to)) })
    }

    fn shape(&mut self, written: &scenario::Load) -> Option<ArrivalModel> {
        for key in ["peak", "for"] {
            let given =
                written.keys.has(key) || (key == "for" && self.inputs.overrides.duration.is_some());
            if !given {
                let remedy = if key == "peak" {
                    "add `peak: 33/s`, the highest rate"
                } else {
                    "add `for: 10m`, the length of the whole shape"
                };
                self.problem(written.keys.span, format!("a shape needs `{key}`"), remedy);
            }
        }
        let name = written.shape.as_ref()?;
        let known = shape::NAMES;
        if !known.contains(&name.value.as_str()) {
            let remedy = match nearest(&name.value, known.iter().copied()) {
                Some(meant) => format!("write {meant}"),
                None => format!("write one of {}", join_words(known.iter().copied(), "or")),
            };
            self.problem(name.span, format!("there is no shape `{}`", name.value), remedy);
            return None;
        }
        let length = match self.inputs.overrides.duration {
            Some(duration) => duration,
            None => self.positive(written.length.as_ref(), "a shape")?,
        };
        let profile = shape::profile(&name.value, written.peak.as_ref()?.value.0, length)?;
        self.open(Some(written), profile, written.keys.span_of("peak"))
    }

    fn compile_closed(&mut self, written: &scenario::Load) -> Option<ArrivalModel> {
        for (key, span) in written.keys.among(&["arrivals", "peak"]) {
            self.problem(
                span,
                format!("`{key}` has no meaning in a closed load"),
                "remove it: a closed load takes as many shoppers as the shop lets through",
            );
        }
        if !written.keys.has("for") && self.inputs.overrides.duration.is_none() {
            self.problem(written.keys.span, "a closed load needs `for`", "add `for: 5m`");
        }
        let length = match self.inputs.overrides.duration {
            Some(duration) => duration,
            None => self.positive(written.length.as_ref(), "a closed load")?,
        };
        Some(ArrivalModel::Closed { users: written.closed.as_ref()?.value.0, length })
    }

    /// An open load of this profile, if its number of shoppers can be run.
    fn open(
        &mut self,
        written: Option<&scenario::Load>,
        profile: Profile,
        span: Option<scenario::Span>,
    ) -> Option<ArrivalModel> {
        if profile.expected_arrivals() <= 0.0 {
            self.problems.add(span, "no shopper would ever arrive", "", "write a rate above zero");
            return None;
        }
        if profile.expected_arrivals() > MAX_SHOPPERS {
            let message = format!(
                "about {:.0} million shoppers would arrive, and a run takes at most {:.0} million",
                profile.expected_arrivals() / 1e6,
                MAX_SHOPPERS / 1e6
            );
            self.problems.add(span, message, "", "lower the rate, or shorten the run");
            return None;
        }
        match written.and_then(|load| load.arrivals.as_ref()) {
            Some(Arrivals::Spaced(spacing)) => Some(match spacing.value {
                ArrivalSpacing::Paced => ArrivalModel::Paced(profile),
                ArrivalSpacing::Poisson => ArrivalModel::Poisson(profile),
            }),
            Some(Arrivals::Bursty(written)) => self.bursty(written, profile),
            None => Some(ArrivalModel::Poisson(profile)),
        }
    }

    fn bursty(
        &mut self,
        written: &scenario::BurstyArrivals,
        profile: Profile,
    ) -> Option<ArrivalModel> {
        let dispersion = written.dispersion.as_ref()?;
        let every = self.positive(written.every.as_ref(), "a window of bursty arrivals")?;
        let (stretches, span) =
            (profile.length().0.div_ceil(every.0), written.keys.span_of("every"));
        if stretches > MAX_STRETCHES {
            let message = format!("a rate that changes {} times", thousands(stretches));
            let remedy = format!(
                "write a longer `every`, so that the run has at most {} windows",
                thousands(MAX_STRETCHES)
            );
            self.problems.add(span, message, "", remedy);
            return None;
        }
        let bursts = Bursts { dispersion: dispersion.value.0, every };
        Some(ArrivalModel::Bursty(profile, bursts))
    }

    /// The arrivals of the log that the load was made of; none where nobody came.
    pub(super) fn logged_arrivals(
        &mut self,
        written: &scenario::LoggedArrivals,
    ) -> Option<LoggedArrivals> {
        let every = self.positive(written.every.as_ref(), "a window of logged arrivals")?;
        let rates: Vec<f64> = written.rates.as_ref()?.iter().map(|rate| rate.value.0).collect();
        let when = written.when.as_ref()?.value.clone();
        rates.iter().any(|rate| *rate > 0.0).then_some(LoggedArrivals { when, every, rates })
    }

    /// A duration that is not zero.
    pub(super) fn positive(
        &mut self,
        written: Option<&Located<Micros>>,
        what: &str,
    ) -> Option<Micros> {
        let written = written?;
        if written.value == Micros::ZERO {
            self.problem(
                written.span,
                format!("{what} that takes no time"),
                "write a duration above zero, such as 30s",
            );
            return None;
        }
        Some(written.value)
    }
}

/// Gives the stages this length in all, each in proportion.
fn stretch(stages: &mut [Stage], length: Micros) {
    let before: Micros = stages.iter().map(|stage| stage.length).sum();
    let scaled = |moment: Micros| {
        Micros((u128::from(moment.0) * u128::from(length.0) / u128::from(before.0.max(1))) as u64)
    };
    let mut end = Micros::ZERO;
    for stage in stages {
        // Through the moments rather than the lengths, so that no microsecond is lost in the sum.
        let start = end;
        end += stage.length;
        stage.length = Micros((scaled(end) - scaled(start)).0.max(1));
    }
}

/// The length that a written load has, if it says one.
fn length_of(load: &scenario::Load) -> Option<Micros> {
    let stages = load.stages.as_deref().unwrap_or_default();
    let sum: Micros =
        stages.iter().filter_map(|stage| stage.length.as_ref()).map(|length| length.value).sum();
    load.length.as_ref().map(|length| length.value).or((sum > Micros::ZERO).then_some(sum))
}

/// A rate as people write it: the shortest of per second and per minute.
fn rate(per_second: f64) -> String {
    let number = |x: f64| {
        let text = format!("{x:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if per_second > 0.0 && per_second < 1.0 {
        format!("{}/min", number(per_second * 60.0))
    } else {
        format!("{}/s", number(per_second))
    }
}
