//! What a run's folder keeps of the shop's records.

use anyhow::Context;

use super::analysis::RunAnalysis;
use super::run_folder::RunFolder;
use crate::reconcile::{CreatedOrder, ReconciliationDocument, StockRow};

/// The reconciliation of a run, for programs; `report` reads it again.
pub const RECONCILIATION: &str = "reconciliation.json";
/// The stock before the run.
pub const STOCK_BEFORE: &str = "stock-before.json";
/// The file that `--records` named.
pub const RECORDS: &str = "records.yaml";

/// A row for each order that the run made.
pub fn created_csv(created: &[CreatedOrder]) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let columns =
        ["order", "number", "intent", "told", "state", "marked", "total_minor", "currency"];
    table.write_record(columns)?;
    for order in created {
        let total = order.total_minor.map(|total| total.to_string()).unwrap_or_default();
        table.write_record([
            order.id.as_str(),
            order.number.as_deref().unwrap_or_default(),
            order.intent.as_deref().unwrap_or_default(),
            order.told.unwrap_or_default(),
            &order.state,
            if order.marked { "yes" } else { "no" },
            &total,
            order.currency.as_deref().unwrap_or_default(),
        ])?;
    }
    table.into_inner().context("can't make created-orders.csv")
}

/// The stock before the run, if it was read.
pub fn read_stock_before(folder: &RunFolder) -> anyhow::Result<Option<Vec<StockRow>>> {
    let Ok(text) = std::fs::read(folder.path.join(STOCK_BEFORE)) else { return Ok(None) };
    let rows: Vec<(String, i64)> =
        serde_json::from_slice(&text).context("can't read stock-before.json")?;
    Ok(Some(rows.into_iter().map(|(sku, on_hand)| StockRow { sku, on_hand }).collect()))
}

/// Copies what slices stored of their records into the merged run's folder: the description, and the stock before the first of them.
///
/// # Errors
/// When a file can't be copied.
pub fn copy_of_slices(slices: &[RunFolder], merged: &RunFolder) -> anyhow::Result<()> {
    for name in [RECORDS, STOCK_BEFORE] {
        let first = slices.iter().map(|slice| slice.path.join(name)).find(|path| path.exists());
        if let Some(path) = first {
            let text =
                std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
            merged.write(name, &text)?;
        }
    }
    Ok(())
}

/// Stores the reconciliation, and the run's own documents with it.
pub fn store(run: &RunAnalysis, folder: &RunFolder) -> anyhow::Result<()> {
    folder.write(RECONCILIATION, &serde_json::to_vec_pretty(&run.records)?)?;
    run.store(folder)
}

/// The reconciliation that a run's folder has.
pub fn read_stored(folder: &RunFolder) -> anyhow::Result<Option<ReconciliationDocument>> {
    let path = folder.path.join(RECONCILIATION);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
    let document =
        serde_json::from_slice(&text).with_context(|| format!("can't read {}", path.display()))?;
    Ok(Some(document))
}
