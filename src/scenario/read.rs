//! A scenario, from its text.

use super::{
    Credential, Decode, Document, Problems, SourceText, credentials, graphql, shared, yaml,
};

/// A scenario as it was written.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its file and text.
    pub source: SourceText,
    /// What it says; gaps where something could not be read.
    pub document: Document,
    /// The passwords, tokens and keys that are written out in it.
    pub credentials: Vec<Credential>,
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
        let tree = yaml::parse(&mut problems);
        let credentials = tree.as_ref().map(credentials::find).unwrap_or_default();
        let mut document = tree.and_then(|node| Document::decode(&node, &mut problems));
        if let Some(document) = &mut document {
            shared::include(document, &mut problems);
            graphql::name_steps(document, &mut problems);
        }
        let scenario = document.map(|document| Scenario { source, document, credentials });
        (scenario, problems)
    }
}
