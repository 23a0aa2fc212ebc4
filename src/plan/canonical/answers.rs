//! The canonical form of what is taken from an answer, and of what must hold of it.

use serde_json::{Value, json};

use super::form::{Canonical, kind};
use crate::plan::{
    Capture, Check, Conditions, Expected, Extract, MoneyUnit, OrderCapture, Pick, Price,
    StatusRange,
};

impl Canonical for Capture {
    fn canonical(&self) -> Value {
        let Capture { var, from, observed } = self;
        json!({
            "var": var.canonical(),
            "from": from.canonical(),
            "observed": observed.canonical(),
        })
    }
}

impl Canonical for Extract {
    fn canonical(&self) -> Value {
        let Extract { capture, pick } = self;
        match pick {
            Pick::First => capture.canonical(),
            Pick::Last | Pick::Random => {
                kind("Pick", json!([pick.canonical(), capture.canonical()]))
            }
        }
    }
}

impl Canonical for OrderCapture {
    fn canonical(&self) -> Value {
        let OrderCapture { id, total } = self;
        json!({ "id": id.canonical(), "total": total.canonical() })
    }
}

impl Canonical for Price {
    fn canonical(&self) -> Value {
        let Price { at, unit } = self;
        json!({ "at": at.canonical(), "unit": unit.canonical() })
    }
}

impl Canonical for MoneyUnit {
    fn canonical(&self) -> Value {
        json!(match self {
            MoneyUnit::Major => "Major",
            MoneyUnit::Minor => "Minor",
        })
    }
}

impl Canonical for Conditions {
    fn canonical(&self) -> Value {
        let Conditions { checks } = self;
        json!({ "checks": checks.canonical() })
    }
}

impl Canonical for Check {
    fn canonical(&self) -> Value {
        match self {
            Check::Status(ranges) => kind("Status", ranges.canonical()),
            Check::Json { path, expected } => {
                kind("Json", json!({ "path": path.canonical(), "expected": expected.canonical() }))
            }
            Check::Text(text) => kind("Text", text.canonical()),
            Check::NoText(text) => kind("NoText", text.canonical()),
            Check::Matches(regex) => kind("Matches", json!(regex.as_str())),
            Check::Header { name, expected } => {
                kind("Header", json!({ "name": name, "expected": expected.canonical() }))
            }
            Check::Css(selector) => kind("Css", selector.canonical()),
            Check::NoCss(selector) => kind("NoCss", selector.canonical()),
            Check::Url(patterns) => kind("Url", patterns.canonical()),
            Check::Location(patterns) => kind("Location", patterns.canonical()),
            Check::Size { low, high } => kind("Size", json!({ "low": low, "high": high })),
            Check::AnyOf(several) => kind("AnyOf", several.canonical()),
            Check::GraphQl(types) => kind("GraphQl", types.canonical()),
            Check::GraphQlType(types) => kind("GraphQlType", types.canonical()),
        }
    }
}

impl Canonical for Expected {
    fn canonical(&self) -> Value {
        match self {
            Expected::Present => json!("Present"),
            Expected::Absent => json!("Absent"),
            Expected::Value(value) => kind("Value", value.canonical()),
            Expected::Text(text) => kind("Text", text.canonical()),
            Expected::OneOf(values) => kind("OneOf", values.canonical()),
        }
    }
}

impl Canonical for StatusRange {
    fn canonical(&self) -> Value {
        let StatusRange { low, high } = self;
        json!({ "low": low, "high": high })
    }
}
