//! The error budget and its burn-rate alerts.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{NOTHING, count, count_of, interval, percent, times};
use crate::base::Micros;
use crate::verdict::statistics::Interval;
use crate::verdict::{BudgetFinding, BudgetScope, BurnAlarm, Findings};

/// The error budget, its burn rate, and what a peak hour and this run spend of it.
pub fn budget(found: &BudgetFinding) -> Statement {
    let budget = &found.budget;
    let what = format!(
        "Error budget ({}): {} of {} over {}.",
        budget.text,
        count(budget.size().round() as u64),
        count_of(budget.shoppers.round() as u64, "shopper"),
        span(budget.window)
    );
    let (Some(burn), Some(ci95)) = (found.burn, found.burn_ci95) else {
        return Statement::new(
            Tone::Doubtful,
            format!("{what} No shopper finished, so the burn rate is unknown."),
        );
    };
    let hour = |burn: f64| percent(found.spent_by_peak_hour(burn));
    let peak = format!("a peak hour ({})", count_of(found.peak_hour.round() as u64, "shopper"));
    if burn <= 0.0 {
        let text = format!(
            "{what} This run spends nothing. At the upper limit (95 % CI), the burn rate is {} and {peak} spends {}.",
            times(ci95.high),
            hour(ci95.high),
        );
        return Statement::new(Tone::Good, text);
    }
    let lasts = found
        .lasts()
        .map(|lasts| format!(" At this rate, the budget lasts {}.", span(lasts)))
        .unwrap_or_default();
    let hour_ci95 = Interval {
        low: found.spent_by_peak_hour(ci95.low),
        high: found.spent_by_peak_hour(ci95.high),
    };
    let fired = found.alarms.iter().filter(|alarm| alarm.rang_at.is_some()).count();
    let alerts = match (fired, found.alarms.len()) {
        (0, 0) => String::new(),
        (0, _) => " No burn-rate alert would fire.".to_owned(),
        (fired, all) => format!(" {fired} of {all} burn-rate alerts would fire."),
    };
    let text = format!(
        "{what} Burn rate: {} (95 % CI {}–{}).{lasts} Spent by {peak}: {} (95 % CI {}). Spent by this run: {}.{alerts}",
        times(burn),
        times(ci95.low),
        times(ci95.high),
        hour(burn),
        interval(hour_ci95),
        percent(found.spent_by_run()),
    );
    let tone = if ci95.low > 1.0 || fired > 0 { Tone::Bad } else { Tone::Plain };
    Statement::new(tone, text)
}

/// One row per burn-rate alert.
pub fn alerts(findings: &Findings) -> Table {
    let columns = [
        ("condition", Fit::Prose),
        ("threshold", Fit::Figure),
        ("highest burn rate", Fit::Figure),
        ("fired", Fit::Name),
    ];
    let mut table = Table::new("Burn-rate alerts", &columns);
    for alarm in findings.budget.iter().flat_map(|found| &found.alarms) {
        let tone = if alarm.rang_at.is_some() { Tone::Bad } else { Tone::Plain };
        let fired =
            alarm.rang_at.map_or_else(|| "no".to_owned(), |at| format!("after {}", span(at)));
        let worst = alarm.worst.map_or_else(|| NOTHING.to_owned(), times);
        table.row(tone, [condition(alarm), times(alarm.threshold), worst, fired]);
    }
    table
}

/// The condition of an alert: `2 % of the budget spent in 1h, and still burning in the last 5m`.
fn condition(alarm: &BurnAlarm) -> String {
    let whose = match alarm.scope {
        BudgetScope::Window => "the budget",
        BudgetScope::Run => "this run's share",
    };
    format!(
        "{:.0} % of {whose} spent in {}, and still burning in the last {}",
        100.0 * alarm.part,
        span(alarm.long),
        span(alarm.short)
    )
}

/// A span with its two largest units: to the second is too fine for a month.
fn span(span: Micros) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let seconds = span.0 / 1_000_000;
    let Some(largest) =
        UNITS.iter().position(|(_, unit)| seconds >= *unit).filter(|_| seconds >= 10)
    else {
        return span.to_string();
    };
    let shown = UNITS[largest..].iter().scan(seconds, |left, (name, unit)| {
        let whole = *left / unit;
        *left %= unit;
        Some((whole, name))
    });
    let shown: Vec<(u64, &&str)> = shown.skip_while(|(whole, _)| *whole == 0).take(2).collect();
    shown
        .iter()
        .filter(|(whole, _)| *whole > 0)
        .map(|(whole, name)| format!("{whole}{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_as_fine_as_the_eye_takes_in() {
        let shown = [
            1_250_000,
            2_000_000,
            90_000_000,
            3_600_000_000,
            3_725_000_000,
            266_400_000_000,
            2_592_000_000_000,
        ]
        .map(|us| span(Micros(us)));
        assert_eq!(shown, ["1.25s", "2s", "1m30s", "1h", "1h2m", "3d2h", "30d"]);
    }

    #[test]
    fn a_budget_has_its_burn_rate_and_its_alerts() {
        use crate::plan::{ArrivalModel, ErrorBudget, SpentBy, example::profile};
        use crate::report::{Paint, console_table};
        use crate::verdict::simulation::{SimulatedRun, planted, shop};
        let mut plan = shop();
        plan.load.arrivals = ArrivalModel::Poisson(profile(&[(20.0, 20.0, 600.0)]));
        plan.budget = Some(ErrorBudget {
            text: "99% of shoppers buy without a repeated failure".into(),
            spent_by: SpentBy::RepeatedFailures,
            allowed: 0.01,
            window: Micros::from_secs(30 * 86_400),
            shoppers: 40e6,
            peak_hour: Some(250e3),
        });
        let findings = SimulatedRun::of(plan, 12_000, 600, planted).findings();
        insta::assert_snapshot!(budget(findings.budget.as_ref().unwrap()).text, @"Error budget (99% of shoppers buy without a repeated failure): 400,000 of 40,000,000 shoppers over 30d. Burn rate: 3.1 (95 % CI 2.8–3.5). At this rate, the budget lasts 9d14h. Spent by a peak hour (250,000 shoppers): 2.0 % (95 % CI 1.7–2.2 %). Spent by this run: 0.094 %. 1 of 2 burn-rate alerts would fire.");
        insta::assert_snapshot!(console_table(&alerts(&findings), 100, Paint::Plain), @r"
        Burn-rate alerts
          condition                                                threshold  highest burn rate  fired
          10 % of this run's share spent in 25s, and still               2.4                4.9  no
          burning in the last 2.08s
          25 % of this run's share spent in 1m40s, and still             1.5                4.1  after 1m41s
          burning in the last 8.33s
        ");
    }
}
