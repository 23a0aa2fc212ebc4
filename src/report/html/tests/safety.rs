use super::*;

#[test]
fn names_and_bodies_can_not_break_out() {
    let mut plan = shop();
    plan.name = HOSTILE.into();
    plan.shoppers.attributes[1].values[0].0 = TURNED.into();
    plan.units.iter_mut().for_each(|unit| unit.name = format!("{}{HOSTILE}", unit.name));
    plan.steps.iter_mut().for_each(|step| step.name = format!("{}{HOSTILE}", step.name));
    plan.shoppers.attributes[1].values[1].0 = HOSTILE.into();
    plan.journeys[1].name = HOSTILE.into();
    plan.observed = vec![HOSTILE.into()];
    let mut simulated = SimulatedRun::of(plan, 3_000, 60, |m| {
        failing(m.step.starts_with("pay") && m.payment == "wallet" && m.shopper < 0.3)
    });
    simulated.facts.target = format!("http://127.0.0.1/{HOSTILE}");
    simulated.facts.tags.insert(HOSTILE.into(), HOSTILE.into());
    let exchange = SampledExchange {
        step: HOSTILE.into(),
        attempt: 1,
        began_at: Micros::ZERO,
        took: Micros(1),
        status: Some(500),
        failure: Some(FailureKind::ServerError),
        detail: HOSTILE.into(),
        message: String::new(),
        request: Some(HOSTILE.into()),
        response: Some(HOSTILE.repeat(100)),
    };
    let line = SampleLine {
        shopper: ShopperId(1),
        marker: HOSTILE.into(),
        journey: HOSTILE.into(),
        attributes: [(HOSTILE.into(), HOSTILE.into())].into(),
        observed: [].into(),
        arrived_at: Micros::ZERO,
        end: End::StoppedByCap,
        exchanges: vec![exchange],
    };
    let site = FailureSite {
        step: crate::base::StepId(6),
        kind: FailureKind::ServerError,
        status: Some(500),
    };
    simulated.tally.samples.offer(
        &FirstFailure { site, message: HOSTILE.into() },
        1,
        Arc::new(line),
    );
    let input = RunReport {
        plan: &simulated.plan,
        tally: &simulated.tally,
        facts: &simulated.facts,
        findings: &simulated.findings(),
        scenario: HOSTILE,
        records: None,
    };
    let text = page(&input);
    let html = Html::parse_document(&text);
    assert_eq!(all(&html, "img, iframe, object, [onerror], [onclick], [style]").len(), 0);
    assert_eq!(all(&html, "script:not([type='application/json'])").len(), 1);
    let told = all(&html, "script[type='application/json']");
    assert!(!told.is_empty());
    for data in told {
        let text: String = data.text().collect();
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    }
    assert!(all(&html, "h1")[0].text().collect::<String>().contains(HOSTILE));
    assert!(all(&html, "article pre").iter().any(|pre| pre.text().collect::<String>() == HOSTILE));
    assert_eq!(all(&html, "main").len(), 1);
    assert!(!text.contains(['\u{202e}', '\u{2066}']) && text.contains("\\u{202e}tfel ot\\u{2066}"));
}

#[test]
fn a_page_reaches_for_nothing() {
    let text = shown(&gated(2_000, 60, planted));
    let html = Html::parse_document(&text);
    let policy =
        all(&html, "meta[http-equiv=Content-Security-Policy]")[0].value().attr("content").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert_eq!(all(&html, "link:not([href='data:,']), [src]").len(), 0);
    let scripts = all(&html, "script:not([type='application/json'])");
    let script: String = scripts[0].text().collect();
    let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
    assert!(policy.contains(&format!("; script-src 'sha256-{hash}'; img-src data:;")), "{policy}");
    assert!(!policy.contains("connect-src") && scripts.len() == 1);
    assert!(script.contains("Copyright (c) 2022 Leon Sorokin"));
    let outside = |element: &ElementRef<'_>| {
        element.value().attr("href").is_some_and(|href| !href.starts_with('#') && href != "data:,")
    };
    assert!(all(&html, "[href]").iter().all(|element| !outside(element)));
}

#[test]
fn an_hour_of_a_large_shop_is_less_than_a_megabyte_and_a_half() {
    let mut plan = shop();
    crate::plan::example::add_journey(&mut plan, "long", 3.0);
    for step in 0..16 {
        crate::plan::example::add_unit(&mut plan, false, &[(&format!("step {step}"), 0.0, 1.0)]);
    }
    let simulated = SimulatedRun::of(plan, 30_000, 3_600, planted);
    let size = shown(&simulated).len();
    assert!(size < 1_500_000, "{size} bytes");
}
