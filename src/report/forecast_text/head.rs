//! What is planned: the load and the shoppers.

use super::curve;
use super::text::{Setting, indent};
use super::text::{count, count_about, pad_right, percent, rate, wrap};
use crate::plan::forecast::{Forecast, Volume};
use crate::plan::{
    Arm, ArrivalModel, Behaviour, Bursts, ConnectionReuse, Intensity, LoggedArrivals, Plan,
    Profile, RetryStrategy, shape,
};

/// More stages than this are shown by the curve alone.
const STAGES_LISTED: usize = 8;

/// The plan by name and in figures.
pub fn plan(plan: &Plan, forecast: &Forecast, setting: &Setting, width: usize) -> Vec<String> {
    let weights: f64 = plan.journeys.iter().map(|journey| journey.weight).sum();
    let journeys = plan
        .journeys
        .iter()
        .map(|journey| format!("{} {}", journey.name, percent(journey.weight / weights)));
    let behaviour = match plan.shoppers.behaviour {
        Behaviour::Probe => "probe (all shoppers retry; the report applies the abandonment model)",
        Behaviour::Live => "live (shoppers leave by the abandonment model)",
        Behaviour::Experiment => {
            "experiment (all shoppers retry; the first retry uses a random method)"
        }
    };
    let attributes = plan.shoppers.attributes.iter().map(|attribute| {
        let sum: f64 = attribute.values.iter().map(|(_, weight)| weight).sum();
        let brought = |place| {
            attribute
                .brings
                .get(&place)
                .map_or_else(String::new, |equipment| format!(" ({equipment})"))
        };
        let values = attribute.values.iter().zip(0u8..);
        let values: Vec<String> = values
            .map(|((value, weight), place)| {
                format!("{value} {}{}", percent(weight / sum), brought(place))
            })
            .collect();
        ("", format!("{}: {}", attribute.name, values.join(", ")))
    });
    let target = plan
        .target
        .as_ref()
        .map_or("none: set one with --target".to_owned(), |url| url.to_string());
    let mut entries = vec![("target", target), ("arrivals", arrivals(plan, forecast))];
    entries.push(("journeys", journeys.collect::<Vec<_>>().join(", ")));
    entries.push((
        "shoppers",
        format!("abandonment model {}, behaviour {behaviour}", plan.shoppers.patience.name),
    ));
    entries.extend(attributes);
    if !plan.shoppers.arms.is_empty() {
        let label = |arm: &Arm| {
            let renews = arm.strategy != RetryStrategy::FreshKey && plan.renews_key(&arm.strategy);
            format!("{}{}", arm.label, if renews { " (and a new idempotency key)" } else { "" })
        };
        let arms: Vec<String> = plan.shoppers.arms.iter().map(label).collect();
        entries.push(("", format!("retry methods: {}", arms.join("; "))));
    }
    entries.push(("plan", format!("{} with seed {}", setting.digest, setting.seed)));
    let lines = entries.into_iter().flat_map(|(key, value)| {
        let lines = wrap(&value, width - 12).into_iter().enumerate();
        lines.map(move |(i, line)| format!("  {:<10}{line}", if i == 0 { key } else { "" }))
    });
    std::iter::once(plan.name.clone()).chain(lines).collect()
}

fn arrivals(plan: &Plan, forecast: &Forecast) -> String {
    let length = plan.load.length();
    let connections = match plan.load.connections {
        ConnectionReuse::PerShopper => "",
        ConnectionReuse::Kept => ", connections shared between shoppers",
    };
    let described = match (&plan.load.arrivals, forecast.arrivals) {
        (ArrivalModel::Closed { users, .. }, Some(flow)) => {
            let users = count_about(f64::from(*users), "shopper");
            format!(
                "closed, {users} at a time for {length}: at most {} in total, {}/s",
                count(flow.total),
                rate(flow.peak)
            )
        }
        (ArrivalModel::Closed { users, .. }, None) => {
            let users = count_about(f64::from(*users), "shopper");
            format!("closed, {users} at a time for {length}: the total depends on the shop")
        }
        (ArrivalModel::Poisson(profile), flow) => open("poisson", profile, forecast, flow),
        (ArrivalModel::Paced(profile), flow) => open("paced", profile, forecast, flow),
        (ArrivalModel::Bursty(profile, bursts), flow) => {
            let Bursts { dispersion, every } = bursts;
            let kind = format!("bursty ({dispersion} times the variance of poisson, by {every})");
            open(&kind, profile, forecast, flow)
        }
    };
    described + connections
}

/// An open load.
fn open(kind: &str, profile: &Profile, forecast: &Forecast, flow: Option<Volume>) -> String {
    let length = profile.length();
    let number = match forecast.planned {
        Some(planned) => format!(
            "{} planned, {} expected",
            count_about(planned as f64, "shopper"),
            count(profile.expected_arrivals())
        ),
        None => format!("{} expected", count_about(profile.expected_arrivals(), "shopper")),
    };
    let (mean, peak) = flow.map_or((0.0, 0.0), |flow| (flow.mean, flow.peak));
    format!("{kind} for {length}: {number}; mean {}/s, peak {}/s", rate(mean), rate(peak))
}

/// What the plan is beside the log that it was made of.
fn growth(logged: &LoggedArrivals, before: &Intensity, planned: &Intensity) -> String {
    format!(
        "Logged on {}: {}. The plan has {:.2} times as many.",
        logged.when,
        count_about(before.total(), "shopper"),
        planned.total() / before.total()
    )
}

/// The curve of arrivals, where it comes from, and beside it that of the log that it was made of.
pub fn load(plan: &Plan, width: usize, ascii: bool) -> Vec<String> {
    let Some(profile) = plan.load.profile() else { return Vec::new() };
    let intensity = Intensity::new(profile);
    let logged = plan.logged.as_ref().map(|logged| (logged, Intensity::new(&logged.profile())));
    let peak = logged.iter().map(|(_, logged)| logged.peak()).fold(intensity.peak(), f64::max);
    let mut lines = curve::chart(&intensity, peak, width, ascii);
    if let Some((logged, before)) = &logged {
        lines.push(String::new());
        lines.push(growth(logged, before, &intensity));
        lines.extend(curve::chart(before, peak, width, ascii));
    }
    if let Some(shape) = profile
        .shape
        .as_ref()
        .and_then(|name| shape::SHAPES.iter().find(|shape| shape.name == name))
    {
        lines.push(String::new());
        lines.extend(
            wrap(
                &format!("{}: {}. Source: {}.", shape.name, shape.description, shape.source),
                width - 2,
            )
            .iter()
            .map(indent),
        );
    } else if profile.stages.len() <= STAGES_LISTED {
        let arrow = if ascii { "to" } else { "→" };
        let rates = |from: f64, to: f64| {
            if from == to {
                format!("{}/s", rate(to))
            } else {
                format!("{} {arrow} {}/s", rate(from), rate(to))
            }
        };
        lines.push(String::new());
        lines.extend(profile.stages.iter().map(|stage| {
            format!(
                "  {}{}for {}",
                pad_right(&stage.label, 24),
                pad_right(&rates(stage.from, stage.to), 20),
                stage.length
            )
        }));
    }
    lines
}
