//! A run, from its options to its end.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use tokio::task::LocalSet;

use super::budget::Budget;
use super::epoch::Epoch;
use super::options::RunOptions;
use super::purchase_log::{PurchaseLogFile, PurchaseLogWriter};
use super::rate_limit::RateLimitGate;
use super::reporter::ShopRole;
use super::stop::Stop;
use super::worker::{self, WorkerOptions};
use crate::base::redact;
use crate::plan::{Plan, Value};
use crate::shopper::browser::settings::SessionSettings;
use crate::shopper::transport::{HttpSetupError, HttpTransport};
use crate::shopper::{CoreContext, MeetingPoints, ReturningPool};
use crate::tally::Tally;

/// What is left to report when a run has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// Why purchases could not be logged, if they could not: the run was ended for that.
    pub purchase_log_error: Option<String>,
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

/// Carries a run out, to its end or until `stop` says so. Blocks; `on_delta` is called on this thread about once a
/// second for each core.
///
/// # Errors
/// When a core can't come up. Then nothing was sent.
pub fn run(
    plan: &Arc<Plan>,
    options: &RunOptions,
    stop: &Arc<Stop>,
    mut on_delta: impl FnMut(ShopRole, Tally),
) -> Result<RunEnd, EngineError> {
    let cores = options.cores.max(1);
    let budget = Budget::new(options.stop_rules, options.slice, stop);
    // Each shop of a paired run has its own: shoppers wait for others in the same shop.
    let rendezvous = [(), ()].map(|()| Arc::new(MeetingPoints::new(plan, options.slice)));
    let (deltas, receiver) = channel();
    let epoch = Epoch::in_from_now(options.starts_in);
    let ready = thread::Builder::new().name("redact".into()).spawn(|| {
        redact::prepare();
        Ok(())
    })?;
    let mut threads = vec![ready];
    for (place, slice) in options.slice.split(cores).into_iter().enumerate() {
        let worker = WorkerOptions {
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
        let (options, budget, rendezvous, epoch) =
            (options.clone(), budget.clone(), rendezvous.clone(), epoch.clone());
        let body = move || run_worker(worker, &options, budget, rendezvous, &epoch);
        threads.push(thread::Builder::new().name(format!("core-{place}")).spawn(body)?);
    }
    drop(deltas);
    receiver.iter().for_each(|(role, delta)| on_delta(role, delta));
    for thread in threads {
        match thread.join() {
            Ok(result) => result?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    let baseline = options.baseline.as_ref().and_then(|shop| shop.purchases.as_ref());
    options.purchases.iter().chain(baseline).for_each(PurchaseLogFile::finish);
    Ok(RunEnd { purchase_log_error: budget.log_error() })
}

/// The body of a core's thread.
fn run_worker(
    worker: WorkerOptions,
    options: &RunOptions,
    budget: Budget,
    [target_rendezvous, baseline_rendezvous]: [Arc<MeetingPoints>; 2],
    epoch: &Epoch,
) -> Result<(), EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async move {
        let clock = epoch.clock()?;
        let context = |session: &SessionSettings,
                       run: &str,
                       purchases: Option<PurchaseLogFile>,
                       rendezvous,
                       baseline| {
            // Limits are for the whole run: each core of each slice takes an equal share of them.
            let (limits, shares) = (&worker.plan.limits, worker.slice.of());
            let gate = RateLimitGate::new(clock.clone(), limits, shares, budget.clone());
            Ok::<_, EngineError>(Rc::new(CoreContext::<(_, _, _)> {
                plan: Arc::clone(&worker.plan),
                transport: HttpTransport::try_new(options.http.clone(), clock.clone())?,
                clock: clock.clone(),
                gate: Rc::new(gate),
                settings: Rc::new(session.clone()),
                targets: session.in_each(worker.plan.target_urls()),
                run: Rc::from(run),
                shared: options
                    .shared
                    .iter()
                    .map(|(var, value)| (*var, Value::of_json(value)))
                    .collect(),
                tally: Tally::new(worker.plan.tally_shape()).into(),
                purchase_log: Rc::new(PurchaseLogWriter::new(purchases, budget.clone())),
                returning: ReturningPool::default().into(),
                rendezvous,
                observer: None,
                baseline,
                skip_delays: false,
                never_abandon: false,
            }))
        };
        let baseline = options
            .baseline
            .as_ref()
            .map(|shop| {
                context(&shop.session, &shop.run, shop.purchases.clone(), baseline_rendezvous, None)
            })
            .transpose()?;
        let target = context(
            &options.session,
            &options.run,
            options.purchases.clone(),
            target_rendezvous,
            baseline,
        )?;
        worker::run(worker, target).await;
        Ok(())
    })
}
