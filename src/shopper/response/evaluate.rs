//! What a step's response comes to: did the shop decline, did all hold that was expected, and what is captured.

use super::check::{Checker, FailedCheck};
use super::extract::{Refresh, Response};
use super::price;
use crate::base::{Currency, MinorUnits, ObservedId, VarId};
use crate::capture::ResponseView;
use crate::plan::{Plan, Poll, PollAddress, RenderError, Step, Value};
use crate::shopper::browser::fetch::FetchError;
use crate::shopper::failure_kind::classify_transport_error;
use crate::shopper::request::variables::built_in;
use crate::tally::{FailureKind, Observed, OwnFault};

/// What a step's request came to.
#[derive(Debug)]
pub(crate) enum StepResult {
    /// All as expected.
    Ok,
    /// The shop worked, and said no.
    Declined,
    /// A poll's condition does not hold yet; when and where to ask again, as far as the answer says.
    NotYet(String, Option<Refresh>),
    /// Something went wrong for the shopper.
    Failed(FailedCheck),
    /// It is our own or the scenario's fault; nothing can be said about the shop.
    Own(OwnFault, String),
    /// The shopper left on purpose, as the scenario provokes it; nothing is to be judged.
    Left,
}

/// The ordinals of the draws for the basket's total and for the order, where they are picked at random: no step has that
/// many captures.
const BASKET: u64 = 1 << 16;
const ORDER: u64 = BASKET + 1;

/// What was captured from a response.
#[derive(Debug, Default)]
pub(crate) struct CapturedValues {
    pub(crate) values: Vec<(VarId, Value)>,
    pub(crate) observed: Vec<(ObservedId, Observed)>,
    pub(crate) order_value: Option<MinorUnits>,
    /// What stood where a price was expected, and is none.
    pub(crate) unread_price: Option<String>,
}

/// What the response is by the step's conditions.
///
/// # Errors
/// When an expected value can't be rendered.
pub(crate) fn evaluate(
    step: &Step,
    checker: &Checker<'_>,
    response: &Response<'_>,
) -> Result<StepResult, RenderError> {
    if checker.holds(&step.declined, response)? {
        return Ok(StepResult::Declined);
    }
    if let Some(poll) = &step.poll
        && let Some(failed) = checker.first_failed(&poll.until, response)?
    {
        if poll.fails_on_error
            && response.status() >= 400
            && let Some(failed) = checker.first_failed(&step.expect, response)?
        {
            return Ok(StepResult::Failed(failed));
        }
        return Ok(wait(poll, &failed, response));
    }
    Ok(match checker.first_failed(&step.expect, response)? {
        Some(failed) => StepResult::Failed(failed),
        None => StepResult::Ok,
    })
}

/// The condition does not hold yet: when and where to ask again, as far as the answer says.
fn wait(poll: &Poll, failed: &FailedCheck, response: &Response<'_>) -> StepResult {
    let again = match (&poll.every, &poll.at) {
        (Some(after), Some(PollAddress::Found(place))) => {
            let to = place.find(response, &|| 0).map(|to| to.as_text().into_owned());
            Some(Refresh { after: *after, to })
        }
        (Some(_), Some(PollAddress::Address(_)) | None) => None,
        (None, _) => match response.refresh() {
            Some(refresh) => Some(refresh),
            None => {
                let detail =
                    format!("{}, and the page does not say when to ask again", failed.detail);
                let kind = FailureKind::MissingContent;
                return StepResult::Failed(FailedCheck { kind, detail });
            }
        },
    };
    StepResult::NotYet(format!("gave up waiting: {}", failed.detail), again)
}

/// Captures everything that the scenario takes from a good response: variables, basket, order.
///
/// `bits` are drawn for the n-th of them, should it be picked at random.
///
/// # Errors
/// When something is not there, which is a failure to the shopper.
pub(crate) fn capture(
    plan: &Plan,
    step: &Step,
    response: &Response<'_>,
    bits: &dyn Fn(u64) -> u64,
) -> Result<CapturedValues, StepResult> {
    let missing = |what: &str| {
        StepResult::Failed(FailedCheck {
            kind: FailureKind::MissingContent,
            detail: format!("{what} is not in the answer"),
        })
    };
    let mut found = CapturedValues::default();
    let decimals = Currency::decimals(plan.currency);
    for (place, capture) in step.captures.iter().enumerate() {
        let value = capture
            .from
            .find(response, &|| bits(place as u64))
            .ok_or_else(|| missing(&plan.variables[capture.var.index()]))?;
        if let Some(observed) = capture.observed {
            found.observed.push((observed, Observed::Is(value.as_text().as_ref().into())));
        }
        found.values.push((capture.var, value));
    }
    if let Some(basket) = &step.basket {
        let total = basket
            .at
            .find(response, &|| bits(BASKET))
            .ok_or_else(|| missing("the basket's total"))?;
        found.order_value = price::minor_units(&total, basket.unit, decimals);
        if found.order_value.is_none() {
            found.unread_price = Some(total.as_text().into_owned());
        }
    }
    if let Some(order) = &step.order {
        let id = order
            .id
            .find(response, &|| bits(ORDER))
            .ok_or_else(|| missing("the order's number"))?;
        found.values.push((built_in::ORDER_ID, id));
        if let Some(total) = &order.total {
            let value = total
                .at
                .find(response, &|| bits(ORDER))
                .ok_or_else(|| missing("the order's total"))?;
            let price = price::minor_units(&value, total.unit, decimals);
            if price.is_none() {
                found.unread_price = Some(value.as_text().into_owned());
            }
            found.order_value = price.or(found.order_value);
            found.values.push((built_in::ORDER_TOTAL, value));
        }
    }
    Ok(found)
}

/// What it means that a fetch has no page.
pub(crate) fn failed_fetch(error: &FetchError) -> StepResult {
    let failed = |kind, detail: String| StepResult::Failed(FailedCheck { kind, detail });
    match error {
        FetchError::Transport(transport) => match classify_transport_error(transport) {
            Ok(kind) => failed(kind, transport.to_string()),
            Err((fault, cause)) => StepResult::Own(fault, cause.to_owned()),
        },
        FetchError::RedirectLoop { .. } => failed(FailureKind::RedirectLoop, error.to_string()),
        FetchError::PreflightRefused(_) => failed(FailureKind::PreflightRefused, error.to_string()),
        FetchError::CorsBlocked(_) => failed(FailureKind::CorsBlocked, error.to_string()),
        FetchError::BadRedirect(_) => failed(FailureKind::Protocol, error.to_string()),
        FetchError::RedirectNotAllowed { location, .. } => {
            StepResult::Own(OwnFault::Permission, not_allowed(location))
        }
        FetchError::HostNotAllowed(address) => {
            StepResult::Own(OwnFault::Permission, not_allowed(address))
        }
        FetchError::BadAddress(_) => StepResult::Own(OwnFault::Scenario, error.to_string()),
    }
}

/// The cause, named by host so that causes stay few.
fn not_allowed(address: &str) -> String {
    let host = url::Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| address.to_owned());
    format!("{host} is not an allowed host: --allow-host {host}, if you may load it")
}
