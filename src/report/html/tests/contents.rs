use super::*;

#[test]
fn the_page_has_its_parts_in_order() {
    let html = Html::parse_document(&shown(&gated(12_000, 120, planted)));
    let mut outline = Vec::new();
    for element in all(&html, "h1, h2, h3, dt, figcaption, caption") {
        outline.push(format!("{} {}", element.value().name(), text(element)));
    }
    assert_snapshot!(outline.join("\n"), @r"
    h1 FAIL Black Friday checkout
    h2 Summary
    dt Did it pass?
    dt Where do failures repeat?
    dt When?
    dt Who is affected?
    dt How many shoppers are lost?
    dt How many orders?
    dt Do the shop's books agree?
    dt Can I trust this run?
    h2 Load and failures
    figcaption Active shoppers
    figcaption Shopper arrivals per second
    figcaption Orders per minute, in steps of 5 s
    figcaption Failed attempts, and shoppers with their second failure, per second
    figcaption Response time of all attempts, failed ones among them (log scale)
    h2 Did it pass?
    caption Objectives
    h2 Shopper outcomes (funnel)
    figcaption browse: shopper funnel (number of shoppers)
    figcaption buy: shopper funnel (number of shoppers)
    caption Orders
    caption Shopper outcomes by unit (funnel)
    caption Shoppers by number of failed attempts
    h2 Timeline and incidents
    figcaption Requests per second
    figcaption Schedule lag of the load generator (log scale)
    h2 Groups with repeated failures
    caption Groups with elevated repeated failures (vs. everyone else)
    caption Retries after a failed attempt (stickiness: 0 = independent, 1 = permanent)
    caption Share of shoppers with a first failure at the step and a second one at its unit (%)
    h3 Examples
    h2 Steps and response times
    caption Steps (response times of successful attempts)
    caption Failures by kind
    h3 Distributions
    figcaption browse/home: response-time distribution (%, log scale)
    figcaption search: response-time distribution (%, log scale)
    figcaption buy/home: response-time distribution (%, log scale)
    figcaption product: response-time distribution (%, log scale)
    figcaption cart: response-time distribution (%, log scale)
    figcaption checkout: response-time distribution (%, log scale)
    figcaption pay: response-time distribution (%, log scale)
    figcaption confirm: response-time distribution (%, log scale)
    h3 Over time
    figcaption browse/home: response time of successful attempts (log scale)
    figcaption search: response time of successful attempts (log scale)
    figcaption buy/home: response time of successful attempts (log scale)
    figcaption product: response time of successful attempts (log scale)
    figcaption cart: response time of successful attempts (log scale)
    figcaption checkout: response time of successful attempts (log scale)
    figcaption pay: response time of successful attempts (log scale)
    figcaption confirm: response time of successful attempts (log scale)
    caption Percentiles of successful attempts
    h2 Lost shoppers and revenue at risk
    caption Lost shoppers by abandonment model (this scenario's first)
    h2 Can I trust this run?
    h3 How to read the figures
    h2 Run it again
    dt Run
    dt Started
    dt Target
    dt Seed
    dt Load
    dt Shoppers
    dt Slice
    dt Plan digest
    dt Workload digest
    dt Scenario SHA-256
    dt Tags
    dt Version
    dt Machine
    dt Completion
    ");
    let answers: Vec<String> = all(&html, ".answer").into_iter().map(text).collect();
    assert_snapshot!(answers.join("\n"), @r"
    Did it pass? Failed 1 of 2 objectives violated: repeated_failures < 0.5%
    Where do failures repeat? pay, cart, checkout 3.1 % of shoppers had two or more failed attempts (375 of 12,000, 95 % CI 2.8–3.5 %)
    When? Throughout no incident: the failure rate did not vary over time beyond chance
    Who is affected? payment wallet, node n3 repeated failures: payment wallet at pay, 259 of 2,706; node n3 at cart, checkout, 62 of 1,350
    How many shoppers are lost? 4.7 % 565 of 12,000 shoppers (95 % CI 4.4–5.1 %), expected under abandonment model applause-2024; they would have paid 25,534.49
    How many orders? 5,068 confirmed 2,041 per minute; of 5,999 purchase requests: 17 declined, 914 unknown
    Do the shop's books agree? Not compared no records of the shop were read
    Can I trust this run? Yes the schedule was held: 12,000 of 12,000 arrivals started, schedule lag p99 79µs
    ");
}

#[test]
fn every_figure_is_that_of_the_document() {
    let simulated = gated(12_000, 120, planted);
    let run = serde_json::to_value(run_document(
        &simulated.plan,
        &simulated.tally,
        &simulated.facts,
        &simulated.findings(),
    ))
    .unwrap();
    let html = Html::parse_document(&shown(&simulated));
    let figures = all(&html, "[data-figure]");
    assert!(figures.len() > 100, "{}", figures.len());
    for element in figures {
        let path = format!("/{}", element.value().attr("data-figure").unwrap().replace('.', "/"));
        let told = run.pointer(&path).unwrap_or_else(|| panic!("{path} is not in run.json"));
        let shown = element
            .value()
            .attr("data-value")
            .map_or(Value::Null, |value| serde_json::from_str(value).unwrap());
        assert_eq!(shown.as_f64(), told.as_f64(), "{path}");
    }
}

#[test]
fn a_page_of_nothing_and_one_of_nothing_wrong_are_whole() {
    let closed = {
        let mut plan = shop();
        plan.load.arrivals =
            crate::plan::ArrivalModel::Closed { users: 4, length: Micros::from_secs(10) };
        SimulatedRun::of(plan, 500, 10, planted)
    };
    for (simulated, answer) in [
        (SimulatedRun::run(0, 10, |_| Outcome::Ok), "None observed"),
        (SimulatedRun::run(600, 10, |_| Outcome::Ok), "Nowhere"),
        (SimulatedRun::run(3, 3, |_| failing(true)), "home"),
        (closed, "pay"),
    ] {
        let html = Html::parse_document(&shown(&simulated));
        let answers: Vec<String> = all(&html, ".answer .word").into_iter().map(text).collect();
        assert_eq!(answers.len(), 8);
        assert!(answers[1].contains(answer), "{answers:?}");
        assert!(all(&html, "figure[data-chart=arrivals] svg[role=img][aria-label]").len() == 2);
    }
}

#[test]
fn what_is_not_to_be_believed_says_so_in_every_part() {
    let cautions = |simulated: &SimulatedRun| {
        let html = Html::parse_document(&shown(simulated));
        let of = |selector: &str| -> Vec<String> {
            all(&html, selector)
                .iter()
                .map(|part| part.value().attr("id").unwrap_or_default().to_owned())
                .collect()
        };
        (
            of("section:has(> .warning), section:has(> details.chapter > .warning)"),
            of("section.doubted"),
        )
    };
    let all_parts = ["answers", "overview", "gate", "funnel", "time", "places", "steps", "loss"]
        .map(str::to_owned)
        .to_vec();
    let invalid = gated(2_000, 60, planted).stopped(Micros::from_secs(20), Micros::from_secs(30));
    assert_eq!(cautions(&invalid), (all_parts.clone(), all_parts));
    let suspect =
        gated(6_000, 600, planted).stopped(Micros::from_secs(300), Micros::from_secs(302));
    assert_eq!(
        cautions(&suspect),
        (["answers", "time", "steps"].map(str::to_owned).to_vec(), vec![])
    );
    assert_eq!(cautions(&gated(2_000, 60, planted)), (vec![], vec![]));
}

#[test]
fn who_still_tries_is_not_told_as_lost_and_branches_stand_beside_each_other() {
    let mut simulated = SimulatedRun::run(400, 20, |_| Outcome::Ok);
    let journey = simulated.plan.journeys.len() - 1;
    let units: Vec<UnitId> = simulated.plan.journeys[journey].units.clone().map(UnitId).collect();
    let branches = units[1..3].iter().map(|unit| (1.0, vec![JourneyItem::Unit(*unit)])).collect();
    simulated.plan.journeys[journey].route =
        [JourneyItem::Unit(units[0]), JourneyItem::Choose(branches)]
            .into_iter()
            .chain(units[3..].iter().map(|unit| JourneyItem::Unit(*unit)))
            .collect();
    let stage = &mut simulated.tally.journeys[journey].funnel[3];
    (stage.entered, stage.stopped) = (stage.passed + 7, 3);
    let html = Html::parse_document(&shown(&simulated));
    let rows: Vec<String> = all(&html, &format!("figure[data-chart=flow-{journey}] tbody tr"))
        .into_iter()
        .map(text)
        .collect();
    assert!(rows[3].ends_with("0430"), "{rows:?}");
    let told: Vec<String> = all(&html, "#funnel th.words").into_iter().map(text).collect();
    assert_eq!(told.iter().filter(|name| name.ends_with("(one of 2)")).count(), 2, "{told:?}");
}

#[test]
fn chapters_without_news_are_folded_and_those_with_news_are_not() {
    let folded = |simulated: &SimulatedRun| {
        let html = Html::parse_document(&shown(simulated));
        let chapters = all(&html, "section:has(> details.chapter:not([open]))");
        chapters.iter().map(|it| it.value().attr("id").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let healthy = SimulatedRun::run(6_000, 60, |_| Outcome::Ok);
    let all_but_the_gate = ["funnel", "time", "places", "steps", "loss", "trust", "again"];
    assert_eq!(folded(&healthy), all_but_the_gate);
    assert_eq!(folded(&gated(12_000, 120, planted)), ["time", "trust", "again"]);
}

#[test]
fn an_incident_has_a_note_for_the_channel_where_it_is_dealt_with() {
    let mut simulated = SimulatedRun::run(12_000, 240, |m| {
        failing(m.step == "pay" && (100.0..130.0).contains(&m.now))
    });
    let pay = simulated.step("pay");
    let exchange = SampledExchange {
        message: String::new(),
        step: "pay".into(),
        attempt: 1,
        began_at: Micros::from_secs(110),
        took: Micros(1),
        status: Some(503),
        failure: Some(FailureKind::ServerError),
        detail: String::new(),
        request: None,
        response: None,
    };
    for (nth, at) in [(1, 110), (2, 10)] {
        let line = SampleLine {
            shopper: ShopperId(nth),
            marker: format!("shopper-{nth}"),
            journey: "buy".into(),
            attributes: [].into(),
            observed: [].into(),
            arrived_at: Micros::ZERO,
            end: End::StoppedByCap,
            exchanges: vec![SampledExchange {
                began_at: Micros::from_secs(at),
                ..exchange.clone()
            }],
        };
        let site = FailureSite { step: pay, kind: FailureKind::ServerError, status: Some(503) };
        let cause = FirstFailure { site, message: "".into() };
        simulated.tally.samples.offer(&cause, nth, Arc::new(line));
    }
    let html = Html::parse_document(&shown(&simulated));
    let notes: Vec<String> =
        all(&html, "details.incident pre").into_iter().map(|it| it.text().collect()).collect();
    assert_snapshot!(notes.join("\n\n"), @r#"
    ### Black Friday checkout: pay failed 100 % of first attempts

    - **From:** 2026-11-27T09:01:40Z, 1m40s after the start
    - **To:** 2026-11-27T09:02:10Z, 2m10s after the start
    - **Times:** when failing attempts began; their failures may be logged later
    - **Where:** pay, http://127.0.0.1:8080/
    - **Failed:** 678 of 678 first attempts, 100 % (95 % CI 99.4–100 %); none at other times
    - **Who:** any shopper: no group stands out
    - **Failed again:** 430 shoppers
    - **Lost:** about 406 shoppers above other times (95 % CI 322–482)
    - **Shoppers (header `x-shopper`):** `shopper-1`
    - **Log query:** `@timestamp:["2026-11-27T09:01:40Z" TO "2026-11-27T09:02:10Z"] AND ("shopper-1")`
    - **In files:** `grep -E 'shopper-1'`
    - **Run:** 20261127T090000Z-black-friday-checkout-0a1b, seed 42
    "#);
}

#[test]
fn causes_and_groups_lead_to_their_examples() {
    let mut simulated = SimulatedRun::run(12_000, 120, planted);
    let site = FailureSite {
        step: simulated.step("pay"),
        kind: FailureKind::ServerError,
        status: Some(503),
    };
    let cause = FirstFailure { site, message: "busy".into() };
    let who = ShopperId(1);
    simulated.tally.shopper_end(&ShopperEnd {
        attributes: &[0, 1],
        failures: 2,
        first_failed: Some(site.step),
        repeated_at: Some(site.step),
        reached: Some(site.step),
        cause: Some(&cause),
        end: End::StoppedByCap,
        ..ShopperEnd::without_trouble(who, JourneyId(1), Micros::ZERO, Micros::ZERO)
    });
    let failed = |attempt| SampledExchange {
        message: "busy".into(),
        step: "pay".into(),
        attempt,
        began_at: Micros::ZERO,
        took: Micros(1),
        status: Some(503),
        failure: Some(FailureKind::ServerError),
        detail: String::new(),
        request: None,
        response: None,
    };
    let line = SampleLine {
        shopper: who,
        marker: "s-1".into(),
        journey: "buy".into(),
        attributes: [("payment".to_owned(), "wallet".to_owned())].into(),
        observed: [].into(),
        arrived_at: Micros::ZERO,
        end: End::StoppedByCap,
        exchanges: vec![failed(1), failed(2)],
    };
    simulated.tally.samples.offer(&cause, 1, Arc::new(line));
    let html = Html::parse_document(&shown(&simulated));
    let links: Vec<&str> =
        all(&html, "table a").iter().filter_map(|link| link.value().attr("href")).collect();
    assert!(links.iter().any(|link| link.starts_with("#example-")), "{links:?}");
    assert!(links.iter().any(|link| link.starts_with("#examples-of-group-")), "{links:?}");
    for link in links {
        assert_eq!(all(&html, link).len(), 1, "{link} leads to one place");
    }
}
