//! What a run was started with, beyond its scenario file.
//!
//! Stored as a map of texts, so that a setting takes room only where it was given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::RunZone;

/// What a run was started with, beyond its scenario file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, String>", try_from = "BTreeMap<String, String>")]
pub struct RunSettings {
    /// The name that the run gives itself towards the shop; different in each run.
    pub run: String,
    /// How many cores it used.
    pub cores: u32,
    /// The time zone of the machine that ran it.
    pub zone: RunZone,
    /// What the plan was compiled from besides the scenario.
    pub source: SourceSettings,
    /// How the run is compared with the other shop of a paired run, if it has one.
    pub paired: Option<PairedSettings>,
}

/// What a plan is compiled from besides the scenario: what the command line set, and the data files' columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceSettings {
    /// `--target`.
    pub target: Option<String>,
    /// `--rate`.
    pub rate: Option<String>,
    /// `--duration`.
    pub duration: Option<String>,
    /// `--users`.
    pub users: Option<u32>,
    /// `--stage`, in order.
    pub stages: Vec<String>,
    /// `-e` variables by name.
    pub variables: BTreeMap<String, String>,
    /// The first line of each data file, by the file's name: a stored run is read without its data.
    pub data_headers: BTreeMap<String, String>,
}

/// How the two sides of a paired run are compared, as the command line reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairedSettings {
    /// The target's run: both sides have it.
    pub name: String,
    /// `--primary`.
    pub primary: String,
    /// `--margin`.
    pub margin: String,
    /// `--noise`.
    pub noise: Option<String>,
    /// `--after`, if a warm-up is left out.
    pub after: Option<String>,
}

/// Why a stored setting can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A setting that this program does not know.
    #[error("its settings have an unknown '{0}'")]
    Unknown(String),
    /// A setting that every run has.
    #[error("its settings lack '{0}'")]
    Missing(&'static str),
    /// A number that is none.
    #[error("its setting '{key}' is '{value}', which is no number")]
    NotANumber {
        /// The setting.
        key: &'static str,
        /// What is stored.
        value: String,
    },
}

/// Prefix of the key of an `-e` variable.
const VARIABLE: &str = "env.";
/// Prefix of the key of a data file's first line.
const DATA: &str = "data.";
/// What stages are joined with.
const STAGE_SEPARATOR: &str = ",";

// === impl RunSettings ===

impl From<RunSettings> for BTreeMap<String, String> {
    fn from(settings: RunSettings) -> BTreeMap<String, String> {
        let RunSettings { run, cores, zone, source, paired } = settings;
        let mut map = source.into_map();
        map.insert("run".to_owned(), run);
        map.insert("cores".to_owned(), cores.to_string());
        if zone != RunZone::default() {
            map.insert("zone".to_owned(), zone.to_string());
        }
        if let Some(PairedSettings { name, primary, margin, noise, after }) = paired {
            map.insert("duet".to_owned(), name);
            map.insert("duet.primary".to_owned(), primary);
            map.insert("duet.margin".to_owned(), margin);
            map.extend(noise.map(|noise| ("duet.noise".to_owned(), noise)));
            map.extend(after.map(|after| ("duet.after".to_owned(), after)));
        }
        map
    }
}

impl TryFrom<BTreeMap<String, String>> for RunSettings {
    type Error = SettingsError;

    fn try_from(mut map: BTreeMap<String, String>) -> Result<RunSettings, SettingsError> {
        let paired = match map.remove("duet") {
            None => None,
            Some(name) => Some(PairedSettings {
                name,
                primary: take_required(&mut map, "duet.primary")?,
                margin: take_required(&mut map, "duet.margin")?,
                noise: map.remove("duet.noise"),
                after: map.remove("duet.after"),
            }),
        };
        let run = take_required(&mut map, "run")?;
        let cores = number("cores", take_required(&mut map, "cores")?)?;
        let zone = map.remove("zone").map(|value| {
            value.parse().map_err(|_| SettingsError::NotANumber { key: "zone", value })
        });
        let zone = zone.transpose()?.unwrap_or_default();
        Ok(RunSettings { run, cores, zone, source: SourceSettings::from_map(map)?, paired })
    }
}

// === impl SourceSettings ===

impl SourceSettings {
    fn into_map(self) -> BTreeMap<String, String> {
        let SourceSettings { target, rate, duration, users, stages, variables, data_headers } =
            self;
        let stages = (!stages.is_empty()).then(|| stages.join(STAGE_SEPARATOR));
        let optional = [
            ("target", target),
            ("rate", rate),
            ("duration", duration),
            ("users", users.map(|users| users.to_string())),
            ("stage", stages),
        ];
        let optional =
            optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        optional
            .chain(with_prefix(VARIABLE, variables))
            .chain(with_prefix(DATA, data_headers))
            .collect()
    }

    fn from_map(mut map: BTreeMap<String, String>) -> Result<SourceSettings, SettingsError> {
        let mut settings = SourceSettings {
            target: map.remove("target"),
            rate: map.remove("rate"),
            duration: map.remove("duration"),
            users: map.remove("users").map(|users| number("users", users)).transpose()?,
            stages: map
                .remove("stage")
                .map(|stages| stages.split(STAGE_SEPARATOR).map(str::to_owned).collect())
                .unwrap_or_default(),
            variables: BTreeMap::new(),
            data_headers: BTreeMap::new(),
        };
        for (key, value) in map {
            if let Some(name) = key.strip_prefix(VARIABLE) {
                settings.variables.insert(name.to_owned(), value);
            } else if let Some(file) = key.strip_prefix(DATA) {
                settings.data_headers.insert(file.to_owned(), value);
            } else {
                return Err(SettingsError::Unknown(key));
            }
        }
        Ok(settings)
    }
}

fn with_prefix(
    prefix: &str,
    values: BTreeMap<String, String>,
) -> impl Iterator<Item = (String, String)> {
    values.into_iter().map(move |(name, value)| (format!("{prefix}{name}"), value))
}

fn take_required(
    map: &mut BTreeMap<String, String>,
    key: &'static str,
) -> Result<String, SettingsError> {
    map.remove(key).ok_or(SettingsError::Missing(key))
}

fn number(key: &'static str, value: String) -> Result<u32, SettingsError> {
    value.parse().map_err(|_| SettingsError::NotANumber { key, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<RunSettings, SettingsError> {
        let map: BTreeMap<String, String> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        RunSettings::try_from(map)
    }

    #[test]
    fn settings_are_read_back_as_they_were_stored() {
        let bare = RunSettings { run: "r".into(), cores: 2, ..RunSettings::default() };
        let full = RunSettings {
            source: SourceSettings {
                target: Some("http://127.0.0.1:9".into()),
                rate: Some("20/s".into()),
                duration: Some("5m".into()),
                users: Some(30),
                stages: vec!["1m:10/s".into(), "2m:20/s".into()],
                variables: [("TOKEN".to_owned(), "***".to_owned())].into(),
                data_headers: [("users.csv".to_owned(), "email,password".to_owned())].into(),
            },
            zone: RunZone { name: Some("Europe/Paris".into()), offset_s: 3_600 },
            paired: Some(PairedSettings {
                name: "c0ffee".into(),
                primary: "failed-purchases".into(),
                margin: "10%".into(),
                noise: None,
                after: Some("30s".into()),
            }),
            ..bare.clone()
        };
        for settings in [bare, full] {
            let map = BTreeMap::from(settings.clone());
            assert_eq!(RunSettings::try_from(map), Ok(settings));
        }
    }

    #[test]
    fn settings_that_no_run_stores_are_refused() {
        let refused = |pairs: &[(&str, &str)]| read(pairs).unwrap_err().to_string();
        let base = [("run", "r"), ("cores", "2")];
        insta::assert_snapshot!(refused(&[("run", "r")]), @"its settings lack 'cores'");
        insta::assert_snapshot!(refused(&[("run", "r"), ("cores", "two")]), @"its setting 'cores' is 'two', which is no number");
        insta::assert_snapshot!(refused(&[base[0], base[1], ("moon", "full")]), @"its settings have an unknown 'moon'");
        insta::assert_snapshot!(refused(&[base[0], base[1], ("zone", "Paris")]), @"its setting 'zone' is 'Paris', which is no number");
        insta::assert_snapshot!(refused(&[base[0], base[1], ("duet", "c")]), @"its settings lack 'duet.primary'");
    }
}
