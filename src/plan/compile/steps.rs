//! A step: its request, and what is made of the answer.

use http::{HeaderName, HeaderValue};
use strum::VariantArray;
use url::Url;

use super::Compiler;
use super::names::Spot;
use super::text::has_placeholder;
use crate::base::{Delay, JourneyId, Micros, ObservedId, UnitId};
use crate::plan::{
    AfterDecline, Capture, Conditions, Method, MoneyUnit, OrderCapture, Price, Request, Segment,
    Step, Template,
};
use crate::scenario::{
    self, Defaults, Located, LocatedText, METHODS, Named, Span, join_words, nearest,
};

/// Slower than this is a failure to the shopper, where the scenario does not say.
const GIVES_UP_AFTER: Micros = Micros::from_secs(10);
/// Headers that follow from the request and are set for every one.
const OWN_HEADERS: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];
/// Headers by which a shop tells a load test, and its shoppers, from customers.
const TELLING_HEADERS: [&str; 2] = ["x-load-test", "x-shopper"];

impl Compiler<'_> {
    /// The step at this spot; its journey and unit are filled in by who knows them.
    pub(super) fn step(
        &mut self,
        written: &scenario::Step,
        defaults: Option<&Defaults>,
        spot: &Spot,
    ) -> Step {
        let (line, _) = self.problems.source().position(written.keys.span.start);
        let default_think = defaults.and_then(|defaults| defaults.think.as_ref());
        let default_patience = defaults.and_then(|defaults| defaults.gives_up_after.as_ref());
        let gives_up_after = written.gives_up_after.as_ref().or(default_patience);
        let mut expect = self.expect(written.expect.as_ref(), spot);
        let mut declined = written
            .declined
            .as_ref()
            .and_then(|declined| declined.conditions.as_ref())
            .filter(|declined| written.graphql.is_none() || !declined.is_bare())
            .map_or_else(Conditions::default, |declined| self.conditions(declined, spot));
        self.graphql_checks(written.graphql.as_ref(), &mut expect, &mut declined);
        Step {
            name: self.name(written.name.as_ref()),
            journey: JourneyId::default(),
            unit: UnitId::default(),
            line,
            request: self.request(written, defaults, spot),
            think: written
                .think
                .as_ref()
                .or(default_think)
                .map_or(Delay::default(), |think| think.value),
            gives_up_after: self
                .positive(gives_up_after, "a shopper's patience")
                .unwrap_or(GIVES_UP_AFTER),
            expect,
            declined,
            declined_without_form: self.declined_without_form(written),
            after_decline: AfterDecline::Retry,
            optional: written.optional.as_ref().is_some_and(|optional| optional.value),
            lets: self.lets(written.lets.as_ref(), spot),
            captures: self.captures(written),
            basket: written
                .basket
                .as_ref()
                .and_then(|basket| self.price(basket.total.as_ref()?, basket.unit.as_ref())),
            order: written.order.as_ref().and_then(|order| {
                let total =
                    order.total.as_ref().and_then(|total| self.price(total, order.unit.as_ref()));
                Some(OrderCapture { id: self.certain_extract(order.id.as_ref()?)?, total })
            }),
            poll: written
                .poll
                .as_ref()
                .and_then(|poll| self.poll(poll, written.expect.as_ref(), spot)),
            guard: None,
            rendezvous: written.rendezvous.as_ref().and_then(|written| self.rendezvous(written)),
            assets: written.assets.as_ref().and_then(|assets| self.assets(assets, written, spot)),
            client: written.client.as_ref().map(|client| client.value).or(self.client),
            on_pages: false,
            scripted: false,
            keeps_page: false,
            continues: self.continues(written.continues.as_ref()).unwrap_or(1.0),
        }
    }

    fn request(
        &mut self,
        written: &scenario::Step,
        defaults: Option<&Defaults>,
        spot: &Spot,
    ) -> Request {
        let given = written.keys.among(&METHODS);
        match given.as_slice() {
            [_] => {}
            [] => self.problem(
                written.keys.span,
                "the step has no request",
                format!(
                    "add one of {} with an address, such as `get: /`",
                    join_words(METHODS, "or")
                ),
            ),
            [(first, _), (second, span), ..] => {
                self.problem(
                    *span,
                    format!("`{second}` and `{first}` in one step"),
                    "a step is one request: make two steps of it",
                );
            }
        }
        let method = match given.first() {
            None => Method::Get,
            // A form sets method and address once the page is there. Until then it counts as a POST, as an
            // operation is.
            Some((key, _)) => Method::VARIANTS
                .iter()
                .copied()
                .find(|method| method.key() == *key)
                .unwrap_or(Method::Post),
        };
        let address = match method {
            Method::Get => &written.get,
            Method::Head => &written.head,
            Method::Post => &written.post,
            Method::Put => &written.put,
            Method::Patch => &written.patch,
            Method::Delete => &written.delete,
            Method::Options => &written.options,
        };
        let url = match &written.graphql {
            Some(graphql) => self.endpoint(graphql, defaults, spot),
            None => address.as_ref().and_then(|address| self.address(address, spot)),
        };
        let headers = self.headers(
            written.headers.as_ref(),
            defaults.and_then(|defaults| defaults.headers.as_ref()),
            spot,
        );
        if let Some(address) = &written.options {
            self.preflight(address.span, &headers);
        }
        Request {
            method,
            url: url.unwrap_or_else(|| Template::Literal("/".to_owned())),
            auth: {
                let default = defaults.and_then(|defaults| defaults.auth.as_ref());
                written.auth.as_ref().or(default).and_then(|auth| self.auth(auth, spot))
            },
            headers,
            body: self.body(written, method, spot),
        }
    }

    /// Browsers send OPTIONS as a preflight alone, and a shop answers it by the method that it asks for. Without one nothing is learned
    /// of the checkout.
    fn preflight(&mut self, place: Span, headers: &[(String, Template)]) {
        if !headers.iter().any(|(name, _)| name == "access-control-request-method") {
            self.problem(
                place,
                "an OPTIONS request that is no preflight is unsupported",
                "say `headers: { origin: ..., access-control-request-method: POST }`, or leave the step out: \
                 browsers send their preflights by themselves",
            );
        }
    }

    /// A path below the target, or a whole URL.
    pub(super) fn address(&mut self, written: &LocatedText, spot: &Spot) -> Option<Template> {
        let text = written.value.trim();
        let whole = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
        if !text.starts_with('/') && !text.starts_with("{{") && !text.starts_with("{%") && !whole {
            let remedy =
                format!("begin with a slash, such as /{text}, or with http:// or https://");
            self.problem(written.span, format!("`{text}` is not a path below the target"), remedy);
            return None;
        }
        if !has_placeholder(text) {
            if text.contains(char::is_whitespace) {
                self.problem(
                    written.span,
                    "white space in an address",
                    format!("write {}", text.split_whitespace().collect::<Vec<_>>().join("%20")),
                );
                return None;
            }
            if whole && let Err(error) = Url::parse(text) {
                self.problem(
                    written.span,
                    format!("`{text}` is not an address: {error}"),
                    "write a path such as /cart, or a whole URL",
                );
                return None;
            }
        }
        self.template(text, written.span, spot)
    }

    /// The step's headers over the defaults', names in lower case, in the order defaults first.
    fn headers(
        &mut self,
        own: Option<&Named<LocatedText>>,
        defaults: Option<&Named<LocatedText>>,
        spot: &Spot,
    ) -> Vec<(String, Template)> {
        let mut headers: Vec<(String, Template)> = Vec::new();
        for written in [defaults, own].into_iter().flatten() {
            let mut here: Vec<String> = Vec::new();
            for (name, value) in &written.0 {
                let lower = name.value.to_ascii_lowercase();
                self.header_name(name);
                if here.contains(&lower) {
                    self.problem(
                        name.span,
                        format!("the header `{lower}` is given twice"),
                        "keep one of the two",
                    );
                }
                here.push(lower.clone());
                let Some(template) =
                    value.as_ref().and_then(|value| self.header_value(value, spot))
                else {
                    continue;
                };
                headers.retain(|(known, _)| *known != lower);
                headers.push((lower, template));
            }
        }
        headers
    }

    pub(super) fn header_name(&mut self, name: &LocatedText) {
        if HeaderName::from_bytes(name.value.as_bytes()).is_err() {
            self.problem(
                name.span,
                format!("`{}` is not a header name", name.value),
                "write letters, digits and dashes, such as x-api-key",
            );
        } else if OWN_HEADERS.contains(&name.value.to_ascii_lowercase().as_str()) {
            self.problem(
                name.span,
                format!("`{}` follows from the request", name.value),
                "remove the header",
            );
        } else if TELLING_HEADERS.contains(&name.value.to_ascii_lowercase().as_str()) {
            self.problem(
                name.span,
                format!(
                    "`{}` tells the shop that this is a load test, and who the shopper is",
                    name.value
                ),
                "remove the header; its value is in {{ run.id }} or {{ shopper.marker }}",
            );
        }
    }

    fn header_value(&mut self, value: &LocatedText, spot: &Spot) -> Option<Template> {
        let template = self.text(value, spot)?;
        let fixed: Vec<&str> = match &template {
            Template::Literal(text) => vec![text],
            Template::Segments(segments) => segments
                .iter()
                .filter_map(|segment| {
                    if let Segment::Text(text) = segment { Some(text.as_str()) } else { None }
                })
                .collect(),
            Template::Expression { .. } => Vec::new(),
        };
        if fixed.iter().any(|text| HeaderValue::from_bytes(text.as_bytes()).is_err()) {
            self.problem(
                value.span,
                "a header's value is one line of visible characters",
                "remove line breaks and control characters",
            );
        }
        Some(template)
    }

    fn captures(&mut self, written: &scenario::Step) -> Vec<Capture> {
        let named =
            written.capture.as_ref().map(|captures| captures.0.as_slice()).unwrap_or_default();
        let observe = written.observe.as_deref().unwrap_or_default();
        for name in observe {
            if named.iter().any(|(known, _)| known.value == name.value) {
                continue;
            }
            let remedy =
                match nearest(&name.value, named.iter().map(|(known, _)| known.value.as_str())) {
                    Some(meant) => format!("write `{meant}`"),
                    None => format!(
                        "capture it in this step: `capture: {{ {}: {{ header: ... }} }}`",
                        name.value
                    ),
                };
            self.problem(
                name.span,
                format!("`{}` is not captured in this step", name.value),
                remedy,
            );
        }
        let mut captures = Vec::new();
        for (name, from) in named {
            let observed = observe
                .iter()
                .any(|observed| observed.value == name.value)
                .then(|| self.observe(&name.value));
            let from = from.as_ref().and_then(|from| self.extract(from));
            if let (Some(var), Some(from)) = (self.names.find(&name.value), from) {
                captures.push(Capture { var, from, observed });
            }
        }
        captures
    }

    fn observe(&mut self, name: &str) -> ObservedId {
        let place = self.observed.iter().position(|known| known == name).unwrap_or_else(|| {
            self.observed.push(name.to_owned());
            self.observed.len() - 1
        });
        ObservedId(u16::try_from(place).unwrap_or(u16::MAX))
    }

    fn price(
        &mut self,
        at: &scenario::Extract,
        unit: Option<&Located<MoneyUnit>>,
    ) -> Option<Price> {
        Some(Price { at: self.certain_extract(at)?, unit: unit.map(|unit| unit.value) })
    }
}
