//! A session as a trip: what the shopper did, with redirects and repeated tries folded.

use super::template::{KindId, PathTemplates};
use crate::import::collect::{SessionHead, Visit};

/// The answer to a form leads on within this time, in microseconds.
const REDIRECT: i64 = 2_000_000;
/// A shopper tries again within this time, in microseconds.
const RETRY: i64 = 600_000_000;

/// A session through templates.
#[derive(Clone, Debug)]
pub struct Trip {
    /// What is kept of the session.
    pub head: SessionHead,
    /// What was done, in order.
    pub acts: Vec<Act>,
    /// What was done up to this moment is known to have been the last, if nothing follows: the log goes on long enough.
    pub told_until: i64,
}

/// A step of a trip, with all its tries.
#[derive(Clone, Debug)]
pub struct Act {
    /// What was asked for.
    pub kind: KindId,
    /// When the first try began, in microseconds since 1970.
    pub start: i64,
    /// When the last try ended.
    pub end: i64,
    /// Whether the last try worked.
    pub ok: bool,
    /// When each failed try ended, and when the next one began.
    pub failures: Vec<(i64, Option<i64>)>,
}

// === impl Trip ===

impl Trip {
    /// The trip of a session.
    pub fn new(
        head: SessionHead,
        visits: &[Visit],
        templates: &PathTemplates,
        told_until: i64,
    ) -> Trip {
        let mut acts: Vec<Act> = Vec::new();
        let mut redirected: Option<i64> = None;
        for visit in visits {
            let end = visit.start + i64::from(visit.duration.unwrap_or(0)) * 1_000;
            let follows = redirected.is_some_and(|at| visit.start - at <= REDIRECT)
                && visit.method == crate::import::collect::VisitMethod::Get;
            redirected =
                (300..400).contains(&visit.status).then_some(end).filter(|_| visit.status != 304);
            if follows {
                if let Some(last) = acts.last_mut() {
                    last.end = last.end.max(end);
                    // Where the shopper was led to fails: so has what led there.
                    if visit.failed && last.ok {
                        last.ok = false;
                        last.failures.push((end, None));
                    }
                }
                continue;
            }
            let Some(kind) = templates.kind(visit.node, visit.method) else { continue };
            match acts.last_mut() {
                Some(last) if last.kind == kind && !last.ok && visit.start - last.end <= RETRY => {
                    if let Some((_, next)) = last.failures.last_mut() {
                        *next = Some(visit.start);
                    }
                    last.record_try(end, visit.failed);
                }
                Some(_) | None => {
                    let mut act =
                        Act { kind, start: visit.start, end, ok: true, failures: Vec::new() };
                    act.record_try(end, visit.failed);
                    acts.push(act);
                }
            }
        }
        Trip { head, acts, told_until }
    }

    /// Whether it has this act, done well.
    pub fn did(&self, kind: KindId) -> bool {
        self.acts.iter().any(|act| act.kind == kind && act.ok)
    }

    /// The pauses before each act but the first, in milliseconds; none where something failed in between. Behind stamps of whole
    /// seconds one may be below nothing.
    pub fn pauses(&self) -> impl Iterator<Item = (usize, i32)> + '_ {
        self.acts.windows(2).enumerate().filter_map(|(i, pair)| {
            let pause = (pair[1].start - pair[0].end) / 1_000;
            pair[0].failures.is_empty().then_some((i + 1, i32::try_from(pause).unwrap_or(i32::MAX)))
        })
    }
}

// === impl Act ===

impl Act {
    fn record_try(&mut self, end: i64, failed: bool) {
        self.end = self.end.max(end);
        self.ok = !failed;
        if failed {
            self.failures.push((end, None));
        }
    }
}
