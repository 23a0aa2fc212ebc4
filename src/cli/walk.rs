//! `tillrush walk`: one shopper, step by step, with every request and response: to write and debug a scenario.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use anstyle::Style;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::args::WalkArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::narrator::{Narrator, PLAIN, print};
use super::preflight::{permit, unreachable_failure};
use super::proved_chain::{ProvedChain, WalkLog};
use super::random::random_name;
use super::records::Described;
use super::screen::Screen;
use super::set_up::SetUp;
use super::source::Source;
use super::walker::choose_walker;
use crate::base::Redactor;
use crate::base::{Micros, ShopperId, Slice};
use crate::engine::{Budget, RateLimitGate, TokioClock};
use crate::plan::{DataCell, Persona, Plan, Value};
use crate::shopper::transport::HttpTransport;
use crate::shopper::{CoreContext, JourneyRun, MeetingPoints, PurchaseLog, ReturningPool};
use crate::tally::{End, Tally};

/// `tillrush walk`.
pub fn walk(args: &WalkArgs, screen: Screen) -> Result<Exit, Failure> {
    let source = Source::read(&args.scenario, screen)?;
    let plan = &source.plan;
    let described = Described::find(args.records.as_deref(), &source, screen)?;
    let (shopper, ordinal) = choose_walker(plan, args)?;
    // The first step shows whether the shop is there; asking before it would be one more visit than the walk shows.
    let access = permit(plan, &args.access, screen)?;
    let target = access.target.clone();
    let mut chain = described
        .map(|described| {
            ProvedChain::begin(described, &source, target.as_str(), args.access.insecure)
        })
        .transpose()?;
    let log = Rc::new(WalkLog::default());
    let first_error = Rc::new(RefCell::new(None));
    // A new name each time: a shop that deduplicates purchases must see another one than in the last walk.
    let run = format!("walk-{}", random_name());
    let set_up = |plan: &Arc<Plan>| {
        let secrets = plan.secrets.clone();
        let narrator = Narrator::new(Arc::clone(plan), screen, secrets, Rc::clone(&first_error));
        SetUp { access: &access, run: &run, observer: Some(Rc::new(narrator)), screen }
    };
    let shared = match &plan.before {
        Some(before) => set_up(before).before(plan, Slice::WHOLE)?,
        None => Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let end = LocalSet::new().block_on(&runtime, async {
        let clock = TokioClock::start(Instant::now());
        let narrator = Narrator::new(
            Arc::clone(plan),
            screen,
            secrets_of(plan, shopper, ordinal),
            Rc::clone(&first_error),
        );
        let context = CoreContext::<(_, _, _)> {
            plan: Arc::clone(plan),
            transport: HttpTransport::try_new(access.http.clone(), clock.clone())
                .map_err(anyhow::Error::from)?,
            gate: Rc::new(RateLimitGate::new(clock.clone(), &plan.limits, 1, Budget::default())),
            clock,
            targets: access.session.in_each(plan.target_urls()),
            settings: Rc::new(access.session.clone()),
            run: Rc::from(run.as_str()),
            shared: shared.iter().map(|(var, value)| (*var, Value::of_json(value))).collect(),
            tally: Tally::new(plan.tally_shape()).into(),
            purchase_log: Rc::clone(&log) as Rc<dyn PurchaseLog>,
            returning: ReturningPool::default().into(),
            rendezvous: Arc::new(MeetingPoints::new(plan, Slice::WHOLE)),
            observer: Some(Rc::new(narrator)),
            baseline: None,
            skip_delays: !args.real_time,
            never_abandon: true,
        };
        print_shopper(plan, shopper, screen);
        let mut journey = JourneyRun::new(&context, shopper, ordinal, Micros::ZERO);
        print(screen, &[(PLAIN, "e-mail "), (PLAIN, &journey.email())]);
        let end = journey.run(&context).await;
        journey.close(&context, end);
        Ok::<End, anyhow::Error>(end)
    })?;
    if let Some(after) = &plan.after {
        set_up(after).after(plan, Slice::WHOLE, &shared)?;
    }
    if let Some(failure) = first_error.take().and_then(|error| unreachable_failure(&target, &error))
    {
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
    match &mut chain {
        Some(chain) if exit == Exit::Ok => chain.prove(&log.lines(), screen),
        Some(_) | None => Ok(exit),
    }
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
