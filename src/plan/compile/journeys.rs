//! Journeys and units: what is tried, in which order, and where the order is made.

use std::ops::Range;

use super::Compiler;
use super::client;
use super::declined::PendingDecline;
use super::names::{Spot, steps_of, twice};
use crate::base::{JourneyId, StepId, UnitId};
use crate::plan::{Body, Guard, Journey, JourneyItem, Method, RetryUnit, Step};
use crate::scenario::{self, Defaults, Fraction, Located, Span};

/// How many units a shopper may go through; beyond, the way itself would fill the memory.
const LONGEST: u64 = 10_000;

/// Journeys with all that is in them.
#[derive(Default)]
pub(super) struct CompiledFlow {
    pub(super) journeys: Vec<Journey>,
    pub(super) units: Vec<RetryUnit>,
    pub(super) steps: Vec<Step>,
    pub(super) declines: Vec<PendingDecline>,
    pub(super) guards: Vec<Guard>,
    /// Where the guards stand.
    pub(super) guard_spans: Vec<Span>,
}

/// An index of the plan. A scenario beyond 65,535 steps is refused; until then the number must not panic.
pub(super) fn index(place: usize) -> u16 {
    u16::try_from(place).unwrap_or(u16::MAX)
}

impl Compiler<'_> {
    pub(super) fn journeys(
        &mut self,
        written: &[scenario::Journey],
        defaults: Option<&Defaults>,
    ) -> CompiledFlow {
        let mut flow = CompiledFlow::default();
        for name in twice(written.iter().filter_map(|journey| journey.name.as_ref())) {
            self.problem(
                name.span,
                format!("two journeys are called `{}`", name.value),
                "give each its own name",
            );
        }
        for (place, journey) in written.iter().enumerate() {
            self.journey(place, journey, defaults, &mut flow);
        }
        if flow.steps.len() > usize::from(u16::MAX) {
            self.flag_problem("the scenario has more than 65535 steps", "split it");
        }
        flow
    }

    fn journey(
        &mut self,
        place: usize,
        written: &scenario::Journey,
        defaults: Option<&Defaults>,
        flow: &mut CompiledFlow,
    ) {
        let (first_unit, first_step) = (flow.units.len(), flow.steps.len());
        let items = written.steps.as_deref().unwrap_or_default();
        for name in twice(items.iter().flat_map(steps_of).filter_map(|step| step.name.as_ref())) {
            self.problem(
                name.span,
                format!("two steps of the journey are called `{}`", name.value),
                "give each its own name",
            );
        }
        let mut spot = Spot { journey: place, first: true, ..Spot::default() };
        let route = self.parts(items, defaults, &mut spot, flow);
        self.after_declines(first_unit, &route, flow);
        if let Some(last) = items.last() {
            self.nothing_follows(last);
        }
        if flow.units.len() > first_unit && !JourneyItem::surely_leads_to_a_unit(&route) {
            self.problem(
                written.keys.span,
                "some shoppers would have nothing to do in this journey",
                "give it a step that every shopper takes, such as the first page",
            );
        }
        if JourneyItem::longest(&route) > LONGEST {
            let span = written.keys.span;
            self.problem(
                span,
                format!("a shopper could go through more than {LONGEST} steps and purchases"),
                "repeat less often",
            );
        }
        let steps = &mut flow.steps[first_step..];
        client::mark(steps);
        let around = route.iter().any(|part| !matches!(part, JourneyItem::Unit(_)));
        let last_submit =
            steps.iter().rposition(|step| matches!(step.request.body, Body::Submit(_)));
        // On a way that comes back, every page may be followed by a form that is submitted.
        let keeping = last_submit.map_or(0, |last| if around { steps.len() } else { last });
        steps[..keeping].iter_mut().for_each(|step| step.keeps_page = true);
        let name = self.name(written.name.as_ref());
        let weight = written.weight.as_ref().map_or(1.0, |weight| weight.value.0);
        flow.journeys.push(Journey {
            name,
            weight,
            units: index(first_unit)..index(flow.units.len()),
            route,
        });
    }

    /// The way through a list of steps and of what groups them.
    pub(super) fn parts(
        &mut self,
        items: &[scenario::JourneyItem],
        defaults: Option<&Defaults>,
        spot: &mut Spot,
        flow: &mut CompiledFlow,
    ) -> Vec<JourneyItem> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            let when = match item {
                scenario::JourneyItem::Step(step) => step.when.as_ref(),
                scenario::JourneyItem::Purchase(purchase) => purchase.when.as_ref(),
                scenario::JourneyItem::Repeat(repeat) => repeat.when.as_ref(),
                scenario::JourneyItem::Each(each) => each.when.as_ref(),
                scenario::JourneyItem::Choose(choose) => choose.when.as_ref(),
                // What is left of these has been told.
                scenario::JourneyItem::Include(_) => continue,
            };
            let guard = when.and_then(|when| self.guard(when, spot, flow));
            let part = self.part(item, defaults, spot, flow);
            parts.extend(match (guard, part) {
                (Some(guard), Some(part)) => {
                    Some(JourneyItem::First(vec![(Some(guard), vec![part])]))
                }
                (None, part) | (Some(_), part @ None) => part,
            });
            spot.first = false;
        }
        parts
    }

    /// The way through a step or a group, its own condition apart.
    fn part(
        &mut self,
        item: &scenario::JourneyItem,
        defaults: Option<&Defaults>,
        spot: &mut Spot,
        flow: &mut CompiledFlow,
    ) -> Option<JourneyItem> {
        match item {
            scenario::JourneyItem::Step(_) | scenario::JourneyItem::Purchase(_) => {
                let unit = UnitId(index(flow.units.len()));
                self.unit(item, defaults, spot, flow);
                Some(JourneyItem::Unit(unit))
            }
            scenario::JourneyItem::Repeat(repeat) => {
                let times =
                    repeat.times.as_ref().map_or((1, 1), |times| (times.value.0, times.value.1));
                let around = std::mem::replace(&mut spot.around, true);
                let items = repeat.steps.as_deref().unwrap_or_default();
                let parts = self.parts(items, defaults, spot, flow);
                spot.around = around;
                Some(JourneyItem::Repeat { times, parts })
            }
            scenario::JourneyItem::Each(each) => self.each(each, defaults, spot, flow),
            scenario::JourneyItem::Choose(choose) => {
                Some(self.branches(choose, defaults, spot, flow))
            }
            scenario::JourneyItem::Include(_) => None,
        }
    }

    fn unit(
        &mut self,
        item: &scenario::JourneyItem,
        defaults: Option<&Defaults>,
        spot: &mut Spot,
        flow: &mut CompiledFlow,
    ) {
        let (first_step, id) = (flow.steps.len(), UnitId(index(flow.units.len())));
        let journey = JourneyId(index(spot.journey));
        let first_of_journey = spot.first;
        spot.purchase = matches!(item, scenario::JourneyItem::Purchase(_));
        let steps = steps_of(item);
        for (i, written) in steps.iter().enumerate() {
            spot.step = flow.steps.len();
            let mut step = self.step(written, defaults, spot);
            (step.journey, step.unit) = (journey, id);
            if first_of_journey && i == 0 {
                self.begins(written, spot.around);
                if !spot.around {
                    step.think = crate::base::Delay::default();
                }
            }
            if spot.purchase {
                step.guard = written.when.as_ref().and_then(|when| self.guard(when, spot, flow));
            }
            flow.steps.push(step);
            self.note_decline(written, flow);
        }
        let range = first_step..flow.steps.len();
        let (name, paying_step) = match item {
            scenario::JourneyItem::Step(step) => {
                if let Some(span) = step.keys.span_of("order") {
                    self.problem(
                        span,
                        "an order is made inside a purchase",
                        "put the step into `purchase: ...` with `steps:`",
                    );
                }
                (flow.steps[first_step].name.clone(), None)
            }
            scenario::JourneyItem::Repeat(_)
            | scenario::JourneyItem::Each(_)
            | scenario::JourneyItem::Choose(_)
            | scenario::JourneyItem::Include(_) => return,
            scenario::JourneyItem::Purchase(purchase) => {
                self.purchase_rules(purchase);
                let paying_step = paying_step(&flow.steps, range.clone());
                self.paying_step_is_certain(&steps, range.start, paying_step);
                if let Some(paying) = paying_step.and_then(|id| steps.get(id.index() - range.start))
                {
                    self.paying_step_stays(paying);
                }
                if let (Some(last), Some(continues)) = (
                    flow.steps[range.clone()].last_mut(),
                    self.continues(purchase.continues.as_ref()),
                ) {
                    last.continues = continues;
                }
                (self.name(purchase.purchase.as_ref()), paying_step)
            }
        };
        let provoke = match item {
            scenario::JourneyItem::Purchase(purchase) => purchase.provoke.as_deref(),
            scenario::JourneyItem::Step(_)
            | scenario::JourneyItem::Repeat(_)
            | scenario::JourneyItem::Each(_)
            | scenario::JourneyItem::Choose(_)
            | scenario::JourneyItem::Include(_) => None,
        };
        let provocations = self.provocations(provoke);
        flow.units.push(RetryUnit {
            provocations,
            name,
            journey,
            steps: index(range.start)..index(range.end),
            purchase: spot.purchase,
            paying_step,
        });
    }

    /// Who leaves by choice leaves after the purchase, and a purchase makes one order.
    fn purchase_rules(&mut self, purchase: &scenario::Purchase) {
        for item in purchase.steps.iter().flatten() {
            let (span, what) = match item {
                scenario::JourneyItem::Purchase(inner) => (inner.keys.span, "a purchase"),
                scenario::JourneyItem::Repeat(repeat) => (repeat.keys.span, "`repeat`"),
                scenario::JourneyItem::Each(each) => (each.keys.span, "`each`"),
                scenario::JourneyItem::Choose(choose) => (choose.keys.span, "`choose`"),
                scenario::JourneyItem::Step(_) | scenario::JourneyItem::Include(_) => continue,
            };
            self.problem(
                span,
                format!("{what} inside a purchase, which has steps only"),
                "put it around the purchase, or before it",
            );
        }
        let steps: Vec<&scenario::Step> =
            purchase.steps.iter().flatten().flat_map(steps_of).collect();
        for span in steps.iter().filter_map(|step| step.keys.span_of("continue")) {
            self.problem(
                span,
                "`continue` inside a purchase: it is tried as one",
                "put `continue` at the level of `purchase:`",
            );
        }
        for span in steps.iter().filter_map(|step| step.keys.span_of("order")).skip(1) {
            self.problem(
                span,
                "a second `order` in one purchase",
                "keep the one of the step that pays",
            );
        }
    }

    fn nothing_follows(&mut self, last: &scenario::JourneyItem) {
        let keys = match last {
            scenario::JourneyItem::Step(step) => &step.keys,
            scenario::JourneyItem::Purchase(purchase) => &purchase.keys,
            scenario::JourneyItem::Repeat(_)
            | scenario::JourneyItem::Each(_)
            | scenario::JourneyItem::Choose(_)
            | scenario::JourneyItem::Include(_) => return,
        };
        if let Some(span) = keys.span_of("continue") {
            self.problem(
                span,
                "nothing follows that a shopper could go on to",
                "remove `continue`",
            );
        }
    }

    /// What a journey can't begin with. Where the shopper comes back to its first step, that step may have a pause.
    fn begins(&mut self, first: &scenario::Step, around: bool) {
        for (key, span) in
            first.keys.among(if around { &["together"] } else { &["think", "together"] })
        {
            self.problem(
                span,
                "a journey's first step begins when the shopper arrives",
                format!("remove `{key}`"),
            );
        }
        if let Some(span) = first.keys.span_of("submit") {
            self.problem(
                span,
                "a journey's first step has no page whose form could be submitted",
                "get the page with the form first",
            );
        }
    }

    /// The share that goes on; never none of them.
    pub(super) fn continues(&mut self, written: Option<&Located<Fraction>>) -> Option<f64> {
        let written = written?;
        if written.value.0 == 0.0 {
            self.problem(
                written.span,
                "no shopper would go on",
                "write a share above zero, or remove what follows",
            );
        }
        Some(written.value.0)
    }
}

/// The step whose exchange decides whether there is an order.
fn paying_step(steps: &[Step], range: Range<usize>) -> Option<StepId> {
    let in_range = || range.clone().map(|i| (i, &steps[i]));
    let ordering = in_range().find(|(_, step)| step.order.is_some());
    let acting = || in_range().find(|(_, step)| step.request.method != Method::Get);
    ordering.or_else(acting).or_else(|| in_range().next_back()).map(|(i, _)| StepId(index(i)))
}
