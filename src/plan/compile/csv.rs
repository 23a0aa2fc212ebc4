//! CSV data files: comma-separated text with a header line. What spreadsheets save instead is named, with its remedy.

use csv::{ErrorKind, ReaderBuilder, StringRecord, Trim};

use super::data_table::{DataTable, Wrong};
use crate::base::count_of;
use crate::plan::DataCell;

/// Delimiters that spreadsheets use where a comma is the decimal mark, or by choice.
const OTHER_DELIMITERS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];

/// The header and the rows of a CSV file.
pub(super) fn table(text: &[u8]) -> Result<DataTable, Wrong> {
    let mut reader = ReaderBuilder::new().trim(Trim::Headers).from_reader(text);
    let header = reader.headers().map_err(wrong)?;
    if header.is_empty() {
        return Err(("is empty".to_owned(), "write a header line, then a row for each shopper"));
    }
    let columns: Vec<String> = header.iter().map(str::to_owned).collect();
    check_columns(&columns)?;
    let row =
        |record: StringRecord| record.iter().map(|cell| DataCell::Text(cell.to_owned())).collect();
    let rows = reader.records().map(|record| record.map(row)).collect::<Result<_, _>>();
    Ok((columns, rows.map_err(wrong)?))
}

fn check_columns(columns: &[String]) -> Result<(), Wrong> {
    const REMEDY: &str = "give each column a name of its own in the header line";
    if let [only] = columns {
        let other = OTHER_DELIMITERS.iter().find(|(delimiter, _)| only.contains(*delimiter));
        if let Some((_, name)) = other {
            let wrong = format!("has {name} between its columns (`{only}`)");
            return Err((wrong, "save it as comma-separated values (CSV)"));
        }
    }
    for (i, column) in columns.iter().enumerate() {
        if column.is_empty() {
            return Err((format!("has no name for column {}", i + 1), REMEDY));
        }
        if columns[..i].contains(column) {
            return Err((format!("has two columns `{column}`"), REMEDY));
        }
    }
    Ok(())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's list, which grows")]
fn wrong(error: csv::Error) -> Wrong {
    let line = |at: &Option<csv::Position>| {
        at.as_ref().map(|at| format!(" on line {}", at.line())).unwrap_or_default()
    };
    match error.kind() {
        ErrorKind::Utf8 { pos, .. } => {
            (format!("is not UTF-8 text{}", line(pos)), "save it as UTF-8")
        }
        ErrorKind::UnequalLengths { pos, expected_len, len } => (
            format!(
                "has {}{}, and {} in the header",
                count_of(*len, "cell"),
                line(pos),
                count_of(*expected_len, "column")
            ),
            "give each row as many cells as the header; put a cell with a comma into double quotes",
        ),
        _ => (
            format!("can't be read: {error}"),
            "write a CSV file: a header line, then a row for each shopper",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_save_is_named_with_its_remedy() {
        for (text, cause, remedy) in [
            (
                &b"email;name\na@x.org;Doe\n"[..],
                "has semicolons between its columns (`email;name`)",
                "comma",
            ),
            (b"email\tname\na@x.org\tDoe\n", "has tabs", "comma"),
            (b"email,name\na@x.org,M\xfcller\n", "is not UTF-8 text on line 2", "UTF-8"),
            (
                b"email,name\na@x.org\n",
                "has 1 cell on line 2, and 2 columns in the header",
                "double quotes",
            ),
            (b"email,email\na,b\n", "has two columns `email`", "name of its own"),
            (b"email,,b\na,b,c\n", "has no name for column 2", "name of its own"),
            (b"", "is empty", "header line"),
        ] {
            let (wrong, help) = table(text).unwrap_err();
            assert!(wrong.starts_with(cause) && help.contains(remedy), "{wrong}: {help}");
        }
    }

    #[test]
    fn a_single_column_and_cells_with_semicolons_are_fine() {
        let (columns, rows) = table(b"email\na;b\n").unwrap();
        assert_eq!((columns.len(), rows.len()), (1, 1));
    }
}
