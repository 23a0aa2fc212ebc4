//! When and where a poll asks again.

use url::Url;

use super::attempt::StepTry;
use super::context::{CoreContext, Env};
use super::journey::JourneyRun;
use super::response::check::FailedCheck;
use super::response::evaluate::StepResult;
use super::response::extract::Refresh;
use crate::base::Micros;
use crate::plan::{Poll, PollAddress};
use crate::tally::{FailureKind, OwnFault};

impl<E: Env> JourneyRun<E> {
    /// The pause before a poll asks again. Sets the address, where that is another than the step's own.
    ///
    /// # Errors
    /// When there is no such address.
    pub(super) fn next_poll(
        &self,
        context: &CoreContext<E>,
        attempt: &mut StepTry,
        poll: &Poll,
        again: Option<&Refresh>,
        answered_at: Option<&Url>,
    ) -> Result<Micros, StepResult> {
        let pause = poll.every.or(again.map(|again| again.after)).unwrap_or_default();
        let found = again.and_then(|again| again.to.as_deref());
        attempt.reload_url = match &poll.at {
            Some(PollAddress::Address(address)) => {
                let rendered = address.render(&context.plan.templates, &self.variables);
                let rendered = rendered
                    .map_err(|error| StepResult::Own(OwnFault::Scenario, error.to_string()))?;
                Some(rendered.into_owned())
            }
            Some(PollAddress::Found(_)) => {
                if attempt.poll_url.is_none() {
                    attempt.poll_url = found.and_then(|to| address_on(answered_at, to));
                }
                Some(attempt.poll_url.clone().ok_or_else(without_address)?)
            }
            None => again.and_then(|again| {
                let page = self.session.page()?;
                again.to.as_deref().map_or_else(
                    || Some(String::from(page.clone())),
                    |to| address_on(Some(page), to),
                )
            }),
        };
        Ok(pause)
    }
}

fn address_on(page: Option<&Url>, to: &str) -> Option<String> {
    page?.join(to).ok().map(String::from)
}

fn without_address() -> StepResult {
    let detail = "the address to ask at is not in the answer".to_owned();
    StepResult::Failed(FailedCheck { kind: FailureKind::MissingContent, detail })
}
