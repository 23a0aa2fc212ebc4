//! A map cut in shards, each behind a lock of its own, so that shoppers don't queue for each other inside
//! the shop where they would not in a real one.
//!
//! A bounded map forgets what was not touched for long: each shard keeps two generations, and when the
//! young one is full it becomes the old one and the old one is dropped.
//!
//! `quick_cache` would do less: it promises no shortest time that an entry stays, because its policy may drop a new entry before an old one. A
//! shop that forgets an idempotency key of a moment ago charges twice, and tests take its ledger for the truth. It also gives out
//! copies, where sessions are changed in place.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SHARDS: usize = 64;

/// A map for many threads.
pub(super) struct Sharded<K, V> {
    shards: Vec<Mutex<Partition<K, V>>>,
    hasher: RandomState,
    /// Entries in a shard's generation.
    bound: usize,
}

struct Partition<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

// === impl Sharded ===

impl<K: Hash + Eq, V> Sharded<K, V> {
    /// A map that forgets nothing.
    pub(super) fn unbounded() -> Sharded<K, V> {
        Sharded::bounded(usize::MAX)
    }

    /// A map that remembers at least the `least` entries touched last, and at most about three times as many.
    pub(super) fn bounded(least: usize) -> Sharded<K, V> {
        let shards = (0..SHARDS)
            .map(|_| Mutex::new(Partition { young: HashMap::new(), old: HashMap::new() }))
            .collect();
        // Shards don't fill evenly: half as much again keeps the promise.
        Sharded {
            shards,
            hasher: RandomState::new(),
            bound: (least / SHARDS).saturating_mul(3) / 2 + 1,
        }
    }

    /// Does something with the entry, which is made first if it isn't there. The shard is locked meanwhile.
    pub(super) fn with<Q, R>(
        &self,
        key: &Q,
        make: impl FnOnce() -> V,
        act: impl FnOnce(&mut V) -> R,
    ) -> R
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let mut shard = self.shard(key);
        if let Some(value) = shard.find(key) {
            return act(value);
        }
        let mut value = make();
        let result = act(&mut value);
        shard.insert(key.to_owned(), value, self.bound);
        result
    }

    /// Does something with the entry, if it is there. The shard is locked meanwhile.
    pub(super) fn get<Q, R>(&self, key: &Q, act: impl FnOnce(&mut V) -> R) -> Option<R>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.shard(key).find(key).map(act)
    }

    /// Adds an entry.
    pub(super) fn insert(&self, key: K, value: V) {
        self.shard(&key).insert(key, value, self.bound);
    }

    /// Looks at every entry, in no order.
    pub(super) fn each(&self, mut look: impl FnMut(&K, &V)) {
        for shard in &self.shards {
            let shard = lock(shard);
            shard.young.iter().chain(&shard.old).for_each(|(key, value)| look(key, value));
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.young.clear();
            shard.old.clear();
        }
    }

    fn shard<Q: Hash + ?Sized>(&self, key: &Q) -> MutexGuard<'_, Partition<K, V>> {
        lock(&self.shards[self.hasher.hash_one(key) as usize % SHARDS])
    }
}

// === impl Partition ===

impl<K: Hash + Eq, V> Partition<K, V> {
    fn find<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if let Some((key, value)) = self.old.remove_entry(key) {
            self.young.insert(key, value);
        }
        self.young.get_mut(key)
    }

    fn insert(&mut self, key: K, value: V, bound: usize) {
        if self.young.len() >= bound {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

/// A panic while the lock was held leaves no half-done entry that matters to a practice shop.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_map_keeps_what_is_used_and_forgets_the_rest() {
        let map: Sharded<u32, u32> = Sharded::bounded(1_000);
        for key in 0..20_000 {
            map.insert(key, key);
            assert_eq!(map.get(&0, |value| *value), Some(0), "in use after {key}");
        }
        let mut kept = 0;
        map.each(|_, _| kept += 1);
        assert!((1_000..4_000).contains(&kept), "{kept}");
        assert_eq!(map.get(&1, |value| *value), None);
        assert_eq!(map.get(&19_999, |value| *value), Some(19_999));
    }
}
