//! With what a shop's records are asked for: headers and credentials.

use crate::plan::RecordAuth;
use crate::scenario::{Auth, LocatedText, Named, Problems};

/// Headers, as they are written.
pub(super) fn compile_headers(written: Option<&Named<LocatedText>>) -> Vec<(String, String)> {
    let headers = written.into_iter().flat_map(|Named(headers)| headers);
    headers
        .filter_map(|(name, value)| Some((name.value.clone(), value.as_ref()?.value.clone())))
        .collect()
}

/// By whom something is asked.
pub(super) fn compile_auth(written: &Auth, problems: &mut Problems) -> Option<RecordAuth> {
    if let Some(span) = written.keys.span_of("aws") {
        let message = "records are not read with signed requests";
        problems.add(span, message, "", "write `basic` or `bearer`");
    }
    match (&written.basic, &written.bearer) {
        (Some(basic), _) => Some(RecordAuth::Basic(
            basic.user.as_ref()?.value.clone(),
            basic.password.as_ref()?.value.clone(),
        )),
        (None, Some(token)) => Some(RecordAuth::Bearer(token.value.clone())),
        (None, None) => None,
    }
}
