//! The sentences of reports on many kinds of runs can be read once. Their words are held in `tests/architecture/plain_words.rs`.

use regex::Regex;

use crate::base::Micros;
use crate::plan::{ArrivalModel, Behaviour, ErrorBudget, SpentBy, example::profile};
use crate::report::view::View;
use crate::verdict::simulation::{Moment, SimulatedRun, failing, planted, shop};

/// The longest sentence, in words.
const LONGEST: usize = 25;

#[test]
fn sentences_are_short() {
    let mut long = Vec::new();
    for statement in statements() {
        long.extend(sentences(&statement).into_iter().filter(|it| words(it) > LONGEST));
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn sentences_end_with_a_full_stop_and_words_have_letters() {
    assert_eq!(
        sentences("A rate of 3.1 % (95 % CI 2–4 %) vs. everyone else. Two: `a.b`."),
        ["A rate of 3.1 % (95 % CI 2–4 %) vs. everyone else.", "Two: `a.b`."]
    );
    assert_eq!(words("3.1 % of shoppers (n = 12) didn't buy"), 5);
}

/// The sentences of reports on runs of many kinds.
fn statements() -> Vec<String> {
    let down = |m: &Moment<'_>| failing((40.0..60.0).contains(&m.now) || m.luck < 0.005);
    let sticky_and_down =
        |m: &Moment<'_>| failing((40.0..60.0).contains(&m.now) || m.shopper < 0.03);
    let mut trials = vec![
        SimulatedRun::run(0, 10, planted),
        SimulatedRun::run(8, 4, |m| failing(m.step == "home" && m.luck < 0.3)),
        SimulatedRun::run(2_000, 60, |_| failing(false)),
        SimulatedRun::run(2_000, 60, |_| failing(true)),
        SimulatedRun::run(4_000, 120, |m| failing(m.luck < 0.02)),
        SimulatedRun::run(6_000, 120, planted),
        SimulatedRun::run(6_000, 120, planted)
            .stopped(Micros::from_secs(20), Micros::from_secs(21)),
        SimulatedRun::run(2_000, 60, planted).stopped(Micros::from_secs(20), Micros::from_secs(30)),
        SimulatedRun::run(6_000, 120, down),
        SimulatedRun::run(6_000, 120, sticky_and_down),
        SimulatedRun::run(4_000, 2_400, |m| failing(m.step == "pay" && m.shopper < 0.03)),
    ];
    trials.extend(configured());
    let of = |simulated: &SimulatedRun| {
        let view = View::of(&simulated.plan, &simulated.facts, &simulated.findings());
        let warning = view.warning.map(|warning| warning.sentence);
        let details = view.answers.into_iter().map(|answer| answer.detail);
        let statements = view.headline.into_iter().chain(view.generator).map(|it| it.text);
        [view.reason.text]
            .into_iter()
            .chain(warning)
            .chain(details)
            .chain(statements)
            .chain(view.notes)
            .collect::<Vec<_>>()
    };
    trials.iter().flat_map(of).collect()
}

/// Runs with objectives, a budget, a closed load, and shoppers who leave.
fn configured() -> Vec<SimulatedRun> {
    let mut gated = shop();
    gated.objectives = ["repeated_failures < 0.5%", "p95(pay) < 1s", "failures(pay) < 14%"]
        .map(|text| gated.objective(text, 1).unwrap())
        .into();
    gated.load.arrivals = ArrivalModel::Poisson(profile(&[(20.0, 20.0, 600.0)]));
    gated.budget = Some(ErrorBudget {
        text: "99% of shoppers buy without a repeated failure".into(),
        spent_by: SpentBy::RepeatedFailures,
        allowed: 0.01,
        window: Micros::from_secs(30 * 86_400),
        shoppers: 40e6,
        peak_hour: Some(250e3),
    });
    let mut closed = shop();
    closed.load.arrivals = ArrivalModel::Closed { users: 32, length: Micros::from_secs(60) };
    let mut live = shop();
    live.shoppers.behaviour = Behaviour::Live;
    vec![
        SimulatedRun::of(gated, 4_000, 600, planted),
        SimulatedRun::of(closed, 2_000, 60, planted),
        SimulatedRun::of(live, 4_000, 120, |m| {
            failing((40.0..60.0).contains(&m.now) || m.luck < 0.01)
        }),
    ]
}

fn sentences(text: &str) -> Vec<String> {
    let end = Regex::new(r"[.!?](?:\s+|$)").unwrap();
    let mut sentences = Vec::new();
    let mut start = 0;
    for found in end.find_iter(text) {
        let before = &text[start..found.start()];
        if !before.ends_with("vs") {
            sentences.push(text[start..=found.start()].to_owned());
            start = found.end();
        }
    }
    if start < text.len() {
        sentences.push(text[start..].to_owned());
    }
    sentences
}

/// Words with letters; figures and signs are none.
fn words(sentence: &str) -> usize {
    sentence.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count()
}
