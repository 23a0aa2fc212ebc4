//! Where the shop's records are and what is read of them: `records:`, checked. Texts keep their placeholders, because secrets are
//! known only when records are read.

use std::net::SocketAddr;

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::base::Micros;

/// All sources, and how records are judged.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordPlan {
    /// The orders.
    pub orders: SourcePlan,
    /// The charges.
    pub charges: Option<SourcePlan>,
    /// The receipts.
    pub mail: Option<SourcePlan>,
    /// The stock.
    pub stock: Option<SourcePlan>,
    /// How an order is cancelled.
    pub cleanup: Option<CleanupPlan>,
    /// Articles that nobody but the run buys.
    pub exclusive: Vec<String>,
    /// Code, limit, and whether the limit holds for each shopper.
    pub vouchers: Vec<(String, u64, bool)>,
    /// From the last attempt until records can be final; none: by the scenario's longest wait.
    pub wait: Option<Micros>,
    /// From the last attempt until waiting ends.
    pub settle: Micros,
    /// Between two reads during the run.
    pub every: Micros,
    /// Between two reads after it.
    pub pause: Micros,
    /// Later is late.
    pub late_after: Micros,
    /// Later is missing.
    pub receipt_within: Micros,
}

/// One source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourcePlan {
    /// Where the rows are.
    pub place: RecordPlace,
    /// Base address; none: the shop's.
    pub url: Option<String>,
    /// By whom it is read.
    pub auth: Option<RecordAuth>,
    /// Headers of each request.
    pub headers: Vec<(String, String)>,
    /// The rows of an answer.
    pub rows: JsonPath,
    /// The next page.
    pub next: NextPage,
    /// The path that looks for one intent.
    pub lookup: Option<String>,
    /// Where the fields of a row are.
    pub fields: Vec<(&'static str, FieldPlace)>,
    /// The states that count; all where empty.
    pub counts: Vec<String>,
    /// The states in which an order is paid.
    pub paid: Vec<String>,
    /// Whether amounts are in minor units.
    pub minor: bool,
}

/// Where rows are.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordPlace {
    /// GET this path.
    Get(String),
    /// POST this body to this path.
    Post(String, Value),
    /// POST this query.
    GraphQl(String),
    /// The address of a database, and the query.
    Sql(String, String),
    /// The words of a command.
    Command(Vec<String>),
    /// A file.
    File(String),
    /// A mail sink of our own, at this address.
    Listen(SocketAddr),
}

/// How an order is cancelled or deleted.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanupPlan {
    /// What is done for each order.
    pub action: CleanupAction,
    /// Base address; none: the shop's.
    pub url: Option<String>,
    /// By whom.
    pub auth: Option<RecordAuth>,
    /// Headers of each request.
    pub headers: Vec<(String, String)>,
}

/// What is done for an order.
#[derive(Clone, Debug, PartialEq)]
pub enum CleanupAction {
    /// A request with this method, to this path, with this body.
    Send(&'static str, String, Option<Value>),
    /// A GraphQL mutation.
    GraphQl(String),
    /// The words of a command.
    Command(Vec<String>),
}

/// By whom a source is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordAuth {
    /// User and password.
    Basic(String, String),
    /// A token.
    Bearer(String),
}

/// How the next page is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum NextPage {
    /// There is one page only.
    None,
    /// By the header `link`.
    Link,
    /// By the cursor at this place, in this parameter, while a flag is true.
    Cursor(JsonPath, String, Option<JsonPath>),
    /// By a page's number in this parameter, from this one.
    Page(String, u64),
    /// By the number of rows to skip in this parameter.
    Offset(String),
    /// By the last row's id in this parameter, while a flag is true.
    AfterId(String, Option<JsonPath>),
}

/// Where a field of a row is.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldPlace {
    /// In a row of JSON.
    Path(JsonPath),
    /// In a table; of JSON, a key.
    Column(String),
}

/// The fields that are read.
pub const RECORD_FIELDS: [&str; 14] = [
    "id",
    "number",
    "marker",
    "total",
    "currency",
    "state",
    "created",
    "created_utc",
    "vouchers",
    "lines",
    "sku",
    "quantity",
    "order",
    "captured",
];
pub(super) const MORE_FIELDS: [&str; 2] = ["refunded", "on_hand"];

// === impl SourcePlan ===

impl SourcePlan {
    /// Where a field is: as the scenario says, else under its own name.
    pub fn field(&self, name: &str) -> Option<&FieldPlace> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, place)| place)
    }

    /// In words, for reports: without user, password or query.
    pub fn describe(&self) -> String {
        let path = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
        match &self.place {
            RecordPlace::Get(get) => format!("GET {}", path(get)),
            RecordPlace::Post(post, _) => format!("POST {}", path(post)),
            RecordPlace::GraphQl(_) => "GraphQL".to_owned(),
            RecordPlace::Sql(..) => "SQL".to_owned(),
            RecordPlace::Command(words) => {
                format!("command {}", words.first().map_or("", String::as_str))
            }
            RecordPlace::File(file) => format!("file {file}"),
            RecordPlace::Listen(at) => format!("mail sink {at}"),
        }
    }
}
