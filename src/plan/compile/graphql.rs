//! GraphQL operations: a POST like any other, judged by what its answer says and not by its status.

use super::Compiler;
use super::names::Spot;
use crate::capture::check;
use crate::plan::{Body, Check, Conditions, Template};
use crate::scenario::{self, Defaults, LocatedText, OneOrMany, operations};

/// Where operations go, where the scenario does not say.
const ENDPOINT: &str = "/graphql";

impl Compiler<'_> {
    /// The address that the operation is posted to.
    pub(super) fn endpoint(
        &mut self,
        written: &scenario::GraphQl,
        defaults: Option<&Defaults>,
        spot: &Spot,
    ) -> Option<Template> {
        match written.endpoint.as_ref().or(defaults.and_then(|defaults| defaults.graphql.as_ref()))
        {
            Some(endpoint) => self.address(endpoint, spot),
            None => Some(Template::Literal(ENDPOINT.to_owned())),
        }
    }

    pub(super) fn operation(&mut self, written: &scenario::GraphQl, spot: &Spot) -> Body {
        if self.inputs.stored && written.file.is_some() {
            // Files are not stored with a run, and what was sent is not needed to judge what came.
            return Body::Empty;
        }
        let Some((place, document)) = self.document(written) else { return Body::Empty };
        let names = operations(&document);
        let known = names
            .iter()
            .filter(|name| !name.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let named = match (&written.operation, names.as_slice()) {
            (_, []) => {
                self.problem(
                    place.span,
                    "the document has no operation",
                    "write for example `query Search($term: String!) { ... }`",
                );
                None
            }
            (Some(operation), _) if !names.contains(&operation.value) => {
                let message = format!("the document has no operation `{}`", operation.value);
                self.problem(
                    operation.span,
                    message,
                    if known.is_empty() {
                        "name the operation in the document".to_owned()
                    } else {
                        format!("its operations are {known}")
                    },
                );
                None
            }
            (Some(operation), _) => Some(operation.value.clone()),
            (None, [name]) => Some(name.clone()).filter(|name| !name.is_empty()),
            (None, _) => {
                self.problem(
                    place.span,
                    format!("the document has several operations: {known}"),
                    "say which one with `operation:`",
                );
                None
            }
        };
        let types = written.types.iter().chain(&written.declined).flat_map(|types| &types.0).next();
        if let Some(types) = types.filter(|_| !document.contains("__typename")) {
            self.problem(
                types.span,
                "the document does not ask for `__typename`, so no answer will say it",
                "add __typename to the selection of each field",
            );
        }
        let operation = named.map_or_else(String::new, |name| {
            format!("\"operationName\":{},", serde_json::Value::String(name))
        });
        let mut segments = vec![crate::plan::JsonSegment::Raw(format!(
            "{{{operation}\"query\":{},\"variables\":",
            serde_json::Value::String(document)
        ))];
        self.json_object(written.variables.as_ref(), spot, &mut segments);
        super::bodies::raw(&mut segments, "}");
        Body::Json(segments)
    }

    /// The document, and where it is written or named.
    fn document<'w>(
        &mut self,
        written: &'w scenario::GraphQl,
    ) -> Option<(&'w LocatedText, String)> {
        match (&written.query, &written.file) {
            (Some(_), Some(file)) => {
                self.problem(
                    file.span,
                    "`file` and `query` contradict each other",
                    "keep one of them",
                );
                None
            }
            (Some(query), None) => Some((query, query.value.clone())),
            (None, Some(file)) => match (self.inputs.read_file)(&file.value).map(String::from_utf8)
            {
                Ok(Ok(document)) => Some((file, document)),
                Ok(Err(_)) => {
                    self.problem(
                        file.span,
                        format!("`{}` is not UTF-8 text", file.value),
                        "save the document as UTF-8",
                    );
                    None
                }
                Err(error) => {
                    let message = format!("`{}` can't be read: {error}", file.value);
                    self.problem(
                        file.span,
                        message,
                        "give the file's path, relative to the scenario",
                    );
                    None
                }
            },
            (None, None) if written.keys.among(&["query", "file"]).is_empty() => {
                self.problem(
                    written.keys.span,
                    "a GraphQL operation needs `query` or `file`",
                    "add `query:` with the document",
                );
                None
            }
            (None, None) => None,
        }
    }

    /// What the answer must be, beside what the step says itself.
    pub(super) fn graphql_checks(
        &self,
        written: Option<&scenario::GraphQl>,
        expect: &mut Conditions,
        declined: &mut Conditions,
    ) {
        let Some(written) = written else { return };
        let names = |types: &Option<OneOrMany<LocatedText>>| {
            types
                .iter()
                .flat_map(|types| &types.0)
                .map(|name| name.value.clone())
                .collect::<Vec<_>>()
        };
        // Behind the status, before what the step looks for in the answer.
        let place = usize::from(
            matches!(expect.checks.first(), Some(Check::One(check, _)) if check.is_of_status()),
        );
        expect.checks.insert(place, check::graphql(names(&written.types)).into());
        let types = names(&written.declined);
        if !types.is_empty() {
            let of_types = Conditions { checks: vec![check::graphql_type(types).into()] };
            *declined = match std::mem::take(declined) {
                own if own.is_empty() => of_types,
                own => Conditions { checks: vec![Check::AnyOf(vec![of_types, own])] },
            };
        }
    }
}
