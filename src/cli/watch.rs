//! `tillrush watch`: the live view of a run over all its slices.

use std::time::Duration;

use anyhow::anyhow;
use tokio::time::Instant;

use super::analysis::RunAnalysis;
use super::exit::Exit;
use super::failure::Failure;
use super::join::list_indices;
use super::joined_view::{JoinedState, JoinedView};
use super::live::Progress;
use super::metrics::LiveMetrics;
use super::metrics_args::MetricsArgs;
use super::metrics_receivers::MetricsSettings;
use super::screen::Screen;
use super::source::Source;
use super::watch_args::WatchArgs;
use super::web::Web;
use crate::base::{Micros, Slice, count_of};
use crate::join::{GateState, StartDecision, StopReason};
use crate::schedule::Schedule;
use crate::store::RunStore;
use crate::tally::shard::{Shard, ShardHeader};

/// How often the slices are read: as often as they store something.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How often a run that has not begun is looked for.
const WAIT_EVERY: Duration = Duration::from_secs(2);

/// `tillrush watch`.
pub fn watch(args: &WatchArgs, screen: Screen) -> Result<Exit, Failure> {
    let mut view = JoinedView::new(RunStore::open(&args.url).map_err(Failure::usage)?);
    if args.stop {
        let is_new =
            view.order_stop(StopReason::Requested, "watch --stop").map_err(Failure::usage)?;
        let word = if is_new { "is stored" } else { "was stored before" };
        screen.notice(&format!("the order to stop {word}; each slice looks for it every 2 s"));
    }
    let (first, state) = match wait_for_parts(&mut view, screen)? {
        Begun::Parts(first, state) => (first, state),
        Begun::Never(failure) => return Err(failure),
    };
    let source = Source::from_stored(&first.header, screen)?;
    follow(&mut view, &source, whole_header(&first, &state), args, screen)
}

/// What a wait for a run comes to.
enum Begun {
    Parts(Box<Shard>, Box<JoinedState>),
    Never(Failure),
}

/// Waits until a slice has stored something.
fn wait_for_parts(view: &mut JoinedView, screen: Screen) -> Result<Begun, Failure> {
    let mut told = String::new();
    loop {
        let line = match view.look().map_err(Failure::usage)? {
            None => "waiting for the run to be joined".to_owned(),
            Some(state) => {
                if let Some(first) = state.merged.clone() {
                    return Ok(Begun::Parts(Box::new(first), Box::new(state)));
                }
                match &state.gate {
                    GateState::CalledOff { missing } => {
                        return Ok(Begun::Never(never_began(missing)));
                    }
                    GateState::GivenUp { missing } => {
                        let error = anyhow!("slices {} stored nothing", list_indices(missing));
                        return Ok(Begun::Never(Failure::new(Exit::Interrupted, error)));
                    }
                    GateState::NotBegun { missing } => {
                        format!("slices {} are not ready yet", list_indices(missing))
                    }
                    GateState::Waiting { .. } | GateState::Complete => "the run begins".to_owned(),
                }
            }
        };
        if line != told {
            screen.notice(&line);
            told = line;
        }
        std::thread::sleep(WAIT_EVERY);
    }
}

fn never_began(missing: &[u32]) -> Failure {
    let error = anyhow!("the run did not begin: slices {} were missing", list_indices(missing));
    Failure::new(Exit::NoLoad, error).help("see why they did not start")
}

/// The header of the run as a whole, of which only some slices may have stored something yet.
fn whole_header(first: &Shard, state: &JoinedState) -> ShardHeader {
    let mut header = first.header.clone();
    if let Some(StartDecision::Go { slices, .. }) = &state.start {
        let slice = |index: &u32| format!("{index}/{}", state.slices).parse::<Slice>().ok();
        header.slices = slices.iter().filter_map(slice).collect();
    }
    header
}

/// Shows the run until its slices have delivered.
fn follow(
    view: &mut JoinedView,
    source: &Source,
    mut header: ShardHeader,
    args: &WatchArgs,
    screen: Screen,
) -> Result<Exit, Failure> {
    let plan = &source.plan;
    header.arrivals_planned =
        Schedule::new(&plan.load, header.seed).due_by(plan.load.length(), Slice::WHOLE);
    let settings = MetricsSettings::read(&MetricsArgs::default(), &|name| std::env::var(name).ok());
    let settings = settings.map_err(Failure::usage)?;
    let live = std::sync::Arc::new(LiveMetrics::new(plan, &header, &settings));
    let mut web = args.web.map(|at| Web::start(at, source, &header, &live)).transpose()?;
    let mut progress = Progress::new(plan, header.arrivals_planned, Micros::from_secs(60), screen);
    let above = progress.above();
    if let Some(web) = &web {
        above.notice(&format!("live report: http://{}/", web.address));
    }
    loop {
        let began = Instant::now();
        let Some(state) = view.look().map_err(Failure::usage)? else {
            return Err(Failure::usage(anyhow!("the run is gone from {}", args.url)));
        };
        if let Some(merged) = &state.merged {
            let now = since_start(view, &state);
            live.replace(plan, &merged.tally);
            progress.show(now, &merged.tally);
            if let Some(web) = &mut web {
                web.show(now, &merged.tally);
            }
        }
        if let Some(told) = view.stop_if_violated(plan, &state) {
            above.notice(&told);
        }
        let missing = match state.gate {
            GateState::Waiting { .. } | GateState::NotBegun { .. } => {
                std::thread::sleep(LOOK_EVERY.saturating_sub(began.elapsed()));
                continue;
            }
            GateState::CalledOff { missing } => return Err(never_began(&missing)),
            GateState::GivenUp { missing } => missing,
            GateState::Complete => Vec::new(),
        };
        progress.finish();
        return finish(state.merged, &missing, web, args, screen);
    }
}

/// The last page, and what is left to do: whoever watches does not judge.
fn finish(
    merged: Option<Shard>,
    missing: &[u32],
    web: Option<Web>,
    args: &WatchArgs,
    screen: Screen,
) -> Result<Exit, Failure> {
    let merged = merged.ok_or_else(|| Failure::usage(anyhow!("the slices stored nothing")))?;
    let slices = count_of(merged.header.slices.len() as u64, "slice");
    let shoppers = count_of(merged.tally.arrivals.started, "shopper");
    if let Some(web) = web {
        web.finish(&RunAnalysis::from_stored(merged, screen)?);
    }
    if missing.is_empty() {
        screen.notice(&format!(
            "{slices} with {shoppers} delivered; to judge the run: tillrush merge {}",
            args.url
        ));
        return Ok(Exit::Ok);
    }
    screen.notice(&format!(
        "slices {} did not deliver; what they stored is counted: {slices} with {shoppers}",
        list_indices(missing)
    ));
    Ok(Exit::Interrupted)
}

/// How long the run has been going on, in the store's clock.
fn since_start(view: &JoinedView, state: &JoinedState) -> Micros {
    match &state.start {
        Some(StartDecision::Go { at_us, .. }) => {
            Micros(u64::try_from(view.store().now_us() - at_us).unwrap_or(0))
        }
        Some(StartDecision::CalledOff { .. }) | None => Micros::ZERO,
    }
}
