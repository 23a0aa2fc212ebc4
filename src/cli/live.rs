//! The progress of a run, as it is shown while it goes on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use tokio::time::Instant;

use super::dashboard::{self, ScreenLine};
use super::screen::Screen;
use crate::base::{Micros, count_of, on_one_line};
use crate::plan::Plan;
use crate::report::{Tone, tone_style};
use crate::tally::Tally;

/// How often a line is printed where standard error is no terminal.
const LINE_EVERY: Micros = Micros::from_secs(5);
/// How often a terminal is redrawn.
const REDRAW_EVERY: Duration = Duration::from_millis(500);
/// The search for the worst hot spot takes at most 1/50 of the time.
const SEARCH_SHARE: u32 = 50;

/// Prints lines above the live progress.
#[derive(Clone, Debug)]
pub struct Above {
    screen: Screen,
    bar: Option<ProgressBar>,
}

// === impl Above ===

impl Above {
    /// Prints a line to standard error, unless quiet.
    pub fn notice(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.screen.notice(line)),
            None => self.screen.notice(line),
        }
    }
}

/// Shows the progress of a run: a bar and a table on a terminal, elsewhere a line every few seconds.
pub struct Progress<'a> {
    plan: &'a Plan,
    bar: Option<ProgressBar>,
    screen: Screen,
    planned: u64,
    /// When those who are left are cut off.
    drain_until: Micros,
    printed_at: Micros,
    shown_at: Option<Instant>,
    worst: Option<String>,
    search_at: Instant,
}

// === impl Progress ===

impl<'a> Progress<'a> {
    /// For a run of `planned` arrivals, after which shoppers have `drain` to finish.
    pub fn new(plan: &'a Plan, planned: u64, drain: Micros, screen: Screen) -> Progress<'a> {
        let bar = screen.live.then(|| {
            let bar = ProgressBar::new(plan.load.length().0.div_ceil(1_000_000));
            let style = ProgressStyle::with_template(
                "{prefix:.bold} {bar:30.cyan/dim} {pos}/{len} s\n{msg}",
            );
            bar.set_style(style.unwrap_or(ProgressStyle::default_bar()));
            bar
        });
        Progress {
            plan,
            bar,
            screen,
            planned,
            drain_until: plan.load.length() + drain,
            printed_at: Micros::ZERO,
            shown_at: None,
            worst: None,
            search_at: Instant::now(),
        }
    }

    /// A way to print lines while the progress is shown.
    pub fn above(&self) -> Above {
        Above { screen: self.screen, bar: self.bar.clone() }
    }

    /// Shows the state at `now`.
    pub fn show(&mut self, now: Micros, total: &Tally) {
        if self.screen.quiet {
            return;
        }
        if self.bar.is_none() {
            if now.since(self.printed_at) >= LINE_EVERY {
                self.printed_at = now;
                let traffic: Vec<String> = dashboard::traffic(self.plan, self.planned, now, total)
                    .into_iter()
                    .map(|line| line.text)
                    .collect();
                let line = format!(
                    "{:>5}  {}: {}",
                    format!("{}s", now.second()),
                    self.stage(now, total),
                    traffic.join("; ")
                );
                self.screen.progress(&on_one_line(&line));
            }
        } else if self.shown_at.is_none_or(|at| at.elapsed() >= REDRAW_EVERY) {
            self.shown_at = Some(Instant::now());
            self.search(total);
            let text = self.text(now, total);
            if let Some(bar) = &self.bar {
                bar.set_prefix(on_one_line(&self.stage(now, total)));
                bar.set_position(u64::from(now.second()).min(bar.length().unwrap_or(u64::MAX)));
                bar.set_message(text);
                bar.tick();
            }
        }
    }

    /// Removes the progress from the terminal.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Searches for the worst hot spot, if it is time again.
    fn search(&mut self, total: &Tally) {
        if Instant::now() >= self.search_at {
            let began = Instant::now();
            self.worst = dashboard::worst(self.plan, total);
            self.search_at =
                Instant::now() + (began.elapsed() * SEARCH_SHARE).max(Duration::from_secs(1));
        }
    }

    fn text(&self, now: Micros, total: &Tally) -> String {
        let size = terminal_size::terminal_size()
            .map_or((80, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)));
        let mut lines = dashboard::traffic(self.plan, self.planned, now, total);
        let steps = dashboard::steps(self.plan, now, total, size);
        let left = size.1.saturating_sub(dashboard::OTHER_LINES + steps.len());
        lines.extend(steps);
        lines.extend(dashboard::failures(self.plan, total, left));
        let line = |tone, text| ScreenLine { tone, text };
        lines.extend(self.worst.clone().map(|text| line(Tone::Bad, text)));
        lines.push(line(Tone::Faint, dashboard::generator(now, total)));
        lines.iter().map(|line| self.paint(line, size.0)).collect::<Vec<_>>().join("\n")
    }

    /// A line that fits, in its colour. indicatif counts a wrapped line as one, and would not erase all of it.
    fn paint(&self, line: &ScreenLine, width: usize) -> String {
        let text = dashboard::cut(&on_one_line(&line.text), width.saturating_sub(1));
        let style = tone_style(line.tone);
        if self.screen.colour && !style.is_plain() {
            format!("{style}{text}{style:#}")
        } else {
            text
        }
    }

    /// The current stage.
    fn stage(&self, now: Micros, total: &Tally) -> String {
        let Some(profile) = self.plan.load.profile() else { return "closed load".to_owned() };
        let mut end = Micros::ZERO;
        for (place, stage) in profile.stages.iter().enumerate() {
            end += stage.length;
            if now < end {
                // The stages of a shape have names of their own, such as an hour of the day.
                let shape =
                    profile.shape.as_ref().map(|shape| format!("{shape}, ")).unwrap_or_default();
                return format!("{shape}{} ({}/{})", stage.label, place + 1, profile.stages.len());
            }
        }
        let active = dashboard::active(total);
        let left = self.drain_until.since(now);
        format!("draining: {} active, at most {}s more", count_of(active, "shopper"), left.second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, failing};

    #[test]
    fn no_name_of_a_scenario_steers_the_terminal() {
        let mut plan = crate::verdict::simulation::shop();
        plan.steps.iter_mut().for_each(|step| step.name = "p\u{1b}[2Jay\n\u{202e}".into());
        let simulated = SimulatedRun::of(plan, 2_000, 60, |m| failing(m.payment == "wallet"));
        let screen =
            Screen { quiet: false, verbose: false, colour: false, live: false, width: 100 };
        let mut progress = Progress::new(&simulated.plan, 2_000, Micros::from_secs(60), screen);
        progress.search(&simulated.tally);
        let shown = progress.text(Micros::from_secs(50), &simulated.tally);
        assert!(shown.contains("p\\u{1b}[2Jay \\u{202e}"), "{shown}");
        assert!(!shown.chars().any(|sign| sign != '\n' && crate::base::unseen(sign)), "{shown:?}");
        assert!(shown.lines().any(|line| line.starts_with("worst so far")), "{shown}");
    }
}
