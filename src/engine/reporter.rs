//! What a core counted, sent once a second.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::Sender;

use super::machine::ThreadUse;
use crate::base::Micros;
use crate::shopper::transport::Clock;
use crate::shopper::{CoreContext, Env};
use crate::tally::Tally;

/// Which shop a tally is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopRole {
    /// The shop under test.
    Target,
    /// The second shop of a paired run.
    Baseline,
}

/// The context of each shop: of two in a paired run.
pub(super) fn each_shop<E: Env>(
    context: &CoreContext<E>,
) -> impl Iterator<Item = (ShopRole, &CoreContext<E>)> {
    std::iter::once((ShopRole::Target, context))
        .chain(context.baseline.as_deref().map(|baseline| (ShopRole::Baseline, baseline)))
}

/// Sends deltas, with what the thread took since the last one.
pub(super) struct Reporter {
    deltas: Sender<(ShopRole, Tally)>,
    last: Cell<(ThreadUse, Micros)>,
    coarse_timer: bool,
}

/// Sends a delta at each full second.
pub(super) async fn report<E: Env>(reporter: Rc<Reporter>, context: Rc<CoreContext<E>>) {
    loop {
        let next = Micros::from_secs(u64::from(context.clock.now().second()) + 1);
        context.clock.sleep_until(next).await;
        reporter.send(&context);
    }
}

// === impl Reporter ===

impl Reporter {
    pub(super) fn new(deltas: Sender<(ShopRole, Tally)>, coarse_timer: bool) -> Reporter {
        Reporter { deltas, last: Cell::new((ThreadUse::now(), Micros::ZERO)), coarse_timer }
    }

    pub(super) fn send<E: Env>(&self, context: &CoreContext<E>) {
        let (now, used) = (context.clock.now(), ThreadUse::now());
        let (before, then) = self.last.replace((used, now));
        let (cpu, wall) = (used.cpu.since(before.cpu), now.since(then));
        for (role, context) in each_shop(context) {
            let mut delta = context.tally.borrow_mut().take();
            let generator = &mut delta.generator;
            generator.cpu = cpu;
            generator.wall = wall;
            generator.run_queue = used.run_queue.since(before.run_queue);
            generator.coarse_timer = self.coarse_timer;
            // A share of less than half a second says little.
            if wall >= Micros::from_millis(500) {
                generator.busiest_permille = cpu.0 * 1_000 / wall.0;
            }
            // A run that no longer listens has ended: nobody is left to receive it.
            let _ = self.deltas.send((role, delta));
        }
    }
}
