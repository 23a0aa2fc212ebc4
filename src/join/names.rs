//! The names of a run's objects below its address.

/// What the slices have in common: see [`super::RunRecord`].
pub const RUN: &str = "run";
/// The folder of those who take part: an object for each slice.
pub const READY: &str = "ready";
/// When the run begins, or that it does not: see [`super::StartDecision`].
pub const START: &str = "start";
/// That the run is to end: see [`super::StopOrder`].
pub const STOP: &str = "stop";
/// The folder of the merged run's files.
pub const MERGED: &str = "merged";
/// The folder of what is written to try permissions and the clock.
pub const PROBE: &str = "probe";

/// Who holds this slice.
pub fn ready(index: u32) -> String {
    format!("{READY}/{index}")
}

/// The folder of everything that slices deliver.
pub const fn slices_folder() -> &'static str {
    "slices"
}

/// What a slice has counted so far.
pub fn slice_part(index: u32) -> String {
    of_slice(index, "part")
}

/// What a slice counted in all. It is delivered last: with it, the slice is complete.
pub fn slice_tally(index: u32) -> String {
    of_slice(index, "tally")
}

/// A slice's purchase log.
pub fn slice_purchases(index: u32) -> String {
    of_slice(index, "purchases.jsonl")
}

/// What a slice counted in the second shop of a paired run.
pub fn slice_baseline_tally(index: u32) -> String {
    of_slice(index, "baseline/tally")
}

/// The purchase log in the second shop of a paired run.
pub fn slice_baseline_purchases(index: u32) -> String {
    of_slice(index, "baseline/purchases.jsonl")
}

/// The slice whose object this is, where `rest` is the name below [`READY`] or [`slices_folder`].
pub fn slice_index_of(rest: &str) -> Option<u32> {
    rest.split('/').next()?.parse().ok()
}

fn of_slice(index: u32, name: &str) -> String {
    format!("{}/{index}/{name}", slices_folder())
}
