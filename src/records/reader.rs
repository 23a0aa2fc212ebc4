//! Complete reads of each source.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use super::http::{RecordError, RecordHttp, RecordRequest, RecordResponse};
use super::lines::{read_command, read_rows};
use super::pages::{PageRows, read_pages, request};
use super::rows::{RowError, SourceRow};
use super::sink::{MailSink, SunkMail};
use super::sql;
use super::template::Placeholders;
use crate::plan::{RecordPlace, RecordPlan, SourcePlan};
use crate::reconcile::{Charges, IntentIndex, Intents, Mails, Orders, StateRules, StockRow};

/// Reads the sources of a plan.
#[derive(Debug)]
pub struct RecordReader {
    plan: RecordPlan,
    http: RecordHttp,
    values: Placeholders,
    /// The shop's address, for sources without one.
    target: Option<Url>,
    /// What the names of files are relative to.
    folder: PathBuf,
    /// The sink that mail comes to, while it listens.
    sink: Option<MailSink>,
    /// Where the mails of a sink are stored.
    mails: Option<PathBuf>,
    /// By how much the clock of the receipts' source is ahead.
    mail_clock_us: Option<i64>,
}

/// What a source has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// Orders.
    Orders,
    /// Charges.
    Charges,
    /// Receipts.
    Mails,
}

/// A row that belongs to the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedRow {
    /// Its id.
    pub id: String,
    /// Where it carries the marker; none where it is known by a confirmed number only.
    pub places: Vec<String>,
}

/// More intents than this are not looked up one by one.
const MOST_LOOKUPS: usize = 500;

// === impl RecordReader ===

impl RecordReader {
    /// A reader.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new(
        plan: RecordPlan,
        values: Placeholders,
        target: Option<Url>,
        folder: PathBuf,
        insecure: bool,
    ) -> Result<RecordReader, RecordError> {
        sql::ensure_supported(&plan)?;
        let http = RecordHttp::new(insecure)?;
        Ok(RecordReader {
            plan,
            http,
            values,
            target,
            folder,
            sink: None,
            mails: None,
            mail_clock_us: None,
        })
    }

    /// Opens the mail sink, if the plan has one. Mail that comes from now on is kept.
    ///
    /// # Errors
    /// When its address can't be had.
    pub fn open_sink(&mut self) -> Result<(), RecordError> {
        let place = self.plan.mail.as_ref().map(|source| &source.place);
        let Some(RecordPlace::Listen(at)) = place else { return Ok(()) };
        let opened = MailSink::listen(*at);
        let failed = |source| RecordError::Io { place: format!("mail sink {at}"), source };
        self.sink = Some(opened.map_err(failed)?);
        Ok(())
    }

    /// Where the mails of a sink are stored: written there while it listens, and read from there later.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn store_mails(&mut self, path: PathBuf) -> Result<(), RecordError> {
        if let Some(sink) = &self.sink {
            let place = path.display().to_string();
            sink.write_to(&path).map_err(|source| RecordError::Io { place, source })?;
        }
        self.mails = Some(path);
        Ok(())
    }

    /// From now on no article counts as bought by this run only.
    pub fn ignore_drift(&mut self) {
        self.plan.exclusive.clear();
    }

    /// What it reads.
    pub fn plan(&self) -> &RecordPlan {
        &self.plan
    }

    /// The values of placeholders.
    pub(super) fn values(&self) -> &Placeholders {
        &self.values
    }

    /// The shop's address.
    pub(super) fn target(&self) -> Option<&Url> {
        self.target.as_ref()
    }

    pub(super) async fn send(
        &mut self,
        request: &RecordRequest,
    ) -> Result<RecordResponse, RecordError> {
        self.http.send(request).await
    }

    /// By how much the clock of the orders' source is ahead.
    pub fn clock_offset_us(&self) -> Option<i64> {
        self.http.clock_offset_us()
    }

    /// By how much the clock that dates the receipts is ahead: our own, where they come to our sink.
    pub fn mail_clock_offset_us(&self) -> Option<i64> {
        self.mail_clock_us
    }

    /// All orders; this is the read of that number.
    ///
    /// # Errors
    /// When they can't be read completely.
    pub async fn orders(&mut self, read: u32, intents: &Intents) -> Result<Orders, RecordError> {
        let source = self.plan.orders.clone();
        let mut orders = Orders::of_read(read, state_rules(&source));
        self.rows(&source, |row| Ok(orders.add(row.order(&source)?, intents))).await?;
        Ok(orders)
    }

    /// All charges; none where there is no source of them.
    ///
    /// # Errors
    /// As for orders.
    pub async fn charges(&mut self, intents: &Intents) -> Result<Charges, RecordError> {
        let Some(source) = self.plan.charges.clone() else { return Ok(Charges::default()) };
        let mut charges = Charges::new(source.counts.clone());
        self.apart(&source, |row| Ok(charges.add(row.charge(&source)?, intents))).await?;
        Ok(charges)
    }

    /// All receipts; none where there is no source of them.
    ///
    /// # Errors
    /// As for orders.
    pub async fn mails(&mut self, intents: &Intents) -> Result<Mails, RecordError> {
        let Some(source) = self.plan.mail.clone() else { return Ok(Mails::default()) };
        let mut mails = Mails::new();
        let clock = self.apart(&source, |row| Ok(mails.add(row.mail(&source)?, intents))).await?;
        self.mail_clock_us =
            if matches!(source.place, RecordPlace::Listen(_)) { Some(0) } else { clock };
        Ok(mails)
    }

    /// The stock, if there is a source of it.
    ///
    /// # Errors
    /// As for orders.
    pub async fn stock(&mut self) -> Result<Option<Vec<StockRow>>, RecordError> {
        let Some(source) = self.plan.stock.clone() else { return Ok(None) };
        let mut stock: Vec<StockRow> = Vec::new();
        self.apart(&source, |row| {
            let row = row.stock(&source)?;
            let new = stock.iter().all(|known| known.sku != row.sku);
            if new {
                stock.push(row);
            }
            Ok(new)
        })
        .await?;
        Ok(Some(stock))
    }

    /// Looks for each of these intents by itself, and adds what is found. None where the source has no look-up; else those that were
    /// looked up.
    ///
    /// # Errors
    /// When the source can't be asked.
    pub async fn look_up(
        &mut self,
        missing: &[IntentIndex],
        intents: &Intents,
        orders: &mut Orders,
    ) -> Result<Option<HashSet<IntentIndex>>, RecordError> {
        let source = self.plan.orders.clone();
        let Some(lookup) = &source.lookup else { return Ok(None) };
        let one = SourcePlan { place: RecordPlace::Get(lookup.clone()), ..source.clone() };
        let mut looked_up = HashSet::new();
        for index in missing.iter().take(MOST_LOOKUPS) {
            let intent = intents.get(*index);
            let run = &intents.runs()[usize::from(intent.run)];
            let email = format!("s-{:016x}.{run}@example.com", intent.shopper);
            let order = intent.confirmed.first().map_or("", |order| &**order);
            let values = self
                .values
                .with("marker", &intents.name(*index))
                .with("shopper", &format!("s-{:016x}.{run}", intent.shopper))
                .with("email", &email)
                .with("order", order);
            let request = request(&one, self.target.as_ref(), &values)?;
            let body = match self.http.send(&request).await {
                Ok(answer) => answer.body,
                // No such order.
                Err(RecordError::Refused { status: 404, .. }) => Value::Null,
                Err(error) => return Err(error),
            };
            for row in source.rows.query(&body).all() {
                let row = SourceRow::Json(row).order(&source);
                orders.add(row.map_err(|error| wrong(&source, &error))?, intents);
            }
            looked_up.insert(*index);
        }
        Ok(Some(looked_up))
    }

    /// The rows of a source that carry the run's marker, and where they carry it. The chain from the shopper to the records is proved so.
    ///
    /// # Errors
    /// When the source can't be read.
    pub async fn find_marked(
        &mut self,
        kind: RecordKind,
        intents: &Intents,
    ) -> Result<Vec<MarkedRow>, RecordError> {
        let source = match kind {
            RecordKind::Orders => Some(self.plan.orders.clone()),
            RecordKind::Charges => self.plan.charges.clone(),
            RecordKind::Mails => self.plan.mail.clone(),
        };
        let Some(source) = source else { return Ok(Vec::new()) };
        let (mut marked, mut known) = (Vec::new(), HashSet::new());
        self.apart(&source, |row| {
            let id = match kind {
                RecordKind::Orders => row.order(&source)?.id,
                RecordKind::Charges => row.charge(&source)?.id,
                RecordKind::Mails => row.mail(&source)?.id,
            };
            let new = known.insert(id.clone());
            let (places, names) = (row.marked_places(intents), row.names(&source, intents));
            if new && (!places.is_empty() || names) {
                marked.push(MarkedRow { id, places });
            }
            Ok(new)
        })
        .await?;
        Ok(marked)
    }

    /// As `rows`, from a source whose clock is another one's: by how much it is ahead, where it says what time it is.
    async fn apart(
        &mut self,
        source: &SourcePlan,
        add: impl FnMut(SourceRow<'_>) -> Result<bool, RowError>,
    ) -> Result<Option<i64>, RecordError> {
        let clock = self.http.clock();
        self.http.set_clock(None);
        let read = self.rows(source, add).await;
        let offset = self.http.clock_offset_us();
        self.http.set_clock(clock);
        read.map(|()| offset)
    }

    /// Gives each row to `add`, which says whether it is new.
    async fn rows(
        &mut self,
        source: &SourcePlan,
        mut add: impl FnMut(SourceRow<'_>) -> Result<bool, RowError>,
    ) -> Result<(), RecordError> {
        match &source.place {
            RecordPlace::File(name) => {
                let path = self.folder.join(self.values.fill(name)?);
                let place = path.display().to_string();
                let file = File::open(&path)
                    .map_err(|source| RecordError::Io { place: place.clone(), source })?;
                read_rows(&place, file, &mut |row| add(row).map(drop_new))
            }
            RecordPlace::Listen(_) => {
                let mails = match (&self.sink, &self.mails) {
                    (Some(sink), _) => sink.mails(),
                    (None, Some(path)) => stored_mails(path)?,
                    (None, None) => Vec::new(),
                };
                for mail in mails {
                    let row = serde_json::json!({
                        "id": mail.id.to_string(), "marker": format!("{} {}", mail.to.join(" "), mail.subject),
                        "created": mail.at_unix_us / 1_000,
                    });
                    add(SourceRow::Json(&row)).map_err(|error| wrong(source, &error))?;
                }
                Ok(())
            }
            RecordPlace::Sql(url, query) => {
                let (url, query) = (self.values.fill(url)?, self.values.fill(query)?);
                sql::run_query(&url, &query, &mut |row| add(row).map(drop_new)).await
            }
            RecordPlace::Command(words) => {
                let words: Result<Vec<String>, RecordError> =
                    words.iter().map(|word| self.values.fill(word)).collect();
                read_command(&words?, &mut |row| add(row).map(drop_new))
            }
            RecordPlace::Get(_) | RecordPlace::Post(..) | RecordPlace::GraphQl(_) => {
                let mut problem = None;
                let take = |rows: &[&Value]| {
                    let mut page = PageRows::default();
                    for (i, row) in rows.iter().enumerate() {
                        match add(SourceRow::Json(row)) {
                            Ok(new) => {
                                page.new += usize::from(new);
                                page.first_known |= i == 0 && !new;
                            }
                            Err(error) => drop(problem.get_or_insert(error)),
                        }
                    }
                    page
                };
                read_pages(&mut self.http, source, self.target.as_ref(), &self.values, take)
                    .await?;
                problem.map_or(Ok(()), |error| Err(wrong(source, &error)))
            }
        }
    }
}

fn stored_mails(path: &Path) -> Result<Vec<SunkMail>, RecordError> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|source| RecordError::Io { place: place.clone(), source })?;
    // A process that was killed may have left half a line.
    let mails = text.lines().map(serde_json::from_str).filter_map(Result::ok);
    Ok(mails.collect())
}

fn drop_new(_: bool) {}

fn wrong(source: &SourcePlan, error: &RowError) -> RecordError {
    RecordError::Unexpected { place: source.describe(), message: error.to_string() }
}

fn state_rules(source: &SourcePlan) -> StateRules {
    StateRules { counts: source.counts.clone(), paid: source.paid.clone() }
}
