//! The live run: signals that end it, and progress that shows it.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Exit, Screen};
use crate::base::Micros;
use crate::engine::{Phase, Stop, StopCause};
use crate::plan::{Arrivals, Plan};
use crate::report::{count, percent};
use crate::tally::Tally;

/// How often a line is printed where standard error is no terminal.
const LINE_EVERY: Micros = Micros::from_secs(5);

/// Returns at the first interrupt or termination signal.
pub async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a signal to wait for, nothing interrupts.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The first signal stops arrivals, the second ends the program at once. What was measured is on the disk either way.
pub fn stop_on_signals(stop: &Arc<Stop>, folder: String, screen: Screen) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = Arc::clone(stop);
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            interrupted().await;
            screen.say("stopping: nobody arrives any more, those inside have 5 s to finish (once more to end at once)");
            stop.advance(Phase::Draining, StopCause::Interrupted);
            interrupted().await;
            screen.say(&format!("ended at once; what was measured until then is reported by: tillrush report {folder}"));
            std::process::exit(i32::from(Exit::Interrupted.code()));
        });
    })?;
    Ok(())
}

/// Shows how a run goes: a bar where there is a terminal, a line every few seconds where there is none.
pub struct Progress<'a> {
    plan: &'a Plan,
    bar: Option<ProgressBar>,
    screen: Screen,
    planned: u64,
    printed_at: Micros,
}

// === impl Progress ===

impl<'a> Progress<'a> {
    /// For a run of `planned` arrivals.
    pub fn new(plan: &'a Plan, planned: u64, screen: Screen) -> Progress<'a> {
        let bar = screen.live.then(|| {
            let bar = ProgressBar::new(plan.load.length().0.div_ceil(1_000_000));
            let style = ProgressStyle::with_template("{prefix:.bold} {bar:30.cyan/dim} {pos}/{len} s\n{msg}");
            bar.set_style(style.unwrap_or(ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        Progress { plan, bar, screen, planned, printed_at: Micros::ZERO }
    }

    /// Shows what is known at `now`.
    pub fn show(&mut self, now: Micros, total: &Tally) {
        if self.screen.quiet {
            return;
        }
        let [traffic, failures] = self.lines(now, total);
        if let Some(bar) = &self.bar {
            bar.set_prefix(self.stage(now));
            bar.set_position(u64::from(now.second()).min(bar.length().unwrap_or(u64::MAX)));
            bar.set_message(format!("{traffic}\n{failures}"));
        } else if now.since(self.printed_at) >= LINE_EVERY {
            self.printed_at = now;
            self.screen.say(&format!("{:>5}  {}: {traffic}; {failures}", format!("{}s", now.second()), self.stage(now)));
        }
    }

    /// Takes the bar away.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    /// The stage that the run is in.
    fn stage(&self, now: Micros) -> String {
        let Some(profile) = self.plan.load.profile() else { return "closed load".to_owned() };
        let mut end = Micros::ZERO;
        for stage in &profile.stages {
            end += stage.length;
            if now < end {
                return stage.label.clone();
            }
        }
        "last shoppers finish".to_owned()
    }

    /// The traffic of the last second that all cores have told of, and the failures so far. Each fits a terminal of 80 columns.
    fn lines(&self, now: Micros, total: &Tally) -> [String; 2] {
        let last = now.second().checked_sub(2).and_then(|second| total.seconds.get(&second));
        let per_second = |of: fn(&crate::tally::SecondTally) -> u64| last.map_or(0, of);
        let ended: u64 = total.shoppers.values().map(|count| count.shoppers).sum();
        let (attempts, failed) = total.steps.iter().fold((0, 0), |(attempts, failed), step| {
            let failures: u64 = step.failed.values().sum();
            (attempts + step.ok + step.declined + failures, failed + failures)
        });
        let repeated: u64 = total.seconds.values().map(|second| second.repeated).sum();
        let (started, planned) = (per_second(|second| second.started), per_second(|second| second.planned));
        // Those of a closed load come as fast as they go: nothing is planned but their number.
        let arrivals = match self.plan.load.arrivals {
            Arrivals::Closed { .. } => format!("{} shoppers, {}/s", count(total.arrivals.started), count(started)),
            _ => {
                let (all, of) = (count(total.arrivals.started), count(self.planned));
                format!("{all} of {of} shoppers, {}/s ({}/s planned)", count(started), count(planned))
            }
        };
        let inside = count(total.arrivals.started.saturating_sub(ended));
        let traffic = format!("{arrivals}, {inside} inside, {} requests/s", count(per_second(|second| second.requests)));
        let share = if failed == 0 { String::new() } else { format!(" ({})", percent(failed as f64 / attempts as f64)) };
        let failures =
            format!("{} of {} attempts failed{share}, {} shoppers failed again", count(failed), count(attempts), count(repeated));
        [traffic, failures]
    }
}
