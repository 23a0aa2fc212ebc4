//! A run from its arguments to its stored, analysed and reported result.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::analysis::RunAnalysis;
use super::args::RunArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::join::Joining;
use super::join_link::JoinLink;
use super::live_records::LiveRecords;
use super::metrics::MetricsExport;
use super::output::ensure_writable;
use super::paired;
use super::preflight::{self, Access};
use super::random::random_name;
use super::recorder::Recorder;
use super::records::{Described, RunRecords};
use super::replay_command;
use super::report::publish;
use super::run_folder::RunFolder;
use super::screen::{Screen, print_error_line};
use super::set_up::SetUp;
use super::signals::stop_on_signals;
use super::source::Source;
use super::web::Web;
use crate::base::{Micros, RunZone, Slice, count_of};
use crate::engine::{
    self, BaselineShop, Phase, RunOptions, ShopRole, Stop, StopCause, raise_file_limit,
};
use crate::plan::{ArrivalModel, Plan};
use crate::schedule::{Schedule, plan_digest, workload_digest};
use crate::tally::shard::{Ending, RunSettings, ShardHeader};

/// Carries out a run, stores it, and reports.
///
/// # Errors
/// Before anything is sent to the shop, when it may not be loaded or is not reachable, or when the run can't be set up.
/// After the run and its report, when its result can't be stored.
pub fn execute(
    source: &Source,
    args: &RunArgs,
    screen: Screen,
) -> Result<(RunAnalysis, RunFolder), Failure> {
    let plan = &source.plan;
    ensure_writable(&args.files)?;
    let baseline_shop =
        args.paired.as_ref().map(|_| baseline_shop(plan, args, screen)).transpose()?;
    let access = preflight::preflight(plan, &args.access, screen)?;
    let target = access.target.to_string();
    let described = describe_run(source, args, screen)?;
    let run_name = random_name();
    let set_up = SetUp { access: &access, run: &run_name, observer: None, screen };
    let shared = set_up.before(plan, args.slice()?)?;
    // How long that takes is up to the shop: the run's time begins after it.
    let records = described
        .as_ref()
        .map(|described| RunRecords::before_run(described, source, &target, args.access.insecure))
        .transpose()?;
    let mut counted_from = Instant::now();
    let now = Timestamp::now();
    let mut options = args.options(access.clone(), now)?;
    options.shared.clone_from(&shared);
    options.run = run_name;
    let joining = args
        .join
        .url
        .as_ref()
        .map(|url| Joining::open(url, args, options.slice, plan, screen))
        .transpose()?;
    if let Some(joining) = &joining {
        options.seed = joining.seed();
    }
    ensure_enough_rows(plan, options.seed)?;
    let joined = joining.map(|joining| joining.wait_for_start(screen)).transpose()?;
    if let Some(joined) = &joined {
        (options.starts_in, counted_from) = (joined.starts_in, Instant::now());
    }
    let started_at = match &joined {
        Some(joined) => joined.at,
        None => args.started_at(now, options.starts_in)?,
    };
    options.session.began_unix_seconds = started_at.as_second();

    let slice = (options.slice != Slice::WHOLE).then(|| options.slice.to_string());
    let folder = RunFolder::create(&args.out, started_at, &plan.name, slice, &options.run)?;
    folder.write("scenario.yaml", source.text.as_bytes())?;
    let records = records
        .zip(described.as_ref())
        .map(|(records, described)| records.begin(described, &folder, started_at.as_microsecond()))
        .transpose()?;
    let header = header(source, args, &options, target, started_at)?;
    options.purchases = Some(folder.purchases()?);
    let baseline = baseline_shop
        .map(|access| Baseline::create(access, source, &folder, &header))
        .transpose()?;
    options.baseline = baseline.as_ref().map(Baseline::options).transpose()?;
    raise_file_limit();

    // What was prepared since took its time; the start stays where it was said to be.
    options.starts_in = options.starts_in.since(Micros::from(counted_from.elapsed()));
    let stop = Arc::new(Stop::default());
    let mut link = None;
    let signalled = joined.as_ref().map(|joined| Arc::clone(&joined.signalled));
    if let Some(joined) = joined {
        link = Some(JoinLink::start(joined.store, options.slice, header.clone(), &stop)?);
    }
    let mut recorder =
        Recorder::new(source, &folder, header.clone(), &options, screen)?.abort_by(&stop);
    let above = recorder.progress().above();
    let metrics = MetricsExport::start(&args.metrics, plan, &header, &above)?;
    let live = &metrics.live;
    let web = args.web.map(|at| Web::start(at, source, &header, live)).transpose()?;
    stop_on_signals(&stop, folder.display(), above.clone()).context("can't listen for signals")?;
    if signalled.is_some_and(|signalled| signalled.load(Ordering::Relaxed)) {
        stop.advance(Phase::Draining, StopCause::Interrupted);
    }
    if let Some(web) = &web {
        above.notice(&format!("live report: http://{}/", web.address));
    }
    recorder.web = web;
    recorder.link = link;
    recorder.metrics = Some(metrics);
    // Only the target can abort the run: the second shop is observed.
    let mut baseline_recorder = baseline
        .as_ref()
        .map(|Baseline { folder, header, .. }| {
            Recorder::new(source, folder, header.clone(), &options, screen.silent())
        })
        .transpose()?;
    let records = records
        .map(|records| LiveRecords::begin(records, Arc::clone(plan), folder.clone(), above.clone()))
        .transpose()?;
    let result = engine::run(plan, &options, &stop, |role, delta| match role {
        ShopRole::Baseline => {
            if let Some(recorder) = &mut baseline_recorder {
                recorder.record(delta);
            }
        }
        ShopRole::Target => recorder.record(delta),
    });
    let (web, link, metrics) = (recorder.web.take(), recorder.link.take(), recorder.metrics.take());
    recorder.progress().finish();
    let records = records.map(LiveRecords::end).transpose()?;
    let end = result.context("the run could not be carried out")?;
    if let Some(error) = end.purchase_log_error {
        print_error_line(&format!("error: can't write the purchase log: {error}"));
    }

    let tear_down = SetUp { access: &access, run: &options.run, observer: None, screen };
    if let Err(failure) = tear_down.after(plan, options.slice, &shared) {
        print_error_line(&format!("warning: the tear-down failed: {failure}"));
    }
    let ending = ending(stop.cause(), screen);
    let baseline_stored = baseline_recorder.map_or(Ok(()), |recorder| recorder.finish(ending).1);
    let (run, stored) = recorder.finish(ending);
    let run = match records {
        None => run,
        Some(records) => records.after_run_or_undecided(run, &folder, screen),
    };
    if let Some(metrics) = metrics {
        metrics.finish(&run, link.is_none(), &above);
    }
    // A slice never judges itself: a part of the shoppers vouches for nothing.
    let published = match link {
        Some(link) => link.deliver(&folder, &run.shard, screen),
        None => publish(&run, &args.files, screen),
    };
    if let Some(web) = web {
        web.finish(&run);
    }
    stored.and(baseline_stored).and(published)?;
    Ok((run, folder))
}

/// Where the shop's records are. A slice reads none: they are of the whole run.
fn describe_run(
    source: &Source,
    args: &RunArgs,
    screen: Screen,
) -> Result<Option<Described>, Failure> {
    let described = Described::find(args.records.as_deref(), source, screen)?;
    if described.is_some() && args.join.url.is_some() {
        screen.notice("note: a slice reads no records; `tillrush reconcile` compares the merged run with them");
        return Ok(None);
    }
    Ok(described)
}

/// How the run ended; says why if it ended early.
fn ending(cause: Option<StopCause>, screen: Screen) -> Ending {
    let (ending, reason) = match cause {
        None => return Ending::Finished,
        Some(StopCause::ObjectiveViolated) => {
            (Ending::Aborted, "an objective with `abort` is certainly violated")
        }
        Some(StopCause::Interrupted) => (Ending::Interrupted, "interrupted"),
        Some(StopCause::MaxRequestsReached) => {
            (Ending::Interrupted, "the limit of --max-requests is reached")
        }
        Some(StopCause::MaxOrdersReached) => {
            (Ending::Interrupted, "the limit of --max-orders is reached")
        }
        Some(StopCause::StoppedElsewhere) => {
            (Ending::Interrupted, "the run was stopped from elsewhere")
        }
        Some(StopCause::PurchaseLogFailed) => (
            Ending::Interrupted,
            "the purchase log can't be written, and no purchase may go unlogged",
        ),
    };
    screen.notice(&format!("stopped: {reason}"));
    ending
}

/// The way to the second shop of a paired run.
fn baseline_shop(plan: &Plan, args: &RunArgs, screen: Screen) -> Result<Access, Failure> {
    if matches!(plan.load.arrivals, ArrivalModel::Closed { .. }) {
        return Err(Failure::usage(anyhow!("--paired needs an open load")).help(
            "give a rate or stages: in a closed load, the slower shop would slow down both",
        ));
    }
    if plan.targets.is_some() {
        return Err(Failure::usage(anyhow!(
            "--paired compares two shops, and there are several targets"
        ))
        .help("write one `target:`"));
    }
    let url = args.paired.clone().context("--paired has no address")?;
    preflight::preflight_shop(url, plan, &args.access, screen)
}

/// The second shop of a paired run, before the run begins.
struct Baseline {
    folder: RunFolder,
    header: ShardHeader,
    access: Access,
}

// === impl Baseline ===

impl Baseline {
    fn create(
        access: Access,
        source: &Source,
        run_folder: &RunFolder,
        run_header: &ShardHeader,
    ) -> anyhow::Result<Baseline> {
        let folder = run_folder.create_baseline()?;
        folder.write("scenario.yaml", source.text.as_bytes())?;
        let target = access.target.to_string();
        let mut header = ShardHeader { target: target.clone(), ..run_header.clone() };
        header.settings.source.target = Some(target);
        // A name of its own, so that no key or address is used in both shops: they may share a database.
        header.settings.run.push('b');
        Ok(Baseline { folder, header, access })
    }

    fn options(&self) -> anyhow::Result<BaselineShop> {
        Ok(BaselineShop {
            run: self.header.settings.run.clone(),
            session: self.access.session.clone(),
            purchases: Some(self.folder.purchases()?),
        })
    }
}

fn header(
    source: &Source,
    args: &RunArgs,
    options: &RunOptions,
    target: String,
    started_at: Timestamp,
) -> Result<ShardHeader, Failure> {
    let plan = &source.plan;
    let masked = |text: &String| plan.secrets.mask_known(text).into_owned();
    let paired = args.paired.as_ref().map(|_| paired::settings(&options.run, &args.comparison));
    let settings = RunSettings {
        run: options.run.clone(),
        cores: options.cores,
        zone: zone(started_at),
        source: source.settings.clone(),
        paired,
    };
    Ok(ShardHeader {
        tool: concat!("tillrush ", env!("CARGO_PKG_VERSION")).to_owned(),
        name: plan.name.clone(),
        scenario: source.text.clone(),
        settings,
        commands: vec![replay_command::command(options.seed, &plan.secrets)],
        tags: args.tags()?.iter().map(|(key, value)| (masked(key), masked(value))).collect(),
        target,
        seed: options.seed,
        plan_digest: plan_digest(plan, options.seed),
        workload_digest: workload_digest(plan),
        slices: vec![options.slice],
        arrivals_planned: Schedule::new(&plan.load, options.seed)
            .due_by(plan.load.length(), options.slice),
        length: plan.load.length(),
        started_unix_us: u64::try_from(started_at.as_microsecond()).unwrap_or(0),
        shape: plan.tally_shape(),
    })
}

/// This machine's time zone at the planned start; UTC where it has none.
fn zone(started_at: Timestamp) -> RunZone {
    let Ok(zone) = TimeZone::try_system() else { return RunZone::default() };
    RunZone {
        name: zone.iana_name().map(str::to_owned),
        offset_s: zone.to_offset(started_at).seconds(),
    }
}

/// Refuses a run with more shoppers than rows, in data where each row is used once.
fn ensure_enough_rows(plan: &Plan, seed: u64) -> Result<(), Failure> {
    if plan.shoppers.data.is_empty() {
        return Ok(());
    }
    let arrivals = Schedule::new(&plan.load, seed).count();
    match plan.shoppers.data.iter().find(|data| !data.suffices(arrivals)) {
        None => Ok(()),
        Some(data) => {
            let (rows, shoppers) =
                (count_of(data.rows.len() as u64, "row"), count_of(arrivals, "shopper"));
            let error = anyhow!(
                "data set '{}' has {rows}, but this run has {shoppers}, and each needs its own row",
                data.name
            );
            Err(Failure::new(Exit::BadScenario, error)
                .help("add rows, shorten the run, or lower the rate"))
        }
    }
}
