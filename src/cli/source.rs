//! Where a plan comes from: a scenario file with what the command line overrides, or a stored run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, anyhow};

use super::ci_annotations;
use super::exit::Exit;
use super::failure::Failure;
use super::input_files::{self, InputFiles};
use super::record_access::AllowedAccess;
use super::scenario_args::{LoadArgs, ScenarioArgs};
use super::screen::{self, Screen};
use super::variables::GivenVariables;
use crate::base::redact::MASK;
use crate::base::{Redactor, sha256_hex};
use crate::plan::{Inputs, Overrides, Plan};
use crate::scenario::{Credential, Quantity, Scenario, StageFlag, copy_without_secrets};
use crate::tally::shard::{ShardHeader, SourceSettings};

/// A plan and its source.
#[derive(Clone, Debug)]
pub struct Source {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The path of the scenario file, as typed; none for a stored run.
    pub file: Option<String>,
    /// The scenario's text without secrets, as it is stored and shown.
    pub text: String,
    /// What the command line overrides, as typed, without secrets.
    pub settings: SourceSettings,
    /// The values of `-e`, secrets among them: never stored or shown. Of a stored run, only those that it could store.
    pub variables: BTreeMap<String, String>,
    /// What its records may do.
    pub allowed: AllowedAccess,
}

/// What a plan is compiled from.
struct Given<'a> {
    name: &'a str,
    text: &'a str,
    settings: SourceSettings,
    variables: GivenVariables,
    read_file: &'a dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    stored: bool,
}

/// How many credentials in a scenario are warned of one by one.
const WARNINGS: usize = 10;
/// What stands for a masked value when a stored scenario is read: a word that can be a part of an address.
const STAND_IN: &str = "redacted";

// === impl Source ===

impl Source {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// With exit 104, all problems of the scenario at once; with exit 2, a wrong value on the command line.
    pub fn read(args: &ScenarioArgs, screen: Screen) -> Result<Source, Failure> {
        let path = &args.scenario;
        let text = input_files::read_text(path)
            .with_context(|| format!("can't read the scenario {}", path.display()))
            .map_err(|error| Failure::new(Exit::BadScenario, error))?;
        let folder = input_files::folder_of(path).to_owned();
        let files = InputFiles { folder, allowed: args.load.allow_file.clone() };
        let read_file = move |name: &str| files.read(name);
        let file = path.display().to_string();
        let source = Source::from_given(&file, &text, &args.load, &read_file, screen)?;
        warn_of_credentials(&file, &text, screen);
        Ok(Source { file: Some(file), ..source })
    }

    /// A scenario that is part of the program.
    ///
    /// # Errors
    /// As for a file.
    pub fn from_embedded(
        name: &str,
        text: &str,
        load: &LoadArgs,
        screen: Screen,
    ) -> Result<Source, Failure> {
        Source::from_given(name, text, load, &|_| Err(std::io::ErrorKind::NotFound.into()), screen)
    }

    /// The plan of a stored run, from the scenario stored with it. Rows of data files are not stored, and not needed.
    ///
    /// # Errors
    /// When this version can't read the scenario any more.
    pub fn from_stored(header: &ShardHeader, screen: Screen) -> Result<Source, Failure> {
        Source::from_parts(&header.name, &header.scenario, header.settings.source.clone(), screen)
    }

    /// The plan as it will be read back from a stored run.
    ///
    /// # Errors
    /// As for a stored run.
    pub fn as_stored(&self, screen: Screen) -> Result<Source, Failure> {
        Source::from_parts(&self.plan.name, &self.text, self.settings.clone(), screen)
    }

    fn from_parts(
        name: &str,
        text: &str,
        settings: SourceSettings,
        screen: Screen,
    ) -> Result<Source, Failure> {
        let headers = settings.data_headers.clone();
        let read_file = |name: &str| match headers.get(name) {
            Some(header) => Ok(header.clone().into_bytes()),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        let given = Given {
            name,
            text: &text.replace(MASK, STAND_IN),
            variables: GivenVariables::from_stored(&settings.variables, STAND_IN),
            settings: settings.clone(),
            read_file: &read_file,
            stored: true,
        };
        let (plan, _) = given.compile(screen)?;
        let variables = GivenVariables::storable(&settings.variables);
        Ok(Source {
            plan: Arc::new(plan),
            file: None,
            text: text.to_owned(),
            settings,
            variables,
            allowed: AllowedAccess::default(),
        })
    }

    /// A scenario with what the command line adds.
    fn from_given(
        name: &str,
        text: &str,
        load: &LoadArgs,
        read_file: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
        screen: Screen,
    ) -> Result<Source, Failure> {
        let variables = GivenVariables::read(&load.variables, &|name| std::env::var(name).ok())?;
        screen::mask(Redactor::new(variables.secrets()));
        let settings = settings(load, &variables);
        let values = variables.values().clone();
        let given = Given { name, text, settings, variables, read_file, stored: false };
        let (plan, settings) = given.compile(screen)?;
        let source = Source {
            plan: Arc::new(plan),
            file: None,
            text: text.to_owned(),
            settings,
            variables: values,
            allowed: AllowedAccess {
                files: load.allow_file.clone(),
                commands: load.allow_command.clone(),
            },
        };
        source.without_secrets(name, screen)
    }

    /// The source with the copy of its text that may be stored and shown.
    fn without_secrets(self, name: &str, screen: Screen) -> Result<Source, Failure> {
        let secrets = &self.plan.secrets;
        screen::mask(secrets.clone());
        let copies = [secrets, &Redactor::default()]
            .map(|secrets| copy_without_secrets(name, &self.text, secrets));
        if copies.iter().all(|copy| *copy == self.text) && secrets.is_empty() {
            return Ok(self);
        }
        let [whole, credentials] = copies.map(|text| Source { text, ..self.clone() });
        if whole.as_stored(screen.silent()).is_ok() {
            return Ok(whole);
        }
        credentials.as_stored(screen.silent()).map_err(|_| {
            Failure::usage(anyhow!(
                "the scenario can't be stored without the values of its -e variables"
            ))
            .help("declare those public that are no secrets: -e public:NAME=VALUE")
        })?;
        screen.notice("warning: the scenario's own words have the value of an -e variable; the stored copy keeps them");
        Ok(credentials)
    }

    /// SHA-256 of the scenario, in hexadecimal.
    pub fn sha256(&self) -> String {
        sha256_hex(self.text.as_bytes())
    }
}

// === impl Given ===

impl Given<'_> {
    /// The plan, and the settings with the header lines of its data files, so that a stored run can be read without them.
    fn compile(self, screen: Screen) -> Result<(Plan, SourceSettings), Failure> {
        let Given { name, text, mut settings, variables, read_file, stored } = self;
        let headers = RefCell::new(BTreeMap::new());
        let read_file = |name: &str| {
            let bytes = read_file(name)?;
            headers.borrow_mut().insert(name.to_owned(), header_line(&bytes));
            Ok(bytes)
        };
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let inputs = Inputs {
            secrets: variables.secrets(),
            variables: variables.values().clone(),
            read_file: &read_file,
            overrides: overrides(&settings)?,
            today,
            stored,
        };
        let plan = Plan::from_text(name, text, &inputs).map_err(|problems| {
            if !stored {
                ci_annotations::problems(&problems, name);
            }
            Failure::scenario(&problems, screen.colour)
        })?;
        settings.data_headers.extend(headers.into_inner());
        Ok((plan, settings))
    }
}

/// Warns of each credential that is written out in the scenario.
fn warn_of_credentials(file: &str, text: &str, screen: Screen) {
    let Some(scenario) = Scenario::read(file, text).0 else { return };
    for Credential { key, value } in scenario.credentials.iter().take(WARNINGS) {
        let (line, column) = scenario.source.position(value.span.start);
        screen.notice(&format!(
            "warning: {file}:{line}:{column}: `{key}` is written out in the scenario; give it with -e NAME=VALUE, and write {{{{ env.NAME }}}} here"
        ));
    }
    let more = scenario.credentials.len().saturating_sub(WARNINGS);
    if more > 0 {
        screen.notice(&format!("warning: and {more} more"));
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

/// The typed overrides, without secrets.
fn settings(load: &LoadArgs, variables: &GivenVariables) -> SourceSettings {
    SourceSettings {
        target: load.target.clone(),
        rate: load.rate.clone(),
        duration: load.duration.clone(),
        users: load.users,
        stages: load.stage.iter().filter(|stage| !stage.is_empty()).cloned().collect(),
        variables: variables.mask(),
        data_headers: BTreeMap::new(),
    }
}

/// The overrides, parsed.
fn overrides(settings: &SourceSettings) -> Result<Overrides, Failure> {
    fn parse<T: Quantity>(option: &str, text: &str) -> Result<T, Failure> {
        T::read(text).map_err(|error| Failure::usage(anyhow!("--{option} {text}: {error}")))
    }
    let stage = |text: &String| {
        StageFlag::read(text).map_err(|error| Failure::usage(anyhow!("--stage {text}: {error}")))
    };
    Ok(Overrides {
        target: settings.target.clone(),
        rate: settings.rate.as_deref().map(|text| parse("rate", text)).transpose()?,
        duration: settings.duration.as_deref().map(|text| parse("duration", text)).transpose()?,
        stages: settings.stages.iter().map(stage).collect::<Result<_, _>>()?,
        users: settings.users,
    })
}
