//! Whether the slices of a run have delivered.

use super::records::StartDecision;

/// How far a run is, for whoever merges it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateState {
    /// Nobody has decided yet.
    NotBegun {
        /// The slices that are not ready yet.
        missing: Vec<u32>,
    },
    /// It never began.
    CalledOff {
        /// The slices that were missing.
        missing: Vec<u32>,
    },
    /// These slices have not delivered yet.
    Waiting {
        /// Who.
        missing: Vec<u32>,
    },
    /// Those that still miss will not come any more: their time is over.
    GivenUp {
        /// Who.
        missing: Vec<u32>,
    },
    /// Everyone who took part has delivered.
    Complete,
}

/// How far a run of `slices` slices is at `now_us` of the store's clock: from its decision, those who are ready and those who
/// have delivered.
pub fn look(
    slices: u32,
    decision: Option<&StartDecision>,
    ready: &[u32],
    delivered: &[u32],
    now_us: i64,
) -> GateState {
    match decision {
        None => GateState::NotBegun { missing: without(0..slices, ready) },
        Some(StartDecision::CalledOff { missing, .. }) => {
            GateState::CalledOff { missing: missing.clone() }
        }
        Some(StartDecision::Go { ends_by_us, slices, .. }) => {
            let missing = without(slices.iter().copied(), delivered);
            match missing.is_empty() {
                true => GateState::Complete,
                false if now_us > *ends_by_us => GateState::GivenUp { missing },
                false => GateState::Waiting { missing },
            }
        }
    }
}

/// Those of `all` that are not among `present`.
pub(super) fn without(all: impl Iterator<Item = u32>, present: &[u32]) -> Vec<u32> {
    all.filter(|index| !present.contains(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Micros;

    #[test]
    fn a_run_is_complete_when_everyone_who_took_part_has_delivered() {
        let go = StartDecision::Go { at_us: 0, ends_by_us: 100, slices: vec![0, 2] };
        assert_eq!(look(3, Some(&go), &[0, 2], &[2], 50), GateState::Waiting { missing: vec![0] });
        assert_eq!(look(3, Some(&go), &[0, 2], &[2], 101), GateState::GivenUp { missing: vec![0] });
        assert_eq!(look(3, Some(&go), &[0, 2], &[2, 0], 101), GateState::Complete);
        assert_eq!(look(3, None, &[1], &[], 0), GateState::NotBegun { missing: vec![0, 2] });
        let off = StartDecision::CalledOff { missing: vec![1], waited: Micros::from_secs(5) };
        assert_eq!(look(3, Some(&off), &[], &[], 0), GateState::CalledOff { missing: vec![1] });
    }
}
