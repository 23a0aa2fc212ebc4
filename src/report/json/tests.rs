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
    assert_json_snapshot!(written, @r#"
    {
      "schema": "tillrush.run/1",
      "run_id": "20261127T090000Z-black-friday-checkout-0a1b",
      "tool_version": "0.1.0",
      "commands": [
        "tillrush run shop.yaml --seed 42"
      ],
      "verdict": "pass",
      "verdict_reason": "the scenario sets no objectives, so the run neither passes nor fails",
      "headline": [
        "Shoppers with payment wallet fail repeatedly at pay: 9.6 % (259 of 2,706), relative risk at least 65 vs. everyone else. Excess loss per 10,000 shoppers: 216 (95 % CI 191–244).",
        "Shoppers with node n3 fail repeatedly at cart, checkout: 4.6 % (62 of 1,350), relative risk at least 48 vs. everyone else. Excess loss per 10,000 shoppers: 115 (95 % CI 102–130). The attribute is observed, not assigned: a correlated factor may be the cause.",
        "Repeated failures (two or more failed attempts): 3.1 % of shoppers (375 of 12,000, 95 % CI 2.8–3.5 %). 259 of them failed at pay.",
        "Repeated failures are specific to the shopper, not to a time. A retry fails 4.7 times as often as other shoppers' first attempts at the same time.",
        "Expected loss: 4.7 % of shoppers (565, 95 % CI 4.4–5.1 %) under abandonment model applause-2024. Across all abandonment models: 4.7 % to 8.5 %. Revenue at risk: they would have paid 25,534.49 (95 % CI 23,492.28–27,754.22). Besides, 4.6 shoppers may leave because the shop declined (a card, a voucher, stock); they are not counted as lost."
      ],
      "scenario": {
        "name": "Black Friday checkout",
        "sha256": "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"
      },
      "target": "http://127.0.0.1:8080/",
      "seed": 42,
      "plan_digest": "a1b2c3d4e5f60718",
      "workload_digest": "18f6e5d4c3b2a107",
      "slice": "0/1",
      "missing_slices": [],
      "started_at": "2026-11-27T09:00:00Z",
      "time_zone": {
        "name": null,
        "utc_offset_s": 0
      },
      "duration_s": 120.0,
      "completion": "complete",
      "currency": null,
      "tags": {
        "release": "2026.47"
      },
      "machine": {
        "cpus": 2,
        "cores": 2,
        "os": "linux",
        "arch": "x86_64"
      },
      "load": {
        "model": "open",
        "arrivals": "poisson",
        "connections": "per_shopper",
        "behaviour": "probe",
        "max_attempts": 3,
        "patience": "applause-2024"
      },
      "stages": [
        {
          "label": "",
          "from_s": 0.0,
          "until_s": 60.0,
          "from_rate_per_s": 10.0,
          "until_rate_per_s": 10.0
        }
      ],
      "generator": {
        "verdict": "valid",
        "arrivals_planned": 12000,
        "arrivals_started": 12000,
        "lag_p50_ms": 0.042,
        "lag_p99_ms": 0.079,
        "lag_max_ms": 0.079,
        "cpu_fraction": 0.25,
        "busiest_second_fraction": 0.0,
        "peak_rss_mib": 48.0,
        "late_blocks": 0,
        "late_windows_s": [],
        "block_s": 1.0,
        "doubts": []
      },
      "requests_sent": 46824,
      "steps": [
        "…",
        {
          "name": "confirm",
          "journey": "buy",
          "unit": "pay",
          "pays": false,
          "attempts": 5145,
          "failures": 77,
          "failure_rate": 0.014966,
          "failure_rate_ci95": [
            0.0115649,
            0.0193477
          ],
          "design_effect": 1.35527,
          "declined": 0,
          "unjudged": 0,
          "kinds": {
            "throttled": 54,
            "too_slow": 23
          },
          "response_ms": {
            "count": 5068,
            "p50": 26.671,
            "p90": 45.343,
            "p95": 54.591,
            "p99": 76.031,
            "p999": 99.519,
            "max": 116.991
          },
          "service_ms": {
            "count": 5068,
            "p50": 26.623,
            "p90": 45.279,
            "p95": 54.495,
            "p99": 75.967,
            "p999": 99.455,
            "max": 116.863
          },
          "wire": {
            "requests": 5145,
            "redirects": 0,
            "held": 0,
            "connections": 0,
            "redials": 0,
            "resumed_handshakes": 0,
            "bytes_sent": 0,
            "bytes_received": 0,
            "dns_ms": {
              "count": 0,
              "p50": null,
              "p90": null,
              "p95": null,
              "p99": null,
              "p999": null,
              "max": null
            },
            "connect_ms": {
              "count": 0,
              "p50": null,
              "p90": null,
              "p95": null,
              "p99": null,
              "p999": null,
              "max": null
            },
            "tls_ms": {
              "count": 0,
              "p50": null,
              "p90": null,
              "p95": null,
              "p99": null,
              "p999": null,
              "max": null
            },
            "wait_ms": {
              "count": 0,
              "p50": null,
              "p90": null,
              "p95": null,
              "p99": null,
              "p999": null,
              "max": null
            },
            "receive_ms": {
              "count": 0,
              "p50": null,
              "p90": null,
              "p95": null,
              "p99": null,
              "p999": null,
              "max": null
            }
          },
          "assets": null
        }
      ],
      "journeys": [
        "…",
        {
          "name": "buy",
          "started": 8917,
          "funnel": [
            {
              "unit": "home",
              "after": [],
              "entered": 8917,
              "passed": 8917,
              "passed_at_once": 8791,
              "left_by_choice": 0,
              "stopped": 0,
              "cut_off": 0
            },
            {
              "unit": "product",
              "after": [
                0
              ],
              "entered": 8917,
              "passed": 8917,
              "passed_at_once": 8797,
              "left_by_choice": 3580,
              "stopped": 0,
              "cut_off": 0
            },
            {
              "unit": "cart",
              "after": [
                1
              ],
              "entered": 5337,
              "passed": 5332,
              "passed_at_once": 5028,
              "left_by_choice": 0,
              "stopped": 5,
              "cut_off": 0
            },
            {
              "unit": "checkout",
              "after": [
                2
              ],
              "entered": 5332,
              "passed": 5327,
              "passed_at_once": 5043,
              "left_by_choice": 0,
              "stopped": 5,
              "cut_off": 0
            },
            {
              "unit": "pay",
              "after": [
                3
              ],
              "entered": 5327,
              "passed": 5068,
              "passed_at_once": 4914,
              "left_by_choice": 0,
              "stopped": 259,
              "cut_off": 0
            }
          ],
          "endings": {
            "bought_at_once": 4300,
            "bought_after_one": 662,
            "bought_after_more": 106,
            "completed_without_order": 0,
            "left_by_choice": 3580,
            "lost_observed": 0,
            "stopped_by_cap": 269,
            "unfinished": 0,
            "lost": 537.47
          }
        }
      ],
      "friction": [],
      "shoppers": {
        "started": 12000,
        "returned": 0,
        "returned_as_new": 0,
        "ended": 12000,
        "completed": 8151,
        "left_by_choice": 3580,
        "lost_observed": 0,
        "stopped_by_cap": 269,
        "unfinished": 0,
        "purchased": 5068,
        "failed": {
          "events": 1244,
          "total": 12000,
          "rate": 0.103667,
          "ci95": [
            0.0977074,
            0.109945
          ],
          "interval_basis": "blocks"
        },
        "failed_once": 869,
        "repeated_failures": 375,
        "repeated_failures_rate": 0.03125,
        "repeated_failures_ci95": [
          0.027998,
          0.0348662
        ],
        "repeated_same_unit": {
          "events": 321,
          "total": 12000,
          "rate": 0.02675,
          "ci95": [
            0.0235403,
            0.0303837
          ],
          "interval_basis": "blocks"
        },
        "repeated_with_declines": {
          "events": 377,
          "total": 12000,
          "rate": 0.0314167,
          "ci95": [
            0.0281329,
            0.0350699
          ],
          "interval_basis": "blocks"
        },
        "interval_basis": "blocks",
        "by_failures": [
          {
            "failures": "0",
            "shoppers": 10756,
            "purchased": 4300,
            "lost": 0.0
          },
          {
            "failures": "1",
            "shoppers": 869,
            "purchased": 662,
            "lost": 225.94
          },
          {
            "failures": "2",
            "shoppers": 91,
            "purchased": 91,
            "lost": 57.33
          },
          {
            "failures": "3+",
            "shoppers": 284,
            "purchased": 15,
            "lost": 281.24
          }
        ],
        "lost_expected": {
          "applause-2024": 564.51,
          "decline-44": 720.969,
          "geometric-63": 678.427,
          "impatient-75": 1020.84
        }
      },
      "orders": {
        "sent": 5999,
        "confirmed": 5068,
        "declined": 17,
        "failed": 0,
        "unknown": 914,
        "in_flight": 0,
        "confirmed_per_minute": 2040.81,
        "by_minute": [
          {
            "from_s": 0,
            "sent": 2910,
            "confirmed": 2551,
            "declined": 10,
            "failed": 0,
            "unknown": 349
          },
          {
            "from_s": 60,
            "sent": 3010,
            "confirmed": 2504,
            "declined": 7,
            "failed": 0,
            "unknown": 499
          },
          {
            "from_s": 120,
            "sent": 79,
            "confirmed": 13,
            "declined": 0,
            "failed": 0,
            "unknown": 66
          }
        ]
      },
      "experiment": null,
      "loss": {
        "behaviour": "probe",
        "interval_basis": "blocks",
        "by_patience": [
          {
            "patience": "applause-2024",
            "lost": 564.51,
            "lost_at_least": 515.992,
            "order_unknown": 0.0,
            "refused": 4.64,
            "lost_rate": {
              "value": 0.0470425,
              "ci95": [
                0.0436187,
                0.0507208
              ]
            },
            "effective_sample": 8826.4,
            "revenue_at_risk": {
              "minor": 2553449.0,
              "ci95_minor": [
                2349228.0,
                2775422.0
              ],
              "estimated_share": 0.00979068
            },
            "season": null
          },
          {
            "patience": "geometric-63",
            "lost": 678.427,
            "lost_at_least": 620.438,
            "order_unknown": 0.0,
            "refused": 6.35204,
            "lost_rate": {
              "value": 0.0565355,
              "ci95": [
                0.0527632,
                0.0605603
              ]
            },
            "effective_sample": 8626.86,
            "revenue_at_risk": {
              "minor": 2986723.0,
              "ci95_minor": [
                2768344.0,
                3222329.0
              ],
              "estimated_share": 0.00837038
            },
            "season": null
          },
          {
            "patience": "decline-44",
            "lost": 720.969,
            "lost_at_least": 672.504,
            "order_unknown": 0.0,
            "refused": 6.9808,
            "lost_rate": {
              "value": 0.0600808,
              "ci95": [
                0.0561717,
                0.0642433
              ]
            },
            "effective_sample": 8656.31,
            "revenue_at_risk": {
              "minor": 3149446.0,
              "ci95_minor": [
                2925527.0,
                3390503.0
              ],
              "estimated_share": 0.00793791
            },
            "season": null
          },
          {
            "patience": "impatient-75",
            "lost": 1020.84,
            "lost_at_least": 1016.96,
            "order_unknown": 0.0,
            "refused": 11.625,
            "lost_rate": {
              "value": 0.08507,
              "ci95": [
                0.0800121,
                0.0904162
              ]
            },
            "effective_sample": 9059.99,
            "revenue_at_risk": {
              "minor": 4327949.0,
              "ci95_minor": [
                4050652.0,
                4624229.0
              ],
              "estimated_share": 0.00577641
            },
            "season": null
          }
        ],
        "pressure": {
          "retry_amplification": 1.04208,
          "overloads": []
        }
      },
      "repeats": {
        "p_first_failure": 0.0507085,
        "p_second_given_first": 0.239583,
        "second_attempts": 1344,
        "lift": 4.72471,
        "lift_ci95": [
          4.23425,
          5.25272
        ],
        "stickiness": 0.198964,
        "stickiness_ci95": [
          0.172765,
          0.227169
        ],
        "interval_basis": "blocks",
        "source": {
          "why": "shopper",
          "compared": 1239,
          "compared_failed": 302,
          "risk_ratio": {
            "value": 4.74584,
            "ci95": [
              4.22838,
              5.32663
            ]
          },
          "own_stickiness": 0.199627,
          "surprise": 26.3036,
          "block_s": 1.0,
          "warning": null
        },
        "units": [
          "…",
          {
            "unit": "pay",
            "journey": "buy",
            "first_attempts": 5327,
            "p_first_failure": 0.0743383,
            "p_second_given_first": 0.65404,
            "second_attempts": 396,
            "lift": 8.79816,
            "stickiness": 0.626257,
            "stickiness_ci95": [
              0.57237,
              0.676717
            ]
          }
        ],
        "first_failed": [
          {
            "step": "cart",
            "shoppers": 299
          },
          {
            "step": "pay",
            "shoppers": 288
          },
          {
            "step": "checkout",
            "shoppers": 237
          },
          {
            "step": "buy/home",
            "shoppers": 126
          },
          {
            "step": "product",
            "shoppers": 120
          },
          {
            "step": "confirm",
            "shoppers": 70
          },
          {
            "step": "search",
            "shoppers": 56
          },
          {
            "step": "browse/home",
            "shoppers": 48
          }
        ],
        "second_failed": [
          {
            "step": "pay",
            "shoppers": 257
          },
          {
            "step": "checkout",
            "shoppers": 70
          },
          {
            "step": "cart",
            "shoppers": 43
          },
          {
            "step": "confirm",
            "shoppers": 5
          }
        ]
      },
      "clusters": [],
      "hotspots": [
        "…",
        {
          "step": "cart",
          "steps": [
            "cart",
            "checkout"
          ],
          "scope": "step",
          "where": {
            "node": "n3"
          },
          "shoppers": 1350,
          "repeated": 62,
          "rate": 0.0459259,
          "rate_ci95": [
            0.0346996,
            0.0605565
          ],
          "rate_elsewhere": 0.0,
          "rate_elsewhere_ci95": [
            0.0,
            0.000752445
          ],
          "lift": 47.7085,
          "lift_ci95": [
            47.7085,
            null
          ],
          "lift_is_least": true,
          "p_value": 0.00000000000000000358285,
          "q_value": 0.00000000000000010032,
          "excess_repeated": 62.0,
          "excess_repeated_ci95": [
            46.8104,
            81.7513
          ],
          "excess_lost": 138.227,
          "excess_lost_ci95": [
            122.167,
            155.684
          ],
          "interval_basis": "blocks",
          "basis": "observed"
        }
      ],
      "small_groups": [],
      "heat": [
        "…",
        {
          "step": "pay",
          "name": "node",
          "value": "n4",
          "basis": "observed",
          "shoppers": 1308,
          "repeated": 57,
          "rate": 0.043578
        }
      ],
      "incidents": [],
      "slow_times": [],
      "trends": [],
      "refusals": [
        {
          "unit": "pay",
          "declined": {
            "events": 17,
            "total": 5327,
            "rate": 0.00319129,
            "ci95": [
              0.0019935,
              0.00510509
            ],
            "interval_basis": "independent"
          },
          "groups": [],
          "times": []
        }
      ],
      "detectable": [
        {
          "among": "shoppers",
          "shoppers": 12000,
          "design_effect": 1.21395,
          "if_none_fails": 0.00030349,
          "sights": [
            {
              "base": 0.001,
              "seen_from": 0.00194527,
              "change_from": 0.00247233,
              "to_see_double": 9745,
              "more_shoppers": 0
            },
            {
              "base": 0.005,
              "seen_from": 0.00692819,
              "change_from": 0.00782271,
              "to_see_double": 1939,
              "more_shoppers": 0
            },
            {
              "base": 0.01,
              "seen_from": 0.0126344,
              "change_from": 0.013838,
              "to_see_double": 963,
              "more_shoppers": 0
            },
            {
              "base": 0.03125,
              "seen_from": 0.0358214,
              "change_from": 0.0377025,
              "to_see_double": 299,
              "more_shoppers": 0
            }
          ]
        },
        {
          "among": "buyers",
          "shoppers": 5327,
          "design_effect": 1.58176,
          "if_none_fails": 0.000891001,
          "sights": [
            {
              "base": 0.001,
              "seen_from": 0.00303761,
              "change_from": 0.00403689,
              "to_see_double": 12697,
              "more_shoppers": 7370
            },
            {
              "base": 0.005,
              "seen_from": 0.00863081,
              "change_from": 0.010275,
              "to_see_double": 2527,
              "more_shoppers": 0
            },
            {
              "base": 0.01,
              "seen_from": 0.0146766,
              "change_from": 0.0169913,
              "to_see_double": 1255,
              "more_shoppers": 0
            },
            {
              "base": 0.0743383,
              "seen_from": 0.086203,
              "change_from": 0.0910251,
              "to_see_double": 154,
              "more_shoppers": 0
            }
          ]
        }
      ],
      "objectives": [],
      "budget": null,
      "reconciliation": null
    }
    "#);
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
