use insta::assert_snapshot;

use super::layout::cut;
use super::*;
use crate::base::{Micros, StepId};
use crate::plan::example::profile;
use crate::plan::{ArrivalModel, Behaviour};
use crate::tally::{Generator, Outcome};
use crate::verdict::Verdict;
use crate::verdict::trial::{Trial, failing, planted, shop};
use crate::verdict::wire::tests::exchanges;
use crate::verdict::{Completion, ObjectiveFinding, ObjectiveVerdict};

fn shown(trial: &Trial, width: usize) -> String {
    console(&view(trial), width, Paint::Plain)
}

fn view(trial: &Trial) -> View {
    View::of(&trial.plan, &trial.facts, &trial.findings())
}

#[test]
fn a_run_with_planted_faults() {
    assert_snapshot!(shown(&Trial::run(12_000, 120, planted), 110), @r#"
    NO OBJECTIVES: nothing was asked of this run, and nothing judged
    Black Friday checkout
    12,000 shoppers and 46,824 requests in 2m against http://127.0.0.1:8080/, open load, seed 42

    Shoppers with payment wallet fail again and again at pay: 5.2 % of them (234 of 4,525) met two failures or
      more there, at least 59 times the rate of the others; that loses about 195 (172–221) of every 10,000
      shoppers.
    Shoppers who met node n3 fail again and again at cart, checkout: 2.5 % of them (56 of 2,211) met two failures
      or more there, at least 44 times the rate of the others; that loses about 126 (112–142) of every 10,000
      shoppers. (Observed, not assigned: something that goes with it may be the cause.)
    In all, 3.1 % of shoppers met two failures or more (375 of 12,000, 2.8–3.5 %); for 234 of them it began at
      pay.
    Failures repeat because of the shopper's own circumstances: after a failed attempt the next one fails 4.7
      times as often as other shoppers' first attempts at the same time.
    4.7 % of shoppers would leave for good under applause-2024 (569, 4.4–5.1 %); 4.7 % to 8.6 % over all patience
      presets. They would have paid 2,656,692 (2,449,152–2,881,818) in minor units.

    How far shoppers came, and how they got through
      journey / unit    came  at once  after retries  never  then left
      browse / home    3,083    3,035             48      0          0
      browse / search  3,083    3,027             56      0          0
      buy / home       8,917    8,791            126      0          0
      buy / product    8,917    8,797            120      0      3,580
      buy / cart       5,337    5,028            304      5          0
      buy / checkout   5,332    5,043            284      5          0
      buy / pay        5,327    4,914            154    259          0

    Shoppers by number of failed attempts
      failed attempts  shoppers  of all  bought  lost (expected)
      none               10,756  89.6 %   4,300              3.9
      1                     869   7.2 %     662              227
      2                      91  0.76 %      91               57
      3 or more             284   2.4 %      15              281

    Where failures repeat (groups of shoppers, beside all others)
      shoppers with   at              repeated   rate  95 % range  lift  excess lost  range of excess       q
      payment wallet  pay                  234  5.2 %   4.6–5.9 %  ≥ 59          234          206–266  <0.001
      node n3 (seen)  cart, checkout        56  2.5 %   1.9–3.4 %  ≥ 44          151          134–171  <0.001

    After a failed attempt (stickiness: 0 by chance, 1 for good)
      at           tried again  first fails  next fails   95 % range  lift  95 % range  stickiness     95 % range
      anywhere           1,344        5.1 %      24.0 %  21.5–26.6 %   4.7     4.2–5.3        0.20      0.17–0.23
      browse/home           48        1.6 %        none      ≤ 7.4 %   0.0     0.0–4.8       −0.02  −0.02 to 0.06
      search                56        1.8 %        none      ≤ 6.4 %   0.0     0.0–3.5       −0.02  −0.02 to 0.05
      buy/home             126        1.4 %        none      ≤ 3.0 %   0.0     0.0–2.1       −0.01  −0.01 to 0.02
      product              120        1.3 %        none      ≤ 3.1 %   0.0     0.0–2.3       −0.01  −0.01 to 0.02
      cart                 309        5.8 %      11.0 %   7.4–16.0 %   1.9     1.3–2.8        0.06      0.02–0.11
      checkout             289        5.4 %      10.0 %   6.5–15.1 %   1.9     1.2–2.8        0.05      0.01–0.10
      pay                  396        7.4 %      65.4 %  60.4–70.1 %   8.8     8.1–9.4        0.63      0.57–0.68

    Steps (response time of successes)
      step         attempts  failed   95 % range  declined     p50     p95     p99     max
      browse/home     3,131   1.5 %    1.2–2.0 %         0    12ms  40.1ms  58.6ms  86.7ms
      search          3,139   1.8 %    1.4–2.3 %         0  14.2ms  42.1ms  59.2ms  91.7ms
      buy/home        9,043   1.4 %    1.1–1.7 %         0  16.1ms  43.9ms  61.9ms   125ms
      product         9,037   1.3 %    1.1–1.6 %         0  18.2ms  46.2ms  64.4ms   110ms
      cart            5,680   6.1 %    5.4–7.0 %         0  20.4ms  47.3ms  67.3ms   118ms
      checkout        5,650   5.7 %    5.1–6.4 %         0    22ms  49.1ms  66.2ms  92.9ms
      pay             5,999  14.0 %  12.6–15.4 %        17  24.4ms  50.9ms    71ms   114ms
      confirm         5,145   1.5 %    1.2–1.9 %         0  26.7ms  54.6ms    76ms   117ms

    What went wrong
      step         failures  kinds
      browse/home        48  throttled (429) 37, too slow 11
      search             56  throttled (429) 40, too slow 16
      buy/home          126  throttled (429) 85, too slow 41
      product           120  throttled (429) 80, too slow 40
      cart              348  status 5xx 253, throttled (429) 66, too slow 29
      checkout          323  status 5xx 252, throttled (429) 48, too slow 23
      pay               837  unexpected content 777, throttled (429) 44, too slow 16
      confirm            77  throttled (429) 54, too slow 23

    Shoppers lost, by how patient they are (this scenario's patience first)
      patience        lost  at least  of all  95 % range  worth, minor units       range of worth
      applause-2024    569       521   4.7 %   4.4–5.1 %           2,656,692  2,449,152–2,881,818
      geometric-63     685       627   5.7 %   5.3–6.1 %           3,139,083  2,915,920–3,379,327
      decline-44       728       679   6.1 %   5.7–6.5 %           3,319,824  3,090,575–3,566,077
      impatient-75   1,032     1,029   8.6 %   8.1–9.1 %           4,617,012  4,325,173–4,928,543

    Generator valid: 12,000 of 12,000 arrivals started; lag p50 42µs, p99 79µs, max 79µs; cpu 25.0 %; memory 48
      MiB

    Attempts that were too slow count as failures; they took longer than any response time shown for them.
    With 80 % power, 12,000 shoppers (effective sample 9,885, since failures came in bursts) show when the share
      of shoppers who fail again and again rises: from 0.10 % to 0.19 %, from 0.50 % to 0.69 %, from 1.0 % to
      1.3 %, from 3.1 % to 3.6 %; between two such runs, from 3.1 % to 3.8 %. Enough came to see each of these
      double.
    With 80 % power, 5,327 shoppers who came to pay (effective sample 3,367, since failures came in bursts) show
      when the share of first attempts to pay that fail rises: from 0.10 % to 0.30 %, from 0.50 % to 0.86 %, from
      1.0 % to 1.5 %, from 7.4 % to 8.6 %; between two such runs, from 7.4 % to 9.1 %. It takes 7,370 more to see
      0.10 % double.
    Some shoppers were stopped after 3 attempts at a unit, or by the end of the run. "lost" takes it that they
      would never have been served, "at least" that the next attempt would have served them.
    A declined attempt is no failure, but it costs the shopper's patience like one.
    Where a lost shopper's basket was not seen, its worth is estimated from the others of the same journey.
    "#);
}

#[test]
fn the_same_on_a_narrow_screen() {
    assert_snapshot!(shown(&Trial::run(12_000, 120, planted), 80), @r#"
    NO OBJECTIVES: nothing was asked of this run, and nothing judged
    Black Friday checkout
    12,000 shoppers and 46,824 requests in 2m against http://127.0.0.1:8080/, open
    load, seed 42

    Shoppers with payment wallet fail again and again at pay: 5.2 % of them (234 of
      4,525) met two failures or more there, at least 59 times the rate of the
      others; that loses about 195 (172–221) of every 10,000 shoppers.
    Shoppers who met node n3 fail again and again at cart, checkout: 2.5 % of them
      (56 of 2,211) met two failures or more there, at least 44 times the rate of
      the others; that loses about 126 (112–142) of every 10,000 shoppers.
      (Observed, not assigned: something that goes with it may be the cause.)
    In all, 3.1 % of shoppers met two failures or more (375 of 12,000, 2.8–3.5 %);
      for 234 of them it began at pay.
    Failures repeat because of the shopper's own circumstances: after a failed
      attempt the next one fails 4.7 times as often as other shoppers' first
      attempts at the same time.
    4.7 % of shoppers would leave for good under applause-2024 (569, 4.4–5.1 %);
      4.7 % to 8.6 % over all patience presets. They would have paid 2,656,692
      (2,449,152–2,881,818) in minor units.

    How far shoppers came, and how they got through
      journey / unit    came  at once  after retries  never  then left
      browse / home    3,083    3,035             48      0          0
      browse / search  3,083    3,027             56      0          0
      buy / home       8,917    8,791            126      0          0
      buy / product    8,917    8,797            120      0      3,580
      buy / cart       5,337    5,028            304      5          0
      buy / checkout   5,332    5,043            284      5          0
      buy / pay        5,327    4,914            154    259          0

    Shoppers by number of failed attempts
      failed attempts  shoppers  of all  bought  lost (expected)
      none               10,756  89.6 %   4,300              3.9
      1                     869   7.2 %     662              227
      2                      91  0.76 %      91               57
      3 or more             284   2.4 %      15              281

    Where failures repeat (groups of shoppers, beside all others)
      shoppers with   at              repeated   rate  lift  excess lost       q
      payment wallet  pay                  234  5.2 %  ≥ 59          234  <0.001
      node n3 (seen)  cart, checkout        56  2.5 %  ≥ 44          151  <0.001

    After a failed attempt (stickiness: 0 by chance, 1 for good)
      at           tried again  first fails  next fails  lift  stickiness
      anywhere           1,344        5.1 %      24.0 %   4.7        0.20
      browse/home           48        1.6 %        none   0.0       −0.02
      search                56        1.8 %        none   0.0       −0.02
      buy/home             126        1.4 %        none   0.0       −0.01
      product              120        1.3 %        none   0.0       −0.01
      cart                 309        5.8 %      11.0 %   1.9        0.06
      checkout             289        5.4 %      10.0 %   1.9        0.05
      pay                  396        7.4 %      65.4 %   8.8        0.63

    Steps (response time of successes)
      step         attempts  failed   95 % range     p50     p95     p99     max
      browse/home     3,131   1.5 %    1.2–2.0 %    12ms  40.1ms  58.6ms  86.7ms
      search          3,139   1.8 %    1.4–2.3 %  14.2ms  42.1ms  59.2ms  91.7ms
      buy/home        9,043   1.4 %    1.1–1.7 %  16.1ms  43.9ms  61.9ms   125ms
      product         9,037   1.3 %    1.1–1.6 %  18.2ms  46.2ms  64.4ms   110ms
      cart            5,680   6.1 %    5.4–7.0 %  20.4ms  47.3ms  67.3ms   118ms
      checkout        5,650   5.7 %    5.1–6.4 %    22ms  49.1ms  66.2ms  92.9ms
      pay             5,999  14.0 %  12.6–15.4 %  24.4ms  50.9ms    71ms   114ms
      confirm         5,145   1.5 %    1.2–1.9 %  26.7ms  54.6ms    76ms   117ms

    What went wrong
      step         failures  kinds
      browse/home        48  throttled (429) 37, too slow 11
      search             56  throttled (429) 40, too slow 16
      buy/home          126  throttled (429) 85, too slow 41
      product           120  throttled (429) 80, too slow 40
      cart              348  status 5xx 253, throttled (429) 66, too slow 29
      checkout          323  status 5xx 252, throttled (429) 48, too slow 23
      pay               837  unexpected content 777, throttled (429) 44, too slow 16
      confirm            77  throttled (429) 54, too slow 23

    Shoppers lost, by how patient they are (this scenario's patience first)
      patience        lost  of all  95 % range  worth, minor units
      applause-2024    569   4.7 %   4.4–5.1 %           2,656,692
      geometric-63     685   5.7 %   5.3–6.1 %           3,139,083
      decline-44       728   6.1 %   5.7–6.5 %           3,319,824
      impatient-75   1,032   8.6 %   8.1–9.1 %           4,617,012

    Generator valid: 12,000 of 12,000 arrivals started; lag p50 42µs, p99 79µs, max
      79µs; cpu 25.0 %; memory 48 MiB

    Attempts that were too slow count as failures; they took longer than any
      response time shown for them.
    With 80 % power, 12,000 shoppers (effective sample 9,885, since failures came in
      bursts) show when the share of shoppers who fail again and again rises: from
      0.10 % to 0.19 %, from 0.50 % to 0.69 %, from 1.0 % to 1.3 %, from 3.1 % to
      3.6 %; between two such runs, from 3.1 % to 3.8 %. Enough came to see each of
      these double.
    With 80 % power, 5,327 shoppers who came to pay (effective sample 3,367, since
      failures came in bursts) show when the share of first attempts to pay that
      fail rises: from 0.10 % to 0.30 %, from 0.50 % to 0.86 %, from 1.0 % to 1.5 %,
      from 7.4 % to 8.6 %; between two such runs, from 7.4 % to 9.1 %. It takes
      7,370 more to see 0.10 % double.
    Some shoppers were stopped after 3 attempts at a unit, or by the end of the run.
      "lost" takes it that they would never have been served, "at least" that the
      next attempt would have served them.
    A declined attempt is no failure, but it costs the shopper's patience like one.
    Where a lost shopper's basket was not seen, its worth is estimated from the
      others of the same journey.
    "#);
}

#[test]
fn a_run_without_failures() {
    assert_snapshot!(shown(&Trial::run(2_000, 60, |_| Outcome::Ok), 100), @r"
    NO OBJECTIVES: nothing was asked of this run, and nothing judged
    Black Friday checkout
    2,000 shoppers and 7,536 requests in 1m against http://127.0.0.1:8080/, open load, seed 42

    No shopper of 2,000 met two failures or more (≤ 0.15 % with 95 % confidence).
    No shopper is lost to failures (≤ 0.15 %).

    How far shoppers came, and how they got through
      journey / unit    came  at once  after retries  never  then left
      browse / home      539      539              0      0          0
      browse / search    539      539              0      0          0
      buy / home       1,461    1,461              0      0          0
      buy / product    1,461    1,461              0      0        577
      buy / cart         884      884              0      0          0
      buy / checkout     884      884              0      0          0
      buy / pay          884      884              0      0          0

    Shoppers by number of failed attempts
      failed attempts  shoppers  of all  bought  lost (expected)
      none                2,000   100 %     884                0
      1                       0       –       0                0
      2                       0       –       0                0
      3 or more               0       –       0                0

    Steps (response time of successes)
      step         attempts  failed  95 % range     p50     p95     p99     max
      browse/home       539    none    ≤ 0.56 %  12.1ms  44.8ms  59.9ms  74.9ms
      search            539    none    ≤ 0.56 %  14.4ms  43.1ms  62.8ms  86.1ms
      buy/home        1,461    none    ≤ 0.21 %  16.3ms  44.1ms  62.8ms   108ms
      product         1,461    none    ≤ 0.21 %  18.4ms  46.7ms  67.8ms  92.5ms
      cart              884    none    ≤ 0.34 %    20ms  47.4ms  67.7ms  86.3ms
      checkout          884    none    ≤ 0.34 %  22.7ms    48ms  66.5ms    89ms
      pay               884    none    ≤ 0.34 %    24ms  51.7ms    70ms  91.9ms
      confirm           884    none    ≤ 0.34 %  26.7ms  54.3ms  80.8ms   100ms

    Generator valid: 2,000 of 2,000 arrivals started; lag p50 42µs, p99 79µs, max 79µs; cpu 25.0 %;
      memory 48 MiB

    With 80 % power, 2,000 shoppers show when the share of shoppers who fail again and again rises: from
      0.10 % to 0.40 %, from 0.50 % to 0.96 %, from 1.0 % to 1.7 %; between two such runs, from 1.0 % to
      1.9 %. It takes 6,027 more to see 0.10 % double.
    With 80 % power, 884 shoppers who came to pay show when the share of first attempts to pay that fail
      rises: from 0.10 % to 0.62 %, from 0.50 % to 1.3 %, from 1.0 % to 2.0 %; between two such runs,
      from 1.0 % to 2.6 %. It takes 7,143 more to see 0.10 % double.
    ");
}

#[test]
fn a_tiny_run() {
    assert_snapshot!(shown(&Trial::run(8, 4, |m| failing(m.step == "home" && m.luck < 0.3)), 100), @r#"
    NO OBJECTIVES: nothing was asked of this run, and nothing judged
    Black Friday checkout
    8 shoppers and 20 requests in 4s against http://127.0.0.1:8080/, open load, seed 42

    In all, 12.5 % of shoppers met two failures or more (1 of 8, 2.2–47.1 %); for 1 of them it began at
      buy/home.
    22.2 % of shoppers would leave for good under applause-2024 (1.8, 7.4–50.5 %); 22.2 % to 40.6 % over
      all patience presets.

    How far shoppers came, and how they got through
      journey / unit   came  at once  after retries  never  then left
      browse / home       1        1              0      0          0
      browse / search     1        1              0      0          0
      buy / home          7        3              3      1          0
      buy / product       6        6              0      0          6
      buy / cart          0        0              0      0          0
      buy / checkout      0        0              0      0          0
      buy / pay           0        0              0      0          0

    Shoppers by number of failed attempts
      failed attempts  shoppers  of all  bought  lost (expected)
      none                    4  50.0 %       0                0
      1                       3  37.5 %       0              0.8
      2                       0       –       0                0
      3 or more               1  12.5 %       0              1.0

    After a failed attempt (stickiness: 0 by chance, 1 for good)
      at        tried again  first fails  next fails  lift  95 % range  stickiness     95 % range
      buy/home            4       57.1 %      25.0 %   0.4     0.0–1.5       −0.75  −1.29 to 0.68

    Steps (response time of successes)
      step         attempts  failed   95 % range     p50  p95  p99     max
      browse/home         1    none      ≤ 100 %       –    –    –  5.43ms
      search              1    none      ≤ 100 %       –    –    –  20.4ms
      buy/home           12  50.0 %  25.4–74.6 %  19.9ms    –    –  66.9ms
      product             6    none     ≤ 50.0 %  11.8ms    –    –  37.1ms

    What went wrong
      step      failures  kinds
      buy/home         6  status 5xx 6

    Shoppers lost, by how patient they are (this scenario's patience first)
      patience       lost  at least  of all   95 % range  effective sample
      applause-2024   1.8       1.6  22.2 %   7.4–50.5 %                 8
      geometric-63    2.2       2.0  27.2 %  10.4–54.5 %                 8
      decline-44      2.3       2.1  29.0 %  11.5–56.3 %                 8
      impatient-75    3.2       3.2  40.6 %  17.1–69.4 %                 8

    Generator valid: 8 of 8 arrivals started; lag p50 38µs, p99 79µs, max 79µs; cpu 25.0 %; memory 48
      MiB

    – : too few successes to carry this quantile (p50 takes 5, p95 59, p99 299).
    Intervals are weak: with fewer than 30 blocks of time, bursts of failures can't be told from
      independent ones.
    With 80 % power, 8 shoppers show when the share of shoppers who fail again and again rises: from
      0.10 % to 18.2 %, from 0.50 % to 18.2 %, from 1.0 % to 33.0 %, from 12.5 % to 58.4 %; between two
      such runs, from 12.5 % to 69.8 %. It takes 8,019 more to see 0.10 % double.
    Some shoppers were stopped after 3 attempts at a unit, or by the end of the run. "lost" takes it
      that they would never have been served, "at least" that the next attempt would have served them.
    "#);
}

#[test]
fn a_generator_that_stood_still() {
    let mut trial =
        Trial::run(200, 10, planted).stopped(Micros::from_secs(5), Micros::from_secs(7));
    let wall = Micros::from_secs(20);
    trial.tally.generator =
        Generator { cpu: wall * 97 / 100, wall, coarse_timer: true, ..Generator::default() };
    let text = shown(&trial, 100);
    let generator = text.split("Generator").nth(1).unwrap();
    assert_snapshot!(text.lines().next().unwrap(), @"INVALID: the generator, not the shop, was the bottleneck: the figures below say little of the shop");
    assert_snapshot!(format!("Generator{generator}"), @r#"
    Generator invalid: 200 of 200 arrivals started; lag p50 60µs, p99 1.9s, max 2s; cpu 97.0 %
      Invalid: 201 of 1,012 attempts (19.86 %) acted late, by up to 2s, most from 5s to 7s. Remedy: use
        an idle machine, more cores, or share the load between machines (--slice).
      Suspect: the generator's threads were busy 97 % of the time. Remedy: use more cores, or share the
        load between machines (--slice).
      Note: no precise timer on this system. Remedy: on Linux, starts are precise to some ten
        microseconds; here to a millisecond or so.

    – : too few successes to carry this quantile (p50 takes 5, p95 59, p99 299).
    Attempts that were too slow count as failures; they took longer than any response time shown for
      them.
    Intervals are weak: with fewer than 30 blocks of time, bursts of failures can't be told from
      independent ones.
    With 80 % power, 200 shoppers show when the share of shoppers who fail again and again rises: from
      0.10 % to 1.5 %, from 0.50 % to 2.7 %, from 1.0 % to 3.9 %, from 4.5 % to 9.0 %; between two such
      runs, from 4.5 % to 11.2 %. It takes 7,827 more to see 0.10 % double.
    With 80 % power, 96 shoppers who came to pay show when the share of first attempts to pay that fail
      rises: from 0.10 % to 3.1 %, from 0.50 % to 4.4 %, from 1.0 % to 5.7 %, from 6.2 % to 13.9 %;
      between two such runs, from 6.2 % to 17.9 %. It takes 7,931 more to see 0.10 % double.
    Some shoppers were stopped after 3 attempts at a unit, or by the end of the run. "lost" takes it
      that they would never have been served, "at least" that the next attempt would have served them.
    A declined attempt is no failure, but it costs the shopper's patience like one.
    Where a lost shopper's basket was not seen, its worth is estimated from the others of the same
      journey.
    "#);
}

#[test]
fn what_an_invalid_run_found_is_marked_where_it_stands() {
    let mut plan = shop();
    plan.objectives = vec![plan.objective("repeated_failures < 0.5%", 1).unwrap()];
    let trial =
        Trial::of(plan, 2_000, 60, planted).stopped(Micros::from_secs(20), Micros::from_secs(30));
    let (text, view) = (shown(&trial, 100), view(&trial));
    assert_snapshot!(between(&text, "Not to be", "In all"), @r"
    Not to be believed: 1,645 of 9,787 attempts (16.81 %) acted late, by up to 10s, most from 20s to
      30s, so that what is found here may be the generator's doing, and not the shop's.
      Shoppers with payment wallet fail again and again at pay: 5.4 % of them (39 of 725) met two
        failures or more there, at least 10 times the rate of the others; that loses about 199 (142–276)
        of every 10,000 shoppers.
      Shoppers who met node n3 fail again and again at cart, checkout: 3.0 % of them (11 of 372) met two
        failures or more there, at least 8.4 times the rate of the others; that loses about 151
        (112–198) of every 10,000 shoppers. (Observed, not assigned: something that goes with it may be
        the cause.)
      In all
    ");
    let titles: Vec<&str> =
        text.lines().filter(|line| line.ends_with(": not to be believed")).collect();
    assert_eq!(titles.len(), view.tables.len(), "{titles:?}");
    let loud = |tone: Tone| !matches!(tone, Tone::Faint);
    assert!(!view.headline.iter().any(|remark| loud(remark.tone)), "{:?}", view.headline);
    assert!(!view.tables.iter().flat_map(|table| &table.rows).any(|row| loud(row.tone)));
    let of_the_shop = || view.answers.iter().filter(|answer| !answer.of_the_run);
    assert!(
        of_the_shop().count() == 4 && !of_the_shop().any(|answer| loud(answer.tone)),
        "{:?}",
        view.answers
    );
}

#[test]
fn a_suspect_runs_times_are_read_with_caution_and_the_shop_is_not_blamed_for_a_late_generator() {
    let down = |m: &crate::verdict::trial::Moment<'_>| {
        failing((300.0..320.0).contains(&m.now) && m.step == "pay")
    };
    let trial =
        Trial::run(6_000, 600, down).stopped(Micros::from_secs(302), Micros::from_secs(304));
    let (text, view) = (shown(&trial, 120), view(&trial));
    assert_snapshot!(between(&text, "Read the times", "How far"), @r"
    Read the times with caution: 100 of 28,891 attempts (0.35 %) acted late, by up to 1.98s, most from 5m01s to 5m04s.
    In all, 0.63 % of shoppers met two failures or more (38 of 6,000, 0.10–3.7 %); for 38 of them it began at pay.
    Failures repeat because pay was down from 09:04:59 to 09:05:19 (the generator was late then): after a failed attempt the
      next one fails 13 times as often as a first one usually does, but no more often than other shoppers' first attempts at
      the same time.
    0.66 % of shoppers would leave for good under applause-2024 (39, 0.10–4.1 %); 0.66 % to 1.2 % over all patience presets.
      They would have paid 196,550 (23,409–1,650,309) in minor units.

    How far
    ");
    assert_snapshot!(between(&text, "When the shop failed", "Steps ("), @r"
    When the shop failed more than at other times
      from (UTC)  to        after  at   first attempts  failed  95 % range  elsewhere  repeated  excess lost  generator
      09:04:59    09:05:19  4m59s  pay              90   100 %  95.9–100 %       none        38           39  was late

    After a failed attempt (stickiness: 0 by chance, 1 for good)
      at   tried again  first fails  next fails  95 % range  lift  95 % range  stickiness  95 % range
      pay           90        3.3 %      42.2 %  7.2–87.4 %    13      2.1–26        0.40   0.04–0.87

    Steps (
    ");
    assert!(!text.contains("not to be believed"), "{text}");
    assert_eq!((view.answers[2].question, view.answers[2].tone), ("Since when?", Tone::Doubtful));
}

#[test]
fn a_closed_load_has_no_losses() {
    let mut plan = shop();
    plan.load.arrivals = ArrivalModel::Closed { users: 32, length: Micros::from_secs(60) };
    let text = shown(&Trial::of(plan, 12_000, 120, planted), 100);
    assert!(!text.contains("Shoppers lost") && !text.contains("excess lost"));
    assert_snapshot!(text.split("\n\n").take(2).collect::<Vec<_>>().join("\n\n"), @r"
    NO OBJECTIVES: nothing was asked of this run, and nothing judged
    Black Friday checkout
    12,000 shoppers and 46,824 requests in 2m against http://127.0.0.1:8080/, closed load of 32 at a
    time, seed 42

    Shoppers with payment wallet fail again and again at pay: 5.2 % of them (234 of 4,525) met two
      failures or more there, at least 59 times the rate of the others; about 195 (172–221) of every
      10,000 shoppers meet it.
    Shoppers who met node n3 fail again and again at cart, checkout: 2.5 % of them (56 of 2,211) met two
      failures or more there, at least 44 times the rate of the others; about 47 (35–63) of every 10,000
      shoppers meet it. (Observed, not assigned: something that goes with it may be the cause.)
    In all, 3.1 % of shoppers met two failures or more (375 of 12,000, 2.8–3.5 %); for 234 of them it
      began at pay.
    Failures repeat because of the shopper's own circumstances: after a failed attempt the next one
      fails 4.7 times as often as other shoppers' first attempts at the same time.
    Closed load: shoppers wait for one another, so what a slow or failing shop would lose is not
      derived.
    ");
}

#[test]
fn each_verdict_says_why() {
    let mut reasons = Vec::new();
    let mut trial = Trial::run(40, 10, |_| Outcome::Ok);
    let mut note =
        |trial: &Trial| reasons.push(shown(trial, 200).lines().next().unwrap().to_owned());
    note(&trial);
    trial.facts.missing_slices = vec!["1/2".parse().unwrap()];
    note(&trial);
    trial.facts.completion = Completion::Killed;
    note(&trial);
    trial.facts.completion = Completion::Interrupted;
    note(&trial);
    note(&Trial::run(0, 10, |_| Outcome::Ok));
    let mut findings = Trial::run(40, 10, |_| Outcome::Ok).findings();
    let answers = [
        (Verdict::Fail, ObjectiveVerdict::Broken, None),
        (Verdict::Inconclusive, ObjectiveVerdict::Inconclusive, Some(900)),
        (Verdict::Pass, ObjectiveVerdict::Holds, None),
    ];
    for (verdict, answer, more_shoppers) in answers {
        findings.verdict = verdict;
        findings.objectives = vec![ObjectiveFinding {
            text: "failures(pay) < 1%".into(),
            verdict: answer,
            more_shoppers,
            ..ObjectiveFinding::default()
        }];
        trial.facts.missing_slices.clear();
        let view = View::of(&trial.plan, &trial.facts, &findings);
        reasons.push(console(&view, 200, Paint::Plain).lines().next().unwrap().to_owned());
    }
    assert_snapshot!(reasons.join("\n"), @r"
    NO OBJECTIVES: nothing was asked of this run, and nothing judged
    INCONCLUSIVE: a part of the shoppers is missing: slices 1/2
    INTERRUPTED: the process died; the figures are of what it had written until then
    INTERRUPTED: the run was cut short; the figures are of what was seen until then
    INCONCLUSIVE: no shopper started
    FAIL: 1 of 1 objective broken: failures(pay) < 1%
    INCONCLUSIVE: too little was seen to say whether this holds: failures(pay) < 1%; about 900 more shoppers would decide
    PASS: all objectives hold
    ");
}

#[test]
fn a_run_that_goes_on_says_until_when_its_figures_are_and_decides_nothing() {
    let mut plan = shop();
    plan.objectives = ["repeated_failures < 0.5%", "p50(pay) < 1s", "p50(home) < 1s"]
        .map(|text| plan.objective(text, 1).unwrap())
        .into();
    let mut trial = Trial::of(plan, 1_000, 60, planted);
    trial.facts.completion = Completion::Running;
    let text = shown(&trial, 100);
    assert_snapshot!(text.lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    STILL RUNNING: these are the figures until 09:01:00 UTC; of 3 objectives 2 hold so far, and 1 is
    broken
    ");
    assert_snapshot!(between(&text, "Objectives", "How far"), @r"
    Objectives
      objective                 observed     exact 95 %  answer
      repeated_failures < 0.5%     3.3 %      2.2–4.8 %  inconclusive: it is broken so far
      p50(pay) < 1s               24.1ms  22.6ms–25.2ms  inconclusive: it holds so far
      p50(home) < 1s              15.6ms  14.9ms–16.5ms  inconclusive: it holds so far

    How far
    ");
    assert_eq!(trial.findings().verdict, Verdict::Inconclusive);
}

#[test]
fn no_line_is_longer_than_the_screen() {
    for width in [80, 90, 100, 120, 200] {
        for line in shown(&Trial::run(12_000, 120, planted), width).lines() {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
    assert_eq!(shown(&Trial::run(50, 10, planted), 20), shown(&Trial::run(50, 10, planted), 80));
}

#[test]
fn a_block_that_may_hide_a_bad_moment_is_told_beside_the_shopper_s_own_circumstances() {
    let said = |seconds| {
        let trial = Trial::run(8_000, seconds, |m| failing(m.step == "pay" && m.shopper < 0.03));
        let view = view(&trial);
        let source =
            view.headline.iter().find(|remark| remark.text.starts_with("Failures repeat")).unwrap();
        source.text.clone()
    };
    assert!(!said(1_800).contains("blocks of"), "5 s are not long");
    assert_snapshot!(said(3_600), @"Failures repeat because of the shopper's own circumstances: after a failed attempt the next one fails 47 times as often as other shoppers' first attempts at the same time. (Attempts are compared within blocks of 10s: a bad moment of the shop that was shorter would look like the shopper's own.)");
}

#[test]
fn prose_is_wrapped_before_a_name_is_cut() {
    let columns = [
        ("step", Fit::Name),
        ("what", Fit::Prose),
        ("shoppers", Fit::Figure),
        ("repeated", Fit::Figure),
        ("lost", Fit::Figure),
        ("second at", Fit::Name),
    ];
    let mut table = Table::new("What went wrong first", &columns);
    let row = [
        "browse/category",
        "status 502: the wallet provider did not call back",
        "12,345",
        "1,234",
        "1,000",
        "the same (1,234)",
    ];
    table.row(Tone::Bad, row.map(str::to_owned));
    assert_snapshot!(console_table(&table, 80, Paint::Plain), @r"
    What went wrong first
      step             what              shoppers  repeated   lost  second at
      browse/category  status 502: the     12,345     1,234  1,000  the same (1,234)
                       wallet provider
                       did not call
                       back
    ");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let view = view(&Trial::run(500, 60, planted));
    let (plain, colour) = (console(&view, 100, Paint::Plain), console(&view, 100, Paint::Colour));
    assert!(colour.contains("\u{1b}[") && !plain.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&colour).to_string(), plain);
}

#[test]
fn names_are_cut_by_their_width_and_not_by_bytes() {
    assert_eq!(cut("Größe wählen", 8), "Größe w…");
    assert_eq!(cut("支付方式选择", 7), "支付方…");
    assert_eq!(cut("pay", 3), "pay");
    assert_eq!(wrapped("a rate of 3.1 % of them", 14, 0), ["a rate of", "3.1 % of them"]);
}

#[test]
fn objectives_stand_first_with_what_was_observed_and_what_would_decide() {
    let mut plan = crate::verdict::trial::shop();
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
    let mut trial = Trial::of(plan, 3_000, 120, planted);
    trial.tally.seconds.clear();
    let shown = shown(&trial, 110);
    let table = shown.split("\n\n").find(|part| part.starts_with("Objectives")).unwrap();
    assert_snapshot!(table, @r"
    Objectives
      objective                 observed     exact 95 %  answer
      repeated_failures < 1%       3.3 %      2.6–4.1 %  broken
      failures(pay) < 3%          13.7 %    11.3–16.4 %  broken
      p99(pay) < 100ms            78.6ms  68.6ms–85.4ms  holds
      p95(pay) < 200ms for 20s    54.7ms  48.2ms–71.9ms  holds (the worst of 6 windows: 0–20 s)
      requests < 5/s                   –              –  inconclusive: nothing of the kind was seen
    ");
}

#[test]
fn a_time_that_many_never_came_to_is_told_as_a_share_and_not_as_a_span() {
    let mut plan = crate::verdict::trial::shop();
    let texts =
        ["p95(time_to_buy) < 10s", "p99(buy) < 1h", "p99(pay) < 10s", "failures(home) < 1%"];
    plan.objectives = texts.iter().map(|text| plan.objective(text, 1).unwrap()).collect();
    let trial = Trial::of(plan, 3_000, 120, |m| match m.step {
        "confirm" => failing(true),
        "pay" if m.luck < 0.1 => Outcome::Failed(crate::tally::FailureKind::TooSlow),
        _ => Outcome::Ok,
    });
    let shown = shown(&trial, 110);
    let table = shown.split("\n\n").find(|part| part.starts_with("Objectives")).unwrap();
    assert_snapshot!(table, @r"
    Objectives
      objective                    observed   exact 95 %  answer
      p95(time_to_buy) <       none in time     ≤ 0.22 %  broken; 1,335 of 1,335 never bought
      10s
      p99(buy) < 1h            none in time     ≤ 0.22 %  broken; 1,335 of 1,335 never came to the end
      p99(pay) < 10s         89.9 % in time  88.7–91.0 %  broken; 405 of 4,005 were given up as too slow (p99 of
                                                          the others: 70.7ms)
      failures(home) < 1%              none    ≤ 0.100 %  holds
    ");
}

#[test]
fn the_wire_is_told_in_a_line_with_the_generator() {
    let mut trial = Trial::run(100, 10, |_| Outcome::Ok);
    exchanges(&mut trial.tally, StepId(3), 600);
    let text = shown(&trial, 110);
    let line = text
        .lines()
        .skip_while(|line| !line.contains("On the wire"))
        .take(2)
        .collect::<Vec<_>>()
        .join("\n");
    assert_snapshot!(line, @r"
    On the wire: 1,000 requests, 60 by redirects, 1 held back by a cap, 1 dialled again unsent; 60 connections
      (1 by TLS resumption); p50–p99 connect 390µs, tls 1.19ms, wait 5.3ms–5.59ms, receive 40µs–40µs
    ");
}

#[test]
fn what_is_counted_on_the_wire_comes_to_the_headlines_requests() {
    let mut trial = Trial::run(100, 10, |_| Outcome::Ok);
    exchanges(&mut trial.tally, StepId(3), 600);
    let files = &mut trial.tally.steps[3].assets;
    (files.pages, files.files, files.requests, files.held, files.connections) =
        (60, 190, 160, 1, 1);
    let text = shown(&trial, 140);
    assert_snapshot!(between(&text, "On the wire", "–"), @r"
    On the wire: 1,000 requests of steps, 60 by redirects, 1 held back by a cap, 1 dialled again unsent; 60 connections (1 by TLS resumption);
        p50–
    ");
    assert_snapshot!(between(&text, "; and", "connection"), @r"
    ; and 160 requests for the files of their pages, 1 held back by a
        cap, over 1 connection
    ");
    assert_snapshot!(text.lines().nth(2).unwrap(), @"100 shoppers and 1,160 requests in 10s against http://127.0.0.1:8080/, open load, seed 42");
}

#[test]
fn one_of_anything_is_told_as_one() {
    let mut plan = shop();
    plan.objectives = vec![plan.objective("failures < 5%", 1).unwrap()];
    plan.season = Some(1);
    let mut trial = Trial::of(plan, 1, 10, |_| failing(true));
    exchanges(&mut trial.tally, StepId(0), 1);
    trial.tally.generator.clamped = 1;
    trial.tally.blocks.values_mut().next().unwrap().held = 1;
    let view = view(&trial);
    let suite = crate::report::suite(&trial.plan, &trial.facts, &trial.findings());
    let page = crate::report::page(&crate::report::RunReport {
        plan: &trial.plan,
        tally: &trial.tally,
        facts: &trial.facts,
        findings: &trial.findings(),
        scenario: "",
    });
    let body = page.split("<body>").nth(1).unwrap();
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

/// The part of a report between two texts, both included.
fn between(report: &str, from: &str, to: &str) -> String {
    let from = report.find(from).unwrap();
    let to = report[from..].find(to).unwrap() + from + to.len();
    report[from..to].to_owned()
}

#[test]
fn an_outage_is_told_with_its_time_and_a_season_with_its_loss() {
    let mut plan = shop();
    plan.season = Some(2_100_000);
    let trial =
        Trial::of(plan, 6_000, 120, |m| failing((40.0..60.0).contains(&m.now) || m.luck < 0.005));
    let text = shown(&trial, 100);
    assert_snapshot!(between(&text, "In all", "How far"), @r"
    In all, 16.8 % of shoppers met two failures or more (1,009 of 6,000, 5.4–41.5 %); for 747 of them it
      began at buy/home.
    Failures repeat because the shop was down from 09:00:40 to 09:01:00: after a failed attempt the next
      one fails 2.5 times as often as a first one usually does, but no more often than other shoppers'
      first attempts at the same time.
    15.2 % of shoppers would leave for good under applause-2024 (909, 5.1–37.1 %); 15.1 % to 17.7 % over
      all patience presets. They would have paid 2,767,903 (946,296–8,096,080) in minor units.

    How far
    ");
    assert_snapshot!(between(&text, "A season", "Generator"), @r"
    A season of 2,100,000 shoppers like these would lose
      patience          lost       95 % range  worth, minor units             range of worth
      applause-2024  318,153  107,894–778,112         968,766,220  331,203,663–2,833,628,047
      geometric-63   317,424  109,586–767,454         970,757,473  338,153,579–2,786,810,873
      decline-44     324,186  112,325–779,029         994,143,180  348,097,378–2,839,207,431
      impatient-75   372,276  131,954–859,202       1,107,341,801  400,924,781–3,058,443,690

    Generator
    ");
}

#[test]
fn a_live_run_tells_what_trying_again_did() {
    let mut plan = shop();
    plan.shoppers.behaviour = Behaviour::Live;
    plan.load.arrivals =
        ArrivalModel::Poisson(profile(&[(10.0, 100.0, 60.0), (100.0, 10.0, 60.0)]));
    let trial = Trial::of(plan, 6_000, 120, |m| failing((40.0..100.0).contains(&m.now)));
    let text = shown(&trial, 100);
    assert_snapshot!(between(&text, "Trying again", "How far"), @r"
    Trying again made 1.57 attempts of each first one.
    The shop began to fail at 09:00:40 when 70/s arrived, on the way to 100/s; trying again made 2.08
      attempts of each; it recovered 20s after the load was back there, and only at 40/s.
    36.8 % of shoppers left because of failures under applause-2024 (2,210, 18.2–60.4 %). They would
      have paid 3,344,974 (1,779,438–6,287,857) in minor units.

    How far
    ");
}
