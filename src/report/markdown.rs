//! Markdown for a pull request or a job's summary: the verdict and what it rests on in sight, all else folded away. What is
//! not to be believed is folded away as well.

use super::view::{Fit, MARK, Table, View};
use crate::verdict::Verdict;

/// The report as Markdown of GitHub's and GitLab's kind, ending with a line break.
pub fn markdown(view: &View) -> String {
    let sign = match view.verdict {
        Verdict::Pass => "✅",
        Verdict::Fail | Verdict::NotReconciled => "❌",
        Verdict::Inconclusive | Verdict::Invalid | Verdict::Interrupted => "⚠️",
    };
    let verdict = &view.word;
    let mut out = format!(
        "## {sign} {}: {verdict}\n\n**{}.** {}\n",
        text(&view.title),
        text(&view.reason.text),
        text(&view.subtitle)
    );
    view.warning
        .iter()
        .for_each(|warning| out.push_str(&format!("\n> **{}**\n", text(&warning.sentence))));
    let disbelieved = view.warning.as_ref().is_some_and(|warning| warning.of_all);
    let (in_sight, rest): (Vec<&Table>, Vec<&Table>) =
        view.tables.iter().partition(|table| table.in_sight);
    let mut found: String = in_sight.iter().map(|each| format!("\n{}", table(each))).collect();
    found.push('\n');
    view.headline
        .iter()
        .for_each(|statement| found.push_str(&format!("- {}\n", text(&statement.text))));
    if disbelieved {
        out.push_str(&format!(
            "\n<details><summary>Results: {MARK}</summary>\n{found}\n</details>\n"
        ));
    } else {
        out.push_str(&found);
    }
    if !rest.is_empty() {
        out.push_str("\n<details><summary>All tables</summary>\n");
        rest.iter().for_each(|each| {
            out.push_str(&format!("\n**{}**\n\n{}", text(&each.title), table(each)))
        });
        out.push_str("\n</details>\n");
    }
    out.push('\n');
    view.generator
        .iter()
        .map(|statement| &statement.text)
        .chain(&view.notes)
        .for_each(|note| out.push_str(&format!("> {}\n", text(note))));
    out
}

fn table(table: &Table) -> String {
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = row(table.columns.iter().map(|column| text(&column.title)).collect());
    let rule = table.columns.iter().map(|column| match column.fit {
        Fit::Name | Fit::Prose => "---",
        Fit::Figure | Fit::Optional(_) => "---:",
    });
    out.push_str(&row(rule.map(str::to_owned).collect()));
    table
        .rows
        .iter()
        .for_each(|each| out.push_str(&row(each.cells.iter().map(|cell| text(cell)).collect())));
    out
}

/// Text as it is, whatever signs are in it: names come from scenarios and answers from shops.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => out.extend(['\\', c]),
            c if crate::base::unseen(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::simulation::{SimulatedRun, planted};

    fn shown(name: &str) -> String {
        let mut plan = crate::verdict::simulation::shop();
        plan.name = name.into();
        plan.objectives = vec![plan.objective("repeated_failures < 0.5%", 1).unwrap()];
        let simulated = SimulatedRun::of(plan, 1_000, 60, planted);
        markdown(&View::of(&simulated.plan, &simulated.facts, &simulated.findings()))
    }

    #[test]
    fn the_gate_is_in_sight_and_the_rest_is_folded() {
        let shown = shown("shop");
        let (gate, rest) = shown.split_once("<details>").unwrap();
        assert!(
            gate.starts_with(
                "## ❌ shop: FAIL\n\n**1 of 1 objective violated: repeated\\_failures &lt; 0.5%.**"
            ),
            "{gate}"
        );
        assert!(gate.contains("| repeated\\_failures &lt; 0.5% | 3.3 % |"), "{gate}");
        assert!(rest.contains("**Failures by kind**") && rest.contains("</details>"), "{rest}");
        for line in shown.lines().filter(|line| line.starts_with('|')) {
            assert!(line.ends_with('|') && line.matches('|').count() > 3, "{line}");
        }
    }

    #[test]
    fn results_of_an_invalid_run_are_folded_away() {
        let mut plan = crate::verdict::simulation::shop();
        plan.objectives = vec![plan.objective("repeated_failures < 0.5%", 1).unwrap()];
        let simulated = SimulatedRun::of(plan, 1_000, 60, planted)
            .stopped(crate::base::Micros::ZERO, crate::base::Micros::from_secs(20));
        let shown = markdown(&View::of(&simulated.plan, &simulated.facts, &simulated.findings()));
        let (sight, folded) = shown
            .split_once("<details><summary>Results: invalid (load generator saturated)</summary>")
            .unwrap();
        assert!(sight.starts_with("## ⚠️ Black Friday checkout: INVALID\n"), "{sight}");
        assert!(
            sight.contains("\n\n> **Do not use these results: ")
                && !sight.contains("fail repeatedly")
                && !sight.contains('|'),
            "{sight}"
        );
        assert!(
            folded.contains("| repeated\\_failures &lt; 0.5% | 3.3 % |")
                && folded.contains("\n- Repeated failures (two or more failed attempts): 3.3 %"),
            "{folded}"
        );
    }

    #[test]
    fn names_can_not_break_out() {
        let shown = shown("a | <img src=x> [b](c)\n# d");
        assert!(
            shown.starts_with("## ❌ a \\| &lt;img src=x&gt; \\[b\\](c) \\# d: FAIL\n"),
            "{shown}"
        );
    }
}
