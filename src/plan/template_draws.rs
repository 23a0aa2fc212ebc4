//! What a rendering draws from, and its time: both are the shopper's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::value::Object;
use minijinja::{Error, ErrorKind, State, Value as Jinja};

use crate::base::random::{Purpose, draw};

/// Where a rendering finds its draws; no identifier of the language can be spelled like this.
pub(super) const DRAWS: &str = "$draws";

/// The draws of one rendering.
#[derive(Debug)]
struct TemplateDraws {
    key: u64,
    /// The time, in seconds since 1970.
    now: f64,
    next: AtomicU64,
}

impl Object for TemplateDraws {}

/// The draws of a rendering, derived from this number; and its time, in seconds since 1970.
pub(super) fn draws(key: u64, now: f64) -> Jinja {
    Jinja::from_object(TemplateDraws { key, now, next: AtomicU64::new(0) })
}

fn known_draws(state: &State<'_, '_>) -> Result<Arc<TemplateDraws>, Error> {
    let draws = state.lookup(DRAWS).and_then(|value| value.downcast_object::<TemplateDraws>());
    draws.ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, "choices can't be made inside a macro")
    })
}

/// The time of the rendering, in seconds since 1970.
pub(super) fn unix_seconds(state: &State<'_, '_>) -> Result<f64, Error> {
    known_draws(state).map(|draws| draws.now)
}

pub(super) fn next_bits(state: &State<'_, '_>, purpose: Purpose) -> Result<u64, Error> {
    let draws = known_draws(state)?;
    Ok(draw(draws.key, purpose, draws.next.fetch_add(1, Ordering::Relaxed)))
}
