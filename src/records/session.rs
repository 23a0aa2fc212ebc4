//! Reads records until they are final, and judges them.

use jiff::Timestamp;

use super::http::RecordError;
use super::reader::RecordReader;
use crate::base::Micros;
use crate::reconcile::{
    Charges, CreatedOrder, Evidence, Intents, Mails, Orders, Read, Reconciliation, Rules,
    SettleRules, SettleStep, StockRow, VoucherLimit, check_stock, check_vouchers, created_orders,
    judge, match_records,
};

/// What is reconciled, and by which rules.
#[derive(Debug)]
pub struct ReconcileInput<'a> {
    /// The intents of the run.
    pub intents: &'a Intents,
    /// The rules.
    pub rules: Rules,
    /// When records are final.
    pub settle: SettleRules,
    /// The stock before the run, where it was read.
    pub stock_before: Option<Vec<StockRow>>,
}

/// What it came to.
#[derive(Debug)]
pub struct Reconciled {
    /// The result.
    pub result: Reconciliation,
    /// The orders that the run made.
    pub created: Vec<CreatedOrder>,
    /// When records were last read.
    pub read_at: Timestamp,
}

/// A complete read of everything.
#[derive(Default)]
struct Records {
    orders: Orders,
    charges: Charges,
    mails: Mails,
    stock: Option<Vec<StockRow>>,
}

/// The complete reads of a run so far, and what the last one had.
#[derive(Default)]
pub struct ReadHistory {
    reads: Vec<Read>,
    records: Records,
}

/// Reads until the records are final or time is up, and judges them. `notice` is told of waits.
///
/// # Errors
/// When a source can't be read.
pub async fn reconcile(
    reader: &mut RecordReader,
    history: ReadHistory,
    input: &ReconcileInput<'_>,
    notice: &dyn Fn(&str),
) -> Result<Reconciled, RecordError> {
    let mut history = history;
    let last_attempt = input.intents.last_at();
    let started = input.rules.started_unix_us;
    let settled = loop {
        let now = since(started);
        match input.settle.next(now, last_attempt, &history.reads) {
            SettleStep::Settled => break true,
            SettleStep::Unsettled => break false,
            SettleStep::ReadAfter(pause) => {
                if pause >= Micros::from_secs(10) {
                    notice(&format!(
                        "reading the shop's records in {pause}, when the last attempts are over"
                    ));
                }
                tokio::time::sleep(pause.into()).await;
                history.read(reader, input.intents, started).await?;
            }
        }
    };
    let ReadHistory { reads, mut records } = history;
    let mut evidence = evidence(reader, reads, settled);
    let first = records.judge(input, &evidence);
    let result = if settled && !first.missing.is_empty() {
        let missing = &first.missing;
        evidence.looked_up = reader.look_up(missing, input.intents, &mut records.orders).await?;
        records.judge(input, &evidence)
    } else {
        first
    };
    let result = records.add_shared(result, reader, input);
    let created = records.list_created(input.intents);
    Ok(Reconciled { result, created, read_at: Timestamp::now() })
}

fn evidence(reader: &RecordReader, reads: Vec<Read>, settled: bool) -> Evidence {
    Evidence {
        reads,
        settled,
        has_charges: reader.plan().charges.is_some(),
        has_mails: reader.plan().mail.is_some(),
        looked_up: None,
        clock_offset_us: reader.clock_offset_us(),
        mail_clock_offset_us: reader.mail_clock_offset_us(),
    }
}

// === impl ReadHistory ===

impl ReadHistory {
    /// Reads everything once more.
    ///
    /// # Errors
    /// When a source can't be read; what was read before stays.
    pub async fn read(
        &mut self,
        reader: &mut RecordReader,
        intents: &Intents,
        started_unix_us: i64,
    ) -> Result<(), RecordError> {
        let began_at = since(started_unix_us);
        let mut next = read_all(reader, self.reads.len() as u32, intents).await?;
        next.orders.follow(&self.records.orders);
        self.records = next;
        let digest = self.records.digest();
        self.reads.push(Read { began_at, ended_at: since(started_unix_us), digest });
        Ok(())
    }

    /// What the last read says while the run goes on. The intents must be of a later time than the read, so that nothing in it is of an
    /// attempt that they lack.
    pub fn judge_so_far(
        &self,
        reader: &RecordReader,
        input: &ReconcileInput<'_>,
    ) -> Reconciliation {
        let evidence = evidence(reader, self.reads.clone(), false);
        let result = self.records.judge(input, &evidence);
        self.records.add_shared(result, reader, input)
    }
}

/// The orders that a run made, as the records have them now.
///
/// # Errors
/// When the orders can't be read.
pub async fn read_created(
    reader: &mut RecordReader,
    intents: &Intents,
) -> Result<Vec<CreatedOrder>, RecordError> {
    let records = Records { orders: reader.orders(0, intents).await?, ..Records::default() };
    Ok(records.list_created(intents))
}

async fn read_all(
    reader: &mut RecordReader,
    read: u32,
    intents: &Intents,
) -> Result<Records, RecordError> {
    Ok(Records {
        orders: reader.orders(read, intents).await?,
        charges: reader.charges(intents).await?,
        mails: reader.mails(intents).await?,
        stock: reader.stock().await?,
    })
}

/// The time since the planned start.
fn since(started_unix_us: i64) -> Micros {
    Micros(u64::try_from(Timestamp::now().as_microsecond() - started_unix_us).unwrap_or(0))
}

// === impl Records ===

impl Records {
    fn digest(&self) -> u64 {
        let stock = self.stock.iter().flatten().map(|row| row.on_hand as u64);
        self.orders.digest()
            ^ self.charges.digest().rotate_left(16)
            ^ self.mails.digest().rotate_left(32)
            ^ stock.fold(0, |sum: u64, units| sum.rotate_left(5) ^ units).rotate_left(48)
    }

    fn list_created(&self, intents: &Intents) -> Vec<CreatedOrder> {
        let Records { orders, charges, mails, .. } = self;
        created_orders(intents, orders, &match_records(intents, orders, charges, mails))
    }

    fn judge(&self, input: &ReconcileInput<'_>, evidence: &Evidence) -> Reconciliation {
        let Records { orders, charges, mails, .. } = self;
        let matched = match_records(input.intents, orders, charges, mails);
        judge(input.intents, orders, charges, mails, &matched, &input.rules, evidence)
    }

    fn add_shared(
        &self,
        mut result: Reconciliation,
        reader: &RecordReader,
        input: &ReconcileInput<'_>,
    ) -> Reconciliation {
        let Records { orders, charges, mails, stock } = self;
        let matched = match_records(input.intents, orders, charges, mails);
        let plan = reader.plan();
        let exclusive = |sku: &str| plan.exclusive.iter().any(|known| known == sku);
        let before = input.stock_before.as_deref().unwrap_or_default();
        let of_stock = check_stock(before, stock.as_deref(), orders, &matched, &exclusive);
        let limits: Vec<VoucherLimit> = plan
            .vouchers
            .iter()
            .map(|(code, limit, per_shopper)| VoucherLimit {
                code: code.clone(),
                limit: *limit,
                per_shopper: *per_shopper,
            })
            .collect();
        result.add_shared(of_stock, check_vouchers(&limits, input.intents, orders, &matched));
        result
    }
}
