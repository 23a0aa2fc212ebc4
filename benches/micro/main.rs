//! What the parts of a request cost: `cargo bench --bench micro`.
//!
//! What has no door of its own (filling a request, judging, capturing) is measured as a whole visit on a stage
//! without a network; the difference to the visit without it is its cost.

mod stage;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tillrush::base::{JourneyId, Micros, Slice, StepId, VarId};
use tillrush::plan::{Plan, TemplateScope, Value};
use tillrush::report::{Paint, View, console};
use tillrush::schedule::Schedule;
use tillrush::tally::{
    AttemptTimes, ExchangeSeen, Outcome, Phases, StepAttempt, Tally, Timing, UnitAttempt,
};
use tillrush::verdict::{Completion, Findings, Machine, NEGLIGIBLE_LAG, RunFacts};

/// A scenario of a second with these steps, and with nothing else in it.
fn scenario(steps: &str) -> String {
    format!(
        "name: bench\nload: {{ stages: [{{ hold: 1/s, for: 1s }}] }}\njourneys:\n  - name: buy\n    steps:\n{steps}"
    )
}

const SIX: &str = include_str!("../scenarios/six.yaml");

fn schedule(criterion: &mut Criterion) {
    let text = "name: bench\nload: { stages: [{ ramp: 1000/s, for: 60s }] }\njourneys: [{ name: a, steps: [{ name: b, get: / }] }]";
    let plan = stage::plan(text);
    let schedule = Schedule::new(&plan.load, 1);
    let mut group = criterion.benchmark_group("schedule");
    group.throughput(Throughput::Elements(schedule.count()));
    group.bench_function("a ramp of 30,000 shoppers", |bencher| {
        bencher.iter(|| schedule.slice(Slice::WHOLE).map(|arrival| arrival.at.0).sum::<u64>())
    });
    group.finish();
}

/// Every variable holds this text.
struct Everything(Value);

impl TemplateScope for Everything {
    fn value(&self, _: VarId) -> Option<&Value> {
        Some(&self.0)
    }

    fn next_bits(&self) -> u64 {
        7
    }
}

fn templates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("template");
    let scope = Everything(Value::Text("sku-20417".into()));
    for (name, url) in [
        ("literal", "/products/sku-20417"),
        ("two variables", "/products/{{ shopper.id }}/{{ run.id }}"),
        ("expression", "/products/{{ pick(['sku-1', 'sku-2']) }}"),
    ] {
        let plan = stage::plan(&scenario(&format!("      - {{ name: a, get: \"{url}\" }}\n")));
        let template = &plan.steps[0].request.url;
        group.bench_function(name, |bencher| {
            bencher
                .iter(|| template.render(&plan.templates, black_box(&scope)).map(|text| text.len()))
        });
    }
    group.finish();
}

fn visits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("visit");
    let steps = [
        ("one step", "get: /other"),
        ("one step, 8 KiB page", "get: /"),
        (
            "capture by regex",
            "get: /, capture: { csrf: { regex: \"name='csrf' value='([0-9a-f]+)'\" } }",
        ),
        (
            "capture by CSS",
            "get: /, capture: { csrf: { css: \"input[name=csrf]\", attribute: value } }",
        ),
        ("capture by JSON path", "get: /product, capture: { sku: { json: $.product.id } }"),
        ("expect by JSON path", "get: /product, expect: { json: { $.product.id: sku-20417 } }"),
        ("expect a text", "get: /, expect: { text: csrf }"),
        ("a JSON body", "post: /other, json: { shopper: \"{{ shopper.id }}\", quantity: 1 }"),
        ("a form", "post: /other, form: { shopper: \"{{ shopper.id }}\", quantity: \"1\" }"),
    ];
    for (name, step) in steps {
        visit_bench(
            &mut group,
            name,
            stage::plan(&scenario(&format!("      - {{ name: a, {step} }}\n"))),
        );
    }
    visit_bench(&mut group, "six steps", stage::plan(SIX));
    group.finish();
}

fn visit_bench(
    group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>,
    name: &str,
    plan: Plan,
) {
    let world = stage::world(plan, 0.0);
    let mut ordinal = 0;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            ordinal += 1;
            stage::visit(&world, ordinal, Micros(ordinal % 1_000_000));
        });
    });
}

/// What a request tells the tally.
fn record(tally: &mut Tally, at: Micros) {
    let span = Micros(1_000 + at.0 % 5_000);
    let step = StepId((at.0 % 6) as u16);
    tally.request_sent(at);
    tally.exchange(&ExchangeSeen {
        step,
        began_at: at,
        phases: Phases { wait: Some(span), receive: Some(Micros(20)), ..Phases::default() },
        redirect: false,
        connections: 0,
        redials: 0,
        resumed: false,
        sent: true,
        held: false,
        bytes_sent: 60,
        bytes_received: 2_048,
    });
    let attributes = &[];
    tally.step_attempt(&StepAttempt {
        step,
        intended_at: at,
        acted_at: at,
        ended_at: at + span,
        times: AttemptTimes::default().with(Timing::Service, Some(span)),
        arrival: false,
        attributes,
        outcome: Outcome::Ok,
    });
    tally.unit_attempt(&UnitAttempt {
        unit: tillrush::base::UnitId(step.0),
        nth: 1,
        intended_at: at,
        after_failure_at: None,
        attributes,
        observed: &[],
        outcome: Outcome::Ok,
    });
}

/// What a core counted in one second of so many requests.
fn second(plan: &Plan, requests: u64) -> Tally {
    let mut tally = Tally::new(plan.tally_shape());
    tally.record_planned(Micros::ZERO);
    tally.record_arrival(JourneyId(0), Micros::ZERO, Micros(50));
    (0..requests).for_each(|i| record(&mut tally, Micros(i * 1_000_000 / requests)));
    tally
}

fn tally(criterion: &mut Criterion) {
    let plan = stage::plan(SIX);
    let mut group = criterion.benchmark_group("tally");
    let mut counting = second(&plan, 1_000);
    let mut at = 0;
    group.bench_function("record a request", |bencher| {
        bencher.iter(|| {
            at = (at + 997) % 1_000_000;
            record(&mut counting, Micros(at));
        });
    });
    let (one, other) = (second(&plan, 10_000), second(&plan, 10_000));
    group.bench_function("seal a second of 10,000 requests", |bencher| {
        bencher.iter_batched_ref(|| one.clone(), Tally::compact, BatchSize::LargeInput)
    });
    let mut sealed = (one, other);
    sealed.0.compact();
    sealed.1.compact();
    group.bench_function("merge two sealed seconds", |bencher| {
        bencher.iter_batched(
            || sealed.clone(),
            |(mut one, other)| {
                one.merge(other);
                one
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// An hour of shoppers with a device and a means of payment; one request in fifty fails.
const HOUR: &str = "
name: hour
load: { stages: [{ hold: 10/s, for: 1h }] }
shoppers:
  attributes:
    device: { mobile: 72, desktop: 28 }
    payment: { card: 50, wallet: 50 }
journeys:
  - name: buy
    steps:
      - { name: page, get: / }
      - { name: product, get: /product, continue: 60% }
      - { name: cart, post: /cart, json: { quantity: 1 } }
      - purchase: pay
        steps:
          - { name: pay, post: /pay, json: { method: \"{{ payment }}\" } }
          - { name: confirmation, get: /confirmation }
";

fn report(criterion: &mut Criterion) {
    let world = stage::world(stage::plan(HOUR), 0.02);
    let plan = std::sync::Arc::clone(&world.plan);
    for arrival in Schedule::new(&plan.load, 1).slice(Slice::WHOLE) {
        world.tally.borrow_mut().record_planned(arrival.at);
        stage::visit(&world, arrival.ordinal, arrival.at);
    }
    let mut tally = world.tally.into_inner();
    tally.compact();
    let facts = facts();
    let mut group = criterion.benchmark_group("report");
    group.sample_size(10);
    group.bench_function("findings of an hour", |bencher| {
        bencher.iter(|| Findings::new(&plan, &tally, &facts))
    });
    let findings = Findings::new(&plan, &tally, &facts);
    group.bench_function("console", |bencher| {
        bencher.iter(|| console(&View::of(&plan, &facts, &findings), 110, Paint::Plain).len())
    });
    group.finish();
}

fn facts() -> RunFacts {
    RunFacts {
        run_id: "bench".to_owned(),
        tool_version: "0".to_owned(),
        commands: Vec::new(),
        scenario_sha256: String::new(),
        target: "http://shop.test".to_owned(),
        seed: 1,
        plan_digest: String::new(),
        workload_digest: String::new(),
        slices: vec![Slice::WHOLE],
        missing_slices: Vec::new(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        zone: tillrush::base::RunZone::default(),
        duration: Micros::from_secs(3_600),
        completion: Completion::Complete,
        tags: Default::default(),
        machine: Machine::default(),
        lag_tolerance: NEGLIGIBLE_LAG,
    }
}

criterion_group!(benches, schedule, templates, visits, tally, report);
criterion_main!(benches);
