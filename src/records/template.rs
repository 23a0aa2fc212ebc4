//! Placeholders in the texts of a source.

use std::collections::BTreeMap;

use super::http::RecordError;

/// The values of placeholders, by name: `env.NAME`, `from`, `from_unix`, and those of a single request.
#[derive(Clone, Debug, Default)]
pub struct Placeholders(BTreeMap<String, String>);

// === impl Placeholders ===

impl Placeholders {
    /// Those of `-e` and of the process's environment (the former win), and of the time from which records are wanted.
    pub fn new(
        variables: &BTreeMap<String, String>,
        environment: impl Iterator<Item = (String, String)>,
        from_unix_us: i64,
    ) -> Placeholders {
        let mut values = BTreeMap::new();
        let all =
            environment.chain(variables.iter().map(|(key, value)| (key.clone(), value.clone())));
        values.extend(all.map(|(key, value)| (format!("env.{key}"), value)));
        if let Ok(from) = jiff::Timestamp::from_second(from_unix_us.div_euclid(1_000_000)) {
            values.insert("from".into(), from.to_string());
            values.insert("from_sql".into(), from.strftime("%Y-%m-%d %H:%M:%S").to_string());
            values.insert("from_unix".into(), from.as_second().to_string());
        }
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        values.insert("until".into(), until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        Placeholders(values)
    }

    /// The same with one more.
    pub fn with(&self, name: &str, value: &str) -> Placeholders {
        let mut values = self.0.clone();
        values.insert(name.to_owned(), value.to_owned());
        Placeholders(values)
    }

    /// The text with its placeholders replaced.
    ///
    /// # Errors
    /// When a placeholder has no value.
    pub fn fill(&self, text: &str) -> Result<String, RecordError> {
        let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else { break };
            filled.push_str(before);
            let name = name.trim();
            let value = self.0.get(name).ok_or_else(|| RecordError::NoValue(name.to_owned()))?;
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_missing_ones_are_errors() {
        let typed = BTreeMap::from([("KEY".to_owned(), "typed".to_owned())]);
        let environment =
            [("KEY".to_owned(), "exported".to_owned()), ("DB".to_owned(), "x".to_owned())];
        let values = Placeholders::new(&typed, environment.into_iter(), 1_000_000_500_000);
        assert_eq!(
            values.fill("{{ env.KEY }}/{{env.DB}}?{{ from_unix }}").unwrap(),
            "typed/x?1000000"
        );
        assert_eq!(values.fill("{{ from }}").unwrap(), "1970-01-12T13:46:40Z");
        assert_eq!(values.with("email", "a@b").fill("q={{ email }}").unwrap(), "q=a@b");
        assert_eq!(values.fill("query { orders { id } }").unwrap(), "query { orders { id } }");
        assert!(values.fill("{{ env.OTHER }}").unwrap_err().to_string().contains("env.OTHER"));
    }
}
