//! Data files: tables whose rows are dealt out to shoppers.

use super::data_table::{DataTable, Wrong};
use super::{Compiler, csv, guard};
use crate::base::{VarId, count_of, plural, sha256_hex};
use crate::plan::{DataCell, DataSet, Load, RowAssignment};
use crate::scenario::{Data, LocatedText, Span, nearest};

impl Compiler<'_> {
    pub(super) fn data(
        &mut self,
        name: &LocatedText,
        written: &Data,
        load: &Load,
    ) -> Option<DataSet> {
        let good = self.names.check(name, "a data set", self.problems);
        let file = written.file.as_ref()?;
        let bytes = match (self.inputs.read_file)(&file.value) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.problem(
                    file.span,
                    format!("the data file {} can't be read: {error}", file.value),
                    "give its path relative to the scenario",
                );
                return None;
            }
        };
        let assignment = written.each.as_ref().map(|each| each.value).unwrap_or_default();
        let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        let lines = [".jsonl", ".ndjson"].iter().any(|end| file.value.ends_with(end));
        let table = if lines { objects(text) } else { csv::table(text) };
        let (columns, rows) = match table {
            Ok(table) => table,
            Err((wrong, remedy)) => {
                self.problem(file.span, format!("the data file {} {wrong}", file.value), remedy);
                return None;
            }
        };
        self.no_secrets(file, &rows);
        if !self.inputs.stored {
            match assignment {
                RowAssignment::Once => self.enough_rows(file.span, &name.value, rows.len(), load),
                _ if rows.is_empty() => {
                    self.problem(
                        file.span,
                        format!("the data file {} has no row to deal out", file.value),
                        "add a row",
                    );
                }
                RowAssignment::Loop | RowAssignment::Random => {}
            }
        }
        self.known_columns(written, &columns);
        let secret =
            |column: &String| written.secret.iter().flatten().any(|name| name.value == *column);
        let secret: Vec<bool> = columns.iter().map(secret).collect();
        let columns: Vec<VarId> = good.then(|| {
            columns
                .iter()
                .map(|column| self.names.declare(format!("{}.{column}", name.value)))
                .collect()
        })?;
        let secret = columns.iter().zip(secret).filter_map(|(var, secret)| secret.then_some(*var));
        self.secret_columns.extend(secret);
        let sha256 = sha256_hex(&bytes);
        Some(DataSet { name: name.value.clone(), columns, assignment, sha256, rows })
    }

    /// Tells each secret column that the file does not have.
    fn known_columns(&mut self, written: &Data, columns: &[String]) {
        for name in written.secret.iter().flatten() {
            if columns.contains(&name.value) {
                continue;
            }
            let remedy = match nearest(&name.value, columns.iter().map(String::as_str)) {
                Some(meant) => format!("write `{meant}`"),
                None => format!("its columns are {}", columns.join(", ")),
            };
            self.problem(name.span, format!("the data has no column `{}`", name.value), remedy);
        }
    }

    /// Tells the first cell that must not be in a load test.
    fn no_secrets(&mut self, file: &LocatedText, rows: &[Vec<DataCell>]) {
        for (row, cells) in rows.iter().enumerate() {
            for cell in cells {
                let text = match cell {
                    DataCell::Text(text) => text.clone(),
                    DataCell::Json(value) => value.to_string(),
                };
                if let Some(secret) = guard::secrets(&text).into_iter().next() {
                    let shown: String = text[secret.range].chars().take(6).collect();
                    let message = format!(
                        "row {} of {} has {}: {shown}...",
                        row + 1,
                        file.value,
                        secret.what
                    );
                    self.problem(file.span, message, secret.remedy);
                    return;
                }
            }
        }
    }

    /// Rows are never shared, so there must be one for each shopper. The schedule checks the exact number.
    fn enough_rows(&mut self, span: Span, name: &str, rows: usize, load: &Load) {
        match load.profile() {
            Some(profile) if (rows as f64) < profile.expected_arrivals() => {
                let expected = profile.expected_arrivals().ceil();
                let message = format!(
                    "`{name}` has {} for about {}, and each row is one shopper's",
                    count_of(rows as u64, "row"),
                    plural(&expected.to_string(), "shopper")
                );
                self.problem(
                    span,
                    message,
                    format!(
                        "add at least {}, or send fewer shoppers",
                        plural(&(expected - rows as f64).to_string(), "row")
                    ),
                );
            }
            Some(_) => {}
            None => {
                let message = format!(
                    "`{name}` can't be dealt out in a closed load, which takes as many shoppers as the shop lets through"
                );
                self.problem(span, message, "use stages or a shape");
            }
        }
    }
}

/// The keys of the first line, and the values of all, of a file with a JSON object a line.
fn objects(text: &[u8]) -> Result<DataTable, Wrong> {
    const REMEDY: &str = "write a JSON object a line, all with the keys of the first";
    let text = std::str::from_utf8(text)
        .map_err(|_| ("is not UTF-8 text".to_owned(), "save it as UTF-8"))?;
    let mut columns: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |what: String| (format!("{what} on line {}", n + 1), REMEDY);
        let read =
            serde_json::from_str(line).map_err(|error| wrong(format!("is not JSON ({error})")))?;
        let serde_json::Value::Object(mut object) = read else {
            return Err(wrong("has no object".to_owned()));
        };
        let columns = columns.get_or_insert_with(|| object.keys().cloned().collect());
        if let Some(unknown) = object.keys().find(|key| !columns.contains(key)) {
            return Err(wrong(format!("has a new key `{unknown}`")));
        }
        let cell = |column: &String| match object.shift_remove(column) {
            Some(serde_json::Value::String(text)) => Ok(DataCell::Text(text)),
            Some(value) => Ok(DataCell::Json(value)),
            None => Err(wrong(format!("lacks `{column}`"))),
        };
        rows.push(columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?);
    }
    Ok((columns.ok_or_else(|| ("has no line".to_owned(), REMEDY))?, rows))
}
