//! `tillrush demo`: the main job with nothing to set up.

use std::time::Duration;

use super::access;
use super::args::{DemoArgs, ShopAccessArgs};
use super::output::ReportFileArgs;
use super::run::{self, Job};
use super::source::Source;
use super::{Exit, Failure, Screen};
use crate::base::{Micros, Slice};
use crate::demo_shop::{Faults, RunningShop, ShopOptions};
use crate::engine;
use crate::tally::shard::SourceSettings;
use crate::verdict::Findings;

const SCENARIO: &str = include_str!("../../scenarios/demo.yaml");

/// What was planted, as a hot spot names it: the attribute and the value.
const PLANTED: [(&str, &str); 2] = [("payment", "wallet"), ("node", "node-3")];

/// `tillrush demo`.
pub fn demo(args: &DemoArgs, screen: Screen) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let options = ShopOptions {
        faults: Faults::planted(),
        paid_after: Duration::from_millis(150),
        ..ShopOptions::default()
    };
    let shop = runtime
        .block_on(RunningShop::start(options))
        .map_err(|error| Failure::new(Exit::Unexpected, format!("error: {error}")))?;
    screen.say("A practice shop is open, and Black Friday comes to it: a day in half a minute.");
    screen.say("Planted: the wallets of some shoppers never get through, one node of four loses");
    screen.say("writes, and now and then there is a hiccup that a second try cures.\n");

    let settings = SourceSettings {
        target: Some(format!("http://{}", shop.addr())),
        ..SourceSettings::default()
    };
    let source = Source::embedded("scenarios/demo.yaml", SCENARIO, settings, screen)?;
    let job = Job {
        access: access::gain(&source.plan, &ShopAccessArgs::default())?,
        source: &source,
        seed: args.seed,
        slice: Slice::WHOLE,
        cores: engine::cores(),
        start_at: None,
        drain: Micros::from_secs(20),
        max_requests: None,
        max_orders: None,
        tags: Vec::new(),
        out: &args.out,
        files: &ReportFileArgs::default(),
        beside: None,
        web: args.web,
    };
    let (findings, folder) = run::carry_out(job, screen)?;
    runtime.block_on(shop.stop());
    conclude(&findings, screen)?;
    screen.say(&format!("everything about this run is in {}", folder.display()));
    Ok(Exit::Ok)
}

/// The demo is right if it names what was planted as sticky, and does not name the hiccup.
fn conclude(findings: &Findings, screen: Screen) -> Result<(), Failure> {
    let named: Vec<&(String, String)> =
        findings.hotspots.iter().flat_map(|spot| &spot.group).collect();
    let found = |planted: &(&str, &str)| {
        named.iter().any(|(name, value)| (name.as_str(), value.as_str()) == *planted)
    };
    let missed: Vec<String> = PLANTED
        .iter()
        .filter(|planted| !found(planted))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !missed.is_empty() {
        return Err(Failure::new(
            Exit::Unexpected,
            format!(
                "the demo's report did not name {}: that is a bug, or a very busy machine",
                missed.join(" and ")
            ),
        ));
    }
    if findings.hotspots.len() > PLANTED.len() {
        screen.say(
            "\nBeside what was planted the report names more: of such small runs that happens",
        );
        screen.say("to one in twenty, by chance.");
    }
    screen.say("\nThe planted causes were found: wallet payments and node-3, where the same");
    screen.say("shoppers fail again and again. The hiccups are not named: a second try");
    screen.say("cures them.");
    Ok(())
}
