//! A scenario, from its text.

use super::{Decode, Document, Problems, SourceText, graphql, shared, tree};

/// A scenario as it was written.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file and text.
    pub source: SourceText,
    /// What it says; gaps where something could not be read.
    pub document: Document,
}

// === impl Scenario ===

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// When something in it can't be read: all of it at once.
    pub fn parse(file_name: &str, text: &str) -> Result<Scenario, Problems> {
        let (scenario, problems) = Scenario::read(file_name, text);
        problems.into_result(scenario)
    }

    /// Reads what can be read, and says what can't be: for who wants to check the rest as well.
    pub fn read(file_name: &str, text: &str) -> (Option<Scenario>, Problems) {
        let source = SourceText::new(file_name, text);
        let mut problems = Problems::new(source.clone());
        let mut document =
            tree::read(&mut problems).and_then(|node| Document::decode(&node, &mut problems));
        if let Some(document) = &mut document {
            shared::include(document, &mut problems);
            graphql::name_steps(document, &mut problems);
        }
        (document.map(|document| Scenario { source, document }), problems)
    }
}
