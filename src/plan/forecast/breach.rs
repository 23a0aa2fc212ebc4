//! What a plan would break: caps of the scenario, and data that runs out.

use std::collections::BTreeMap;

use super::volume::Volume;
use crate::base::count_of;
use crate::plan::{Plan, Request, Segment, Template};

/// Something that a plan would break.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Breach {
    /// More requests at the peak than the cap on all of them.
    #[error(
        "{peak:.1} requests/s at the peak, {limit}/s allowed: the rest would be delayed; lower the peak or raise limits.requests"
    )]
    Requests {
        /// Allowed per second.
        limit: f64,
        /// Expected per second at the peak.
        peak: f64,
    },
    /// More requests at the peak than the cap on a host.
    #[error(
        "{peak:.1} requests/s to {host} at the peak, {limit}/s allowed: the rest would be delayed; lower the peak, raise limits.hosts, or put a stub in its place"
    )]
    Host {
        /// The host's name.
        host: String,
        /// Allowed per second.
        limit: f64,
        /// Expected per second at the peak.
        peak: f64,
    },
    /// Fewer rows than shoppers, each of whom needs one.
    #[error("data '{name}' has {} for {}: each needs one; add {} or send fewer shoppers", count_of(*.rows as u64, "row"), count_of(*.shoppers, "shopper"), count_of(.shoppers - *.rows as u64, "row"))]
    Data {
        /// The data set.
        name: String,
        /// The rows there are.
        rows: usize,
        /// Shoppers planned.
        shoppers: u64,
    },
}

// === impl Breach ===

impl Breach {
    /// Whether the run can't begin like this. The others can: what a cap holds back is counted.
    pub fn refuses(&self) -> bool {
        matches!(self, Breach::Data { .. })
    }
}

/// What a plan would break with these arrivals and visits to its steps. `at_most` says that the shop may let
/// fewer shoppers through.
pub(super) fn find_breaches(
    plan: &Plan,
    arrivals: Option<Volume>,
    visits: &[f64],
    at_most: bool,
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let Some(arrivals) = arrivals else { return breaches };
    let peak = arrivals.peak * visits.iter().sum::<f64>();
    breaches.extend(
        plan.limits
            .requests
            .filter(|limit| peak > *limit)
            .map(|limit| Breach::Requests { limit, peak }),
    );
    let by_host = visits_by_host(plan, visits);
    for (name, limit) in &plan.limits.hosts {
        let peak = arrivals.peak * by_host.get(&name.to_ascii_lowercase()).copied().unwrap_or(0.0);
        if peak > *limit {
            breaches.push(Breach::Host { host: name.clone(), limit: *limit, peak });
        }
    }
    if !at_most {
        let shoppers = arrivals.total.ceil() as u64;
        let short = plan.shoppers.data.iter().filter(|data| !data.suffices(shoppers));
        breaches.extend(short.map(|data| Breach::Data {
            name: data.name.clone(),
            rows: data.rows.len(),
            shoppers,
        }));
    }
    breaches
}

fn visits_by_host(plan: &Plan, visits: &[f64]) -> BTreeMap<String, f64> {
    let target = plan.target.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    let mut by_host = BTreeMap::new();
    for (step, visits) in plan.steps.iter().zip(visits) {
        let host = absolute_host(&step.request).unwrap_or_else(|| target.to_owned());
        *by_host.entry(host).or_insert(0.0) += visits;
    }
    by_host
}

/// The host that a request names itself. A host made by a placeholder is not known before the run.
fn absolute_host(request: &Request) -> Option<String> {
    let text = match &request.url {
        Template::Literal(text) | Template::Expression { source: text, .. } => text,
        Template::Segments(segments) => match segments.first()? {
            Segment::Text(text) => text,
            Segment::Variable(_) => return None,
        },
    };
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // The scheme does not matter for the name; the parser takes care of ports and of brackets.
    let url = url::Url::parse(&format!("http://{authority}")).ok()?;
    url.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::example::shop;
    use crate::plan::forecast::Forecast;
    use crate::plan::{DataSet, RowAssignment};

    fn breaches(plan: &Plan, planned: Option<u64>) -> Vec<String> {
        Forecast::of(plan, planned).breaches.iter().map(Breach::to_string).collect()
    }

    #[test]
    fn a_plan_within_its_caps_breaks_nothing() {
        let mut plan = shop();
        plan.limits.requests = Some(100.0);
        assert_eq!(breaches(&plan, None), [""; 0]);
    }

    #[test]
    fn a_cap_below_the_peak_is_named_with_a_remedy() {
        let mut plan = shop();
        plan.limits.requests = Some(20.0);
        insta::assert_snapshot!(breaches(&plan, None).join("\n"), @"28.8 requests/s at the peak, 20/s allowed: the rest would be delayed; lower the peak or raise limits.requests");
    }

    #[test]
    fn the_cap_of_a_payment_sandbox_counts_the_steps_that_go_there() {
        let mut plan = shop();
        plan.target = Some("http://shop.test:8080".parse().unwrap());
        plan.steps[2].request.url = Template::Segments(vec![
            Segment::Text("https://Sandbox.Test:444/pay?order=".into()),
            Segment::Variable(crate::base::VarId(0)),
        ]);
        plan.limits.hosts = vec![
            ("sandbox.test".into(), 4.0),
            ("shop.test".into(), 30.0),
            ("other.test".into(), 1.0),
        ];
        insta::assert_snapshot!(breaches(&plan, None).join("\n"), @"4.5 requests/s to sandbox.test at the peak, 4/s allowed: the rest would be delayed; lower the peak, raise limits.hosts, or put a stub in its place");
    }

    #[test]
    fn data_that_runs_out_refuses_the_run() {
        let mut plan = shop();
        plan.shoppers.data = vec![DataSet {
            name: "accounts".into(),
            columns: vec![],
            assignment: RowAssignment::Once,
            sha256: String::new(),
            rows: vec![vec![]; 600],
        }];
        assert_eq!(breaches(&plan, Some(600)), [""; 0]);
        assert!(Forecast::of(&plan, Some(612)).breaches.iter().all(Breach::refuses));
        insta::assert_snapshot!(breaches(&plan, Some(612)).join("\n"), @"data 'accounts' has 600 rows for 612 shoppers: each needs one; add 12 rows or send fewer shoppers");
    }
}
