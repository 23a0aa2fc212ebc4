//! The canonical form of what is taken from an answer, and of what must hold of it.

use serde_json::{Value, json};

use super::form::{Canonical, kind};
use crate::plan::{Capture, Check, Conditions, Extract, MoneyUnit, OrderCapture, Pick, Price};

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
            Check::One(check, texts) => {
                check.canonical(texts.iter().map(Canonical::canonical).collect())
            }
            Check::AnyOf(several) => kind("AnyOf", several.canonical()),
        }
    }
}
