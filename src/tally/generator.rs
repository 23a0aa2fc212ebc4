//! What became of the arrivals, and what is known of the generator itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::merge::{Merge, keep_larger, merge_fields};
use crate::base::Micros;

/// How many causes are counted separately; beyond, all are counted under [`TOO_MANY_CAUSES`].
pub const MAX_CAUSES: usize = 64;

/// What causes are counted under once there were more than [`MAX_CAUSES`]. Absorbing.
pub const TOO_MANY_CAUSES: &str = "more causes than are distinguished";

/// Arrivals by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrivalCounts {
    /// Due by now (all that were planned, once the run has ended by itself).
    pub planned: u64,
    /// Whose shopper acted.
    pub started: u64,
    /// Due, and never started: at the limit of shoppers at once, or stopped.
    pub unstarted: BTreeMap<String, u64>,
    /// Whose shopper came again, with the cookies of one who had left.
    pub returned: u64,
    /// Whose shopper was to come again, and came as new, for nobody had left yet.
    pub returned_as_new: u64,
}

/// Whose fault it is that nothing can be said about the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum OwnFault {
    /// The machine's: file descriptors, local ports or memory ran out.
    Means,
    /// The scenario's: a request could not be filled in, or led to no address.
    Scenario,
    /// Nobody's: the request would have left the hosts that may be loaded.
    Permission,
    /// tillrush's own: a bug.
    Bug,
    /// A bound of our own that an option lifts.
    Limit,
}

/// What is known of the generator itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generator {
    /// Processor time of the cores' threads.
    pub cpu: Micros,
    /// Wall time that the cores' threads ran, summed over them: `cpu / wall` is the fraction used.
    pub wall: Micros,
    /// Time the cores' threads were runnable and waited for a processor.
    pub run_queue: Micros,
    /// The busiest second of any core: its processor time, per thousand.
    pub busiest_permille: u64,
    /// The peak resident memory of the process, in KiB (the largest over merged processes).
    pub peak_rss_kib: u64,
    /// Requests that were not made, or failed, because of us: by whose fault it is, and cause.
    pub own_failures: BTreeMap<OwnFault, BTreeMap<String, u64>>,
    /// Spans so long that they were counted at the histograms' bound.
    pub clamped: u64,
    /// Whether tokio's coarse timer was used because there is no precise one here.
    pub coarse_timer: bool,
}

/// Counts a cause, in a map of bounded size.
pub(super) fn add_cause(causes: &mut BTreeMap<String, u64>, cause: &str, times: u64) {
    match causes.get_mut(cause) {
        Some(count) => count.merge_with(times),
        None => {
            causes.insert(cause.to_owned(), times);
            bound_causes(causes);
        }
    }
}

/// What is left of the causes is a function of all that were ever added: whoever has met too many, in
/// whatever order, tells none apart.
fn bound_causes(causes: &mut BTreeMap<String, u64>) {
    let absorbed = causes.contains_key(TOO_MANY_CAUSES) && causes.len() > 1;
    if absorbed || causes.len() > MAX_CAUSES {
        let sum = std::mem::take(causes).into_values().fold(0, u64::saturating_add);
        causes.insert(TOO_MANY_CAUSES.to_owned(), sum);
    }
}

fn merge_causes(ours: &mut BTreeMap<String, u64>, theirs: BTreeMap<String, u64>) {
    ours.merge_with(theirs);
    bound_causes(ours);
}

/// Adds causes up by whose fault they are.
fn merge_faults(
    ours: &mut BTreeMap<OwnFault, BTreeMap<String, u64>>,
    theirs: BTreeMap<OwnFault, BTreeMap<String, u64>>,
) {
    for (fault, causes) in theirs {
        merge_causes(ours.entry(fault).or_default(), causes);
    }
}

merge_fields!(ArrivalCounts {
    planned,
    started,
    unstarted => merge_causes,
    returned,
    returned_as_new,
});
merge_fields!(Generator {
    cpu,
    wall,
    run_queue,
    busiest_permille => keep_larger,
    peak_rss_kib => keep_larger,
    own_failures => merge_faults,
    clamped,
    coarse_timer,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_causes_absorb_all_others() {
        let mut causes = BTreeMap::new();
        (0..MAX_CAUSES).for_each(|i| add_cause(&mut causes, &format!("cause {i}"), 1));
        assert_eq!(causes.len(), MAX_CAUSES);
        add_cause(&mut causes, "one more", 5);
        add_cause(&mut causes, "cause 0", 1);
        assert_eq!(causes, BTreeMap::from([(TOO_MANY_CAUSES.to_owned(), MAX_CAUSES as u64 + 6)]));
    }
}
