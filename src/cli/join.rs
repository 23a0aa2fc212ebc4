//! `run --join`: a slice meets the others in an object store before it sends anything.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use super::args::RunArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::random::{random_bits, random_name};
use super::screen::Screen;
use super::signals::flag_on_signal;
use crate::base::{Micros, Slice};
use crate::join::{
    Admission, Barrier, ClockOffset, NextMove, RUN, ReadyRecord, RunRecord, StoreRequest,
    WaitLimits,
};
use crate::plan::Plan;
use crate::schedule::workload_digest;
use crate::store::{RunStore, StoreError};

/// How often the one who waits says for whom.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How often a wait looks for a signal.
const SIGNAL_EVERY: Micros = Micros::from_millis(100);
/// With a clock that is known less well than this, a warning is due.
const WORTH_A_WARNING: Micros = Micros::from_millis(250);
/// How long a slice may take to deliver after its last shopper.
const DELIVERY: Micros = Micros::from_secs(120);

/// A slice that has joined a run, before its start.
pub struct Joining {
    store: RunStore,
    slice: Slice,
    run: RunRecord,
    nonce: String,
    clock: ClockOffset,
    patience: WaitLimits,
    signalled: Arc<AtomicBool>,
}

/// A slice that is to begin.
pub struct JoinedStart {
    /// The store.
    pub store: RunStore,
    /// The planned start, in the store's clock.
    pub at: Timestamp,
    /// How long it is until then.
    pub starts_in: Micros,
    /// Whether a signal came meanwhile.
    pub signalled: Arc<AtomicBool>,
}

// === impl Joining ===

impl Joining {
    /// Tries the store, and joins the run that is there, or makes it.
    ///
    /// # Errors
    /// When the store can't be used, or the run there is another one.
    pub fn open(
        url: &Url,
        args: &RunArgs,
        slice: Slice,
        plan: &Plan,
        screen: Screen,
    ) -> Result<Joining, Failure> {
        if !args.files.outputs().is_empty() {
            return Err(Failure::usage(anyhow!(
                "with --join, a slice writes no reports of its own"
            ))
            .help("give --json, --junit and the like to `tillrush merge`, which judges the run"));
        }
        // Before anything waits: process 1 of a container ignores signals that nobody handles.
        let signalled = flag_on_signal().context("can't listen for signals")?;
        let least = args.join.least.unwrap_or(slice.of());
        if least > slice.of() {
            let error = anyhow!("--join-least {least} is more than the {} slices", slice.of());
            return Err(Failure::usage(error));
        }
        let store = RunStore::open(url).map_err(Failure::usage)?;
        let nonce = format!("{}{}", random_name(), random_name());
        let probe = store.try_permissions(&nonce).map_err(no_permission)?;
        let clock = store.measure_clock(&probe).map_err(no_permission)?;
        // It is removed out of tidiness only: nobody needs the permission.
        let _ = store.delete(&probe);
        tell_clock(clock, screen);
        let own = RunRecord {
            tool: concat!("tillrush ", env!("CARGO_PKG_VERSION")).to_owned(),
            slices: slice.of(),
            seed: args.seed.unwrap_or_else(random_bits),
            workload_digest: workload_digest(plan),
            name: plan.name.clone(),
        };
        let run = agree(&store, &own, args.seed)?;
        let run_takes = plan.load.length() + args.drain + DELIVERY;
        let patience = WaitLimits { wait: args.join.wait, least, run_takes };
        Ok(Joining { store, slice, run, nonce, clock, patience, signalled })
    }

    /// The seed that all slices have in common.
    pub const fn seed(&self) -> u64 {
        self.run.seed
    }

    /// Waits for the common start.
    ///
    /// # Errors
    /// With exit 108 when this slice is to send nothing; with exit 105 at a signal.
    pub fn wait_for_start(self, screen: Screen) -> Result<JoinedStart, Failure> {
        let own = ReadyRecord {
            nonce: self.nonce.clone(),
            host: host(),
            tool: self.run.tool.clone(),
            clock_offset_us: self.clock.offset_us,
            clock_error_us: self.clock.error_us,
        };
        let mut barrier = Barrier::new(self.slice, own, self.patience);
        let (at_us, slices) = match self.pass(&mut barrier, screen)? {
            Admission::Start { at_us, slices } => (at_us, slices),
            other @ (Admission::Held { .. }
            | Admission::Late { .. }
            | Admission::CalledOff { .. }
            | Admission::Stopped(_)
            | Admission::Unreachable
            | Admission::Unreadable { .. }) => return Err(self.refusal(other)),
        };
        if slices.len() < self.slice.of() as usize {
            screen.notice(&format!(
                "warning: the run starts with {} of {} slices; it is incomplete",
                slices.len(),
                self.slice.of()
            ));
        }
        let starts_in = Micros(u64::try_from(at_us - self.store.now_us()).unwrap_or(0));
        let at = Timestamp::from_microsecond(at_us).context("the start time is out of range")?;
        screen.notice(&format!("slice {} starts in {starts_in}", self.slice));
        Ok(JoinedStart { store: self.store, at, starts_in, signalled: self.signalled })
    }

    fn pass(&self, barrier: &mut Barrier, screen: Screen) -> Result<Admission, Failure> {
        let mut told: Option<Instant> = None;
        let mut next = barrier.begin(self.store.now_us());
        loop {
            let act = match next {
                NextMove::Over(outcome) => return Ok(outcome),
                NextMove::Ask(act) => act,
            };
            if told.is_none_or(|at| at.elapsed() >= TELL_EVERY)
                && matches!(act, StoreRequest::Pause(_))
            {
                told = Some(Instant::now());
                screen.notice(&format!(
                    "waiting for slices {} of {}",
                    list_indices(&barrier.missing()),
                    self.slice.of()
                ));
            }
            let reply = self.carry_out(&act, screen);
            if self.signalled.load(Ordering::Relaxed) {
                let error = anyhow!("interrupted before the start; nothing was sent");
                return Err(Failure::new(Exit::Interrupted, error));
            }
            next = barrier.next(reply, self.store.now_us());
        }
    }

    fn carry_out(&self, act: &StoreRequest, screen: Screen) -> crate::join::StoreReply {
        let mut tell = |error: StoreError| {
            screen.notice(&format!("warning: {:#}", anyhow::Error::from(error)));
        };
        let StoreRequest::Pause(length) = act else { return self.store.carry_out(act, &mut tell) };
        let mut left = *length;
        while left > Micros::ZERO && !self.signalled.load(Ordering::Relaxed) {
            let step = left.min(SIGNAL_EVERY);
            self.store.carry_out(&StoreRequest::Pause(step), &mut tell);
            left = left.since(step);
        }
        crate::join::StoreReply::Paused
    }

    /// Why this slice sends nothing.
    fn refusal(&self, outcome: Admission) -> Failure {
        let slice = self.slice;
        let no_load = |error| Failure::new(Exit::NoLoad, error);
        match outcome {
            Admission::Held { by } => {
                no_load(anyhow!("slice {slice} is held by {}; this one sends nothing", by.host))
                    .help("a run's name serves one run: give the next one another URL")
            }
            Admission::Late { .. } => no_load(anyhow!(
                "the run began without slice {slice}, which came too late; it sends nothing"
            ))
            .help("raise --join-wait, or make room for all slices at the same time"),
            Admission::CalledOff { missing, waited } => no_load(anyhow!(
                "slices {} of {} were missing after {waited}; nobody sends anything",
                list_indices(&missing),
                slice.of()
            ))
            .help("see why they did not start, then give the next run another URL"),
            Admission::Stopped(order) => {
                Failure::new(Exit::Interrupted, anyhow!("the run was stopped by {}", order.by))
            }
            Admission::Unreachable => no_load(anyhow!(
                "the store {} can't be reached any more; slice {slice} sends nothing",
                self.store.url()
            )),
            Admission::Unreadable { name } => {
                no_load(anyhow!("{name} in {} was not written by this program", self.store.url()))
            }
            Admission::Start { .. } => no_load(anyhow!("slice {slice} did not start")),
        }
    }
}

/// Takes part in the run that is there, or makes it.
fn agree(store: &RunStore, own: &RunRecord, given_seed: Option<u64>) -> Result<RunRecord, Failure> {
    let created = store.create(RUN, own.to_json().into_bytes());
    // Whatever came of it: what counts is what stands there.
    let text = store.read_text(RUN).map_err(Failure::usage)?;
    let Some(text) = text else {
        let error = created.err().map_or_else(|| anyhow!("it is gone again"), anyhow::Error::from);
        return Err(Failure::usage(error.context("can't store what the slices have in common")));
    };
    let run = RunRecord::from_json(&text)
        .with_context(|| format!("'{RUN}' in {} was not written by this program", store.url()));
    let run = run.map_err(Failure::usage)?;
    run.admits(own, given_seed).map_err(|difference| {
        Failure::usage(anyhow!("can't join {}: {difference}", store.url()))
            .help("slices of one run share scenario, options, data and version; another run needs another URL")
    })?;
    Ok(run)
}

fn no_permission(error: StoreError) -> Failure {
    Failure::usage(error)
        .help("a run needs to create, read and list objects below its URL; credentials come from the environment")
}

fn tell_clock(clock: ClockOffset, screen: Screen) {
    let ClockOffset { offset_us, error_us } = clock;
    let (offset, error) = (Micros(offset_us.unsigned_abs()), Micros(error_us));
    let side = if offset_us < 0 { "behind" } else { "ahead" };
    screen.notice(&format!("the store's clock is {offset} {side}, to within {error}"));
    if error > WORTH_A_WARNING {
        screen.notice("warning: the store answers too slowly to agree on a start more closely");
    }
}

/// Indices for people: the first few.
pub fn list_indices(indices: &[u32]) -> String {
    const SHOWN: usize = 8;
    let shown = indices.iter().take(SHOWN).map(u32::to_string).collect::<Vec<_>>().join(", ");
    match indices.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// This machine's name.
fn host() -> String {
    let variable = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let asked = || {
        let output = Command::new("hostname").output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    variable
        .or_else(|| Some(std::fs::read_to_string("/etc/hostname").ok()?.trim().to_owned()))
        .or_else(asked)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "an unnamed machine".to_owned())
}
