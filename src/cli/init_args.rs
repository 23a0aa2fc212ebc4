//! The options of `init`: what it would ask otherwise.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// Options of `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// Scenario to write
    #[arg(default_value = "scenario.yaml", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// What the shop is to its customers
    #[arg(long, env = "TILLRUSH_SHOP", value_enum)]
    pub shop: Option<ShopKind>,

    /// Address of the shop
    #[arg(long, env = "TILLRUSH_TARGET", value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,

    /// How customers pay
    #[arg(long, env = "TILLRUSH_PAYMENT", value_enum)]
    pub payment: Option<PaymentKind>,

    /// How the load goes
    #[arg(long, env = "TILLRUSH_CURVE", value_enum)]
    pub curve: Option<CurveKind>,

    /// Overwrite the scenario if it exists
    #[arg(long, env = "TILLRUSH_FORCE", value_parser = clap::builder::FalseyValueParser::new())]
    pub force: bool,
}

/// What a shop is to its customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShopKind {
    /// The practice shop (`tillrush shop`), by its JSON API
    Practice,
    /// Pages with links and forms
    Pages,
    /// A JSON API, as an app or a headless front end uses it
    Api,
}

/// How customers pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PaymentKind {
    /// By card
    Card,
    /// By wallet
    Wallet,
    /// Six in ten by card, four by wallet
    Both,
}

/// How the load goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CurveKind {
    /// Five shoppers per second for two minutes
    Steady,
    /// A retailer's Black Friday in ten minutes, up to 20 shoppers per second
    BlackFriday,
    /// From two shoppers per second to 40 at once
    FlashSale,
}
