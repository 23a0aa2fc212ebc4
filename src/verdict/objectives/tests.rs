use crate::base::Micros;
use crate::plan::example::profile;
use crate::plan::{ArrivalModel, Plan};
use crate::tally::{FailureKind, Outcome};
use crate::verdict::simulation::{Moment, SimulatedRun, failing, shop};
use crate::verdict::{
    Findings, ObjectiveFinding, ObjectiveVerdict, Reason, RecordFindings, Verdict,
};
use ObjectiveVerdict::{Inconclusive, Met, Violated};

/// The simulated's plan with these objectives, its load as long as the simulated.
fn plan(seconds: u64, objectives: &[&str]) -> Plan {
    let mut plan = shop();
    plan.load.arrivals = ArrivalModel::Poisson(profile(&[(10.0, 10.0, seconds as f64)]));
    plan.objectives = objectives
        .iter()
        .enumerate()
        .map(|(i, text)| plan.objective(text, i as u32 + 1).unwrap())
        .collect();
    plan
}

fn judge(
    shoppers: u64,
    objectives: &[&str],
    rule: impl Fn(&Moment<'_>) -> Outcome,
) -> Vec<ObjectiveFinding> {
    findings(shoppers, 120, objectives, rule).objectives
}

fn findings(
    shoppers: u64,
    seconds: u64,
    objectives: &[&str],
    rule: impl Fn(&Moment<'_>) -> Outcome,
) -> Findings {
    SimulatedRun::of(plan(seconds, objectives), shoppers, seconds, rule).findings()
}

fn verdicts(found: &[ObjectiveFinding]) -> Vec<ObjectiveVerdict> {
    found.iter().map(|objective| objective.verdict).collect()
}

/// One in a hundred attempts at anything fails, by luck.
fn unlucky(m: &Moment<'_>) -> Outcome {
    failing(m.luck < 0.01)
}

#[test]
fn rates_hold_are_broken_or_stay_open() {
    let texts = [
        "failures(pay) < 3%",
        "failures(pay) < 0.3%",
        "failures(pay) < 1.1%",
        "failures(pay) > 0.3%",
        "failures < 0.99999",
    ];
    let found = judge(20_000, &texts, unlucky);
    assert_eq!(verdicts(&found), [Met, Violated, Inconclusive, Met, Met]);
    assert!(
        found[2].more_shoppers.unwrap() > 1_000 && found[2].reason == Reason::Straddles,
        "{found:?}"
    );
    assert_eq!((found[0].more_shoppers, found[0].line, found[1].line), (None, 1, 2));
    let observed = found[0].observed.unwrap();
    assert!(found.iter().take(4).all(
        |objective| objective.observed == Some(observed) && objective.sample == found[0].sample
    ));
    let ci95 = found[0].ci95.unwrap();
    assert!(
        ci95.low < observed && observed < ci95.high && (0.005..0.015).contains(&observed),
        "{found:?}"
    );
}

#[test]
fn shoppers_are_judged_as_they_are_reported() {
    let found = findings(
        8_000,
        120,
        &[
            "repeated_failures < 4%",
            "repeated_failures < 0.5%",
            "lost_shoppers < 10%",
            "lost_shoppers < 0.1%",
        ],
        |m| failing(m.step == "pay" && m.payment == "wallet" && m.shopper < 0.1),
    );
    assert_eq!(verdicts(&found.objectives), [Met, Violated, Met, Violated]);
    assert_eq!(found.objectives[0].observed, found.shoppers.repeated.value());
    assert!(
        (found.objectives[2].observed.unwrap() - found.loss.unwrap().by_patience[0].rate).abs()
            < 1e-12
    );
}

#[test]
fn nothing_seen_never_holds() {
    let texts = [
        "repeated_failures < 50%",
        "failures(pay) < 99%",
        "p50(pay) < 1h",
        "requests < 1000/s",
        "time_to_buy < 1h",
        "lost_shoppers < 99%",
    ];
    let found = judge(0, &texts, unlucky);
    assert!(found.iter().all(|objective| objective.verdict == Inconclusive
        && objective.reason == Reason::NothingSeen
        && objective.observed.is_none()));
    // Nobody gets as far as paying.
    let found = judge(2_000, &texts[1..3], |m| failing(m.step == "product"));
    assert!(found.iter().all(|objective| objective.reason == Reason::NothingSeen), "{found:?}");
}

#[test]
fn too_few_clean_attempts_do_not_hold_either() {
    let found = judge(200, &["failures(pay) < 1%", "p99(pay) < 1h"], |_| Outcome::Ok);
    assert_eq!(verdicts(&found), [Inconclusive, Inconclusive]);
    // 299 show 1 % at the earliest; what is missing grows with those who never come so far.
    let (sample, more) = (found[0].sample, found[0].more_shoppers.unwrap());
    assert!((298..302).contains(&(sample * (200 + more) / 200)), "{sample} of 200, {more} more");
}

#[test]
fn quantiles_are_judged_by_what_lies_beyond_the_limit() {
    // pay takes 16 ms and an exponential of mean 12 ms: its median lies at 24.3 ms, p95 at 52 ms.
    let texts = [
        "p50(pay) < 28ms",
        "p50(pay) < 21ms",
        "p95(pay) < 62ms",
        "p95(pay) < 44ms",
        "p95(pay) < 52ms",
        "p95(pay) > 44ms",
    ];
    let found = judge(10_000, &texts, |_| Outcome::Ok);
    assert_eq!(verdicts(&found), [Met, Violated, Met, Violated, Inconclusive, Met]);
    let (p95, ci95) = (found[2].observed.unwrap(), found[2].ci95.unwrap());
    assert!(
        (49e3..55e3).contains(&p95) && ci95.low < p95 && p95 < ci95.high && ci95.high < 60e3,
        "{found:?}"
    );
    assert_eq!(found[2].successes_only.unwrap().0 as f64, p95);
}

#[test]
fn what_was_given_up_ranks_above_every_success() {
    let slow = |m: &Moment<'_>| {
        if m.step == "pay" && m.luck < 0.10 {
            Outcome::Failed(FailureKind::TooSlow)
        } else {
            Outcome::Ok
        }
    };
    let found = judge(
        10_000,
        &["p95(pay) < 1h", "p50(pay) < 30ms", "p95(time_to_buy) < 1h", "p99.99(buy) < 1h"],
        slow,
    );
    assert_eq!(verdicts(&found)[..2], [Violated, Met]);
    assert!(
        found[0].observed_at_least && found[0].ci95.unwrap().high.is_infinite(),
        "{:?}",
        found[0]
    );
    assert!(found[0].successes_only.unwrap() < Micros::from_millis(60));
    // One in a thousand of those who pay never succeeds in three attempts; too few for a p99.99, which is no figure then.
    let never = found[3].within_limit.unwrap().never;
    assert!(found[3].observed.is_none() && found[3].ci95.is_none() && never > 0, "{:?}", found[3]);
    // A tenth of all attempts at paying was given up: by that share the objective is judge.
    let within_limit = found[0].within_limit.unwrap();
    assert!(
        (0.89..0.91).contains(&within_limit.share)
            && within_limit.ci95.low < within_limit.share
            && within_limit.share < within_limit.ci95.high,
        "{within_limit:?}"
    );
    assert_eq!(
        within_limit.never as f64,
        (found[0].sample as f64 * (1.0 - within_limit.share)).round()
    );
}

#[test]
fn an_outage_in_one_window_breaks_every_window_but_not_the_whole() {
    let outage = |m: &Moment<'_>| {
        failing(
            m.step == "pay" && (60.0..70.0).contains(&m.arrived) && m.nth == 1 || m.luck < 0.001,
        )
    };
    let texts = [
        "failures(pay) < 9%",
        "failures(pay) < 9% for 10s",
        "failures(pay) < 9% for 10s after 70s",
    ];
    let found = judge(12_000, &texts, outage);
    assert_eq!(verdicts(&found), [Inconclusive, Violated, Met]);
    let window = found[1].window.unwrap();
    assert_eq!(
        (window.from, window.until, window.windows),
        (Micros::from_secs(60), Micros::from_secs(70), 12)
    );
    let only = judge(12_000, &["failures(pay) < 9% for 100s after 40s"], outage)[0].window.unwrap();
    assert_eq!(
        (only.from, only.until, only.windows),
        (Micros::from_secs(40), Micros::from_secs(120), 1)
    );
    let warmed_up = judge(12_000, &["failures(pay) < 1% after 70s"], outage);
    assert_eq!(verdicts(&warmed_up), [Met]);
}

#[test]
fn an_empty_window_leaves_it_open() {
    let found = judge(40, &["failures(home) < 99% for 2s"], |_| Outcome::Ok);
    assert_eq!((found[0].verdict, found[0].reason), (Inconclusive, Reason::NothingSeen));
}

#[test]
fn a_condition_picks_its_shoppers() {
    let texts = [
        "failures(pay) < 5% where payment = wallet",
        "failures(pay) < 5% where payment = card",
        "repeated_failures < 9% where payment = wallet and device = mobile",
    ];
    let found = judge(12_000, &texts, |m| {
        failing(m.step == "pay" && m.payment == "wallet" && m.luck < 0.2)
    });
    assert_eq!(verdicts(&found), [Violated, Met, Met]);
    assert!(found[2].sample < 3_300, "{:?}", found[2]);
}

#[test]
fn requests_are_counted_and_not_estimated() {
    let mut simulated = SimulatedRun::of(
        plan(
            60,
            &[
                "requests > 9/s",
                "requests > 11/s",
                "requests > 9/s for 10s",
                "requests >= 10/s after 20s",
            ],
        ),
        100,
        60,
        |_| Outcome::Ok,
    );
    for second in 0..60 {
        simulated.tally.seconds.entry(second).or_default().requests =
            if second == 33 { 0 } else { 10 };
    }
    let found = simulated.findings().objectives;
    assert_eq!(verdicts(&found), [Met, Violated, Violated, Violated]);
    assert_eq!(found[2].observed, Some(9.0));
    assert_eq!(found[2].window.unwrap().from, Micros::from_secs(30));
}

#[test]
fn a_suspect_generator_can_not_vouch_but_it_can_convict() {
    let mut simulated = SimulatedRun::of(
        plan(120, &["failures(pay) < 3%", "failures(pay) < 0.3%"]),
        20_000,
        120,
        unlucky,
    );
    simulated.tally.blocks.get_mut(&3).unwrap().held = 9;
    let found = simulated.findings();
    assert_eq!(verdicts(&found.objectives), [Inconclusive, Violated]);
    assert_eq!((found.objectives[0].reason, found.verdict), (Reason::Suspect, Verdict::Fail));
    simulated.plan.objectives.pop();
    assert_eq!(simulated.findings().verdict, Verdict::Inconclusive);
}

#[test]
fn objectives_of_records_wait_for_the_records() {
    let texts = ["late_orders < 1%", "late_orders < 0.05%", "receipts_missing < 1%"];
    let simulated = SimulatedRun::of(plan(120, &texts), 3_000, 120, |_| Outcome::Ok);
    let before = simulated.findings();
    assert_eq!(verdicts(&before.objectives), [Inconclusive; 3]);
    let facts = &simulated.facts;
    let after = |records| before.clone().with_records(&simulated.plan, facts, records);
    let records = RecordFindings { confirmed: 2_000, late: 8, ..RecordFindings::default() };
    let found = after(records);
    assert_eq!(verdicts(&found.objectives), [Met, Violated, Inconclusive], "no receipts were read");
    assert_eq!((found.objectives[0].observed, found.objectives[0].sample), (Some(0.004), 2_000));
    assert_eq!(found.verdict, Verdict::Fail);
    let found = after(RecordFindings { receipts_missing: Some(2), ..records });
    assert_eq!(verdicts(&found.objectives), [Met, Violated, Met]);
    let found = after(RecordFindings { errors: 1, ..records });
    assert_eq!(found.verdict, Verdict::NotReconciled, "graver than a violated objective");
    let found = after(RecordFindings { undecided: 1, ..records });
    assert_eq!(verdicts(&found.objectives), [Inconclusive; 3]);
}

#[test]
fn few_blocks_are_marked_weak() {
    let found =
        |seconds| findings(3_000, seconds, &["failures(pay) < 3%"], unlucky).objectives[0].weak;
    assert!(found(20) && !found(40));
}

/// Whether a simulated of two minutes would have been stopped at this second.
fn stopped(objective: &str, rule: impl Fn(&Moment<'_>) -> Outcome, second: u64) -> bool {
    let simulated = SimulatedRun::of(plan(120, &[objective]), 12_000, 120, rule);
    super::certainly_violated(&simulated.plan, &simulated.tally, Micros::from_secs(second), 1)
        .is_some()
}

#[test]
fn an_outage_stops_a_run_soon_and_a_clean_shop_never() {
    let outage = |m: &Moment<'_>| failing(m.step == "pay" && m.arrived >= 60.0);
    for (objective, by) in [
        ("repeated_failures < 0.5% abort", 75),
        ("lost_shoppers < 0.5% abort", 75),
        ("repeated_failures < 5% where payment = wallet abort", 110),
    ] {
        assert!(!stopped(objective, outage, 61) && stopped(objective, outage, by), "{objective}");
        assert!(!stopped(objective, |_| Outcome::Ok, 120), "{objective}");
    }
    // Attempts may last as long as shoppers wait for them: ten seconds here.
    assert!(
        !stopped("failures(pay) < 0.5% abort", outage, 70)
            && stopped("failures(pay) < 0.5% abort", outage, 90)
    );
    assert!(stopped("failures(home) > 90% abort", outage, 40), "what should fail does not");
    assert!(!stopped("failures(pay) < 0.5%", outage, 120), "it does not say abort");
    assert!(
        !stopped("failures(pay) < 0.5% after 60s abort", |m| failing(m.arrived < 60.0), 120),
        "the warm-up is left out"
    );
}

#[test]
fn slow_answers_and_bad_windows_stop_a_run_too() {
    assert!(stopped("p95(pay) < 30ms abort", |_| Outcome::Ok, 60), "it is 52 ms");
    assert!(!stopped("p95(pay) < 60ms abort", |_| Outcome::Ok, 120));
    let outage = |m: &Moment<'_>| failing(m.step == "pay" && (60.0..70.0).contains(&m.arrived));
    assert!(!stopped("repeated_failures < 9% for 10s abort", outage, 65));
    assert!(stopped("repeated_failures < 9% for 10s abort", outage, 80));
}

#[test]
fn whoever_is_still_inside_counts_as_a_good_shopper() {
    let failing_first = |inside: u64| {
        let mut simulated =
            SimulatedRun::of(plan(120, &["repeated_failures < 10% abort"]), 6_000, 120, |m| {
                failing(m.shopper < 0.3)
            });
        // As many more have arrived and not left: whoever fails leaves early.
        simulated.tally.blocks.values_mut().for_each(|block| block.started += inside);
        super::certainly_violated(&simulated.plan, &simulated.tally, Micros::from_secs(60), 1)
            .is_some()
    };
    assert!(failing_first(0) && !failing_first(200));
}

#[test]
fn what_a_run_was_stopped_for_is_broken_and_nothing_else_holds() {
    let objectives = ["requests > 1/s", "failures(home) < 1%", "repeated_failures < 0.5% abort"];
    let mut simulated = SimulatedRun::of(plan(120, &objectives), 12_000, 60, |m| {
        failing(m.step == "pay" && m.luck < 0.5)
    });
    simulated.tally.seconds.entry(0).or_default().requests = 100;
    simulated.facts.completion = crate::verdict::Completion::Aborted;
    let found = simulated.findings();
    assert_eq!(verdicts(&found.objectives), [Inconclusive, Inconclusive, Violated]);
    assert_eq!(
        [Reason::CutShort, Reason::CutShort, Reason::Certain],
        [0, 1, 2].map(|i| found.objectives[i].reason)
    );
    assert_eq!(found.verdict, Verdict::Fail);
}
