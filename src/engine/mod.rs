//! The effects: arrivals become shoppers at their time, on one runtime per core.
//!
//! ```text
//! schedule ─► core 0 ─► shoppers ─► tally ─┐ once a second
//!        └──► core 1 ─► shoppers ─► tally ─┴─► on_delta (merge, write, show)
//! ```
//!
//! The engine never sees a report: whoever runs it gets deltas, whose sum is the run.

mod caps;
mod clock;
mod core;
mod ledger;
mod machine;
mod stop;
#[cfg(test)]
mod tests;
#[cfg(target_os = "linux")]
mod waking;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::channel;
use std::thread;

use tokio::task::LocalSet;

use crate::base::{Micros, Slice, redact};
use crate::plan::Plan;
use crate::shopper::browser::session::SessionSettings;
use crate::shopper::transport::{HttpOptions, HttpSetupError, HttpTransport};
use crate::shopper::{CoreContext, MeetingPoints, ReturningPool};
use crate::tally::{Part, Shape, Tally};

pub use self::caps::{Budget, Caps};
#[cfg(target_os = "linux")]
pub use self::clock::PreciseClock;
pub use self::clock::TokioClock;
pub use self::core::{CorePlan, Half};
pub use self::ledger::{PurchaseFile, PurchasePen};
pub use self::machine::{cores, peak_rss_kib, raise_file_limit};
pub use self::stop::{Phase, Stop, StopCause, StopSignal};

/// How a run is to be carried out; what is run is in the plan.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Draws everything.
    pub seed: u64,
    /// The share of the schedule that this process takes.
    pub slice: Slice,
    /// How many cores it uses.
    pub cores: u32,
    /// How long from now the planned start is. At least the time that threads need to come up.
    pub starts_in: Micros,
    /// How long shoppers may finish after the last arrival.
    pub drain: Micros,
    /// How long they may where the run is interrupted.
    pub drain_interrupted: Micros,
    /// Names this run to the shop.
    pub run: String,
    /// What all sessions have in common.
    pub session: SessionSettings,
    /// How to speak to the shop.
    pub http: HttpOptions,
    /// Where purchases are remembered, if anywhere.
    pub purchases: Option<PurchaseFile>,
    /// Requests in all, at most.
    pub max_requests: Option<u64>,
    /// Purchase attempts in all, at most.
    pub max_orders: Option<u64>,
    /// Another shop that the same shoppers go to at the same time. It has the same bounds, and shares those of the whole run.
    pub beside: Option<Beside>,
}

/// The other shop of a duet.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Names this half of the run to the shop.
    pub run: String,
    /// What all sessions in it have in common.
    pub session: SessionSettings,
    /// Where purchases are remembered, if anywhere.
    pub purchases: Option<PurchaseFile>,
}

/// Why a run can't be carried out.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The system gives no thread, runtime or timer.
    #[error("the system refuses what a core needs: {0}")]
    System(#[from] io::Error),
    /// The transport can't be set up.
    #[error(transparent)]
    Transport(#[from] HttpSetupError),
}

/// The shape of the tally of a plan.
pub fn shape_of(plan: &Plan) -> Shape {
    Shape {
        steps: plan.steps.len(),
        units: plan.units.len(),
        journeys: plan.journeys.len(),
        journey_units: plan.journeys.iter().map(|journey| journey.units.len()).collect(),
        attributes: plan
            .shoppers
            .attributes
            .iter()
            .map(|attribute| attribute.values.len())
            .collect(),
        observed: plan.observed.len(),
        parts: Part::all_of(plan.objectives.iter().map(|objective| &objective.only[..])),
        block: Shape::block_for(plan.load.length()),
    }
}

/// Carries a run out, to its end or until `stop` says so. Blocks; `on_delta` is called on this thread about once a
/// second for each core.
///
/// # Errors
/// When a core can't come up. Then nothing was sent.
pub fn run(
    plan: &Arc<Plan>,
    options: &RunOptions,
    stop: &Arc<Stop>,
    mut on_delta: impl FnMut(Half, Tally),
) -> Result<(), EngineError> {
    let cores = options.cores.max(1);
    // A bound is for the whole run: each slice takes its share, so that all of them together keep it.
    let (index, of) = (u64::from(options.slice.index()), u64::from(options.slice.of()));
    let share = |most: u64| Arc::new(AtomicU64::new(most / of + u64::from(index < most % of)));
    let budget = Budget {
        requests: options.max_requests.map(share),
        orders: options.max_orders.map(share),
        stop: Arc::clone(stop),
        ..Budget::default()
    };
    // Of each half of a duet its own: shoppers wait for others in the same shop.
    let barriers = [(), ()].map(|()| Arc::new(MeetingPoints::new(plan, options.slice)));
    let (deltas, receiver) = channel();
    let epoch = Epoch::in_from_now(options.starts_in);
    let ready = thread::Builder::new().name("redact".into()).spawn(|| {
        redact::prepare();
        Ok(())
    })?;
    let mut threads = vec![ready];
    for (place, slice) in options.slice.split(cores).into_iter().enumerate() {
        let core = CorePlan {
            plan: Arc::clone(plan),
            seed: options.seed,
            slice,
            cores,
            drain: options.drain,
            drain_interrupted: options.drain_interrupted,
            stop: stop.signal(),
            deltas: deltas.clone(),
            coarse_timer: !cfg!(target_os = "linux"),
        };
        let (options, budget, barriers, epoch) =
            (options.clone(), budget.clone(), barriers.clone(), epoch.clone());
        let body = move || run_core(core, &options, budget, barriers, &epoch);
        threads.push(thread::Builder::new().name(format!("core-{place}")).spawn(body)?);
    }
    drop(deltas);
    receiver.iter().for_each(|(half, delta)| on_delta(half, delta));
    for thread in threads {
        match thread.join() {
            Ok(result) => result?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    Ok(())
}

/// The planned start, on the clock that the platform has.
#[derive(Clone)]
struct Epoch {
    #[cfg(target_os = "linux")]
    at: u64,
    #[cfg(not(target_os = "linux"))]
    at: tokio::time::Instant,
}

// === impl Epoch ===

#[cfg(target_os = "linux")]
impl Epoch {
    fn in_from_now(wait: Micros) -> Epoch {
        Epoch { at: PreciseClock::monotonic() + wait.0 * 1_000 }
    }

    fn clock(&self) -> io::Result<PreciseClock> {
        PreciseClock::start(self.at)
    }
}

#[cfg(not(target_os = "linux"))]
impl Epoch {
    fn in_from_now(wait: Micros) -> Epoch {
        Epoch { at: tokio::time::Instant::now() + std::time::Duration::from(wait) }
    }

    fn clock(&self) -> io::Result<TokioClock> {
        Ok(TokioClock::start(self.at))
    }
}

/// The body of a core's thread.
fn run_core(
    core: CorePlan,
    options: &RunOptions,
    budget: Budget,
    [here, there]: [Arc<MeetingPoints>; 2],
    epoch: &Epoch,
) -> Result<(), EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async move {
        let clock = epoch.clock()?;
        let world = |session: &SessionSettings,
                     run: &str,
                     purchases: Option<PurchaseFile>,
                     barriers,
                     beside| {
            // Limits are for the whole run: each core of each slice takes an equal share of them.
            let gate = Caps::new(clock.clone(), &core.plan.limits, core.slice.of(), budget.clone());
            Ok::<_, EngineError>(Rc::new(CoreContext::<(_, _, _)> {
                plan: Arc::clone(&core.plan),
                transport: HttpTransport::try_new(options.http.clone(), clock.clone())?,
                clock: clock.clone(),
                gate: Rc::new(gate),
                settings: Rc::new(session.clone()),
                run: Rc::from(run),
                tally: Tally::new(shape_of(&core.plan)).into(),
                purchase_log: Rc::new(PurchasePen::new(purchases, budget.clone())),
                returning: ReturningPool::default().into(),
                rendezvous: barriers,
                observer: None,
                beside,
                skip_delays: false,
                never_abandon: false,
            }))
        };
        let beside = options
            .beside
            .as_ref()
            .map(|other| world(&other.session, &other.run, other.purchases.clone(), there, None))
            .transpose()?;
        let world = world(&options.session, &options.run, options.purchases.clone(), here, beside)?;
        core::run(core, world).await;
        Ok(())
    })
}
