//! `tillrush cleanup`: cancels the orders that a run made, and proves by the shop's records that none is left.

use std::io::{BufRead, IsTerminal};
use std::time::Duration;

use anyhow::anyhow;
use tokio::time::{Instant, sleep};

use super::analysis::RunAnalysis;
use super::args::CleanupArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::records::{RunRecords, intents_of, unread};
use super::run_folder::RunFolder;
use super::screen::Screen;
use crate::base::{Currency, count_of};
use crate::plan::CleanupPlan;
use crate::reconcile::{CreatedOrder, Intents, StockRow};
use crate::records::{RecordError, RecordReader, read_created};
use crate::tally::shard::Ending;

/// Between two looks at the records.
const PAUSE: Duration = Duration::from_secs(1);
/// How many refusals are shown.
const SHOWN: usize = 5;

/// `tillrush cleanup`.
pub fn cleanup(args: &CleanupArgs, screen: Screen) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&args.run, &args.out).map_err(Failure::usage)?;
    let shard = folder.shard()?;
    if shard.ending == Ending::Running {
        let error = anyhow!("{} still runs: clean up when it has ended", shard.name);
        return Err(Failure::usage(error));
    }
    let run = RunAnalysis::from_stored(shard, screen)?;
    let records =
        RunRecords::of_stored(&run, &folder, &args.records, screen)?.ok_or_else(|| {
            Failure::usage(anyhow!("nothing says where the shop's records are"))
                .help("write `records:` in the scenario, or give --records FILE")
        })?;
    let (mut reader, runtime, stock_before) = records.into_parts();
    let plan = reader.plan().cleanup.clone().ok_or_else(|| {
        Failure::usage(anyhow!("nothing says how an order is cancelled"))
            .help("write `cleanup: { post: \"/orders/{{ order }}/cancel\" }` into the records")
    })?;
    let intents = intents_of(&folder)?;
    let created = runtime.block_on(read_created(&mut reader, &intents)).map_err(unread)?;
    let (orders, foreign): (Vec<_>, Vec<_>) =
        created.into_iter().filter(|order| order.counts).partition(|order| order.marked);
    if !foreign.is_empty() {
        screen.notice(&format!(
            "{} known by number only, without the run's marker: left alone, since they may be somebody else's",
            count_of(foreign.len() as u64, "order")
        ));
    }
    let what = describe(&orders);
    if orders.len() > args.max {
        let error = anyhow!("{what}: more than the {} that may be cancelled", args.max);
        return Err(Failure::usage(error).help("give --max if that is right"));
    }
    if !orders.is_empty() && !ask_for_yes(args, &what, &run.shard.header.target)? {
        screen.notice("nothing was cancelled");
        return Ok(Exit::Unexpected);
    }
    let cleaning = Cleaning { plan: &plan, intents: &intents, wait: args.wait.into(), screen };
    runtime.block_on(cleaning.clean(&mut reader, &orders, stock_before.as_deref()))
}

/// Asks, unless the answer was given with `--yes`.
fn ask_for_yes(args: &CleanupArgs, what: &str, target: &str) -> Result<bool, Failure> {
    if args.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(anyhow!("cancelling {what} needs a yes"))
            .help("answer at a terminal, or give --yes"));
    }
    eprint!("cancel {what} at {target}? Type yes: ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(anyhow::Error::from)?;
    Ok(answer.trim() == "yes")
}

/// How many orders, and what they come to.
fn describe(orders: &[CreatedOrder]) -> String {
    let number = count_of(orders.len() as u64, "order");
    let total: Option<i64> = orders.iter().map(|order| order.total_minor).sum();
    let code = orders.first().and_then(|order| order.currency.clone());
    match (total, code) {
        (Some(total), Some(code)) if total > 0 => {
            let decimals = Currency::decimals(Currency::new(&code));
            let unit = 10_f64.powi(decimals as i32);
            format!("{number} of {:.*} {code}", decimals as usize, total as f64 / unit)
        }
        _ => number,
    }
}

/// Cancelling, and the proof of it.
struct Cleaning<'a> {
    plan: &'a CleanupPlan,
    intents: &'a Intents,
    wait: Duration,
    screen: Screen,
}

// === impl Cleaning ===

impl Cleaning<'_> {
    async fn clean(
        &self,
        reader: &mut RecordReader,
        orders: &[CreatedOrder],
        before: Option<&[StockRow]>,
    ) -> Result<Exit, Failure> {
        let mut refused: Vec<(String, RecordError)> = Vec::new();
        for order in orders {
            if let Err(error) = reader.cancel(self.plan, order).await {
                refused.push((order.id.clone(), error));
            }
        }
        for (order, error) in refused.iter().take(SHOWN) {
            self.screen.notice(&format!("order {order}: {error}"));
        }
        if refused.len() > SHOWN {
            self.screen.notice(&format!("and {} more", refused.len() - SHOWN));
        }
        let (left, stock) = self.what_is_left(reader, before).await.map_err(unread)?;
        self.screen.print_line(format_args!(
            "{} cancelled, {} left in the shop's records",
            count_of((orders.len() - left.min(orders.len())) as u64, "order"),
            left
        ));
        for (sku, before, now) in &stock {
            self.screen
                .print_line(format_args!("stock of {sku}: {before} before the run, {now} now"));
        }
        if before.is_some() && stock.is_empty() {
            self.screen.print_line(format_args!("the stock is as it was before the run"));
        }
        Ok(if left == 0 && stock.is_empty() { Exit::Ok } else { Exit::NotReconciled })
    }

    /// Orders of the run that still count, and the articles whose stock is not back: as soon as there are none, else when time is up.
    async fn what_is_left(
        &self,
        reader: &mut RecordReader,
        before: Option<&[StockRow]>,
    ) -> Result<(usize, Vec<(String, i64, i64)>), RecordError> {
        let until = Instant::now() + self.wait;
        loop {
            let created = read_created(reader, self.intents).await?;
            let left = created.iter().filter(|order| order.counts && order.marked).count();
            let stock = match before {
                Some(before) => differences(before, &reader.stock().await?.unwrap_or_default()),
                None => Vec::new(),
            };
            if (left == 0 && stock.is_empty()) || Instant::now() >= until {
                return Ok((left, stock));
            }
            sleep(PAUSE).await;
        }
    }
}

/// Articles of which there are now more or fewer than before.
fn differences(before: &[StockRow], now: &[StockRow]) -> Vec<(String, i64, i64)> {
    let changed = before.iter().filter_map(|row| {
        let now = now.iter().find(|other| other.sku == row.sku)?.on_hand;
        (now != row.on_hand).then(|| (row.sku.clone(), row.on_hand, now))
    });
    changed.collect()
}
