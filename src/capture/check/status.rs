//! `status`: the final status is in one of the ranges.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use super::status_range::StatusRange;
use crate::capture::kind::ResponseView;

pub(super) const KIND: CheckKind = CheckKind {
    key: "status",
    about: "The status: 201, 2xx, 200..299, or a list of these.",
    written: Written::Statuses(status),
};

#[derive(Debug)]
struct StatusCheck(Vec<StatusRange>);

/// A check that the final status is in one of the ranges.
pub fn status(ranges: Vec<StatusRange>) -> Box<dyn Check> {
    Box::new(StatusCheck(ranges))
}

// === impl StatusCheck ===

impl StatusCheck {
    fn ranges(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }
}

impl Check for StatusCheck {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let status = response.status();
        let held = self.0.iter().any(|range| range.contains(status));
        Ok((!held).then(|| format!("status {status}, expected {}", self.ranges())))
    }

    fn describe(&self) -> String {
        format!("status {}", self.ranges())
    }

    fn is_of_status(&self) -> bool {
        true
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "Status": self.0.iter().map(|StatusRange { low, high }| json!({ "low": low, "high": high })).collect::<Value>() })
    }
}
