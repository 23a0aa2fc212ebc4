//! What a report says, ready to print: sentences and tables that the formats lay out, each in its own way.
//!
//! Whatever is decided here (what is worth a sentence, which figure stands in which column, what is left out for want of
//! a sample) is decided once for the console, the page and the pull request.

use super::blocks::{Answer, Section, Statement, Table};
use super::warning::{Warning, warning};
use super::{
    answers, assets, burn, clusters, experiment, friction, gate, generator, headline, hotspots,
    incidents, loss, notes, orders, refusals, repeats, slow_times, tables,
};
use crate::plan::Plan;
use crate::verdict::{Findings, RunFacts, Verdict};

/// A report without its layout.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The scenario's name.
    pub title: String,
    /// What was run where, in a line.
    pub subtitle: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The same in capitals; that of a run without objectives says so.
    pub word: String,
    /// Why.
    pub reason: Statement,
    /// What must be known before any of what follows is believed.
    pub warning: Option<Warning>,
    /// What matters most, in plain sentences, the worst place for repeated failures first.
    pub headline: Vec<Statement>,
    /// What a reader asks first, answered in a few words each.
    pub answers: Vec<Answer>,
    /// The tables, in reading order; those with nothing to say are left out.
    pub tables: Vec<Table>,
    /// The generator: its soundness and figures, then each doubt with its remedy.
    pub generator: Vec<Statement>,
    /// What a reader must know to read the figures rightly.
    pub notes: Vec<String>,
}

// === impl View ===

impl View {
    /// What these findings say.
    pub fn of(plan: &Plan, facts: &RunFacts, findings: &Findings) -> View {
        let mut tables = vec![
            gate::objectives(findings).of(Section::Gate),
            burn::alerts(findings).of(Section::Gate),
            orders::table(findings).of(Section::Funnel),
            tables::funnel(plan, findings).of(Section::Funnel),
            tables::by_failures(findings).of(Section::Funnel),
            incidents::table(plan, facts, findings).of(Section::Time),
            slow_times::table(plan, facts, findings).of(Section::Time),
            hotspots::table(plan, findings).of(Section::Places),
            repeats::repeats(plan, findings).of(Section::Places),
            refusals::table(plan, facts, findings).of(Section::Places),
            tables::steps(plan, findings).of(Section::Steps),
            friction::friction(plan, findings).of(Section::Steps),
            tables::kinds(plan, findings).of(Section::Steps),
            assets::assets(plan, findings).of(Section::Steps),
            clusters::clusters(plan, findings).of(Section::Steps),
            clusters::examples(plan, findings).of(Section::Places),
            loss::table(plan, findings).of(Section::Loss),
            loss::season(plan, findings).of(Section::Loss),
            experiment::experiment(plan, findings).of(Section::Further),
        ];
        tables.retain(|table| !table.rows.is_empty());
        tables.sort_by_key(|table| table.section);
        View::under(
            warning(findings),
            View {
                title: plan.name.clone(),
                subtitle: headline::subtitle(plan, facts, findings),
                verdict: findings.verdict,
                word: headline::verdict(facts, findings),
                reason: headline::reason(facts, findings),
                warning: None,
                headline: headline::statements(plan, facts, findings),
                answers: answers::answers(plan, facts, findings),
                tables,
                generator: generator::generator(findings),
                notes: notes::notes(plan, findings),
            },
        )
    }

    /// The view under this caution.
    pub fn under(warning: Option<Warning>, view: View) -> View {
        let Some(own) = &warning else { return view };
        View {
            headline: own.statements(view.headline),
            answers: view.answers.into_iter().map(|answer| own.answer(answer)).collect(),
            tables: view.tables.into_iter().map(|table| own.table(table)).collect(),
            warning,
            ..view
        }
    }
}
