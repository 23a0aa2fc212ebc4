//! The progress of a run as lines of text: traffic, a line for each step, the worst hot spot so far, and the generator's
//! health. They fit into the terminal; `live` draws them.

use std::fmt::Write;

use crate::base::{Micros, StepId, counted, on_one_line};
use crate::plan::{ArrivalModel, Plan};
use crate::report::{count, group, percent};
use crate::tally::{Latency, SecondTally, StepTime, Tally};
use crate::verdict::statistics::min_sample;
use crate::verdict::{HotSpot, hotspots};

/// The window of the steps' rates and times.
const RECENT: Micros = Micros::from_secs(10);
/// Lines of the terminal that are not for steps, including the bar and the prompt.
const OTHER_LINES: usize = 8;
/// Minimum width of a step's name.
const MIN_NAME: usize = 16;

/// Two lines: the traffic in the last second that all cores have reported, and the failures so far.
pub fn traffic(plan: &Plan, planned: u64, now: Micros, total: &Tally) -> [String; 2] {
    let together = total.shape.seconds_together();
    // The last that is over.
    let last = now.second().checked_sub(1 + together).map(|second| second - second % together);
    let last = last.and_then(|second| total.seconds.get(&second));
    let per_second = |of: fn(&SecondTally) -> u64| last.map_or(0, of) / u64::from(together);
    let ended: u64 = total.shoppers.values().map(|count| count.shoppers).sum();
    let (attempts, failed) = total
        .steps
        .iter()
        .fold((0, 0), |(all, failed), step| (all + step.attempts(), failed + step.failures()));
    let repeated: u64 = total.seconds.values().map(|second| second.repeated).sum();
    let (started, due) = (per_second(|second| second.started), per_second(|second| second.planned));
    // In a closed load, arrivals are not planned: a shopper who leaves is replaced.
    let arrivals = match plan.load.arrivals {
        ArrivalModel::Closed { .. } => {
            format!("{}, {}/s", counted(total.arrivals.started, "shopper"), count(started))
        }
        _ => {
            let (all, of) = (count(total.arrivals.started), counted(planned, "shopper"));
            format!("{all} of {of}, {}/s ({}/s planned)", count(started), count(due))
        }
    };
    let in_flight = count(total.arrivals.started.saturating_sub(ended));
    let traffic = format!(
        "{arrivals}, {in_flight} in flight, {} requests/s",
        count(per_second(|second| second.requests))
    );
    let share = if failed == 0 {
        String::new()
    } else {
        format!(" ({})", percent(failed as f64 / attempts as f64))
    };
    let failures = format!(
        "{} of {} failed{share}, {} with repeated failures",
        count(failed),
        counted(attempts, "attempt"),
        counted(repeated, "shopper")
    );
    [traffic, failures]
}

/// A line for each step that was reached. If there is not enough room, those with the most failures are shown.
pub fn steps(
    plan: &Plan,
    now: Micros,
    total: &Tally,
    (width, height): (usize, usize),
) -> Vec<String> {
    let mut reached: Vec<usize> =
        (0..total.steps.len()).filter(|step| total.steps[*step].attempts() > 0).collect();
    let room = height.saturating_sub(OTHER_LINES).max(3);
    let hidden = (reached.len() + 1).saturating_sub(room);
    if hidden > 0 {
        reached.sort_by_key(|step| std::cmp::Reverse(total.steps[*step].failures()));
        reached.truncate(room.saturating_sub(2));
        reached.sort_unstable();
    }
    let name = width.saturating_sub(44).clamp(MIN_NAME, 40);
    let mut lines = vec![format!(
        "{:name$}  {:>8}  {:>8}  {:>7}  {:>8}",
        "step", "rate", "failed", "share", "p95 10 s"
    )];
    lines.extend(reached.iter().map(|step| line(plan, StepId(*step as u16), now, total, name)));
    let left_out = (0..total.steps.len()).filter(|step| total.steps[*step].attempts() > 0).count()
        - reached.len();
    if left_out > 0 {
        lines.push(format!("and {}", counted(left_out as u64, "more step")));
    }
    lines
}

fn line(plan: &Plan, step: StepId, now: Micros, total: &Tally, name: usize) -> String {
    let seen = &total.steps[step.index()];
    let until = now.second();
    let from = until.saturating_sub(RECENT.second());
    let together = total.shape.seconds_together();
    let (from, until) = (from - from % together, (until - until % together).max(1));
    let recent: u64 = total
        .seconds
        .range(from..until)
        .filter_map(|(_, second)| second.steps.get(&step))
        .map(|(all, _)| u64::from(*all))
        .sum();
    let rate = recent as f64 / f64::from(until.saturating_sub(from).max(1));
    let blocks = total.shape.block_of(now.since(RECENT))..total.shape.block_of(now) + 1;
    let times: Latency = seen.times[StepTime::ResponseOk].within(blocks);
    let p95 = times
        .quantile(0.95)
        .filter(|_| times.count() >= min_sample(0.95))
        .map_or_else(|| "–".to_owned(), |p95| p95.to_string());
    let share = if seen.failures() == 0 {
        "–".to_owned()
    } else {
        percent(seen.failures() as f64 / seen.attempts() as f64)
    };
    let label = cut(&on_one_line(&plan.step_label(step)), name);
    format!(
        "{label:name$}  {:>8}  {:>8}  {share:>7}  {p95:>8}",
        format!("{rate:.1}/s"),
        count(seen.failures())
    )
}

/// The worst hot spot so far, in a line. The search takes time, so it is done only now and then.
pub fn worst(plan: &Plan, total: &Tally) -> Option<String> {
    hotspots(plan, total).first().map(|spot| hotspot_line(plan, spot))
}

fn hotspot_line(plan: &Plan, spot: &HotSpot) -> String {
    let steps: Vec<String> = spot.steps.iter().map(|step| plan.step_label(*step)).collect();
    let mut text = format!("worst so far: {}", group(spot));
    if !steps.is_empty() {
        let _ = write!(text, " at {}", steps.join(", "));
    }
    let share = percent(spot.inside.value().unwrap_or_default());
    let _ = write!(
        text,
        ", {share} of shoppers fail repeatedly ({} of {})",
        count(spot.inside.events),
        count(spot.inside.trials)
    );
    text
}

/// The generator's health: its lag in the last ten seconds, its use of the cores, and arrivals that were not started.
pub fn generator(now: Micros, total: &Tally) -> String {
    let blocks = total.shape.block_of(now.since(RECENT))..;
    let lag: Latency = total.blocks.range(blocks).map(|(_, block)| &block.lag).sum();
    let lag = match (lag.quantile(0.99), lag.max()) {
        (Some(p99), Some(max)) => format!("lag p99 {p99}, max {max}"),
        _ => "no lag measured yet".to_owned(),
    };
    let generator = &total.generator;
    let cpu = if generator.wall.0 > 0 {
        format!(", cpu {}", percent(generator.cpu.0 as f64 / generator.wall.0 as f64))
    } else {
        String::new()
    };
    let unstarted: u64 = total.arrivals.unstarted.values().sum();
    let unstarted =
        if unstarted > 0 { format!(", {} not started", count(unstarted)) } else { String::new() };
    format!("generator: {lag}{cpu}{unstarted}")
}

/// The text, or as much of it as fits before an ellipsis.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, planted, shop};

    fn screen(simulated: &SimulatedRun, now: Micros, size: (usize, usize)) -> Vec<String> {
        let mut lines = traffic(&simulated.plan, 12_000, now, &simulated.tally).to_vec();
        lines.extend(steps(&simulated.plan, now, &simulated.tally, size));
        lines.extend(worst(&simulated.plan, &simulated.tally));
        lines.push(generator(now, &simulated.tally));
        lines
    }

    #[test]
    fn a_run_is_shown_in_a_few_dense_lines() {
        let simulated = SimulatedRun::run(12_000, 120, planted);
        insta::assert_snapshot!(screen(&simulated, Micros::from_secs(110), (80, 24)).join("\n"), @r"
        12,000 of 12,000 shoppers, 100/s (100/s planned), 0 in flight, 0 requests/s
        1,935 of 46,824 attempts failed (4.1 %), 0 shoppers with repeated failures
        step                                      rate    failed    share  p95 10 s
        browse/home                             26.8/s        48    1.5 %    40.7ms
        search                                  27.1/s        56    1.8 %    39.9ms
        buy/home                                74.4/s       126    1.4 %    42.6ms
        product                                 75.0/s       120    1.3 %    46.3ms
        cart                                    45.9/s       348    6.1 %    46.6ms
        checkout                                45.2/s       323    5.7 %    46.8ms
        pay                                     48.1/s       837   14.0 %      51ms
        confirm                                 41.6/s        77    1.5 %    51.8ms
        worst so far: payment wallet at pay, 5.2 % of shoppers fail repeatedly (234 of 4,525)
        generator: lag p99 79µs, max 79µs, cpu 25.0 %
        ");
    }

    #[test]
    fn one_shopper_is_in_the_singular() {
        let simulated = SimulatedRun::run(1, 10, planted);
        let [arrivals, failures] =
            traffic(&simulated.plan, 1, Micros::from_secs(9), &simulated.tally);
        assert!(arrivals.starts_with("1 of 1 shopper, "), "{arrivals}");
        assert!(failures.starts_with("0 of 2 attempts failed, 0 shoppers"), "{failures}");
    }

    #[test]
    fn however_many_steps_there_are_a_small_terminal_takes_them() {
        let mut plan = shop();
        crate::plan::example::add_journey(&mut plan, "long", 3.0);
        for step in 0..40 {
            crate::plan::example::add_unit(
                &mut plan,
                false,
                &[(&format!("a step with a name that is far too long, {step}"), 0.0, 1.0)],
            );
        }
        let mut simulated = SimulatedRun::of(plan, 3_000, 60, planted);
        simulated.tally.steps.iter_mut().for_each(|step| step.ok += 1);
        let lines = screen(&simulated, Micros::from_secs(50), (80, 24));
        // The bar's line, and one that the cursor stands on.
        assert!(lines.len() + 2 <= 24, "{} lines", lines.len());
        assert!(
            steps(&simulated.plan, Micros::from_secs(50), &simulated.tally, (80, 24))
                .iter()
                .all(|line| line.chars().count() < 80)
        );
        assert!(
            lines.iter().any(|line| line.starts_with("pay ")),
            "those that fail are shown:\n{}",
            lines.join("\n")
        );
        let tall = screen(&simulated, Micros::from_secs(50), (80, 80));
        assert!(tall.len() > 45, "a large terminal shows more: {}", tall.len());
    }
}
