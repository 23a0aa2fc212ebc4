use std::path::Path;

use insta::{assert_json_snapshot, assert_snapshot};
use serde_json::{Value, json};

use super::figures::figure;
use super::{RunDocument, SCHEMA, run_document, run_json, run_schema};
use crate::base::{Micros, StepId};
use crate::plan::ArrivalModel;
use crate::tally::Outcome;
use crate::verdict::simulation::{SimulatedRun, failing, planted, shop};
use crate::verdict::wire::tests::exchanges;

fn document(simulated: &SimulatedRun) -> RunDocument {
    run_document(&simulated.plan, &simulated.tally, &simulated.facts, &simulated.findings())
}

fn closed() -> SimulatedRun {
    let mut plan = shop();
    plan.load.arrivals = ArrivalModel::Closed { users: 4, length: Micros::from_secs(10) };
    SimulatedRun::of(plan, 500, 10, planted)
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/run.schema.json");
    let generated = serde_json::to_string_pretty(&run_schema()).unwrap() + "\n";
    if std::env::var_os("TILLRUSH_UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == generated,
        "the format has changed: run the tests with TILLRUSH_UPDATE_SCHEMA=1, and look at the difference"
    );
}

#[test]
fn every_document_keeps_to_the_schema() {
    // Closed to further fields, so that a name that is not in the schema is found.
    let mut schema = run_schema();
    let definitions = schema["$defs"]
        .as_object_mut()
        .unwrap()
        .values_mut()
        .map(|definition| &mut definition["additionalProperties"]);
    definitions.for_each(|open| *open = json!(false));
    schema["additionalProperties"] = json!(false);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let nobody = SimulatedRun::run(0, 10, |_| Outcome::Ok);
    let healthy = SimulatedRun::run(300, 10, |_| Outcome::Ok);
    for simulated in [
        nobody,
        healthy,
        closed(),
        SimulatedRun::run(12_000, 120, planted),
        SimulatedRun::run(3, 3, |_| failing(true)),
    ] {
        let written: Value = serde_json::from_str(&run_json(&document(&simulated))).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&written)
            .map(|error| format!("{} {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(serde_json::from_value::<RunDocument>(written).unwrap(), document(&simulated));
    }
    assert!(!validator.is_valid(&json!({ "schema": SCHEMA })));
}

#[test]
fn what_can_not_be_said_is_null() {
    let nobody = document(&SimulatedRun::run(0, 10, |_| Outcome::Ok));
    assert_eq!(
        (nobody.shoppers.repeated_failures_rate, nobody.repeats.lift, nobody.generator.lag_p99_ms),
        (None, None, None)
    );
    assert_eq!((nobody.steps[0].failure_rate, nobody.steps[0].response_ms.p50), (None, None));
    let closed = document(&closed());
    assert!(
        closed.loss.is_none()
            && closed.shoppers.lost_expected.is_empty()
            && closed.hotspots.iter().all(|spot| spot.excess_lost.is_none())
    );
}

#[test]
fn a_run_with_planted_faults_in_full() {
    let mut written =
        serde_json::to_value(document(&SimulatedRun::run(12_000, 120, planted))).unwrap();
    // One of each is enough to see the format.
    for list in ["steps", "journeys", "hotspots", "heat"] {
        let last = written[list].as_array_mut().unwrap().pop().unwrap();
        written[list] = json!(["…", last]);
    }
    let units = written["repeats"]["units"].as_array_mut().unwrap();
    *units = vec![json!("…"), units.pop().unwrap()];
    assert_json_snapshot!(written);
}

#[test]
fn figures_have_six_digits() {
    assert_snapshot!([0.0, 1.0 / 3.0, 123_456_789.0, 1.5e-30, 4_525.0].map(|x| figure(x).to_string()).join(" "), @"0 0.333333 123457000 0.0000000000000000000000000000015 4525");
}

#[test]
fn a_step_says_what_it_came_to_on_the_wire() {
    let mut simulated = SimulatedRun::run(0, 10, |_| Outcome::Ok);
    exchanges(&mut simulated.tally, StepId(3), 600);
    let wire = document(&simulated).steps[3].wire.clone();
    assert_eq!(
        (wire.requests, wire.connections, wire.redials, wire.resumed_handshakes),
        (600, 60, 1, 1)
    );
    assert_eq!(
        (wire.tls_ms.count, wire.wait_ms.count, wire.dns_ms.p50, wire.receive_ms.p99),
        (60, 600, None, Some(0.04))
    );
}
