//! Who arrives when: blocks of arrivals, and the walk through a slice of them.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::bursts::swing;
use super::poisson::{self, BLOCK};
use crate::base::random::{Purpose, draw, uniform};
use crate::base::{Micros, ShopperId, Slice};
use crate::plan::{ArrivalModel, Intensity, Load};

/// One shopper's planned entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arrival {
    /// The place in the order of time among all arrivals of the schedule, from 0.
    pub ordinal: u64,
    /// Who arrives.
    pub shopper: ShopperId,
    /// When, counted from the planned start.
    pub at: Micros,
}

/// All arrivals of a run, none of them stored. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Schedule {
    intensity: Arc<Intensity>,
    paced: bool,
    seed: u64,
}

/// The arrivals of one slice in the order of time, made block by block: constant memory however long the run.
#[derive(Clone, Debug)]
pub struct SliceArrivals {
    schedule: Schedule,
    slice: Slice,
    /// The block to make next.
    block: u64,
    /// The times of the block in hand.
    times: Vec<Micros>,
    /// The place in `times` to look at next.
    next: usize,
    /// The ordinal of the first arrival of the block in hand.
    first: u64,
}

/// Who the shopper with this ordinal is: of an arrival, or of a closed load, whose shoppers are numbered
/// as they start. Distinct ordinals give distinct shoppers (the draw is a bijection of the ordinal).
pub const fn shopper_id(seed: u64, ordinal: u64) -> ShopperId {
    ShopperId(draw(seed, Purpose::Shopper, ordinal))
}

// === impl Schedule ===

impl Schedule {
    /// The schedule of this load and seed. A closed load has no arrivals in time, so its schedule is empty.
    pub fn new(load: &Load, seed: u64) -> Schedule {
        let (intensity, paced) = match &load.arrivals {
            ArrivalModel::Poisson(profile) => (Intensity::new(profile), false),
            ArrivalModel::Paced(profile) => (Intensity::new(profile), true),
            ArrivalModel::Bursty(profile, bursts) => {
                (Intensity::new(&swing(profile, *bursts, seed)), false)
            }
            ArrivalModel::Closed { .. } => (Intensity::default(), false),
        };
        Schedule { intensity: Arc::new(intensity), paced, seed }
    }

    /// The rate that the arrivals follow, with the bursts of this seed.
    pub fn intensity(&self) -> &Intensity {
        &self.intensity
    }

    /// How many arrivals are expected, over all seeds; of bursty ones, given the bursts of this seed.
    pub fn expected_count(&self) -> f64 {
        self.intensity.total()
    }

    /// Exactly how many arrivals there are. Costs a draw for each 64 of them.
    pub fn count(&self) -> u64 {
        self.first_ordinal(self.blocks())
    }

    /// How many blocks of 64 expected arrivals there are; the last may be cut short.
    pub fn blocks(&self) -> u64 {
        (self.expected_count() / BLOCK).ceil() as u64
    }

    /// The arrivals of one block in the order of time, made without the blocks before it but for their counts.
    pub fn block(&self, block: u64) -> Vec<Arrival> {
        let (mut times, first) = (Vec::new(), self.first_ordinal(block));
        self.times(block, &mut times);
        times.into_iter().zip(first..).map(|(at, ordinal)| self.arrival(ordinal, at)).collect()
    }

    /// The arrivals of a slice in the order of time.
    pub fn slice(&self, slice: Slice) -> SliceArrivals {
        SliceArrivals {
            schedule: self.clone(),
            slice,
            block: 0,
            times: Vec::new(),
            next: 0,
            first: 0,
        }
    }

    /// How many arrivals of a slice are due at `t`, the ones at `t` itself included. Costs a draw for
    /// each 64 arrivals before.
    pub fn due_by(&self, t: Micros, slice: Slice) -> u64 {
        // Times are rounded down: what is due lies before Λ a microsecond later. A block on either side makes
        // up for the rounding of Λ itself.
        let around = (self.intensity.cumulative(t.saturating_add(Micros(1))) / BLOCK) as u64;
        let sure = around.saturating_sub(1);
        let mut due = self.first_ordinal(sure);
        let mut times = Vec::new();
        for block in sure..=around + 1 {
            self.times(block, &mut times);
            due += times.partition_point(|at| *at <= t) as u64;
        }
        (due + u64::from(slice.of() - 1 - slice.index())) / u64::from(slice.of())
    }

    /// SHA-256 over (ordinal, time, shopper) of every arrival, in hexadecimal: equal on two machines exactly
    /// if they would send the same shoppers at the same moments. Costs as much as making every arrival.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for arrival in self.slice(Slice::WHOLE) {
            for number in [arrival.ordinal, arrival.at.0, arrival.shopper.0] {
                hash.update(number.to_le_bytes());
            }
        }
        hex::encode(hash.finalize())
    }

    fn arrival(&self, ordinal: u64, at: Micros) -> Arrival {
        Arrival { ordinal, shopper: shopper_id(self.seed, ordinal), at }
    }

    /// The ordinal of the first arrival of a block: the sum of the counts before it.
    fn first_ordinal(&self, block: u64) -> u64 {
        let (block, blocks) = (block.min(self.blocks()), self.blocks());
        // Every block but the last lies wholly within the run, so that all its arrivals count.
        let whole: u64 =
            (0..block.min(blocks.saturating_sub(1))).map(|earlier| self.draw_count(earlier)).sum();
        let last = if block == blocks && blocks > 0 {
            let mut times = Vec::new();
            self.times(blocks - 1, &mut times);
            times.len() as u64
        } else {
            0
        };
        whole + last
    }

    /// How many arrivals are drawn for a block, those beyond the end included.
    fn draw_count(&self, block: u64) -> u64 {
        if self.paced {
            BLOCK as u64
        } else {
            poisson::count(uniform(self.seed, Purpose::ArrivalCount, block))
        }
    }

    /// Replaces `times` by those of a block, ascending.
    ///
    /// Given their number, the points of a Poisson process are independent and uniform in its expected
    /// count; what falls beyond the end of the run is left out. Paced: the points are a half, one and
    /// a half, and so on.
    fn times(&self, block: u64, times: &mut Vec<Micros>) {
        let key = draw(self.seed, Purpose::ArrivalPosition, block);
        let place = |i: u64| {
            if self.paced {
                (i as f64 + 0.5) / BLOCK
            } else {
                uniform(key, Purpose::ArrivalPosition, i)
            }
        };
        let points = (0..self.draw_count(block)).map(|i| (block as f64 + place(i)) * BLOCK);
        times.clear();
        times.extend(
            points.filter(|y| *y < self.expected_count()).map(|y| self.intensity.inverse(y)),
        );
        times.sort_unstable();
    }
}

// === impl SliceArrivals ===

impl Iterator for SliceArrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            while let Some(&at) = self.times.get(self.next) {
                let ordinal = self.first + self.next as u64;
                self.next += 1;
                if self.slice.keeps(ordinal) {
                    return Some(self.schedule.arrival(ordinal, at));
                }
            }
            if self.block >= self.schedule.blocks() {
                return None;
            }
            self.first += self.times.len() as u64;
            self.next = 0;
            self.schedule.times(self.block, &mut self.times);
            self.block += 1;
        }
    }
}
