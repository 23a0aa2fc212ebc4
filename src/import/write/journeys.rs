//! Journeys as the scenario has them.

use super::steps::StepWriter;
use super::yaml::{Yaml, pause, percent, quote};
use crate::import::fit::Think;
use crate::import::flow::{Bag, Extras, Funnel, KindId, SpineStep};
use crate::import::result::Import;

/// A step that fewer make than this is a choice.
const NEARLY_ALL: f64 = 0.95;

/// Writes `journeys:`, and lists what the log does not tell. A recorded journey, as steps, takes the place of the one that buys.
pub fn journeys(
    import: &Import,
    recorded: Option<&str>,
    yaml: &mut Yaml,
    blanks: &mut Vec<String>,
) {
    yaml.line(0, "journeys:");
    let all: u64 = import.funnel.iter().map(|funnel| funnel.sessions).sum::<u64>()
        + import.bags.iter().map(|bag| bag.sessions).sum::<u64>();
    let weight = |sessions: u64| format!("{:.1}", (sessions as f64 * 100.0 / all as f64).max(0.1));
    match (&import.funnel, recorded) {
        (funnel, Some(steps)) => {
            let sessions = funnel.as_ref().map_or(import.bought.some.max(1), |it| it.sessions);
            head(yaml, "buy", &weight(sessions));
            yaml.lines(steps);
        }
        (Some(funnel), None) => {
            head(yaml, "buy", &weight(funnel.sessions));
            buying(import, funnel, yaml, blanks);
        }
        (None, None) => {}
    }
    for bag in &import.bags {
        head(yaml, bag.name, &weight(bag.sessions));
        looking(import, bag, yaml, blanks);
    }
}

fn head(yaml: &mut Yaml, name: &str, weight: &str) {
    yaml.line(1, format!("- name: {}", quote(name)));
    yaml.line(2, format!("weight: {weight}"));
    yaml.line(2, "steps:");
}

/// By which power all shares of going on are raised, so that this many times as many get through.
pub(super) fn power(funnel: &Funnel, conversion: f64) -> f64 {
    let through: f64 = funnel.steps.iter().map(|step| goes_on(step).unwrap_or(1.0)).product();
    if through < 1.0 && through > 0.0 {
        (1.0 + conversion.ln() / through.ln()).max(0.0)
    } else {
        1.0
    }
}

/// The share of those who make the step and go on.
pub(super) fn goes_on(step: &SpineStep) -> Option<f64> {
    let share = step.goes_on?;
    let leave = (share.all - share.some) as f64;
    let made = if step.visited.value() < NEARLY_ALL { step.visited.some } else { share.all };
    (made > 0).then(|| (1.0 - leave / made as f64).max(0.001))
}

fn buying(import: &Import, funnel: &Funnel, yaml: &mut Yaml, blanks: &mut Vec<String>) {
    let mut writer = StepWriter::new(import, "buy");
    let power = power(funnel, import.options.scale.conversion);
    extras(&mut writer, &funnel.before, yaml, blanks);
    for (place, step) in funnel.steps.iter().enumerate() {
        let mut keys = Vec::new();
        let begins = place == 0 && !funnel.before.any();
        if !begins {
            keys.extend(think(step.think.as_ref()));
        }
        let share = goes_on(step).map(|share| share.powf(power)).filter(|share| *share < 0.9995);
        let leaving = share.map(|share| format!("continue: {}", percent(share)));
        if place == funnel.purchase {
            yaml.line(3, "- purchase: pay");
            leaving.iter().for_each(|key| yaml.line(4, key));
            yaml.line(4, "steps:");
            writer.write(yaml, 5, step.kind, &keys, blanks);
        } else if step.visited.value() < NEARLY_ALL {
            keys.extend(leaving);
            let made = step.visited.value().max(0.001);
            yaml.line(3, "- choose:");
            yaml.line(5, format!("- weight: {:.1}", made * 100.0));
            yaml.line(6, "steps:");
            writer.write(yaml, 7, step.kind, &keys, blanks);
            yaml.line(5, format!("- weight: {:.1}", ((1.0 - made) * 100.0).max(0.1)));
        } else {
            keys.extend(leaving);
            writer.write(yaml, 3, step.kind, &keys, blanks);
        }
        if place + 1 < funnel.steps.len() || place >= funnel.purchase {
            extras(&mut writer, &step.extras, yaml, blanks);
        }
    }
}

/// What some do on the way: a choice between this many draws of pages, and none.
fn extras(writer: &mut StepWriter<'_>, extras: &Extras, yaml: &mut Yaml, blanks: &mut Vec<String>) {
    if !extras.any() {
        return;
    }
    let some = extras.some.value();
    yaml.line(3, "- choose:");
    yaml.line(5, format!("- weight: {:.1}", (some * 100.0).max(0.1)));
    yaml.line(6, "steps:");
    draws(writer, (7, extras.times), &extras.kinds, extras.think.as_ref(), yaml, blanks);
    if some < 1.0 {
        yaml.line(5, format!("- weight: {:.1}", ((1.0 - some) * 100.0).max(0.1)));
    }
}

/// This many draws among pages.
fn draws(
    writer: &mut StepWriter<'_>,
    (depth, times): (usize, (u32, u32)),
    kinds: &[(KindId, u64)],
    law: Option<&Think>,
    yaml: &mut Yaml,
    blanks: &mut Vec<String>,
) {
    let times =
        if times.0 == times.1 { times.0.to_string() } else { format!("{}..{}", times.0, times.1) };
    yaml.line(depth, format!("- repeat: {times}"));
    yaml.line(depth + 1, "steps:");
    let keys: Vec<String> = think(law).into_iter().collect();
    pages(writer, depth + 2, kinds, &keys, yaml, blanks);
}

/// One page, or a choice among several.
fn pages(
    writer: &mut StepWriter<'_>,
    depth: usize,
    kinds: &[(KindId, u64)],
    keys: &[String],
    yaml: &mut Yaml,
    blanks: &mut Vec<String>,
) {
    if let [(only, _)] = kinds {
        return writer.write(yaml, depth, *only, keys, blanks);
    }
    yaml.line(depth, "- choose:");
    for (kind, times) in kinds {
        yaml.line(depth + 2, format!("- weight: {times}"));
        yaml.line(depth + 3, "steps:");
        writer.write(yaml, depth + 4, *kind, keys, blanks);
    }
}

fn looking(import: &Import, bag: &Bag, yaml: &mut Yaml, blanks: &mut Vec<String>) {
    let mut writer = StepWriter::new(import, bag.name);
    pages(&mut writer, 3, &bag.entries, &[], yaml, blanks);
    let further: Vec<_> = bag.lengths.iter().filter(|((_, high), _)| *high > 0).collect();
    if bag.kinds.is_empty() || further.is_empty() {
        return;
    }
    yaml.line(3, "- choose:");
    for (range, sessions) in &bag.lengths {
        yaml.line(5, format!("- weight: {sessions}"));
        if range.1 > 0 {
            yaml.line(6, "steps:");
            draws(&mut writer, (7, *range), &bag.kinds, bag.think.as_ref(), yaml, blanks);
        }
    }
}

fn think(law: Option<&Think>) -> Option<String> {
    law.map(|law| format!("think: {}", pause(law)))
}
