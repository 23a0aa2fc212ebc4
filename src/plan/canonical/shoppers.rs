//! The canonical form of the shoppers.

use serde_json::{Map, Value, json};

use super::form::{Canonical, add_unless_null, kind};
use crate::plan::{
    Arm, Attribute, Behaviour, DataSet, Device, Equipment, Network, Patience, RetryStrategy,
    RowAssignment, Shoppers,
};

impl Canonical for Shoppers {
    fn canonical(&self) -> Value {
        let Shoppers { attributes, patience, behaviour, max_attempts, retry_after, arms, data } =
            self;
        let mut form = json!({
            "attributes": attributes.canonical(),
            "patience": patience.canonical(),
            "behaviour": behaviour.canonical(),
            "max_attempts": max_attempts,
            "retry_after": retry_after.canonical(),
        });
        let arms = (!arms.is_empty()).then_some(arms.canonical());
        add_unless_null(&mut form, "arms", arms.canonical());
        form["data"] = data.canonical();
        form
    }
}

impl Canonical for Attribute {
    fn canonical(&self) -> Value {
        let Attribute { name, var, values, brings } = self;
        let mut form = json!({
            "name": name,
            "var": var.canonical(),
            "values": values.canonical(),
        });
        if !brings.is_empty() {
            let equipment =
                |(value, equipment): (&u8, &Equipment)| (value.to_string(), equipment.canonical());
            form["brings"] = brings.iter().map(equipment).collect::<Map<_, _>>().into();
        }
        form
    }
}

impl Canonical for Equipment {
    fn canonical(&self) -> Value {
        let Equipment { device, network, returns } = self;
        let mut form = json!({});
        add_unless_null(&mut form, "device", device.canonical());
        add_unless_null(&mut form, "network", network.canonical());
        add_unless_null(&mut form, "returns", returns.then_some(true).canonical());
        form
    }
}

impl Canonical for Device {
    fn canonical(&self) -> Value {
        json!(match self {
            Device::Mobile => "mobile",
            Device::Desktop => "desktop",
        })
    }
}

impl Canonical for Network {
    fn canonical(&self) -> Value {
        let Network { round_trip, bits_per_second } = self;
        json!({ "round_trip": round_trip.canonical(), "bits_per_second": bits_per_second })
    }
}

impl Canonical for Patience {
    fn canonical(&self) -> Value {
        let Patience { name, hazards } = self;
        json!({ "name": name, "hazards": hazards })
    }
}

impl Canonical for Behaviour {
    fn canonical(&self) -> Value {
        json!(match self {
            Behaviour::Probe => "probe",
            Behaviour::Live => "live",
            Behaviour::Experiment => "experiment",
        })
    }
}

impl Canonical for Arm {
    fn canonical(&self) -> Value {
        let Arm { label, strategy } = self;
        json!({ "label": label, "way": strategy.canonical() }) // frozen
    }
}

impl Canonical for RetryStrategy {
    fn canonical(&self) -> Value {
        match self {
            RetryStrategy::Same => json!("same"),
            RetryStrategy::Redraw(attribute) => kind("redraw", json!(attribute)),
            RetryStrategy::Set(values) => kind("set", json!(values)),
            RetryStrategy::FreshSession => json!("fresh"),
            RetryStrategy::FreshKey => json!("fresh_key"),
            RetryStrategy::Wait(pause) => kind("wait", pause.canonical()),
        }
    }
}

impl Canonical for DataSet {
    fn canonical(&self) -> Value {
        // The rows follow from the file, which the hash stands for.
        let DataSet { name, columns, assignment, sha256, rows: _ } = self;
        json!({
            "name": name,
            "columns": columns.canonical(),
            "dealing": assignment.canonical(), // frozen
            "sha256": sha256,
        })
    }
}

impl Canonical for RowAssignment {
    fn canonical(&self) -> Value {
        json!(match self {
            RowAssignment::Once => "once",
            RowAssignment::Loop => "loop",
            RowAssignment::Random => "random",
        })
    }
}
