//! The ids of one complete read: which were seen, at which place, and whether two reads are alike.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

/// The ids of one complete read, by their hashes, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadIds {
    places: HashMap<u64, u32, BuildHasherDefault<HashAsKey>>,
    digest: u64,
}

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct HashAsKey(u64);

impl std::hash::Hasher for HashAsKey {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

fn hash<T: std::hash::Hash>(value: T) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

// === impl ReadIds ===

impl ReadIds {
    /// Adds a row's id, with what of the row makes two reads differ. False where the id is there already.
    pub(super) fn insert(&mut self, id: &str, content: impl Hash) -> bool {
        let place = self.places.len() as u32;
        match self.places.entry(hash(id)) {
            Entry::Occupied(_) => false,
            Entry::Vacant(entry) => {
                entry.insert(place);
                self.digest = self.digest.wrapping_add(hash((id, content)));
                true
            }
        }
    }

    /// How many ids came before this one, if it is there.
    pub(super) fn place_of(&self, id: &str) -> Option<usize> {
        self.places.get(&hash(id)).map(|place| *place as usize)
    }

    /// Equal for reads with the same rows, in any order.
    pub(super) fn digest(&self) -> u64 {
        self.digest ^ self.places.len() as u64
    }
}
