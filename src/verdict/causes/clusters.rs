//! What went wrong: failing shoppers by the trouble that repeats, or else by the one that their story began with.
//!
//! Each failing shopper is counted once, under the failure of the unit that failed most often, or under the first where none
//! failed twice: an earlier hiccup that a second attempt cured is not what keeps a shopper from buying. Requests would be counted otherwise: those who try again meet the same trouble again, and the
//! trouble that comes first makes others (see docs/model.md, "First causes").

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::StepId;
use crate::plan::{ArrivalModel, Plan};
use crate::tally::{
    End, FailureKind, FailureMessages, FailureSite, FirstFailure, OutcomeCounts, SampleLine,
    SampledExchange, Samples, ShopperOutcome, Tally,
};
use crate::verdict::abandonment::LossModel;

/// Shoppers whose story began with the same trouble.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Where it fell.
    pub step: StepId,
    /// What it was.
    pub kind: FailureKind,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// What was said, without numbers and identities, as a key; none if too many different things were said.
    pub message: Option<Arc<str>>,
    /// Shoppers whose first failure it was.
    pub shoppers: u64,
    /// All failed attempts of these shoppers.
    pub failed_attempts: u64,
    /// Those of them who met two failed attempts or more.
    pub repeated: u64,
    /// Those of them whose journey ended with a failure: they used up their attempts, or left.
    pub unserved: u64,
    /// How many of them are lost under the scenario's patience; none for a closed load.
    pub lost: Option<f64>,
    /// Where their second failures fell, the most frequent first.
    pub then: Vec<(StepId, u64)>,
    /// One of them.
    pub example: Option<ClusterExample>,
}

/// A shopper to look at.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterExample {
    /// The journey.
    pub line: Arc<SampleLine>,
    /// The exchange that failed first.
    pub exchange: SampledExchange,
    /// What finds it in the shop's logs and traces: names and values of headers, the request's `traceparent` first.
    pub ids: Vec<(String, String)>,
}

/// Headers by which a shop, a balancer or a tracer names a request, in lower case.
const ID_HEADERS: [&str; 16] = [
    "traceparent",
    "traceresponse",
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-trace-id",
    "x-b3-traceid",
    "uber-trace-id",
    "x-amzn-trace-id",
    "x-amzn-requestid",
    "x-amz-cf-id",
    "x-cloud-trace-context",
    "x-ms-request-id",
    "x-azure-ref",
    "x-vercel-id",
    "cf-ray",
];

/// All clusters, those with the most shoppers who failed again first.
pub fn clusters(plan: &Plan, tally: &Tally) -> Vec<Cluster> {
    let model = LossModel::of(plan, tally);
    let mut clusters = Vec::new();
    for (place, said) in &tally.causes {
        match said {
            FailureMessages::Distinct(told) => {
                clusters.extend(told.iter().map(|(message, fates)| {
                    cluster(plan, &model, &tally.samples, *place, Some(Arc::clone(message)), fates)
                }));
            }
            FailureMessages::TooMany(fates) => {
                clusters.push(cluster(plan, &model, &tally.samples, *place, None, fates))
            }
        }
    }
    // Who fails again needs a repair first; passing errors come last, however many met them.
    clusters.sort_by_key(|found| {
        (Reverse((found.repeated, found.shoppers)), found.step, found.kind, found.status)
    });
    clusters
}

fn cluster(
    plan: &Plan,
    model: &LossModel<'_>,
    samples: &Samples,
    place: FailureSite,
    message: Option<Arc<str>>,
    fates: &OutcomeCounts,
) -> Cluster {
    let count = |holds: &dyn Fn(&ShopperOutcome) -> bool| {
        fates.iter().filter(|(fate, _)| holds(fate)).map(|(_, shoppers)| shoppers).sum()
    };
    let mut then: BTreeMap<StepId, u64> = BTreeMap::new();
    for (fate, shoppers) in fates {
        if let Some(step) = fate.second_failed {
            *then.entry(step).or_default() += shoppers;
        }
    }
    let mut then: Vec<(StepId, u64)> = then.into_iter().collect();
    then.sort_by_key(|&(step, shoppers)| (Reverse(shoppers), step));
    let lost =
        |(fate, shoppers): (&ShopperOutcome, &u64)| model.to_failures(fate).high * *shoppers as f64;
    let open = !matches!(plan.load.arrivals, ArrivalModel::Closed { .. });
    Cluster {
        step: place.step,
        kind: place.kind,
        status: place.status,
        shoppers: count(&|_| true),
        failed_attempts: fates
            .iter()
            .map(|(fate, shoppers)| u64::from(fate.failures) * shoppers)
            .sum(),
        repeated: count(&|fate| fate.failures >= 2),
        unserved: count(&|fate| matches!(fate.end, End::StoppedByCap | End::Lost)),
        lost: open.then(|| fates.iter().map(lost).sum()),
        then,
        example: example(plan, samples, place, message.as_ref()),
        message,
    }
}

/// The shopper kept for this very cause; for a place with too many messages, any shopper of the place.
fn example(
    plan: &Plan,
    samples: &Samples,
    place: FailureSite,
    message: Option<&Arc<str>>,
) -> Option<ClusterExample> {
    let line = match message {
        Some(message) => samples
            .causes
            .get(&FirstFailure { site: place, message: Arc::clone(message) })?
            .values()
            .next()?,
        None => samples.of_site(place).next()?,
    };
    let exchange = failure_at(line, plan, place)?.clone();
    Some(ClusterExample { ids: ids(&exchange), exchange, line: Arc::clone(line) })
}

/// The failing exchange that the journey is an example for, in full if it was kept.
fn failure_at<'l>(
    line: &'l SampleLine,
    plan: &Plan,
    place: FailureSite,
) -> Option<&'l SampledExchange> {
    let step = &plan.step(place.step).name;
    let of_place = || {
        line.exchanges.iter().filter(|exchange| {
            exchange.step == *step
                && exchange.failure == Some(place.kind)
                && exchange.status == place.status
        })
    };
    of_place().find(|exchange| exchange.request.is_some()).or_else(|| of_place().next()).or_else(
        || {
            line.exchanges
                .iter()
                .find(|exchange| exchange.failure.is_some() || !exchange.detail.is_empty())
        },
    )
}

/// The headers of the exchange that name it elsewhere.
pub fn ids(exchange: &SampledExchange) -> Vec<(String, String)> {
    let headers = |message: &Option<String>| -> Vec<(String, String)> {
        let head =
            message.as_deref().unwrap_or_default().split("\r\n\r\n").next().unwrap_or_default();
        let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect()
    };
    let both: Vec<(String, String)> =
        headers(&exchange.request).into_iter().chain(headers(&exchange.response)).collect();
    let mut ids: Vec<(String, String)> = Vec::new();
    for name in ID_HEADERS {
        let found = both.iter().filter(|(known, value)| known == name && !value.is_empty());
        for pair in found {
            if !ids.contains(pair) {
                ids.push(pair.clone());
            }
        }
    }
    ids
}

// === impl Cluster ===

impl Cluster {
    /// What went wrong, in the original words of one of them: `status 502: the wallet provider did not call back`.
    pub fn what(&self) -> String {
        let by_status = matches!(
            self.kind,
            FailureKind::Throttled
                | FailureKind::ClientError
                | FailureKind::ServerError
                | FailureKind::UnexpectedStatus
        );
        let name = match self.status {
            Some(status) if by_status => format!("status {status}"),
            _ => self.kind.label().to_owned(),
        };
        // What was said to one of them: the key leaves out what differs from shopper to shopper.
        let words = self.example.as_ref().map(|example| example.exchange.message.as_str());
        let words = words.filter(|words| !words.is_empty()).or(self.message.as_deref());
        match (self.message.as_deref(), words) {
            (None, None | Some("")) => {
                format!("{name}: more than {} different messages", FailureMessages::MAX)
            }
            (None, Some(words)) => format!(
                "{name}: more than {} different messages, such as {words}",
                FailureMessages::MAX
            ),
            (Some(""), _) | (_, None) => name,
            // Trouble on the line says itself what it is.
            (Some(_), Some(words))
                if self.status.is_none() && self.kind != FailureKind::MissingContent =>
            {
                words.to_owned()
            }
            (Some(_), Some(words)) => format!("{name}: {words}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{JourneyId, Micros, MinorUnits, ShopperId};
    use crate::tally::{Outcome, Setback, Setbacks, ShopperEnd};
    use crate::verdict::simulation::SimulatedRun;

    /// A shopper with an example: `failures` at the cause's step, `then` at another.
    fn failed(
        simulated: &mut SimulatedRun,
        who: u64,
        cause: &FirstFailure,
        failures: u32,
        then: Option<StepId>,
        end: End,
    ) {
        let text = |first: &str, header: &str| {
            Some(format!("{first}\r\n{header}\r\n\r\nx-request-id: no header"))
        };
        let went_well = SampledExchange {
            step: "cart".into(),
            attempt: 1,
            began_at: Micros(who),
            took: Micros(10),
            status: Some(201),
            failure: None,
            detail: String::new(),
            message: String::new(),
            request: None,
            response: None,
        };
        let first = SampledExchange {
            step: "pay".into(),
            began_at: Micros(who + 20),
            status: cause.site.status,
            failure: Some(cause.site.kind),
            detail: format!("expected 2xx, and was told: {}", cause.message),
            request: text("POST /pay HTTP", "traceparent: 00-1-2-01"),
            response: text("HTTP/1.1 502 Bad Gateway", "X-Request-Id: r-17"),
            ..went_well.clone()
        };
        let second = SampledExchange {
            attempt: 2,
            began_at: Micros(who + 40),
            detail: String::new(),
            request: None,
            response: None,
            ..first.clone()
        };
        simulated.tally.shopper_end(&ShopperEnd {
            attributes: &[0, 0],
            failures,
            first_failed: Some(cause.site.step),
            first_failed_at: Some(Micros(who)),
            second_failed: then,
            cause: Some(cause),
            before_order: Setbacks { failed: failures as u8, ..Setbacks::default() },
            stuck_on: (end == End::StoppedByCap).then_some(Setback::Failed),
            order_value: Some(MinorUnits(1)),
            end,
            ..ShopperEnd::untroubled(ShopperId(who), JourneyId(1), Micros(who), Micros(who))
        });
        let line = SampleLine {
            shopper: ShopperId(who),
            marker: format!("s-{who}"),
            journey: "buy".into(),
            attributes: Default::default(),
            observed: Default::default(),
            arrived_at: Micros(who),
            end,
            exchanges: vec![went_well, first, second],
        };
        simulated.tally.sample(cause, who, Arc::new(line));
    }

    fn cause(step: StepId, status: Option<u16>, message: &str) -> FirstFailure {
        FirstFailure {
            site: FailureSite { step, kind: FailureKind::ServerError, status },
            message: message.into(),
        }
    }

    #[test]
    fn a_cascade_is_the_first_step_s_and_counts_shoppers() {
        let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
        let (cart, pay) = (simulated.step("cart"), simulated.step("pay"));
        let (write_lost, callback) =
            (cause(cart, Some(500), "write lost"), cause(pay, Some(502), "no callback"));
        for who in 0..5 {
            // A basket that was not filled, then two failures at the payment.
            failed(&mut simulated, who, &write_lost, 3, Some(pay), End::StoppedByCap);
        }
        failed(&mut simulated, 9, &callback, 1, None, End::Completed);
        let found = clusters(&simulated.plan, &simulated.tally);
        let told: Vec<_> = found
            .iter()
            .map(|c| (c.step, c.what(), c.shoppers, c.failed_attempts, c.repeated, c.unserved))
            .collect();
        let expected = [
            (cart, "status 500: write lost".to_owned(), 5, 15, 5, 5),
            (pay, "status 502: no callback".to_owned(), 1, 1, 0, 0),
        ];
        assert_eq!(told, expected);
        assert_eq!(found[0].then, [(pay, 5)]);
        assert_eq!(found[0].lost, Some(5.0));
        assert!((found[1].lost.unwrap() - 0.26).abs() < 1e-9);
    }

    #[test]
    fn an_example_names_the_headers_that_find_it_elsewhere() {
        let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
        let callback = cause(simulated.step("pay"), Some(502), "no callback");
        (3..9).for_each(|who| failed(&mut simulated, who, &callback, 1, None, End::Completed));
        let example = clusters(&simulated.plan, &simulated.tally).remove(0).example.unwrap();
        assert_eq!((example.line.shopper, example.exchange.status), (ShopperId(3), Some(502)));
        assert_eq!(
            (example.exchange.began_at, &*example.exchange.detail),
            (Micros(23), "expected 2xx, and was told: no callback")
        );
        let id = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(example.ids, [id("traceparent", "00-1-2-01"), id("x-request-id", "r-17")]);
    }

    #[test]
    fn every_cluster_has_an_example_of_its_own_however_many_there_are() {
        let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
        let words = |who: u64| {
            format!(
                "{} and {}",
                "a".repeat(1 + (who % 6) as usize),
                "b".repeat(1 + (who / 6) as usize)
            )
        };
        let steps = simulated.plan.steps.len() as u64;
        for who in 0..30 * steps {
            let cause = cause(StepId((who / 30) as u16), Some(500), &words(who % 30));
            failed(&mut simulated, who, &cause, 1, None, End::Completed);
        }
        let found = clusters(&simulated.plan, &simulated.tally);
        assert_eq!(found.len() as u64, 30 * steps);
        for cluster in &found {
            let (told, message) = (
                &cluster.example.as_ref().unwrap().exchange.detail,
                cluster.message.as_deref().unwrap(),
            );
            assert!(told.ends_with(&format!("told: {message}")), "{told}: {message}");
        }
    }

    #[test]
    fn a_shop_that_says_something_new_each_time_is_one_cluster() {
        let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
        let pay = simulated.step("pay");
        for who in 0..80 {
            let word = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
                .map(|letter| letter.repeat(1 + (who % 9) as usize));
            failed(
                &mut simulated,
                who,
                &cause(pay, Some(500), &word[(who / 9) as usize]),
                1,
                None,
                End::Completed,
            );
        }
        let found = clusters(&simulated.plan, &simulated.tally);
        assert_eq!((found.len(), found[0].shoppers, found[0].message.clone()), (1, 80, None));
        assert_eq!(found[0].what(), "status 500: more than 64 different messages");
        assert!(found[0].example.is_some());
    }
}
