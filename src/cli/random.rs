//! Random bits for run names and seeds: the only randomness of a run that its seed does not determine.

use std::hash::{BuildHasher, Hasher, RandomState};

/// 64 random bits.
pub fn random_bits() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A random name of eight hexadecimal digits.
pub fn random_name() -> String {
    format!("{:08x}", random_bits() as u32)
}
