//! The canonical form of what is taken from an answer, and of what must hold of it.

use serde_json::{Value, json};

use super::form::{Canonical, kind};
use crate::plan::{
    Capture, Check, Computed, Conditions, Extract, MoneyUnit, OrderCapture, Pick, Price,
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

impl Canonical for Computed {
    fn canonical(&self) -> Value {
        // Whether it is JSON follows from the template.
        let Computed { var, from, is_json: _ } = self;
        json!({ "var": var.canonical(), "from": from.canonical() })
    }
}

impl Canonical for Extract {
    fn canonical(&self) -> Value {
        let Extract { capture, pick, default } = self;
        let found = match pick {
            Pick::First => capture.canonical(),
            Pick::Last | Pick::Random => {
                kind("Pick", json!([pick.canonical(), capture.canonical()]))
            }
        };
        match default {
            Some(default) => kind("Default", json!([default, found])),
            None => found,
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
