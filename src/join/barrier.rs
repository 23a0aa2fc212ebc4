//! The way of one slice from its claim to the common start: a machine without a clock and without a store.
//!
//! It says what to ask of the store, is told the reply and the moment, and says what next. Any reply may be lost: then it looks
//! what became of its request.

use super::gate::without;
use super::names;
use super::records::{ReadyRecord, StartDecision, StopOrder};
use crate::base::{Micros, Slice};

/// How often the store is looked at before the start.
const POLL: Micros = Micros::from_secs(2);
/// How long a start lies ahead besides two polls: everyone must read of it in time.
const AHEAD: Micros = Micros::from_secs(3);
/// What a slice needs between reading of the start and the start.
const HEAD_START: Micros = Micros::from_millis(50);
/// How long before it asks again after a lost reply.
const AGAIN: Micros = Micros::from_millis(500);
/// How long the store may be out of reach beyond the time that a slice waits for others.
const UNREACHABLE: Micros = Micros::from_secs(60);

/// What is asked of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreRequest {
    /// Create an object that is not there yet.
    Create {
        /// Its name.
        name: String,
        /// Its content.
        text: String,
    },
    /// Read an object.
    Read {
        /// Its name.
        name: String,
    },
    /// List the slices that are ready.
    ListReady,
    /// Ask nothing for this long.
    Pause(Micros),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreReply {
    /// The object is created.
    Created,
    /// It was there already.
    Exists,
    /// The object's content.
    Found(String),
    /// There is no such object.
    Absent,
    /// The slices that are ready.
    Listed(Vec<u32>),
    /// The time is over.
    Paused,
    /// Nobody knows: the request or its reply was lost.
    Unknown,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextMove {
    /// Ask this, and come back with the reply.
    Ask(StoreRequest),
    /// Nothing more.
    Over(Admission),
}

/// What a slice is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Begin.
    Start {
        /// The planned start in the store's clock, in microseconds since 1970-01-01T00:00:00Z.
        at_us: i64,
        /// The slices that take part.
        slices: Vec<u32>,
    },
    /// Send nothing: somebody else holds the slice.
    Held {
        /// Who.
        by: ReadyRecord,
    },
    /// Send nothing: the run begins, or has begun, without this slice.
    Late {
        /// The planned start.
        at_us: i64,
    },
    /// Send nothing: nobody begins.
    CalledOff {
        /// The slices that were missing.
        missing: Vec<u32>,
        /// How long the one waited who gave up first.
        waited: Micros,
    },
    /// Send nothing: the run was stopped before it began.
    Stopped(StopOrder),
    /// Send nothing: the store can't be reached any more.
    Unreachable,
    /// Send nothing: what stands there was not written by this program.
    Unreadable {
        /// The object.
        name: String,
    },
}

/// How long a slice waits for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitLimits {
    /// How long.
    pub wait: Micros,
    /// With how many slices the run begins after that.
    pub least: u32,
    /// How long after its start the run's tallies are expected at the latest.
    pub run_takes: Micros,
}

/// One slice before the start.
#[derive(Debug)]
pub struct Barrier {
    slice: Slice,
    own: ReadyRecord,
    patience: WaitLimits,
    state: State,
    began_us: Option<i64>,
    ready: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing was asked yet.
    New,
    /// Creating the own record.
    Claiming,
    /// Reading whose record stands there.
    Verifying,
    /// Reading whether it is decided.
    Deciding,
    /// Reading whether the run is to end.
    Stopping,
    /// Listing who is ready.
    Counting,
    /// Creating the decision.
    Proposing,
    /// Waiting, then going on with this.
    Waiting(AfterPause),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AfterPause {
    Claim,
    Verify,
    Look,
}

// === impl Barrier ===

impl Barrier {
    /// A slice that is set up and could begin.
    pub fn new(slice: Slice, own: ReadyRecord, patience: WaitLimits) -> Barrier {
        let (state, began_us, ready) = (State::New, None, Vec::new());
        Barrier { slice, own, patience, state, began_us, ready }
    }

    /// The slices that were not ready when it last looked.
    pub fn missing(&self) -> Vec<u32> {
        without(0..self.slice.of(), &self.ready)
    }

    /// What to ask first.
    pub fn begin(&mut self, now_us: i64) -> NextMove {
        self.began_us = Some(now_us);
        self.claim()
    }

    /// What comes next, after this reply at `now_us` of the store's clock.
    pub fn next(&mut self, reply: StoreReply, now_us: i64) -> NextMove {
        if reply == StoreReply::Unknown
            && self.waiting_time(now_us) > self.patience.wait + UNREACHABLE
        {
            return NextMove::Over(Admission::Unreachable);
        }
        match (self.state, reply) {
            (State::New, _) => self.begin(now_us),
            (State::Claiming, StoreReply::Created) => self.look(),
            // The record may be our own: of a request whose reply was lost, and that was sent again.
            (State::Claiming, StoreReply::Exists) => self.verify(),
            (State::Claiming, _) => self.pause(AGAIN, AfterPause::Verify),
            (State::Verifying, StoreReply::Found(text)) => self.recognise(&text),
            (State::Verifying, StoreReply::Absent) => self.pause(AGAIN, AfterPause::Claim),
            (State::Verifying, _) => self.pause(AGAIN, AfterPause::Verify),
            (State::Deciding, StoreReply::Found(text)) => self.obey(&text, now_us),
            (State::Deciding, StoreReply::Absent) => {
                self.read(State::Stopping, names::STOP.to_owned())
            }
            (State::Stopping, StoreReply::Found(text)) => {
                NextMove::Over(StopOrder::from_json(&text).map_or_else(
                    || Admission::Unreadable { name: names::STOP.to_owned() },
                    Admission::Stopped,
                ))
            }
            (State::Stopping, StoreReply::Absent) => {
                self.state = State::Counting;
                NextMove::Ask(StoreRequest::ListReady)
            }
            (State::Counting, StoreReply::Listed(ready)) => self.propose(ready, now_us),
            // However the proposal ended, what counts is what stands there now.
            (State::Proposing, StoreReply::Created | StoreReply::Exists) => self.look(),
            (State::Deciding | State::Stopping | State::Counting | State::Proposing, _) => {
                self.pause(AGAIN, AfterPause::Look)
            }
            (State::Waiting(AfterPause::Claim), _) => self.claim(),
            (State::Waiting(AfterPause::Verify), _) => self.verify(),
            (State::Waiting(AfterPause::Look), _) => self.look(),
        }
    }

    fn waiting_time(&self, now_us: i64) -> Micros {
        let waited = now_us.saturating_sub(self.began_us.unwrap_or(now_us));
        Micros(u64::try_from(waited).unwrap_or(0))
    }

    fn claim(&mut self) -> NextMove {
        self.create(State::Claiming, names::ready(self.slice.index()), self.own.to_json())
    }

    fn verify(&mut self) -> NextMove {
        self.read(State::Verifying, names::ready(self.slice.index()))
    }

    fn look(&mut self) -> NextMove {
        self.read(State::Deciding, names::START.to_owned())
    }

    fn create(&mut self, state: State, name: String, text: String) -> NextMove {
        self.state = state;
        NextMove::Ask(StoreRequest::Create { name, text })
    }

    fn read(&mut self, state: State, name: String) -> NextMove {
        self.state = state;
        NextMove::Ask(StoreRequest::Read { name })
    }

    fn pause(&mut self, length: Micros, then: AfterPause) -> NextMove {
        self.state = State::Waiting(then);
        NextMove::Ask(StoreRequest::Pause(length))
    }

    fn recognise(&mut self, text: &str) -> NextMove {
        match ReadyRecord::from_json(text) {
            Some(record) if record.nonce == self.own.nonce => self.look(),
            Some(by) => NextMove::Over(Admission::Held { by }),
            None => {
                NextMove::Over(Admission::Unreadable { name: names::ready(self.slice.index()) })
            }
        }
    }

    fn obey(&self, text: &str, now_us: i64) -> NextMove {
        NextMove::Over(match StartDecision::from_json(text) {
            None => Admission::Unreadable { name: names::START.to_owned() },
            Some(StartDecision::CalledOff { missing, waited }) => {
                Admission::CalledOff { missing, waited }
            }
            Some(StartDecision::Go { at_us, slices, .. }) => {
                let is_in_time = after(now_us, HEAD_START) <= at_us;
                if is_in_time && slices.contains(&self.slice.index()) {
                    Admission::Start { at_us, slices }
                } else {
                    Admission::Late { at_us }
                }
            }
        })
    }

    /// Proposes a start where all are there, or where the wait is over.
    fn propose(&mut self, mut ready: Vec<u32>, now_us: i64) -> NextMove {
        ready.retain(|index| *index < self.slice.of());
        ready.sort_unstable();
        ready.dedup();
        self.ready.clone_from(&ready);
        let missing = self.missing();
        let waited = self.waiting_time(now_us);
        let enough = ready.len() as u64 >= u64::from(self.patience.least.max(1));
        let decision = if missing.is_empty() || (waited >= self.patience.wait && enough) {
            let at_us = after(now_us, POLL + POLL + AHEAD);
            let ends_by_us = after(at_us, self.patience.run_takes);
            StartDecision::Go { at_us, ends_by_us, slices: ready }
        } else if waited >= self.patience.wait {
            StartDecision::CalledOff { missing, waited }
        } else {
            return self.pause(POLL, AfterPause::Look);
        };
        self.create(State::Proposing, names::START.to_owned(), decision.to_json())
    }
}

fn after(at_us: i64, length: Micros) -> i64 {
    at_us.saturating_add(i64::try_from(length.0).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn barrier() -> Barrier {
        let own = ReadyRecord {
            nonce: "a".into(),
            host: "one".into(),
            tool: "t".into(),
            clock_offset_us: 0,
            clock_error_us: 0,
        };
        let patience =
            WaitLimits { wait: Micros::from_secs(60), least: 2, run_takes: Micros::from_secs(100) };
        Barrier::new(Slice::try_new(1, 2).unwrap(), own, patience)
    }

    fn read(name: &str) -> NextMove {
        NextMove::Ask(StoreRequest::Read { name: name.into() })
    }

    #[test]
    fn who_sees_all_of_them_decides_and_everybody_obeys_what_stands_there() {
        let mut barrier = barrier();
        assert!(
            matches!(barrier.begin(0), NextMove::Ask(StoreRequest::Create { name, .. }) if name == "ready/1")
        );
        assert_eq!(barrier.next(StoreReply::Created, 1), read("start"));
        assert_eq!(barrier.next(StoreReply::Absent, 2), read("stop"));
        assert_eq!(barrier.next(StoreReply::Absent, 3), NextMove::Ask(StoreRequest::ListReady));
        assert_eq!(
            barrier.next(StoreReply::Listed(vec![1]), 4),
            NextMove::Ask(StoreRequest::Pause(POLL))
        );
        assert_eq!(barrier.missing(), [0]);
        barrier.next(StoreReply::Paused, 5);
        barrier.next(StoreReply::Absent, 6);
        barrier.next(StoreReply::Absent, 7);
        let proposed = barrier.next(StoreReply::Listed(vec![0, 1]), 1_000_000);
        let NextMove::Ask(StoreRequest::Create { name, text }) = proposed else {
            panic!("{proposed:?}")
        };
        insta::assert_snapshot!(format!("{name} {text}"), @r#"start {"decision":"go","at_us":8000000,"ends_by_us":108000000,"slices":[0,1]}"#);
        // Another one was quicker.
        assert_eq!(barrier.next(StoreReply::Exists, 1_100_000), read("start"));
        let theirs = StartDecision::Go { at_us: 7_900_000, ends_by_us: 0, slices: vec![0, 1] };
        assert_eq!(
            barrier.next(StoreReply::Found(theirs.to_json()), 1_200_000),
            NextMove::Over(Admission::Start { at_us: 7_900_000, slices: vec![0, 1] })
        );
    }

    #[test]
    fn a_second_holder_and_a_late_one_send_nothing() {
        let mut second = barrier();
        second.begin(0);
        assert_eq!(second.next(StoreReply::Exists, 1), read("ready/1"));
        let other = ReadyRecord { nonce: "b".into(), host: "two".into(), ..barrier().own };
        assert_eq!(
            second.next(StoreReply::Found(other.to_json()), 2),
            NextMove::Over(Admission::Held { by: other })
        );
        let go = |at_us, slices| {
            StoreReply::Found(StartDecision::Go { at_us, ends_by_us: 0, slices }.to_json())
        };
        for late in [go(9_000_000, vec![0]), go(100_000, vec![0, 1])] {
            let mut barrier = barrier();
            barrier.begin(90_000);
            barrier.next(StoreReply::Created, 90_000);
            let over = barrier.next(late, 90_000);
            assert!(matches!(over, NextMove::Over(Admission::Late { .. })), "{over:?}");
        }
    }

    #[test]
    fn a_claim_whose_reply_was_lost_is_recognised() {
        let mut barrier = barrier();
        barrier.begin(0);
        assert_eq!(barrier.next(StoreReply::Unknown, 1), NextMove::Ask(StoreRequest::Pause(AGAIN)));
        assert_eq!(barrier.next(StoreReply::Paused, 2), read("ready/1"));
        let own = barrier.own.to_json();
        assert_eq!(barrier.next(StoreReply::Found(own), 3), read("start"));
    }

    #[test]
    fn a_store_out_of_reach_ends_the_wait() {
        let mut barrier = barrier();
        barrier.begin(0);
        let late = 121_000_000;
        assert_eq!(barrier.next(StoreReply::Unknown, late), NextMove::Over(Admission::Unreachable));
    }
}
