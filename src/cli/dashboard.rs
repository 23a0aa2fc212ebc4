//! The progress of a run as lines of text: traffic, a line for each step, the worst hot spot so far, and the generator's
//! health. They fit into the terminal; `live` draws them.

use std::fmt::Write;

use crate::base::{Micros, StepId, count_of, on_one_line};
use crate::plan::{ArrivalModel, Plan};
use crate::report::{Tone, count, group, percent};
use crate::tally::{Latency, SecondTally, StepTally, StepTime, Tally};
use crate::verdict::statistics::min_sample;
use crate::verdict::{HotSpot, hotspots, orders as verdict_orders};

/// The window of all rates and times.
const RECENT: Micros = Micros::from_secs(10);
/// Lines of the terminal that are not for steps, including the bar and the prompt.
pub const OTHER_LINES: usize = 9;
/// The room of a step's figures.
const FIGURES: usize = 62;
/// Minimum width of a step's name.
const MIN_NAME: usize = 16;
/// Maximum width of a step's name.
const MAX_NAME: usize = 72;

/// A line and how it should strike the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenLine {
    /// How it should strike the reader.
    pub tone: Tone,
    /// The text.
    pub text: String,
}

/// The seconds of the window that are over on all cores; of seconds that are counted as one, all or none.
fn window(total: &Tally, now: Micros) -> std::ops::Range<u32> {
    let together = total.shape.seconds_together();
    let over = now.second().saturating_sub(1);
    let until = over - over % together;
    until.saturating_sub(RECENT.second().next_multiple_of(together))..until
}

/// What happened per second in the window.
fn per_second(total: &Tally, now: Micros, of: impl Fn(&SecondTally) -> u64) -> f64 {
    let window = window(total, now);
    let sum: u64 = total.seconds.range(window.clone()).map(|(_, second)| of(second)).sum();
    sum as f64 / f64::from((window.end - window.start).max(1))
}

/// The traffic, the failures so far, and the orders where the plan has purchases. Rates are of the last ten seconds.
pub fn traffic(plan: &Plan, planned: u64, now: Micros, total: &Tally) -> Vec<ScreenLine> {
    let (attempts, failed) = total
        .steps
        .iter()
        .fold((0, 0), |(all, failed), step| (all + step.attempts(), failed + step.failures()));
    let repeated: u64 = total.seconds.values().map(|second| second.repeated).sum();
    let share = if failed == 0 {
        String::new()
    } else {
        format!(" ({})", percent(failed as f64 / attempts as f64))
    };
    let failures = format!(
        "{} of {} failed{share}, {} with repeated failures",
        count(failed),
        count_of(attempts, "attempt"),
        count_of(repeated, "shopper")
    );
    let line = |tone, text| ScreenLine { tone, text };
    let mut lines = vec![
        line(Tone::Plain, arrivals(plan, planned, now, total)),
        line(if failed > 0 { Tone::Bad } else { Tone::Good }, failures),
    ];
    lines.extend(orders(plan, now, total));
    lines
}

fn arrivals(plan: &Plan, planned: u64, now: Micros, total: &Tally) -> String {
    let started = rate(per_second(total, now, |second| second.started));
    // In a closed load, arrivals are not planned: a shopper who leaves is replaced.
    let arrivals = match plan.load.arrivals {
        ArrivalModel::Closed { .. } => {
            format!("{}, {started}", count_of(total.arrivals.started, "shopper"))
        }
        ArrivalModel::Poisson(_) | ArrivalModel::Paced(_) | ArrivalModel::Bursty(..) => {
            let due = rate(per_second(total, now, |second| second.planned));
            let (all, of) = (count(total.arrivals.started), count_of(planned, "shopper"));
            format!("{all} of {of}, {started} ({due} planned)")
        }
    };
    let requests = rate(per_second(total, now, |second| second.requests));
    format!("{arrivals}, {} active, {requests} requests", count(active(total)))
}

/// Shoppers in the shop.
pub fn active(total: &Tally) -> u64 {
    let ended: u64 = total.shoppers.values().map(|count| count.shoppers).sum();
    total.arrivals.started.saturating_sub(ended)
}

fn rate(per_second: f64) -> String {
    format!("{per_second:.1}/s")
}

fn orders(plan: &Plan, now: Micros, total: &Tally) -> Option<ScreenLine> {
    let found = verdict_orders(plan, total)?.total;
    let recent = per_second(total, now, |second| second.purchases.confirmed) * 60.0;
    let others = [
        (found.declined, "declined"),
        (found.failed, "failed"),
        (found.unknown, "unknown"),
        (found.in_flight(), "in flight"),
    ];
    let others: String = others
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!(", {} {what}", count(number)))
        .collect();
    let tone = if found.unknown > 0 { Tone::Bad } else { Tone::Plain };
    let text = format!("orders: {} confirmed ({recent:.0}/min){others}", count(found.confirmed));
    Some(ScreenLine { tone, text })
}

/// A line for each step that was reached. If there is not enough room, those with the most failures are shown.
pub fn steps(
    plan: &Plan,
    now: Micros,
    total: &Tally,
    (width, height): (usize, usize),
) -> Vec<ScreenLine> {
    let mut reached: Vec<usize> =
        (0..total.steps.len()).filter(|step| total.steps[*step].attempts() > 0).collect();
    let room = height.saturating_sub(OTHER_LINES).max(3);
    let hidden = (reached.len() + 1).saturating_sub(room);
    if hidden > 0 {
        reached.sort_by_key(|step| std::cmp::Reverse(total.steps[*step].failures()));
        reached.truncate(room.saturating_sub(2));
        reached.sort_unstable();
    }
    let name = width.saturating_sub(FIGURES).clamp(MIN_NAME, MAX_NAME);
    let head = format!(
        "{:name$}  {:>7}  {:>8}  {:>8}  {:>7}  {:>8}  {:>9}",
        "step (last 10 s)", "active", "rate", "failed", "share", "p50", "p95"
    );
    let mut lines = vec![ScreenLine { tone: Tone::Faint, text: head }];
    lines.extend(reached.iter().map(|step| line(plan, StepId(*step as u16), now, total, name)));
    let left_out = (0..total.steps.len()).filter(|step| total.steps[*step].attempts() > 0).count()
        - reached.len();
    if left_out > 0 {
        let text = format!("and {}", count_of(left_out as u64, "more step"));
        lines.push(ScreenLine { tone: Tone::Faint, text });
    }
    lines
}

/// What fails, in the lines that a tall terminal has left: the kinds of failures of each step, the most failures first.
pub fn failures(plan: &Plan, total: &Tally, lines: usize) -> Vec<ScreenLine> {
    let mut failing: Vec<(StepId, &StepTally)> =
        (0..).map(StepId).zip(&total.steps).filter(|(_, seen)| seen.failures() > 0).collect();
    failing.sort_by_key(|(step, seen)| (std::cmp::Reverse(seen.failures()), *step));
    let line = |(step, seen): &(StepId, &StepTally)| {
        let mut kinds: Vec<(u64, &'static str)> =
            seen.failed.iter().map(|(kind, number)| (*number, kind.label())).collect();
        kinds.sort_by_key(|(number, label)| (std::cmp::Reverse(*number), *label));
        let kinds: Vec<String> =
            kinds.iter().map(|(number, label)| format!("{label} {}", count(*number))).collect();
        let text = format!("failing: {}: {}", plan.step_label(*step), kinds.join(", "));
        ScreenLine { tone: Tone::Bad, text }
    };
    failing.iter().take(lines).map(line).collect()
}

/// Shoppers at the unit of a step, told at its first step: those who wait for one another at a rendezvous among them.
fn at_unit(plan: &Plan, step: StepId, total: &Tally) -> Option<u64> {
    let unit = plan.step(step).unit;
    if plan.unit(unit).steps.start != step.0 {
        return None;
    }
    let at = plan.journeys.iter().zip(&total.journeys).flat_map(|(journey, seen)| {
        journey.units.clone().zip(&seen.funnel).filter(|(id, _)| *id == unit.0).map(|(_, it)| it)
    });
    Some(at.map(|stage| stage.entered.saturating_sub(stage.passed + stage.stopped)).sum())
}

fn line(plan: &Plan, step: StepId, now: Micros, total: &Tally, name: usize) -> ScreenLine {
    let seen = &total.steps[step.index()];
    let of_step = |second: &SecondTally| second.steps.get(&step).copied().unwrap_or_default();
    let ended = rate(per_second(total, now, |second| u64::from(of_step(second).0)));
    let failing = per_second(total, now, |second| u64::from(of_step(second).1)) > 0.0;
    let blocks = total.shape.block_of(now.since(RECENT))..total.shape.block_of(now) + 1;
    let kinds = [StepTime::ResponseOk, StepTime::ResponseFailed, StepTime::ResponseCensored];
    let times: Latency = kinds.map(|kind| seen.times[kind].within(blocks.clone())).iter().sum();
    let quantile = |q| times.quantile(q).filter(|_| times.count() >= min_sample(q));
    let p50 = quantile(0.5).map_or_else(|| "–".to_owned(), |p50| p50.to_string());
    let p95 = match (quantile(0.95), times.max()) {
        (Some(p95), _) => p95.to_string(),
        (None, Some(max)) => format!("max {max}"),
        (None, None) => "–".to_owned(),
    };
    let share = if seen.failures() == 0 {
        "–".to_owned()
    } else {
        percent(seen.failures() as f64 / seen.attempts() as f64)
    };
    let meets = if plan.step(step).rendezvous.is_some() { " (together)" } else { "" };
    let label = on_one_line(&plan.step_label(step)) + meets;
    let label = cut_middle(&label, name);
    let active = at_unit(plan, step, total).map_or_else(String::new, count);
    let text = format!(
        "{label:name$}  {active:>7}  {ended:>8}  {:>8}  {share:>7}  {p50:>8}  {p95:>9}",
        count(seen.failures())
    );
    ScreenLine { tone: if failing { Tone::Bad } else { Tone::Plain }, text }
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

/// The text, or as much of its beginning and its end as fits around an ellipsis: names often differ at their ends only.
fn cut_middle(text: &str, width: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
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
    use crate::tally::{FailureKind, Outcome};
    use crate::verdict::simulation::{SimulatedRun, failing, planted, shop};

    fn screen(simulated: &SimulatedRun, now: Micros, size: (usize, usize)) -> Vec<String> {
        let mut lines: Vec<String> = traffic(&simulated.plan, 12_000, now, &simulated.tally)
            .into_iter()
            .chain(steps(&simulated.plan, now, &simulated.tally, size))
            .map(|line| line.text)
            .collect();
        lines.extend(worst(&simulated.plan, &simulated.tally));
        lines.push(generator(now, &simulated.tally));
        lines
    }

    #[test]
    fn a_run_is_shown_in_a_few_dense_lines() {
        let mut simulated = SimulatedRun::run(12_000, 120, planted);
        simulated.tally.seconds.values_mut().for_each(|second| {
            second.requests = second.steps.values().map(|(all, _)| u64::from(*all)).sum();
        });
        insta::assert_snapshot!(screen(&simulated, Micros::from_secs(110), (80, 24)).join("\n"), @r"
        12,000 of 12,000 shoppers, 100.0/s (100.0/s planned), 0 active, 386.6/s requests
        1,935 of 46,824 attempts failed (4.1 %), 0 shoppers with repeated failures
        orders: 5,068 confirmed (2520/min), 17 declined, 914 unknown
        step (last 10 s)     active      rate    failed    share       p50        p95
        browse/home               0    25.7/s        48    1.5 %    12.9ms     40.7ms
        search                    0    25.9/s        56    1.8 %    12.8ms     39.9ms
        buy/home                  0    75.7/s       126    1.4 %    16.5ms     42.6ms
        product                   0    76.1/s       120    1.3 %    17.8ms     46.2ms
        cart                      0    46.7/s       348    6.1 %    20.8ms       46ms
        checkout                  0    45.7/s       323    5.7 %    22.2ms     46.8ms
        pay                       0    48.7/s       837   14.0 %    24.1ms       51ms
        confirm                        42.1/s        77    1.5 %    26.9ms     51.8ms
        worst so far: payment wallet at pay, 9.6 % of shoppers fail repeatedly (259 of 2,706)
        generator: lag p99 79µs, max 79µs, cpu 25.0 %
        ");
    }

    #[test]
    fn a_step_with_too_few_times_for_a_p95_shows_its_slowest_and_names_are_cut_in_the_middle() {
        let simulated = SimulatedRun::run(40, 10, planted);
        let lines = steps(&simulated.plan, Micros::from_secs(9), &simulated.tally, (80, 24));
        assert!(lines.iter().any(|line| line.text.contains("  max ")), "{lines:?}");
        assert_eq!(cut_middle("checkout/enter shipping address", 16), "checkout…address");
    }

    #[test]
    fn rates_hold_where_several_seconds_are_counted_as_one() {
        let simulated = SimulatedRun::run(4_000, 20_000, planted);
        let total = &simulated.tally;
        let together = total.shape.seconds_together();
        assert!(together > 1, "{together}");
        let mut steady = total.clone();
        steady.seconds.values_mut().for_each(|it| it.started = 4 * u64::from(together));
        let seconds =
            (0..30).map(|i| (i * together, steady.seconds.values().next().unwrap().clone()));
        steady.seconds = seconds.collect();
        for now in 40..45 {
            let found = per_second(&steady, Micros::from_secs(now), |second| second.started);
            assert_eq!(found, 4.0, "at {now} s");
        }
    }

    #[test]
    fn a_tall_terminal_says_what_fails() {
        let simulated = SimulatedRun::run(4_000, 60, |m| match m.luck {
            luck if m.step == "pay" && luck < 0.1 => Outcome::Failed(FailureKind::TooSlow),
            luck if m.step == "pay" && luck < 0.3 => Outcome::Failed(FailureKind::ServerError),
            luck => failing(m.step == "search" && luck < 0.05),
        });
        let lines = failures(&simulated.plan, &simulated.tally, 30);
        assert_eq!(lines.len(), 2, "{lines:?}");
        let (first, rest) = lines[0].text.split_once(", ").unwrap();
        assert!(first.starts_with("failing: pay: status 5xx "), "{lines:?}");
        assert!(rest.starts_with("too slow "), "{lines:?}");
        assert!(lines[1].text.starts_with("failing: search: status 5xx "), "{lines:?}");
        assert_eq!(failures(&simulated.plan, &simulated.tally, 1).len(), 1);
    }

    #[test]
    fn one_shopper_is_in_the_singular() {
        let simulated = SimulatedRun::run(1, 10, planted);
        let lines = traffic(&simulated.plan, 1, Micros::from_secs(9), &simulated.tally);
        assert!(lines[0].text.starts_with("1 of 1 shopper, "), "{lines:?}");
        assert!(lines[1].text.starts_with("0 of 2 attempts failed, 0 shoppers"), "{lines:?}");
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
                .all(|line| line.text.chars().count() < 80)
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
