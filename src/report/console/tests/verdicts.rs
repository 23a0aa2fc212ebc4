use super::*;

#[test]
fn a_run_with_planted_faults() {
    assert_snapshot!(shown(&SimulatedRun::run(12_000, 120, planted), 110), @r#"
    NO OBJECTIVES: the scenario sets no objectives, so the run neither passes nor fails
    Black Friday checkout
    12,000 shoppers and 46,824 requests in 2m against http://127.0.0.1:8080/, open load, seed 42

    Shoppers with payment wallet fail repeatedly at pay: 9.6 % (259 of 2,706), relative risk at least 65 vs.
      everyone else. Excess loss per 10,000 shoppers: 216 (95 % CI 191–244).
    Shoppers with node n3 fail repeatedly at cart, checkout: 4.6 % (62 of 1,350), relative risk at least 48 vs.
      everyone else. Excess loss per 10,000 shoppers: 115 (95 % CI 102–130). The attribute is observed, not
      assigned: a correlated factor may be the cause.
    Repeated failures (two or more failed attempts): 3.1 % of shoppers (375 of 12,000, 95 % CI 2.8–3.5 %). 259 of
      them failed at pay.
    Repeated failures are specific to the shopper, not to a time. A retry fails 4.7 times as often as other
      shoppers' first attempts at the same time.
    Expected loss: 4.7 % of shoppers (565, 95 % CI 4.4–5.1 %) under abandonment model applause-2024. Across all
      abandonment models: 4.7 % to 8.5 %. Revenue at risk: they would have paid 25,534.49 (95 % CI
      23,492.28–27,754.22). Besides, 4.6 shoppers may leave because the shop declined (a card, a voucher, stock);
      they are not counted as lost.

    Orders
      purchase requests  confirmed  declined  failed, no order  unknown  in flight  confirmed/min
                  5,999      5,068        17                 0      914          0          2,041

    Shopper outcomes by unit (funnel)
      journey / unit   entered  first try  on retry  never passed  left by choice
      browse / home      3,083      3,035        48             0               0
      browse / search    3,083      3,027        56             0               0
      buy / home         8,917      8,791       126             0               0
      buy / product      8,917      8,797       120             0           3,580
      buy / cart         5,337      5,028       304             5               0
      buy / checkout     5,332      5,043       284             5               0
      buy / pay          5,327      4,914       154           259               0

    Shoppers by number of failed attempts
      failed attempts  shoppers   share  bought  lost (expected)
      none               10,756  89.6 %   4,300                0
      1                     869   7.2 %     662              226
      2                      91  0.76 %      91               57
      3 or more             284   2.4 %      15              281

    Groups with elevated repeated failures (vs. everyone else)
      shoppers with       at              repeated   rate     95 % CI  rel. risk  excess lost  95 % CI       q
      payment wallet      pay                  259  9.6 %  8.5–10.8 %       ≥ 65          259  229–292  <0.001
      node n3 (observed)  cart, checkout        62  4.6 %   3.5–6.1 %       ≥ 48          138  122–156  <0.001

    Retries after a failed attempt (stickiness: 0 = independent, 1 = permanent)
      at           retried  first fails  retry fails      95 % CI  rel. risk  95 % CI  stickiness        95 % CI
      anywhere       1,344        5.1 %       24.0 %  21.5–26.6 %        4.7  4.2–5.3        0.20      0.17–0.23
      browse/home       48        1.6 %         none      ≤ 7.4 %        0.0  0.0–4.8       −0.02  −0.02 to 0.06
      search            56        1.8 %         none      ≤ 6.4 %        0.0  0.0–3.5       −0.02  −0.02 to 0.05
      buy/home         126        1.4 %         none      ≤ 3.0 %        0.0  0.0–2.1       −0.01  −0.01 to 0.02
      product          120        1.3 %         none      ≤ 3.1 %        0.0  0.0–2.3       −0.01  −0.01 to 0.02
      cart             309        5.8 %       11.0 %   7.4–16.0 %        1.9  1.3–2.8        0.06      0.02–0.11
      checkout         289        5.4 %       10.0 %   6.5–15.1 %        1.9  1.2–2.8        0.05      0.01–0.10
      pay              396        7.4 %       65.4 %  60.4–70.1 %        8.8  8.1–9.4        0.63      0.57–0.68

    Steps (response times of successful attempts)
      step         attempts  failed      95 % CI  declined     p50     p95     p99     max
      browse/home     3,131   1.5 %    1.2–2.0 %         0    12ms  40.1ms  58.6ms  86.7ms
      search          3,139   1.8 %    1.4–2.3 %         0  14.2ms  42.1ms  59.2ms  91.7ms
      buy/home        9,043   1.4 %    1.1–1.7 %         0  16.1ms  43.9ms  61.9ms   125ms
      product         9,037   1.3 %    1.1–1.6 %         0  18.2ms  46.2ms  64.4ms   110ms
      cart            5,680   6.1 %    5.4–7.0 %         0  20.4ms  47.3ms  67.3ms   118ms
      checkout        5,650   5.7 %    5.1–6.4 %         0    22ms  49.1ms  66.2ms  92.9ms
      pay             5,999  14.0 %  12.6–15.4 %        17  24.4ms  50.9ms    71ms   114ms
      confirm         5,145   1.5 %    1.2–1.9 %         0  26.7ms  54.6ms    76ms   117ms

    Failures by kind
      step         failures  kinds
      browse/home        48  throttled (429) 37, too slow 11
      search             56  throttled (429) 40, too slow 16
      buy/home          126  throttled (429) 85, too slow 41
      product           120  throttled (429) 80, too slow 40
      cart              348  status 5xx 253, throttled (429) 66, too slow 29
      checkout          323  status 5xx 252, throttled (429) 48, too slow 23
      pay               837  unexpected content 777, throttled (429) 44, too slow 16
      confirm            77  throttled (429) 54, too slow 23

    Lost shoppers by abandonment model (this scenario's first)
      model           lost  lower bound  share    95 % CI  effective sample  revenue at risk              95 % CI
      applause-2024    565          516  4.7 %  4.4–5.1 %             8,826        25,534.49  23,492.28–27,754.22
      geometric-63     678          620  5.7 %  5.3–6.1 %             8,626        29,867.23  27,683.44–32,223.29
      decline-44       721          673  6.0 %  5.6–6.4 %             8,656        31,494.46  29,255.27–33,905.03
      impatient-75   1,021        1,017  8.5 %  8.0–9.0 %             9,059        43,279.49  40,506.52–46,242.29

    Load generator valid: 12,000 of 12,000 arrivals started; schedule lag p50 42µs, p99 79µs, max 79µs; CPU
      25.0 %; memory 48 MiB

    Attempts that exceeded their time limit count as failures. Response times do not include them.
    q is the p-value after correction for the number of tests (Benjamini-Hochberg).
    Rises in the rate of repeated failures that are detectable with 12,000 shoppers (80 % power): 0.10 % to
      0.19 %, 0.50 % to 0.69 %, 1.0 % to 1.3 %, 3.1 % to 3.6 %. The effective sample is 9,885, because failures
      came in bursts. Comparing two such runs detects a change from 3.1 % to 3.8 %.
    Rises in the rate of failed first payment attempts that are detectable with 5,327 shoppers at payment (80 %
      power): 0.10 % to 0.30 %, 0.50 % to 0.86 %, 1.0 % to 1.5 %, 7.4 % to 8.6 %. The effective sample is 3,367,
      because failures came in bursts. Comparing two such runs detects a change from 7.4 % to 9.1 %. 7,370 more
      shoppers are needed to detect a doubling of 0.10 %.
    Some shoppers were stopped after 3 attempts at a unit or by the end of the run. "lost" counts them as lost.
      "lower bound" assumes that their next attempt would have succeeded.
    A declined payment is not a failure. Shoppers who may leave because of it are counted apart.
    Unknown order values of lost shoppers are estimated: the mean basket of the journey, times the share that
      continues from there to a basket.

    NO OBJECTIVES: the scenario sets no objectives, so the run neither passes nor fails
    "#);
}

#[test]
fn a_run_without_failures_has_no_tables_of_failures() {
    let simulated = SimulatedRun::run(2_000, 60, |_| Outcome::Ok);
    let text = shown(&simulated, 100);
    assert_snapshot!(between(&text, "Repeated failures", "\n\n"), @r"
    Repeated failures (two or more failed attempts): none among 2,000 shoppers (95 % CI ≤ 0.15 %).
    No shoppers are lost to failures (95 % CI ≤ 0.15 %).
    ");
    let titles: Vec<String> =
        view(&simulated).tables.into_iter().map(|table| table.title).collect();
    assert_snapshot!(titles.join("\n"), @r"
    Orders
    Shopper outcomes by unit (funnel)
    Shoppers by number of failed attempts
    Steps (response times of successful attempts)
    ");
}

#[test]
fn a_tiny_run_says_how_little_it_shows() {
    let text = shown(&SimulatedRun::run(8, 4, |m| failing(m.step == "home" && m.luck < 0.3)), 100);
    assert_snapshot!(between(&text, "Repeated failures", "\n\n"), @r"
    Repeated failures (two or more failed attempts): 12.5 % of shoppers (1 of 8, 95 % CI 2.2–47.1 %). 1
      of them failed at buy/home.
    Expected loss: 22.2 % of shoppers (1.8, 95 % CI 7.4–50.5 %) under abandonment model applause-2024.
      Across all abandonment models: 22.2 % to 40.6 %.
    ");
    assert_snapshot!(between(&text, "– : too few", "by the end"), @r"
    – : too few successes for this quantile (p50 needs 5, p95 59, p99 299).
    The run has fewer than 30 time blocks, too few to detect bursts of failures. Confidence intervals
      may be too narrow.
    Rises in the rate of repeated failures that are detectable with 8 shoppers (80 % power): 0.10 % to
      18.2 %, 0.50 % to 18.2 %, 1.0 % to 33.0 %, 12.5 % to 58.4 %. Comparing two such runs detects a
      change from 12.5 % to 69.8 %. 8,019 more shoppers are needed to detect a doubling of 0.10 %.
    Some shoppers were stopped after 3 attempts at a unit or by the end
    ");
}

#[test]
fn a_generator_that_stood_still() {
    let mut simulated =
        SimulatedRun::run(200, 10, planted).stopped(Micros::from_secs(5), Micros::from_secs(7));
    let wall = Micros::from_secs(20);
    simulated.tally.generator =
        Generator { cpu: wall * 97 / 100, wall, coarse_timer: true, ..Generator::default() };
    let text = shown(&simulated, 100);
    let generator = text.split("Load generator").nth(1).unwrap();
    assert_snapshot!(text.lines().next().unwrap(), @"INVALID: the load generator was saturated, so the results do not describe the shop");
    let generator = generator.split("\n\n").next().unwrap();
    assert_snapshot!(format!("Load generator{generator}"), @r"
    Load generator invalid: 200 of 200 arrivals started; schedule lag p50 60µs, p99 1.9s, max 2s; CPU
      97.0 %
      Invalid: 201 of 1,012 attempts (19.86 %) started late by up to 2s, most from 5s to 7s. Remedy: use
        an idle machine, more cores, or share the load between machines (--slice).
      Suspect: the generator's threads were busy 97 % of the time. Remedy: use more cores, or share the
        load between machines (--slice).
      Note: this system has no precise timer. Remedy: run on Linux, where starts are precise to about
        ten microseconds instead of a millisecond.
    ");
}

#[test]
fn results_of_an_invalid_run_are_marked_everywhere() {
    let mut plan = shop();
    plan.objectives = vec![plan.objective("repeated_failures < 0.5%", 1).unwrap()];
    let simulated = SimulatedRun::of(plan, 2_000, 60, planted)
        .stopped(Micros::from_secs(20), Micros::from_secs(30));
    let (text, view) = (shown(&simulated, 100), view(&simulated));
    assert_snapshot!(between(&text, "Do not use", "Repeated failures ("), @r"
    Do not use these results: 1,645 of 9,787 attempts (16.81 %) started late by up to 10s, most from 20s
      to 30s. They may describe the load generator and not the shop.
      Shoppers with payment wallet fail repeatedly at pay: 10.1 % (44 of 434), relative risk at least 12
        vs. everyone else. Excess loss per 10,000 shoppers: 224 (95 % CI 167–297).
      Shoppers with node n3 fail repeatedly at cart, checkout: 4.6 % (11 of 237), relative risk at least
        7.9 vs. everyone else. Excess loss per 10,000 shoppers: 137 (95 % CI 101–180). The attribute is
        observed, not assigned: a correlated factor may be the cause.
      Repeated failures (
    ");
    let titles: Vec<&str> = text.lines().filter(|line| line.ends_with(MARK)).collect();
    assert_eq!(titles.len(), view.tables.len(), "{titles:?}");
    let loud = |tone: Tone| !matches!(tone, Tone::Faint);
    assert!(!view.headline.iter().any(|statement| loud(statement.tone)), "{:?}", view.headline);
    assert!(!view.tables.iter().flat_map(|table| &table.rows).any(|row| loud(row.tone)));
    let of_the_shop = || view.answers.iter().filter(|answer| !answer.of_the_run);
    assert!(
        of_the_shop().count() == 6 && !of_the_shop().any(|answer| loud(answer.tone)),
        "{:?}",
        view.answers
    );
}

#[test]
fn a_suspect_runs_times_are_read_with_caution_and_the_shop_is_not_blamed_for_a_late_generator() {
    let down = |m: &crate::verdict::simulation::Moment<'_>| {
        failing((300.0..320.0).contains(&m.now) && m.step == "pay")
    };
    let simulated =
        SimulatedRun::run(6_000, 600, down).stopped(Micros::from_secs(302), Micros::from_secs(304));
    let (text, view) = (shown(&simulated, 120), view(&simulated));
    assert_snapshot!(between(&text, "Read response", "Shopper outcomes"), @r"
    Read response times with caution: 100 of 28,891 attempts (0.35 %) started late by up to 1.98s, most from 5m01s to 5m04s.
    Repeated failures (two or more failed attempts): 0.63 % of shoppers (38 of 6,000, 95 % CI 0.10–3.7 %). 38 of them failed
      at pay.
    Repeated failures come from incidents: pay was down from 09:04:59 to 09:05:19 (load generator was late). A retry fails
      no more often than other shoppers' first attempts at the same time.
    Expected loss: 0.66 % of shoppers (39, 95 % CI 0.10–4.1 %) under abandonment model applause-2024. Across all abandonment
      models: 0.66 % to 1.2 %. Revenue at risk: they would have paid 1,965.50 (95 % CI 234.09–16,503.09).

    Orders
      purchase requests  confirmed  declined  failed, no order  unknown  in flight  confirmed/min
                  2,820      2,687         0                 0      133          0            269

    Shopper outcomes
    ");
    assert_snapshot!(between(&text, "Incidents (", "Steps ("), @r"
    Incidents (elevated failure rate, by when attempts began)
      from (UTC)  to        at   first attempts  failed     95 % CI  other times  repeated  excess lost  load generator
      09:04:59    09:05:19  pay              90   100 %  95.9–100 %         none        38           39  late

    Retries after a failed attempt (stickiness: 0 = independent, 1 = permanent)
      at   retried  first fails  retry fails     95 % CI  rel. risk  95 % CI  stickiness    95 % CI
      pay       90        3.3 %       42.2 %  7.2–87.4 %         13   2.1–26        0.40  0.04–0.87

    Steps (
    ");
    assert!(!text.contains(MARK), "{text}");
    assert_eq!((view.answers[2].question, view.answers[2].tone), ("When?", Tone::Doubtful));
}

#[test]
fn a_closed_load_has_no_losses() {
    let mut plan = shop();
    plan.load.arrivals = ArrivalModel::Closed { users: 32, length: Micros::from_secs(60) };
    let text = shown(&SimulatedRun::of(plan, 12_000, 120, planted), 100);
    assert!(!text.contains("Lost shoppers") && !text.contains("excess lost"));
    assert_snapshot!(text.split("\n\n").take(2).collect::<Vec<_>>().join("\n\n"), @r"
    NO OBJECTIVES: the scenario sets no objectives, so the run neither passes nor fails
    Black Friday checkout
    12,000 shoppers and 46,824 requests in 2m against http://127.0.0.1:8080/, closed load with 32
    concurrent shoppers, seed 42

    Shoppers with payment wallet fail repeatedly at pay: 9.6 % (259 of 2,706), relative risk at least 65
      vs. everyone else. Excess repeated failures per 10,000 shoppers: 216 (95 % CI 192–242).
    Shoppers with node n3 fail repeatedly at cart, checkout: 4.6 % (62 of 1,350), relative risk at least
      48 vs. everyone else. Excess repeated failures per 10,000 shoppers: 52 (95 % CI 39–68). The
      attribute is observed, not assigned: a correlated factor may be the cause.
    Repeated failures (two or more failed attempts): 3.1 % of shoppers (375 of 12,000, 95 % CI
      2.8–3.5 %). 259 of them failed at pay.
    Repeated failures are specific to the shopper, not to a time. A retry fails 4.7 times as often as
      other shoppers' first attempts at the same time.
    No losses are estimated for a closed load, because its shoppers wait for one another.
    ");
}

#[test]
fn each_verdict_says_why() {
    let mut reasons = Vec::new();
    let mut simulated = SimulatedRun::run(40, 10, |_| Outcome::Ok);
    let mut note = |simulated: &SimulatedRun| {
        reasons.push(shown(simulated, 200).lines().next().unwrap().to_owned())
    };
    note(&simulated);
    simulated.facts.missing_slices = vec!["1/2".parse().unwrap()];
    note(&simulated);
    simulated.facts.completion = Completion::Killed;
    note(&simulated);
    simulated.facts.completion = Completion::Interrupted;
    note(&simulated);
    note(&SimulatedRun::run(0, 10, |_| Outcome::Ok));
    let mut findings = SimulatedRun::run(40, 10, |_| Outcome::Ok).findings();
    let answers = [
        (Verdict::Fail, ObjectiveVerdict::Violated, None),
        (Verdict::Inconclusive, ObjectiveVerdict::Inconclusive, Some(900)),
        (Verdict::Pass, ObjectiveVerdict::Met, None),
    ];
    for (verdict, answer, more_shoppers) in answers {
        findings.verdict = verdict;
        findings.objectives = vec![ObjectiveFinding {
            text: "failures(pay) < 1%".into(),
            verdict: answer,
            more_shoppers,
            ..ObjectiveFinding::default()
        }];
        simulated.facts.missing_slices.clear();
        let view = View::of(&simulated.plan, &simulated.facts, &findings);
        reasons.push(console(&view, 200, Paint::Plain).lines().next().unwrap().to_owned());
    }
    assert_snapshot!(reasons.join("\n"), @r"
    NO OBJECTIVES: the scenario sets no objectives, so the run neither passes nor fails
    INCONCLUSIVE: the results of these slices are missing: 1/2
    INTERRUPTED: the process was killed; the results cover what it had stored
    INTERRUPTED: the run was interrupted; the results cover the time until then
    INCONCLUSIVE: no shopper started
    FAIL: 1 of 1 objective violated: failures(pay) < 1%
    INCONCLUSIVE: the sample is too small to decide: failures(pay) < 1%; about 900 more shoppers needed
    PASS: the objective is met
    ");
}

#[test]
fn a_run_that_goes_on_says_until_when_its_figures_are_and_decides_nothing() {
    let mut plan = shop();
    plan.objectives = ["repeated_failures < 0.5%", "p50(pay) < 1s", "p50(home) < 1s"]
        .map(|text| plan.objective(text, 1).unwrap())
        .into();
    let mut simulated = SimulatedRun::of(plan, 1_000, 60, planted);
    simulated.facts.completion = Completion::Running;
    let text = shown(&simulated, 100);
    assert_snapshot!(text.lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    STILL RUNNING: results until 09:01:00 UTC; 2 met and 1 violated so far, of 3 objectives
    Black Friday checkout
    ");
    assert_snapshot!(between(&text, "Objectives", "Shopper outcomes"), @r"
    Objectives
      objective                 observed        95 % CI  result
      repeated_failures < 0.5%     3.3 %      2.2–4.8 %  inconclusive: violated so far
      p50(pay) < 1s               24.1ms  22.6ms–25.2ms  inconclusive: met so far
      p50(home) < 1s              15.6ms  14.9ms–16.5ms  inconclusive: met so far

    Orders
      purchase requests  confirmed  declined  failed, no order  unknown  in flight  confirmed/min
                    509        426         5                 0       78          0            287

    Shopper outcomes
    ");
    assert_eq!(simulated.findings().verdict, Verdict::Inconclusive);
}
