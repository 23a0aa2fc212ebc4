//! The `-e` variables: from where they come, and which of them may be shown.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;

use super::failure::Failure;
use crate::base::redact::MASK;

/// What makes a variable one that may be stored and shown.
const PUBLIC: &str = "public:";

/// The `-e` variables. All are secret that are not declared public.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenVariables {
    values: BTreeMap<String, String>,
    public: BTreeSet<String>,
}

// === impl GivenVariables ===

impl GivenVariables {
    /// From the words after `-e`: `NAME=VALUE`; `NAME`, whose value is in the environment; and both after `public:`.
    ///
    /// # Errors
    /// When one is neither. The error does not repeat the word, which may be a secret.
    pub fn read(
        words: &[String],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<GivenVariables, Failure> {
        let mut variables = GivenVariables::default();
        for (place, word) in (1..).zip(words) {
            let (public, word) = match word.strip_prefix(PUBLIC) {
                Some(rest) => (true, rest),
                None => (false, word.as_str()),
            };
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => (word, from_environment(word, place, environment)?),
            };
            if name.is_empty() {
                return Err(Failure::usage(anyhow!("-e number {place} has no name"))
                    .help("write -e NAME=VALUE"));
            }
            variables.values.insert(name.to_owned(), value);
            if public {
                variables.public.insert(name.to_owned());
            } else {
                variables.public.remove(name);
            }
        }
        Ok(variables)
    }

    /// Those of a stored run; for a masked value stands another word.
    pub fn from_stored(values: &BTreeMap<String, String>, stand_in: &str) -> GivenVariables {
        let read = |(name, value): (&String, &String)| {
            let value = if value == MASK { stand_in } else { value };
            (name.clone(), value.to_owned())
        };
        GivenVariables {
            values: values.iter().map(read).collect(),
            public: values.keys().cloned().collect(),
        }
    }

    /// Of a stored run's values those that could be stored.
    pub fn storable(stored: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut known = stored.clone();
        known.retain(|_, value| value != MASK);
        known
    }

    /// All values by name.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.values
    }

    /// The values that may not be shown.
    pub fn secrets(&self) -> Vec<String> {
        let secret = self.values.iter().filter(|(name, _)| !self.public.contains(*name));
        secret.map(|(_, value)| value.clone()).collect()
    }

    /// The values as they may be stored: those of secrets masked.
    pub fn mask(&self) -> BTreeMap<String, String> {
        let shown = |(name, value): (&String, &String)| {
            let value = if self.public.contains(name) { value } else { MASK };
            (name.clone(), value.to_owned())
        };
        self.values.iter().map(shown).collect()
    }
}

fn from_environment(
    name: &str,
    place: usize,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<String, Failure> {
    environment(name).filter(|_| !name.is_empty()).ok_or_else(|| {
        Failure::usage(anyhow!(
            "-e number {place} has no `=`, and the environment has no variable of that name"
        ))
        .help("write -e NAME=VALUE, or set the variable NAME and write -e NAME")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<GivenVariables, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let environment = |name: &str| (name == "HOME_TOKEN").then(|| "from=env".to_owned());
        GivenVariables::read(&words, &environment).map_err(|failure| failure.to_string())
    }

    #[test]
    fn all_variables_are_secret_that_are_not_declared_public() {
        let read = read(&["A=1=2", "public:COLOUR=red", "HOME_TOKEN", "public:B=", "B=3"]).unwrap();
        assert_eq!(read.secrets(), ["1=2", "3", "from=env"]);
        let masked: Vec<(String, String)> = read.mask().into_iter().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            masked,
            [pair("A", MASK), pair("B", MASK), pair("COLOUR", "red"), pair("HOME_TOKEN", MASK)]
        );
        assert_eq!(read.values()["A"], "1=2");
    }

    #[test]
    fn what_is_no_variable_is_refused_without_being_repeated() {
        for words in [["A=1", "hunter22"], ["A=1", "=hunter22"], ["A=1", "public:hunter22"]] {
            let refused = read(&words).unwrap_err();
            assert!(refused.contains("-e number 2") && !refused.contains("hunter22"), "{refused}");
        }
    }
}
