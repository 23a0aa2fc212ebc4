//! Recording a run in progress: deltas become the run's tally, on disk, on the terminal and on the live page.

use std::fs::File;

use tokio::time::Instant;

use super::analysis::RunAnalysis;
use super::failure::Failure;
use super::join_link::JoinLink;
use super::joined_view::SHARES_OF_CHANCE;
use super::live::Progress;
use super::metrics::MetricsExport;
use super::run_folder::{RunFolder, shard};
use super::screen::{Screen, print_error_line};
use super::source::Source;
use super::store::store;
use super::web::Web;
use crate::base::Micros;
use crate::engine::{Phase, RunOptions, Stop, StopCause, peak_rss_kib};
use crate::tally::Tally;
use crate::tally::shard::{DeltaWriter, Ending, ShardHeader};
use crate::verdict;

/// Records the run against one shop.
pub struct Recorder<'a> {
    /// The live page, if there is one.
    pub web: Option<Web>,
    /// The way to the store in which the slices meet, if they do.
    pub link: Option<JoinLink>,
    /// The run as metrics, and the way to their receivers, if anybody wants them.
    pub metrics: Option<MetricsExport>,
    source: &'a Source,
    folder: &'a RunFolder,
    header: ShardHeader,
    total: Tally,
    writer: DeltaWriter<File>,
    progress: Progress<'a>,
    slices: u32,
    starts_at: Instant,
    /// What to end when an objective is certainly violated, if anything.
    abort: Option<&'a Stop>,
    /// The second in which this was last checked.
    checked_at: u32,
    write_error: Option<std::io::Error>,
}

// === impl Recorder ===

impl<'a> Recorder<'a> {
    /// Begins the record in this folder.
    ///
    /// # Errors
    /// When the tally can't be written.
    pub fn new(
        source: &'a Source,
        folder: &'a RunFolder,
        header: ShardHeader,
        options: &RunOptions,
        screen: Screen,
    ) -> anyhow::Result<Recorder<'a>> {
        Ok(Recorder {
            web: None,
            link: None,
            metrics: None,
            source,
            folder,
            total: Tally::new(source.plan.tally_shape()),
            writer: folder.create_tally(&header)?,
            progress: Progress::new(&source.plan, header.arrivals_planned, options.drain, screen),
            slices: options.slice.of(),
            starts_at: Instant::now() + options.starts_in.into(),
            header,
            abort: None,
            checked_at: 0,
            write_error: None,
        })
    }

    /// Ends the run when an objective with `abort` is certainly violated.
    pub fn abort_by(self, stop: &'a Stop) -> Recorder<'a> {
        Recorder { abort: Some(stop), ..self }
    }

    /// The progress on the terminal.
    pub fn progress(&self) -> &Progress<'a> {
        &self.progress
    }

    /// Adds what was counted since the last delta.
    pub fn record(&mut self, mut delta: Tally) {
        delta.generator.peak_rss_kib = peak_rss_kib();
        delta.compact();
        // A full disk must not end the measurement: the tally in memory is reported nevertheless.
        if let Err(error) = self.writer.append(&delta) {
            self.write_error.get_or_insert(error);
        }
        if let Some(metrics) = &self.metrics {
            metrics.live.add(&delta);
        }
        self.total.merge(delta);
        let now = Instant::now().saturating_duration_since(self.starts_at).into();
        self.progress.show(now, &self.total);
        if let Some(web) = &mut self.web {
            web.show(now, &self.total);
        }
        if let Some(link) = &mut self.link {
            link.show(&self.total);
        }
        self.abort_if_violated(now);
    }

    /// Checked once a second, however many cores send deltas.
    fn abort_if_violated(&mut self, now: Micros) {
        if let Some(stop) = self.abort.filter(|_| now.second() > self.checked_at) {
            self.checked_at = now.second();
            let shares = if self.link.is_some() { SHARES_OF_CHANCE } else { 1 };
            let plan = &self.source.plan;
            let violated =
                verdict::certainly_violated(plan, &self.total, now, self.slices * shares);
            if violated.is_some() {
                stop.advance(Phase::Draining, StopCause::ObjectiveViolated);
            }
        }
    }

    /// Analyses the whole run, and stores it. Whether it could be stored does not change what was measured.
    pub fn finish(self, ending: Ending) -> (RunAnalysis, Result<(), Failure>) {
        let Recorder { folder, source, header, total, writer, write_error, .. } = self;
        if let Some(error) = write_error {
            print_error_line(&format!(
                "warning: tally.part could not be written ({error}); the whole tally is written now, if possible"
            ));
        }
        let run = RunAnalysis::new(shard(header, total, ending, folder.display()), source.clone());
        let stored = store(&run, folder);
        // Until here, the open file marks the run as in progress.
        drop(writer);
        (run, stored)
    }
}
