//! The engine and its shoppers against a shop that answers by a rule, under a paused clock.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::channel;

use tokio::task::LocalSet;
use tokio::time::Instant;
use url::Url;

use super::worker::{self, WorkerOptions};
use super::{Phase, ShopRole, Stop, StopCause, TokioClock};
use crate::base::{Delay, Micros, Slice, StepId};
use crate::capture::check::{CHECKS, Written, status};
use crate::plan::example::{add_unit, journey, plan, profile};
use crate::plan::{
    self, Arm, Behaviour, Check, Conditions, Patience, Plan, RetryStrategy, StatusRange,
};
use crate::shopper::browser::fetch::RequestGate;
use crate::shopper::browser::settings::SessionSettings;
use crate::shopper::transport::fake::{Asked, FakeTransport, Rule};
use crate::shopper::transport::{Origin, TransportError};
use crate::shopper::{
    CoreContext, MeetingPoints, PurchaseEvent, PurchaseLog, PurchaseRecord, ReturningPool,
};
use crate::tally::{
    End, FailureKind, OrderStatus, OwnFault, PairCounts, PairQuestion, SampleLine, Setback,
    Setbacks, StepTime, Tally,
};

fn json_check(path: &str, expected: plan::Expected) -> Check {
    let kind = CHECKS.iter().find(|kind| kind.key == "json").unwrap();
    let Written::Named { compile, .. } = kind.written else { panic!("{kind:?}") };
    compile(path, expected).unwrap().into()
}

fn text_check(text: &str) -> Check {
    let kind = CHECKS.iter().find(|kind| kind.key == "text").unwrap();
    let Written::Texts(compile) = kind.written else { panic!("{kind:?}") };
    Check::One(compile(), vec![plan::Template::Literal(text.into())])
}

type Answer = (Micros, Result<(u16, String), TransportError>);

/// One journey of a lone step and a purchase of two, five shoppers per second for ten seconds.
fn shop_plan() -> Plan {
    let mut plan = plan(vec![journey("buy", 1.0)], Vec::new());
    add_unit(&mut plan, false, &[("home", 0.0, 1.0)]);
    add_unit(&mut plan, true, &[("pay", 1.0, 1.0), ("confirmation", 0.0, 1.0)]);
    for step in &mut plan.steps {
        step.expect = Conditions { checks: vec![status(vec![StatusRange::SUCCESS]).into()] };
        step.declined =
            Conditions { checks: vec![status(vec![StatusRange { low: 402, high: 402 }]).into()] };
    }
    plan.load.arrivals = plan::ArrivalModel::Paced(profile(&[(5.0, 5.0, 10.0)]));
    plan.shoppers.retry_after = Delay::fixed(Micros::from_secs(1));
    plan
}

fn answer(status: u16) -> Answer {
    (Micros::from_millis(100), Ok((status, String::new())))
}

/// Runs a plan on one core against the rule.
fn run(plan: Plan, stop: &Stop, rule: impl Fn(&Asked<'_>) -> Answer + 'static) -> Tally {
    run_both(plan, stop, Rc::new(rule), None).0
}

/// Runs a plan on one core against one or two shops.
fn run_both(
    plan: Plan,
    stop: &Stop,
    rule: Rc<Rule>,
    baseline_rule: Option<Rc<Rule>>,
) -> (Tally, Tally) {
    run_within(u64::MAX, Rc::new(()), plan, stop, rule, baseline_rule)
}

/// Lets this many requests pass, and none after them.
struct UpTo(Cell<u64>);

impl RequestGate for UpTo {
    async fn pass(&self, _: &Origin) -> Option<Micros> {
        match self.0.get().checked_sub(1) {
            Some(left) => self.0.set(left),
            None => std::future::pending().await,
        }
        None
    }
}

/// The same with a purchase log, where each shop is sent only this many requests.
fn run_within(
    requests: u64,
    purchase_log: Rc<dyn PurchaseLog>,
    plan: Plan,
    stop: &Stop,
    rule: Rc<Rule>,
    baseline_rule: Option<Rc<Rule>>,
) -> (Tally, Tally) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let (sender, deltas) = channel();
    let plan = Arc::new(plan);
    LocalSet::new().block_on(&runtime, async {
        let clock = TokioClock::start(Instant::now());
        let context = |rule, baseline| {
            Rc::new(CoreContext::<(_, _, _)> {
                plan: Arc::clone(&plan),
                transport: FakeTransport { clock: clock.clone(), rule },
                clock: clock.clone(),
                gate: Rc::new(UpTo(Cell::new(requests))),
                settings: Rc::new(SessionSettings::new(Url::parse("http://127.0.0.1/").unwrap())),
                targets: Vec::new(),
                run: Rc::from("test"),
                shared: Vec::new(),
                tally: Tally::new(plan.tally_shape()).into(),
                purchase_log: Rc::clone(&purchase_log),
                returning: ReturningPool::default().into(),
                rendezvous: Arc::new(MeetingPoints::new(&plan, Slice::WHOLE)),
                observer: None,
                baseline,
                skip_delays: false,
                never_abandon: false,
            })
        };
        let core = WorkerOptions {
            plan: Arc::clone(&plan),
            seed: 1,
            slice: Slice::WHOLE,
            cores: 1,
            drain: Micros::from_secs(60),
            drain_interrupted: Micros::from_secs(2),
            stop: stop.signal(),
            deltas: sender,
            coarse_timer: true,
        };
        worker::run(core, context(rule, baseline_rule.map(|rule| context(rule, None)))).await;
    });
    let mut totals = (Tally::new(plan.tally_shape()), Tally::new(plan.tally_shape()));
    for (role, delta) in deltas {
        match role {
            ShopRole::Target => totals.0.merge(delta),
            ShopRole::Baseline => totals.1.merge(delta),
        }
    }
    totals
}

fn ends(tally: &Tally, end: End) -> u64 {
    tally
        .shoppers
        .iter()
        .filter(|(key, _)| key.outcome.end == end)
        .map(|(_, count)| count.shoppers)
        .sum()
}

fn is(asked: &Asked<'_>, step: &str) -> bool {
    asked.request.path == format!("/{step}")
}

#[test]
fn shoppers_go_through_the_journey_and_every_one_is_accounted_for() {
    let tally = run(shop_plan(), &Stop::default(), |_| answer(200));
    assert_eq!((tally.arrivals.planned, tally.arrivals.started), (50, 50));
    assert_eq!(ends(&tally, End::Completed), 50);
    assert!(tally.steps.iter().all(|step| step.ok == 50 && step.requests == 50));
    assert!(
        tally.shoppers.keys().all(|key| key.outcome.has_purchased() && key.outcome.failures == 0)
    );
    let response = tally.steps[1].times[StepTime::ResponseOk].total();
    assert!((99_900..=101_500).contains(&response.quantile(0.5).unwrap().0), "{response:?}");
}

#[test]
fn a_bug_that_ends_each_shopper_ends_no_run_and_is_told() {
    let mut plan = shop_plan();
    // Nobody can choose among no journeys.
    plan.journeys.clear();
    let tally = run(plan, &Stop::default(), |_| answer(200));
    assert_eq!((tally.arrivals.planned, tally.arrivals.started), (50, 0));
    assert_eq!(tally.generator.own_failures[&OwnFault::Bug].values().sum::<u64>(), 50);
}

#[test]
fn a_failed_purchase_is_retried_from_its_start() {
    // The confirmation fails once for each shopper: pay is asked again.
    let tally = run(shop_plan(), &Stop::default(), |asked| {
        answer(if is(asked, "confirmation") && asked.nth == 2 { 500 } else { 200 })
    });
    assert_eq!(tally.steps.iter().map(|step| step.requests).collect::<Vec<_>>(), [50, 100, 100]);
    assert_eq!(tally.steps[2].failed[&FailureKind::ServerError], 50);
    assert_eq!(ends(&tally, End::Completed), 50);
    let fate = &tally.shoppers.keys().next().unwrap().outcome;
    assert_eq!(
        (fate.failures, fate.first_failed.map(|step| step.0), fate.second_failed),
        (1, Some(2), None)
    );
}

#[test]
fn a_shopper_who_fails_again_and_again_is_stopped_by_the_cap() {
    let tally = run(shop_plan(), &Stop::default(), |asked| {
        answer(if is(asked, "pay") { 503 } else { 200 })
    });
    assert_eq!(ends(&tally, End::StoppedByCap), 50);
    assert_eq!(tally.steps[1].failed[&FailureKind::ServerError], 150);
    let fate = &tally.shoppers.keys().next().unwrap().outcome;
    assert_eq!((fate.failures, fate.repeated_at.is_some(), fate.has_purchased()), (3, true, false));
    assert_eq!(tally.seconds.values().map(|second| second.repeated).sum::<u64>(), 50);
}

#[test]
fn what_an_order_came_to_is_known_as_far_as_the_shopper_knows() {
    let orders = |plan: Plan, rule: fn(&Asked<'_>) -> Answer| {
        let tally = run(plan, &Stop::default(), rule);
        let fates: Vec<_> = tally.shoppers.keys().map(|key| key.outcome.clone()).collect();
        assert_eq!(fates.len(), 1, "{fates:?}");
        fates[0].clone()
    };
    let lost = orders(shop_plan(), |asked| answer(if is(asked, "pay") { 503 } else { 200 }));
    assert_eq!((lost.order, lost.stuck_on), (OrderStatus::Unknown, Some(Setback::Failed)));
    let refused = orders(shop_plan(), |asked| answer(if is(asked, "pay") { 400 } else { 200 }));
    assert_eq!((refused.order, refused.reached), (OrderStatus::None, Some(StepId(1))));
    // The order is there; its confirmation is not.
    let thanked =
        orders(shop_plan(), |asked| answer(if is(asked, "confirmation") { 500 } else { 200 }));
    assert_eq!(
        (thanked.order, thanked.before_order),
        (OrderStatus::Confirmed, Setbacks::default())
    );
    assert_eq!((thanked.failures, thanked.reached), (3, Some(StepId(2))));
    // The second request of a purchase makes the order, and is refused: there is none.
    let mut plan = shop_plan();
    plan.units[1].paying_step = Some(StepId(2));
    let refused = orders(plan, |asked| answer(if is(asked, "confirmation") { 400 } else { 200 }));
    assert_eq!(refused.order, OrderStatus::None);
    // If it is but a look at the order, there may be one.
    let mut plan = shop_plan();
    plan.units[1].paying_step = Some(StepId(2));
    plan.steps[2].request.method = plan::Method::Get;
    let unknown = orders(plan, |asked| answer(if is(asked, "confirmation") { 400 } else { 200 }));
    assert_eq!(unknown.order, OrderStatus::Unknown);
}

#[test]
fn the_failure_that_repeats_is_the_cause() {
    // A hiccup at the door, cured by the second attempt; then the payment fails for good.
    let tally = run(shop_plan(), &Stop::default(), |asked| {
        let hiccup = is(asked, "home") && asked.nth == 0;
        answer(if hiccup {
            502
        } else if is(asked, "pay") {
            503
        } else {
            200
        })
    });
    let [(site, _)] = &tally.causes.iter().collect::<Vec<_>>()[..] else { panic!() };
    assert_eq!((site.step, site.status), (StepId(1), Some(503)));
    // Each kind has an example, the later one too.
    let full = |line: &SampleLine| {
        line.exchanges.iter().filter(|exchange| exchange.request.is_some()).count()
    };
    let lines = || tally.samples.causes.values().flat_map(|lines| lines.values());
    assert!(lines().any(|line| full(line) == 2), "{:#?}", lines().next());
    assert_eq!(tally.samples.strata.len(), 2);
}

#[test]
fn declines_are_no_failures_but_cost_patience() {
    let mut plan = shop_plan();
    plan.shoppers.behaviour = Behaviour::Live;
    plan.shoppers.patience = Patience { name: "custom".into(), hazards: vec![0.0, 1.0] };
    let tally =
        run(plan, &Stop::default(), |asked| answer(if is(asked, "pay") { 402 } else { 200 }));
    assert_eq!((tally.steps[1].declined, tally.steps[1].failed.len()), (100, 0));
    assert_eq!(ends(&tally, End::Lost), 50);
    assert!(
        tally.shoppers.keys().all(|key| key.outcome.declines == 2 && key.outcome.failures == 0)
    );
}

#[test]
fn a_step_slower_than_the_shopper_waits_is_given_up_from_when_the_shopper_acts() {
    let mut plan = shop_plan();
    plan.steps[1].gives_up_after = Micros::from_secs(3);
    plan.shoppers.max_attempts = Some(1);
    let tally = run(plan, &Stop::default(), |asked| {
        if is(asked, "pay") {
            (Micros::from_secs(9), Ok((200, String::new())))
        } else {
            answer(200)
        }
    });
    assert_eq!(tally.steps[1].failed[&FailureKind::TooSlow], 50);
    let censored = tally.steps[1].times[StepTime::ResponseCensored].total();
    assert_eq!(censored.count(), 50);
    assert!(censored.min().unwrap() >= Micros::from_millis(2_990), "{censored:?}");
}

#[test]
fn a_shop_that_stalls_shows_in_the_response_time_of_those_who_came_meanwhile() {
    // Everything asked between 2 s and 4 s is answered at 4 s.
    let stall = |asked: &Asked<'_>| {
        let (from, to) = (Micros::from_secs(2), Micros::from_secs(4));
        let wait = if asked.at >= from && asked.at < to { to - asked.at } else { Micros::ZERO };
        (wait + Micros::from_millis(1), Ok((200, String::new())))
    };
    let tally = run(shop_plan(), &Stop::default(), stall);
    assert!(
        tally.steps[0].times[StepTime::ResponseOk].total().max().unwrap()
            >= Micros::from_millis(1_800)
    );
    assert_eq!(tally.arrivals.started, 50, "arrivals do not wait for the shop");
}

#[test]
fn our_own_trouble_is_never_the_shops_failure() {
    let tally = run(shop_plan(), &Stop::default(), |_| {
        (Micros::ZERO, Err(TransportError::Own("file descriptors".into())))
    });
    assert_eq!(ends(&tally, End::Unfinished), 50);
    assert_eq!(tally.generator.own_failures[&OwnFault::Means]["file descriptors"], 50);
    assert!(tally.steps.iter().all(|step| step.failed.is_empty() && step.ok == 0));
}

#[test]
fn an_interrupted_run_drains_for_a_bounded_time_and_accounts_for_all() {
    let stop = Arc::new(Stop::default());
    let stopper = Arc::clone(&stop);
    // The first request after five seconds interrupts the run; nobody is answered in time after that.
    let tally = run(shop_plan(), &stop, move |asked| {
        if asked.at < Micros::from_secs(5) {
            return answer(200);
        }
        stopper.advance(Phase::Draining, StopCause::Interrupted);
        (Micros::from_secs(9), Ok((200, String::new())))
    });
    let ended: u64 = tally.shoppers.values().map(|count| count.shoppers).sum();
    assert_eq!(tally.arrivals.started, ended);
    assert!(ends(&tally, End::Unfinished) > 0);
    assert!(tally.arrivals.planned < 50 && tally.arrivals.planned >= 24, "{:?}", tally.arrivals);
    assert_eq!(stop.cause(), Some(StopCause::Interrupted));
}

#[test]
fn trying_again_multiplies_an_overload_as_the_law_says() {
    // A shop that serves 100/s and refuses the rest at once is offered 110/s; whoever is refused tries again with c = 0.6083,
    // as often as it takes: (λ − cμ)/(1 − c) = 125.5 attempts a second.
    let (served, offered, again) = (100.0, 110.0, 1.0 - 0.3917);
    let mut plan = plan(vec![journey("buy", 1.0)], Vec::new());
    add_unit(&mut plan, false, &[("pay", 0.0, 1.0)]);
    plan.steps[0].expect = Conditions { checks: vec![status(vec![StatusRange::SUCCESS]).into()] };
    plan.load.arrivals = plan::ArrivalModel::Poisson(profile(&[(offered, offered, 90.0)]));
    plan.shoppers.behaviour = Behaviour::Live;
    plan.shoppers.patience = Patience::preset("geometric-63").unwrap();
    plan.shoppers.max_attempts = None;
    plan.shoppers.retry_after =
        Delay::Uniform { low: Micros::from_millis(500), high: Micros::from_secs(3) };
    // Half a second of its work may wait; so a lull doesn't idle it.
    let room = std::cell::Cell::new((Micros::ZERO, 0.0));
    let tally = run(plan, &Stop::default(), move |asked| {
        let (before, left) = room.get();
        let left = (left + asked.at.since(before).as_secs_f64() * served).min(served / 2.0);
        let serves = left >= 1.0;
        room.set((asked.at, if serves { left - 1.0 } else { left }));
        (Micros::from_millis(1), Ok((if serves { 200 } else { 503 }, String::new())))
    });
    let steady = 20..90u32;
    let attempts: u64 =
        tally.seconds.range(steady.clone()).map(|(_, second)| second.requests).sum();
    let arrived: u64 = tally.seconds.range(steady).map(|(_, second)| second.planned).sum();
    // By what really arrived, which is random.
    let law = (arrived as f64 / 70.0 - again * served) / (1.0 - again);
    let found = attempts as f64 / 70.0;
    assert!((found / law - 1.0).abs() < 0.05, "{found} a second, not {law}");
    let lost = ends(&tally, End::Lost) as f64 / 90.0;
    assert!(
        (lost - (tally.arrivals.started as f64 / 90.0 - served)).abs() < 2.0,
        "{lost} lost a second"
    );
}

#[test]
fn a_closed_load_keeps_so_many_shoppers_in_the_shop() {
    let mut plan = shop_plan();
    plan.load.arrivals = plan::ArrivalModel::Closed { users: 3, length: Micros::from_secs(13) };
    let tally = run(plan, &Stop::default(), |_| answer(200));
    // A visit takes 1.3 s: ten rounds of three, none begun at or after 13 s.
    assert_eq!((tally.arrivals.started, ends(&tally, End::Completed)), (30, 30));
}

#[test]
fn a_poll_is_one_attempt_of_many_requests_and_ends_in_time() {
    let mut plan = shop_plan();
    let until =
        Conditions { checks: vec![json_check("$.state", plan::Expected::Value("paid".into()))] };
    plan.steps[2].poll = Some(plan::Poll {
        every: Some(Micros::from_millis(500)),
        until,
        within: Micros::from_secs(4),
        at: None,
        fails_on_error: true,
    });
    plan.shoppers.max_attempts = Some(1);
    let tally = run(plan, &Stop::default(), |asked| {
        let never = asked.shopper.0 % 2 == 0;
        let state = if !never && asked.nth >= 4 { "paid" } else { "pending" };
        (Micros::from_millis(100), Ok((200, format!(r#"{{"state":"{state}"}}"#))))
    });
    let polled = &tally.steps[2];
    let gave_up = polled.failed[&FailureKind::TooSlow];
    assert_eq!(polled.ok + gave_up, 50);
    // Found at the third answer; where it never comes, asked at 0, 0.6, … 3.6 s.
    assert_eq!(polled.requests, polled.ok * 3 + gave_up * 7);
    assert!(
        polled.times[StepTime::ResponseCensored].total().max().unwrap()
            <= Micros::from_millis(4_010)
    );
}

#[test]
fn a_fresh_session_replays_the_journey_from_its_start_and_counts_nobody_twice() {
    let mut plan = shop_plan();
    plan.shoppers.behaviour = Behaviour::Experiment;
    plan.shoppers.arms = [RetryStrategy::Same, RetryStrategy::FreshSession]
        .map(|strategy| Arm { label: format!("{strategy:?}"), strategy })
        .into();
    // The fourth request of a shopper succeeds: at once after a replay, at the third try otherwise.
    let tally = run(plan, &Stop::default(), |asked| {
        answer(if is(asked, "pay") && asked.nth < 3 { 500 } else { 200 })
    });
    let fresh: u64 = tally
        .retry_arms
        .iter()
        .filter(|(treatment, _)| treatment.arm == 1)
        .map(|(_, tries)| tries.ok)
        .sum();
    let same: u64 = tally
        .retry_arms
        .iter()
        .filter(|(treatment, _)| treatment.arm == 0)
        .map(|(_, tries)| tries.failed)
        .sum();
    assert!(fresh > 10 && fresh + same == 50, "{:?}", tally.retry_arms);
    assert!(
        tally
            .retry_arms
            .keys()
            .all(|treatment| treatment.step.0 == 1 && treatment.eligible == 0b11)
    );
    assert_eq!(
        tally.steps.iter().map(|step| step.requests).collect::<Vec<_>>(),
        [50 + fresh, 50 + fresh + 2 * same, 50]
    );
    let stages: Vec<_> = tally.journeys[0]
        .funnel
        .iter()
        .map(|stage| (stage.entered, stage.passed, stage.passed_at_once))
        .collect();
    assert_eq!(stages, [(50, 50, 50), (50, 50, 0)]);
    assert_eq!(ends(&tally, End::Completed), 50);
    let failures = |n| {
        tally
            .shoppers
            .iter()
            .filter(|(key, _)| key.outcome.failures == n)
            .map(|(_, count)| count.shoppers)
            .sum::<u64>()
    };
    assert_eq!((failures(1), failures(2)), (fresh, same));
}

#[test]
fn who_is_stopped_in_a_later_round_is_told_as_stopped() {
    let mut plan = shop_plan();
    plan.journeys[0].route = vec![
        plan::JourneyItem::Repeat {
            times: (2, 2),
            parts: vec![plan::JourneyItem::Unit(crate::base::UnitId(0))],
        },
        plan::JourneyItem::Unit(crate::base::UnitId(1)),
    ];
    plan.shoppers.max_attempts = Some(2);
    // The front door opens once for half of the shoppers, and always for the others.
    let tally = run(plan, &Stop::default(), |asked| {
        answer(if is(asked, "home") && asked.nth >= 1 && asked.shopper.0 % 2 == 0 {
            500
        } else {
            200
        })
    });
    let [home, pay] = tally.journeys[0].funnel[..] else { panic!("two units") };
    assert!(home.stopped > 5 && home.stopped == ends(&tally, End::StoppedByCap), "{home:?}");
    assert_eq!((home.entered, home.entered), (50, home.passed + home.stopped));
    assert_eq!((pay.entered, pay.passed, pay.stopped), (home.passed, home.passed, 0));
}

#[test]
fn each_request_carries_a_trace_of_its_own_if_the_scenario_asks_for_it() {
    let traces: Rc<RefCell<Vec<String>>> = Rc::default();
    let told = Rc::clone(&traces);
    let mut plan = shop_plan();
    plan.trace = true;
    run(plan, &Stop::default(), move |asked| {
        told.borrow_mut().extend(
            asked
                .request
                .headers
                .get("traceparent")
                .map(|value| value.to_str().unwrap().to_owned()),
        );
        answer(200)
    });
    let mut traces = traces.borrow().clone();
    assert_eq!(traces.len(), 150);
    traces.sort();
    traces.dedup();
    assert_eq!(traces.len(), 150, "no two are the same");
    assert!(
        traces
            .iter()
            .all(|trace| trace.len() == 55 && trace.starts_with("00-") && trace.ends_with("-01"))
    );
}

#[test]
fn who_tries_again_comes_from_the_page_where_the_unit_began() {
    let asked_from = Rc::new(std::cell::RefCell::new(Vec::new()));
    let mut plan = shop_plan();
    plan.load.arrivals = plan::ArrivalModel::Paced(profile(&[(1.0, 1.0, 1.0)]));
    let kept = Rc::clone(&asked_from);
    run(plan, &Stop::default(), move |asked| {
        let referer =
            asked.request.headers.get("referer").map_or("", |value| value.to_str().unwrap());
        kept.borrow_mut().push(format!("{} from {referer}", asked.request.path));
        let status = if is(asked, "confirmation") && asked.nth == 2 { 500 } else { 200 };
        (Micros::from_millis(100), Ok((status, "<p>a page</p>".to_owned())))
    });
    insta::assert_snapshot!(asked_from.borrow().join("\n"), @r"
    /home from 
    /pay from http://127.0.0.1/home
    /confirmation from http://127.0.0.1/pay
    /pay from http://127.0.0.1/home
    /confirmation from http://127.0.0.1/pay
    ");
}

#[test]
fn shoppers_who_wait_for_each_other_act_at_one_instant() {
    let mut plan = shop_plan();
    plan.steps[1].rendezvous =
        Some(plan::Rendezvous { shoppers: 20, within: Micros::from_secs(5) });
    let paid_at = Rc::new(std::cell::RefCell::new(std::collections::BTreeMap::<u64, u64>::new()));
    let kept = Rc::clone(&paid_at);
    let tally = run(plan, &Stop::default(), move |asked| {
        if is(asked, "pay") {
            *kept.borrow_mut().entry(asked.at.0 / 100_000).or_default() += 1;
        }
        answer(200)
    });
    // Five come a second: two groups are full after four seconds each, and the ten who are left wait no longer than they would.
    let groups: Vec<u64> = paid_at.borrow().values().copied().collect();
    assert_eq!(groups, [20, 20, 10], "{paid_at:?}");
    let waits: Vec<u64> = paid_at.borrow().keys().copied().collect();
    assert!(waits[1] - waits[0] == 40 && waits[2] > waits[1] + 40, "{waits:?}");
    // To wait for others is a pause, and not the shop's slowness.
    assert!(tally.steps[1].times[StepTime::ResponseOk].total().quantile(1.0).unwrap().0 < 110_000);
}

#[test]
fn a_waiting_page_is_asked_again_when_and_where_it_says() {
    let mut plan = shop_plan();
    plan.load.arrivals = plan::ArrivalModel::Paced(profile(&[(1.0, 1.0, 1.0)]));
    let until = Conditions { checks: vec![text_check("done")] };
    plan.steps[0].poll = Some(plan::Poll {
        every: None,
        at: None,
        until,
        within: Micros::from_secs(20),
        fails_on_error: true,
    });
    let asked = Rc::new(std::cell::RefCell::new(Vec::new()));
    let kept = Rc::clone(&asked);
    let tally = run(plan, &Stop::default(), move |asked| {
        kept.borrow_mut()
            .push(format!("{} {} at {}", asked.request.method, asked.request.path, asked.at));
        let body = match asked.nth {
            0 => "<meta http-equiv=refresh content='2; url=wait?n=1'>",
            1 => "<meta http-equiv=refresh content=3>",
            _ => "<p>done",
        };
        (Micros::from_millis(100), Ok((200, body.to_owned())))
    });
    insta::assert_snapshot!(asked.borrow()[..3].join("\n"), @r"
    POST /home at 500ms
    GET /wait?n=1 at 2.6s
    GET /wait?n=1 at 5.7s
    ");
    assert_eq!((tally.steps[0].ok, tally.steps[0].requests), (1, 3), "one attempt");
}

#[test]
fn a_duet_sends_the_same_shoppers_to_two_shops_that_take_turns() {
    let asked: Rc<std::cell::RefCell<Vec<(bool, crate::base::ShopperId)>>> = Rc::default();
    let rule = |here: bool| -> Rc<Rule> {
        let log = Rc::clone(&asked);
        Rc::new(move |asked: &Asked<'_>| {
            if asked.nth == 0 {
                log.borrow_mut().push((here, asked.shopper));
            }
            // One in three fails at first in both shops, one in five for good in the target only.
            let luck = asked.shopper.0 % 15;
            let both = is(asked, "pay") && asked.nth == 1 && luck.is_multiple_of(3);
            answer(if both || (here && is(asked, "pay") && luck.is_multiple_of(5)) {
                500
            } else {
                200
            })
        })
    };
    let (target, beside) = run_both(shop_plan(), &Stop::default(), rule(true), Some(rule(false)));
    assert_eq!((target.arrivals.started, beside.arrivals.started), (50, 50));
    let order = asked.borrow();
    let turns: Vec<bool> = order
        .chunks(2)
        .map(|pair| {
            assert!(pair[0].1 == pair[1].1 && pair[0].0 != pair[1].0, "{pair:?}");
            pair[0].0
        })
        .collect();
    assert_eq!(turns, (0..50).map(|place| place % 2 == 0).collect::<Vec<_>>());

    let count = |of: &dyn Fn(u64) -> bool| {
        order.chunks(2).filter(|pair| of(pair[0].1.0 % 15)).count() as u64
    };
    let pairs = |of| {
        target.pairs_of(of).values().fold(PairCounts::default(), |sum, pairs| PairCounts {
            both: sum.both + pairs.both,
            only_target: sum.only_target + pairs.only_target,
            only_baseline: sum.only_baseline + pairs.only_baseline,
            neither: sum.neither + pairs.neither,
        })
    };
    let (five, three) =
        (count(&|luck| luck.is_multiple_of(5)), count(&|luck| luck.is_multiple_of(3)));
    let neither = count(&|luck| !luck.is_multiple_of(5) && !luck.is_multiple_of(3));
    assert!(five > 3 && three > 5, "{five} {three}");
    assert_eq!(
        pairs(PairQuestion::Repeated),
        PairCounts { only_target: five, neither: 50 - five, ..PairCounts::default() }
    );
    assert_eq!(
        pairs(PairQuestion::Purchase),
        PairCounts {
            both: three,
            only_target: 50 - three - neither,
            neither,
            ..PairCounts::default()
        }
    );
    assert_eq!(
        pairs(PairQuestion::Step(crate::base::StepId(0))),
        PairCounts { neither: 50, ..PairCounts::default() }
    );
    assert!(beside.pairs.is_empty());
    // Who never came to the confirmation in one shop is in no pair there.
    assert_eq!(pairs(PairQuestion::Step(crate::base::StepId(2))).total(), 50 - five);
}

/// Counts what it is told.
#[derive(Default)]
struct CountedLog {
    invoked: Cell<u64>,
    settled: Cell<u64>,
}

impl PurchaseLog for CountedLog {
    fn write(&self, line: &PurchaseRecord<'_>) {
        let count = match line.event {
            PurchaseEvent::Provoked { .. } => return,
            PurchaseEvent::Invoke => &self.invoked,
            PurchaseEvent::Ok { .. }
            | PurchaseEvent::Declined
            | PurchaseEvent::Failed { .. }
            | PurchaseEvent::Unknown { .. } => &self.settled,
        };
        count.set(count.get() + 1);
    }
}

#[test]
fn a_purchase_that_a_cap_holds_back_to_the_end_is_not_logged() {
    for requests in [0, 1, 60, 75, 90, 200] {
        let (log, paid) = (Rc::new(CountedLog::default()), Rc::new(Cell::new(0)));
        let seen = Rc::clone(&paid);
        let rule = move |asked: &Asked<'_>| {
            seen.set(seen.get() + u64::from(is(asked, "pay")));
            answer(200)
        };
        run_within(requests, log.clone(), shop_plan(), &Stop::default(), Rc::new(rule), None);
        assert_eq!((log.invoked.get(), log.settled.get()), (paid.get(), paid.get()), "{requests}");
        assert!(requests < 200 || paid.get() == 50);
    }
}

#[test]
fn a_large_answer_is_read_and_nobody_is_blamed_for_it() {
    let tally = run(shop_plan(), &Stop::default(), |asked| {
        let body = format!("<p>{}", "so many words ".repeat(30_000));
        let body = if is(asked, "home") { body } else { String::new() };
        (Micros::from_millis(100), Ok((200, body)))
    });
    assert_eq!(ends(&tally, End::Completed), 50);
    assert!(tally.generator.own_failures.is_empty(), "{:?}", tally.generator.own_failures);
}
