//! `tillrush run`: the main job, from a scenario to a report.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use super::access::{self, Access};
use super::again;
use super::args::{JudgeArgs, RunArgs};
use super::compare;
use super::folder::{self, RunFolder};
use super::live::{Progress, stop_on_signals};
use super::output::ReportFileArgs;
use super::report;
use super::source::Source;
use super::web::Web;
use super::{Exit, Failure, Screen, complain, fresh};
use crate::base::{Micros, Slice, counted};
use crate::engine::{
    self, Half, Phase, RunOptions, Stop, StopCause, cores, peak_rss_kib, raise_file_limit, shape_of,
};
use crate::plan::{Arrivals, Plan};
use crate::scenario::Unit;
use crate::schedule::{Schedule, plan_digest, workload_digest};
use crate::shopper::browser::session::SessionSettings;
use crate::tally::Tally;
use crate::tally::shard::{DeltaWriter, Ending, RunSettings, ShardHeader};
use crate::verdict::{self, Findings};

/// The time that threads and sockets need to come up before the planned start.
const HEAD_START: Micros = Micros::from_millis(30);
/// How long shoppers may finish after an interrupt.
const DRAIN_INTERRUPTED: Micros = Micros::from_secs(5);

/// What is run, and how; from the command line, or from the demo.
pub struct Job<'a> {
    /// The plan and where it came from.
    pub source: &'a Source,
    /// The way to the shop.
    pub access: Access,
    /// Draws everything.
    pub seed: u64,
    /// The share of the schedule.
    pub slice: Slice,
    /// Cores to use.
    pub cores: u32,
    /// When to start, if not now.
    pub start_at: Option<Timestamp>,
    /// How long shoppers may finish.
    pub drain: Micros,
    /// Requests at most.
    pub max_requests: Option<u64>,
    /// Purchase attempts at most.
    pub max_orders: Option<u64>,
    /// Labels.
    pub tags: Vec<(String, String)>,
    /// Where the run's folder goes.
    pub out: &'a Path,
    /// Further files.
    pub files: &'a ReportFileArgs,
    /// The way to the other shop of a duet, and by what terms the target is compared with it.
    pub beside: Option<(Access, JudgeArgs)>,
    /// Where the report is served while the run goes on.
    pub web: Option<SocketAddr>,
}

/// `tillrush run`.
pub fn run(args: &RunArgs, screen: Screen) -> Result<Exit, Failure> {
    let source = Source::read(&args.scenario, screen)?;
    let drain = Micros::read(&args.drain)
        .map_err(|error| Failure::usage(format!("error: --drain {}: {error}", args.drain)))?;
    let mut tags = Vec::new();
    for tag in &args.tag {
        let pair = tag
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("error: --tag '{tag}': write KEY=VALUE")))?;
        tags.push((pair.0.to_owned(), pair.1.to_owned()));
    }
    let baseline = args
        .baseline
        .as_deref()
        .map(|named| compare::baseline(named, &args.out, &source, &args.judge, screen))
        .transpose()?;
    let beside = args.duet.as_deref().map(|url| the_other_shop(url, &source, args)).transpose()?;
    let job = Job {
        beside: beside.map(|access| (access, args.judge.clone())),
        access: access::gain(&source.plan, &args.access)?,
        source: &source,
        seed: args.seed.unwrap_or_else(fresh),
        slice: args.slice,
        cores: args.cores.unwrap_or_else(cores),
        start_at: args.start_at,
        drain,
        max_requests: args.max_requests,
        max_orders: args.max_orders,
        tags,
        out: &args.out,
        files: &args.files,
        web: args.web,
    };
    let (findings, folder) = carry_out(job, screen)?;
    let mut exit = report::exit_of(&findings).graver(compare::after_duet(
        &folder,
        &args.out,
        &args.files,
        screen,
    )?);
    if let Some(base) = &baseline {
        exit = exit.graver(compare::after_run(
            base,
            &folder,
            &args.judge,
            &args.out,
            &args.files,
            screen,
        )?);
    }
    screen.say(&format!("everything about this run is in {}", folder.display()));
    Ok(exit)
}

/// The way to the other shop of a duet.
fn the_other_shop(url: &str, source: &Source, args: &RunArgs) -> Result<Access, Failure> {
    let url =
        Url::parse(url).map_err(|error| Failure::usage(format!("error: --duet {url}: {error}")))?;
    if matches!(source.plan.load.arrivals, Arrivals::Closed { .. }) {
        let help = "give a rate or stages: in a closed load the slower shop would hold back the shoppers of both";
        return Err(Failure::usage(format!("error: --duet needs an open load\nhelp: {help}")));
    }
    access::gain_to(url, &source.plan, &args.access)
}

/// Runs a job to its end, stores it, and reports.
pub fn carry_out(job: Job<'_>, screen: Screen) -> Result<(Findings, RunFolder), Failure> {
    let plan = &job.source.plan;
    let planned = Schedule::new(&plan.load, job.seed).due_by(plan.load.length(), job.slice);
    rows_suffice(plan, job.seed)?;
    let starts_in = starts_in(job.start_at)?;
    let started_at = match job.start_at {
        Some(start_at) => start_at,
        None => Timestamp::now()
            .checked_add(std::time::Duration::from(starts_in))
            .context("the start is beyond all calendars")?,
    };
    let run = format!("{:08x}", fresh() as u32);
    let slice = (job.slice != Slice::WHOLE).then(|| job.slice.to_string());
    let folder = RunFolder::create(job.out, started_at, &plan.name, slice, &run)?;
    folder.write("scenario.yaml", job.source.text.as_bytes())?;
    let header = header(&job, &job.access, started_at, planned, &run);
    let beside = job
        .beside
        .as_ref()
        .map(|(access, _)| Beside::prepare(&job, access, &folder, &header))
        .transpose()?;
    raise_file_limit();

    let stop = Arc::new(Stop::default());
    let mut gathering =
        Gathering::new(&job, planned, folder.begin(&header)?, (starts_in, Some(&stop)), screen);
    let above = gathering.progress.above();
    stop_on_signals(&stop, folder.display().to_string(), above.clone())
        .context("can't listen for signals")?;
    gathering.web = job.web.map(|at| Web::start(at, job.source, &header)).transpose()?;
    if let Some(web) = &gathering.web {
        above.say(&format!("the report follows the run at http://{}/", web.address));
    }
    // The target is what may be aborted: the other shop is only looked at.
    let begin = |beside: &Beside| {
        Ok::<_, Failure>(Gathering::new(
            &job,
            planned,
            beside.folder.begin(&beside.header)?,
            (starts_in, None),
            screen.hushed(),
        ))
    };
    let mut gathering_beside = beside.as_ref().map(begin).transpose()?;
    let options = RunOptions {
        seed: job.seed,
        slice: job.slice,
        cores: job.cores,
        starts_in,
        drain: job.drain,
        drain_interrupted: DRAIN_INTERRUPTED,
        run,
        session: job.access.session,
        http: job.access.http,
        purchases: Some(folder.purchases()?),
        max_requests: job.max_requests,
        max_orders: job.max_orders,
        beside: beside.as_ref().map(|beside| beside.options()).transpose()?,
    };
    let result =
        engine::run(plan, &options, &stop, |half, delta| match (half, &mut gathering_beside) {
            (Half::Beside, Some(beside)) => beside.take(delta),
            _ => gathering.take(delta),
        });
    let web = gathering.web.take();
    let tally = gathering.finish();
    let tally_beside = gathering_beside.map(Gathering::finish).transpose();
    result.context("the run could not be carried out")?;

    let (ending, why) = match stop.cause() {
        None => (Ending::Finished, ""),
        Some(StopCause::ObjectiveBroken) => {
            (Ending::Aborted, "stopped: an objective is certainly broken")
        }
        Some(StopCause::Interrupted) => (Ending::Interrupted, "stopped by hand"),
        Some(StopCause::RequestsSpent) => {
            (Ending::Interrupted, "stopped: as many requests were sent as --max-requests allows")
        }
        Some(StopCause::LedgerLost) => {
            (Ending::Interrupted, "stopped: purchases could not be remembered any more")
        }
        Some(StopCause::OrdersSpent) => {
            (Ending::Interrupted, "stopped: as many purchases were tried as --max-orders allows")
        }
    };
    if !why.is_empty() {
        screen.say(why);
    }
    if let (Some(beside), Some((tally, growing))) = (beside, tally_beside?) {
        let shard = folder::shard(beside.header, tally, ending, beside.folder.display());
        beside.folder.seal(&shard)?;
        drop(growing);
        report::store(&shard, job.source, &beside.folder)?;
    }
    let (tally, growing) = tally?;
    let shard = folder::shard(header, tally, ending, folder.display());
    folder.seal(&shard)?;
    drop(growing);
    let findings = report::conclude(&shard, job.source, Some(&folder), job.files, screen)?;
    if let Some(web) = web {
        web.finish(&shard.tally, &report::facts(&shard, job.source), &findings);
    }
    Ok((findings, folder))
}

/// The other half of a duet, before it begins.
struct Beside {
    folder: RunFolder,
    header: ShardHeader,
    session: SessionSettings,
}

// === impl Beside ===

impl Beside {
    fn prepare(
        job: &Job<'_>,
        access: &Access,
        folder: &RunFolder,
        here: &ShardHeader,
    ) -> anyhow::Result<Beside> {
        let folder = folder.make_beside()?;
        folder.write("scenario.yaml", job.source.text.as_bytes())?;
        let mut header = ShardHeader { target: access.target.to_string(), ..here.clone() };
        header.settings.source.target = Some(access.target.to_string());
        // A name of its own, so that no key or address is used in both shops: they may share a database.
        header.settings.run.push('b');
        Ok(Beside { folder, header, session: access.session.clone() })
    }

    fn options(&self) -> anyhow::Result<engine::Beside> {
        Ok(engine::Beside {
            run: self.header.settings.run.clone(),
            session: self.session.clone(),
            purchases: Some(self.folder.purchases()?),
        })
    }
}

/// Deltas become the run's tally, on the disk and on the screen.
struct Gathering<'a> {
    total: Tally,
    writer: DeltaWriter<std::fs::File>,
    progress: Progress<'a>,
    /// The page that follows the run.
    web: Option<Web>,
    plan: &'a Plan,
    slices: u32,
    stop: Option<&'a Stop>,
    starts_at: Instant,
    /// The second in which it was last asked whether to go on.
    asked_at: u32,
    lost: Option<std::io::Error>,
}

// === impl Gathering ===

impl<'a> Gathering<'a> {
    fn new(
        job: &Job<'a>,
        planned: u64,
        writer: DeltaWriter<std::fs::File>,
        (starts_in, stop): (Micros, Option<&'a Stop>),
        screen: Screen,
    ) -> Gathering<'a> {
        let plan: &Plan = &job.source.plan;
        let (total, progress) = (Tally::new(shape_of(plan)), Progress::new(plan, planned, screen));
        let (slices, starts_at) = (job.slice.of(), Instant::now() + starts_in.into());
        Gathering {
            total,
            writer,
            progress,
            web: None,
            plan,
            slices,
            stop,
            starts_at,
            asked_at: 0,
            lost: None,
        }
    }

    fn take(&mut self, mut delta: Tally) {
        delta.generator.peak_rss_kib = peak_rss_kib();
        delta.compact();
        // A disk that is full must not end the measurement: what is in memory is reported all the same.
        if let Err(error) = self.writer.append(&delta) {
            self.lost.get_or_insert(error);
        }
        self.total.merge(delta);
        let now = Instant::now().saturating_duration_since(self.starts_at).into();
        self.progress.show(now, &self.total);
        if let Some(web) = &mut self.web {
            web.show(now, &self.total);
        }
        self.abort_if_broken(now);
    }

    /// Stops the run where an objective with `abort` is certainly broken; asked once a second, however many cores tell.
    fn abort_if_broken(&mut self, now: Micros) {
        if let Some(stop) = self.stop.filter(|_| now.second() > self.asked_at) {
            self.asked_at = now.second();
            if verdict::certainly_broken(self.plan, &self.total, now, self.slices).is_some() {
                stop.advance(Phase::Draining, StopCause::ObjectiveBroken);
            }
        }
    }

    /// The run's tally, and the file that has grown with it: as long as it is held, the run is known to go on.
    fn finish(self) -> anyhow::Result<(Tally, DeltaWriter<std::fs::File>)> {
        self.progress.finish();
        if let Some(error) = self.lost {
            complain(&format!(
                "warning: the growing tally could not be written ({error}); the run's end is stored nevertheless, if it can be"
            ));
        }
        Ok((self.total, self.writer))
    }
}

fn header(
    job: &Job<'_>,
    access: &Access,
    started_at: Timestamp,
    planned: u64,
    run: &str,
) -> ShardHeader {
    let plan = &job.source.plan;
    let settings = RunSettings {
        run: run.to_owned(),
        cores: job.cores,
        source: job.source.storable_settings(),
        paired: job.beside.as_ref().map(|(_, terms)| compare::paired_settings(run, terms)),
    };
    ShardHeader {
        tool: concat!("tillrush ", env!("CARGO_PKG_VERSION")).to_owned(),
        name: plan.name.clone(),
        scenario: job.source.text.clone(),
        settings,
        commands: vec![again::command(job.seed)],
        tags: job.tags.iter().cloned().collect(),
        target: access.target.to_string(),
        seed: job.seed,
        plan_digest: plan_digest(plan, job.seed),
        workload_digest: workload_digest(plan),
        slices: vec![job.slice],
        arrivals_planned: planned,
        length: plan.load.length(),
        started_unix_us: u64::try_from(started_at.as_microsecond()).unwrap_or(0),
        shape: shape_of(plan),
    }
}

/// Every arrival needs a row of its own in data that is used once.
fn rows_suffice(plan: &Plan, seed: u64) -> Result<(), Failure> {
    if plan.shoppers.data.is_empty() {
        return Ok(());
    }
    let arrivals = Schedule::new(&plan.load, seed).count();
    match plan.shoppers.data.iter().find(|data| !data.suffices(arrivals)) {
        None => Ok(()),
        Some(data) => Err(Failure::new(
            Exit::BadScenario,
            format!(
                "error: data set '{}' has {}, and this seed brings {}; each needs one\n\
                 help: add rows, shorten the run, or lower the rate",
                data.name,
                counted(data.rows.len() as u64, "row"),
                counted(arrivals, "shopper"),
            ),
        )),
    }
}

fn starts_in(start_at: Option<Timestamp>) -> Result<Micros, Failure> {
    let Some(start_at) = start_at else { return Ok(HEAD_START) };
    let wait = start_at.duration_since(Timestamp::now());
    match std::time::Duration::try_from(wait) {
        Ok(wait) => Ok(Micros::from(wait)),
        Err(_) => Err(Failure::usage(format!(
            "error: --start-at {start_at} is over: give a time to come"
        ))),
    }
}
