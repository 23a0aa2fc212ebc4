//! One core: its slice of the schedule becomes shoppers, on a runtime of its own.
//!
//! Cores share nothing that a request touches. Each sends what it counted to the run once a second.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::task::spawn_local;

use super::in_flight::{InFlight, InFlightGuard, TASK_PANICKED};
use super::reporter::{Reporter, ShopRole, each_shop, report};
use super::shopper_task::{new_shopper, run_until_cut, spawn};
use super::stop::{Phase, StopSignal};
use crate::base::{Micros, Slice};
use crate::plan::{self, Plan};
use crate::schedule::{Arrival, Schedule, SliceArrivals, shopper_id};
use crate::shopper::transport::Clock;
use crate::shopper::{CoreContext, Env};
use crate::tally::{OwnFault, Tally};

/// How many shoppers may be in the shop at once in one process; beyond, arrivals are counted as unstarted. Not a
/// model of anything: it keeps a run against a dead shop from filling the memory.
const MAX_IN_FLIGHT: u64 = 400_000;

/// What a core needs besides the context that its shoppers share.
pub struct WorkerOptions {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Seeds all draws.
    pub seed: u64,
    /// This core's slice of the schedule.
    pub slice: Slice,
    /// How many cores this process uses.
    pub cores: u32,
    /// How long shoppers may finish after the last arrival.
    pub drain: Micros,
    /// How long they may where the run is interrupted.
    pub drain_interrupted: Micros,
    /// When to stop.
    pub stop: StopSignal,
    /// Where deltas go.
    pub deltas: Sender<(ShopRole, Tally)>,
    /// Whether the clock is a coarse one.
    pub coarse_timer: bool,
}

/// Runs a core to its end: arrivals, the drain, the last delta.
pub async fn run<E: Env>(core: WorkerOptions, context: Rc<CoreContext<E>>) {
    let in_flight = Rc::new(InFlight::default());
    let reporter = Rc::new(Reporter::new(core.deltas.clone(), core.coarse_timer));
    let reporting = spawn_local(report(Rc::clone(&reporter), Rc::clone(&context)));
    let mut stop = core.stop.clone();
    let stopped = match core.plan.load.arrivals {
        plan::ArrivalModel::Closed { users, length } => {
            run_closed(&core, &context, &in_flight, users, length, &mut stop).await
        }
        plan::ArrivalModel::Poisson(_)
        | plan::ArrivalModel::Paced(_)
        | plan::ArrivalModel::Bursty(..) => run_open(&core, &context, &in_flight, &mut stop).await,
    };
    drain(&core, &context, &in_flight, &mut stop, stopped).await;
    reporting.abort();
    reporter.send(&context);
}

/// Starts every arrival of the slice at its time, and waits for nobody. True if the run was stopped.
async fn run_open<E: Env>(
    core: &WorkerOptions,
    context: &Rc<CoreContext<E>>,
    in_flight: &Rc<InFlight>,
    stop: &mut StopSignal,
) -> bool {
    let most = MAX_IN_FLIGHT / u64::from(core.cores);
    let mut arrivals = Schedule::new(&core.plan.load, core.seed).slice(core.slice);
    while let Some(arrival) = arrivals.next() {
        // A shopper made before the moment acts at it, and keeps nobody waiting if made after earlier ones have acted.
        if context.clock.now() < arrival.at {
            tokio::task::yield_now().await;
        }
        // As in a task of its own, a bug of ours in one shopper ends no run.
        let journey = catch_unwind(AssertUnwindSafe(|| new_shopper(context, arrival)));
        let stopped = tokio::select! {
            biased;
            () = stop.wait_for(Phase::Draining) => true,
            () = context.clock.sleep_until(arrival.at) => false,
        };
        if stopped {
            count_unstarted(arrival, arrivals, context);
            return true;
        }
        each_shop(context)
            .for_each(|(_, context)| context.tally.borrow_mut().record_planned(arrival.at));
        if in_flight.count() >= most {
            each_shop(context).for_each(|(_, context)| {
                context.tally.borrow_mut().record_unstarted(arrival.at, "too many shoppers at once")
            });
        } else if let Ok(journey) = journey {
            spawn(context, in_flight, journey, arrival, core.slice);
        } else {
            context.tally.borrow_mut().own_failure(OwnFault::Bug, TASK_PANICKED);
        }
        // Where arrivals are overdue, nothing above waits: let those in the shop act.
        tokio::task::consume_budget().await;
    }
    // What is planned lasts to the end of the profile, also after the last arrival.
    let rest = async { context.clock.sleep_until(core.plan.load.length()).await };
    tokio::select! {
        () = stop.wait_for(Phase::Draining) => true,
        () = rest => false,
    }
}

/// Arrivals that were due when the run was stopped, and not started yet.
fn count_unstarted<E: Env>(first: Arrival, rest: SliceArrivals, context: &CoreContext<E>) {
    let now = context.clock.now();
    for arrival in std::iter::once(first).chain(rest).take_while(|arrival| arrival.at <= now) {
        for (_, context) in each_shop(context) {
            let mut tally = context.tally.borrow_mut();
            tally.record_planned(arrival.at);
            tally.record_unstarted(arrival.at, "stopped");
        }
    }
}

/// A closed load: each user is one shopper after the other, until the time is over. True if the run was stopped.
async fn run_closed<E: Env>(
    core: &WorkerOptions,
    context: &Rc<CoreContext<E>>,
    in_flight: &Rc<InFlight>,
    users: u32,
    length: Micros,
    stop: &mut StopSignal,
) -> bool {
    tokio::select! {
        biased;
        () = stop.wait_for(Phase::Draining) => return true,
        () = context.clock.sleep_until(Micros::ZERO) => {}
    }
    for user in (0..users).filter(|user| core.slice.keeps(u64::from(*user))) {
        let (context, in_flight, seed) = (Rc::clone(context), Rc::clone(in_flight), core.seed);
        let mut stop = core.stop.clone();
        let guard = InFlightGuard::enter(&context, &in_flight);
        spawn_local(async move {
            let _guard = guard;
            for round in 0u64.. {
                let at = context.clock.now();
                let over = tokio::select! { biased; () = stop.wait_for(Phase::Draining) => true, () = std::future::ready(()) => false };
                if over || at >= length {
                    break;
                }
                let ordinal = u64::from(user) + round * u64::from(users);
                context.tally.borrow_mut().record_planned(at);
                let mut journey = new_shopper(
                    &context,
                    Arrival { ordinal, shopper: shopper_id(seed, ordinal), at },
                );
                let end = run_until_cut(&mut journey, &context, &in_flight).await;
                journey.close(&context, end);
                tokio::task::consume_budget().await;
            }
        });
    }
    tokio::select! {
        () = stop.wait_for(Phase::Draining) => true,
        () = context.clock.sleep_until(length) => false,
    }
}

/// Waits for those in the shop as long as they may finish; then cuts them.
async fn drain<E: Env>(
    core: &WorkerOptions,
    context: &CoreContext<E>,
    in_flight: &InFlight,
    stop: &mut StopSignal,
    stopped: bool,
) {
    let drain = if stopped { core.drain_interrupted } else { core.drain };
    let mut until = context.clock.now().saturating_add(drain);
    if !stopped {
        // An interrupt during the drain shortens it.
        tokio::select! {
            () = in_flight.wait_until_empty() => return,
            () = context.clock.sleep_until(until) => {}
            () = stop.wait_for(Phase::Draining) => until = until.min(context.clock.now().saturating_add(core.drain_interrupted)),
        }
    }
    tokio::select! {
        () = in_flight.wait_until_empty() => return,
        () = context.clock.sleep_until(until) => {}
        () = stop.wait_for(Phase::Cut) => {}
    }
    in_flight.cut();
    in_flight.wait_until_empty().await;
}
