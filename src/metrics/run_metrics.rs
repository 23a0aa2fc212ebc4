//! The state of a run since its start, as series. Deltas add up to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::exemplars::{Exemplar, exemplars};
use super::instrument::Instrument;
use super::labels::{Labels, StepLabels, StepNames, label};
use super::resource::MetricsResource;
use super::span_histogram::SpanHistogram;
use crate::base::Micros;
use crate::plan::Plan;
use crate::tally::{BlockTally, End, OwnFault, PurchaseCounts, StepTally, StepTime, Tally};

/// A series: what is measured, and of what. Labels by their OpenTelemetry names, sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeriesKey {
    /// What is measured.
    pub instrument: Instrument,
    /// Of what.
    pub labels: Labels,
}

/// The value of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesValue {
    /// How many.
    Count(u64),
    /// A sum or a moment, in seconds.
    Seconds(f64),
    /// A level.
    Level(u64),
    /// A distribution of spans of time.
    Spans(Box<SpanHistogram>),
}

/// What is known at the end of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunOutcome {
    /// The verdict, as `run.json` writes it; none for a slice, which has none.
    pub verdict: Option<&'static str>,
    /// Objectives as written, and the state of each.
    pub objectives: Vec<(String, &'static str)>,
    /// When incidents began, in seconds since 1970-01-01T00:00:00Z.
    pub incidents: Vec<f64>,
    /// When the run ended, likewise.
    pub ended_unix_s: f64,
}

/// The state of a run since its start.
#[derive(Clone, Debug)]
pub struct RunMetrics {
    names: Arc<StepNames>,
    series: BTreeMap<SeriesKey, SeriesValue>,
    exemplars: BTreeMap<SeriesKey, Exemplar>,
    started: u64,
    ended: u64,
}

// === impl RunMetrics ===

impl RunMetrics {
    /// Of a run that has not begun: every count that is known beforehand is zero, so that its first growth is seen.
    pub fn new(plan: &Plan, resource: &MetricsResource) -> RunMetrics {
        let mut metrics = RunMetrics {
            names: Arc::new(StepNames::new(plan, resource)),
            series: BTreeMap::new(),
            exemplars: BTreeMap::new(),
            started: 0,
            ended: 0,
        };
        metrics.add(&Tally::new(plan.tally_shape()));
        let start = SeriesValue::Seconds(resource.started_unix_us as f64 / 1e6);
        metrics.set(Instrument::RunStart, Vec::new(), start);
        metrics
    }

    /// Every series with its value, by instrument.
    pub fn series(&self) -> impl Iterator<Item = (&SeriesKey, &SeriesValue)> {
        self.series.iter()
    }

    /// The newest example of each series that has one.
    pub fn exemplar(&self, of: &SeriesKey) -> Option<&Exemplar> {
        self.exemplars.get(of)
    }

    /// Adds what was counted since the last time.
    pub fn add(&mut self, delta: &Tally) {
        let names = Arc::clone(&self.names);
        let arrivals = &delta.arrivals;
        self.count(Instrument::ShoppersPlanned, Vec::new(), arrivals.planned);
        self.count(Instrument::ShoppersStarted, Vec::new(), arrivals.started);
        self.count(Instrument::ShoppersUnstarted, Vec::new(), arrivals.unstarted.values().sum());
        for (step, seen) in names.steps.iter().zip(&delta.steps) {
            self.add_step(step, seen);
        }
        self.add_shoppers(&names, delta);
        let mut purchases = PurchaseCounts::default();
        delta.seconds.values().for_each(|second| purchases += second.purchases);
        self.add_purchases(purchases);
        self.add_lag(delta.blocks.values());
        self.add_generator(delta);
        self.add_examples(&names, delta);
    }

    /// Adds how it ended.
    pub fn end(&mut self, outcome: &RunOutcome) {
        self.set(Instrument::RunEnd, Vec::new(), SeriesValue::Seconds(outcome.ended_unix_s));
        if let Some(verdict) = outcome.verdict {
            let labels = vec![("tillrush.verdict", label(verdict))];
            self.set(Instrument::RunVerdict, labels, SeriesValue::Level(1));
        }
        for (text, state) in &outcome.objectives {
            let known = self.names.objective.iter().find(|(known, _)| known == text);
            let Some((_, masked)) = known else { continue };
            let labels = vec![
                ("tillrush.objective", Arc::clone(masked)),
                ("tillrush.objective.state", label(state)),
            ];
            self.set(Instrument::ObjectiveState, labels, SeriesValue::Level(1));
        }
        for (nth, at) in outcome.incidents.iter().enumerate() {
            let labels = vec![("tillrush.incident", label(&(nth + 1).to_string()))];
            self.set(Instrument::IncidentStart, labels, SeriesValue::Seconds(*at));
        }
    }

    fn add_step(&mut self, step: &StepLabels, seen: &StepTally) {
        let of = || step.labels();
        let outcome = |outcome: &str| step.with_outcome(outcome);
        self.count(Instrument::StepAttempts, outcome("ok"), seen.ok);
        self.count(Instrument::StepAttempts, outcome("declined"), seen.declined);
        self.count(Instrument::StepAttempts, outcome("unjudged"), seen.unjudged);
        for (kind, times) in &seen.failed {
            self.count(Instrument::StepAttempts, step.with_failure(*kind), *times);
        }
        self.count(Instrument::Requests, of(), seen.requests + seen.assets.requests);
        self.count(Instrument::Connections, of(), seen.connections + seen.assets.connections);
        self.count(Instrument::BytesSent, of(), seen.bytes_sent);
        let received = seen.bytes_received + seen.assets.bytes_received;
        self.count(Instrument::BytesReceived, of(), received);
        for (series, spans) in seen.times.iter() {
            let (instrument, labels) = match series {
                StepTime::ResponseOk => (Instrument::ResponseTime, outcome("ok")),
                StepTime::ResponseDeclined => (Instrument::ResponseTime, outcome("declined")),
                // Both are what a shopper waited for an attempt that failed.
                StepTime::ResponseFailed | StepTime::ResponseCensored => {
                    (Instrument::ResponseTime, outcome("failed"))
                }
                StepTime::ServiceOk => (Instrument::RequestDuration, step.of_request(true)),
                StepTime::ServiceFailed => (Instrument::RequestDuration, step.of_request(false)),
            };
            let histogram = self.spans(instrument, labels);
            spans.blocks.values().for_each(|block| histogram.add(block));
        }
    }

    fn add_shoppers(&mut self, names: &StepNames, delta: &Tally) {
        self.started += delta.arrivals.started;
        for (key, count) in &delta.shoppers {
            let Some(journey) = names.journeys.get(key.journey.index()) else { continue };
            let labels = vec![
                ("tillrush.end", label(end_key(key.outcome.end))),
                ("tillrush.journey", Arc::clone(journey)),
            ];
            self.count(Instrument::ShoppersEnded, labels, count.shoppers);
            self.ended += count.shoppers;
            if key.outcome.failures >= 2 {
                let labels = names.repeated_at(key.journey, key.outcome.blamed_step());
                self.count(Instrument::RepeatedFailures, labels, count.shoppers);
            }
        }
        let active = SeriesValue::Level(self.started.saturating_sub(self.ended));
        self.set(Instrument::ShoppersActive, Vec::new(), active);
    }

    fn add_purchases(&mut self, purchases: PurchaseCounts) {
        let PurchaseCounts { sent, confirmed, declined, failed, unknown } = purchases;
        let states = [
            ("sent", sent),
            ("confirmed", confirmed),
            ("declined", declined),
            ("failed", failed),
            ("unknown", unknown),
        ];
        for (state, count) in states {
            let labels = vec![("tillrush.purchase.state", label(state))];
            self.count(Instrument::Purchases, labels, count);
        }
    }

    fn add_lag<'a>(&mut self, blocks: impl Iterator<Item = &'a BlockTally>) {
        let histogram = self.spans(Instrument::ScheduleLag, Vec::new());
        blocks.for_each(|block| histogram.add(&block.lag));
    }

    fn add_generator(&mut self, delta: &Tally) {
        let generator = &delta.generator;
        self.seconds(Instrument::GeneratorCpu, generator.cpu);
        self.seconds(Instrument::GeneratorWall, generator.wall);
        let known = match self.series.get(&key(Instrument::GeneratorMemory, Vec::new())) {
            Some(SeriesValue::Level(known)) => *known,
            Some(_) | None => 0,
        };
        let peak = known.max(generator.peak_rss_kib.saturating_mul(1_024));
        self.set(Instrument::GeneratorMemory, Vec::new(), SeriesValue::Level(peak));
        for (fault, causes) in &generator.own_failures {
            let labels = vec![("error.type", label(fault_key(*fault)))];
            self.count(Instrument::GeneratorFailures, labels, causes.values().sum());
        }
    }

    fn add_examples(&mut self, names: &StepNames, delta: &Tally) {
        for (step, exemplar) in exemplars(names, &delta.samples) {
            let of = key(Instrument::ResponseTime, step.with_outcome("failed"));
            let known = self.exemplars.get(&of);
            if known.is_none_or(|known| known.at_unix_us < exemplar.at_unix_us) {
                self.exemplars.insert(of, exemplar);
            }
        }
    }

    fn count(&mut self, instrument: Instrument, labels: Labels, more: u64) {
        let value = self.series.entry(key(instrument, labels)).or_insert(SeriesValue::Count(0));
        if let SeriesValue::Count(count) = value {
            *count = count.saturating_add(more);
        }
    }

    fn seconds(&mut self, instrument: Instrument, more: Micros) {
        let series = self.series.entry(key(instrument, Vec::new()));
        if let SeriesValue::Seconds(sum) = series.or_insert(SeriesValue::Seconds(0.0)) {
            *sum += more.0 as f64 / 1e6;
        }
    }

    fn set(&mut self, instrument: Instrument, labels: Labels, value: SeriesValue) {
        self.series.insert(key(instrument, labels), value);
    }

    fn spans(&mut self, instrument: Instrument, labels: Labels) -> &mut SpanHistogram {
        let empty = || SeriesValue::Spans(Box::default());
        match self.series.entry(key(instrument, labels)).or_insert_with(empty) {
            SeriesValue::Spans(histogram) => histogram,
            SeriesValue::Count(_) | SeriesValue::Seconds(_) | SeriesValue::Level(_) => {
                unreachable!("an instrument has one kind of values")
            }
        }
    }
}

fn key(instrument: Instrument, labels: Labels) -> SeriesKey {
    SeriesKey { instrument, labels }
}

const fn end_key(end: End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::LeftByChoice => "left_by_choice",
        End::Lost => "lost",
        End::StoppedByCap => "stopped_by_cap",
        End::Unfinished => "unfinished",
    }
}

const fn fault_key(fault: OwnFault) -> &'static str {
    match fault {
        OwnFault::Means => "means",
        OwnFault::Scenario => "scenario",
        OwnFault::Permission => "permission",
        OwnFault::Bug => "bug",
        OwnFault::Limit => "limit",
    }
}
