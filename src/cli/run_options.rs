//! From the arguments of `run` to the engine's options.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, Command, FromArgMatches};
use jiff::Timestamp;

use super::args::RunArgs;
use super::env_precedence::without_env;
use super::failure::Failure;
use super::preflight::Access;
use super::random::{random_bits, random_name};
use crate::base::{Micros, Slice};
use crate::engine::{RunOptions, cores};
use crate::join::{FoundSlice, SliceChoice, find_slice};

/// The time that threads and sockets need before the planned start.
const HEAD_START: Micros = Micros::from_millis(30);
/// How long shoppers may finish after an interrupt.
const DRAIN_INTERRUPTED: Micros = Micros::from_secs(5);

// === impl RunArgs ===

impl RunArgs {
    /// Reads the arguments of `run` from words. The environment has no influence on them.
    ///
    /// # Errors
    /// As the command line.
    pub fn from_words<W: Into<OsString> + Clone>(
        words: impl IntoIterator<Item = W>,
    ) -> Result<RunArgs, clap::Error> {
        let command = without_env(RunArgs::augment_args(Command::new("run")), &|_| true);
        let matches = command.no_binary_name(true).try_get_matches_from(words)?;
        RunArgs::from_arg_matches(&matches)
    }

    /// The engine's options for a run that is set up `now`. The run's name is drawn here, and the seed where none is given.
    ///
    /// # Errors
    /// When the start time is past.
    pub fn options(&self, access: Access, now: Timestamp) -> Result<RunOptions, Failure> {
        Ok(RunOptions {
            seed: self.seed.unwrap_or_else(random_bits),
            slice: self.slice()?,
            cores: self.cores.unwrap_or_else(cores),
            starts_in: self.starts_in(now)?,
            drain: self.drain,
            drain_interrupted: DRAIN_INTERRUPTED,
            run: random_name(),
            shared: Vec::new(),
            session: access.session,
            http: access.http,
            purchases: None,
            stop_rules: self.stop_rules,
            baseline: None,
        })
    }

    /// The slice that is asked for, from the engine's variables where that is asked for.
    ///
    /// # Errors
    /// When the variables name none.
    pub fn slice(&self) -> Result<Slice, Failure> {
        Ok(match self.slice {
            SliceChoice::Given(slice) => slice,
            SliceChoice::Auto => found_slice()?.slice,
        })
    }

    /// The tags that are asked for, and where the slice was taken from if not from the command line.
    ///
    /// # Errors
    /// When the engine's variables name no slice.
    pub fn tags(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut tags = self.tag.clone();
        if self.slice == SliceChoice::Auto {
            tags.push(("slice_from".to_owned(), found_slice()?.from));
        }
        Ok(tags)
    }

    /// The planned start of a run that is set up `now`.
    ///
    /// # Errors
    /// When no calendar has it.
    pub fn started_at(&self, now: Timestamp, starts_in: Micros) -> anyhow::Result<Timestamp> {
        match self.start_at {
            Some(start_at) => Ok(start_at),
            None => {
                now.checked_add(Duration::from(starts_in)).context("the start time is out of range")
            }
        }
    }

    fn starts_in(&self, now: Timestamp) -> Result<Micros, Failure> {
        let Some(start_at) = self.start_at else { return Ok(HEAD_START) };
        match Duration::try_from(start_at.duration_since(now)) {
            Ok(wait) => Ok(Micros::from(wait)),
            Err(_) => {
                let error = anyhow!("--start-at {start_at} is past");
                Err(Failure::usage(error).help("give a time in the future"))
            }
        }
    }
}

fn found_slice() -> Result<FoundSlice, Failure> {
    find_slice(&|name| std::env::var(name).ok()).map_err(|error| {
        Failure::usage(error).help(
            "give --slice INDEX/COUNT; TILLRUSH_SLICES gives the count where the engine does not",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::StopRules;
    use crate::shopper::browser::settings::SessionSettings;
    use crate::shopper::transport::HttpOptions;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn options(words: &str) -> Result<RunOptions, Failure> {
        let target = url::Url::parse("http://127.0.0.1:1").unwrap();
        let access = Access {
            session: SessionSettings::new(target.clone()),
            target,
            http: HttpOptions::default(),
        };
        RunArgs::from_words(words.split(' ')).unwrap().options(access, NOW)
    }

    #[test]
    fn each_option_of_the_command_line_reaches_the_engine() {
        let given = options(
            "s.yaml --seed 7 --slice 1/3 --cores 2 --drain 9s --max-requests 5 --max-orders 6 --start-at 1970-01-01T00:00:08Z",
        )
        .unwrap();
        assert_eq!((given.seed, given.slice, given.cores), (7, "1/3".parse::<Slice>().unwrap(), 2));
        assert_eq!((given.drain, given.starts_in), (Micros::from_secs(9), Micros::from_secs(8)));
        let stop_rules = StopRules { max_requests: Some(5), max_orders: Some(6) };
        assert_eq!(given.stop_rules, stop_rules);
    }

    #[test]
    fn what_is_not_given_has_a_default() {
        let [one, other] = [(); 2].map(|()| options("s.yaml").unwrap());
        assert_eq!((one.slice, one.drain), (Slice::WHOLE, Micros::from_secs(60)));
        assert_eq!((one.starts_in, one.cores), (HEAD_START, cores()));
        assert_eq!(one.stop_rules, StopRules::default());
        assert!(one.seed != other.seed && one.run != other.run, "both are drawn");
    }

    #[test]
    fn a_start_in_the_past_is_refused() {
        let refused = options("s.yaml --start-at 1969-12-31T23:59:59Z").unwrap_err();
        assert!(refused.to_string().contains("--start-at 1969-12-31T23:59:59Z is past"));
    }
}
