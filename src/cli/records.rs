//! The shop's records around a run: stock before it, everything after it, and what that comes to.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use tokio::runtime::Runtime;
use url::Url;

use super::analysis::RunAnalysis;
use super::exit::Exit;
use super::failure::Failure;
use super::purchases::each_purchase;
use super::run_folder::RunFolder;
use super::screen::Screen;
use super::source::Source;
use crate::base::Micros;
use crate::plan::{Plan, RecordPlan, compile_records};
use crate::reconcile::{
    Intents, ReconciliationDocument, Rules, SettleRules, StockRow, Timelines, intent_lines,
};
use crate::records::{Placeholders, ReconcileInput, RecordError, RecordReader, reconcile};
use crate::scenario::Records;

/// The reconciliation of a run, for programs; `report` reads it again.
pub const RECONCILIATION: &str = "reconciliation.json";
/// Every finding on a line.
const FINDINGS: &str = "reconciliation.jsonl";
/// The stock before the run.
const STOCK_BEFORE: &str = "stock-before.json";
/// The file that `--records` named.
const RECORDS: &str = "records.yaml";

/// How far before the run records are read from: clocks differ.
const HEAD: i64 = 600_000_000;
/// How long a shop may still work on what a shopper gave up.
const AFTER_GIVING_UP: Micros = Micros::from_secs(30);

/// The records of a run.
pub struct RunRecords {
    reader: RecordReader,
    runtime: Runtime,
    stock_before: Option<Vec<StockRow>>,
    started_unix_us: i64,
}

/// Where records are described: a file of its own, or the scenario.
pub struct Described {
    plan: RecordPlan,
    /// The text of the file.
    text: Option<String>,
    folder: PathBuf,
}

// === impl Described ===

impl Described {
    /// The records that a file or the scenario describes.
    ///
    /// # Errors
    /// With exit 104 when the file has errors, or there is nothing to reconcile.
    pub fn find(
        file: Option<&Path>,
        source: &Source,
        screen: Screen,
    ) -> Result<Option<Described>, Failure> {
        let beside = |path: &Path| path.parent().unwrap_or(Path::new("")).to_owned();
        let described = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("can't read {}", path.display()))
                    .map_err(Failure::usage)?;
                let problems = |problems| Failure::scenario(&problems, screen.colour);
                let (written, mut found) =
                    Records::parse(&path.display().to_string(), &text).map_err(problems)?;
                let plan = compile_records(&written, &mut found);
                let plan = found.into_result(plan).map_err(problems)?;
                Some(Described { plan, text: Some(text), folder: beside(path) })
            }
            None => source.plan.records.clone().map(|plan| Described {
                plan,
                text: None,
                folder: source.file.as_ref().map_or(PathBuf::new(), |file| beside(Path::new(file))),
            }),
        };
        if described.is_some() && !source.plan.units.iter().any(|unit| unit.purchase) {
            let error = anyhow!("records are given, but the scenario has no purchase");
            return Err(Failure::new(Exit::BadScenario, error)
                .help("put the steps that buy into a `purchase:`, so that each intent is logged"));
        }
        Ok(described)
    }
}

// === impl RunRecords ===

impl RunRecords {
    /// Makes records ready, and reads the stock before the run.
    ///
    /// # Errors
    /// When the stock can't be read.
    pub fn before_run(
        described: Described,
        source: &Source,
        folder: &RunFolder,
        target: &str,
        insecure: bool,
        started_unix_us: i64,
    ) -> Result<RunRecords, Failure> {
        if let Some(text) = &described.text {
            folder.write(RECORDS, text.as_bytes())?;
        }
        let mut records = RunRecords::new(described, source, target, insecure, started_unix_us)?;
        records.stock_before = records.runtime.block_on(records.reader.stock()).map_err(unread)?;
        if let Some(stock) = &records.stock_before {
            let rows: Vec<(&str, i64)> =
                stock.iter().map(|row| (row.sku.as_str(), row.on_hand)).collect();
            folder.write(STOCK_BEFORE, &serde_json::to_vec(&rows).map_err(anyhow::Error::from)?)?;
        }
        Ok(records)
    }

    /// The records of a stored run.
    ///
    /// # Errors
    /// When nothing says where they are.
    pub fn of_stored(
        run: &RunAnalysis,
        folder: &RunFolder,
        file: Option<&Path>,
        target: Option<&str>,
        insecure: bool,
        screen: Screen,
    ) -> Result<RunRecords, Failure> {
        let stored = folder.path.join(RECORDS);
        let file = file.map(Path::to_owned).or_else(|| stored.exists().then_some(stored.clone()));
        let described =
            Described::find(file.as_deref(), &run.source, screen)?.ok_or_else(|| {
                Failure::usage(anyhow!("nothing says where the shop's records are"))
                    .help("write `records:` in the scenario, or give --records FILE")
            })?;
        // What is relative in a stored file was relative to the user's own.
        let described = if file.is_some_and(|file| file == stored) {
            Described { folder: PathBuf::new(), ..described }
        } else {
            described
        };
        let target = target.unwrap_or(&run.shard.header.target).to_owned();
        let started = i64::try_from(run.shard.header.started_unix_us).unwrap_or_default();
        let mut records = RunRecords::new(described, &run.source, &target, insecure, started)?;
        if let Ok(text) = std::fs::read(folder.path.join(STOCK_BEFORE)) {
            let rows: Vec<(String, i64)> =
                serde_json::from_slice(&text).context("can't read stock-before.json")?;
            let rows = rows.into_iter().map(|(sku, on_hand)| StockRow { sku, on_hand });
            records.stock_before = Some(rows.collect());
        }
        Ok(records)
    }

    fn new(
        described: Described,
        source: &Source,
        target: &str,
        insecure: bool,
        started_unix_us: i64,
    ) -> Result<RunRecords, Failure> {
        let values = Placeholders::new(
            &source.variables,
            std::env::vars_os().filter_map(|(key, value)| {
                Some((key.into_string().ok()?, value.into_string().ok()?))
            }),
            started_unix_us - HEAD,
        );
        let target = Url::parse(target).ok();
        let Described { plan, folder, .. } = described;
        let reader = RecordReader::new(plan, values, target, folder, insecure).map_err(unread)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)?;
        Ok(RunRecords { reader, runtime, stock_before: None, started_unix_us })
    }

    /// As `after_run`; where records can't be read, the run is reported as not reconciled.
    pub fn after_run_or_undecided(
        self,
        run: RunAnalysis,
        folder: &RunFolder,
        screen: Screen,
    ) -> RunAnalysis {
        let source = self.reader.plan().orders.describe();
        let document = self.read_until_settled(&run, folder, screen).unwrap_or_else(|failure| {
            failure.print();
            screen.notice(&format!(
                "the run is not reconciled; `tillrush reconcile {}` tries again",
                folder.display()
            ));
            ReconciliationDocument { source, ..Default::default() }
        });
        let run = run.with_records(Some(document));
        if let Err(error) = store(&run, folder) {
            Failure::from(error).print();
        }
        run
    }

    /// Reads everything until it is final, stores what it comes to, and adds it to the run.
    ///
    /// # Errors
    /// When records can't be read, or what they come to can't be stored.
    pub fn after_run(
        self,
        run: RunAnalysis,
        folder: &RunFolder,
        screen: Screen,
    ) -> Result<RunAnalysis, Failure> {
        let document = self.read_until_settled(&run, folder, screen)?;
        let run = run.with_records(Some(document));
        store(&run, folder)?;
        Ok(run)
    }

    /// Reads everything until it is final, and compares the run's intents with it.
    fn read_until_settled(
        mut self,
        run: &RunAnalysis,
        folder: &RunFolder,
        screen: Screen,
    ) -> Result<ReconciliationDocument, Failure> {
        let mut intents = Intents::new();
        each_purchase(folder, |line| match intents.add_line(line.bytes) {
            // A process that was killed may have left half a line.
            Err(_) if line.is_torn => Ok(()),
            added => added.map_err(anyhow::Error::from),
        })?;
        let input = ReconcileInput {
            settle: settle_rules(self.reader.plan(), &run.source.plan),
            rules: Rules {
                late_after: self.reader.plan().late_after,
                receipt_within: self.reader.plan().receipt_within,
                currency: run.source.plan.currency.map(|currency| currency.code().to_owned()),
                started_unix_us: self.started_unix_us,
            },
            stock_before: self.stock_before,
            intents: &intents,
        };
        let reconciled = self
            .runtime
            .block_on(reconcile(&mut self.reader, &input, &|text| screen.notice(text)))
            .map_err(unread)?;
        let result = &reconciled.result;
        let mut timelines = Timelines::of(ReconciliationDocument::examples(result, &intents));
        each_purchase(folder, |line| {
            timelines.add_line(line.bytes);
            Ok(())
        })?;
        let document = ReconciliationDocument::of(
            result,
            &intents,
            &mut timelines,
            self.reader.plan().orders.describe(),
            reconciled.read_at.to_string(),
        );
        folder.write(FINDINGS, intent_lines(result, &intents).as_bytes())?;
        Ok(document)
    }
}

/// Stores the reconciliation, and the run's own documents with it.
fn store(run: &RunAnalysis, folder: &RunFolder) -> anyhow::Result<()> {
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

fn settle_rules(records: &RecordPlan, plan: &Plan) -> SettleRules {
    let longest = plan.steps.iter().map(|step| step.gives_up_after).max().unwrap_or_default();
    SettleRules {
        wait: records.wait.unwrap_or(longest.saturating_add(AFTER_GIVING_UP)),
        at_most: records.settle,
        pause: records.pause,
    }
}

fn unread(error: RecordError) -> Failure {
    let error = anyhow::Error::from(error).context("can't read the shop's records");
    Failure::new(Exit::Inconclusive, error)
}
