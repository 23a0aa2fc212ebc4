//! What a request carries.

use super::Compiler;
use super::names::Spot;
use super::text::{has_placeholder, lone_placeholder};
use crate::base::sha256_hex;
use crate::plan::{Body, JsonSegment, Method, MultipartPart, Segment, Template};
use crate::scenario::{
    self, AnyJson, BODIES, LocatedText, Named, NodeKind, OneOrMany, Upload, YamlNode,
};

impl Compiler<'_> {
    pub(super) fn body(&mut self, written: &scenario::Step, method: Method, spot: &Spot) -> Body {
        let given = written.keys.among(&BODIES);
        if let [(first, _), (second, span), ..] = given.as_slice() {
            self.problem(
                *span,
                format!("`{second}` and `{first}` in one request"),
                "keep one of them",
            );
        }
        if let (Method::Get | Method::Head | Method::Options, Some((key, span))) =
            (method, given.first())
        {
            let verb = method.as_str();
            self.problem(
                *span,
                format!("a {verb} request carries no `{key}`"),
                "use post, or put the values into the address",
            );
        }
        if let Some(submit) = &written.submit {
            if let Some((key, span)) = given.first() {
                let remedy = "put what is filled in under `fields:` of `submit`";
                self.problem(
                    *span,
                    format!("a form is submitted with its own fields, and no `{key}` besides"),
                    remedy,
                );
            }
            return Body::Submit(Box::new(self.submit(submit, spot)));
        }
        if let Some(graphql) = &written.graphql {
            if let Some((key, span)) = given.first() {
                self.problem(
                    *span,
                    format!("a GraphQL operation carries no `{key}`"),
                    "put values into `variables:` of `graphql`",
                );
            }
            return self.operation(graphql, spot);
        }
        match (&written.json, &written.form, &written.multipart, &written.body) {
            (Some(json), ..) => {
                let mut segments = Vec::new();
                self.json(&json.0, spot, &mut segments);
                Body::Json(segments)
            }
            (_, Some(form), ..) => Body::Form(self.form(form, spot)),
            (_, _, Some(parts), _) => Body::Multipart(self.multipart(parts, spot)),
            (.., Some(text)) => self.text(text, spot).map_or(Body::Empty, Body::Text),
            (None, None, None, None) => Body::Empty,
        }
    }

    fn multipart(
        &mut self,
        written: &Named<OneOrMany<scenario::MultipartPart>>,
        spot: &Spot,
    ) -> Vec<(Template, MultipartPart)> {
        let mut parts = Vec::new();
        for (name, contents) in &written.0 {
            let Some(name) = self.text(name, spot) else { continue };
            for content in contents.iter().flat_map(|contents| &contents.0) {
                let content = match content {
                    scenario::MultipartPart::Text(text) => {
                        self.text(text, spot).map(MultipartPart::Text)
                    }
                    scenario::MultipartPart::Upload(upload) => self.upload(upload, spot),
                };
                parts.extend(content.map(|content| (name.clone(), content)));
            }
        }
        parts
    }

    fn upload(&mut self, written: &Upload, spot: &Spot) -> Option<MultipartPart> {
        let file = written.file.as_ref()?;
        let bytes = match (self.inputs.read_file)(&file.value) {
            Ok(bytes) => bytes,
            // Files are not stored with a run, and what was sent is not needed to judge what came.
            Err(_) if self.inputs.stored => Vec::new(),
            Err(error) => {
                self.problem(
                    file.span,
                    format!("`{}` can't be read: {error}", file.value),
                    "give the file's path, relative to the scenario",
                );
                return None;
            }
        };
        let content_type =
            written.content_type.as_ref().map_or("application/octet-stream", |kind| &kind.value);
        if let Some(kind) = written
            .content_type
            .as_ref()
            .filter(|kind| http::HeaderValue::from_str(&kind.value).is_err())
        {
            self.problem(
                kind.span,
                format!("`{}` is not a content type", kind.value),
                "write for example image/jpeg",
            );
        }
        let name = match &written.filename {
            Some(name) => self.text(name, spot)?,
            None => Template::Literal(file.value.rsplit('/').next().unwrap_or_default().to_owned()),
        };
        let sha256 = sha256_hex(&bytes);
        Some(MultipartPart::File {
            name,
            content_type: content_type.to_owned(),
            sha256,
            bytes: bytes.into(),
        })
    }

    pub(super) fn form(
        &mut self,
        written: &Named<OneOrMany<LocatedText>>,
        spot: &Spot,
    ) -> Vec<(Template, Template)> {
        let mut pairs = Vec::new();
        for (name, values) in &written.0 {
            let Some(name) = self.text(name, spot) else { continue };
            for value in values.iter().flat_map(|values| &values.0) {
                pairs.extend(self.text(value, spot).map(|value| (name.clone(), value)));
            }
        }
        pairs
    }

    /// Appends a JSON mapping; an empty one where there is none.
    pub(super) fn json_object(
        &mut self,
        written: Option<&Named<AnyJson>>,
        spot: &Spot,
        out: &mut Vec<JsonSegment>,
    ) {
        raw(out, "{");
        for (i, (key, value)) in written.iter().flat_map(|named| &named.0).enumerate() {
            raw(out, if i > 0 { "," } else { "" });
            raw(out, &format!("{}:", quote(key.value.clone())));
            if let Some(value) = value {
                self.json(&value.0, spot, out);
            }
        }
        raw(out, "}");
    }

    /// Appends a JSON value: fixed text as it is, texts with placeholders as segments of their own.
    fn json(&mut self, node: &YamlNode, spot: &Spot, out: &mut Vec<JsonSegment>) {
        match &node.kind {
            NodeKind::List(items) => {
                raw(out, "[");
                for (i, item) in items.iter().enumerate() {
                    raw(out, if i > 0 { "," } else { "" });
                    self.json(item, spot, out);
                }
                raw(out, "]");
            }
            NodeKind::Map(entries) => {
                raw(out, "{");
                for (i, (key, value)) in entries.iter().enumerate() {
                    raw(out, if i > 0 { "," } else { "" });
                    match self.text(key, spot) {
                        Some(Template::Literal(key)) => raw(out, &quote(key)),
                        Some(template) => out.push(JsonSegment::Text(template)),
                        None => {}
                    }
                    raw(out, ":");
                    self.json(value, spot, out);
                }
                raw(out, "}");
            }
            NodeKind::Scalar { text, .. } if has_placeholder(text) => {
                self.json_text(text, node, spot, out)
            }
            // A number keeps its digits: `1.10` is no `1.1` to a shop that reads its decimals.
            NodeKind::Scalar { text, plain: true } if is_json_number(text) => raw(out, text),
            NodeKind::Scalar { .. } | NodeKind::Null => raw(out, &node.to_json().to_string()),
        }
    }

    fn json_text(&mut self, text: &str, node: &YamlNode, spot: &Spot, out: &mut Vec<JsonSegment>) {
        let Some(template) = self.template(text, node.span, spot) else { return };
        match (template, lone_placeholder(text)) {
            (Template::Literal(text), _) => raw(out, &quote(text)),
            (Template::Segments(segments), Some(_)) => match segments.as_slice() {
                [Segment::Variable(var)] => out.push(JsonSegment::Value(*var)),
                _ => out.push(JsonSegment::Text(Template::Segments(segments))),
            },
            // Rendered as JSON, so that `{{ random(1, 5) }}` is a number.
            (Template::Expression { .. }, Some(inside)) => {
                let source = format!("{{{{ ({inside})|tojson }}}}");
                out.extend(self.expression(&source, node.span, spot).map(JsonSegment::Computed));
            }
            (template, _) => out.push(JsonSegment::Text(template)),
        }
    }
}

fn is_json_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn quote(text: String) -> String {
    serde_json::Value::String(text).to_string()
}

pub(super) fn raw(out: &mut Vec<JsonSegment>, text: &str) {
    match out.last_mut() {
        Some(JsonSegment::Raw(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => out.push(JsonSegment::Raw(text.to_owned())),
    }
}
