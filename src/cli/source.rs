//! Where a plan comes from: a scenario file and what the command line overrides, or a stored run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::args::{LoadArgs, ScenarioArgs};
use super::{Exit, Failure, Screen, pipeline};
use crate::base::redact;
use crate::plan::{Inputs, Overrides, Plan};
use crate::scenario::{StageFlag, Unit};
use crate::tally::shard::ShardHeader;

/// A plan with what it came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The scenario's file, as it was named; none for a stored run.
    pub file: Option<String>,
    /// The scenario, word by word.
    pub text: String,
    /// What the command line overrides, as it was typed.
    pub settings: BTreeMap<String, String>,
}

/// The settings' key of an `-e` variable.
const VARIABLE: &str = "env.";
/// The settings' key of a data file's header line.
const DATA: &str = "data.";

// === impl Source ===

impl Source {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// With exit 104, all problems of the scenario at once; 2 where the command line contradicts itself.
    pub fn read(args: &ScenarioArgs, screen: Screen) -> Result<Source, Failure> {
        let path = &args.scenario;
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(
                Exit::BadScenario,
                format!("error: can't read the scenario {}: {error}", path.display()),
            )
        })?;
        let settings = settings(&args.load)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let read_file = move |name: &str| std::fs::read(folder.join(name));
        let file = path.display().to_string();
        let source = Source::compile(&file, text, settings, &read_file, false, screen)?;
        Ok(Source { file: Some(file), ..source })
    }

    /// A scenario that is part of the program.
    ///
    /// # Errors
    /// As for a file.
    pub fn embedded(
        name: &str,
        text: &str,
        settings: BTreeMap<String, String>,
        screen: Screen,
    ) -> Result<Source, Failure> {
        Source::compile(
            name,
            text.to_owned(),
            settings,
            &|_| Err(std::io::ErrorKind::NotFound.into()),
            false,
            screen,
        )
    }

    /// The plan of a stored run, from the words it was stored with. Rows of data files are not stored, and not needed.
    ///
    /// # Errors
    /// When this version can't read the scenario any more.
    pub fn stored(header: &ShardHeader, screen: Screen) -> Result<Source, Failure> {
        Source::from_stored(&header.name, &header.scenario, header.settings.clone(), screen)
    }

    fn from_stored(
        name: &str,
        text: &str,
        settings: BTreeMap<String, String>,
        screen: Screen,
    ) -> Result<Source, Failure> {
        let columns = settings.clone();
        let data = |name: &str| match columns.get(&format!("{DATA}{name}")) {
            Some(columns) => Ok(columns.clone().into_bytes()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        Source::compile(name, text.to_owned(), settings, &data, true, screen)
    }

    /// The plan as a stored run of it will have it.
    ///
    /// # Errors
    /// As for a stored run.
    pub fn as_stored(&self, screen: Screen) -> Result<Source, Failure> {
        Source::from_stored(&self.plan.name, &self.text, self.storable_settings(), screen)
    }

    /// The settings as they may be kept. Secrets are given on the command line so that they are in no file; the plan of a
    /// stored run does without.
    pub fn storable_settings(&self) -> BTreeMap<String, String> {
        let storable = |(key, value): (&String, &String)| {
            let pair = key.strip_prefix(VARIABLE).map(|name| format!("{name}={value}"));
            let secret = pair.is_some_and(|pair| redact::text(&pair) != pair);
            (key.clone(), if secret { redact::MASK.to_owned() } else { value.clone() })
        };
        self.settings.iter().map(storable).collect()
    }

    /// SHA-256 of the scenario, in hexadecimal.
    pub fn sha256(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn compile(
        name: &str,
        text: String,
        mut settings: BTreeMap<String, String>,
        read_file: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
        stored: bool,
        screen: Screen,
    ) -> Result<Source, Failure> {
        let variables = settings
            .iter()
            .filter_map(|(key, value)| {
                Some((key.strip_prefix(VARIABLE)?.to_owned(), value.clone()))
            })
            .collect();
        // The header lines go into the settings, so that a stored run can be read without its data.
        let headers = RefCell::new(BTreeMap::new());
        let read_file = |name: &str| {
            let bytes = read_file(name)?;
            headers.borrow_mut().insert(format!("{DATA}{name}"), header_line(&bytes));
            Ok(bytes)
        };
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let inputs = Inputs {
            variables,
            read_file: &read_file,
            overrides: overrides(&settings)?,
            today,
            stored,
        };
        let plan = Plan::from_text(name, &text, &inputs).map_err(|problems| {
            if !stored {
                pipeline::tell_problems(&problems, name);
            }
            Failure::new(Exit::BadScenario, problems.render(screen.colour))
        })?;
        settings.extend(headers.into_inner());
        Ok(Source { plan: Arc::new(plan), file: None, text, settings })
    }
}

/// The first line of a data file: the names of its columns, and of a line that is a JSON object the names alone.
fn header_line(bytes: &[u8]) -> String {
    let line =
        String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').next().unwrap_or_default());
    match serde_json::from_str(&line) {
        Ok(serde_json::Value::Object(row)) => {
            let names: serde_json::Map<_, _> =
                row.into_iter().map(|(name, _)| (name, serde_json::Value::Null)).collect();
            serde_json::Value::Object(names).to_string()
        }
        _ => line.into_owned(),
    }
}

/// What was typed, by name.
fn settings(load: &LoadArgs) -> Result<BTreeMap<String, String>, Failure> {
    let mut settings = BTreeMap::new();
    let mut set = |key: &str, value: Option<String>| {
        value.map(|value| settings.insert(key.to_owned(), value))
    };
    set("target", load.target.clone());
    set("rate", load.rate.clone());
    set("duration", load.duration.clone());
    set("users", load.users.map(|users| users.to_string()));
    set("stage", (!load.stage.is_empty()).then(|| load.stage.join(",")));
    for pair in &load.variables {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::usage(format!("error: -e '{pair}': write KEY=VALUE")));
        };
        settings.insert(format!("{VARIABLE}{key}"), value.to_owned());
    }
    Ok(settings)
}

/// What the settings mean.
fn overrides(settings: &BTreeMap<String, String>) -> Result<Overrides, Failure> {
    fn parsed<T: Unit>(
        settings: &BTreeMap<String, String>,
        key: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = settings.get(key) else { return Ok(None) };
        T::read(text)
            .map(Some)
            .map_err(|error| Failure::usage(format!("error: --{key} {text}: {error}")))
    }
    let stages = settings
        .get("stage")
        .map(String::as_str)
        .unwrap_or_default()
        .split(',')
        .filter(|stage| !stage.is_empty());
    let stage = |text: &str| {
        StageFlag::read(text)
            .map_err(|error| Failure::usage(format!("error: --stage {text}: {error}")))
    };
    Ok(Overrides {
        target: settings.get("target").cloned(),
        rate: parsed(settings, "rate")?,
        duration: parsed(settings, "duration")?,
        stages: stages.map(stage).collect::<Result<_, _>>()?,
        users: settings.get("users").and_then(|users| users.parse().ok()),
    })
}
