//! The parts in their order, in the width of the screen.

use super::text::Setting;
use super::{head, integrity, power, traffic};
use crate::base::{count_of, on_one_line};
use crate::plan::Plan;
use crate::plan::forecast::Forecast;

/// The plan and its forecast as text; lines end without spaces, the last one with a line break.
pub fn render(plan: &Plan, forecast: &Forecast, setting: &Setting) -> String {
    let width = setting.width.max(80);
    let sections = [
        head::plan(plan, forecast, setting, width),
        blanks(plan),
        head::load(plan, width, setting.ascii),
        traffic::steps(plan, forecast, width),
        traffic::stay(forecast, width),
        traffic::render_undecided(plan, width),
        power::rates(forecast, width),
        power::objectives(plan, forecast, width),
        power::budget(plan, forecast, width),
        integrity::integrity(plan, forecast, width),
        power::breaches(forecast, width),
    ];
    let sections = sections.iter().filter(|lines| !lines.is_empty());
    let text: Vec<String> = sections
        .map(|lines| {
            lines.iter().map(|line| format!("{}\n", on_one_line(line.trim_end()))).collect()
        })
        .collect();
    text.join("\n")
}

/// What still has to be filled in.
fn blanks(plan: &Plan) -> Vec<String> {
    if plan.blanks.is_empty() {
        return Vec::new();
    }
    let count = count_of(plan.blanks.len() as u64, "blank");
    let head = format!("{count} to fill in (x-todo)");
    std::iter::once(head).chain(plan.blanks.iter().map(|blank| format!("  {blank}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Micros;
    use crate::plan::example::shop;
    use crate::plan::{
        ArrivalModel, ConnectionReuse, ErrorBudget, Load, Measure, Metric, MetricScope, Objective,
        Operator, Profile, ProvocationArm, ProvocationKind, SpentBy, Stage, shape,
    };

    fn objective(text: &str, metric: Metric, limit: f64, window: Option<Micros>) -> Objective {
        Objective {
            text: text.into(),
            line: 0,
            metric,
            operator: Operator::Below,
            limit,
            window,
            after: None,
            only: vec![],
            abort: false,
        }
    }

    fn shown(plan: &Plan, planned: Option<u64>, width: usize, ascii: bool) -> String {
        let setting = Setting { digest: "9aeadcce", seed: 42, width, ascii };
        render(plan, &Forecast::of(plan, planned), &setting)
    }

    #[test]
    fn a_plan_fits_on_a_screen() {
        let mut plan = shop();
        plan.name = "Black Friday checkout".into();
        plan.target = Some("http://127.0.0.1:8080".parse().unwrap());
        let profile =
            shape::profile("black-friday-retailer", 33.0, Micros::from_secs(600)).unwrap();
        plan.load.arrivals = ArrivalModel::Poisson(profile);
        plan.limits.requests = Some(60.0);
        plan.objectives = vec![
            objective(
                "repeated_failures < 0.1%",
                Metric::new(Measure::RepeatedFailures),
                0.001,
                None,
            ),
            objective(
                "failures(browse) < 0.1%",
                Metric::new(Measure::Failures)
                    .within(MetricScope::Journey(crate::base::JourneyId(1))),
                0.001,
                None,
            ),
            objective(
                "p99 < 800ms for 30s",
                Metric::new(Measure::Response).at(0.99),
                8e5,
                Some(Micros::from_secs(30)),
            ),
        ];
        insta::assert_snapshot!(shown(&plan, Some(13_101), 100, false), @r"
        Black Friday checkout
          target    http://127.0.0.1:8080/
          arrivals  poisson for 10m: 13,101 shoppers planned, 13,026 expected; mean 21.7/s, peak 33/s
          journeys  buy 90 %, browse 10 %
          shoppers  abandonment model applause-2024, behaviour probe (all shoppers retry; the report applies
                    the abandonment model)
                    payment: payment-0 75 %, payment-1 25 %
          plan      9aeadcce with seed 42

          33/s ┤                           ▁▂▃▄▅▅▆▆▆▇▇▇████████▇▇▆▅▅▄▄▄▃▃▃▃▂▂▂▂▁▁▁▂▂▂▂▃▃▄▄▅▅▅▅▅▅▅▄▃▁
               ┤▇▅▄▃▁                ▁▂▄▅▇███████████████████████████████████████████████████████████▇▅▄▃▂▁▁
               ┤██████▇▆▆▅▅▄▄▄▄▄▅▅▆▇████████████████████████████████████████████████████████████████████████
                0                                             5m                                         10m

          black-friday-retailer: a Black Friday at one retailer: a wave at midnight, the busiest hour (1.52
          times the daily mean) from 11 to 12, a second wave in the evening. Source: fitted, not measured;
          hourly levels set by hand: the busiest hour is 52 % above the daily mean at 11-12 h (Hitwise
          2016), midnight 1.8 times an ordinary one (Hitwise UK 2017: +82 %); the levels between are
          assumptions.

          step                                 per shopper   attempts   mean/s   peak/s  if no failure
          buy
            home                                       0.9     11,791     19.5     29.7      < 0.026 %
            product                                    0.9     11,791     19.5     29.7      < 0.026 %
            pay (retried as a unit)
              pay                                     0.45      5,895     9.77     14.8      < 0.051 %
              confirmation                            0.45      5,895     9.77     14.8      < 0.051 %
          browse
            home                                       0.1      1,310     2.17      3.3       < 0.23 %
            search                                    0.08      1,048     1.74     2.64       < 0.29 %
          all requests                                2.88     37,731     62.5       95

          Orders: 5,895. 121 to 1,072 shoppers are active at the peak. A visit takes 3.68s if the shop
          responds instantly, and 32.5s if every step takes its full time limit. Assumptions: no attempt
          fails, every step is one request, and the peak reaches all steps at once. Redirects and polls come
          on top.

        Rises in failure rates that this run detects (80 % power)
                                   if no failure   from 0.1 %   from 0.5 %     from 1 %
          13,101 shoppers              < 0.023 %    to 0.19 %    to 0.67 %     to 1.3 %
            comparing two runs                      to 0.23 %    to 0.75 %     to 1.4 %
            to detect a doubling                   sufficient   sufficient   sufficient
          5,895 at payment             < 0.051 %    to 0.24 %    to 0.77 %     to 1.4 %
            comparing two runs                      to 0.31 %    to 0.88 %     to 1.6 %
            to detect a doubling                   2,132 more   sufficient   sufficient
          Smaller rises may go undetected. Failures in bursts need more shoppers; the report states the
          effective sample.

        Objectives
          repeated_failures < 0.1%  can be met: 13,101 samples expected; 2,995 needed without failures,
                                    44,120 if the rate is half the limit
          failures(browse) < 0.1%   inconclusive at best: 2,358 samples expected; 2,995 needed without
                                    failures, 44,120 if the rate is half the limit
          p99 < 800ms for 30s       can be met: 1,887 samples expected in each window; 299 needed without
                                    failures, 7,325 if the rate is half the limit

        Limits that this plan exceeds
          warning: 95.0 requests/s at the peak, 60/s allowed: the rest would be delayed; lower the peak or
          raise limits.requests
        ");
    }

    #[test]
    fn an_error_budget_is_shown_with_the_smallest_detectable_burn_rate() {
        let mut plan = shop();
        plan.budget = Some(ErrorBudget {
            text: "99% of shoppers are not lost".into(),
            spent_by: SpentBy::LostShoppers,
            allowed: 0.01,
            window: Micros::from_secs(30 * 86_400),
            shoppers: 40e6,
            peak_hour: None,
        });
        let text = shown(&plan, None, 100, true);
        let budget = text.split("\n\n").find(|part| part.starts_with("Error budget")).unwrap();
        insta::assert_snapshot!(budget, @r"
        Error budget
          99% of shoppers are not lost: the budget is 400,000 of 40,000,000 shoppers over 30 days. At a burn
          rate of 1, a peak hour (36,000 shoppers) spends 0.09 %. Without failures, this run shows a burn
          rate below 0.5.
        ");
    }

    #[test]
    fn what_double_clicks_will_show_is_told_by_their_number() {
        let mut plan = shop();
        let arm = |kind, share, ms| ProvocationArm { kind, share, after: Micros::from_millis(ms) };
        let paying = plan.units.iter_mut().find(|unit| unit.paying_step.is_some()).unwrap();
        paying.provocations = vec![
            arm(ProvocationKind::DoubleClick, 0.05, 50),
            arm(ProvocationKind::DoubleClick, 0.05, 300),
            arm(ProvocationKind::Resubmit, 0.001, 1_000),
        ];
        let text = shown(&plan, Some(4_000), 100, true);
        let part = text.split("\n\n").find(|part| part.starts_with("Order integrity")).unwrap();
        insta::assert_snapshot!(part, @r"
        Order integrity: what shows at least once with 95 %
          1,800 orders                  a rate of 0.17 % or more
          90 of double_click 50ms       a rate of 3.4 % or more
          90 of double_click 300ms      a rate of 3.4 % or more
          1.8 of resubmit 1s            nothing: fewer than 3 of them
          double clicks                 14.7ms from check to write, or more
        ");
    }

    #[test]
    fn stages_are_listed_and_signs_kept_to_ascii() {
        let mut plan = shop();
        let stage = |from, to, secs, label: &str| Stage {
            from,
            to,
            length: Micros::from_secs(secs),
            label: label.into(),
        };
        let stages = vec![
            stage(0.0, 20.0, 30, "ramp to 20/s"),
            stage(20.0, 20.0, 60, "hold 20/s"),
            stage(80.0, 80.0, 20, "jump to 80/s"),
        ];
        plan.load.arrivals = ArrivalModel::Paced(Profile { stages, shape: None });
        let text = shown(&plan, None, 80, true);
        assert!(text.is_ascii());
        insta::assert_snapshot!(text, @r"
        example
          target    none: set one with --target
          arrivals  paced for 1m50s: 3,100 shoppers expected; mean 28.2/s, peak 80/s
          journeys  buy 90 %, browse 10 %
          shoppers  abandonment model applause-2024, behaviour probe (all shoppers
                    retry; the report applies the abandonment model)
                    payment: payment-0 75 %, payment-1 25 %
          plan      9aeadcce with seed 42

          80/s |                                                          ##############
               |                                                          ##############
               |...........:::::::::::::::::::::::::::::::::::::::::::::::##############
                0                                   55s                            1m50s

          ramp to 20/s            0 to 20/s           for 30s
          hold 20/s               20/s                for 1m
          jump to 80/s            80/s                for 20s

          step                   per shopper   attempts   mean/s   peak/s  if no failure
          buy
            home                         0.9      2,790     25.4       72       < 0.11 %
            product                      0.9      2,790     25.4       72       < 0.11 %
            pay (retried as a unit)
              pay                       0.45      1,395     12.7       36       < 0.22 %
              confirmation              0.45      1,395     12.7       36       < 0.22 %
          browse
            home                         0.1        310     2.82        8       < 0.97 %
            search                      0.08        248     2.25      6.4        < 1.3 %
          all requests                  2.88      8,928     81.2      230

          Orders: 1,395. 294 to 2,598 shoppers are active at the peak. A visit takes
          3.68s if the shop responds instantly, and 32.5s if every step takes its full
          time limit. Assumptions: no attempt fails, every step is one request, and the
          peak reaches all steps at once. Redirects and polls come on top.

        Rises in failure rates that this run detects (80 % power)
                                   if no failure   from 0.1 %   from 0.5 %     from 1 %
          3,100 shoppers               < 0.097 %     to 0.3 %    to 0.87 %     to 1.5 %
            comparing two runs                      to 0.43 %     to 1.1 %     to 1.8 %
            to detect a doubling                   4,927 more   sufficient   sufficient
          1,395 at payment              < 0.22 %    to 0.49 %     to 1.2 %     to 1.8 %
            comparing two runs                       to 0.7 %     to 1.5 %     to 2.2 %
            to detect a doubling                   6,632 more     202 more   sufficient
          Smaller rises may go undetected. Failures in bursts need more shoppers; the
          report states the effective sample.
        ");
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        use unicode_width::UnicodeWidthStr;
        let mut plan = shop();
        plan.journeys[0].name = "a journey with a name that goes on and on, further than any screen is wide, and then some".into();
        plan.steps[1].name = plan.journeys[0].name.clone();
        plan.objectives = vec![objective(
            "repeated_failures < 0.01%",
            Metric::new(Measure::RepeatedFailures),
            0.0001,
            Some(Micros::from_secs(10)),
        )];
        plan.limits.requests = Some(1.0);
        for width in [80, 100, 160] {
            let text = shown(&plan, Some(600), width, false);
            assert!(text.lines().all(|line| line.width() <= width), "at {width}:\n{text}");
        }
    }

    #[test]
    fn a_closed_load_promises_no_numbers() {
        let mut plan = shop();
        plan.load = Load {
            arrivals: ArrivalModel::Closed { users: 32, length: Micros::from_secs(60) },
            connections: ConnectionReuse::Kept,
        };
        plan.steps.iter_mut().for_each(|step| step.think = crate::base::Delay::default());
        insta::assert_snapshot!(shown(&plan, None, 80, false), @r"
        example
          target    none: set one with --target
          arrivals  closed, 32 shoppers at a time for 1m: the total depends on the shop,
                    connections shared between shoppers
          journeys  buy 90 %, browse 10 %
          shoppers  abandonment model applause-2024, behaviour probe (all shoppers
                    retry; the report applies the abandonment model)
                    payment: payment-0 75 %, payment-1 25 %
          plan      9aeadcce with seed 42

          step                   per shopper   attempts   mean/s   peak/s  if no failure
          buy
            home                         0.9          ?        ?        ?              ?
            product                      0.9          ?        ?        ?              ?
            pay (retried as a unit)
              pay                       0.45          ?        ?        ?              ?
              confirmation              0.45          ?        ?        ?              ?
          browse
            home                         0.1          ?        ?        ?              ?
            search                      0.08          ?        ?        ?              ?
          all requests                  2.88          ?        ?        ?

          Assumptions: no attempt fails, every step is one request, and the peak reaches
          all steps at once. Redirects and polls come on top.
        ");
    }
}
