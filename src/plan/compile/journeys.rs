//! Journeys and units: what is tried, in which order, and where the order is made.

use std::ops::Range;

use super::Compiler;
use super::client;
use super::names::{Spot, steps_of, twice};
use crate::base::{JourneyId, StepId, UnitId};
use crate::plan::{Body, Journey, JourneyItem, Method, RetryUnit, Step};
use crate::scenario::{self, Defaults, Fraction, Located};

/// How many units a shopper may go through; beyond, the way itself would fill the memory.
const LONGEST: u64 = 10_000;

/// Journeys with all that is in them.
#[derive(Default)]
pub(super) struct CompiledFlow {
    pub(super) journeys: Vec<Journey>,
    pub(super) units: Vec<RetryUnit>,
    pub(super) steps: Vec<Step>,
}

/// An index of the plan. A scenario beyond 65,535 steps is refused; until then the number must not panic.
fn index(place: usize) -> u16 {
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
        if let Some(last) = items.last() {
            self.nothing_follows(last);
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
    fn parts(
        &mut self,
        items: &[scenario::JourneyItem],
        defaults: Option<&Defaults>,
        spot: &mut Spot,
        flow: &mut CompiledFlow,
    ) -> Vec<JourneyItem> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                scenario::JourneyItem::Step(_) | scenario::JourneyItem::Purchase(_) => {
                    parts.push(JourneyItem::Unit(UnitId(index(flow.units.len()))));
                    self.unit(item, defaults, spot, flow);
                }
                scenario::JourneyItem::Repeat(repeat) => {
                    let times = repeat
                        .times
                        .as_ref()
                        .map_or((1, 1), |times| (times.value.0, times.value.1));
                    let around = std::mem::replace(&mut spot.around, true);
                    let inside = self.parts(
                        repeat.steps.as_deref().unwrap_or_default(),
                        defaults,
                        spot,
                        flow,
                    );
                    spot.around = around;
                    parts.push(JourneyItem::Repeat { times, parts: inside });
                }
                scenario::JourneyItem::Choose(choose) => {
                    parts.push(self.branches(choose, defaults, spot, flow))
                }
                // What is left of these has been told.
                scenario::JourneyItem::Include(_) => {}
            }
            spot.first = false;
        }
        parts
    }

    fn branches(
        &mut self,
        choose: &scenario::Choose,
        defaults: Option<&Defaults>,
        spot: &mut Spot,
        flow: &mut CompiledFlow,
    ) -> JourneyItem {
        let (first, order, fork) = (spot.first, spot.order, spot.forks);
        spot.forks += 1;
        // After the fork there is an order if every branch makes one.
        let mut orders = Some(true);
        let mut branches = Vec::new();
        for (place, branch) in choose.branches.iter().flatten().enumerate() {
            (spot.first, spot.order) = (first, order);
            spot.path.push((fork, place));
            let parts =
                self.parts(branch.steps.as_deref().unwrap_or_default(), defaults, spot, flow);
            spot.path.pop();
            orders = orders.zip(spot.order).map(|(all, this)| all && this);
            branches.push((branch.weight.as_ref().map_or(1.0, |weight| weight.value.0), parts));
        }
        spot.order = orders;
        JourneyItem::Choose(branches)
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
            if let Some(order) = &step.order {
                spot.order = Some(order.total.is_some());
            }
            flow.steps.push(step);
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
            | scenario::JourneyItem::Choose(_)
            | scenario::JourneyItem::Include(_) => return,
            scenario::JourneyItem::Purchase(purchase) => {
                self.purchase_rules(purchase);
                if let (Some(last), Some(continues)) = (
                    flow.steps[range.clone()].last_mut(),
                    self.continues(purchase.continues.as_ref()),
                ) {
                    last.continues = continues;
                }
                (self.name(purchase.purchase.as_ref()), paying_step(&flow.steps, range.clone()))
            }
        };
        flow.units.push(RetryUnit {
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
                "put `continue` beside `purchase:`",
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
