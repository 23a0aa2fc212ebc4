use super::*;
use crate::base::{JourneyId, Micros, MinorUnits, ShopperId};
use crate::tally::{
    FirstFailure, Outcome, SampleLine, SampledExchange, Setback, Setbacks, ShopperEnd,
};
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
        ..ShopperEnd::without_trouble(ShopperId(who), JourneyId(1), Micros(who), Micros(who))
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
        format!("{} and {}", "a".repeat(1 + (who % 6) as usize), "b".repeat(1 + (who / 6) as usize))
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
