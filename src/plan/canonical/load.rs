//! The canonical form of the load and of the limits.

use serde_json::{Value, json};

use super::form::{Canonical, kind};
use crate::plan::{ArrivalModel, Bursts, ConnectionReuse, Limits, Load, Profile, Stage};

impl Canonical for Load {
    fn canonical(&self) -> Value {
        let Load { arrivals, connections } = self;
        json!({ "arrivals": arrivals.canonical(), "connections": connections.canonical() })
    }
}

impl Canonical for ArrivalModel {
    fn canonical(&self) -> Value {
        match self {
            ArrivalModel::Poisson(profile) => kind("Poisson", profile.canonical()),
            ArrivalModel::Paced(profile) => kind("Paced", profile.canonical()),
            ArrivalModel::Bursty(profile, Bursts { dispersion, every }) => kind(
                "Bursty",
                json!({ "profile": profile.canonical(), "dispersion": dispersion, "every": every.canonical() }),
            ),
            ArrivalModel::Closed { users, length } => {
                kind("Closed", json!({ "users": users, "length": length.canonical() }))
            }
        }
    }
}

impl Canonical for ConnectionReuse {
    fn canonical(&self) -> Value {
        json!(match self {
            ConnectionReuse::PerShopper => "per_shopper",
            ConnectionReuse::Kept => "kept",
        })
    }
}

impl Canonical for Profile {
    fn canonical(&self) -> Value {
        let Profile { stages, shape } = self;
        json!({ "stages": stages.canonical(), "shape": shape })
    }
}

impl Canonical for Stage {
    fn canonical(&self) -> Value {
        let Stage { from, to, length, label } = self;
        json!({ "from": from, "to": to, "length": length.canonical(), "label": label })
    }
}

impl Canonical for Limits {
    fn canonical(&self) -> Value {
        let Limits { requests, hosts } = self;
        json!({ "requests": requests, "hosts": hosts.canonical() })
    }
}
