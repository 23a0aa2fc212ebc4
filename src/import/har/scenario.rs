//! The scenario of recordings, and the report of what was made of them.

use super::entry::{HarError, Recording};
use super::order::{RecordedPurchase, purchase};
use super::recorded::{LeftOut, Recorded, acts};
use super::steps::{StepText, Writer};
use super::varying::OtherRecordings;
use crate::import::result::Import;
use crate::import::write::yaml::{Yaml, duration, quote};
use crate::import::write::{LogFigures, figures_of, scenario_around};

/// A journey made of recordings.
struct RecordedJourney {
    steps: Vec<StepText>,
    figures: Vec<LogFigures>,
    purchase: Option<RecordedPurchase>,
    blanks: Vec<String>,
    origin: String,
    report: String,
}

/// The scenario of recordings of one flow, and what was left out, as a report. The first recording is the journey; the others tell what
/// varies.
///
/// # Errors
/// When the first recording has no act of a shopper.
pub fn har_scenario(
    recordings: &[Recording],
    name: &str,
    target: Option<&str>,
) -> Result<(String, String), HarError> {
    let mut journey = RecordedJourney::new(recordings, None)?;
    let no_load = "load: a recording does not tell how many come; write your own, or import a log";
    journey.blanks.insert(0, no_load.to_owned());
    let mut yaml = Yaml::default();
    yaml.line(
        0,
        "# Made by `tillrush` from a recording. What it does not tell is listed under x-todo.",
    );
    yaml.line(0, format!("name: {}", quote(name)));
    yaml.line(0, format!("target: {}", quote(target.unwrap_or(&journey.origin))));
    yaml.line(0, "x-todo:");
    journey.blanks.iter().for_each(|blank| yaml.line(1, format!("- {}", quote(blank))));
    yaml.line(0, "load:");
    yaml.line(1, "stages:");
    yaml.line(2, "- { ramp: 1/s, for: 30s }");
    yaml.line(2, "- { hold: 1/s, for: 2m }");
    yaml.line(0, "journeys:");
    yaml.line(1, "- name: buy");
    yaml.line(2, "steps:");
    journey.write(&mut yaml);
    yaml.gap();
    yaml.line(0, "objectives:");
    yaml.line(1, "- repeated_failures < 0.1%");
    Ok((yaml.finish(), journey.report))
}

/// The scenario of a log whose journey that buys is the recorded one, with the log's shares and think times; and the recording's report.
///
/// # Errors
/// When the first recording has no act of a shopper.
pub fn har_in_log(recordings: &[Recording], import: &Import) -> Result<(String, String), HarError> {
    let journey = RecordedJourney::new(recordings, Some(import))?;
    let mut yaml = Yaml::default();
    journey.write(&mut yaml);
    let RecordedJourney { figures, blanks, origin, report, .. } = journey;
    let target = import.options.target.as_deref().unwrap_or(&origin);
    let text = scenario_around(import, target, &yaml.finish(), blanks);
    let (matched, all) = (figures.iter().filter(|one| one.matched).count(), figures.len());
    let line =
        format!("  {matched} of {all} steps are in the log and have its shares and think times\n");
    Ok((text, report + &line))
}

// === impl RecordedJourney ===

impl RecordedJourney {
    fn new(recordings: &[Recording], log: Option<&Import>) -> Result<RecordedJourney, HarError> {
        let first = recordings.first().ok_or(HarError::NoPage)?;
        let (own, left_out) = acts(first);
        let origin = own.first().ok_or(HarError::NoPage)?.entry.url.origin().ascii_serialization();
        let others: Vec<Vec<Recorded>> =
            recordings[1..].iter().map(|other| acts(other).0).collect();
        let mut writer = Writer::write(&own, OtherRecordings::new(&own, &others));
        let purchase = purchase(&own);
        mark_order(purchase.as_ref(), &mut writer);
        let report = report(first, &own, &left_out, &writer, recordings.len());
        let requests: Vec<(&str, &str)> =
            own.iter().map(|act| (act.entry.method.as_str(), act.entry.url.path())).collect();
        let figures = match log {
            Some(import) => figures_of(import, &requests),
            None => requests.iter().map(|_| LogFigures::default()).collect(),
        };
        let (steps, blanks) = (writer.steps, writer.blanks);
        Ok(RecordedJourney { steps, figures, purchase, blanks, origin, report })
    }

    /// The steps, below `steps:` of a journey.
    fn write(&self, yaml: &mut Yaml) {
        let last = self.steps.len().saturating_sub(1);
        for (place, (step, figures)) in self.steps.iter().zip(&self.figures).enumerate() {
            let purchase = self.purchase.as_ref();
            let inside = purchase.is_some_and(|it| (it.begin..=it.end).contains(&place));
            if let Some(it) = purchase.filter(|it| it.begin == place) {
                yaml.line(3, "- purchase: pay");
                let going_on = (it.begin..=it.end)
                    .filter_map(|at| self.figures.get(at)?.goes_on)
                    .product::<f64>();
                if going_on < 0.9995 && it.end < last {
                    yaml.line(4, figures_line(going_on));
                }
                yaml.line(4, "steps:");
            }
            let goes_on =
                figures.goes_on.filter(|share| *share < 0.9995 && !inside && place < last);
            write_step(step, figures, goes_on, yaml, if inside { 5 } else { 3 }, place == 0);
        }
    }
}

fn figures_line(share: f64) -> String {
    format!("continue: {}", crate::import::write::yaml::percent(share))
}

fn write_step(
    step: &StepText,
    figures: &LogFigures,
    goes_on: Option<f64>,
    yaml: &mut Yaml,
    depth: usize,
    first: bool,
) {
    yaml.line(depth, format!("- name: {}", quote(&step.name)));
    step.lines.iter().for_each(|line| yaml.line(depth + 1, line));
    if !first {
        match (&figures.think, step.think) {
            (Some(think), _) => yaml.line(depth + 1, format!("think: {think}")),
            (None, Some(think)) if think > 0.05 => {
                yaml.line(
                    depth + 1,
                    format!("think: {}..{}", duration(think / 2.0), duration(think * 1.5)),
                );
            }
            (None, Some(_) | None) => {}
        }
    }
    goes_on.into_iter().for_each(|share| yaml.line(depth + 1, figures_line(share)));
    if !step.captures.is_empty() {
        yaml.line(depth + 1, "capture:");
        for (name, capture) in &step.captures {
            yaml.line(depth + 2, format!("{name}: {capture}"));
        }
    }
}

/// Writes the order's places at the step that makes it, or lists them as a blank.
fn mark_order(purchase: Option<&RecordedPurchase>, writer: &mut Writer<'_>) {
    let Some(purchase) = purchase else {
        writer.blanks.push(
            "buy: no step that pays was found; group those that do under `purchase:`".to_owned(),
        );
        return;
    };
    match &purchase.order {
        Some(places) => writer.steps[purchase.end].lines.push(format!("order: {{ {places} }}")),
        None => {
            let name = writer.steps[purchase.end].name.clone();
            writer.blank(
                &name,
                "`order: { id: ... }`, where the order's number stands in its answer",
            );
        }
    }
}

fn report(
    recording: &Recording,
    acts: &[Recorded],
    left_out: &LeftOut,
    writer: &Writer<'_>,
    files: usize,
) -> String {
    let requests = recording.entries.len();
    let mut lines = vec![format!("recording\n  {requests} requests became {} steps", acts.len())];
    let mut line = |text: String| lines.push(format!("  {text}"));
    if files > 1 {
        line(format!(
            "{} of them are in other recordings too, which show what varies",
            writer.shared_acts()
        ));
    }
    if left_out.assets > 0 {
        line(format!("{} files were folded into their pages", left_out.assets));
    }
    for (host, count) in &left_out.others {
        line(format!("left out: {count} to {host}"));
    }
    if left_out.noise > 0 {
        line(format!("left out: {} preflights and requests without an answer", left_out.noise));
    }
    if recording.broken > 0 {
        line(format!("not read: {} entries without a time or an address", recording.broken));
    }
    let captured: Vec<&str> =
        writer.steps.iter().flat_map(|step| step.captures.keys()).map(String::as_str).collect();
    if !captured.is_empty() {
        line(format!("captured from answers: {}", captured.join(", ")));
    }
    let replaced: Vec<&str> = writer.replaced.keys().map(String::as_str).collect();
    if !replaced.is_empty() {
        line(format!("replaced, as they are a person's own: {}", replaced.join(", ")));
    }
    if !recording.entries.iter().any(has_secrets) {
        line("It has no cookies and tokens in its headers: a browser leaves them out unless asked. A bearer token would be missed.".to_owned());
    }
    lines.join("\n") + "\n"
}

fn has_secrets(entry: &super::entry::HarEntry) -> bool {
    entry.headers.iter().any(|(name, _)| name == "cookie" || name == "authorization")
        || entry.answer_headers.iter().any(|(name, _)| name == "set-cookie")
}
