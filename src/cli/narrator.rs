//! Prints what a walking shopper does, request by request.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};

use super::screen::Screen;
use crate::base::{Micros, StepId, count_of, on_one_line};
use crate::base::{Redactor, redact};
use crate::plan::Plan;
use crate::report::percent;
use crate::shopper::StepObserver;
use crate::shopper::browser::fetch::RedirectHop;
use crate::shopper::transport::{Exchange, TransportError, WireRequest};
use crate::tally::{AssetsSeen, Checked, Outcome};

/// The terminal's default.
pub(super) const PLAIN: Style = Style::new();
/// How many characters of a body are shown.
const BODY_SHOWN: usize = 600;

/// What was asked in one chain of redirects.
#[derive(Default)]
struct Way(Vec<String>);

impl Way {
    /// Whether redirects have led to where they came from.
    fn goes_round(&mut self, asked: String, hop: RedirectHop) -> bool {
        if hop.index == 0 {
            self.0.clear();
        }
        let before = hop.index > 0 && !hop.preflight && self.0.contains(&asked);
        self.0.push(asked);
        before
    }
}

/// Prints what it sees.
pub(super) struct Narrator {
    plan: Arc<Plan>,
    screen: Screen,
    requests: Cell<u32>,
    /// Masks secrets of the run and of this shopper.
    secrets: RefCell<Redactor>,
    /// What was asked since the last request that no redirect led to.
    way: RefCell<Way>,
    /// Why the first request had no response, if it had none.
    first_error: Rc<RefCell<Option<TransportError>>>,
}

impl StepObserver for Narrator {
    fn step_started(&self, step: StepId, nth: u32) {
        let again = if nth > 1 { format!(", attempt {nth}") } else { String::new() };
        self.line("");
        print(self.screen, &[(Style::new().bold(), &self.plan.step_label(step)), (PLAIN, &again)]);
    }

    fn step_skipped(&self, step: StepId) {
        self.line("");
        self.line(&format!("{}: not taken (`when`)", self.plan.step_label(step)));
    }

    fn exchange_done(
        &self,
        _: StepId,
        request: &WireRequest,
        exchange: &Exchange,
        hop: RedirectHop,
    ) {
        self.requests.set(self.requests.get() + 1);
        if self.requests.get() == 1 {
            *self.first_error.borrow_mut() = exchange.result.as_ref().err().cloned();
        }
        let scheme = if request.origin.tls { "https" } else { "http" };
        let redirect = match hop {
            RedirectHop { preflight: true, .. } => "preflight: ",
            RedirectHop { index: 1.., .. } => "redirected: ",
            RedirectHop { index: 0, .. } => "",
        };
        let address = format!("{scheme}://{}{}", request.origin.authority(), request.path);
        self.line(&format!(
            "  {redirect}{} {}",
            request.method,
            self.secrets.borrow().text(&address)
        ));
        if self.way.borrow_mut().goes_round(format!("{} {address}", request.method), hop) {
            self.line("  note: this address was asked before; going round is no failure below 20 redirects");
        }
        self.headers(">", &request.headers);
        self.body(">", &request.body);
        let took = exchange.ended_at.since(exchange.began_at);
        let phases = &exchange.phases;
        let parts = [
            ("dns", phases.dns),
            ("connect", phases.connect),
            ("tls", phases.tls),
            ("wait", phases.wait),
            ("receive", phases.receive),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, part)| part.map(|part| format!("{name} {part}")))
            .collect();
        match &exchange.result {
            Ok(answer) => {
                self.line(&format!(
                    "  {:?} {} in {took} ({})",
                    answer.version,
                    answer.status,
                    parts.join(", ")
                ));
                self.headers("<", &answer.headers);
                self.body("<", &answer.body);
            }
            Err(error) => {
                let error = error.to_string();
                let error = self.secrets.borrow().mask_known(&error).into_owned();
                self.line(&format!("  no response after {took}: {error}"));
            }
        }
    }

    fn value_captured(&self, name: &str, value: &str) {
        let is_secret =
            self.plan.variable(name).is_some_and(|var| self.plan.secret_variables.contains(&var));
        if is_secret {
            self.secrets.replace_with(|secrets| secrets.with([value]));
        }
        let pair = format!("{name}={value}");
        let value = self.secrets.borrow().text(&pair).into_owned();
        let value = value.split_once('=').map_or(redact::MASK, |(_, value)| value);
        self.line(&format!("  = {name}: {value}"));
    }

    fn conditions_checked(&self, what: &str, checks: &[Checked]) {
        for check in checks {
            // Most responses are no decline; that is not worth a line.
            let sign = match (what, check.held) {
                ("declined", false) => continue,
                (_, true) => "✓",
                (_, false) => "✗",
            };
            self.line(&format!("  {sign} {what}: {}", self.secrets.borrow().text(&check.what)));
        }
    }

    fn step_finished(&self, _: StepId, outcome: Outcome, detail: &str, took: Micros) {
        let (colour, word) = match outcome {
            Outcome::Ok => (AnsiColor::Green, "ok".to_owned()),
            Outcome::Declined => (AnsiColor::Yellow, "declined".to_owned()),
            Outcome::Failed(kind) => (AnsiColor::Red, format!("failed: {}", kind.label())),
            Outcome::Unjudged => (AnsiColor::Magenta, "not judged".to_owned()),
        };
        let detail = if detail.is_empty() {
            String::new()
        } else {
            format!(": {}", self.secrets.borrow().text(detail))
        };
        print(
            self.screen,
            &[
                (PLAIN, "  "),
                (colour.on_default().bold(), &word),
                (PLAIN, &format!("{detail} ({took})")),
            ],
        );
    }

    fn assets_loaded(&self, _: StepId, seen: &AssetsSeen, missing: &str) {
        let AssetsSeen { files, cached, not_modified, failed, elsewhere, load } = seen;
        let parts = [
            (*cached, "from the cache"),
            (*not_modified, "not modified"),
            (failed.len() as u64, "failed"),
            (*elsewhere, "on other hosts (not fetched)"),
        ];
        let parts: String =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}")).collect();
        let whole = load
            .map_or("incomplete".to_owned(), |load| format!("all there {load} after the start"));
        self.line(&format!("  files of the page: {files}{parts}; {whole}"));
        if !missing.is_empty() {
            self.line(&format!("  ✗ {}", self.secrets.borrow().text(missing)));
        }
    }

    fn would_have_left(&self, going_on: f64) {
        self.line(&format!(
            "  … {} of shoppers go on from here; this one does, to show the rest",
            percent(going_on)
        ));
    }

    fn pause_started(&self, pause: Micros, why: &str) {
        if pause > Micros::ZERO {
            self.line(&format!("  … {why} {pause}"));
        }
    }
}

// === impl Narrator ===

impl Narrator {
    /// Prints what a shopper of `plan` does. `first_error` becomes why the first request had no response.
    pub(super) fn new(
        plan: Arc<Plan>,
        screen: Screen,
        secrets: Redactor,
        first_error: Rc<RefCell<Option<TransportError>>>,
    ) -> Narrator {
        Narrator {
            plan,
            screen,
            requests: Cell::new(0),
            secrets: RefCell::new(secrets),
            way: RefCell::default(),
            first_error,
        }
    }

    fn line(&self, text: &str) {
        print(self.screen, &[(PLAIN, text)]);
    }

    fn headers(&self, sign: &str, headers: &http::HeaderMap) {
        let shown = |name: &str| {
            self.screen.verbose
                || matches!(
                    name,
                    "content-type"
                        | "location"
                        | "set-cookie"
                        | "cookie"
                        | "idempotency-key"
                        | "x-node"
                        | "retry-after"
                )
        };
        for (name, value) in headers.iter().filter(|(name, _)| shown(name.as_str())) {
            let value = self.secrets.borrow().header(name.as_str(), value.as_bytes());
            self.line(&format!("  {sign} {name}: {value}"));
        }
    }

    fn body(&self, sign: &str, body: &[u8]) {
        if body.is_empty() {
            return;
        }
        let text = self.secrets.borrow().known_bytes(body);
        let text = redact::text(&text);
        let text = if self.screen.verbose { &text[..] } else { without_head(&text) };
        let limit = if self.screen.verbose { text.len() } else { BODY_SHOWN };
        let shown: String = text.chars().take(limit).collect();
        for line in shown.lines().filter(|line| !line.trim().is_empty()) {
            self.line(&format!("  {sign} {line}"));
        }
        if shown.len() < text.len() {
            self.line(&format!(
                "  {sign} … {} in total (-v shows all)",
                count_of(body.len() as u64, "byte")
            ));
        }
    }
}

/// A page from its content on: most of its head is of no interest here.
fn without_head(page: &str) -> &str {
    let at = ["<main", "<form", "<body"].iter().find_map(|tag| page.find(tag));
    &page[at.unwrap_or(0)..]
}

/// Prints a line of styled parts. Parts may come from the shop or the scenario, so control characters in them are escaped.
pub(super) fn print(screen: Screen, parts: &[(Style, &str)]) {
    let painted = |(style, text): &(Style, &str)| {
        let text = on_one_line(text);
        if screen.colour { format!("{style}{text}{style:#}") } else { text }
    };
    screen.print_line(format_args!("{}", parts.iter().map(painted).collect::<String>()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_goes_round_where_it_asks_again_what_it_asked() {
        let mut way = Way::default();
        let mut at = |asked: &str, index| {
            way.goes_round(asked.to_owned(), RedirectHop { index, preflight: false, held: None })
        };
        assert!(!at("GET /a", 0) && !at("GET /b", 1) && at("GET /a", 2));
        assert!(!at("GET /a", 0) && !at("GET /c", 1));
    }
}
