//! The entries of a HAR, read one by one, as no two browsers write the same ones.

use base64::Engine;
use serde_json::Value;
use url::Url;

/// A recording.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// The entries in the order of their starts.
    pub entries: Vec<HarEntry>,
    /// Entries that can't be read.
    pub broken: usize,
}

/// A request with its answer.
#[derive(Clone, Debug)]
pub struct HarEntry {
    /// When it began, in microseconds since 1970.
    pub start: i64,
    /// How long it took, in microseconds.
    pub duration: i64,
    /// The method.
    pub method: String,
    /// The address.
    pub url: Url,
    /// Headers of the request, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The type of the request's body.
    pub body_type: String,
    /// The request's body.
    pub body: String,
    /// The fields of a form body.
    pub fields: Vec<(String, String)>,
    /// Names of the fields that send a file.
    pub files: Vec<String>,
    /// The status; 0 where there was no answer.
    pub status: u16,
    /// Headers of the answer, names in small letters.
    pub answer_headers: Vec<(String, String)>,
    /// The type of the answer.
    pub answer_type: String,
    /// The text of the answer, if it was kept.
    pub answer: String,
    /// What the browser wanted it for, if it says so.
    pub resource: String,
}

/// Why a recording can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HarError {
    /// It is no JSON.
    #[error("it is no HAR: {0}")]
    Json(String),
    /// It has no entries.
    #[error(
        "it has no entries: record the flow again, with the network panel open from the first page on"
    )]
    Empty,
    /// It has no page of a shop.
    #[error("it has no page or call of the shop")]
    NoPage,
}

// === impl Recording ===

impl Recording {
    /// Reads a HAR.
    ///
    /// # Errors
    /// When it is none, or has no entries.
    pub fn read(text: &str) -> Result<Recording, HarError> {
        let text = text.trim_start_matches('\u{feff}');
        let har: Value =
            serde_json::from_str(text).map_err(|error| HarError::Json(error.to_string()))?;
        let list = har.pointer("/log/entries").and_then(Value::as_array).ok_or(HarError::Empty)?;
        let mut entries: Vec<HarEntry> = list.iter().filter_map(HarEntry::read).collect();
        if entries.is_empty() {
            return Err(HarError::Empty);
        }
        let broken = list.len() - entries.len();
        entries.sort_by_key(|entry| entry.start);
        Ok(Recording { entries, broken })
    }
}

// === impl Entry ===

impl HarEntry {
    fn read(value: &Value) -> Option<HarEntry> {
        let text =
            |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let start: jiff::Timestamp = text("/startedDateTime").parse().ok()?;
        let url = Url::parse(text("/request/url")).ok().filter(|url| url.has_host())?;
        let body_type = text("/request/postData/mimeType").to_ascii_lowercase();
        let body = text("/request/postData/text").to_owned();
        let params = value.pointer("/request/postData/params");
        let mut files = files_in(params);
        let mut fields = pairs(params, false);
        fields.retain(|(name, _)| !files.contains(name));
        // What was sent wins over what a proxy made of it.
        if body_type.contains("urlencoded") && !body.is_empty() {
            fields = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        } else if body_type.contains("multipart") && fields.is_empty() && files.is_empty() {
            (fields, files) = multipart(&body);
        }
        Some(HarEntry {
            start: start.as_microsecond(),
            duration: (value.get("time").and_then(Value::as_f64).unwrap_or(0.0).max(0.0) * 1e3)
                as i64,
            method: text("/request/method").to_ascii_uppercase(),
            url,
            headers: pairs(value.pointer("/request/headers"), true),
            body_type,
            body,
            fields,
            files,
            status: value.pointer("/response/status").and_then(Value::as_u64).unwrap_or(0) as u16,
            answer_headers: answer_headers(value),
            answer_type: text("/response/content/mimeType").to_ascii_lowercase(),
            answer: answer(value),
            resource: text("/_resourceType").to_ascii_lowercase(),
        })
    }

    /// A header of the answer.
    pub fn answer_header(&self, name: &str) -> Option<&str> {
        self.answer_headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the answer is a page.
    pub fn is_page(&self) -> bool {
        self.answer_type.contains("html")
    }

    /// Whether a script sent it, not a link or a form.
    pub fn is_by_script(&self) -> bool {
        let wanted = self.headers.iter().find(|(name, _)| name == "sec-fetch-dest");
        match (self.resource.as_str(), wanted) {
            ("xhr" | "fetch" | "xmlhttprequest", _) => true,
            ("document" | "navigation", _) => false,
            (_, Some((_, dest))) => dest == "empty",
            (_, None) => self.is_json() || self.body_type.contains("json"),
        }
    }

    /// Whether the answer is JSON.
    pub fn is_json(&self) -> bool {
        self.answer_type.contains("json")
    }
}

/// Names and values; what a browser makes of HTTP/2 (`:path`) is left out.
fn pairs(list: Option<&Value>, lower: bool) -> Vec<(String, String)> {
    let text = |pair: &Value, key: &str| pair.get(key).and_then(Value::as_str).map(str::to_owned);
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((text(pair, "name")?, text(pair, "value").unwrap_or_default())))
        .filter(|(name, _)| !name.starts_with(':'))
        .map(|(name, value)| (if lower { name.to_ascii_lowercase() } else { name }, value))
        .collect()
}

/// Headers of the answer. Where to go on may stand beside them.
fn answer_headers(entry: &Value) -> Vec<(String, String)> {
    let mut headers = pairs(entry.pointer("/response/headers"), true);
    let location = entry.pointer("/response/redirectURL").and_then(Value::as_str);
    if let Some(location) = location.filter(|text| !text.is_empty())
        && !headers.iter().any(|(name, _)| name == "location")
    {
        headers.push(("location".to_owned(), location.to_owned()));
    }
    headers
}

/// Names of the parameters that are files.
fn files_in(params: Option<&Value>) -> Vec<String> {
    let named = |param: &Value| param.get("name").and_then(Value::as_str).map(str::to_owned);
    let is_file = |param: &&Value| param.get("fileName").is_some_and(|name| !name.is_null());
    params
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(is_file)
        .filter_map(named)
        .collect()
}

/// The fields of a multipart body, and the names of those that are files.
fn multipart(body: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    let body = body.replace("\r\n", "\n");
    let Some(boundary) = body.lines().next().filter(|line| line.starts_with("--")) else {
        return (fields, files);
    };
    for part in body.split(boundary) {
        let Some((head, text)) = part.split_once("\n\n") else { continue };
        let quoted = |key: &str| {
            let (_, rest) = head.split_once(&format!(" {key}=\""))?;
            rest.split_once('"').map(|(name, _)| name.to_owned())
        };
        match (quoted("name"), quoted("filename")) {
            (Some(name), Some(_)) => files.push(name),
            (Some(name), None) => {
                fields.push((name, text.strip_suffix('\n').unwrap_or(text).to_owned()))
            }
            (None, Some(_) | None) => {}
        }
    }
    (fields, files)
}

/// The answer's text; some browsers write even text as base64.
fn answer(entry: &Value) -> String {
    let content = entry.pointer("/response/content");
    let of = |key: &str| content.and_then(|content| content.get(key)).and_then(Value::as_str);
    let text = of("text").unwrap_or_default();
    if of("encoding") != Some("base64") {
        return text.to_owned();
    }
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}
