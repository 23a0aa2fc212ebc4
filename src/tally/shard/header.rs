//! What a stored tally is of.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::settings::RunSettings;
use crate::base::{Micros, Slice, count_of};
use crate::tally::{Tally, TallyShape};

/// What a stored tally is of: enough to compile the plan again and to report without the files it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardHeader {
    /// The program that wrote it, with its version.
    pub tool: String,
    /// The scenario's name.
    pub name: String,
    /// The scenario file, word by word.
    pub scenario: String,
    /// What the run was started with beyond the scenario file.
    pub settings: RunSettings,
    /// The command lines that repeat the run, without secrets: one, and one for each shard where several were joined.
    pub commands: Vec<String>,
    /// The run's tags.
    pub tags: BTreeMap<String, String>,
    /// The shop's base address.
    pub target: String,
    /// The seed of all draws.
    pub seed: u64,
    /// The plan with data and seed, as a hash: shards of one run agree in it.
    pub plan_digest: String,
    /// The same without the seed: runs that may be compared agree in it.
    pub workload_digest: String,
    /// The slices that this tally is of, disjoint; one, unless it was joined.
    pub slices: Vec<Slice>,
    /// How many arrivals were planned in the slices.
    pub arrivals_planned: u64,
    /// How long shoppers keep arriving, as planned.
    pub length: Micros,
    /// The planned start, in microseconds since 1970-01-01T00:00:00Z.
    pub started_unix_us: u64,
    /// What the tally's vectors are indexed by.
    pub shape: TallyShape,
}

/// What was seen of some slices of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Where it was read from, for messages.
    pub name: String,
    /// What it is of.
    pub header: ShardHeader,
    /// What was seen.
    pub tally: Tally,
    /// How the run ended; of a joined run, the worst of its parts.
    pub ending: Ending,
    /// Bytes of a torn last frame that were dropped; 0 if it was whole.
    pub torn_bytes: u64,
    /// What could not be read, where the file is damaged.
    pub loss: Option<LostFrames>,
}

/// What of a damaged tally could not be read: the parts between those that are whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostFrames {
    /// Stretches that could not be read.
    pub places: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Where the first one begins, in bytes.
    pub at: u64,
    /// The last second that was whole before the first one, and the first that was whole after the last one.
    pub between: (u32, u32),
}

/// How a run ended, from well to worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// By itself, after the last planned arrival.
    Finished,
    /// Stopped early, since an objective was certainly violated.
    Aborted,
    /// Stopped early by hand, by a signal, or at a cap of the command line on requests or orders.
    Interrupted,
    /// Without a word: the process was killed. What it had stored is here.
    Killed,
    /// Not yet: what the process has stored so far is here. Never stored itself.
    Running,
    /// However it ended, a part of what it had stored can't be read any more.
    Damaged,
}

// === impl ShardHeader ===

impl ShardHeader {
    /// The finest division that is supported: of more parts, the missing ones can't be listed.
    pub const MAX_PARTS: u64 = 65_536;

    /// Adds another part of the same run: what its parts have in common stays as it is here.
    pub(super) fn add(&mut self, other: ShardHeader) {
        let ShardHeader {
            slices,
            commands,
            arrivals_planned,
            started_unix_us,
            tool: _,
            name: _,
            scenario: _,
            settings: _,
            tags: _,
            target: _,
            seed: _,
            plan_digest: _,
            workload_digest: _,
            length: _,
            shape: _,
        } = other;
        self.slices.extend(slices);
        self.commands.extend(commands);
        self.arrivals_planned = self.arrivals_planned.saturating_add(arrivals_planned);
        self.started_unix_us = self.started_unix_us.min(started_unix_us);
    }

    /// In how many parts the slices cut the schedule: the least common multiple of their counts.
    pub(super) fn parts(&self) -> u64 {
        fn divisor(a: u64, b: u64) -> u64 {
            if b == 0 { a } else { divisor(b, a % b) }
        }
        self.slices.iter().fold(1u64, |parts, slice| {
            let of = u64::from(slice.of());
            (parts / divisor(parts, of)).saturating_mul(of)
        })
    }
}

// === impl LostFrames ===

impl LostFrames {
    /// Both.
    pub(super) fn and(self, other: LostFrames) -> LostFrames {
        let LostFrames { places, bytes, at, between: (from, until) } = other;
        LostFrames {
            places: self.places.saturating_add(places),
            bytes: self.bytes.saturating_add(bytes),
            at: self.at.min(at),
            between: (self.between.0.min(from), self.between.1.max(until)),
        }
    }
}

impl fmt::Display for LostFrames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LostFrames { places, bytes, at, between: (from, until) } = *self;
        let places = count_of(places, "place");
        write!(f, "damaged at byte {at}: {bytes} bytes in {places} can't be read; ")?;
        write!(f, "what was counted between second {from} and second {until} is incomplete")
    }
}

// === impl Shard ===

impl Shard {
    /// Whether the whole schedule is here, and ran to its end.
    pub fn complete(&self) -> bool {
        self.ending == Ending::Finished && self.missing().is_empty()
    }

    /// The slices that are not here: of the same count as those that are, if these agree in it.
    pub fn missing(&self) -> Vec<Slice> {
        let slices = &self.header.slices;
        match slices.first().map(|slice| slice.of()) {
            Some(of) if slices.iter().all(|slice| slice.of() == of) => {
                Slice::WHOLE.split(of).into_iter().filter(|slice| !slices.contains(slice)).collect()
            }
            _ => missing_in(Slice::WHOLE, slices, self.header.parts()),
        }
    }

    /// The missing slices in words, such as `2/3`; none if nothing is missing.
    pub fn missing_text(&self) -> Option<String> {
        const SHOWN: usize = 8;
        let missing = self.missing();
        let shown: Vec<String> = missing.iter().take(SHOWN).map(Slice::to_string).collect();
        match missing.len().saturating_sub(SHOWN) {
            0 if missing.is_empty() => None,
            0 => Some(shown.join(", ")),
            more => Some(format!("{} and {more} more", shown.join(", "))),
        }
    }
}

/// What of this cell no slice keeps: the cell is cut until each piece is either untouched by all slices or in one of them.
fn missing_in(cell: Slice, slices: &[Slice], parts: u64) -> Vec<Slice> {
    let touching: Vec<Slice> =
        slices.iter().copied().filter(|slice| slice.overlaps(cell)).collect();
    if touching.is_empty() {
        return vec![cell];
    }
    let inside = |slice: &Slice| cell.of().is_multiple_of(slice.of());
    if touching.iter().any(inside) {
        return Vec::new();
    }
    let left = parts / u64::from(cell.of());
    let prime = (2..=left).find(|&p| left.is_multiple_of(p)).unwrap_or(1);
    cell.split(prime as u32)
        .into_iter()
        .flat_map(|piece| missing_in(piece, &touching, parts))
        .collect()
}
