//! What a description of records may do that comes with a scenario or a stored run, and so perhaps from a stranger: no command is
//! run, no file elsewhere is read, and no variable of the environment is told, but for what the command line permits.
//!
//! The file that `--records` names is the user's own and may do all of this.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::Value;

use super::exit::Exit;
use super::failure::Failure;
use super::input_files::InputFiles;
use crate::base::Redactor;
use crate::plan::{CleanupAction, RecordPlace, RecordPlan};
use crate::reconcile::ReconciliationDocument;
use crate::records::Placeholders;

/// What the command line permits.
#[derive(Clone, Debug, Default)]
pub struct AllowedAccess {
    /// `--allow-file`: files and folders elsewhere.
    pub files: Vec<PathBuf>,
    /// `--allow-command`: programs.
    pub commands: Vec<String>,
}

// === impl AllowedAccess ===

impl AllowedAccess {
    /// Whether all that the description wants is permitted; its files are relative to `folder`.
    ///
    /// # Errors
    /// With exit 104 and the option that permits it, when something is not.
    pub fn check(
        &self,
        plan: &RecordPlan,
        values: &Placeholders,
        folder: &Path,
    ) -> Result<(), Failure> {
        let others = [&plan.charges, &plan.mail, &plan.stock].into_iter().flatten();
        for source in std::iter::once(&plan.orders).chain(others) {
            match &source.place {
                RecordPlace::Command(words) => self.check_command(words)?,
                RecordPlace::File(name) => self.check_file(name, values, folder)?,
                RecordPlace::Sql(address, _) => {
                    let address = values.fill(address).unwrap_or_default();
                    if let Some(name) = sqlite_file(&address) {
                        self.check_file(name, values, folder)?;
                    }
                }
                RecordPlace::Get(_)
                | RecordPlace::Post(..)
                | RecordPlace::GraphQl(_)
                | RecordPlace::Listen(_) => {}
            }
        }
        match plan.cleanup.as_ref().map(|cleanup| &cleanup.action) {
            Some(CleanupAction::Command(words)) => self.check_command(words),
            Some(CleanupAction::Send(..) | CleanupAction::GraphQl(_)) | None => Ok(()),
        }
    }

    fn check_command(&self, words: &[String]) -> Result<(), Failure> {
        let program = words.first().map_or("", String::as_str);
        if self.commands.iter().any(|allowed| allowed == program) {
            return Ok(());
        }
        let error = anyhow!("`records:` would run the program `{program}`");
        Err(Failure::new(Exit::BadScenario, error)
            .help(format!("if you trust this scenario: --allow-command {program}")))
    }

    fn check_file(&self, name: &str, values: &Placeholders, folder: &Path) -> Result<(), Failure> {
        // What has no value is told when it is read.
        let Ok(name) = values.fill(name) else { return Ok(()) };
        let files = InputFiles { folder: folder.to_owned(), allowed: self.files.clone() };
        files.check(&name).map_err(|error| {
            let error = anyhow!("`records:` would read `{name}`: {error}");
            Failure::new(Exit::BadScenario, error)
        })
    }
}

/// The file that an address of SQLite names.
fn sqlite_file(address: &str) -> Option<&str> {
    let rest = address.trim_start().strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    rest.split('?').next()
}

/// The names of `{{ env.NAME }}` in a text.
pub fn environment_names(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()?.trim().strip_prefix("env."))
}

/// The reconciliation with known secrets masked: shops repeat what they are told, in numbers and states.
///
/// # Errors
/// When what is left is no reconciliation.
pub fn without_secrets(
    document: ReconciliationDocument,
    secrets: &Redactor,
) -> anyhow::Result<ReconciliationDocument> {
    if secrets.is_empty() {
        return Ok(document);
    }
    let mut value = serde_json::to_value(document)?;
    mask_texts(&mut value, secrets);
    Ok(serde_json::from_value(value)?)
}

fn mask_texts(value: &mut Value, secrets: &Redactor) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(masked) = secrets.mask_known(text) {
                *text = masked;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_texts(item, secrets)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| mask_texts(member, secrets));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::compile_records;
    use crate::scenario::Records;

    fn check(records: &str, allowed: &AllowedAccess, folder: &Path) -> Result<(), String> {
        let (written, mut problems) = Records::parse("records.yaml", records).unwrap();
        let plan = compile_records(&written, &mut problems);
        let plan = problems.into_result(plan).unwrap();
        let values = Placeholders::default();
        allowed.check(&plan, &values, folder).map_err(|failure| failure.to_string())
    }

    #[test]
    fn commands_and_files_elsewhere_need_permission() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("own.csv"), "id\n").unwrap();
        let none = AllowedAccess::default();
        let all = AllowedAccess {
            files: vec!["/etc".into()],
            commands: vec!["psql".to_owned(), "true".to_owned()],
        };
        let fields = "fields: { id: id, marker: m }";
        for (records, named) in [
            (format!("orders: {{ command: 'psql -c x', {fields} }}"), "psql"),
            (format!("orders: {{ file: /etc/passwd, {fields} }}"), "--allow-file"),
            (format!("orders: {{ file: ../../etc/passwd, {fields} }}"), ""),
            (
                format!(
                    "orders: {{ get: /o, {fields} }}\nstock: {{ command: psql, fields: {{ sku: a, on_hand: b }} }}"
                ),
                "psql",
            ),
            (
                format!(
                    "orders: {{ get: /o, {fields} }}\ncleanup: {{ command: 'true {{{{ order }}}}' }}"
                ),
                "true",
            ),
        ] {
            let refused = check(&records, &none, folder.path()).unwrap_err();
            assert!(refused.contains(named), "{records}: {refused}");
            if !named.is_empty() {
                check(&records, &all, folder.path()).unwrap();
            }
        }
        for own in ["own.csv", "not-there-yet.csv"] {
            check(&format!("orders: {{ file: {own}, {fields} }}"), &none, folder.path()).unwrap();
        }
    }

    #[test]
    fn names_of_the_environment_are_found() {
        let text = "{{ env.KEY }}/{{env.DB}} {{ from }} {{ env.KEY }}{{";
        assert_eq!(environment_names(text).collect::<Vec<_>>(), ["KEY", "DB", "KEY"]);
    }
}
