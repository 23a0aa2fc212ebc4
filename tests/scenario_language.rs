//! The good side of the scenario language: what a right scenario means, and what editors are told.

use std::collections::BTreeMap;
use std::io;

use proptest::prelude::*;
use serde_json::{Value, json};
use tillrush::base::{Delay, JourneyId, Micros, StepId, UnitId, VarId};
use tillrush::plan::{
    ArrivalModel, Auth, BUILT_IN_VARIABLES, Behaviour, Body, Canonical, Check, Conditions,
    ConnectionReuse, DataCell, Device, Equipment, Extract, GuardId, Inputs, JourneyItem,
    JsonSegment, Measure, Metric, MetricScope, MultipartPart, Network, Overrides, Pick, Plan,
    Rendezvous, RetryStrategy, RowAssignment, Segment, SpentBy, Template, schema,
};
use tillrush::scenario::{self, EventRate, MAPPINGS, Scenario, StageFlag};

const CHECKOUT: &str = include_str!("data/checkout.yaml");

fn files(name: &str) -> io::Result<Vec<u8>> {
    match name {
        "accounts.csv" => Ok((0..4_400)
            .map(|n| format!("u{n}@example.com,pw{n}\n"))
            .fold("email,pass word\n".to_owned(), |all, row| all + &row)
            .into()),
        "gifts.jsonl" => {
            Ok(b"{\"sku\":\"a\",\"price\":1290}\n{\"price\":5,\"sku\":\"b\"}\n".to_vec())
        }
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn inputs() -> Inputs<'static> {
    let variables = BTreeMap::from([("TOKEN".to_owned(), "t-1".to_owned())]);
    Inputs { variables, read_file: &files, stored: false, ..Inputs::default() }
}

fn compiled(text: &str) -> Plan {
    Plan::from_text("s.yaml", text, &inputs()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A scenario whose only journey has these steps.
fn with_steps(steps: &str) -> String {
    let steps: String = steps.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "name: x\nload: {{ stages: [{{ hold: 10/s, for: 1m }}] }}\nshoppers: {{ attributes: {{ device: {{ mobile: 1, 2: 1, true: 2 }} }} }}\njourneys:\n  - name: buy\n    steps:\n{steps}"
    )
}

/// The canonical form of a check of the status.
fn status(low: u16, high: u16) -> serde_json::Value {
    json!({ "Status": [{ "low": low, "high": high }] })
}

/// The canonical form of conditions.
fn checks(conditions: &Conditions) -> serde_json::Value {
    conditions.canonical()["checks"].clone()
}

/// The kinds of checks, by their names in the canonical form.
fn kinds(conditions: &Conditions) -> Vec<String> {
    let checks = checks(conditions);
    let kind = |check: &serde_json::Value| {
        check.as_object().expect("a check is a mapping").keys().next().cloned()
    };
    checks.as_array().expect("checks are a list").iter().filter_map(kind).collect()
}

#[test]
fn the_example_of_the_design_means_what_it_says() {
    let plan = compiled(CHECKOUT);
    assert_eq!(plan.name, "Black Friday checkout");
    assert_eq!(plan.target.as_ref().map(|url| url.as_str()), Some("http://127.0.0.1:8080/"));
    let ArrivalModel::Poisson(profile) = &plan.load.arrivals else { panic!("{:?}", plan.load) };
    let stages: Vec<_> = profile
        .stages
        .iter()
        .map(|stage| (stage.from, stage.to, stage.length.0 / 1_000_000, stage.label.as_str()))
        .collect();
    assert_eq!(
        stages,
        [
            (0.0, 20.0, 30, "ramp to 20/s"),
            (20.0, 20.0, 120, "hold 20/s"),
            (80.0, 80.0, 20, "jump to 80/s")
        ]
    );
    assert_eq!(plan.load.connections, ConnectionReuse::PerShopper);
    assert_eq!(
        plan.shoppers.attributes[1].values,
        [("card".to_owned(), 50.0), ("wallet".to_owned(), 50.0)]
    );
    assert_eq!(
        (plan.shoppers.patience.name.as_str(), plan.shoppers.behaviour, plan.shoppers.max_attempts),
        ("applause-2024", Behaviour::Probe, Some(3))
    );
    assert_eq!(
        plan.shoppers.retry_after,
        Delay::Uniform { low: Micros::from_secs(2), high: Micros::from_secs(20) }
    );
    assert_eq!((plan.shoppers.data[0].rows.len(), plan.shoppers.data[0].sha256.len()), (4_400, 64));
    let names: Vec<_> =
        plan.variables.iter().skip(BUILT_IN_VARIABLES.len()).map(String::as_str).collect();
    assert_eq!(
        names,
        ["device", "payment", "accounts.email", "accounts.pass word", "sku", "csrf", "node"]
    );
    assert_eq!(plan.observed, ["node"]);
    let units: Vec<_> = plan
        .units
        .iter()
        .map(|unit| (unit.name.as_str(), unit.steps.clone(), unit.purchase, unit.paying_step))
        .collect();
    assert_eq!(
        units,
        [
            ("home", 0..1, false, None),
            ("product", 1..2, false, None),
            ("add to cart", 2..3, false, None),
            ("pay and confirm", 3..5, true, Some(StepId(3)))
        ]
    );
    assert_eq!(
        (plan.journeys[0].name.as_str(), plan.journeys[0].weight, plan.journeys[0].units.clone()),
        ("buy", 9.0, 0..4)
    );
    assert_eq!(
        (plan.limits.requests, plan.limits.hosts.as_slice()),
        (Some(2000.0), [("payments.example.com".to_owned(), 25.0)].as_slice())
    );
}

#[test]
fn the_steps_of_the_example_are_asked_and_judged_as_written() {
    let plan = compiled(CHECKOUT);
    let [home, product, cart, pay, confirmation] = plan.steps.as_slice() else {
        panic!("five steps")
    };
    assert_eq!(
        (home.think, home.gives_up_after, home.line),
        (Delay::default(), Micros::from_secs(10), 32)
    );
    assert_eq!(
        product.think,
        Delay::Uniform { low: Micros::from_secs(1), high: Micros::from_secs(4) }
    );
    assert_eq!(product.continues, 0.26);
    assert!(
        matches!(&product.request.url, Template::Expression { source, .. } if source.contains("pick"))
    );
    assert_eq!(
        product.captures[1].from.capture.canonical(),
        json!({ "Css": { "selector": "input[name=csrf]", "attribute": "value" } })
    );
    assert_eq!(product.captures[2].observed.map(|id| id.0), Some(0));
    assert_eq!(
        product.request.headers,
        [("accept".to_owned(), Template::Literal("application/json".to_owned()))]
    );
    assert_eq!(checks(&cart.expect), json!([status(201, 201)]));
    let sku = plan.variable("sku").unwrap();
    let Body::Json(segments) = &cart.request.body else { panic!("{:?}", cart.request.body) };
    assert!(
        matches!(segments.as_slice(), [JsonSegment::Raw(open), JsonSegment::Value(var), JsonSegment::Raw(close)]
        if open == r#"{"sku":"# && *var == sku && close == r#","quantity":1}"#)
    );
    assert_eq!(
        pay.request.headers[1],
        ("idempotency-key".to_owned(), Template::Segments(vec![Segment::Variable(VarId(0))]))
    );
    assert_eq!(pay.gives_up_after, Micros::from_secs(30));
    assert_eq!(kinds(&pay.expect), ["Status", "Json"]);
    assert_eq!(checks(&pay.expect)[1]["Json"]["expected"], json!({ "Value": "confirmed" }));
    assert_eq!(checks(&pay.declined), json!([status(402, 402)]));
    assert!(pay.order.as_ref().is_some_and(|order| order.total.is_some()));
    let poll = confirmation.poll.as_ref().unwrap();
    assert_eq!((poll.every, poll.within), (Some(Micros::from_millis(500)), Micros::from_secs(10)));
    assert_eq!(kinds(&poll.until), ["Json"], "no status is added to what a poll waits for");
}

#[test]
fn the_objectives_of_the_example_are_resolved() {
    let plan = compiled(CHECKOUT);
    let pay = || MetricScope::Steps(vec![StepId(3)]);
    let metrics: Vec<_> = plan
        .objectives
        .iter()
        .map(|objective| {
            (objective.metric.clone(), objective.limit, objective.window, objective.line)
        })
        .collect();
    let window = Some(Micros::from_secs(30));
    assert_eq!(
        metrics,
        [
            (Metric::new(Measure::RepeatedFailures), 0.001, None, 61),
            (Metric::new(Measure::LostShoppers), 0.005, None, 62),
            (Metric::new(Measure::Failures).within(pay()), 0.005, None, 63),
            (Metric::new(Measure::Response).within(pay()).at(0.95), 800_000.0, None, 64),
            (Metric::new(Measure::Response).within(pay()).at(0.99), 2_000_000.0, window, 65),
        ]
    );
}

#[test]
fn objectives_are_read_in_all_their_forms() {
    let plan = compiled(CHECKOUT);
    let read =
        |text: &str| plan.objective(text, 0).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(
        read("p99.9(buy/pay) <= 2s").metric,
        Metric::new(Measure::Response).within(MetricScope::Steps(vec![StepId(3)])).at(0.999)
    );
    assert_eq!(
        read("p50(buy)<2s").metric,
        Metric::new(Measure::Response).within(MetricScope::Journey(JourneyId(0))).at(0.5)
    );
    assert_eq!(read("p95(add to cart) < 2 s").limit, 2_000_000.0);
    assert_eq!(read("time_to_buy < 1m").metric, Metric::new(Measure::TimeToBuy).at(0.95));
    assert_eq!(read("p50(time_to_buy) < 1m").metric, Metric::new(Measure::TimeToBuy).at(0.5));
    assert_eq!(
        (read("requests > 100/s").metric, read("requests >= 6000/min").limit),
        (Metric::new(Measure::Requests), 100.0)
    );
    assert_eq!(read("declined(pay) < 5%").limit, 0.05);
    let all =
        read("failures < 0.01 after 10s for 30s where payment = wallet and device=mobile abort");
    assert_eq!(
        (all.limit, all.after, all.window, all.abort),
        (0.01, Some(Micros::from_secs(10)), Some(Micros::from_secs(30)), true)
    );
    assert_eq!(all.only, [(1, 1), (0, 0)]);
}

#[test]
fn an_error_budget_has_a_size_and_a_time() {
    let budget = |rest: &str| {
        compiled(&format!("{CHECKOUT}\nbudget: {{ objective: 99.9% of shoppers buy without a repeated failure, {rest} }}\n"))
            .budget
            .unwrap()
    };
    let short = budget("shoppers: 40M");
    assert_eq!(
        (short.spent_by, short.allowed, short.window),
        (SpentBy::RepeatedFailures, 0.001, Micros::from_secs(30 * 86_400))
    );
    assert_eq!((short.size(), short.peak_hour), (40_000.0, None));
    let whole = budget("shoppers: 1200000, window: 7d, peak_hour: 25k");
    assert_eq!(
        (whole.window, whole.shoppers, whole.peak_hour),
        (Micros::from_secs(7 * 86_400), 1.2e6, Some(25e3))
    );
}

#[test]
fn what_is_not_said_has_the_documented_default() {
    let plan = compiled(
        "name: x\nload: { stages: [{ hold: 60/min, for: 1m }] }\njourneys: [{ name: a, steps: [{ name: b, get: / }, { name: c, get: / , expect: { text: ok } }] }]",
    );
    assert!(matches!(plan.load.arrivals, ArrivalModel::Poisson(_)));
    assert_eq!(
        (plan.journeys[0].weight, plan.target.is_none(), plan.shoppers.max_attempts),
        (1.0, true, Some(3))
    );
    assert_eq!(
        (plan.steps[1].think, plan.steps[1].gives_up_after, plan.steps[1].continues),
        (Delay::default(), Micros::from_secs(10), 1.0)
    );
    assert_eq!(checks(&plan.steps[0].expect), json!([status(200, 299)]));
    assert_eq!(kinds(&plan.steps[1].expect), ["Status", "Text"], "a status of 2xx holds besides");
    assert!(plan.steps[0].declined.is_empty());
}

#[test]
fn values_of_every_kind_keep_what_they_are() {
    let plan = compiled(&with_steps(
        r#"- name: a
  post: /a
  json: { n: 1, big: 18446744073709551615, f: 1.5, t: true, z: null, s: "1", l: [a, "{{ device }}"], e: "{{ random(1, 3) }}", m: "x {{ device }}", k: { "{{ device }}": ~ } }
- { name: b, post: /b, form: { a: 1, b: [x, "{{ device }}"] } }
- { name: c, put: /c, body: "{{ env.TOKEN }} {{ env.TOKEN | upper }}", expect: { status: [200, "204..206", 3xx], header: { x-a: 1, x-b: [a, b], x-c: { present: false } }, json: { $.a: [1, "1"], $.b: { present: true }, $.c: { equals: { d: [] } }, $.d: ~, $.e: "{{ device }}" }, no_text: [oops, error], matches: '\d+' } }
- { name: d, get: "https://{{ env.TOKEN }}.example.com/{{ shopper.marker }}" }"#,
    ));
    assert_eq!(
        plan.shoppers.attributes[0]
            .values
            .iter()
            .map(|(value, _)| value.as_str())
            .collect::<Vec<_>>(),
        ["mobile", "2", "true"]
    );
    let json = plan.steps[0].request.body.canonical();
    assert_eq!(
        json,
        json!({ "Json": [
            { "Raw": r#"{"n":1,"big":18446744073709551615,"f":1.5,"t":true,"z":null,"s":"1","l":["a","# },
            { "Value": 10 }, { "Raw": r#"],"e":"# },
            { "Computed": { "expression": "{{ (random(1, 3))|tojson }}", "constants": [] } }, { "Raw": r#","m":"# },
            { "Text": [{ "text": "x " }, { "variable": 10 }] }, { "Raw": r#","k":{"# },
            { "Text": [{ "variable": 10 }] }, { "Raw": ":null}}" },
        ]})
    );
    assert_eq!(
        plan.steps[1].request.body.canonical(),
        json!({ "Form": [["a", "1"], ["b", "x"], ["b", [{ "variable": 10 }]]] })
    );
    assert_eq!(
        plan.steps[2].request.body.canonical(),
        json!({ "Text": { "expression": "{{ env.TOKEN }} {{ env.TOKEN | upper }}", "constants": [["TOKEN", "t-1"]] } })
    );
    assert_eq!(
        plan.steps[2].expect.canonical(),
        json!({ "checks": [
            { "Status": [{ "low": 200, "high": 200 }, { "low": 204, "high": 206 }, { "low": 300, "high": 399 }] },
            { "Json": { "path": "$.a", "expected": { "OneOf": [1, "1"] } } }, { "Json": { "path": "$.b", "expected": "Present" } },
            { "Json": { "path": "$.c", "expected": { "Value": { "d": [] } } } }, { "Json": { "path": "$.d", "expected": { "Value": null } } },
            { "Json": { "path": "$.e", "expected": { "Text": [{ "variable": 10 }] } } },
            { "NoText": "oops" }, { "NoText": "error" }, { "Matches": r"\d+" },
            { "Header": { "name": "x-a", "expected": { "Text": "1" } } }, { "Header": { "name": "x-b", "expected": { "OneOf": ["a", "b"] } } },
            { "Header": { "name": "x-c", "expected": "Absent" } },
        ]})
    );
    assert_eq!(
        plan.steps[3].request.url,
        Template::Segments(vec![
            Segment::Text("https://t-1.example.com/".into()),
            Segment::Variable(VarId(6))
        ])
    );
}

#[test]
fn the_arms_of_an_experiment_mean_what_they_say() {
    let plan = compiled(
        "name: x
load: { stages: [{ hold: 1/s, for: 1m }] }
shoppers:
  behaviour: experiment
  attributes: { payment: { card: 1, wallet: 1 }, coupon: { none: 4, TILL10: 1 } }
  retry: { arms: [same, { redraw: payment }, { set: { coupon: none, payment: card } }, { fresh: session }, { wait: 20s..40s }] }
defaults: { trace: w3c }
journeys: [{ name: a, steps: [{ name: b, get: / }] }]",
    );
    let pause = Delay::Uniform { low: Micros::from_secs(20), high: Micros::from_secs(40) };
    let ways: Vec<&RetryStrategy> = plan.shoppers.arms.iter().map(|arm| &arm.strategy).collect();
    assert_eq!(
        ways,
        [
            &RetryStrategy::Same,
            &RetryStrategy::Redraw(0),
            &RetryStrategy::Set(vec![(1, 0), (0, 0)]),
            &RetryStrategy::FreshSession,
            &RetryStrategy::Wait(pause)
        ]
    );
    let labels: Vec<&str> = plan.shoppers.arms.iter().map(|arm| arm.label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "same",
            "redraw: payment",
            "set: coupon none, payment card",
            "fresh: session",
            "wait: 20s..40s"
        ]
    );
    assert!(plan.trace);
}

#[test]
fn a_step_knows_what_earlier_steps_of_its_journey_captured() {
    let plan = compiled(&with_steps(
        "- { name: a, get: /, capture: { cart: { json: $ } } }
- purchase: buy
  continue: 50%
  steps:
    - { name: b, get: '/{{ cart.items[0].id }}/{{ cart.total }}', headers: { ACCEPT: '{{ intent.marker }}{{ attempt }}{{ run.id }}' } }
    - { name: c, post: /pay, order: { id: { cookie: order } } }
    - { name: d, get: '/{{ order.id }}' }
- { name: e, head: '/{{ order.id }}' }",
    ));
    assert_eq!(plan.steps[1].request.url.reads(), [plan.variable("cart").unwrap()]);
    assert_eq!(plan.units[1].paying_step, Some(StepId(2)));
    assert_eq!(
        [1, 2, 3].map(|i| plan.steps[i].continues),
        [1.0, 1.0, 0.5],
        "who leaves by choice leaves after the purchase"
    );
}

#[test]
fn the_command_line_wins() {
    let text = with_steps("- { name: a, get: / }")
        .replace("name: x", "name: x\ntarget: http://a.example.com");
    let with = |overrides: Overrides| {
        Plan::from_text("s.yaml", &text, &Inputs { overrides, ..inputs() })
            .unwrap_or_else(|problems| panic!("{problems}"))
    };
    let minute = Micros::from_secs(60);
    let stages = |plan: Plan| {
        plan.load
            .profile()
            .unwrap()
            .stages
            .iter()
            .map(|stage| (stage.from, stage.to, stage.length))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        stages(with(Overrides { rate: Some(EventRate(5.0)), ..Overrides::default() })),
        [(5.0, 5.0, minute)]
    );
    assert_eq!(
        stages(with(Overrides { duration: Some(Micros(9)), ..Overrides::default() })),
        [(10.0, 10.0, Micros(9))]
    );
    let flags = [(2.0, 30), (0.0, 30)]
        .map(|(to, length)| StageFlag { length: Micros::from_secs(length), to: EventRate(to) });
    let ramped = with(Overrides { stages: flags.into(), ..Overrides::default() });
    assert_eq!(
        stages(ramped),
        [(0.0, 2.0, Micros::from_secs(30)), (2.0, 0.0, Micros::from_secs(30))]
    );
    let stretched = text
        .replace("{ hold: 10/s, for: 1m }", "{ ramp: 10/s, for: 10s }, { hold: 10/s, for: 20s }");
    let overrides = Overrides { duration: Some(Micros(100)), ..Overrides::default() };
    let stretched =
        Plan::from_text("s.yaml", &stretched, &Inputs { overrides, ..inputs() }).unwrap();
    assert_eq!(
        stages(stretched),
        [(0.0, 10.0, Micros(33)), (10.0, 10.0, Micros(67))],
        "in proportion, and nothing lost"
    );
    let closed = with(Overrides {
        users: Some(4),
        target: Some("https://b.example.com/shop".into()),
        ..Overrides::default()
    });
    assert!(
        matches!(closed.load.arrivals, ArrivalModel::Closed { users: 4, length } if length == minute)
    );
    assert_eq!(closed.target.map(String::from).as_deref(), Some("https://b.example.com/shop"));
}

#[test]
fn shapes_and_closed_loads_are_loads() {
    let load = |load: &str| {
        compiled(&format!(
            "name: x\nload: {load}\njourneys: [{{ name: a, steps: [{{ name: b, get: / }}] }}]"
        ))
        .load
    };
    let shaped = load(
        "{ arrivals: paced, shape: black-friday-retailer, peak: 33/s, for: 10m, connections: kept }",
    );
    assert!(
        matches!(&shaped.arrivals, ArrivalModel::Paced(profile) if profile.shape.as_deref() == Some("black-friday-retailer"))
    );
    assert_eq!(
        (shaped.length(), shaped.connections),
        (Micros::from_secs(600), ConnectionReuse::Kept)
    );
    assert!(matches!(
        load("{ closed: 32, for: 5m }").arrivals,
        ArrivalModel::Closed { users: 32, .. }
    ));
}

#[test]
fn anchors_merge_keys_and_extensions_are_allowed() {
    let plan = compiled(
        "name: x\nx-base: &base { gives_up_after: 3s, get: /base }\nload: { stages: [{ hold: 1/s, for: 1m }] }\njourneys:\n  - name: a\n    steps:\n      - { <<: *base, name: b }\n      - { <<: *base, name: c, gives_up_after: 4s }\n",
    );
    assert_eq!(
        [0, 1].map(|i| plan.steps[i].gives_up_after),
        [Micros::from_secs(3), Micros::from_secs(4)]
    );
}

#[test]
fn a_stored_run_is_read_again_without_the_rows_of_its_data() {
    let header = |name: &str| {
        files(name).map(|bytes| {
            bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default().to_vec()
        })
    };
    let stored = Inputs { stored: true, read_file: &header, ..inputs() };
    let again = Plan::from_text("s.yaml", CHECKOUT, &stored)
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(again.variables, compiled(CHECKOUT).variables);
    assert!(
        Plan::from_text("s.yaml", CHECKOUT, &Inputs { stored: false, ..stored }).is_err(),
        "a run needs the rows"
    );
}

#[test]
fn data_of_both_kinds_are_dealt_out_as_said() {
    let text = with_steps(
        "- { name: a, post: /, json: { sku: '{{ gifts.sku }}', price: '{{ gifts.price }}', day: '{{ date() }}', for: '{{ shopper.email }}' } }",
    );
    let data = "shoppers: { data: { gifts: { file: gifts.jsonl, each: random }, accounts: { file: accounts.csv, each: loop } }, ";
    let plan = compiled(&text.replace("shoppers: { ", data));
    let [gifts, accounts] = plan.shoppers.data.as_slice() else {
        panic!("{:?}", plan.shoppers.data)
    };
    assert_eq!(
        (gifts.assignment, accounts.assignment),
        (RowAssignment::Random, RowAssignment::Loop)
    );
    assert_eq!(
        gifts.rows[1],
        [DataCell::Text("b".into()), DataCell::Json(json!(5))],
        "in the order of the first line's keys"
    );
    assert!(plan.variable("gifts.price").is_some());
}

#[test]
fn files_are_sent_as_parts_of_a_body_and_known_by_their_hash() {
    let plan = compiled(&with_steps(
        "- { name: a, post: /, multipart: { note: [x, \"{{ device }}\"], photo: { file: gifts.jsonl, type: text/plain } } }
- { name: b, get: /wait, poll: { every: refresh, for: 5s, until: { text: done } } }",
    ));
    let Body::Multipart(parts) = &plan.steps[0].request.body else {
        panic!("{:?}", plan.steps[0].request.body)
    };
    assert_eq!(parts.len(), 3);
    assert!(matches!(&parts[2].1, MultipartPart::File { name, content_type, sha256, bytes }
        if *name == Template::Literal("gifts.jsonl".into()) && content_type == "text/plain" && sha256.len() == 64 && bytes.starts_with(b"{")));
    assert_eq!(plan.steps[1].poll.as_ref().unwrap().every, None);
}

#[test]
fn shoppers_wait_for_each_other_for_as_long_as_is_said() {
    let plan = compiled(&with_steps(
        "- { name: a, get: / }\n- { name: b, get: /, together: 200 }\n- { name: c, get: /, together: { shoppers: 5, for: 1m } }",
    ));
    let together =
        |shoppers, seconds| Some(Rendezvous { shoppers, within: Micros::from_secs(seconds) });
    assert_eq!(
        [0, 1, 2].map(|step| plan.steps[step].rendezvous),
        [None, together(200, 30), together(5, 60)]
    );
}

#[test]
fn a_journey_may_repeat_choose_and_include() {
    let steps = "- { name: home, get: / }
- repeat: 2..4
  steps:
    - { name: list, get: /list, think: 1s, capture: { link: { css: \"a.product\", attribute: href, pick: random } } }
    - { name: product, get: \"{{ link }}\" }
- choose:
    - weight: 3
      steps: [{ name: as guest, post: /guest, capture: { who: { json: $.id } } }]
    - steps:
        - { name: log in, post: /login, auth: { bearer: t } }
        - { name: account, get: /account, capture: { who: { json: $.id } } }
- purchase: buying
  steps:
    - include: paying
    - { name: done, get: \"/done/{{ who }}\" }";
    let text = with_steps(steps).replace(
        "journeys:",
        "shared: { paying: [{ name: pay, post: \"/pay/{{ who }}\" }] }\njourneys:",
    );
    let plan = compiled(&text);
    assert!(
        jsonschema::validator_for(&schema()).unwrap().is_valid(&as_json(&text)),
        "editors accept it"
    );
    let unit = |n| JourneyItem::Unit(UnitId(n));
    let fork = JourneyItem::Choose(vec![(3.0, vec![unit(3)]), (1.0, vec![unit(4), unit(5)])]);
    let route = [
        unit(0),
        JourneyItem::Repeat { times: (2, 4), parts: vec![unit(1), unit(2)] },
        fork,
        unit(6),
    ];
    assert_eq!(plan.journeys[0].route, route);
    assert_eq!(
        plan.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>()[6..],
        ["pay", "done"]
    );
    assert_eq!(plan.units[6].steps, 6..8);
    let Extract { capture, pick, default: _ } = &plan.steps[1].captures[0].from;
    assert_eq!(*pick, Pick::Random);
    assert!(capture.canonical()["Css"].is_object());
    assert!(
        matches!(plan.steps[4].request.auth, Some(Auth::Bearer(_)))
            && plan.steps[3].request.auth.is_none()
    );
    assert_eq!(plan.steps[1].think, Delay::fixed(Micros::from_secs(1)));
}

#[test]
fn arrivals_may_come_in_bursts() {
    let text = with_steps("- { name: home, get: / }")
        .replace("load: {", "load: { arrivals: { bursty: 2.5, every: 30s },");
    assert!(
        jsonschema::validator_for(&schema()).unwrap().is_valid(&as_json(&text)),
        "editors accept it"
    );
    let plan = compiled(&text);
    let ArrivalModel::Bursty(profile, bursts) = &plan.load.arrivals else {
        panic!("{:?}", plan.load)
    };
    assert_eq!(
        (profile.expected_arrivals(), bursts.dispersion, bursts.every),
        (600.0, 2.5, Micros::from_secs(30))
    );
    let canonical = plan.load.canonical();
    let bursty = &canonical["arrivals"]["Bursty"];
    assert_eq!((&bursty["dispersion"], &bursty["every"]), (&json!(2.5), &json!(30_000_000)));
}

#[test]
fn pauses_may_be_log_normal() {
    let text = with_steps(
        "- { name: home, get: / }\n- { name: look, get: /look, think: { median: 12s, p90: 43s } }",
    )
    .replace("shoppers: {", "shoppers: { retry: { after: { median: 4s, p90: 20s } },");
    assert!(
        jsonschema::validator_for(&schema()).unwrap().is_valid(&as_json(&text)),
        "editors accept it"
    );
    let plan = compiled(&text);
    let (median, p90) = (Micros::from_secs(12), Micros::from_secs(43));
    assert_eq!(plan.steps[1].think, Delay::LogNormal { median, p90 });
    assert_eq!(
        plan.steps[1].think.canonical(),
        json!({ "median": 12_000_000, "p90": 43_000_000 }),
        "frozen: digests of plans hold it"
    );
    let retry = Delay::LogNormal { median: Micros::from_secs(4), p90: Micros::from_secs(20) };
    assert_eq!(plan.shoppers.retry_after, retry);
}

#[test]
fn steps_groups_and_branches_may_have_conditions() {
    let steps = "- { name: home, get: /, capture: { queue: { json: $.queue } } }
- { name: alone, when: device == 'mobile', get: /alone, capture: { deal: { json: $.deal } } }
- { name: deal, when: device == 'mobile', get: \"/deal/{{ deal }}\" }
- repeat: 2
  when: [queue, { status: 200 }]
  steps: [{ name: again, get: /again }]
- choose:
    - { when: queue == 'long', steps: [{ name: wait, get: /wait, capture: { who: { json: $.who } } }] }
    - when: not queue
    - otherwise: [{ name: go on, get: /on }]
- include: paying
  when: device != 'mobile'
- purchase: buying
  steps:
    - { include: paying, when: queue is defined }
    - { name: done, post: /done, order: { id: { json: $.id } } }";
    let text = with_steps(steps)
        .replace("journeys:", "shared: { paying: [{ name: \"p\", get: /pay }] }\njourneys:");
    let once = text.replacen("- include: paying\n        when: device != 'mobile'\n      ", "", 1);
    let plan = compiled(&once);
    assert!(
        jsonschema::validator_for(&schema()).unwrap().is_valid(&as_json(&text)),
        "editors accept it"
    );
    let unit = |n| JourneyItem::Unit(UnitId(n));
    let when = |n, part| JourneyItem::First(vec![(Some(GuardId(n)), vec![part])]);
    let route = [
        unit(0),
        when(0, unit(1)),
        when(1, unit(2)),
        when(2, JourneyItem::Repeat { times: (2, 2), parts: vec![unit(3)] }),
        JourneyItem::First(vec![
            (Some(GuardId(3)), vec![unit(4)]),
            (Some(GuardId(4)), vec![]),
            (None, vec![unit(5)]),
        ]),
        unit(6),
    ];
    assert_eq!(plan.journeys[0].route, route);
    assert_eq!(plan.steps[6].guard, Some(GuardId(5)));
    assert!(plan.guard(GuardId(2)).reads_answer() && !plan.guard(GuardId(3)).reads_answer());
    let canonical = plan.canonical();
    assert_eq!(
        canonical["when"][0],
        json!([{ "Holds": { "expression": "device == 'mobile'", "constants": [] } }])
    );
    assert_eq!(plan.undecided_guards(), [2, 3, 4, 5].map(GuardId));
}

#[test]
fn a_plan_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&compiled(CHECKOUT));
}

#[test]
fn the_same_scenario_gives_the_same_canonical_plan_and_another_another() {
    let json = |text: &str| compiled(text).canonical().to_string();
    assert_eq!(json(CHECKOUT), json(CHECKOUT));
    for (from, to) in [
        ("quantity: 1", "quantity: 2"),
        ("\"sku-2\"", "\"sku-3\""),
        ("2xx", "200"),
        ("26%", "27%"),
        ("x-node", "x-host"),
        ("500ms", "501ms"),
    ] {
        assert_ne!(json(CHECKOUT), json(&CHECKOUT.replace(from, to)), "{from}");
    }
    assert_eq!(
        json(CHECKOUT),
        json(&CHECKOUT.replace("p95(pay) < 800ms", "p95(pay) < 900ms").replace("8080", "9090")),
        "target and gate aside"
    );
}

#[test]
fn a_submit_names_a_form_and_the_pages_before_it_are_kept() {
    let plan = compiled(&with_steps(
        "- { name: home, get: / }
- name: voucher
  submit:
    action: /vouchers/*
    containing: { kind: \"{{ device }}\" }
    fields: { code: [A, \"{{ shopper.id }}\"] }
    extra: { token: t }
    button: add
- { name: done, get: /done }",
    ));
    assert_eq!(
        plan.steps.iter().map(|step| step.keeps_page).collect::<Vec<_>>(),
        [true, false, false]
    );
    let Body::Submit(submit) = &plan.steps[1].request.body else {
        panic!("{:?}", plan.steps[1].request.body)
    };
    assert_eq!(submit.action, Some(Template::Literal("/vouchers/*".into())));
    assert_eq!(submit.containing[0].name, "kind");
    assert!(matches!(submit.containing[0].value, Some(Template::Segments(_))));
    assert_eq!((submit.fields[0].1.len(), submit.extra.len()), (2, 1));
    assert!(
        matches!(&submit.button, Some(button) if button.name == "add" && button.value.is_none())
    );
}

#[test]
fn a_graphql_step_is_called_by_its_operation_and_judged_by_its_types() {
    let plan = compiled(&with_steps(
        "- graphql:
    query: 'mutation Add($id: ID!) { add(id: $id) { __typename } }'
    variables: { id: \"{{ shopper.ordinal }}\", n: 1 }
    type: Order
    declined: [SoldOutError]
  declined: { status: 409 }
- { name: own name, graphql: { query: '{ a }', endpoint: /shop-api } }",
    ));
    let [add, own] = plan.steps.as_slice() else { panic!("two steps") };
    assert_eq!((add.name.as_str(), own.name.as_str()), ("Add", "own name"));
    assert_eq!(
        (&add.request.url, &own.request.url),
        (&Template::Literal("/graphql".into()), &Template::Literal("/shop-api".into()))
    );
    let Body::Json(segments) = &add.request.body else { panic!("{:?}", add.request.body) };
    let Some(JsonSegment::Raw(first)) = segments.first() else { panic!("{segments:?}") };
    assert!(
        first.starts_with(r#"{"operationName":"Add","query":"mutation Add($id: ID!)"#)
            && first.ends_with(r#","variables":{"id":"#),
        "{first}"
    );
    assert_eq!(kinds(&add.expect), ["Status", "GraphQl"]);
    assert_eq!(checks(&add.expect)[1]["GraphQl"], json!(["Order"]));
    assert_eq!(kinds(&own.expect), ["Status", "GraphQl"]);
    assert_eq!(checks(&own.expect)[1]["GraphQl"], json!([]));
    let [Check::AnyOf(sets)] = add.declined.checks.as_slice() else { panic!("{:?}", add.declined) };
    assert_eq!([kinds(&sets[0]), kinds(&sets[1])], [["GraphQlType"], ["Status"]]);
    assert!(own.declined.is_empty());
}

#[test]
fn conditions_look_at_pages_addresses_and_sizes() {
    let plan = compiled(&with_steps(
        "- name: pay
  post: /pay
  expect:
    css: [.done, p]
    no_css: .alert
    url: [/done, '/orders/*']
    location: '/orders/{{ device }}'
    size: 1kB..
    any_of: [{ text: a, status: 200 }, { no_text: b }]",
    ));
    let expect = &plan.steps[0].expect;
    assert_eq!(
        kinds(expect),
        ["Status", "Css", "Css", "NoCss", "Url", "Location", "Size", "AnyOf"]
    );
    assert_eq!(checks(expect)[6]["Size"], json!({ "low": 1_000, "high": u64::MAX }));
}

#[test]
fn values_of_attributes_bring_devices_and_networks_along() {
    let text = with_steps("- { name: home, get: / }").replace(
        "mobile: 1, 2: 1, true: 2",
        "phone: { weight: 65, device: mobile, network: { round_trip: 80ms, bandwidth: 1.5Mbit/s } }, laptop: { device: desktop, cookies: kept }, other: { weight: 3, network: 3g }",
    );
    let plan = compiled(&text);
    assert!(jsonschema::is_valid(&schema(), &as_json(&text)));
    let attribute = &plan.shoppers.attributes[0];
    assert_eq!(
        attribute.values.iter().map(|(_, weight)| *weight).collect::<Vec<_>>(),
        [65.0, 1.0, 3.0]
    );
    let network = Network { round_trip: Micros::from_millis(80), bits_per_second: 1_500_000 };
    assert_eq!(
        plan.shoppers.equipment(&[0]),
        Equipment { device: Some(Device::Mobile), network: Some(network), returns: false }
    );
    assert_eq!(
        plan.shoppers.equipment(&[1]),
        Equipment { device: Some(Device::Desktop), network: None, returns: true }
    );
    // WebPageTest's 3G: 1.6 Mbit/s, and 300 ms there and back.
    let named = Network { round_trip: Micros::from_millis(300), bits_per_second: 1_600_000 };
    assert_eq!(
        plan.shoppers.equipment(&[2]),
        Equipment { network: Some(named), ..Equipment::default() }
    );
    let plain = compiled(&with_steps("- { name: home, get: / }"));
    assert!(
        !plain.canonical().to_string().contains("brings"),
        "a plan without is the plan that it was"
    );
}

#[test]
fn the_published_schema_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario.schema.json");
    let generated = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        published == generated,
        "docs/scenario.schema.json is out of date: run UPDATE_SCHEMA=1 cargo test --test scenario_language"
    );
}

/// A scenario as an editor sees it. Any YAML is the JSON body of a step, so a step can carry it.
fn as_json(text: &str) -> Value {
    let lines: String = text.lines().map(|line| format!("      {line}\n")).collect();
    let carrier = format!(
        "name: x\njourneys:\n- name: a\n  steps:\n  - name: b\n    post: /\n    json:\n{lines}"
    );
    let document = Scenario::parse("s.yaml", &carrier)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .document;
    match document.journeys.unwrap_or_default().remove(0).steps.unwrap_or_default().remove(0) {
        scenario::JourneyItem::Step(step) => step.json.expect("the step has a body").0.to_json(),
        other => panic!("a step, and not {other:?}"),
    }
}

#[test]
fn the_schema_accepts_the_example_and_refuses_what_the_compiler_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let example = as_json(CHECKOUT);
    let errors: Vec<_> = validator
        .iter_errors(&example)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
    let hurts = [
        ("weight", "wieght"),
        ("ramp: 20/s", "ramp: fast"),
        ("behaviour: probe", "behaviour: dead"),
        ("get: /\n", "get: /\n        post: /\n"),
        ("for: 2m", "four: 2m"),
        ("applause-2024", "applause"),
        ("name: buy", "nam: buy"),
        ("{ header: x-node }", "{ header: x-node, css: a }"),
        ("{ status: 201 }", "{ status: 20x }"),
        ("every: 500ms", "every: often"),
    ];
    for (from, to) in hurts {
        let hurt = CHECKOUT.replacen(from, to, 1);
        assert!(!validator.is_valid(&as_json(&hurt)), "the schema accepts `{to}`");
        assert!(
            Plan::from_text("s.yaml", &hurt, &inputs()).is_err(),
            "the compiler accepts `{to}`"
        );
    }
}

#[test]
fn the_scenarios_of_the_repository_satisfy_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap();
    let files: Vec<_> = folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "yaml"))
        .collect();
    assert!(!files.is_empty());
    for path in files {
        let json = as_json(&std::fs::read_to_string(&path).unwrap());
        let errors: Vec<_> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{}", path.display());
    }
}

#[test]
fn every_key_is_in_the_reference() {
    let reference = include_str!("../docs/scenario-language.md");
    for (mapping, keys) in MAPPINGS {
        for key in keys {
            let written = [format!("`{key}`"), format!("`{key}:"), format!(" {key}:")];
            assert!(
                written.iter().any(|written| reference.contains(written)),
                "docs/scenario-language.md does not say `{key}` of {mapping}"
            );
        }
    }
}

/// A scenario with a random hurt: bytes of it replaced, removed or doubled.
fn hurt() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~\\n\\t]{0,6}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "{{",
            "}}",
            "{%",
            ": ",
            "- ",
            "&a ",
            "*a",
            "<<: ",
            "[",
            "]",
            "{",
            "}",
            "\"",
            "'",
            "|\n",
            "!!",
            "---\n",
            "\u{feff}",
            "\u{0}",
            "99999999999999999999",
            "%",
            "p95(",
            "\r",
            "\\",
            "#",
            "~",
            "env.",
            "x | "
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, piece), 1..4).prop_map(
        |wounds| {
            let mut text = CHECKOUT.to_owned();
            for (at, length, piece) in wounds {
                let boundary = |mut at: usize| {
                    at = at.min(text.len());
                    while !text.is_char_boundary(at) {
                        at -= 1;
                    }
                    at
                };
                let start = boundary(at.index(text.len() + 1));
                let end = boundary(start + length);
                text.replace_range(start..end, &piece);
            }
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in hurt()) {
        if let Err(problems) = Plan::from_text("s.yaml", &text, &inputs()) {
            prop_assert!(!problems.is_empty());
            let shown = problems.render(false);
            prop_assert!(shown.contains("s.yaml"));
            for problem in problems.iter() {
                prop_assert!(!problem.message.is_empty() && !problem.remedy.is_empty(), "{}", shown);
            }
        }
    }

    #[test]
    fn no_objective_makes_it_panic(text in "[a-z0-9.()<>=/% µ\"'{}é-]{0,40}|p[0-9.]{1,6}\\((pay|buy|x)\\) ?[<>]=? ?[0-9a-z.%]{0,8}( (for|after|where|abort|and)( [a-z0-9=é\"]{0,8})?){0,4}") {
        thread_local! { static PLAN: Plan = compiled(CHECKOUT); }
        PLAN.with(|plan| match plan.objective(&text, 0) {
            Ok(objective) => assert!(objective.limit.is_finite()),
            Err(error) => assert!(text.get(error.range.clone()).is_some(), "{text}: {error:?}"),
        });
    }
}

#[test]
fn absurd_nesting_inside_a_value_is_refused_and_overflows_no_stack() {
    for times in [480, 1_900, 20_000] {
        let nested = |open: &str, inside: &str, close: &str| {
            format!("{}{inside}{}", open.repeat(times), close.repeat(times))
        };
        let values = [
            format!("capture: {{ a: {{ json: '$[?{}]' }} }}", nested("(", "@.a", ")")),
            format!("capture: {{ a: {{ css: 'a{}' }} }}", nested(":not(", "b", ")")),
            format!("capture: {{ a: {{ regex: '{}' }} }}", nested("(", "x", ")")),
            format!("body: '{{{{ {} }}}}'", nested("(", "1", ")")),
            format!("body: '{{{{ {} }}}}'", nested("[", "1", "]")),
            format!("body: '{}'", nested("{% if true %}", "x", "{% endif %}")),
            format!("body: '{{{{ {}1 }}}}'", "not ".repeat(times)),
            format!("body: '{{{{ 1{} }}}}'", "|abs".repeat(times)),
            format!("body: '{{{{ 1{} }}}}'", "~1".repeat(times)),
        ];
        for value in values {
            let text = with_steps(&format!("- name: a\n  post: /\n  {value}"));
            let result = Plan::from_text("s.yaml", &text, &inputs());
            let refused = result.as_ref().is_err_and(|problems| {
                problems.iter().all(|problem| problem.message.len() < 1_000)
            });
            assert!(
                refused || (times < 2_000 && result.is_ok()),
                "{times} times in {}",
                &value[..40]
            );
        }
    }
}
