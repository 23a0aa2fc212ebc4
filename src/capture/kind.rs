//! What every kind of capture has, and what it may ask of a response.

use std::borrow::Cow;
use std::fmt;

use regex::Regex;
use url::Url;

use super::json_place::JsonPlace;
use super::pattern::PatternError;
use super::value::Value;

/// A capture, or why its pattern can't be read.
pub type CompiledCapture = Result<Box<dyn Capture>, PatternError>;

/// A kind of capture.
#[derive(Debug)]
pub struct CaptureKind {
    /// Its key in the scenario language.
    pub key: &'static str,
    /// What it captures, for the reference and for editors.
    pub about: &'static str,
    /// Whether a response may have several, of which `pick` takes one.
    pub finds_several: bool,
    /// Whether `attribute` may stand beside it.
    pub takes_attribute: bool,
    /// The capture that is written so: the pattern, and the attribute if there is one.
    ///
    /// # Errors
    /// When the pattern can't be read.
    pub compile: fn(&str, Option<&str>) -> CompiledCapture,
}

/// Takes a value from a response.
pub trait Capture: fmt::Debug + Send + Sync {
    /// The first value, if there is any.
    fn first(&self, response: &dyn ResponseView) -> Option<Value>;

    /// All values, where there may be several.
    fn all(&self, response: &dyn ResponseView) -> Vec<Value> {
        self.first(response).into_iter().collect()
    }

    /// What it takes the response for.
    fn reads(&self) -> BodyKind {
        BodyKind::Any
    }

    /// Its part of the plan's canonical form. Frozen: runs are known by it.
    fn canonical(&self) -> serde_json::Value;
}

/// What a capture takes a response for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// A page.
    Page,
    /// A JSON document.
    Json,
    /// Either, or the response's head.
    Any,
}

/// A response, read on demand.
pub trait ResponseView {
    /// The status.
    fn status(&self) -> u16;
    /// The address after redirects.
    fn url(&self) -> Option<&Url>;
    /// Where the first answer redirected to, if it did; no address where it is none.
    fn first_location(&self) -> Option<Option<Url>>;
    /// The size of the body, decompressed, in bytes.
    fn size(&self) -> u64;
    /// Whether the body has the text, as it is written or as a reader of the page sees it.
    fn says(&self, wanted: &str) -> bool;
    /// Whether a reader of the page sees a text that should not be there.
    fn shows(&self, unwanted: &str) -> bool;
    /// Whether the expression matches in the source or in what a reader sees.
    fn matches(&self, regex: &Regex) -> bool;
    /// The body as text, in its own encoding.
    fn text(&self) -> &str;
    /// The body as a JSON document, if it is one.
    fn json(&self) -> Option<&serde_json::Value>;
    /// The value at a place of the body's JSON document, if it is one and has it.
    fn json_at(&self, place: &JsonPlace) -> Option<Cow<'_, serde_json::Value>>;
    /// A header, if it is there: as UTF-8 where it is that, else as Latin-1.
    fn header(&self, name: &str) -> Option<Cow<'_, str>>;
    /// A header of an answer that redirected here; of several the last.
    fn redirect_header(&self, name: &str) -> Option<Cow<'_, str>>;
    /// A cookie that the shopper holds for the response's address.
    fn cookie(&self, name: &str) -> Option<String>;
}
