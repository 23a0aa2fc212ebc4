//! A list, page after page, so that nothing is lost or doubled while it grows.

use reqwest::Method;
use serde_json::Value;
use url::Url;

use super::http::{RecordError, RecordHttp, RecordRequest};
use super::template::Placeholders;
use crate::base::redact;
use crate::plan::{NextPage, RecordAuth, RecordPlace, SourcePlan};

/// More pages than this are a loop.
const MOST_PAGES: u32 = 100_000;
/// How often a list that lost rows while it was read is read again from its start.
const RESTARTS: u32 = 5;
/// More pages than this without a new row are a list that grows as fast as it is read, or that leads back to its start.
const MOST_KNOWN_PAGES: u32 = 50;

/// What became of a page's rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageRows {
    /// How many rows were not known.
    pub new: usize,
    /// Whether the first row was known.
    pub first_known: bool,
}

/// Reads all pages; `take` gets each page's rows, and says which were new.
///
/// # Errors
/// When a page can't be read.
pub async fn read_pages(
    http: &mut RecordHttp,
    source: &SourcePlan,
    target: Option<&Url>,
    values: &Placeholders,
    mut take: impl FnMut(&[&Value]) -> PageRows,
) -> Result<(), RecordError> {
    let (mut restarts, mut read_before) = (0, 0);
    loop {
        let pass = read_once(http, source, target, values, read_before, &mut take).await?;
        if pass.complete {
            return Ok(());
        }
        // Read again from the start, as many pages as before have nothing new.
        read_before = pass.pages.max(read_before);
        restarts += 1;
        if restarts > RESTARTS {
            let message = "rows kept vanishing from the list while it was read".to_owned();
            return Err(RecordError::Unexpected { place: source.describe(), message });
        }
    }
}

/// One way through a list.
#[derive(Clone, Copy, Debug)]
struct Pass {
    pages: u32,
    /// False where rows were lost between two pages.
    complete: bool,
}

async fn read_once(
    http: &mut RecordHttp,
    source: &SourcePlan,
    target: Option<&Url>,
    values: &Placeholders,
    read_before: u32,
    take: &mut impl FnMut(&[&Value]) -> PageRows,
) -> Result<Pass, RecordError> {
    let wrong = |message: String| RecordError::Unexpected { place: source.describe(), message };
    let graphql = matches!(source.place, RecordPlace::GraphQl(_));
    let mut cursor = Cursor::start(source);
    let mut request = request(source, target, &cursor.fill(values))?;
    cursor.apply(&mut request, graphql);
    let mut known_pages = 0;
    for pages in 1..=MOST_PAGES {
        let answer = http.send(&request).await?;
        check_graphql(source, &answer.body)?;
        let rows = source.rows.query(&answer.body).all();
        let taken = take(&rows);
        if cursor.overlaps && !taken.first_known {
            return Ok(Pass { pages, complete: false });
        }
        known_pages = if taken.new > 0 { 0 } else { known_pages + 1 };
        if known_pages > MOST_KNOWN_PAGES + read_before {
            let message = "new rows come as fast as pages are read, or the list has no end; sort it ascending by id, or ask for longer pages";
            return Err(wrong(message.to_owned()));
        }
        let more = cursor.advance(&source.next, &answer.body, &rows, taken, source);
        match (&source.next, answer.next) {
            (NextPage::Link, Some(next)) => {
                let host = next.host_str().unwrap_or_default().to_owned();
                request.url = stay_at(&request.url, &next).ok_or_else(|| {
                    wrong(format!("the next page is at {host}, and so would be the credentials: write that address as `url:`"))
                })?;
            }
            _ if more => {
                request = self::request(source, target, &cursor.fill(values))?;
                cursor.apply(&mut request, graphql);
            }
            _ => return Ok(Pass { pages, complete: true }),
        }
    }
    Err(wrong(format!("more than {MOST_PAGES} pages")))
}

/// The next page at the address that was asked. Behind a proxy, a shop may write its links with another scheme or port; a link to another
/// host is none, because it would be sent the credentials of this one.
fn stay_at(current: &Url, next: &Url) -> Option<Url> {
    (current.host() == next.host()).then(|| {
        let mut url = current.clone();
        url.set_path(next.path());
        url.set_query(next.query());
        url
    })
}

fn check_graphql(source: &SourcePlan, body: &Value) -> Result<(), RecordError> {
    let errors = body
        .get("errors")
        .filter(|errors| errors.as_array().is_some_and(|errors| !errors.is_empty()));
    match (&source.place, errors) {
        (RecordPlace::GraphQl(_), Some(errors)) => {
            let message = redact::text(&errors.to_string()).chars().take(300).collect();
            Err(RecordError::Unexpected { place: source.describe(), message })
        }
        _ => Ok(()),
    }
}

/// The request for a list.
///
/// # Errors
/// When the address is none, or a placeholder has no value.
pub fn request(
    source: &SourcePlan,
    target: Option<&Url>,
    values: &Placeholders,
) -> Result<RecordRequest, RecordError> {
    let (method, path, body) = match &source.place {
        RecordPlace::Get(path) => (Method::GET, values.fill(path)?, None),
        RecordPlace::Post(path, body) => {
            let body = fill_json(body, values)?;
            (Method::POST, values.fill(path)?, Some(body))
        }
        RecordPlace::GraphQl(query) => {
            let body = serde_json::json!({ "query": values.fill(query)?, "variables": {} });
            (Method::POST, String::new(), Some(body))
        }
        RecordPlace::Sql(..)
        | RecordPlace::Command(_)
        | RecordPlace::File(_)
        | RecordPlace::Listen(_) => {
            return Err(RecordError::NoAddress);
        }
    };
    Ok(RecordRequest {
        method,
        url: address(source.url.as_deref(), target, &path, values)?,
        body,
        headers: headers(&source.headers, values)?,
        authorization: source.auth.as_ref().map(|auth| authorization(auth, values)).transpose()?,
    })
}

/// A path below the base address; below the shop's where there is none.
pub(super) fn address(
    base: Option<&str>,
    target: Option<&Url>,
    path: &str,
    values: &Placeholders,
) -> Result<Url, RecordError> {
    let base = match base {
        Some(url) => values.fill(url)?,
        None => target.ok_or(RecordError::NoAddress)?.to_string(),
    };
    let address = format!("{}{path}", base.trim_end_matches('/'));
    Url::parse(&address).map_err(|_| RecordError::BadAddress(redact::text(&address).into_owned()))
}

pub(super) fn headers(
    headers: &[(String, String)],
    values: &Placeholders,
) -> Result<Vec<(String, String)>, RecordError> {
    headers.iter().map(|(name, value)| Ok((name.clone(), values.fill(value)?))).collect()
}

pub(super) fn authorization(
    auth: &RecordAuth,
    values: &Placeholders,
) -> Result<String, RecordError> {
    use base64::Engine;
    Ok(match auth {
        RecordAuth::Basic(user, password) => {
            let pair = format!("{}:{}", values.fill(user)?, values.fill(password)?);
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
        }
        RecordAuth::Bearer(token) => format!("Bearer {}", values.fill(token)?),
    })
}

pub(super) fn fill_json(value: &Value, values: &Placeholders) -> Result<Value, RecordError> {
    Ok(match value {
        Value::String(text) => Value::String(values.fill(text)?),
        Value::Array(items) => Value::Array(
            items.iter().map(|item| fill_json(item, values)).collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), fill_json(value, values)?)))
                .collect::<Result<_, RecordError>>()?,
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

/// Where in the list the next page begins.
struct Cursor {
    parameter: Option<(String, Value)>,
    rows: u64,
    page: u64,
    /// Whether the next page begins with a row that is known.
    overlaps: bool,
    after_id: String,
    /// The ids of the last page.
    last_page: Vec<String>,
}

// === impl Cursor ===

impl Cursor {
    fn start(source: &SourcePlan) -> Cursor {
        let (parameter, page) = match &source.next {
            NextPage::Page(parameter, first) => {
                (Some((parameter.clone(), (*first).into())), *first)
            }
            NextPage::Offset(_) if has_placeholder(source, "{{ offset }}") => (None, 0),
            NextPage::Offset(parameter) => (Some((parameter.clone(), 0.into())), 0),
            NextPage::None | NextPage::Link | NextPage::Cursor(..) | NextPage::AfterId(..) => {
                (None, 0)
            }
        };
        Cursor {
            parameter,
            rows: 0,
            page,
            overlaps: false,
            after_id: String::new(),
            last_page: Vec::new(),
        }
    }

    /// Some lists take the last id, or how many rows to skip, inside another parameter.
    fn fill(&self, values: &Placeholders) -> Placeholders {
        let offset = self.rows.saturating_sub(u64::from(self.overlaps));
        values.with("after_id", &self.after_id).with("offset", &offset.to_string())
    }

    fn apply(&self, request: &mut RecordRequest, graphql: bool) {
        let Some((name, value)) = &self.parameter else { return };
        match &mut request.body {
            None => set_query(&mut request.url, name, value),
            Some(body) => {
                let variables = if graphql { body.get_mut("variables") } else { None };
                let place = match variables {
                    Some(variables) => variables,
                    None => body,
                };
                if let Value::Object(fields) = place {
                    fields.insert(name.clone(), value.clone());
                }
            }
        }
    }

    /// Moves on; false at the end of the list.
    fn advance(
        &mut self,
        next: &NextPage,
        body: &Value,
        rows: &[&Value],
        taken: PageRows,
        source: &SourcePlan,
    ) -> bool {
        self.rows += rows.len() as u64 - u64::from(self.overlaps && !rows.is_empty());
        let goes_on = |flag: &Option<serde_json_path::JsonPath>| {
            flag.as_ref().is_none_or(|flag| {
                flag.query(body).first().is_some_and(|flag| flag == &Value::Bool(true))
            })
        };
        match next {
            NextPage::None | NextPage::Link => false,
            NextPage::Cursor(at, parameter, flag) => {
                let cursor = at.query(body).first().filter(|cursor| !cursor.is_null()).cloned();
                let same = self.parameter.as_ref().map(|(_, value)| value) == cursor.as_ref();
                self.parameter = cursor.map(|cursor| (parameter.clone(), cursor));
                self.parameter.is_some() && !same && goes_on(flag)
            }
            NextPage::Page(parameter, _) => {
                self.page += 1;
                self.parameter = Some((parameter.clone(), self.page.into()));
                // A page past the end may be empty, or repeat the last one.
                let ids: Vec<_> =
                    rows.iter().filter_map(|row| super::rows::id_of(source, row)).collect();
                let again = ids == self.last_page;
                self.last_page = ids;
                !rows.is_empty() && !again
            }
            NextPage::Offset(parameter) => {
                // Overlapping by a row shows whether rows before it vanished.
                let skipped = self.rows.saturating_sub(1);
                self.parameter = (!has_placeholder(source, "{{ offset }}"))
                    .then(|| (parameter.clone(), skipped.into()));
                let alone = self.overlaps && rows.len() <= 1;
                self.overlaps = true;
                !rows.is_empty() && !alone
            }
            NextPage::AfterId(parameter, flag) => {
                let last = rows.last().and_then(|row| super::rows::id_of(source, row));
                let Some(last) = last.filter(|_| taken.new > 0 && goes_on(flag)) else {
                    return false;
                };
                if !has_placeholder(source, "{{ after_id }}") {
                    self.parameter = Some((parameter.clone(), last.clone().into()));
                }
                self.after_id = last;
                true
            }
        }
    }
}

/// Whether a place in the list stands inside another parameter, as a placeholder.
fn has_placeholder(source: &SourcePlan, placeholder: &str) -> bool {
    let text = match &source.place {
        RecordPlace::Get(path) | RecordPlace::Post(path, _) => path,
        RecordPlace::GraphQl(query) => query,
        RecordPlace::Sql(..)
        | RecordPlace::Command(_)
        | RecordPlace::File(_)
        | RecordPlace::Listen(_) => return false,
    };
    text.contains(placeholder)
}

fn set_query(url: &mut Url, name: &str, value: &Value) {
    let value = match value {
        Value::String(text) => text.clone(),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_)) => other.to_string(),
    };
    let kept: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
    let mut pairs = url.query_pairs_mut();
    pairs.clear().extend_pairs(kept).append_pair(name, &value);
}
