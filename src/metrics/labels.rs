//! What labels say: names of the scenario, with secrets masked.

use std::sync::Arc;

use url::Url;

use super::resource::MetricsResource;
use crate::base::{JourneyId, StepId};
use crate::plan::{Plan, Segment, Step, Template};
use crate::tally::FailureKind;

/// Labels by their OpenTelemetry names, sorted.
pub(super) type Labels = Vec<(&'static str, Arc<str>)>;

/// The names of a plan as labels have them.
#[derive(Debug)]
pub(super) struct StepNames {
    pub(super) run: String,
    pub(super) started_unix_us: u64,
    pub(super) steps: Vec<StepLabels>,
    pub(super) journeys: Vec<Arc<str>>,
    /// Objectives as written, and masked.
    pub(super) objective: Vec<(String, Arc<str>)>,
}

/// What labels say of one step.
#[derive(Debug)]
pub(super) struct StepLabels {
    /// The names as the scenario has them.
    pub(super) written: (String, String),
    journey: Arc<str>,
    step: Arc<str>,
    method: Arc<str>,
    host: Arc<str>,
    port: Arc<str>,
    path: Arc<str>,
}

/// A label's value.
pub(super) fn label(text: &str) -> Arc<str> {
    Arc::from(text)
}

// === impl StepNames ===

impl StepNames {
    pub(super) fn new(plan: &Plan, resource: &MetricsResource) -> StepNames {
        let masked = |text: &str| label(&plan.secrets.mask_known(text));
        StepNames {
            run: resource.run.clone(),
            started_unix_us: resource.started_unix_us,
            steps: plan.steps.iter().map(|step| StepLabels::new(plan, step, resource)).collect(),
            journeys: plan.journeys.iter().map(|journey| masked(&journey.name)).collect(),
            objective: plan
                .objectives
                .iter()
                .map(|objective| (objective.text.clone(), masked(&objective.text)))
                .collect(),
        }
    }

    /// The labels of shoppers of this journey who failed repeatedly, at this step if it is known.
    pub(super) fn repeated_at(&self, journey: JourneyId, at: Option<StepId>) -> Labels {
        let step = at.and_then(|step| self.steps.get(step.index()));
        vec![
            ("tillrush.journey", Arc::clone(&self.journeys[journey.index()])),
            ("tillrush.step", step.map_or_else(|| label(""), |step| Arc::clone(&step.step))),
        ]
    }

    /// The step of this name in the journey of this name.
    pub(super) fn find(&self, journey: &str, step: &str) -> Option<&StepLabels> {
        self.steps.iter().find(|known| known.written.0 == journey && known.written.1 == step)
    }
}

// === impl StepLabels ===

impl StepLabels {
    fn new(plan: &Plan, step: &Step, resource: &MetricsResource) -> StepLabels {
        let masked = |text: &str| label(&plan.secrets.mask_known(text));
        let journey = &plan.journey(step.journey).name;
        let written = write_address(plan, &step.request.url);
        let elsewhere = Url::parse(&written).ok();
        let host = elsewhere.as_ref().and_then(Url::host_str);
        let port = elsewhere.as_ref().and_then(Url::port_or_known_default);
        let address = match host {
            Some(_) => {
                written.splitn(4, '/').nth(3).map_or_else(String::new, |it| format!("/{it}"))
            }
            None => written,
        };
        let path = address.split(['?', '#']).next().unwrap_or_default();
        StepLabels {
            written: (journey.clone(), step.name.clone()),
            journey: masked(journey),
            step: masked(&step.name),
            method: label(step.request.method.as_str()),
            host: masked(host.unwrap_or(&resource.server_address)),
            port: label(&port.unwrap_or(resource.server_port).to_string()),
            path: masked(path),
        }
    }

    /// Which step it is.
    pub(super) fn labels(&self) -> Labels {
        vec![
            ("tillrush.journey", Arc::clone(&self.journey)),
            ("tillrush.step", Arc::clone(&self.step)),
        ]
    }

    /// Which step it is, and how attempts at it came out.
    pub(super) fn with_outcome(&self, outcome: &str) -> Labels {
        let mut labels = self.labels();
        labels.insert(1, ("tillrush.outcome", label(outcome)));
        labels
    }

    /// Which step it is, and how attempts at it failed.
    pub(super) fn with_failure(&self, kind: FailureKind) -> Labels {
        let mut labels = self.with_outcome("failed");
        labels.insert(0, ("error.type", label(kind.key())));
        labels
    }

    /// What the semantic conventions ask for of an HTTP client.
    pub(super) fn of_request(&self, is_ok: bool) -> Labels {
        let error = (!is_ok).then(|| ("error.type", label("_OTHER")));
        let request = [
            ("http.request.method", Arc::clone(&self.method)),
            ("server.address", Arc::clone(&self.host)),
            ("server.port", Arc::clone(&self.port)),
            ("tillrush.journey", Arc::clone(&self.journey)),
            ("tillrush.step", Arc::clone(&self.step)),
            ("url.template", Arc::clone(&self.path)),
        ];
        error.into_iter().chain(request).collect()
    }
}

/// An address as the scenario has it: places that a shopper fills in are named, not filled in.
fn write_address(plan: &Plan, address: &Template) -> String {
    match address {
        Template::Literal(text) => text.clone(),
        Template::Segments(segments) => segments
            .iter()
            .map(|segment| match segment {
                Segment::Text(text) => text.clone(),
                Segment::Variable(variable) => format!("{{{}}}", plan.variables[variable.index()]),
            })
            .collect(),
        Template::Expression { source, .. } => source.clone(),
    }
}
