//! What must never be shown: which values are secret to all shoppers, and which variables to one.

use crate::base::redact::is_secret_name;
use crate::base::{Redactor, VarId};
use crate::plan::{Auth, Inputs, Plan, Template};
use crate::scenario::Scenario;

/// Masks the values of `-e`, the constants that files hold, and the credentials that the scenario writes out.
pub(super) fn of_all_shoppers(
    scenario: &Scenario,
    inputs: &Inputs<'_>,
    constants: &[String],
) -> Redactor {
    let written = scenario.credentials.iter().map(|credential| credential.value.as_str());
    let given = inputs.secrets.iter().chain(constants).map(String::as_str);
    Redactor::new(given.chain(written))
}

/// The secret columns, the variables with telling names, and those that authorizations are made from.
pub(super) fn of_one_shopper(plan: &Plan, columns: &[VarId]) -> Vec<VarId> {
    let named = (0u16..).zip(&plan.variables).filter_map(|(place, name)| {
        let last = name.rsplit('.').next()?;
        is_secret_name(last).then_some(VarId(place))
    });
    let authorizing = plan.steps.iter().flat_map(|step| {
        let auth = match &step.request.auth {
            None => Vec::new(),
            Some(Auth::Basic { user: _, password }) => password.reads(),
            Some(Auth::Bearer(token)) => token.reads(),
            Some(Auth::Aws(keys)) => {
                let token = keys.session_token.iter().flat_map(Template::reads);
                keys.secret_key.reads().into_iter().chain(token).collect()
            }
        };
        let headers = step.request.headers.iter().filter(|(name, _)| is_secret_name(name));
        auth.into_iter().chain(headers.flat_map(|(_, value)| value.reads()))
    });
    let mut secret: Vec<VarId> = columns.iter().copied().chain(named).chain(authorizing).collect();
    secret.sort_unstable();
    secret.dedup();
    secret
}
