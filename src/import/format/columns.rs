//! W3C extended logs (IIS, CloudFront): a header names the columns.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::field::{Field, LineBuilder, StampMeaning};
use super::variables;

/// The columns of the header that was read last.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    fields: Vec<Field>,
}

/// What a line of such a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnLine {
    /// A comment, or a header that was taken.
    Directive,
    /// A request.
    Request,
    /// A request of another form than the header says.
    Broken,
}

// === impl Columns ===

impl Columns {
    /// What stamps of such logs mean: both IIS and CloudFront write a line when the answer is sent.
    pub const STAMP: StampMeaning = StampMeaning::End;

    /// Takes a header, or gives a line's fields to a builder.
    pub fn read<'a>(
        &mut self,
        line: &'a str,
        session: Option<&str>,
        builder: &mut LineBuilder<'a>,
    ) -> ColumnLine {
        if let Some(directive) = line.strip_prefix('#') {
            if let Some(names) = directive.strip_prefix("Fields:") {
                self.fields = names.split_ascii_whitespace().map(variables::column).collect();
            }
            return ColumnLine::Directive;
        }
        let tabs = line.contains('\t');
        let values: Vec<&str> = line.split(if tabs { '\t' } else { ' ' }).collect();
        if self.fields.is_empty() || values.len() != self.fields.len() {
            return ColumnLine::Broken;
        }
        for (field, value) in self.fields.iter().zip(values) {
            builder.set(field, written_out(field, value, tabs), session);
        }
        ColumnLine::Request
    }
}

/// Agents and cookies are escaped: by percent signs in CloudFront's logs, with plus signs for spaces in those of IIS.
fn written_out<'a>(field: &Field, value: &'a str, tabs: bool) -> Cow<'a, str> {
    if !matches!(field, Field::UserAgent | Field::Cookies) {
        return Cow::Borrowed(value);
    }
    if tabs && value.contains('%') {
        // CloudFront escapes twice where the client's own text had a percent sign.
        let once = percent_decode_str(value).decode_utf8_lossy().into_owned();
        return percent_decode_str(&once).decode_utf8_lossy().into_owned().into();
    }
    if !tabs && value.contains('+') { value.replace('+', " ").into() } else { value.into() }
}
