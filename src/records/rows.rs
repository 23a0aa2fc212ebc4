//! From a row of a source to a record.

use csv::StringRecord;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::Value;

use crate::base::Currency;
use crate::plan::{FieldPlace, SourcePlan};
use crate::reconcile::{ChargeRow, Intents, MailRow, OrderLine, OrderRow, StockRow, minor_units};

/// A row as the source has it.
#[derive(Clone, Copy, Debug)]
pub enum SourceRow<'r> {
    /// JSON.
    Json(&'r Value),
    /// A line of a table, with the names of its columns.
    Table(&'r StringRecord, &'r StringRecord),
}

/// Why a row is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// It has no id.
    #[error("a row has no `{0}`: write in `fields:` where it is")]
    Missing(&'static str),
    /// A value can't be read.
    #[error("`{1}` is not a value of `{0}`")]
    Wrong(&'static str, String),
}

/// The id of a row of JSON.
pub fn id_of(source: &SourcePlan, row: &Value) -> Option<String> {
    SourceRow::Json(row).text(source, "id")
}

// === impl SourceRow ===

impl SourceRow<'_> {
    /// The text of a field; none where it is missing or empty.
    fn text(&self, source: &SourcePlan, field: &'static str) -> Option<String> {
        let found = match (self, source.field(field)) {
            (SourceRow::Json(row), Some(FieldPlace::Path(path))) => {
                path.query(row).first().and_then(text_of)
            }
            (SourceRow::Json(row), Some(FieldPlace::Column(name))) => {
                row.get(name).and_then(text_of)
            }
            (SourceRow::Json(row), None) => row.get(field).and_then(text_of),
            (SourceRow::Table(row, columns), place) => {
                let name = match place {
                    Some(FieldPlace::Column(name)) => name,
                    Some(FieldPlace::Path(_)) | None => field,
                };
                let column = columns.iter().position(|column| column.trim() == name)?;
                row.get(column).map(str::to_owned)
            }
        };
        found.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// What carries the marker: the field, else the whole row.
    fn marker(&self, source: &SourcePlan) -> String {
        self.text(source, "marker").unwrap_or_else(|| match self {
            SourceRow::Json(row) => row.to_string(),
            SourceRow::Table(row, _) => row.iter().collect::<Vec<_>>().join(" "),
        })
    }

    /// Whether the row is, or belongs to, an order of which a shopper was told the number.
    pub fn names(&self, source: &SourcePlan, intents: &Intents) -> bool {
        let told = |name: String| {
            let confirmed = intents.list().iter().flat_map(|intent| &intent.confirmed);
            confirmed.into_iter().any(|number| **number == *name)
        };
        ["id", "number", "order"].into_iter().filter_map(|field| self.text(source, field)).any(told)
    }

    /// The places in the row that name an owner of these runs: JSONPaths, or columns.
    pub fn marked_places(&self, intents: &Intents) -> Vec<String> {
        let mut places = Vec::new();
        match self {
            SourceRow::Json(row) => marked_json(row, "$", intents, &mut places),
            SourceRow::Table(row, columns) => {
                let cells = row.iter().zip(columns.iter());
                let marked = cells.filter(|(cell, _)| intents.owner(cell).is_some());
                places.extend(marked.map(|(_, column)| column.to_owned()));
            }
        }
        places
    }

    fn need(&self, source: &SourcePlan, field: &'static str) -> Result<String, RowError> {
        self.text(source, field).ok_or(RowError::Missing(field))
    }

    fn amount(
        &self,
        source: &SourcePlan,
        field: &'static str,
        currency: Option<&str>,
    ) -> Result<Option<i64>, RowError> {
        let Some(text) = self.text(source, field) else { return Ok(None) };
        let currency = currency.and_then(|code| Currency::new(&code.to_ascii_uppercase()));
        let decimals = if source.minor { 0 } else { Currency::decimals(currency) };
        let amount = minor_units(&text, decimals);
        amount.map(Some).ok_or(RowError::Wrong(field, text))
    }

    fn created_at(&self, source: &SourcePlan) -> Option<i64> {
        let with_offset = self.text(source, "created").and_then(|text| instant(&text));
        with_offset.or_else(|| self.text(source, "created_utc").and_then(|text| instant_utc(&text)))
    }

    /// The row as an order.
    ///
    /// # Errors
    /// When it has no id, or an amount that is none.
    pub fn order(&self, source: &SourcePlan) -> Result<OrderRow, RowError> {
        let currency = self.text(source, "currency");
        Ok(OrderRow {
            id: self.need(source, "id")?,
            number: self.text(source, "number"),
            marker: self.marker(source),
            total_minor: self.amount(source, "total", currency.as_deref())?,
            currency,
            state: self.text(source, "state"),
            created_unix_us: self.created_at(source),
            vouchers: self.many(source, "vouchers").iter().filter_map(text_of).collect(),
            lines: self.lines(source),
        })
    }

    /// The row as a charge.
    ///
    /// # Errors
    /// As for an order.
    pub fn charge(&self, source: &SourcePlan) -> Result<ChargeRow, RowError> {
        let currency = self.text(source, "currency");
        let captured = self.amount(source, "captured", currency.as_deref())?;
        let refunded = self.amount(source, "refunded", currency.as_deref())?;
        Ok(ChargeRow {
            id: self.need(source, "id")?,
            marker: self.marker(source),
            order: self.text(source, "order"),
            captured_minor: captured.map(|captured| captured - refunded.unwrap_or_default()),
            currency,
            state: self.text(source, "state"),
        })
    }

    /// The row as a receipt.
    ///
    /// # Errors
    /// When it has no id.
    pub fn mail(&self, source: &SourcePlan) -> Result<MailRow, RowError> {
        let id = self.need(source, "id")?;
        Ok(MailRow { id, marker: self.marker(source), created_unix_us: self.created_at(source) })
    }

    /// The row as the stock of an article.
    ///
    /// # Errors
    /// When it has no article number or no whole number of units.
    pub fn stock(&self, source: &SourcePlan) -> Result<StockRow, RowError> {
        let on_hand = self.need(source, "on_hand")?;
        let units = minor_units(&on_hand, 0).ok_or(RowError::Wrong("on_hand", on_hand))?;
        Ok(StockRow { sku: self.need(source, "sku")?, on_hand: units })
    }

    fn many(&self, source: &SourcePlan, field: &'static str) -> Vec<Value> {
        let values: Vec<Value> = match (self, source.field(field)) {
            (SourceRow::Json(row), Some(FieldPlace::Path(path))) => {
                path.query(row).all().into_iter().cloned().collect()
            }
            (SourceRow::Json(_), _) => Vec::new(),
            (SourceRow::Table(..), _) => {
                self.text(source, field).map_or(Vec::new(), |text| split_list(&text))
            }
        };
        values.into_iter().filter(|value| !value.is_null()).collect()
    }

    fn lines(&self, source: &SourcePlan) -> Vec<OrderLine> {
        let lines = self.many(source, "lines");
        let lines = lines.iter().filter_map(|line| {
            if let Value::String(line) = line {
                let (sku, quantity) = line.rsplit_once('=')?;
                let (sku, quantity) = (sku.trim().to_owned(), quantity.trim().parse().ok()?);
                return Some(OrderLine { sku, quantity });
            }
            let line = SourceRow::Json(line);
            let quantity = minor_units(&line.text(source, "quantity")?, 0)?;
            Some(OrderLine {
                sku: line.text(source, "sku")?,
                quantity: u64::try_from(quantity).ok()?,
            })
        });
        lines.collect()
    }
}

fn marked_json(value: &Value, place: &str, intents: &Intents, places: &mut Vec<String>) {
    match value {
        Value::String(text) if intents.owner(text).is_some() => places.push(place.to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                marked_json(item, &format!("{place}[{at}]"), intents, places);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                marked_json(field, &format!("{place}.{name}"), intents, places);
            }
        }
    }
}

/// The entries of a column: a JSON array, or texts separated by spaces, commas or semicolons.
fn split_list(text: &str) -> Vec<Value> {
    match serde_json::from_str(text) {
        Ok(Value::Array(entries)) => entries,
        _ => {
            let parts = text.split([' ', ',', ';', '\n']).filter(|part| !part.is_empty());
            parts.map(Value::from).collect()
        }
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}

/// A time that says which zone it is in: RFC 3339, or seconds or milliseconds since 1970. One that does not says nothing.
fn instant(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<f64>() {
        let seconds = if number > 1e11 { number / 1e3 } else { number };
        return Some((seconds * 1e6) as i64);
    }
    text.replacen(' ', "T", 1).parse::<Timestamp>().ok().map(Timestamp::as_microsecond).or_else(
        || {
            // PostgreSQL writes `+00` for `+00:00`.
            format!("{}:00", text.replacen(' ', "T", 1))
                .parse::<Timestamp>()
                .ok()
                .map(Timestamp::as_microsecond)
        },
    )
}

fn instant_utc(text: &str) -> Option<i64> {
    instant(text).or_else(|| {
        let civil: DateTime = text.replacen(' ', "T", 1).parse().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp().as_microsecond())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::compile_records;
    use crate::scenario::Records;

    #[test]
    fn a_table_has_its_lines_in_a_column() {
        let (written, mut problems) =
            Records::parse("r.yaml", "orders: { file: a.csv, fields: { lines: what } }").unwrap();
        let source = compile_records(&written, &mut problems).unwrap().orders;
        let columns = StringRecord::from(vec!["id", "what"]);
        let two = [("lamp-1", 2), ("oil 5", 1)]
            .map(|(sku, quantity)| OrderLine { sku: sku.into(), quantity });
        let text = r#"[{"sku":"lamp-1","quantity":2},{"sku":"oil 5","quantity":1}]"#;
        let row = StringRecord::from(vec!["1", text]);
        assert_eq!(SourceRow::Table(&row, &columns).order(&source).unwrap().lines, two);
        let row = StringRecord::from(vec!["1", "lamp-1=2"]);
        assert_eq!(SourceRow::Table(&row, &columns).order(&source).unwrap().lines, two[..1]);
    }

    #[test]
    fn times_with_a_zone_are_read_and_others_are_not() {
        let nine = 1_795_770_000_000_000;
        for text in [
            "2026-11-27T09:00:00Z",
            "2026-11-27 09:00:00+00",
            "2026-11-27T10:00:00+01:00",
            "1795770000",
            "1795770000000",
        ] {
            assert_eq!(instant(text), Some(nine), "{text}");
        }
        assert_eq!(instant("2026-11-27T09:00:00"), None, "it may be any zone's");
        assert_eq!(instant_utc("2026-11-27T09:00:00"), Some(nine));
        assert_eq!(instant_utc("2026-11-27 09:00:00"), Some(nine));
        assert_eq!(instant_utc("2026-11-27 09:00:00+00"), Some(nine));
    }
}
