//! Where a plan comes from: a scenario file with what the command line overrides, or a stored run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use super::args::{LoadArgs, ScenarioArgs};
use super::ci_annotations;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::base::{redact, sha256_hex};
use crate::plan::{Inputs, Overrides, Plan};
use crate::scenario::{Quantity, StageFlag};
use crate::tally::shard::{ShardHeader, SourceSettings};

/// A plan and its source.
#[derive(Clone, Debug)]
pub struct Source {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The path of the scenario file, as typed; none for a stored run.
    pub file: Option<String>,
    /// The scenario's text.
    pub text: String,
    /// What the command line overrides, as typed.
    pub settings: SourceSettings,
}

// === impl Source ===

impl Source {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// With exit 104, all problems of the scenario at once; with exit 2, a wrong value on the command line.
    pub fn read(args: &ScenarioArgs, screen: Screen) -> Result<Source, Failure> {
        let path = &args.scenario;
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read the scenario {}", path.display()))
            .map_err(|error| Failure::new(Exit::BadScenario, error))?;
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
        load: &LoadArgs,
        screen: Screen,
    ) -> Result<Source, Failure> {
        Source::compile(
            name,
            text.to_owned(),
            settings(load)?,
            &|_| Err(std::io::ErrorKind::NotFound.into()),
            false,
            screen,
        )
    }

    /// The plan of a stored run, from the scenario stored with it. Rows of data files are not stored, and not needed.
    ///
    /// # Errors
    /// When this version can't read the scenario any more.
    pub fn stored(header: &ShardHeader, screen: Screen) -> Result<Source, Failure> {
        Source::from_stored(&header.name, &header.scenario, header.settings.source.clone(), screen)
    }

    fn from_stored(
        name: &str,
        text: &str,
        settings: SourceSettings,
        screen: Screen,
    ) -> Result<Source, Failure> {
        let headers = settings.data_headers.clone();
        let data = |name: &str| match headers.get(name) {
            Some(header) => Ok(header.clone().into_bytes()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        Source::compile(name, text.to_owned(), settings, &data, true, screen)
    }

    /// The settings without secrets. Secrets are given on the command line so that no file has them; the plan of a stored run
    /// does not need them.
    pub fn storable_settings(&self) -> SourceSettings {
        let mut settings = self.settings.clone();
        for (name, value) in &mut settings.variables {
            let pair = format!("{name}={value}");
            if redact::text(&pair) != pair {
                *value = redact::MASK.to_owned();
            }
        }
        settings
    }

    /// SHA-256 of the scenario, in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256_hex(self.text.as_bytes())
    }

    fn compile(
        name: &str,
        text: String,
        mut settings: SourceSettings,
        read_file: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
        stored: bool,
        screen: Screen,
    ) -> Result<Source, Failure> {
        // The header lines go into the settings, so that a stored run can be read without its data files.
        let headers = RefCell::new(BTreeMap::new());
        let read_file = |name: &str| {
            let bytes = read_file(name)?;
            headers.borrow_mut().insert(name.to_owned(), header_line(&bytes));
            Ok(bytes)
        };
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let inputs = Inputs {
            variables: settings.variables.clone(),
            read_file: &read_file,
            overrides: overrides(&settings)?,
            today,
            stored,
        };
        let plan = Plan::from_text(name, &text, &inputs).map_err(|problems| {
            if !stored {
                ci_annotations::problems(&problems, name);
            }
            Failure::scenario(&problems, screen.colour)
        })?;
        settings.data_headers.extend(headers.into_inner());
        Ok(Source { plan: Arc::new(plan), file: None, text, settings })
    }
}

/// The first line of a data file, which names its columns. Of a JSON object, only the names are kept.
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

/// The typed overrides.
fn settings(load: &LoadArgs) -> Result<SourceSettings, Failure> {
    let mut variables = BTreeMap::new();
    for pair in &load.variables {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::usage(anyhow!("-e '{pair}': write KEY=VALUE")));
        };
        variables.insert(key.to_owned(), value.to_owned());
    }
    Ok(SourceSettings {
        target: load.target.clone(),
        rate: load.rate.clone(),
        duration: load.duration.clone(),
        users: load.users,
        stages: load.stage.iter().filter(|stage| !stage.is_empty()).cloned().collect(),
        variables,
        data_headers: BTreeMap::new(),
    })
}

/// The overrides, parsed.
fn overrides(settings: &SourceSettings) -> Result<Overrides, Failure> {
    fn parsed<T: Quantity>(option: &str, text: &str) -> Result<T, Failure> {
        T::read(text).map_err(|error| Failure::usage(anyhow!("--{option} {text}: {error}")))
    }
    let stage = |text: &String| {
        StageFlag::read(text).map_err(|error| Failure::usage(anyhow!("--stage {text}: {error}")))
    };
    Ok(Overrides {
        target: settings.target.clone(),
        rate: settings.rate.as_deref().map(|text| parsed("rate", text)).transpose()?,
        duration: settings.duration.as_deref().map(|text| parsed("duration", text)).transpose()?,
        stages: settings.stages.iter().map(stage).collect::<Result<_, _>>()?,
        users: settings.users,
    })
}
