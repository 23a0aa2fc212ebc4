//! What is stored in a run's objects, as JSON.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::base::Micros;

/// What the slices of a run have in common. Created by whoever is first; the others take the seed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The program with its version.
    pub tool: String,
    /// In how many slices the run is cut.
    pub slices: u32,
    /// The seed of all draws.
    pub seed: u64,
    /// The plan without the seed, as a hash.
    pub workload_digest: String,
    /// The scenario's name.
    pub name: String,
}

/// Who holds a slice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyRecord {
    /// Drawn by the holder, who recognises its own record by it.
    pub nonce: String,
    /// The holder's machine.
    pub host: String,
    /// The program with its version.
    pub tool: String,
    /// By how much the store's clock is ahead of the holder's, in microseconds.
    pub clock_offset_us: i64,
    /// How far off that may be, in microseconds.
    pub clock_error_us: u64,
}

/// Whether and when a run begins. Created once, for all slices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum StartDecision {
    /// These slices begin together.
    Go {
        /// The planned start in the store's clock, in microseconds since 1970-01-01T00:00:00Z.
        at_us: i64,
        /// When the last tally should be there, in the same clock.
        ends_by_us: i64,
        /// The slices that take part.
        slices: Vec<u32>,
    },
    /// Too few were there in time. Nobody begins.
    CalledOff {
        /// The slices that were missing.
        missing: Vec<u32>,
        /// How long the one waited who gave up first.
        waited: Micros,
    },
}

/// That the run is to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopOrder {
    /// Why.
    pub reason: StopReason,
    /// Who says so, for people.
    pub by: String,
}

/// Why a run is to end before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// An objective with `abort` is certainly violated.
    ObjectiveViolated,
    /// Somebody asked for it.
    Requested,
}

/// In what a slice differs from the run that it is to join.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunDifference {
    /// Cut differently.
    #[error("the run there has {there} slices, this one is of {here}")]
    Slices {
        /// Of the run.
        there: u32,
        /// Of the slice.
        here: u32,
    },
    /// Another version counts differently.
    #[error("the run there was begun by {there}, this is {here}")]
    Tool {
        /// Of the run.
        there: String,
        /// Of the slice.
        here: String,
    },
    /// Another scenario, other settings or data.
    #[error("the run there is of the plan {there} ('{name}'), this one has the plan {here}")]
    Plan {
        /// The scenario of the run.
        name: String,
        /// Of the run.
        there: String,
        /// Of the slice.
        here: String,
    },
    /// Another seed was asked for.
    #[error("the run there has the seed {there}, this one was given {here}")]
    Seed {
        /// Of the run.
        there: u64,
        /// Of the slice.
        here: u64,
    },
}

// === impl RunRecord ===

impl RunRecord {
    /// Whether a slice with these properties is of this run. `given_seed` is the one that its user typed, if any.
    ///
    /// # Errors
    /// With the first difference.
    pub fn admits(&self, own: &RunRecord, given_seed: Option<u64>) -> Result<(), RunDifference> {
        if self.slices != own.slices {
            return Err(RunDifference::Slices { there: self.slices, here: own.slices });
        }
        if self.tool != own.tool {
            return Err(RunDifference::Tool { there: self.tool.clone(), here: own.tool.clone() });
        }
        if self.workload_digest != own.workload_digest {
            return Err(RunDifference::Plan {
                name: self.name.clone(),
                there: self.workload_digest.clone(),
                here: own.workload_digest.clone(),
            });
        }
        match given_seed.filter(|seed| *seed != self.seed) {
            None => Ok(()),
            Some(here) => Err(RunDifference::Seed { there: self.seed, here }),
        }
    }
}

macro_rules! stored_as_json {
    ($($name:ident),*) => {$(
        impl $name {
            /// As it is stored.
            pub fn to_json(&self) -> String {
                to_json(self)
            }

            /// Reads what is stored; none where it is something else.
            pub fn from_json(text: &str) -> Option<$name> {
                from_json(text)
            }
        }
    )*};
}

stored_as_json!(RunRecord, ReadyRecord, StartDecision, StopOrder);

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are always JSON")
}

fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunRecord {
        RunRecord {
            tool: "tillrush 1".into(),
            slices: 4,
            seed: 7,
            workload_digest: "aa".into(),
            name: "Buy".into(),
        }
    }

    #[test]
    fn a_slice_of_another_run_is_refused_with_the_difference() {
        let told = |own: RunRecord, seed| run().admits(&own, seed).unwrap_err().to_string();
        insta::assert_snapshot!(told(RunRecord { slices: 5, ..run() }, None), @"the run there has 4 slices, this one is of 5");
        insta::assert_snapshot!(told(RunRecord { tool: "tillrush 2".into(), ..run() }, None), @"the run there was begun by tillrush 1, this is tillrush 2");
        insta::assert_snapshot!(told(RunRecord { workload_digest: "bb".into(), ..run() }, None), @"the run there is of the plan aa ('Buy'), this one has the plan bb");
        insta::assert_snapshot!(told(run(), Some(9)), @"the run there has the seed 7, this one was given 9");
        assert_eq!(run().admits(&RunRecord { seed: 9, ..run() }, None), Ok(()));
        assert_eq!(run().admits(&run(), Some(7)), Ok(()));
    }

    #[test]
    fn records_are_read_back_as_they_were_stored() {
        let go = StartDecision::Go { at_us: 5, ends_by_us: 9, slices: vec![0, 2] };
        insta::assert_snapshot!(go.to_json(), @r#"{"decision":"go","at_us":5,"ends_by_us":9,"slices":[0,2]}"#);
        assert_eq!(StartDecision::from_json(&go.to_json()), Some(go));
        let stop = StopOrder { reason: StopReason::ObjectiveViolated, by: "slice 2".into() };
        insta::assert_snapshot!(stop.to_json(), @r#"{"reason":"objective_violated","by":"slice 2"}"#);
        assert_eq!(StopOrder::from_json("{}"), None);
    }
}
