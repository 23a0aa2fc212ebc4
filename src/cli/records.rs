//! The shop's records around a run: stock before it, everything after it, and what that comes to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::runtime::Runtime;
use url::Url;

use super::analysis::RunAnalysis;
use super::args::StoredRecordsArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::input_files::read_text;
use super::purchases::each_purchase;
use super::record_access::{AllowedAccess, environment_names, without_secrets};
use super::record_files::{RECORDS, STOCK_BEFORE, created_csv, read_stock_before, store};
use super::run_folder::RunFolder;
use super::screen::{self, Screen};
use super::source::Source;
use super::variables::GivenVariables;
use crate::base::{Micros, Redactor};
use crate::plan::{Plan, RecordPlan, compile_records};
use crate::reconcile::{
    FindingKind, Intents, ReconciliationDocument, Rules, SettleRules, StockRow, Timelines,
    intent_lines,
};
use crate::records::{
    Placeholders, ReadHistory, ReconcileInput, RecordError, RecordReader, reconcile,
};
use crate::scenario::{RECORD_PRESETS, Records};

/// Every finding on a line.
const FINDINGS: &str = "reconciliation.jsonl";
/// Every order that the run made.
pub const CREATED: &str = "created-orders.csv";
/// What came to the mail sink.
const MAILS: &str = "mails.jsonl";

/// How far before the run records are read from: clocks differ.
const HEAD: i64 = 600_000_000;
/// How long a shop may still work on what a shopper gave up.
const AFTER_GIVING_UP: Micros = Micros::from_secs(30);

/// The records of a run.
pub struct RunRecords {
    reader: RecordReader,
    /// The only one that the reader's connections live in.
    runtime: Arc<Runtime>,
    history: ReadHistory,
    stock_before: Option<Vec<StockRow>>,
    started_unix_us: i64,
    /// What no document has.
    secrets: Redactor,
}

/// Where records are described: a file of its own, or the scenario.
#[derive(Clone)]
pub struct Described {
    plan: RecordPlan,
    /// The text of the file.
    text: Option<String>,
    folder: PathBuf,
    /// Whether the command line names the file: it may do more than what comes with a scenario or a run.
    is_named: bool,
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
                let text = read_text(path)
                    .with_context(|| format!("can't read {}", path.display()))
                    .map_err(Failure::usage)?;
                let problems = |problems| Failure::scenario(&problems, screen.colour);
                let (written, mut found) =
                    Records::parse(&path.display().to_string(), &text).map_err(problems)?;
                let plan = compile_records(&written, &mut found);
                let plan = found.into_result(plan).map_err(problems)?;
                Some(Described { plan, text: Some(text), folder: beside(path), is_named: true })
            }
            None => source.plan.records.clone().map(|plan| Described {
                plan,
                text: None,
                folder: source.file.as_ref().map_or(PathBuf::new(), |file| beside(Path::new(file))),
                is_named: false,
            }),
        };
        if described.is_some() && !source.plan.units.iter().any(|unit| unit.purchase) {
            let error = anyhow!("records are given, but the scenario has no purchase");
            return Err(Failure::new(Exit::BadScenario, error)
                .help("put the steps that buy into a `purchase:`, so that each intent is logged"));
        }
        Ok(described)
    }

    /// The variables of the environment that it names; none where it comes with a scenario or a run.
    fn environment(&self) -> Vec<(String, String)> {
        let Some(text) = self.text.as_deref().filter(|_| self.is_named) else {
            return Vec::new();
        };
        let names = environment_names(text).chain(environment_names(RECORD_PRESETS));
        names.filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
    }
}

// === impl RunRecords ===

impl RunRecords {
    /// Makes records ready, and reads the stock before the run.
    ///
    /// # Errors
    /// When the stock can't be read.
    pub fn before_run(
        described: &Described,
        source: &Source,
        target: &str,
        insecure: bool,
    ) -> Result<RunRecords, Failure> {
        let now = jiff::Timestamp::now().as_microsecond();
        let mut records = RunRecords::new(described.clone(), source, target, insecure, now)?;
        records.reader.open_sink().map_err(unread)?;
        records.stock_before = records.runtime.block_on(records.reader.stock()).map_err(unread)?;
        Ok(records)
    }

    /// Stores in the run's folder what a later reconciliation needs, and how the run's time is counted.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn begin(
        mut self,
        described: &Described,
        folder: &RunFolder,
        started_unix_us: i64,
    ) -> anyhow::Result<RunRecords> {
        self.started_unix_us = started_unix_us;
        self.reader.store_mails(folder.path.join(MAILS))?;
        if let Some(text) = &described.text {
            folder.write(RECORDS, text.as_bytes())?;
        }
        if let Some(stock) = &self.stock_before {
            let rows: Vec<(&str, i64)> =
                stock.iter().map(|row| (row.sku.as_str(), row.on_hand)).collect();
            folder.write(STOCK_BEFORE, &serde_json::to_vec(&rows)?)?;
        }
        Ok(self)
    }

    /// The records of a stored run; none where nothing says where they are.
    ///
    /// # Errors
    /// When the description has errors, or an option can't be read.
    pub fn of_stored(
        run: &RunAnalysis,
        folder: &RunFolder,
        args: &StoredRecordsArgs,
        screen: Screen,
    ) -> Result<Option<RunRecords>, Failure> {
        let stored = folder.path.join(RECORDS);
        let given = args.records.clone();
        let file = given.clone().or_else(|| stored.exists().then_some(stored));
        let Some(described) = Described::find(file.as_deref(), &run.source, screen)? else {
            return Ok(None);
        };
        // What is relative in a stored file was relative to the user's own.
        let described = match given {
            Some(_) => described,
            None => Described { folder: PathBuf::new(), is_named: false, ..described },
        };
        let given = GivenVariables::read(&args.variables, &|name| std::env::var(name).ok())?;
        screen::mask(run.source.plan.secrets.with(given.secrets()));
        let mut source = run.source.clone();
        source.variables.extend(given.values().clone());
        source.allowed =
            AllowedAccess { files: args.allow_file.clone(), commands: args.allow_command.clone() };
        let target = args.target.as_deref().unwrap_or(&run.shard.header.target).to_owned();
        let started = i64::try_from(run.shard.header.started_unix_us).unwrap_or_default();
        let mut records = RunRecords::new(described, &source, &target, args.insecure, started)?;
        records.stock_before = read_stock_before(folder)?;
        records.reader.store_mails(folder.path.join(MAILS)).map_err(unread)?;
        Ok(Some(records))
    }

    fn new(
        described: Described,
        source: &Source,
        target: &str,
        insecure: bool,
        started_unix_us: i64,
    ) -> Result<RunRecords, Failure> {
        let environment = described.environment();
        let secrets = screen::mask_also(environment.iter().map(|(_, value)| value.clone()));
        let values =
            Placeholders::new(&source.variables, environment.into_iter(), started_unix_us - HEAD);
        let target = Url::parse(target).ok();
        let Described { plan, folder, is_named, .. } = described;
        if !is_named {
            source.allowed.check(&plan, &values, &folder)?;
        }
        let reader = RecordReader::new(plan, values, target, folder, insecure).map_err(unread)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)?;
        Ok(RunRecords {
            reader,
            runtime: Arc::new(runtime),
            history: ReadHistory::default(),
            stock_before: None,
            started_unix_us,
            secrets,
        })
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

    fn input<'i>(&self, plan: &Plan, intents: &'i Intents) -> ReconcileInput<'i> {
        let records = self.reader.plan();
        ReconcileInput {
            settle: settle_rules(records, plan),
            rules: Rules {
                late_after: records.late_after,
                receipt_within: records.receipt_within,
                currency: plan.currency.map(|currency| currency.code().to_owned()),
                started_unix_us: self.started_unix_us,
            },
            stock_before: self.stock_before.clone(),
            intents,
        }
    }

    /// Reads everything once while the run goes on; what is wrong for certain, by kind.
    ///
    /// # Errors
    /// When a source or the purchase log can't be read.
    pub async fn read_during_run(
        &mut self,
        plan: &Plan,
        folder: &RunFolder,
    ) -> anyhow::Result<Vec<(FindingKind, u64)>> {
        let before = intents_of(folder)?;
        self.history.read(&mut self.reader, &before, self.started_unix_us).await?;
        // Of a later time than the records, so that nothing in them is of an attempt that is not known.
        let intents = intents_of(folder)?;
        let result = self.history.judge_so_far(&self.reader, &self.input(plan, &intents));
        let certain = result.by_kind().into_iter().filter(|(kind, _)| kind.is_final_at_once());
        Ok(certain.map(|(kind, findings)| (kind, findings.len() as u64)).collect())
    }

    /// The reader, and the stock before the run.
    pub fn into_parts(self) -> (RecordReader, Arc<Runtime>, Option<Vec<StockRow>>) {
        (self.reader, self.runtime, self.stock_before)
    }

    /// What reading is to be done in.
    pub fn runtime(&self) -> Arc<Runtime> {
        Arc::clone(&self.runtime)
    }

    /// How often records are read during the run.
    pub fn every(&self) -> Micros {
        self.reader.plan().every
    }

    /// Reads everything until it is final, and compares the run's intents with it.
    fn read_until_settled(
        mut self,
        run: &RunAnalysis,
        folder: &RunFolder,
        screen: Screen,
    ) -> Result<ReconciliationDocument, Failure> {
        let intents = intents_of(folder)?;
        // The other slices buy too.
        if !run.shard.missing().is_empty() {
            self.reader.ignore_drift();
        }
        let history = std::mem::take(&mut self.history);
        let input = self.input(&run.source.plan, &intents);
        let reconciled = self
            .runtime
            .block_on(reconcile(&mut self.reader, history, &input, &|text| screen.notice(text)))
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
        let findings = intent_lines(result, &intents);
        folder.write(FINDINGS, self.secrets.mask_known(&findings).as_bytes())?;
        let created = created_csv(&reconciled.created)?;
        folder.write(CREATED, self.secrets.known_bytes(&created).as_bytes())?;
        Ok(without_secrets(document, &self.secrets)?)
    }
}

fn settle_rules(records: &RecordPlan, plan: &Plan) -> SettleRules {
    let longest = plan.steps.iter().map(|step| step.gives_up_after).max().unwrap_or_default();
    SettleRules {
        wait: records.wait.unwrap_or(longest.saturating_add(AFTER_GIVING_UP)),
        at_most: records.settle,
        pause: records.pause,
    }
}

/// All intents of a run, of one that goes on those so far.
pub fn intents_of(folder: &RunFolder) -> anyhow::Result<Intents> {
    let mut intents = Intents::new();
    each_purchase(folder, |line| match intents.add_line(line.bytes) {
        // A process that was killed may have left half a line.
        Err(_) if line.is_torn => Ok(()),
        added => added.map_err(anyhow::Error::from),
    })?;
    Ok(intents)
}

pub fn unread(error: RecordError) -> Failure {
    let error = anyhow::Error::from(error).context("can't read the shop's records");
    Failure::new(Exit::Inconclusive, error)
}
