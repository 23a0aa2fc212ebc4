//! The error budget in words and figures.

use super::blocks::{Fit, Statement, Table, Tone};
use super::format::{NOTHING, count, counted, interval, percent, times};
use crate::base::Micros;
use crate::verdict::{BudgetFinding, BudgetOf, BurnAlarm, Findings};

/// What the run says of the error budget, in a sentence or two.
pub fn budget(found: &BudgetFinding) -> Statement {
    let budget = &found.budget;
    let size = count(budget.size().round() as u64);
    let what = format!(
        "Error budget ({}: {size} of {} in {})",
        budget.text,
        count(budget.shoppers as u64),
        span(budget.window)
    );
    let (Some(burn), Some(ci95)) = (found.burn, found.burn_ci95) else {
        return Statement::new(
            Tone::Doubtful,
            format!("{what}: nothing can be said, for no shopper came to an end."),
        );
    };
    let hour = |burn: f64| percent(found.spent_by_peak_hour(burn));
    let peak =
        format!("a peak hour like it ({})", counted(found.peak_hour.round() as u64, "shopper"));
    if burn <= 0.0 {
        let text = format!(
            "{what}: nothing is spent; {peak} spends at most {}, a burn rate of {} (95 %).",
            hour(ci95.high),
            times(ci95.high)
        );
        return Statement::new(Tone::Good, text);
    }
    let lasts = found
        .lasts()
        .map(|lasts| format!(", at which the whole budget lasts {}", span(lasts)))
        .unwrap_or_default();
    let rang = found.alarms.iter().filter(|alarm| alarm.rang_at.is_some()).count();
    let alarms = match (rang, found.alarms.len()) {
        (0, 0) => String::new(),
        (0, _) => " No burn alarm would ring.".to_owned(),
        (rang, all) => format!(" {rang} of {all} burn alarms would ring."),
    };
    let text = format!(
        "{what}: the burn rate is {} ({}–{}){lasts}; {peak} spends {} of it ({}), this run {}.{alarms}",
        times(burn),
        times(ci95.low),
        times(ci95.high),
        hour(burn),
        interval(crate::verdict::statistics::Interval {
            low: found.spent_by_peak_hour(ci95.low),
            high: found.spent_by_peak_hour(ci95.high)
        }),
        percent(found.spent_by_run()),
    );
    let tone = if ci95.low > 1.0 || rang > 0 { Tone::Bad } else { Tone::Plain };
    Statement::new(tone, text)
}

/// The burn alarms, a line each.
pub fn alarms(findings: &Findings) -> Table {
    let columns = [
        ("rings where", Fit::Prose),
        ("threshold", Fit::Figure),
        ("highest burn", Fit::Figure),
        ("rang", Fit::Name),
    ];
    let mut table = Table::new("Burn alarms", &columns);
    for alarm in findings.budget.iter().flat_map(|found| &found.alarms) {
        let tone = if alarm.rang_at.is_some() { Tone::Bad } else { Tone::Plain };
        let rang =
            alarm.rang_at.map_or_else(|| "no".to_owned(), |at| format!("after {}", span(at)));
        let worst = alarm.worst.map_or_else(|| NOTHING.to_owned(), times);
        table.row(tone, [rule(alarm), times(alarm.threshold), worst, rang]);
    }
    table
}

/// What rings an alarm: `2 % of the budget goes in 1h, and still in the last 5m`.
pub fn rule(alarm: &BurnAlarm) -> String {
    let whose = match alarm.of {
        BudgetOf::Window => "the budget",
        BudgetOf::Run => "what this run may spend",
    };
    format!(
        "{:.0} % of {whose} goes in {}, and still in the last {}",
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
    fn a_budget_is_told_in_a_sentence_and_its_alarms_in_a_table() {
        use crate::plan::{ArrivalModel, ErrorBudget, SpentBy, example::profile};
        use crate::report::{Paint, console_table};
        use crate::verdict::trial::{Trial, planted, shop};
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
        let findings = Trial::of(plan, 12_000, 600, planted).findings();
        insta::assert_snapshot!(budget(findings.budget.as_ref().unwrap()).text, @r##"
        Error budget (99% of shoppers buy without a repeated failure: 400,000 of 40,000,000 in 30d): the burn rate is 3.1 (2.8–3.5), at which the whole budget lasts 9d14h; a peak hour like it (250,000 shoppers) spends 2.0 % of it (1.7–2.2 %), this run 0.094 %. 1 of 2 burn alarms would ring.
        "##);
        insta::assert_snapshot!(console_table(&alarms(&findings), 100, Paint::Plain), @r"
        Burn alarms
          rings where                                                   threshold  highest burn  rang
          10 % of what this run may spend goes in 25s, and still in           2.4           4.9  no
          the last 2.08s
          25 % of what this run may spend goes in 1m40s, and still in         1.5           4.1  after 1m41s
          the last 8.33s
        ");
    }
}
