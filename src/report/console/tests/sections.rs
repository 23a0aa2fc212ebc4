use super::*;

#[test]
fn a_time_block_that_may_hide_an_incident_is_mentioned() {
    let said = |seconds| {
        let simulated =
            SimulatedRun::run(8_000, seconds, |m| failing(m.step == "pay" && m.shopper < 0.03));
        let view = view(&simulated);
        let source = view
            .headline
            .iter()
            .find(|remark| remark.text.starts_with("Repeated failures are"))
            .unwrap();
        source.text.clone()
    };
    assert!(!said(1_800).contains("time blocks of"), "5 s are not long");
    assert_snapshot!(said(3_600), @"Repeated failures are specific to the shopper, not to a time. A retry fails 47 times as often as other shoppers' first attempts at the same time. Attempts are compared within time blocks of 10s, so shorter incidents would look specific to the shopper.");
}

#[test]
fn objectives_come_first_with_their_results() {
    let mut plan = crate::verdict::simulation::shop();
    plan.load.arrivals =
        crate::plan::ArrivalModel::Poisson(crate::plan::example::profile(&[(10.0, 10.0, 120.0)]));
    let texts = [
        "repeated_failures < 1%",
        "failures(pay) < 3%",
        "p99(pay) < 100ms",
        "p95(pay) < 200ms for 20s",
        "requests < 5/s",
    ];
    plan.objectives = texts.iter().map(|text| plan.objective(text, 1).unwrap()).collect();
    let mut simulated = SimulatedRun::of(plan, 3_000, 120, planted);
    simulated.tally.seconds.clear();
    let shown = shown(&simulated, 110);
    let table = shown.split("\n\n").find(|part| part.starts_with("Objectives")).unwrap();
    assert_snapshot!(table, @r"
    Objectives
      objective                 observed        95 % CI  result
      repeated_failures < 1%       3.3 %      2.6–4.1 %  violated
      failures(pay) < 3%          13.7 %    11.3–16.4 %  violated
      p99(pay) < 100ms            78.6ms  68.6ms–85.4ms  met
      p95(pay) < 200ms for 20s    54.7ms  48.2ms–71.9ms  met (worst of 6 windows: 0–20 s)
      requests < 5/s                   –              –  inconclusive: no samples
    ");
}

#[test]
fn a_quantile_without_a_value_is_shown_as_a_share_within_the_limit() {
    let mut plan = crate::verdict::simulation::shop();
    let texts =
        ["p95(time_to_buy) < 10s", "p99(buy) < 1h", "p99(pay) < 10s", "failures(home) < 1%"];
    plan.objectives = texts.iter().map(|text| plan.objective(text, 1).unwrap()).collect();
    let simulated = SimulatedRun::of(plan, 3_000, 120, |m| match m.step {
        "confirm" => failing(true),
        "pay" if m.luck < 0.1 => Outcome::Failed(crate::tally::FailureKind::TooSlow),
        _ => Outcome::Ok,
    });
    let shown = shown(&simulated, 110);
    let table = shown.split("\n\n").find(|part| part.starts_with("Objectives")).unwrap();
    assert_snapshot!(table, @r"
    Objectives
      objective                         observed      95 % CI  result
      p95(time_to_buy) <       none within limit     ≤ 0.22 %  violated; 1,335 of 1,335 never bought
      10s
      p99(buy) < 1h            none within limit     ≤ 0.22 %  violated; 1,335 of 1,335 never finished the journey
      p99(pay) < 10s         89.9 % within limit  88.7–91.0 %  violated; 405 of 4,005 timed out (p99 of the
                                                               others: 70.7ms)
      failures(home) < 1%                   none    ≤ 0.100 %  met
    ");
}

#[test]
fn network_traffic_has_a_line_of_its_own() {
    let mut simulated = SimulatedRun::run(100, 10, |_| Outcome::Ok);
    exchanges(&mut simulated.tally, StepId(3), 600);
    let text = shown(&simulated, 110);
    let line = text
        .lines()
        .skip_while(|line| !line.contains("Network"))
        .take(2)
        .collect::<Vec<_>>()
        .join("\n");
    assert_snapshot!(line, @r"
    Network: 1,000 requests (60 from redirects, 1 delayed by a rate limit, 1 resent on a new connection), 60
      connections (1 with TLS resumption); p50/p99: connect 390µs, tls 1.19ms, wait 5.3ms/5.59ms, receive
    ");
}

#[test]
fn requests_of_steps_and_assets_add_up_to_those_in_the_subtitle() {
    let mut simulated = SimulatedRun::run(100, 10, |_| Outcome::Ok);
    exchanges(&mut simulated.tally, StepId(3), 600);
    let files = &mut simulated.tally.steps[3].assets;
    (files.pages, files.files, files.requests, files.held, files.connections) =
        (60, 190, 160, 1, 1);
    let text = shown(&simulated, 140);
    assert_snapshot!(between(&text, "Network", "\n\n"), @r"
    Network: 1,000 requests of steps (60 from redirects, 1 delayed by a rate limit, 1 resent on a new connection), 60 connections (1 with TLS
        resumption); p50/p99: connect 390µs, tls 1.19ms, wait 5.3ms/5.59ms, receive 40µs/40µs; page assets: 160 requests (1 delayed by a rate
        limit), 1 connection
      Suspect: 1 request delayed by a rate limit. Remedy: raise the limit under `limits`, or lower the arrival rate.
    ");
    assert_snapshot!(text.lines().nth(2).unwrap(), @"100 shoppers and 1,160 requests in 10s against http://127.0.0.1:8080/, open load, seed 42");
}

#[test]
fn one_of_anything_is_in_the_singular() {
    let mut plan = shop();
    plan.objectives = vec![plan.objective("failures < 5%", 1).unwrap()];
    plan.season = Some(1);
    let mut simulated = SimulatedRun::of(plan, 1, 10, |_| failing(true));
    exchanges(&mut simulated.tally, StepId(0), 1);
    simulated.tally.generator.clamped = 1;
    simulated.tally.blocks.values_mut().next().unwrap().held = 1;
    let view = view(&simulated);
    let suite = crate::report::suite(&simulated.plan, &simulated.facts, &simulated.findings());
    let page = crate::report::page(&crate::report::RunReport {
        plan: &simulated.plan,
        tally: &simulated.tally,
        facts: &simulated.facts,
        findings: &simulated.findings(),
        scenario: "",
        records: None,
    });
    let body = page.split("<body>").nth(1).unwrap().rsplit_once("<script>").unwrap().0;
    for text in [
        console(&view, 140, Paint::Plain),
        crate::report::markdown(&view),
        crate::report::junit(&[suite]),
        body.to_owned(),
    ] {
        let words: Vec<&str> = text
            .split(|sign: char| !sign.is_alphanumeric() && !matches!(sign, '.' | ',' | '_'))
            .collect();
        let counted = |pair: &&[&str]| {
            pair[0] == "1"
                && pair[1].len() > 3
                && pair[1].ends_with('s')
                && !["times", "unless"].contains(&pair[1])
        };
        let wrong: Vec<String> =
            words.windows(2).filter(counted).map(|pair| pair.join(" ")).collect();
        assert!(wrong.is_empty(), "{wrong:?} in\n{text}");
    }
}

#[test]
fn an_outage_has_its_time_and_a_season_its_projected_loss() {
    let mut plan = shop();
    plan.season = Some(2_100_000);
    let simulated = SimulatedRun::of(plan, 6_000, 120, |m| {
        failing((40.0..60.0).contains(&m.now) || m.luck < 0.005)
    });
    let text = shown(&simulated, 100);
    assert_snapshot!(between(&text, "Repeated failures (", "Shopper outcomes"), @r"
    Repeated failures (two or more failed attempts): 16.8 % of shoppers (1,009 of 6,000, 95 % CI
      5.4–41.5 %). 387 of them failed at buy/home.
    Repeated failures come from incidents: the shop was down from 09:00:40 to 09:01:00. A retry fails no
      more often than other shoppers' first attempts at the same time.
    Expected loss: 15.2 % of shoppers (909, 95 % CI 5.1–37.1 %) under abandonment model applause-2024.
      Across all abandonment models: 15.1 % to 17.7 %. Revenue at risk: they would have paid 23,258.04
      (95 % CI 7,951.50–68,029.46).

    Orders
      purchase requests  confirmed  declined  failed, no order  unknown  in flight  confirmed/min
                  2,994      2,530         0                 0      464          0          1,195

    Shopper outcomes
    ");
    assert_snapshot!(between(&text, "Projected loss", "Load generator"), @r"
    Projected loss for a season of 2,100,000 shoppers
      model             lost          95 % CI  revenue at risk                     95 % CI
      applause-2024  318,153  107,894–778,112     8,140,315.30  2,783,026.69–23,810,311.79
      geometric-63   317,424  109,586–767,454     8,192,806.58  2,853,881.58–23,519,574.23
      decline-44     324,186  112,325–779,029     8,376,745.77  2,933,101.89–23,923,434.07
      impatient-75   372,276  131,954–859,202     8,944,771.07  3,238,548.72–24,705,180.09

    Load generator
    ");
}

#[test]
fn a_live_run_tells_what_trying_again_did() {
    let mut plan = shop();
    plan.shoppers.behaviour = Behaviour::Live;
    plan.load.arrivals =
        ArrivalModel::Poisson(profile(&[(10.0, 100.0, 60.0), (100.0, 10.0, 60.0)]));
    let simulated = SimulatedRun::of(plan, 6_000, 120, |m| failing((40.0..100.0).contains(&m.now)));
    let text = shown(&simulated, 100);
    assert_snapshot!(between(&text, "Retry amplification", "Shopper outcomes"), @r"
    Retry amplification: 1.57 attempts per first attempt.
    Overload: failures began at 09:00:40 with 70/s arriving; the rate peaked at 100/s. Retry
      amplification: 2.08. The shop recovered 20s after the rate fell back to that level, and only at
      40/s.
    Observed loss: 36.8 % of shoppers (2,210, 95 % CI 18.2–60.4 %) under abandonment model
      applause-2024. Revenue at risk: they would have paid 52,020.00 (95 % CI 27,673.27–97,786.81).

    Orders
      purchase requests  confirmed  declined  failed, no order  unknown  in flight  confirmed/min
                  2,145      1,654         0                 0      491          0            820

    Shopper outcomes
    ");
}
