//! Distributions in HdrHistogram's own log format, for the tools that read it (HistogramLogAnalyzer, hdr-plot, ...).
//!
//! A line per block, step and series, with the block's start and width, and the histogram as compressed,
//! base64-coded text. The format knows no units: a comment at the top states them.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use super::{Latency, Tally};

/// Values are microseconds, the readable maximum of each line is in milliseconds.
const MAX_VALUE_DIVISOR: f64 = 1_000.0;

/// Writes the step's series, block by block. `labels` are the steps' names by `StepId`, each of its own;
/// `started_unix_us` is the planned start. Tags are such as `pay.response.ok`; characters that the format
/// forbids in them become `_`.
///
/// # Errors
/// When writing fails.
pub fn write(
    tally: &Tally,
    labels: &[String],
    started_unix_us: u64,
    out: &mut impl io::Write,
) -> io::Result<()> {
    let start = UNIX_EPOCH + Duration::from_micros(started_unix_us);
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment("tillrush: values in microseconds, up to 1 h (longer ones counted there); Interval_Max in milliseconds.")
        .add_comment(
            "tillrush: tags are step.series.outcome; response: intended start to last byte; service: first byte sent to last byte;",
        )
        .add_comment("tillrush: censored: given up as too slow, at the moment of giving up.")
        .with_start_time(start)
        .with_base_time(start)
        .with_max_value_divisor(MAX_VALUE_DIVISOR)
        .begin_log_with(out, &mut serializer)?;
    let tags: Vec<String> = labels
        .iter()
        .map(|label| label.replace(|c: char| c.is_whitespace() || c == ',', "_"))
        .collect();
    let series_by_step = || {
        tally.steps.iter().enumerate().flat_map(|(step, tally)| {
            tally.times.iter().map(move |(series, latency)| (step, (series.key(), latency)))
        })
    };
    let mut blocks: Vec<u32> =
        series_by_step().flat_map(|(_, (_, series))| series.blocks.keys().copied()).collect();
    blocks.sort_unstable();
    blocks.dedup();
    let width = Duration::from(tally.shape.block);
    for block in blocks {
        for (step, (series, latency)) in series_by_step()
            .filter_map(|(step, (name, series))| Some((step, (name, series.blocks.get(&block)?))))
        {
            let label = tags.get(step).map_or_else(|| format!("step-{step}"), String::clone);
            let tag = format!("{label}.{series}");
            log.write_histogram(&dense(latency), width * block, width, Tag::new(&tag)).map_err(
                |error| match error {
                    IntervalLogWriterError::IoError(error) => error,
                    IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
                },
            )?;
        }
    }
    Ok(())
}

fn dense(latency: &Latency) -> Histogram<u64> {
    let mut dense =
        Histogram::new(3).expect("three significant digits are among the supported ones");
    for (span, count) in latency.iter() {
        dense
            .record_n(span.0, count)
            .expect("a histogram that grows takes every value up to the bound");
    }
    dense
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::tests::{attempt, shape};
    use crate::tally::{FailureKind, Outcome};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    #[test]
    fn the_log_is_read_back_by_hdrhistogram_with_equal_counts() {
        let mut tally = Tally::new(shape());
        (0..500u64).for_each(|i| {
            tally.step_attempt(&attempt((i % 2) as u16, i * 70, 5 + i * i % 9_000, Outcome::Ok))
        });
        tally.step_attempt(&attempt(1, 25_000, 30_000, Outcome::Failed(FailureKind::TooSlow)));
        let labels = ["add to cart".to_owned(), "buy/pay".to_owned()];
        let mut log = Vec::new();
        write(&tally, &labels, 1_795_000_000_250_000, &mut log).unwrap();

        let mut seen = 0;
        let mut last_start = Duration::ZERO;
        for entry in IntervalLogIterator::new(&log) {
            match entry.unwrap() {
                LogEntry::StartTime(at) | LogEntry::BaseTime(at) => {
                    assert_eq!(at.as_millis(), 1_795_000_000_250)
                }
                LogEntry::Interval(interval) => {
                    let tag = interval.tag().unwrap();
                    let (label, name) = tag.split_once('.').unwrap();
                    let step = ["add_to_cart", "buy/pay"]
                        .iter()
                        .position(|known| *known == label)
                        .unwrap();
                    let (_, series) = tally.steps[step]
                        .times
                        .iter()
                        .find(|(series, _)| series.key() == name)
                        .unwrap();
                    let block = (interval.start_timestamp().as_secs() / 10) as u32;
                    let text = STANDARD.decode(interval.encoded_histogram()).unwrap();
                    let read: Histogram<u64> =
                        Deserializer::new().deserialize(&mut &text[..]).unwrap();
                    assert_eq!(read, dense(&series.blocks[&block]), "{} in block {block}", &*tag);
                    assert_eq!(read.len(), series.blocks[&block].count());
                    assert!((interval.max() - read.max() as f64 / 1_000.0).abs() < 0.01);
                    assert!(
                        interval.duration().as_secs() == 10
                            && interval.start_timestamp() >= last_start
                    );
                    last_start = interval.start_timestamp();
                    seen += 1;
                }
            }
        }
        let series = tally.steps.iter().flat_map(|step| step.times.iter());
        assert_eq!(seen, series.map(|(_, series)| series.blocks.len()).sum::<usize>());
        assert!(seen > 10);
    }
}
