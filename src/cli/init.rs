//! `tillrush init`: a first scenario, from the answers to four questions.

use std::io::{IsTerminal, stdin, stdout};

use anyhow::{Context, anyhow};
use clap::ValueEnum;

use super::exit::Exit;
use super::failure::Failure;
use super::import::{keep, not_there_yet};
use super::init_args::{CurveKind, InitArgs, PaymentKind, ShopKind};
use super::screen::Screen;

/// Where the practice shop listens.
const PRACTICE_SHOP: &str = "http://127.0.0.1:8080";
const API: &str = include_str!("init/api.yaml");
const PAGES: &str = include_str!("init/pages.yaml");

/// The answers.
struct Wishes {
    shop: ShopKind,
    target: String,
    payment: PaymentKind,
    curve: CurveKind,
}

/// `tillrush init`.
pub fn init(args: &InitArgs, screen: Screen) -> Result<Exit, Failure> {
    not_there_yet(&args.file, args.force)?;
    let wishes = Wishes::ask(args, screen)?;
    let text = scenario(&wishes);
    let first = match wishes.shop {
        ShopKind::Practice => "open the practice shop in another terminal: tillrush shop",
        ShopKind::Pages | ShopKind::Api => "replace addresses and fields by those of your shop",
    };
    let name = args.file.display();
    let next = format!(
        "Next: {first}; then\n  tillrush walk {name}\n  tillrush check {name}\n  tillrush run {name}"
    );
    keep(&args.file, screen, &text, &next)
}

fn scenario(wishes: &Wishes) -> String {
    let (text, todo) = match wishes.shop {
        ShopKind::Practice => (API, String::new()),
        ShopKind::Api => {
            (API, todo("the addresses, bodies and fields of steps are the practice shop's"))
        }
        ShopKind::Pages => (PAGES, todo("the forms and fields of steps are the practice shop's")),
    };
    let load = match wishes.curve {
        CurveKind::Steady => "  stages: [{ hold: 5/s, for: 2m }]",
        CurveKind::BlackFriday => "  shape: black-friday-retailer\n  peak: 20/s\n  for: 10m",
        CurveKind::FlashSale => {
            "  stages:\n    - { hold: 2/s, for: 30s }\n    - { jump: 40/s, for: 30s }\n    - { ramp: 2/s, for: 1m }"
        }
    };
    let payment = match wishes.payment {
        PaymentKind::Card => "{ card: 1 }",
        PaymentKind::Wallet => "{ wallet: 1 }",
        PaymentKind::Both => "{ card: 60, wallet: 40 }",
    };
    // A line of the file each, so that what is no value of it can't become one.
    let target = serde_json::Value::from(wishes.target.as_str()).to_string();
    text.replace("$TODO\n", &todo)
        .replace("$TARGET", &target)
        .replace("$LOAD", load)
        .replace("$PAYMENT", payment)
}

fn todo(what: &str) -> String {
    format!(
        "x-todo:\n  - {what}; record your own with `tillrush record`, or write them step by step with `tillrush walk`\n"
    )
}

// === impl Wishes ===

impl Wishes {
    /// From the options; what they leave open is asked for, or taken as usual where nobody can be asked.
    fn ask(args: &InitArgs, screen: Screen) -> Result<Wishes, Failure> {
        let can_ask = stdin().is_terminal() && stdout().is_terminal();
        let shop = choose(args.shop, can_ask, screen, "What is the shop?", ShopKind::Practice)?;
        let target = match &args.target {
            Some(target) => target.clone(),
            None if shop == ShopKind::Practice => PRACTICE_SHOP.to_owned(),
            None if can_ask => answer(screen, &format!("Its address? [{PRACTICE_SHOP}]"))?
                .unwrap_or_else(|| PRACTICE_SHOP.to_owned()),
            None => PRACTICE_SHOP.to_owned(),
        };
        let question = "How do customers pay?";
        let payment = choose(args.payment, can_ask, screen, question, PaymentKind::Card)?;
        let question = "How does the load go?";
        let curve = choose(args.curve, can_ask, screen, question, CurveKind::Steady)?;
        Ok(Wishes { shop, target, payment, curve })
    }
}

/// What was given, or what is answered; where nobody can be asked, the usual.
fn choose<T: ValueEnum + Copy>(
    given: Option<T>,
    can_ask: bool,
    screen: Screen,
    question: &str,
    usual: T,
) -> Result<T, Failure> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !can_ask {
        return Ok(usual);
    }
    let choices: Vec<String> = T::value_variants()
        .iter()
        .filter_map(|choice| choice.to_possible_value())
        .map(|choice| {
            let help = choice.get_help().map(ToString::to_string).unwrap_or_default();
            format!("  {:<14}{help}", choice.get_name())
        })
        .collect();
    let first = T::value_variants()[0].to_possible_value();
    let first = first.map(|first| first.get_name().to_owned()).unwrap_or_default();
    screen.print_line(format_args!("{question}\n{}", choices.join("\n")));
    match answer(screen, &format!("[{first}]"))? {
        None => Ok(T::value_variants()[0]),
        Some(word) => T::from_str(&word, true)
            .map_err(|_| Failure::usage(anyhow!("'{word}' is none of these"))),
    }
}

/// A line of standard input; none where it is empty.
fn answer(screen: Screen, question: &str) -> Result<Option<String>, Failure> {
    screen.print_line(format_args!("{question}"));
    let mut line = String::new();
    stdin().read_line(&mut line).context("can't read the answer").map_err(Failure::usage)?;
    let line = line.trim();
    Ok((!line.is_empty()).then(|| line.to_owned()))
}
