//! `records:`: where the shop's own orders, charges, receipts and stock are read, to compare them with what shoppers were told.

use serde_json::{Value, json};

use super::decode::{AnyJson, Decode, Definitions, Named, OneOrMany, mapping};
use super::problem::Problems;
use super::source::{Located, LocatedText, SourceText};
use super::steps::Auth;
use super::tree::{NodeKind, YamlNode};
use super::words::MoneyUnit;
use super::yaml;
use crate::base::Micros;

mapping! {
    /// The shop's own records, which intents to buy are compared with after the run.
    Records, "a description of records" {
        /// The orders.
        "orders" required => orders: RecordSource,
        /// The charges of the payment provider.
        "charges" => charges: RecordSource,
        /// The receipts that were sent.
        "mail" => mail: RecordSource,
        /// The stock, read before and after the run.
        "stock" => stock: RecordSource,
        /// The request by which `tillrush cleanup` cancels or deletes an order.
        "cleanup" => cleanup: CleanupRequest,
        /// Articles that nobody but this run buys: only of them is a drift of stock a finding.
        "exclusive" => exclusive: OneOrMany<LocatedText>,
        /// How often each voucher may be used: `WELCOME: 100`, or `TILL10: 1 per shopper`.
        "vouchers" => vouchers: Named<LocatedText>,
        /// From the last attempt until the shop can have finished with it (default: the longest time that a shopper waits for an answer, and 30s).
        "wait" => wait: Located<Micros>,
        /// From the last attempt until waiting for records ends (default 15m).
        "settle" => settle: Located<Micros>,
        /// Between two reads while the run goes on (default 30s).
        "every" => every: Located<Micros>,
        /// Between two reads after the run (default 5s).
        "pause" => pause: Located<Micros>,
        /// An order that is there later than this after its confirmation is late (default 60s).
        "late_after" => late_after: Located<Micros>,
        /// A receipt that comes later than this after the order is missing (default 10m).
        "receipt_within" => receipt_within: Located<Micros>,
    }
}

mapping! {
    /// Where records are read: a preset, or exactly one of get, post, graphql, sql, command, file and listen. Texts may have `{{ env.NAME }}`, `{{ from }}` (ten minutes before the run, RFC 3339) and `{{ from_unix }}`.
    RecordSource, "a source of records" {
        /// A preset, which fills in everything else: such as woocommerce, shopify, medusa, vendure, stripe, mailpit.
        "from" => from: LocatedText,
        /// Base address (http or https). Left out: the shop's.
        "url" => url: LocatedText,
        /// By whom records are read.
        "auth" => auth: Auth,
        /// Headers of each request.
        "headers" => headers: Named<LocatedText>,
        /// GET this path.
        "get" => get: LocatedText,
        /// POST `body` to this path.
        "post" => post: LocatedText,
        /// The JSON body of `post`.
        "body" => body: AnyJson,
        /// A GraphQL query, which is posted to `url`.
        "graphql" => graphql: LocatedText,
        /// A query to PostgreSQL, MySQL or SQLite, in a session that can only read.
        "sql" => sql: SqlQuery,
        /// A program that prints CSV with a header line, or a JSON object a line. It is run without a shell.
        "command" => command: LocatedText,
        /// A CSV or JSONL file; relative to the scenario.
        "file" => file: LocatedText,
        /// A mail sink of our own: the address on loopback at which the shop sends its mail by SMTP, such as 127.0.0.1:2525.
        "listen" => listen: LocatedText,
        /// Where the rows are in an answer, as a JSONPath (default `$[*]`).
        "rows" => rows: LocatedText,
        /// How the next page is asked for: `link` (RFC 8288), or a mapping.
        "next" => next: PageStyle,
        /// GET this path for one intent that the list lacks, before it is called lost: with `{{ marker }}`, `{{ email }}` and `{{ order }}`.
        "lookup" => lookup: LocatedText,
        /// Where each field is in a row: a JSONPath, or the name of a column. Left out: a column or key of the field's name.
        "fields" => fields: Named<LocatedText>,
        /// The states that count (default: all).
        "counts" => counts: OneOrMany<LocatedText>,
        /// The states in which an order is paid (default: those that count).
        "paid" => paid: OneOrMany<LocatedText>,
        /// What amounts are in: major (the default), such as euros, or minor, such as cents.
        "amounts" => amounts: Located<MoneyUnit>,
    }
}

mapping! {
    /// How an order is cancelled or deleted: one of post, put, patch, delete, graphql and command, with `{{ order }}` for its id and `{{ number }}` for its number.
    CleanupRequest, "a way to cancel an order" {
        /// Base address (http or https). Left out: the shop's.
        "url" => url: LocatedText,
        /// By whom orders are cancelled.
        "auth" => auth: Auth,
        /// Headers of each request.
        "headers" => headers: Named<LocatedText>,
        /// POST to this path.
        "post" => post: LocatedText,
        /// PUT to this path.
        "put" => put: LocatedText,
        /// PATCH this path.
        "patch" => patch: LocatedText,
        /// DELETE this path.
        "delete" => delete: LocatedText,
        /// The JSON body of the request.
        "body" => body: AnyJson,
        /// A GraphQL mutation, which is posted to `url`.
        "graphql" => graphql: LocatedText,
        /// A program, run without a shell for each order.
        "command" => command: LocatedText,
    }
}

mapping! {
    /// A query to a database.
    SqlQuery, "a query" {
        /// The database: `postgres://USER:PASSWORD@HOST/NAME`, `mysql://…`, or `sqlite:FILE`.
        "url" required => url: LocatedText,
        /// One `select`. Its columns are the fields. `lines` is a JSON array, or `SKU=QUANTITY` separated by commas.
        "query" required => query: LocatedText,
    }
}

mapping! {
    /// How the next page of a list is asked for.
    Paging, "a way to the next page", rules({ "oneOf": [{ "required": ["cursor"] }, { "required": ["page"] }, { "required": ["offset"] }, { "required": ["after_id"] }] }) {
        /// JSONPath of the cursor of the next page.
        "cursor" => cursor: LocatedText,
        /// The parameter or variable that takes the cursor (default after).
        "as" => parameter: LocatedText,
        /// JSONPath of whether there is a next page.
        "while" => proceed: LocatedText,
        /// The parameter that takes the number of the page.
        "page" => page: LocatedText,
        /// The number of the first page (default 1).
        "first" => first: LocatedText,
        /// The parameter that takes the number of rows to skip.
        "offset" => offset: LocatedText,
        /// The parameter that takes the id of the last row.
        "after_id" => after_id: LocatedText,
    }
}

/// How the next page is asked for.
#[derive(Clone, Debug)]
pub enum PageStyle {
    /// By the header `link`.
    Link(LocatedText),
    /// By a parameter.
    By(Box<Paging>),
}

impl Decode for PageStyle {
    fn decode(node: &YamlNode, problems: &mut Problems) -> Option<PageStyle> {
        match &node.kind {
            NodeKind::Map(_) => {
                Paging::decode(node, problems).map(|paging| PageStyle::By(Box::new(paging)))
            }
            NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => {
                LocatedText::decode(node, problems).map(PageStyle::Link)
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [{ "const": "link" }, Paging::schema(definitions)] })
    }
}

/// The sources that are ready-made, written as a scenario writes them.
pub const RECORD_PRESETS: &str = include_str!("record_presets.yaml");

// === impl Records, RecordSource ===

impl Records {
    /// Reads a file of its own: what stands under `records:`, with or without that key.
    ///
    /// # Errors
    /// When something in it can't be read: all of it at once.
    pub fn parse(file_name: &str, text: &str) -> Result<(Records, Problems), Problems> {
        let mut problems = Problems::new(SourceText::new(file_name, text));
        let records = yaml::parse(&mut problems).and_then(|node| {
            let inner = match &node.kind {
                NodeKind::Map(entries) => {
                    entries.iter().find(|(key, _)| key.value == "records").map(|(_, node)| node)
                }
                NodeKind::Null | NodeKind::Scalar { .. } | NodeKind::List(_) => None,
            };
            Records::decode(inner.unwrap_or(&node), &mut problems)
        });
        if problems.is_empty() {
            match records {
                Some(records) => return Ok((records, problems)),
                None => problems.add(
                    super::Span::default(),
                    "the file has no records",
                    "",
                    "write `orders:` with a source",
                ),
            }
        }
        Err(problems)
    }
}

impl RecordSource {
    /// The names of the presets.
    pub fn presets() -> Vec<String> {
        presets().0.into_iter().map(|(name, _)| name.value).collect()
    }

    /// What a preset says, if there is one of this name.
    pub fn preset(name: &str) -> Option<RecordSource> {
        presets()
            .0
            .into_iter()
            .find(|(known, _)| known.value == name)
            .and_then(|(_, source)| source)
    }

    /// What is given here, and what the preset says of the rest.
    pub fn over(self, preset: RecordSource) -> RecordSource {
        let fields = match (self.fields, preset.fields.clone()) {
            (Some(Named(mut given)), Some(Named(preset))) => {
                let known: Vec<String> = given.iter().map(|(name, _)| name.value.clone()).collect();
                given.extend(preset.into_iter().filter(|(name, _)| !known.contains(&name.value)));
                Some(Named(given))
            }
            (given, preset) => given.or(preset),
        };
        let own_place = self.get.is_some()
            || self.post.is_some()
            || self.graphql.is_some()
            || self.sql.is_some()
            || self.command.is_some()
            || self.file.is_some()
            || self.listen.is_some();
        let placed = if own_place { RecordSource::default() } else { preset.clone() };
        RecordSource {
            keys: self.keys,
            from: self.from,
            url: self.url.or(preset.url),
            auth: self.auth.or(preset.auth),
            headers: self.headers.or(preset.headers),
            get: self.get.or(placed.get),
            post: self.post.or(placed.post),
            body: self.body.or(placed.body),
            graphql: self.graphql.or(placed.graphql),
            sql: self.sql.or(placed.sql),
            command: self.command.or(placed.command),
            file: self.file.or(placed.file),
            listen: self.listen.or(placed.listen),
            rows: self.rows.or(preset.rows),
            next: self.next.or(preset.next),
            lookup: self.lookup.or(preset.lookup),
            fields,
            counts: self.counts.or(preset.counts),
            paid: self.paid.or(preset.paid),
            amounts: self.amounts.or(preset.amounts),
        }
    }
}

fn presets() -> Named<RecordSource> {
    let mut problems = Problems::new(SourceText::new("record_presets.yaml", RECORD_PRESETS));
    let presets = yaml::parse(&mut problems).and_then(|node| Named::decode(&node, &mut problems));
    debug_assert!(problems.is_empty(), "{}", problems.render(false));
    presets.unwrap_or(Named(Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_sources() {
        let presets = presets();
        assert!(presets.0.len() >= 14, "{}", presets.0.len());
        for (name, source) in presets.0 {
            let source = source.unwrap_or_else(|| panic!("{} can't be read", name.value));
            let places = [
                source.get.is_some(),
                source.post.is_some(),
                source.graphql.is_some(),
                source.sql.is_some(),
                source.command.is_some(),
            ];
            assert_eq!(places.iter().filter(|given| **given).count(), 1, "{}", name.value);
            assert!(source.fields.is_some(), "{}", name.value);
        }
    }

    #[test]
    fn what_is_given_wins_over_the_preset() {
        let text = "records:\n  orders: { from: woocommerce, url: http://127.0.0.1:1, fields: { marker: $.note }, counts: done }\n";
        let (records, _) = Records::parse("r.yaml", text).unwrap();
        let source = records.orders.unwrap();
        let preset = RecordSource::preset("woocommerce").unwrap();
        let merged = source.over(preset);
        let Named(fields) = merged.fields.unwrap();
        let marker: Vec<_> = fields.iter().filter(|(name, _)| name.value == "marker").collect();
        assert_eq!(marker.len(), 1);
        assert_eq!(marker[0].1.as_ref().unwrap().value, "$.note");
        assert!(fields.iter().any(|(name, _)| name.value == "total"));
        assert_eq!(merged.counts.unwrap().0[0].value, "done");
        assert!(merged.get.is_some());
    }

    #[test]
    fn a_misspelt_key_is_told_with_its_place() {
        let problems = Records::parse("r.yaml", "orders:\n  gett: /orders\n").unwrap_err();
        assert!(problems.render(false).contains("write `get`"), "{}", problems.render(false));
    }
}
