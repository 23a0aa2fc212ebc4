//! `tillrush demo`: a run with nothing to set up.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::anyhow;

use super::args::{DemoArgs, RunArgs};
use super::execute::execute;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use super::source::Source;
use crate::demo_shop::{Faults, RunningShop, ShopOptions};
use crate::verdict::Findings;

const NAME: &str = "scenarios/demo.yaml";
const SCENARIO: &str = include_str!("../../scenarios/demo.yaml");

/// The sticky faults of the practice shop, as the attribute and value of a hot spot.
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
    let shop = runtime.block_on(RunningShop::start(options)).map_err(anyhow::Error::from)?;
    screen.notice("A practice shop is open. It will see a Black Friday in half a minute.");
    screen.notice("Its planted faults: some wallet payments always fail, one node of four");
    screen.notice("loses writes, and some requests fail once but succeed when retried.\n");

    let run_args = run_args(args, &format!("http://{}", shop.addr()))?;
    let source = Source::from_embedded(NAME, SCENARIO, &run_args.scenario.load, screen)?;
    let (run, folder) = execute(&source, &run_args, screen)?;
    runtime.block_on(shop.stop());
    check_findings(&run.findings, screen)?;
    screen.notice(&format!("run stored in {}", folder.display()));
    Ok(Exit::Ok)
}

/// The demo is this `run`.
fn run_args(args: &DemoArgs, target: &str) -> anyhow::Result<RunArgs> {
    let mut words: Vec<OsString> = vec![NAME.into(), "--drain=20s".into()];
    words.push(format!("--target={target}").into());
    words.push(format!("--seed={}", args.seed).into());
    words.extend(["--out".into(), args.out.clone().into()]);
    words.extend(args.web.map(|address| format!("--web={address}").into()));
    Ok(RunArgs::from_words(words)?)
}

/// The demo succeeds if its report names the sticky faults.
fn check_findings(findings: &Findings, screen: Screen) -> Result<(), Failure> {
    let groups: Vec<&(String, String)> =
        findings.hotspots.iter().flat_map(|spot| &spot.group).collect();
    let is_found = |(name, value): &(&str, &str)| {
        groups.iter().any(|group| group.0 == *name && group.1 == *value)
    };
    let missed: Vec<String> = PLANTED
        .iter()
        .filter(|planted| !is_found(planted))
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if !missed.is_empty() {
        let error = anyhow!("the demo's report did not find {}", missed.join(" and "));
        return Err(Failure::from(error)
            .help("this machine may be too busy: try again; if it stays, it is a bug"));
    }
    if findings.hotspots.len() > PLANTED.len() {
        screen.notice("\nThe report also names a hot spot that was not planted. By chance, this");
        screen.notice("happens in one of twenty runs of this size.");
    }
    screen.notice(
        "\nThe planted faults were found: shoppers who pay by wallet or are served by node-3 fail",
    );
    screen.notice("repeatedly. Faults from which a retry recovers are no hot spots.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_is_a_run_with_its_own_options() {
        let address = "127.0.0.1:9".parse().unwrap();
        let args = DemoArgs { web: Some(address), seed: 5, out: "a b".into() };
        let run = run_args(&args, "http://127.0.0.1:8").unwrap();
        assert_eq!(run.scenario.load.target.as_deref(), Some("http://127.0.0.1:8"));
        assert_eq!((run.seed, run.web, run.out), (Some(5), Some(address), args.out));
    }
}
