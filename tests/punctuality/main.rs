//! Runs whose subject is time itself: a generator that is late, a shop that stands still. They are judged by the rule that
//! users get, so they need an idle machine, and come one after the other. All other tests of runs are judged by a rule that
//! overlooks lag (`tests/cli/bench.rs`).

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "../cli/bench.rs"]
#[expect(dead_code, reason = "tests/cli uses the rest of it")]
mod bench;

mod fat_answers;
mod generator;
mod omission;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps other tests waiting until it is dropped.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
