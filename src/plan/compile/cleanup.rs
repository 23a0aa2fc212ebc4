//! How an order of a run is cancelled: from what is written to a plan.

use super::record_access::{compile_auth, compile_headers};
use crate::plan::{CleanupAction, CleanupPlan};
use crate::scenario::{CleanupRequest, LocatedText, Problems};

/// Checks the description.
pub(super) fn compile_cleanup(
    written: &CleanupRequest,
    problems: &mut Problems,
) -> Option<CleanupPlan> {
    let body = written.body.as_ref().map(|body| body.0.to_json());
    let methods: [(&str, &Option<LocatedText>); 4] = [
        ("POST", &written.post),
        ("PUT", &written.put),
        ("PATCH", &written.patch),
        ("DELETE", &written.delete),
    ];
    let mut texts: Vec<&str> = Vec::new();
    let mut actions = Vec::new();
    for (method, path) in methods {
        if let Some(path) = path {
            texts.push(&path.value);
            actions.push(CleanupAction::Send(method, path.value.clone(), body.clone()));
        }
    }
    if let Some(mutation) = &written.graphql {
        texts.push(&mutation.value);
        actions.push(CleanupAction::GraphQl(mutation.value.clone()));
    }
    if let Some(command) = &written.command {
        texts.push(&command.value);
        match shlex::split(&command.value).filter(|words| !words.is_empty()) {
            Some(words) => actions.push(CleanupAction::Command(words)),
            None => {
                problems.add(command.span, "a quote is not closed", "", "close it");
                return None;
            }
        }
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let named = |text: &str| ["order", "number"].iter().any(|name| names(text, name));
    if actions.len() != 1 {
        let remedy = "write one of: post, put, patch, delete, graphql, command";
        problems.add(written.keys.span, "an order is cancelled in one way", "", remedy);
        return None;
    }
    if !texts.iter().any(|text| named(text)) && !named(&body) {
        let remedy = "write {{ order }} or {{ number }} where the order stands";
        problems.add(written.keys.span, "nothing says which order is cancelled", "", remedy);
        return None;
    }
    Some(CleanupPlan {
        action: actions.pop()?,
        url: written.url.as_ref().map(|url| url.value.clone()),
        auth: written.auth.as_ref().and_then(|auth| compile_auth(auth, problems)),
        headers: compile_headers(written.headers.as_ref()),
    })
}

/// Whether a text has this placeholder.
fn names(text: &str, name: &str) -> bool {
    text.split("{{")
        .skip(1)
        .any(|rest| rest.split("}}").next().is_some_and(|inner| inner.trim() == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::compile_records;
    use crate::scenario::Records;

    fn compiled(cleanup: &str) -> Result<CleanupPlan, String> {
        let text = format!("orders: {{ file: a.csv }}\ncleanup: {{ {cleanup} }}");
        let (written, mut problems) =
            Records::parse("r.yaml", &text).map_err(|problems| problems.render(false))?;
        let plan = compile_records(&written, &mut problems);
        let plan = problems.into_result(plan).map_err(|problems| problems.render(false))?;
        Ok(plan.cleanup.unwrap())
    }

    #[test]
    fn an_order_is_cancelled_in_one_way_that_names_it() {
        let plan = compiled("put: '/orders/{{ order }}', body: { status: cancelled }").unwrap();
        let CleanupAction::Send(method, path, body) = plan.action else { panic!("a request") };
        assert_eq!((method, path.as_str()), ("PUT", "/orders/{{ order }}"));
        assert_eq!(body.unwrap()["status"], "cancelled");
        assert!(compiled("post: /cancel, body: { id: '{{order}}' }").is_ok());
        for (text, told) in [
            ("delete: /orders", "nothing says which order"),
            ("url: 'http://127.0.0.1'", "in one way"),
            ("delete: '/a/{{ order }}', post: '/b/{{ order }}'", "in one way"),
            ("command: \"rm '{{ order }}\"", "a quote is not closed"),
        ] {
            let problem = compiled(text).unwrap_err();
            assert!(problem.contains(told), "{text}: {problem}");
        }
    }
}
