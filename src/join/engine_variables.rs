//! Which slice this process is, from the variables of the engine that started it.
//!
//! Only when asked for: GitLab sets its variables in every job, and test splitters set others for their own ends.

use std::str::FromStr;

use crate::base::{Slice, SliceError};

/// Gives the number of slices where the engine does not.
const COUNT: &str = "TILLRUSH_SLICES";

/// Where an engine says which of its tasks this is.
struct EngineVariables {
    index: &'static str,
    /// The first index.
    base: u32,
    /// The number of tasks; none where the engine does not say.
    count: Option<&'static str>,
}

const fn variables(index: &'static str, base: u32, count: &'static str) -> EngineVariables {
    EngineVariables { index, base, count: Some(count) }
}

const fn without_count(index: &'static str, base: u32) -> EngineVariables {
    EngineVariables { index, base, count: None }
}

/// In the order in which they are tried: what starts whole machines comes before what runs inside them.
const ENGINES: [EngineVariables; 12] = [
    without_count("JOB_COMPLETION_INDEX", 0),
    variables("AWS_BATCH_JOB_ARRAY_INDEX", 0, "AWS_BATCH_JOB_ARRAY_SIZE"),
    variables("CLOUD_RUN_TASK_INDEX", 0, "CLOUD_RUN_TASK_COUNT"),
    without_count("NOMAD_ALLOC_INDEX", 0),
    variables("BUILDKITE_PARALLEL_JOB", 0, "BUILDKITE_PARALLEL_JOB_COUNT"),
    variables("CIRCLE_NODE_INDEX", 0, "CIRCLE_NODE_TOTAL"),
    variables("BITBUCKET_PARALLEL_STEP", 0, "BITBUCKET_PARALLEL_STEP_COUNT"),
    variables("SEMAPHORE_JOB_INDEX", 1, "SEMAPHORE_JOB_COUNT"),
    variables("SYSTEM_JOBPOSITIONINPHASE", 1, "SYSTEM_TOTALJOBSINPHASE"),
    variables("CI_NODE_INDEX", 1, "CI_NODE_TOTAL"),
    without_count("TILLRUSH_SLICE_INDEX", 0),
    without_count("PARALLEL_SEQ", 1),
];

/// A slice as `--slice` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceChoice {
    /// This one.
    Given(Slice),
    /// The one that the engine's variables name.
    Auto,
}

/// The slice that an engine's variables name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSlice {
    /// The slice.
    pub slice: Slice,
    /// The variables that it was taken from.
    pub from: String,
}

/// Why no slice can be taken from the variables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SliceSearchError {
    /// No engine that is known started this process.
    #[error(
        "--slice auto: no variable of a known engine is set; looked for SLURM_ARRAY_TASK_ID, {}",
        list_known()
    )]
    NoIndex,
    /// The count is missing.
    #[error("--slice auto: {index} is set, but not the number of slices; seen: {seen}")]
    NoCount {
        /// The variable that is set.
        index: String,
        /// All that are set.
        seen: String,
    },
    /// Two engines say different things.
    #[error("--slice auto: two engines name different slices: {one} and {other}")]
    Ambiguous {
        /// What one says.
        one: String,
        /// What the other says.
        other: String,
    },
    /// A variable is no number.
    #[error("--slice auto: {name} is '{value}', which is no whole number")]
    NotANumber {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
    },
    /// The index is out of range.
    #[error("--slice auto, from {from}: {source}")]
    OutOfRange {
        /// The variables.
        from: String,
        /// Why.
        source: SliceError,
    },
}

fn list_known() -> String {
    ENGINES.iter().map(|engine| engine.index).collect::<Vec<_>>().join(", ")
}

/// The slice that the environment names. `variable` looks a variable up.
///
/// # Errors
/// When no engine or two engines name one, or the variables make no sense.
pub fn find_slice(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<FoundSlice, SliceSearchError> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let mut found: Vec<FoundSlice> = slurm(&set)?.into_iter().collect();
    let mut lacks_count = None;
    for engine in ENGINES.iter().filter(|engine| set(engine.index).is_some()) {
        match of_engine(engine, &set)? {
            Some(slice) => found.push(slice),
            None => lacks_count = lacks_count.or(Some(engine.index)),
        }
    }
    let mut found = found.into_iter();
    match (found.next(), lacks_count) {
        (Some(first), _) => match found.find(|other| other.slice != first.slice) {
            None => Ok(first),
            Some(other) => Err(SliceSearchError::Ambiguous {
                one: format!("{} ({})", first.slice, first.from),
                other: format!("{} ({})", other.slice, other.from),
            }),
        },
        (None, Some(index)) => {
            Err(SliceSearchError::NoCount { index: index.to_owned(), seen: list_set(&set) })
        }
        (None, None) => Err(SliceSearchError::NoIndex),
    }
}

fn list_set(set: &dyn Fn(&str) -> Option<String>) -> String {
    let names = ENGINES.iter().flat_map(|engine| [Some(engine.index), engine.count]).flatten();
    let seen = names.filter_map(|name| Some(format!("{name}={}", set(name)?)));
    seen.collect::<Vec<_>>().join(", ")
}

fn of_engine(
    engine: &EngineVariables,
    set: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<FoundSlice>, SliceSearchError> {
    let own = engine.count.filter(|count| set(count).is_some());
    let Some(count) = own.or_else(|| Some(COUNT).filter(|count| set(count).is_some())) else {
        return Ok(None);
    };
    let from = format!("{} and {count}", engine.index);
    let index = number(engine.index, set)?.wrapping_sub(engine.base);
    slice(index, number(count, set)?, from).map(Some)
}

/// Slurm's arrays begin anywhere, and may have steps.
fn slurm(set: &dyn Fn(&str) -> Option<String>) -> Result<Option<FoundSlice>, SliceSearchError> {
    const ID: &str = "SLURM_ARRAY_TASK_ID";
    const TASKS: &str = "SLURM_ARRAY_TASK_COUNT";
    if set(ID).is_none() || set(TASKS).is_none() {
        return Ok(None);
    }
    let or = |name: &str, other: u32| set(name).map_or(Ok(other), |_| number(name, set));
    let (first, step) = (or("SLURM_ARRAY_TASK_MIN", 0)?, or("SLURM_ARRAY_TASK_STEP", 1)?);
    let index = number(ID, set)?.wrapping_sub(first) / step.max(1);
    slice(index, number(TASKS, set)?, format!("{ID} and {TASKS}")).map(Some)
}

fn slice(index: u32, of: u32, from: String) -> Result<FoundSlice, SliceSearchError> {
    match Slice::try_new(index, of) {
        Ok(slice) => Ok(FoundSlice { slice, from }),
        Err(source) => Err(SliceSearchError::OutOfRange { from, source }),
    }
}

fn number(name: &str, set: &dyn Fn(&str) -> Option<String>) -> Result<u32, SliceSearchError> {
    let value = set(name).unwrap_or_default();
    let read = value.trim().parse();
    read.map_err(|_| SliceSearchError::NotANumber { name: name.to_owned(), value })
}

// === impl SliceChoice ===

impl FromStr for SliceChoice {
    type Err = SliceError;

    fn from_str(text: &str) -> Result<SliceChoice, SliceError> {
        if text == "auto" { Ok(SliceChoice::Auto) } else { text.parse().map(SliceChoice::Given) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(set: &[(&str, &str)]) -> Result<(String, String), String> {
        let variable = |name: &str| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        find_slice(&variable)
            .map(|found| (found.slice.to_string(), found.from))
            .map_err(|error| error.to_string())
    }

    fn slice(set: &[(&str, &str)]) -> String {
        found(set).unwrap().0
    }

    #[test]
    fn each_engine_names_the_slice() {
        assert_eq!(slice(&[("JOB_COMPLETION_INDEX", "3"), ("TILLRUSH_SLICES", "8")]), "3/8");
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "14"),
            ("SLURM_ARRAY_TASK_MIN", "10"),
            ("SLURM_ARRAY_TASK_STEP", "2"),
            ("SLURM_ARRAY_TASK_COUNT", "4"),
        ];
        assert_eq!(slice(&slurm), "2/4");
        assert_eq!(slice(&[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")]), "0/2");
        assert_eq!(
            slice(&[("AWS_BATCH_JOB_ARRAY_INDEX", "7"), ("AWS_BATCH_JOB_ARRAY_SIZE", "9")]),
            "7/9"
        );
    }

    #[test]
    fn what_engines_agree_in_is_one_slice() {
        let both = [("JOB_COMPLETION_INDEX", "1"), ("TILLRUSH_SLICES", "2"), ("PARALLEL_SEQ", "2")];
        assert_eq!(found(&both).unwrap().1, "JOB_COMPLETION_INDEX and TILLRUSH_SLICES");
    }

    #[test]
    fn what_names_no_slice_is_refused_with_what_was_seen() {
        let told = |set: &[(&str, &str)]| found(set).unwrap_err();
        assert!(told(&[]).starts_with("--slice auto: no variable of a known engine is set"));
        insta::assert_snapshot!(told(&[("JOB_COMPLETION_INDEX", "1")]), @"--slice auto: JOB_COMPLETION_INDEX is set, but not the number of slices; seen: JOB_COMPLETION_INDEX=1");
        insta::assert_snapshot!(told(&[("CIRCLE_NODE_INDEX", "1"), ("CIRCLE_NODE_TOTAL", "2"), ("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "2")]), @"--slice auto: two engines name different slices: 1/2 (CIRCLE_NODE_INDEX and CIRCLE_NODE_TOTAL) and 0/2 (CI_NODE_INDEX and CI_NODE_TOTAL)");
        insta::assert_snapshot!(told(&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "2")]), @"--slice auto, from CI_NODE_INDEX and CI_NODE_TOTAL: slice 4294967295/2 does not exist: the index runs from 0 to one below the count");
        insta::assert_snapshot!(told(&[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "2")]), @"--slice auto: CI_NODE_INDEX is 'x', which is no whole number");
    }

    #[test]
    fn a_choice_is_a_slice_or_auto() {
        assert_eq!("auto".parse(), Ok(SliceChoice::Auto));
        assert_eq!("1/3".parse(), Ok(SliceChoice::Given("1/3".parse().unwrap())));
        assert!("automatic".parse::<SliceChoice>().is_err());
    }
}
