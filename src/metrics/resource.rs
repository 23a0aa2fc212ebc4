//! Whose metrics these are: what is the same for all series of a run.

use std::collections::BTreeMap;

/// What is the same for all series of one run, or of one slice of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsResource {
    /// The name that the service goes by, `tillrush` unless the environment says otherwise.
    pub service: String,
    /// The program's version.
    pub version: String,
    /// The run's name.
    pub run: String,
    /// The slice, such as `0/4`; of merged slices `all`.
    pub slice: String,
    /// The scenario's name.
    pub scenario: String,
    /// The shop's host.
    pub server_address: String,
    /// The shop's port.
    pub server_port: u16,
    /// The run's tags, and what the environment adds.
    pub more: BTreeMap<String, String>,
    /// The planned start, in microseconds since 1970-01-01T00:00:00Z.
    pub started_unix_us: u64,
}

// === impl MetricsResource ===

impl MetricsResource {
    /// Tells slices and runs apart.
    pub fn instance(&self) -> String {
        format!("{}-{}", self.run, self.slice.replace('/', "-of-"))
    }

    /// As OpenTelemetry's resource attributes, sorted by name.
    pub fn attributes(&self) -> BTreeMap<String, String> {
        let own = [
            ("service.name", self.service.clone()),
            ("service.version", self.version.clone()),
            ("service.instance.id", self.instance()),
            ("tillrush.run", self.run.clone()),
            ("tillrush.slice", self.slice.clone()),
            ("tillrush.scenario", self.scenario.clone()),
        ];
        let more = self.more.iter().map(|(name, value)| (name.clone(), value.clone()));
        more.chain(own.map(|(name, value)| (name.to_owned(), value))).collect()
    }

    /// As labels of each series in Prometheus. Tags are left out: they stand in `target_info`.
    pub fn labels(&self) -> Vec<(String, String)> {
        vec![
            ("instance".to_owned(), self.instance()),
            ("job".to_owned(), self.service.clone()),
            ("tillrush_run".to_owned(), self.run.clone()),
            ("tillrush_scenario".to_owned(), self.scenario.clone()),
            ("tillrush_slice".to_owned(), self.slice.clone()),
        ]
    }
}
