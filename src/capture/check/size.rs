//! `size`: the body has this many bytes.

use serde_json::{Value, json};

use super::condition::{Check, RenderError, Texts};
use super::kind::{CheckKind, Written};
use crate::capture::kind::ResponseView;

pub(super) const KIND: CheckKind = CheckKind {
    key: "size",
    about: "The size of the body, such as 1kB..2MB, 1kB.. or ..2MB.",
    written: Written::Size(|low, high| Box::new(Size { low, high })),
};

#[derive(Debug)]
struct Size {
    low: u64,
    high: u64,
}

// === impl Size ===

impl Size {
    /// The range in words, in bytes.
    fn extent(&self) -> String {
        match *self {
            Size { low, high: u64::MAX } => format!("at least {low}"),
            Size { low: 0, high } => format!("at most {high}"),
            Size { low, high } if low == high => low.to_string(),
            Size { low, high } => format!("{low} to {high}"),
        }
    }
}

impl Check for Size {
    fn failure(
        &self,
        response: &dyn ResponseView,
        _: &dyn Texts,
    ) -> Result<Option<String>, RenderError> {
        let size = response.size();
        Ok((size < self.low || self.high < size)
            .then(|| format!("the body has {size} bytes, expected {}", self.extent())))
    }

    fn describe(&self) -> String {
        format!("size {}", self.extent())
    }

    fn canonical(&self, _: Vec<Value>) -> Value {
        json!({ "Size": { "low": self.low, "high": self.high } })
    }
}
