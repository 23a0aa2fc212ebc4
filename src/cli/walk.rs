//! `tillrush walk`: one shopper, step by step, with every request and response: to write and debug a scenario.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use anyhow::anyhow;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::args::WalkArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::preflight::{permit, unreached};
use super::random::random_name;
use super::screen::Screen;
use super::source::Source;
use crate::base::{JourneyId, Micros, ShopperId, Slice, StepId, counted, on_one_line};
use crate::base::{Redactor, redact};
use crate::engine::{Budget, RateLimitGate, TokioClock};
use crate::plan::{DataCell, Persona, Plan};
use crate::report::percent;
use crate::schedule::shopper_id;
use crate::shopper::browser::session::RedirectHop;
use crate::shopper::transport::{Exchange, HttpTransport, TransportError, WireRequest};
use crate::shopper::{CoreContext, JourneyRun, MeetingPoints, ReturningPool, StepObserver};
use crate::tally::{AssetsSeen, Checked, End, Outcome, Tally};

/// The terminal's default.
const PLAIN: Style = Style::new();
/// How many characters of a body are shown.
const BODY_SHOWN: usize = 600;

/// `tillrush walk`.
pub fn walk(args: &WalkArgs, screen: Screen) -> Result<Exit, Failure> {
    let source = Source::read(&args.scenario, screen)?;
    let plan = &source.plan;
    let (shopper, ordinal) = walker(plan, args)?;
    // The first step shows whether the shop is there; asking before it would be one more visit than the walk shows.
    let access = permit(plan, &args.access, screen)?;
    let target = access.target.clone();
    let first_error = Rc::new(RefCell::new(None));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let end = LocalSet::new().block_on(&runtime, async {
        let clock = TokioClock::start(Instant::now());
        let narrator = Narrator {
            plan: Arc::clone(plan),
            screen,
            requests: Cell::new(0),
            secrets: RefCell::new(secrets_of(plan, shopper, ordinal)),
            way: RefCell::default(),
            first_error: Rc::clone(&first_error),
        };
        let context = CoreContext::<(_, _, _)> {
            plan: Arc::clone(plan),
            transport: HttpTransport::try_new(access.http, clock.clone())
                .map_err(anyhow::Error::from)?,
            gate: Rc::new(RateLimitGate::new(clock.clone(), &plan.limits, 1, Budget::default())),
            clock,
            settings: Rc::new(access.session),
            // A new name each time: a shop that deduplicates purchases must see another one than in the last walk.
            run: Rc::from(format!("walk-{}", random_name())),
            tally: Tally::new(plan.tally_shape()).into(),
            purchase_log: Rc::new(()),
            returning: ReturningPool::default().into(),
            rendezvous: Arc::new(MeetingPoints::new(plan, Slice::WHOLE)),
            observer: Some(Rc::new(narrator)),
            baseline: None,
            skip_delays: !args.real_time,
            never_abandon: true,
        };
        print_shopper(plan, shopper, screen);
        let mut journey = JourneyRun::new(&context, shopper, ordinal, Micros::ZERO);
        let end = journey.run(&context).await;
        journey.close(&context, end);
        Ok::<End, anyhow::Error>(end)
    })?;
    if let Some(failure) = first_error.take().and_then(|error| unreached(&target, &error)) {
        return Err(failure);
    }
    let (word, exit) = match end {
        End::Completed => ("completed the journey", Exit::Ok),
        End::LeftByChoice => ("left by choice", Exit::Ok),
        End::Lost => ("gave up: out of patience", Exit::Unexpected),
        End::StoppedByCap => ("gave up: no attempts left (`max_attempts`)", Exit::Unexpected),
        End::Unfinished => (
            "could not go on, because of the scenario or this machine, not the shop",
            Exit::Unexpected,
        ),
    };
    screen.print_line(format_args!("\nthe shopper {word}"));
    Ok(exit)
}

/// The first shopper of this seed who takes the journey.
fn walker(plan: &Plan, args: &WalkArgs) -> Result<(ShopperId, u64), Failure> {
    let journey = match &args.journey {
        None => 0,
        Some(name) => {
            plan.journeys.iter().position(|journey| journey.name == *name).ok_or_else(|| {
                let known: Vec<&str> =
                    plan.journeys.iter().map(|journey| journey.name.as_str()).collect();
                let known = known.join(", ");
                Failure::usage(anyhow!("there is no journey '{name}'; there are: {known}"))
            })?
        }
    };
    let takes = |ordinal: &u64| {
        Persona::of(plan, shopper_id(args.seed, *ordinal)).journey == JourneyId(journey as u16)
    };
    // Even a journey of very small weight is found among this many shoppers.
    let ordinal = (0..1_000_000).find(takes).ok_or_else(|| {
        Failure::usage(anyhow!("no shopper takes this journey: its weight is too small"))
    })?;
    Ok((shopper_id(args.seed, ordinal), ordinal))
}

fn print_shopper(plan: &Plan, shopper: ShopperId, screen: Screen) {
    let persona = Persona::of(plan, shopper);
    let attributes = plan.shoppers.attributes.iter().zip(&persona.attributes);
    let attributes: Vec<String> = attributes
        .map(|(attribute, value)| {
            format!("{} {}", attribute.name, attribute.values[usize::from(*value)].0)
        })
        .collect();
    let bold = Style::new().bold();
    let attributes =
        if attributes.is_empty() { String::new() } else { format!(" ({})", attributes.join(", ")) };
    let journey = &plan.journey(persona.journey).name;
    print(
        screen,
        &[
            (PLAIN, "shopper "),
            (bold, &shopper.to_string()),
            (PLAIN, " takes the journey "),
            (bold, journey),
            (PLAIN, &attributes),
        ],
    );
}

/// Masks the secrets of the run and those in the shopper's rows of data.
fn secrets_of(plan: &Plan, shopper: ShopperId, ordinal: u64) -> Redactor {
    let rows = plan
        .shoppers
        .data
        .iter()
        .enumerate()
        .flat_map(|(place, data)| data.columns.iter().zip(data.row(place, shopper, ordinal)));
    let secret = rows.filter(|(var, _)| plan.secret_variables.contains(var));
    plan.secrets.with(secret.map(|(_, cell)| match cell {
        DataCell::Text(text) => text.clone(),
        DataCell::Json(value) => value.to_string(),
    }))
}

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
struct Narrator {
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
                let error = self.secrets.borrow().known(&error).into_owned();
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
                counted(body.len() as u64, "byte")
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
fn print(screen: Screen, parts: &[(Style, &str)]) {
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
