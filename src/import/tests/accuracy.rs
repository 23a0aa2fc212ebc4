//! What an import finds, against what is known to be true. Twenty seeds each.

use super::simulate::{APACHE, NGINX, Request, START, Truth, apache, import, nginx, requests};
use crate::import::flow::MeasuredPatience;
use crate::import::{Import, ImportOptions, TimeWindow, scenario};
use crate::plan::{Inputs, Plan};

const SEEDS: u64 = 20;

fn whole() -> ImportOptions {
    ImportOptions { window: TimeWindow::Whole, ..ImportOptions::default() }
}

fn imported(truth: &Truth, seed: u64) -> Import {
    let lines: Vec<String> = requests(truth, seed).iter().map(nginx).collect();
    import(&lines, NGINX, whole())
}

/// The plan of an imported scenario: `check` accepts it.
fn plan(import: &Import) -> Plan {
    let text = scenario(import);
    Plan::from_text("imported", &text, &Inputs::default())
        .unwrap_or_else(|problems| panic!("{}\n{text}", problems.render(false)))
}

fn step<'i>(import: &'i Import, name: &str) -> &'i crate::import::flow::SpineStep {
    let funnel = import.funnel.as_ref().unwrap();
    funnel.steps.iter().find(|step| import.templates.get(step.kind).name == name).unwrap()
}

#[test]
fn shares_thinks_and_sessions_of_twenty_logs_are_those_of_the_truth() {
    let truth = Truth::default();
    let (mut inside, mut all) = (0, 0);
    let (mut medians, mut sigmas) = (Vec::new(), Vec::new());
    for seed in 0..SEEDS {
        let import = imported(&truth, seed);
        // A pause of half an hour begins a second session: one in ten million here, and none in these logs.
        assert_eq!(import.read.sessions, truth.sessions);
        let funnel = import.funnel.as_ref().unwrap();
        let looking =
            crate::import::fit::Proportion { some: import.bags[0].sessions, all: truth.sessions };
        assert_eq!(funnel.sessions + looking.some, truth.sessions);
        for (share, true_share) in [
            (step(&import, "product").goes_on.unwrap(), truth.to_cart),
            (step(&import, "submit cart").goes_on.unwrap(), truth.to_shipping),
            (looking, truth.looking),
        ] {
            let (low, high) = share.interval();
            all += 1;
            inside += usize::from(low <= true_share && true_share <= high);
        }
        let think = step(&import, "product").think.unwrap();
        assert!(think.fits, "seed {seed}: {think:?}");
        medians.push(think.median);
        sigmas.push(think.sigma);
        let names: Vec<&str> =
            funnel.steps.iter().map(|step| import.templates.get(step.kind).name.as_str()).collect();
        assert_eq!(names, ["home", "product", "submit cart", "submit shipping", "submit pay"]);
        assert_eq!(plan(&import).journeys.len(), 2);
    }
    assert!(inside * 100 >= all * 93, "{inside} of {all} intervals hold the truth");
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (median, sigma) = (mean(&medians), mean(&sigmas));
    assert!((median / truth.think.0 - 1.0).abs() < 0.03, "median {median}");
    assert!((sigma / truth.think.1 - 1.0).abs() < 0.05, "sigma {sigma}");
}

#[test]
fn patience_is_measured_where_it_can_be_and_refused_where_not() {
    let truth =
        Truth { failing: 0.7, to_cart: 0.95, to_shipping: 0.95, looking: 0.05, ..Truth::default() };
    let (mut inside, mut all) = (0, 0);
    for seed in 0..SEEDS {
        let import = imported(&truth, seed);
        let MeasuredPatience::Measured { hazards, retry, .. } = &import.patience else {
            panic!("{:?}", import.patience)
        };
        for (hazard, true_chance) in hazards.iter().zip(truth.leave).take(2) {
            assert!(hazard.failures > 500, "{hazard:?}");
            all += 1;
            inside +=
                usize::from(hazard.interval.0 <= true_chance && true_chance <= hazard.interval.1);
        }
        let pause = retry.unwrap().median;
        assert!((pause / truth.think.0 - 1.0).abs() < 0.1, "{pause}");
        assert!(scenario(&import).contains("patience: ["));
    }
    assert!(inside * 100 >= all * 93, "{inside} of {all} intervals hold the truth");
    let import = imported(&Truth { failing: 0.0, ..truth }, 1);
    let MeasuredPatience::Refused(reason) = &import.patience else {
        panic!("{:?}", import.patience)
    };
    assert!(reason.contains("0 shoppers"), "{reason}");
    assert!(scenario(&import).contains("patience: applause-2024"));
}

#[test]
fn the_rate_and_its_jump_are_found() {
    let truth = Truth { sessions: 9_000, jump: Some(6_000.0), ..Truth::default() };
    let (mut found, mut inside, mut bins) = (0, 0, 0);
    for seed in 0..SEEDS / 2 {
        let import = imported(&truth, seed);
        let shape = &import.shape;
        let since = |bin: usize| (shape.start as f64 / 1e6 - START) / 60.0 + bin as f64;
        found += usize::from(shape.jumps.iter().any(|bin| (since(*bin) - 100.0).abs() <= 1.0));
        let per_minute = 9_000.0 / (6_000.0 + 3.0 * 4_800.0) * 60.0;
        for (bin, (rate, half)) in shape.rate.iter().zip(&shape.half).enumerate() {
            let (from, to) = (since(bin), since(bin + 1));
            // Minutes about the jump belong to both sides; nobody begins in the last ones.
            if (98.0..=102.0).contains(&from) || to > 179.0 {
                continue;
            }
            let truth = if from < 100.0 { per_minute } else { 3.0 * per_minute };
            bins += 1;
            inside += usize::from((rate - truth).abs() <= *half);
        }
        let profile = plan(&import);
        let arrivals = profile.load.profile().unwrap().expected_arrivals();
        assert!((arrivals / 9_000.0 - 1.0).abs() < 0.03, "{arrivals}");
    }
    assert!(found * 10 >= SEEDS as usize / 2 * 9, "the jump is found in {found} of {}", SEEDS / 2);
    assert!(inside * 100 >= bins * 90, "{inside} of {bins} minutes within the band");
}

#[test]
fn programs_are_left_out_and_people_are_not() {
    let truth = Truth { sessions: 1_500, ..Truth::default() };
    let mut list = requests(&truth, 3);
    let people = list.len() as u64;
    let program = |id: u64, at: f64, agent: &str, path: String| Request {
        end: START + at,
        duration: 0.1,
        session: 1_000_000 + id,
        agent: agent.to_owned(),
        method: "GET",
        path,
        status: 200,
    };
    for i in 0..people / 3 {
        let at = i as f64 * 10_000.0 / (people / 3) as f64;
        // A crawler that says so, a scraper that does not and is fast, and a monitor with an even beat.
        list.push(program(
            1,
            at,
            "Mozilla/5.0 (compatible; Somebot/2.0)",
            format!("/products/sku-{}", i % 24),
        ));
        let burst = (i / 200) as f64 * 3_000.0 + (i % 200) as f64 * 0.4;
        list.push(program(
            2 + i / 200,
            burst,
            "Mozilla/5.0 (X11)",
            format!("/products/sku-{}", i % 24),
        ));
        list.push(program(900, i as f64 * 5.0, "Mozilla/5.0 (Windows)", "/".to_owned()));
    }
    list.sort_by(|a, b| a.end.total_cmp(&b.end));
    let lines: Vec<String> = list.iter().map(nginx).collect();
    let import = import(&lines, NGINX, whole());
    let dropped: u64 = import.read.programs.values().sum();
    let planted = list.len() as u64 - people;
    assert!(dropped * 100 >= planted * 98, "{dropped} of {planted}");
    assert_eq!(import.read.sessions, truth.sessions, "{:?}", import.read.programs);
}

#[test]
fn the_start_and_the_end_of_slow_pages_are_not_confused() {
    let truth = Truth { page: 3.0, think: (8.0, 0.3), sessions: 4_000, ..Truth::default() };
    let list = requests(&truth, 5);
    let of = |write: fn(&Request) -> String, format: &str| {
        let lines: Vec<String> = list.iter().map(write).collect();
        step(&import(&lines, format, whole()), "product").think.unwrap().median
    };
    let (nginx, apache) = (of(nginx, NGINX), of(apache, APACHE));
    assert!((nginx - 8.0).abs() < 0.1 && (apache - 8.0).abs() < 0.1, "{nginx} and {apache}");
}

#[test]
fn rates_grow_by_scale_and_peak_and_shares_by_conversion() {
    let lines: Vec<String> = requests(&Truth::default(), 1).iter().map(nginx).collect();
    let plan_with = |change: &dyn Fn(&mut ImportOptions)| {
        let mut options = whole();
        change(&mut options);
        plan(&import(&lines, NGINX, options))
    };
    let expected = |plan: &Plan| plan.load.profile().unwrap().expected_arrivals();
    let plain = plan_with(&|_| {});
    let twice = plan_with(&|options| options.scale.factor = 2.0);
    assert!((expected(&twice) / expected(&plain) - 2.0).abs() < 0.01);
    let peak = plan_with(&|options| options.scale.peak = Some(80.0));
    let highest = |plan: &Plan| {
        plan.load
            .profile()
            .unwrap()
            .stages
            .iter()
            .map(|stage| stage.from.max(stage.to))
            .fold(0.0, f64::max)
    };
    assert!((highest(&peak) - 80.0).abs() < 2.5, "{}", highest(&peak));
    let short =
        plan_with(&|options| options.scale.length = Some(crate::base::Micros::from_secs(600)));
    assert!((short.load.length().as_secs_f64() - 600.0).abs() < 0.1);
    let more = plan_with(&|options| options.scale.conversion = 1.2);
    let through = |plan: &Plan| plan.steps.iter().map(|step| step.continues).product::<f64>();
    assert!((through(&more) / through(&plain) - 1.2).abs() < 0.02);
}

#[test]
fn arrivals_in_bursts_are_planned_as_bursty_and_calm_ones_are_not() {
    let calm = imported(&Truth::default(), 4);
    assert!(!scenario(&calm).contains("bursty"), "{}", calm.shape.dispersion);
    // Everybody comes six at a time: the variance of counts is about six times that of single visitors.
    let mut list = requests(&Truth::default(), 4);
    let start = |request: &Request| request.end - request.duration;
    let mut begins: std::collections::BTreeMap<u64, f64> = std::collections::BTreeMap::new();
    for request in &list {
        let begin = begins.entry(request.session).or_insert(f64::INFINITY);
        *begin = begin.min(start(request));
    }
    for request in &mut list {
        request.end += begins[&(request.session - request.session % 6)] - begins[&request.session];
    }
    list.sort_by(|a, b| a.end.total_cmp(&b.end));
    let lines: Vec<String> = list.iter().map(nginx).collect();
    let bursty = import(&lines, NGINX, whole());
    assert!((3.0..9.0).contains(&bursty.shape.dispersion), "{}", bursty.shape.dispersion);
    let plan = plan(&bursty);
    let crate::plan::ArrivalModel::Bursty(_, bursts) = plan.load.arrivals else {
        panic!("{:?}", plan.load.arrivals)
    };
    assert!((bursts.dispersion / bursty.shape.dispersion - 1.0).abs() < 0.01, "{bursts:?}");
    assert_eq!(bursts.every, crate::base::Micros::from_secs(60));
}

#[test]
fn a_plan_keeps_the_arrivals_of_its_log() {
    let import = imported(&Truth::default(), 2);
    let logged = plan(&import).logged.unwrap();
    let arrivals: f64 = logged.rates.iter().sum::<f64>() * logged.every.as_secs_f64();
    let counted: u32 = import.shape.counts.iter().sum();
    assert!((arrivals / f64::from(counted) - 1.0).abs() < 0.001, "{arrivals} of {counted}");
    assert!(logged.when.starts_with("Friday 28 November 2025"), "{}", logged.when);
}
