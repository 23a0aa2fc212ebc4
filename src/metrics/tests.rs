//! What is sent has the counts of the tally, whole and in parts, and no more series than the scenario has names.

use std::collections::BTreeSet;

use prost::Message;

use super::otlp::{ExportMetrics, metric, number_data_point};
use super::remote_write::{TimeSeries, WriteRequest, series};
use super::{
    Instrument, MetricsResource, RunMetrics, RunOutcome, SeriesValue, encode_metrics,
    write_exposition, write_requests,
};
use crate::base::Redactor;
use crate::tally::Tally;
use crate::verdict::simulation::{SimulatedRun, planted};

const NOW: u64 = 1_800_000_000_000_000;

fn resource() -> MetricsResource {
    MetricsResource {
        service: "tillrush".to_owned(),
        version: "1".to_owned(),
        run: "r1".to_owned(),
        slice: "0/1".to_owned(),
        scenario: "a \"shop\"".to_owned(),
        server_address: "127.0.0.1".to_owned(),
        server_port: 8080,
        more: [("team.name".to_owned(), "checkout".to_owned())].into(),
        started_unix_us: NOW - 60_000_000,
    }
}

fn whole(simulated: &SimulatedRun) -> RunMetrics {
    let mut metrics = RunMetrics::new(&simulated.plan, &resource());
    metrics.add(&simulated.tally);
    metrics
}

fn sum(metrics: &RunMetrics, of: Instrument, has: &str) -> u64 {
    let of = metrics.series().filter(|(key, _)| key.instrument == of);
    of.filter(|(key, _)| has.is_empty() || key.labels.iter().any(|(_, value)| &**value == has))
        .map(|(_, value)| match value {
            SeriesValue::Count(count) | SeriesValue::Level(count) => *count,
            SeriesValue::Spans(spans) => spans.count,
            SeriesValue::Seconds(_) => 0,
        })
        .sum()
}

#[test]
fn the_counts_are_those_of_the_tally() {
    let simulated = SimulatedRun::run(4_000, 120, planted);
    let (metrics, tally) = (whole(&simulated), &simulated.tally);
    let of_steps = |of: &dyn Fn(&crate::tally::StepTally) -> u64| tally.steps.iter().map(of).sum();
    let (ok, failed): (u64, u64) = (of_steps(&|step| step.ok), of_steps(&|step| step.failures()));
    assert!(ok > 1_000 && failed > 100, "{ok} {failed}");
    assert_eq!(sum(&metrics, Instrument::StepAttempts, "ok"), ok);
    assert_eq!(sum(&metrics, Instrument::StepAttempts, "failed"), failed);
    let attempts: u64 = of_steps(&|step| step.attempts());
    assert_eq!(sum(&metrics, Instrument::ResponseTime, ""), attempts);
    assert_eq!(sum(&metrics, Instrument::ShoppersStarted, ""), tally.arrivals.started);
    let ended = tally.shoppers.values().map(|count| count.shoppers).sum::<u64>();
    assert_eq!(sum(&metrics, Instrument::ShoppersEnded, ""), ended);
    let repeated = tally.shoppers.iter().filter(|(key, _)| key.outcome.failures >= 2);
    let repeated: u64 = repeated.map(|(_, count)| count.shoppers).sum();
    assert!(repeated > 0);
    assert_eq!(sum(&metrics, Instrument::RepeatedFailures, ""), repeated);
    assert_eq!(sum(&metrics, Instrument::ShoppersActive, ""), tally.arrivals.started - ended);
}

#[test]
fn parts_add_up_to_the_whole() {
    let [one, other] = [1_000, 3_000].map(|shoppers| SimulatedRun::run(shoppers, 120, planted));
    let mut parts = whole(&one);
    parts.add(&other.tally);
    let mut both = one.tally.clone();
    both.merge(other.tally.clone());
    let mut together = RunMetrics::new(&one.plan, &resource());
    together.add(&both);
    let figures = |metrics: &RunMetrics| -> Vec<_> {
        metrics
            .series()
            .map(|(key, value)| match value {
                // Sums of times are rounded in other places.
                SeriesValue::Spans(spans) => (key.clone(), spans.count, spans.buckets.clone()),
                SeriesValue::Count(count) | SeriesValue::Level(count) => {
                    (key.clone(), *count, Default::default())
                }
                SeriesValue::Seconds(_) => (key.clone(), 0, Default::default()),
            })
            .collect()
    };
    assert_eq!(figures(&parts), figures(&together));
}

#[test]
fn the_number_of_series_follows_from_the_scenario_alone() {
    let [few, many] = [200, 8_000].map(|shoppers| SimulatedRun::run(shoppers, 120, planted));
    let known = |metrics: &RunMetrics| metrics.series().count();
    let (few, many) = (known(&whole(&few)), known(&whole(&many)));
    assert!(many < few + 60, "{few} with 200 shoppers, {many} with 8,000");
}

#[test]
fn every_instrument_is_there_from_the_start_or_at_the_end() {
    let simulated = SimulatedRun::run(4_000, 120, planted);
    let mut metrics = whole(&simulated);
    metrics.end(&RunOutcome {
        verdict: Some("fail"),
        objectives: simulated.plan.objectives.iter().map(|it| (it.text.clone(), "fail")).collect(),
        incidents: vec![1.0],
        ended_unix_s: 2.0,
    });
    let found: BTreeSet<Instrument> = metrics.series().map(|(key, _)| key.instrument).collect();
    let missing: Vec<_> = Instrument::all().filter(|it| !found.contains(it)).collect();
    // A simulated run has no generator that fails; the shop of the simulation has no objectives.
    assert!(
        missing
            .iter()
            .all(|it| matches!(it, Instrument::GeneratorFailures | Instrument::ObjectiveState)),
        "{missing:?}"
    );
    let names: BTreeSet<_> = Instrument::all().map(Instrument::prometheus_name).collect();
    assert_eq!(names.len(), Instrument::all().count());
}

#[test]
fn otlp_has_every_point_and_histograms_that_add_up() {
    let simulated = SimulatedRun::run(2_000, 120, planted);
    let metrics = whole(&simulated);
    let sent =
        ExportMetrics::decode(encode_metrics(&metrics, &resource(), NOW).as_slice()).unwrap();
    let families = &sent.resource_metrics[0].scope_metrics[0].metrics;
    let started = families.iter().find(|it| it.name == "tillrush.shoppers.started").unwrap();
    let Some(metric::Data::Sum(sum)) = &started.data else { panic!("{:?}", started.data) };
    let expected = i64::try_from(simulated.tally.arrivals.started).unwrap();
    assert_eq!(sum.data_points[0].value, Some(number_data_point::Number::AsInt(expected)));
    let times = families.iter().find(|it| it.name == "tillrush.step.response_time").unwrap();
    let Some(metric::Data::ExponentialHistogram(family)) = &times.data else { panic!() };
    assert!(family.data_points.iter().any(|point| point.count > 100));
    for point in &family.data_points {
        let buckets = point.positive.as_ref().map_or(0, |it| it.bucket_counts.iter().sum::<u64>());
        assert_eq!(buckets + point.zero_count, point.count);
    }
}

#[test]
fn remote_write_has_sorted_labels_and_buckets_that_add_up() {
    let simulated = SimulatedRun::run(2_000, 120, planted);
    let metrics = whole(&simulated);
    let (samples, histograms) = series(&metrics, &resource(), NOW);
    let name =
        |it: &TimeSeries| it.labels.iter().find(|it| it.name == "__name__").unwrap().value.clone();
    assert_eq!(name(&samples[0]), "target_info");
    assert!(
        samples[0]
            .labels
            .iter()
            .any(|it| (it.name.as_str(), it.value.as_str()) == ("team_name", "checkout"))
    );
    for one in samples.iter().chain(&histograms) {
        assert!(one.labels.is_sorted_by(|a, b| a.name < b.name), "{:?}", one.labels);
        assert!(one.labels.iter().all(|label| !label.value.is_empty()));
    }
    for histogram in histograms.iter().flat_map(|it| &it.histograms) {
        let (mut last, mut all) = (0, histogram.zero_count);
        for delta in &histogram.positive_deltas {
            last += delta;
            all += u64::try_from(last).unwrap();
        }
        assert_eq!(all, histogram.count);
        let buckets: u32 = histogram.positive_spans.iter().map(|span| span.length).sum();
        assert_eq!(buckets as usize, histogram.positive_deltas.len());
    }
    let packed = write_requests(&metrics, &resource(), NOW).unwrap().samples;
    let bytes = snap::raw::Decoder::new().decompress_vec(&packed).unwrap();
    assert_eq!(WriteRequest::decode(bytes.as_slice()).unwrap().timeseries.len(), samples.len());
}

#[test]
fn the_page_to_scrape_is_cumulative_and_escapes_names() {
    let simulated = SimulatedRun::run(2_000, 120, planted);
    let text = write_exposition(&whole(&simulated), &resource());
    assert!(text.contains(r#"tillrush_scenario="a \"shop\"""#), "{text}");
    assert!(text.contains("# TYPE tillrush_step_response_time_seconds histogram"));
    let started = format!(
        "tillrush_run=\"r1\",tillrush_scenario=\"a \\\"shop\\\"\",tillrush_slice=\"0/1\"}} {}",
        simulated.tally.arrivals.started
    );
    let line =
        text.lines().find(|line| line.starts_with("tillrush_shoppers_started_total")).unwrap();
    assert!(line.ends_with(&started), "{line}");
    let heads = text.lines().filter(|line| line.starts_with("# TYPE")).count();
    let distinct: BTreeSet<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    assert_eq!(heads, distinct.len(), "each family stands together");
}

#[test]
fn secrets_in_names_are_masked() {
    let mut simulated = SimulatedRun::run(200, 60, planted);
    simulated.plan.steps[0].name = "login hunter22".to_owned();
    simulated.plan.journeys[0].name = "hunter22".to_owned();
    simulated.plan.secrets = Redactor::new(["hunter22"]);
    let metrics = whole(&simulated);
    assert!(!write_exposition(&metrics, &resource()).contains("hunter22"));
    let sent = encode_metrics(&metrics, &resource(), NOW);
    assert!(!String::from_utf8_lossy(&sent).contains("hunter22"));
    assert!(String::from_utf8_lossy(&sent).contains("login [redacted]"));
}

#[test]
fn an_empty_delta_changes_nothing() {
    let simulated = SimulatedRun::run(200, 60, planted);
    let mut metrics = whole(&simulated);
    let before: Vec<_> =
        metrics.series().map(|(key, value)| (key.clone(), value.clone())).collect();
    metrics.add(&Tally::new(simulated.plan.tally_shape()));
    let after: Vec<_> = metrics.series().map(|(key, value)| (key.clone(), value.clone())).collect();
    assert_eq!(before, after);
}

/// Names of metrics in a query of Prometheus.
fn metrics_named(text: &str) -> BTreeSet<String> {
    let name = regex::Regex::new(r"\b(?:tillrush|http_client)_[a-z_]+\{").unwrap();
    name.find_iter(text).map(|found| found.as_str().trim_end_matches('{').to_owned()).collect()
}

#[test]
fn the_dashboard_names_only_metrics_that_exist() {
    let known: BTreeSet<String> = Instrument::all().map(Instrument::prometheus_name).collect();
    let named = metrics_named(include_str!("../../docs/grafana-dashboard.json"));
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let base = name.strip_suffix("_bucket").unwrap_or(&name);
        assert!(known.contains(base), "the dashboard asks for {name}, which nobody sends");
    }
}

#[test]
fn the_documentation_has_every_metric() {
    let text = include_str!("../../docs/observability.md");
    for instrument in Instrument::all() {
        let (_, last) = instrument.name().rsplit_once('.').unwrap();
        let is_named = text.contains(&format!("`{}`", instrument.name()))
            || text.contains(&format!("`.{last}`"))
            || text.contains(&format!(
                "`.{}`",
                instrument
                    .name()
                    .rsplitn(3, '.')
                    .take(2)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect::<Vec<_>>()
                    .join(".")
            ));
        assert!(is_named, "{}", instrument.name());
    }
}
