//! The metrics of a run in progress: deltas are added up, and a thread sends the state to receivers. Whatever becomes of them, the
//! run goes on as without them.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::Context;

use super::analysis::RunAnalysis;
use super::live::Above;
use super::metrics_args::MetricsArgs;
use super::metrics_post::Post;
use super::metrics_receivers::{MetricsSettings, Signal};
use crate::metrics::{
    ExchangeSpan, MetricsResource, RunMetrics, RunOutcome, exchange_spans, write_exposition,
};
use crate::plan::Plan;
use crate::tally::Tally;
use crate::tally::shard::ShardHeader;

/// The state of a run as metrics, for whoever asks.
#[derive(Debug)]
pub struct LiveMetrics {
    state: Mutex<RunMetrics>,
    /// Whose metrics they are.
    pub resource: MetricsResource,
}

/// The metrics of a run, and the way to their receivers.
pub struct MetricsExport {
    /// The state.
    pub live: Arc<LiveMetrics>,
    sending: Option<MetricsSender>,
}

struct MetricsSender {
    end: Sender<Vec<ExchangeSpan>>,
    thread: JoinHandle<Vec<String>>,
}

// === impl LiveMetrics ===

impl LiveMetrics {
    /// Of a run with this header that has not begun yet.
    pub fn new(plan: &Plan, header: &ShardHeader, settings: &MetricsSettings) -> LiveMetrics {
        let resource = resource(header, settings);
        LiveMetrics { state: Mutex::new(RunMetrics::new(plan, &resource)), resource }
    }

    /// Adds what was counted since the last time.
    pub fn add(&self, delta: &Tally) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).add(delta);
    }

    /// The state after all of this, whatever was added before.
    pub fn replace(&self, plan: &Plan, total: &Tally) {
        let mut metrics = RunMetrics::new(plan, &self.resource);
        metrics.add(total);
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = metrics;
    }

    /// The state.
    pub fn state(&self) -> RunMetrics {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state as Prometheus scrapes it.
    pub fn exposition(&self) -> String {
        write_exposition(&self.state(), &self.resource)
    }

    fn end(&self, outcome: &RunOutcome) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).end(outcome);
    }
}

// === impl MetricsExport ===

impl MetricsExport {
    /// For a run that has not begun yet. Nothing is sent where no receiver is named.
    ///
    /// # Errors
    /// When the settings make no sense, or the system gives no thread.
    pub fn start(
        args: &MetricsArgs,
        plan: &Plan,
        header: &ShardHeader,
        above: &Above,
    ) -> anyhow::Result<MetricsExport> {
        let settings = MetricsSettings::read(args, &|name| std::env::var(name).ok())
            .context("can't tell where metrics go")?;
        for note in &settings.notes {
            above.notice(&format!("note: {note}"));
        }
        let live = Arc::new(LiveMetrics::new(plan, header, &settings));
        let sending = match settings.receivers.is_empty() {
            true => None,
            false => Some(MetricsSender::start(&live, settings, above.clone())?),
        };
        Ok(MetricsExport { live, sending })
    }

    /// Adds how the run ended, sends the last state and the examples, and says what was lost. `is_judged` is false for a slice.
    pub fn finish(self, run: &RunAnalysis, is_judged: bool, above: &Above) {
        let (plan, resource) = (&run.source.plan, &self.live.resource);
        self.live.end(&outcome(run, is_judged));
        let Some(MetricsSender { end, thread }) = self.sending else { return };
        let spans = exchange_spans(plan, resource, &run.shard.tally.samples);
        // A thread that is gone can't be told: that is said below.
        let _ = end.send(spans);
        match thread.join() {
            Ok(warnings) => warnings.iter().for_each(|warning| above.notice(warning)),
            Err(_) => above.notice("warning: metrics could not be sent to the end (a bug)"),
        }
    }
}

// === impl MetricsSender ===

impl MetricsSender {
    fn start(
        live: &Arc<LiveMetrics>,
        settings: MetricsSettings,
        above: Above,
    ) -> anyhow::Result<MetricsSender> {
        let mut posts = Vec::new();
        for receiver in settings.receivers {
            posts.push(Post::new(receiver, settings.timeout)?);
        }
        let (end, ended) = mpsc::channel::<Vec<ExchangeSpan>>();
        let (live, interval) = (Arc::clone(live), settings.interval);
        let body = move || {
            loop {
                match ended.recv_timeout(interval) {
                    Err(RecvTimeoutError::Timeout) => {
                        let of_metrics = |post: &&mut Post| post.signal() != Signal::OtlpSpans;
                        for post in posts.iter_mut().filter(of_metrics) {
                            if let Some(first) = post.send_state(&live) {
                                above.notice(&first);
                            }
                        }
                    }
                    Ok(spans) => return finish_all(posts, &live, &spans),
                    // The run failed: there is nothing more to send.
                    Err(RecvTimeoutError::Disconnected) => return Vec::new(),
                }
            }
        };
        let thread = std::thread::Builder::new().name("metrics".into()).spawn(body)?;
        Ok(MetricsSender { end, thread })
    }
}

/// What is to be said of each receiver at the end.
fn finish_all(posts: Vec<Post>, live: &LiveMetrics, spans: &[ExchangeSpan]) -> Vec<String> {
    posts.into_iter().filter_map(|post| post.finish(live, spans)).collect()
}

fn resource(header: &ShardHeader, settings: &MetricsSettings) -> MetricsResource {
    let target = url::Url::parse(&header.target).ok();
    let slice = match header.slices.as_slice() {
        [slice] => slice.to_string(),
        _ => "all".to_owned(),
    };
    MetricsResource {
        service: settings.service.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        run: header.settings.run.clone(),
        slice,
        scenario: header.name.clone(),
        server_address: target
            .as_ref()
            .and_then(|url| url.host_str())
            .unwrap_or_default()
            .to_owned(),
        server_port: target.and_then(|url| url.port_or_known_default()).unwrap_or(0),
        more: header
            .tags
            .iter()
            .map(|(name, value)| (format!("tillrush.tag.{name}"), value.clone()))
            .chain(settings.attributes.clone())
            .collect(),
        started_unix_us: header.started_unix_us,
    }
}

fn outcome(run: &RunAnalysis, is_judged: bool) -> RunOutcome {
    let started = run.shard.header.started_unix_us as f64 / 1e6;
    let seconds = |at: crate::base::Micros| started + at.0 as f64 / 1e6;
    let objectives = run.findings.objectives.iter().filter(|_| is_judged);
    RunOutcome {
        verdict: is_judged.then(|| run.findings.verdict.key()),
        objectives: objectives
            .map(|objective| (objective.text.clone(), objective.verdict.key()))
            .collect(),
        incidents: run
            .findings
            .incidents
            .iter()
            .filter(|_| is_judged)
            .map(|incident| seconds(incident.from))
            .collect(),
        ended_unix_s: seconds(run.facts.duration),
    }
}
