//! `tillrush walk`: one shopper, step by step, everything shown: how people write and debug a scenario.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::args::WalkArgs;
use super::fresh;
use super::source::Source;
use super::{Exit, Failure, Screen, access};
use crate::base::{JourneyId, Micros, ShopperId, Slice, StepId, counted, on_one_line, redact};
use crate::engine::{Budget, Caps, TokioClock, shape_of};
use crate::plan::{Persona, Plan};
use crate::report::percent;
use crate::schedule::shopper_id;
use crate::shopper::browser::session::RedirectHop;
use crate::shopper::transport::{Exchange, HttpTransport, WireRequest};
use crate::shopper::{CoreContext, JourneyRun, Rendezvous, ReturningPool, StepObserver};
use crate::tally::{AssetsSeen, Checked, End, Outcome, Tally};

/// As the terminal writes anyway.
const PLAIN: Style = Style::new();
/// How much of a body is shown.
const BODY_SHOWN: usize = 600;

/// `tillrush walk`.
pub fn walk(args: &WalkArgs, screen: Screen) -> Result<Exit, Failure> {
    let source = Source::read(&args.scenario, screen)?;
    let plan = &source.plan;
    let (shopper, ordinal) = walker(plan, args)?;
    let access = access::gain(plan, &args.access)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let end = LocalSet::new().block_on(&runtime, async {
        let clock = TokioClock::start(Instant::now());
        let narrator = Narrator { plan: Arc::clone(plan), screen, requests: Cell::new(0) };
        let world = CoreContext {
            plan: Arc::clone(plan),
            transport: HttpTransport::try_new(access.http, clock.clone())
                .map_err(anyhow::Error::from)?,
            gate: Rc::new(Caps::new(clock.clone(), &plan.limits, 1, Budget::default())),
            clock,
            settings: Rc::new(access.session),
            // Of its own, so that a shop that knows the last walk's purchase takes this one's for another.
            run: Rc::from(format!("walk-{:08x}", fresh() as u32)),
            tally: Tally::new(shape_of(plan)).into(),
            purchase_log: Rc::new(()),
            returning: ReturningPool::default().into(),
            rendezvous: Arc::new(Rendezvous::new(plan, Slice::WHOLE)),
            observer: Some(Rc::new(narrator)),
            beside: None,
            skip_delays: !args.unhurried,
            never_abandon: true,
        };
        introduce(plan, shopper, screen);
        let mut visit = JourneyRun::new(&world, shopper, ordinal, Micros::ZERO);
        let end = visit.go(&world).await;
        visit.close(&world, end);
        Ok::<End, anyhow::Error>(end)
    })?;
    let (word, exit) = match end {
        End::Completed => ("completed the journey", Exit::Ok),
        End::LeftByChoice => ("left by choice", Exit::Ok),
        End::Lost => ("left, out of patience", Exit::Unexpected),
        End::StoppedByCap => {
            ("gave up after as many attempts as the scenario allows", Exit::Unexpected)
        }
        End::Unfinished => (
            "could not go on: the scenario or this machine is the cause, not the shop",
            Exit::Unexpected,
        ),
    };
    screen.tell(format_args!("\nthe shopper {word}"));
    Ok(exit)
}

/// The first shopper of the seed who takes the journey.
fn walker(plan: &Plan, args: &WalkArgs) -> Result<(ShopperId, u64), Failure> {
    let journey = match &args.journey {
        None => 0,
        Some(name) => {
            plan.journeys.iter().position(|journey| journey.name == *name).ok_or_else(|| {
                let known: Vec<&str> =
                    plan.journeys.iter().map(|journey| journey.name.as_str()).collect();
                Failure::usage(format!(
                    "error: there is no journey '{name}'; there are: {}",
                    known.join(", ")
                ))
            })?
        }
    };
    let takes = |ordinal: &u64| {
        Persona::of(plan, shopper_id(args.seed, *ordinal)).journey == JourneyId(journey as u16)
    };
    // A journey of the smallest weight that can be written is met long before this many shoppers.
    let ordinal = (0..1_000_000).find(takes).ok_or_else(|| {
        Failure::usage("error: nobody takes that journey: its weight is too small")
    })?;
    Ok((shopper_id(args.seed, ordinal), ordinal))
}

fn introduce(plan: &Plan, shopper: ShopperId, screen: Screen) {
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

/// Prints what it sees.
struct Narrator {
    plan: Arc<Plan>,
    screen: Screen,
    requests: Cell<u32>,
}

impl StepObserver for Narrator {
    fn step_started(&self, step: StepId, nth: u32) {
        let again = if nth > 1 { format!(", attempt {nth}") } else { String::new() };
        self.connections("");
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
        let scheme = if request.origin.tls { "https" } else { "http" };
        let redirect = if hop.index > 0 { "redirected: " } else { "" };
        let address = format!("{scheme}://{}{}", request.origin.authority(), request.path);
        self.connections(&format!("  {redirect}{} {}", request.method, redact::text(&address)));
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
                self.connections(&format!(
                    "  {:?} {} in {took} ({})",
                    answer.version,
                    answer.status,
                    parts.join(", ")
                ));
                self.headers("<", &answer.headers);
                self.body("<", &answer.body);
            }
            Err(trouble) => self.connections(&format!("  no answer after {took}: {trouble}")),
        }
    }

    fn value_captured(&self, name: &str, value: &str) {
        let pair = format!("{name}={value}");
        let value = redact::text(&pair);
        let value = value.split_once('=').map_or(redact::MASK, |(_, value)| value);
        self.connections(&format!("  = {name}: {value}"));
    }

    fn conditions_checked(&self, what: &str, checks: &[Checked]) {
        for check in checks {
            // A decline that does not apply is the normal case, and no mark against the answer.
            let sign = match (what, check.held) {
                ("declined", false) => continue,
                (_, true) => "✓",
                (_, false) => "✗",
            };
            self.connections(&format!("  {sign} {what}: {}", redact::text(&check.what)));
        }
    }

    fn step_finished(&self, _: StepId, outcome: Outcome, detail: &str, took: Micros) {
        let (colour, word) = match outcome {
            Outcome::Ok => (AnsiColor::Green, "ok".to_owned()),
            Outcome::Declined => (AnsiColor::Yellow, "declined".to_owned()),
            Outcome::Failed(kind) => (AnsiColor::Red, format!("failed: {}", kind.label())),
            Outcome::Unjudged => (AnsiColor::Magenta, "not judged".to_owned()),
        };
        let detail =
            if detail.is_empty() { String::new() } else { format!(": {}", redact::text(detail)) };
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
            (*cached, "kept"),
            (*not_modified, "not changed"),
            (failed.len() as u64, "missing"),
            (*elsewhere, "on other hosts, not fetched"),
        ];
        let parts: String =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}")).collect();
        let whole = load
            .map_or("not all there".to_owned(), |load| format!("all there {load} after the start"));
        self.connections(&format!("  files of the page: {files}{parts}; {whole}"));
        if !missing.is_empty() {
            self.connections(&format!("  ✗ {}", redact::text(missing)));
        }
    }

    fn would_have_left(&self, going_on: f64) {
        self.connections(&format!(
            "  … only {} of shoppers go on from here; this one stays to show the rest",
            percent(going_on)
        ));
    }

    fn pause_started(&self, pause: Micros, why: &str) {
        if pause > Micros::ZERO {
            self.connections(&format!("  … {why} {pause}"));
        }
    }
}

// === impl Narrator ===

impl Narrator {
    fn connections(&self, text: &str) {
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
            let value = String::from_utf8_lossy(value.as_bytes());
            self.connections(&format!(
                "  {sign} {name}: {}",
                redact::header(name.as_str(), &value)
            ));
        }
    }

    fn body(&self, sign: &str, body: &[u8]) {
        if body.is_empty() {
            return;
        }
        let text = String::from_utf8_lossy(body);
        let text = redact::text(&text);
        let text = if self.screen.verbose { &text[..] } else { without_head(&text) };
        let limit = if self.screen.verbose { text.len() } else { BODY_SHOWN };
        let shown: String = text.chars().take(limit).collect();
        for line in shown.lines().filter(|line| !line.trim().is_empty()) {
            self.connections(&format!("  {sign} {line}"));
        }
        if shown.len() < text.len() {
            self.connections(&format!(
                "  {sign} … {} in all (-v shows them)",
                counted(body.len() as u64, "byte")
            ));
        }
    }
}

/// A page from where its matter begins: most of its head says nothing to a person.
fn without_head(page: &str) -> &str {
    let at = ["<main", "<form", "<body"].iter().find_map(|tag| page.find(tag));
    &page[at.unwrap_or(0)..]
}

/// Prints a line of such parts. The shop's words and the scenario's come this way: none of them may turn the line, break it, or steer the
/// terminal.
fn print(screen: Screen, parts: &[(Style, &str)]) {
    let painted = |(style, text): &(Style, &str)| {
        let text = on_one_line(text);
        if screen.colour { format!("{style}{text}{style:#}") } else { text }
    };
    screen.tell(format_args!("{}", parts.iter().map(painted).collect::<String>()));
}
