//! One core: its slice of the schedule becomes shoppers, on a runtime of its own.
//!
//! Cores share nothing that a request touches. Each sends what it counted to the run once a second.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::machine::ThreadUse;
use super::stop::{Phase, StopSignal};
use crate::base::{Micros, Slice};
use crate::plan::{self, Plan};
use crate::schedule::{Arrival, Arrivals, Schedule, shopper_id};
use crate::shopper::transport::Clock;
use crate::shopper::{CoreContext, Env, JourneyRun};
use crate::tally::{End, OwnFault, Tally};

/// How many shoppers may be in the shop at once in one process; beyond, arrivals are counted as unstarted. Not a
/// model of anything: it keeps a run against a dead shop from filling the memory.
const MOST_AT_ONCE: u64 = 400_000;

/// The most that a shopper's task may take, in bytes: it is most of what 100,000 who think take. What only a request needs is on the heap
/// while it lasts.
const ROOM: usize = 3_072;

/// What is told of a shopper whom a bug of ours ended.
const PANICKED: &str = "a shopper's task panicked: please report it";

/// What a core needs besides the world that its shoppers share.
pub struct CorePlan {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Draws everything.
    pub seed: u64,
    /// This core's slice of the schedule.
    pub slice: Slice,
    /// Of how many cores in this process.
    pub cores: u32,
    /// How long shoppers may finish after the last arrival.
    pub drain: Micros,
    /// How long they may where the run is interrupted.
    pub drain_interrupted: Micros,
    /// Says when to stop.
    pub stop: StopSignal,
    /// Where deltas go.
    pub deltas: Sender<(Half, Tally)>,
    /// Whether the clock is a coarse one.
    pub coarse_timer: bool,
}

/// Whose tally it is: a duet has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The target's.
    Target,
    /// That of the shop beside it.
    Beside,
}

/// The shoppers of this core who are in the shop.
#[derive(Debug, Default)]
struct Crowd {
    inside: Cell<u64>,
    empty: Notify,
    closed: Cell<bool>,
    closing: Notify,
}

/// Runs a core to its end: arrivals, the drain, the last delta.
pub async fn run<E: Env>(core: CorePlan, world: Rc<CoreContext<E>>) {
    let crowd = Rc::new(Crowd::default());
    let reporter = Rc::new(Reporter::new(&core));
    let reporting = spawn_local(report(Rc::clone(&reporter), Rc::clone(&world)));
    let mut stop = core.stop.clone();
    let stopped = match core.plan.load.arrivals {
        plan::ArrivalModel::Closed { users, length } => {
            follow(&core, &world, &crowd, users, length, &mut stop).await
        }
        plan::ArrivalModel::Poisson(_) | plan::ArrivalModel::Paced(_) => {
            dispatch(&core, &world, &crowd, &mut stop).await
        }
    };
    drain(&core, &world, &crowd, &mut stop, stopped).await;
    reporting.abort();
    reporter.send(&world);
}

/// Starts every arrival of the slice at its time, and waits for nobody. True if the run was stopped.
async fn dispatch<E: Env>(
    core: &CorePlan,
    world: &Rc<CoreContext<E>>,
    crowd: &Rc<Crowd>,
    stop: &mut StopSignal,
) -> bool {
    let most = MOST_AT_ONCE / u64::from(core.cores);
    let mut arrivals = Schedule::new(&core.plan.load, core.seed).slice(core.slice);
    while let Some(arrival) = arrivals.next() {
        // Made before the moment, a shopper acts at it; made after those who came before have acted, it keeps nobody waiting.
        if world.clock.now() < arrival.at {
            tokio::task::yield_now().await;
        }
        // As in a task of its own, a bug of ours in one shopper ends no run.
        let visit = catch_unwind(AssertUnwindSafe(|| expected(world, arrival)));
        let stopped = tokio::select! {
            biased;
            () = stop.reached(Phase::Draining) => true,
            () = world.clock.sleep_until(arrival.at) => false,
        };
        if stopped {
            leave_unstarted(arrival, arrivals, world);
            return true;
        }
        halves(world).for_each(|(_, world)| world.tally.borrow_mut().planned(arrival.at));
        if crowd.inside.get() >= most {
            halves(world).for_each(|(_, world)| {
                world.tally.borrow_mut().unstarted(arrival.at, "too many shoppers at once")
            });
        } else if let Ok(visit) = visit {
            admit(world, crowd, visit, arrival, core.slice);
        } else {
            world.tally.borrow_mut().own_failure(OwnFault::Bug, PANICKED);
        }
        // Where arrivals are overdue nothing above waits: let those act who are in.
        tokio::task::consume_budget().await;
    }
    // What is planned lasts to the end of the profile, also after the last arrival.
    let rest = async { world.clock.sleep_until(core.plan.load.length()).await };
    tokio::select! {
        () = stop.reached(Phase::Draining) => true,
        () = rest => false,
    }
}

/// Arrivals that were due when the run was stopped, and not started yet.
fn leave_unstarted<E: Env>(first: Arrival, rest: Arrivals, world: &CoreContext<E>) {
    let now = world.clock.now();
    for arrival in std::iter::once(first).chain(rest).take_while(|arrival| arrival.at <= now) {
        for (_, world) in halves(world) {
            let mut tally = world.tally.borrow_mut();
            tally.planned(arrival.at);
            tally.unstarted(arrival.at, "stopped");
        }
    }
}

/// A closed load: each user is one shopper after the other, until the time is over. True if the run was stopped.
async fn follow<E: Env>(
    core: &CorePlan,
    world: &Rc<CoreContext<E>>,
    crowd: &Rc<Crowd>,
    users: u32,
    length: Micros,
    stop: &mut StopSignal,
) -> bool {
    tokio::select! {
        biased;
        () = stop.reached(Phase::Draining) => return true,
        () = world.clock.sleep_until(Micros::ZERO) => {}
    }
    for user in (0..users).filter(|user| core.slice.keeps(u64::from(*user))) {
        let (world, crowd, seed) = (Rc::clone(world), Rc::clone(crowd), core.seed);
        let mut stop = core.stop.clone();
        let inside = Inside::enter(&world, &crowd);
        spawn_local(async move {
            let _inside = inside;
            for round in 0u64.. {
                let at = world.clock.now();
                let over = tokio::select! { biased; () = stop.reached(Phase::Draining) => true, () = std::future::ready(()) => false };
                if over || at >= length {
                    break;
                }
                let ordinal = u64::from(user) + round * u64::from(users);
                world.tally.borrow_mut().planned(at);
                let mut visit =
                    expected(&world, Arrival { ordinal, shopper: shopper_id(seed, ordinal), at });
                let end = stay(&mut visit, &world, &crowd).await;
                visit.close(&world, end);
                tokio::task::consume_budget().await;
            }
        });
    }
    tokio::select! {
        () = stop.reached(Phase::Draining) => true,
        () = world.clock.sleep_until(length) => false,
    }
}

/// The shopper who should come then.
fn expected<E: Env>(world: &CoreContext<E>, arrival: Arrival) -> JourneyRun<E> {
    JourneyRun::new(world, arrival.shopper, arrival.ordinal, arrival.at)
}

/// Lets a shopper in.
fn admit<E: Env>(
    world: &Rc<CoreContext<E>>,
    crowd: &Rc<Crowd>,
    mut here: JourneyRun<E>,
    arrival: Arrival,
    slice: Slice,
) {
    let (world, crowd) = (Rc::clone(world), Rc::clone(crowd));
    let inside = Inside::enter(&world, &crowd);
    let task = async move {
        let _inside = inside;
        match world.beside.clone() {
            // In place: handed on to a future of its own, a visit would take its room twice.
            None => {
                let end = stay(&mut here, &world, &crowd).await;
                here.close(&world, end);
            }
            // Ordinals of a slice have its count between them. On the heap: a shopper in one shop needs no room for two.
            Some(beside) => {
                let here_first = (arrival.ordinal / u64::from(slice.of())).is_multiple_of(2);
                Box::pin(visit_both(&world, &beside, &crowd, here, arrival, here_first)).await;
            }
        }
    };
    debug_assert!(
        size_of_val(&task) <= ROOM,
        "a shopper's task takes {} bytes",
        size_of_val(&task)
    );
    spawn_local(task);
}

/// One shopper's visits to two shops at once. Who is asked first acts first: the shops take turns.
async fn visit_both<E: Env>(
    world: &CoreContext<E>,
    beside: &CoreContext<E>,
    crowd: &Crowd,
    here: JourneyRun<E>,
    arrival: Arrival,
    here_first: bool,
) {
    let enter = async |world, visit: JourneyRun<E>| {
        let mut visit = visit.in_two_shops();
        let end = stay(&mut visit, world, crowd).await;
        let answers = visit.paired_outcomes(end);
        visit.close(world, end);
        answers
    };
    // The one beside is made at the moment, before either acts: both have that time against them.
    let (here, there) = (enter(world, here), enter(beside, expected(beside, arrival)));
    let (here, there) = if here_first {
        tokio::join!(biased; here, there)
    } else {
        let (there, here) = tokio::join!(biased; there, here);
        (here, there)
    };
    let mut tally = world.tally.borrow_mut();
    for (of, failed) in here {
        // What only one of them came to can't be compared.
        if let Some((_, failed_beside)) = there.iter().find(|(other, _)| *other == of) {
            tally.paired(arrival.at, of, failed, *failed_beside);
        }
    }
}

/// A visit to its end, or to the end of the run. What follows is for its owner: moved in here, it would take its room twice.
async fn stay<E: Env>(visit: &mut JourneyRun<E>, world: &CoreContext<E>, crowd: &Crowd) -> End {
    tokio::select! {
        biased;
        () = crowd.closes() => End::Unfinished,
        end = visit.run(world) => end,
    }
}

/// The world, and the one beside it in a duet.
fn halves<E: Env>(world: &CoreContext<E>) -> impl Iterator<Item = (Half, &CoreContext<E>)> {
    std::iter::once((Half::Target, world))
        .chain(world.beside.as_deref().map(|beside| (Half::Beside, beside)))
}

/// Waits for those inside, for as long as they may; then cuts them.
async fn drain<E: Env>(
    core: &CorePlan,
    world: &CoreContext<E>,
    crowd: &Crowd,
    stop: &mut StopSignal,
    stopped: bool,
) {
    let patience = if stopped { core.drain_interrupted } else { core.drain };
    let mut until = world.clock.now().saturating_add(patience);
    if !stopped {
        // An interrupt during the drain shortens it.
        tokio::select! {
            () = crowd.empties() => return,
            () = world.clock.sleep_until(until) => {}
            () = stop.reached(Phase::Draining) => until = until.min(world.clock.now().saturating_add(core.drain_interrupted)),
        }
    }
    tokio::select! {
        () = crowd.empties() => return,
        () = world.clock.sleep_until(until) => {}
        () = stop.reached(Phase::Cut) => {}
    }
    crowd.close();
    crowd.empties().await;
}

/// A shopper's place in the crowd, given up when the task ends, however it ends.
struct Inside<E: Env> {
    world: Rc<CoreContext<E>>,
    crowd: Rc<Crowd>,
}

// === impl Inside ===

impl<E: Env> Inside<E> {
    fn enter(world: &Rc<CoreContext<E>>, crowd: &Rc<Crowd>) -> Inside<E> {
        crowd.enter();
        Inside { world: Rc::clone(world), crowd: Rc::clone(crowd) }
    }
}

impl<E: Env> Drop for Inside<E> {
    fn drop(&mut self) {
        // A bug of ours in one shopper must neither hang the run nor pass unseen.
        if std::thread::panicking()
            && let Ok(mut tally) = self.world.tally.try_borrow_mut()
        {
            tally.own_failure(OwnFault::Bug, PANICKED);
        }
        self.crowd.leave();
    }
}

// === impl Crowd ===

impl Crowd {
    fn enter(&self) {
        self.inside.set(self.inside.get() + 1);
    }

    fn leave(&self) {
        self.inside.set(self.inside.get() - 1);
        if self.inside.get() == 0 {
            self.empty.notify_waiters();
        }
    }

    async fn empties(&self) {
        while self.inside.get() > 0 {
            self.empty.notified().await;
        }
    }

    fn close(&self) {
        self.closed.set(true);
        self.closing.notify_waiters();
    }

    async fn closes(&self) {
        while !self.closed.get() {
            self.closing.notified().await;
        }
    }
}

/// Sends deltas, with what the thread took since the last one.
struct Reporter {
    deltas: Sender<(Half, Tally)>,
    last: Cell<(ThreadUse, Micros)>,
    coarse_timer: bool,
}

/// Sends a delta at each full second.
async fn report<E: Env>(reporter: Rc<Reporter>, world: Rc<CoreContext<E>>) {
    loop {
        let next = Micros::from_secs(u64::from(world.clock.now().second()) + 1);
        world.clock.sleep_until(next).await;
        reporter.send(&world);
    }
}

// === impl Reporter ===

impl Reporter {
    fn new(core: &CorePlan) -> Reporter {
        let (deltas, coarse_timer) = (core.deltas.clone(), core.coarse_timer);
        Reporter { deltas, last: Cell::new((ThreadUse::now(), Micros::ZERO)), coarse_timer }
    }

    fn send<E: Env>(&self, world: &CoreContext<E>) {
        let (now, used) = (world.clock.now(), ThreadUse::now());
        let (before, then) = self.last.replace((used, now));
        let (cpu, wall) = (used.cpu.since(before.cpu), now.since(then));
        for (half, world) in halves(world) {
            let mut delta = world.tally.borrow_mut().take();
            let generator = &mut delta.generator;
            generator.cpu = cpu;
            generator.wall = wall;
            generator.run_queue = used.run_queue.since(before.run_queue);
            generator.coarse_timer = self.coarse_timer;
            // A share of less than half a second says little.
            if wall >= Micros::from_millis(500) {
                generator.busiest_permille = cpu.0 * 1_000 / wall.0;
            }
            // A run that no longer listens has ended: there is nobody left to tell.
            let _ = self.deltas.send((half, delta));
        }
    }
}
