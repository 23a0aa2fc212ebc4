//! A tally on disk: what one process saw of its slices of a run, and the run that several of them make.
//!
//! A file holds a line that names the format and its version, then frames: a header, deltas (each a tally of
//! what was counted since the one before), and at the end how it ended. Each delta is appended by one write, so
//! that a process that is killed loses at most its last second: a reader drops a torn last frame, and says so.
//! A joined run is stored in the same way, with one delta.

mod frame;
mod header;
mod join;
mod read;
mod settings;
#[cfg(test)]
pub(super) mod tests;
mod write;

#[cfg(any(test, fuzzing))]
pub use frame::mend_checksums;
pub use header::{Ending, LostFrames, Shard, ShardHeader};
pub use join::MergeError;
pub use read::ShardError;
pub use settings::{PairedSettings, RunSettings, SettingsError, SourceSettings};
pub use write::DeltaWriter;

/// The format's name and version. Frames are not self-describing: a change of what is stored is a new version.
pub const FORMAT: &str = "tillrush.tally/1";
