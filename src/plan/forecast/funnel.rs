//! The funnel is propagated once: the weight of a journey, times the share that goes on after each step, is
//! how often a shopper comes to a step (visits, Menascé 2000). Everything else follows from it.
//!
//! What is assumed: no attempt fails, so that none is tried again; a step is one request (redirects and
//! asking again come on top); and shoppers are at every step as soon as they arrive, so that the highest
//! rate of a step is at most the highest rate of arrivals times its visits.

use super::breach::{Breach, find_breaches};
use super::classes::{GuardClass, shopper_classes};
use super::detect;
use super::volume::Volume;
use crate::base::{Micros, StepId};
use crate::plan::{
    ArrivalModel, GuardId, Intensity, JourneyItem, Objective, Plan, Population, Step,
};

/// What a plan will ask of the shop, and what it can show.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Shoppers who arrive. None for a closed load without pauses: as many as the shop lets through.
    pub arrivals: Option<Volume>,
    /// Exactly how many arrivals the schedule has, where it was counted; else `arrivals` is the expected number.
    pub planned: Option<u64>,
    /// Whether `arrivals` is what an infinitely fast shop would see: for a closed load.
    pub at_most: bool,
    /// By step: how often a shopper comes to it.
    pub visits: Vec<f64>,
    /// By journey: the share of all shoppers who get through it.
    pub completions: Vec<f64>,
    /// Orders per shopper.
    pub orders: f64,
    /// How long a shopper stays on average, pauses alone: what a shop that answers at once would see.
    pub shortest_stay: Micros,
    /// How long, if every step took as long as shoppers wait for it.
    pub longest_stay: Micros,
    /// Shoppers in the shop at once at the peak, for each of the stays (Little 1961: N = λ · T).
    pub at_once: Option<(f64, f64)>,
    /// What the plan would break.
    pub breaches: Vec<Breach>,
    /// By objective of the plan: what it takes to hold, where that is a matter of numbers.
    pub needs: Vec<Option<Need>>,
}

/// How many shoppers, attempts or orders an objective needs to hold, and how many there will be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// With every single one good; none where no number is enough (a limit of zero).
    pub needed: Option<u64>,
    /// To hold with 95 % power where half of what the limit allows is bad; none where no number is enough.
    pub advised: Option<u64>,
    /// Expected; in a window, on average.
    pub expected: f64,
}

// === impl Forecast ===

impl Forecast {
    /// The forecast of a plan. `planned` is the exact number of arrivals, where a schedule has counted it.
    pub fn of(plan: &Plan, planned: Option<u64>) -> Forecast {
        let (visits, completions) = funnel(plan, &[]);
        let orders = orders(plan, &visits);
        let stay = |service: fn(&Step) -> Micros| {
            let seconds =
                plan.steps.iter().zip(&visits).map(|(step, visits)| {
                    visits * (step.think.mean() + service(step)).as_secs_f64()
                });
            Micros::from_secs_f64(seconds.sum())
        };
        let shortest_stay = stay(|_| Micros::ZERO);
        // A poll's last request may begin just before the shopper stops asking.
        let longest_stay = stay(|step| {
            let polls = step.poll.as_ref().map_or(Micros::ZERO, |poll| poll.within);
            step.gives_up_after
                + polls
                + step.rendezvous.map_or(Micros::ZERO, |rendezvous| rendezvous.within)
        });
        let arrivals = arrivals(plan, planned, shortest_stay);
        let at_once = match (&plan.load.arrivals, arrivals) {
            (ArrivalModel::Closed { users, .. }, _) => Some((f64::from(*users), f64::from(*users))),
            (_, flow) => flow.map(|flow| {
                let at_once = |stay: Micros| (flow.peak * stay.as_secs_f64()).min(flow.total);
                (at_once(shortest_stay), at_once(longest_stay))
            }),
        };
        let at_most = plan.load.profile().is_none();
        let mut forecast = Forecast {
            arrivals,
            planned,
            at_most,
            visits,
            completions,
            orders,
            shortest_stay,
            longest_stay,
            at_once,
            breaches: vec![],
            needs: vec![],
        };
        forecast.breaches = find_breaches(plan, arrivals, &forecast.visits, at_most);
        forecast.needs =
            plan.objectives.iter().map(|objective| forecast.need(plan, objective)).collect();
        forecast
    }

    /// Shoppers who come to a step: attempts, where none fails.
    pub fn step(&self, step: StepId) -> Option<Volume> {
        Some(self.arrivals?.times(self.visits[step.index()]))
    }

    /// Requests to all steps.
    pub fn requests(&self) -> Option<Volume> {
        Some(self.arrivals?.times(self.visits.iter().sum()))
    }

    /// What it takes for an objective to hold. A rate holds at the earliest when all of this many are good
    /// that the one-sided 95 % limit lies below it; a quantile, when all of this many lie below its limit.
    fn need(&self, plan: &Plan, objective: &Objective) -> Option<Need> {
        if !objective.operator.small_is_good() {
            return None;
        }
        let (visits, completions) = match objective.only.as_slice() {
            [] => (self.visits.clone(), self.completions.clone()),
            only => funnel(plan, only),
        };
        let per_shopper = match objective.metric.population() {
            Population::Shoppers => 1.0,
            Population::JourneyEnds(journey) => completions[journey.index()],
            Population::Buyers | Population::Orders => orders(plan, &visits),
            Population::Attempts(scope) => {
                plan.steps_in(scope).map(|(step, _)| visits[step.index()]).sum()
            }
            Population::Requests => return None,
        };
        let tail = objective.metric.allowed_share(objective.limit)?;
        let length = plan.load.length();
        let after = objective.after.unwrap_or(Micros::ZERO).min(length);
        let late = plan.load.profile().map_or(
            1.0 - after.as_secs_f64() / length.as_secs_f64(),
            |profile| {
                let intensity = Intensity::new(profile);
                1.0 - intensity.cumulative(after) / intensity.total()
            },
        );
        let windows =
            objective.window.map_or(1, |window| ((length - after).0 / window.0.max(1)).max(1));
        let of_attributes = |&(attribute, value): &(usize, usize)| {
            let values = &plan.shoppers.attributes[attribute].values;
            values[value].1 / values.iter().map(|(_, weight)| weight).sum::<f64>()
        };
        let share =
            late * objective.only.iter().map(of_attributes).product::<f64>() / windows as f64;
        // It holds if it holds in each window, so that each is judged at the full level.
        let needed = detect::needed_without_failure(tail, detect::LEVEL);
        Some(Need {
            needed,
            advised: detect::needed_to_hold(tail, windows),
            expected: self.arrivals?.total * per_shopper * share,
        })
    }
}

// === impl Need ===

impl Need {
    /// Whether there will be enough.
    pub fn is_met(self) -> bool {
        self.needed.is_some_and(|needed| self.expected >= needed as f64)
    }
}

/// By step: how often a shopper comes to it, where no attempt fails.
pub fn visits(plan: &Plan) -> Vec<f64> {
    funnel(plan, &[]).0
}

/// Orders per shopper.
fn orders(plan: &Plan, visits: &[f64]) -> f64 {
    plan.units.iter().filter_map(|unit| unit.paying_step).map(|step| visits[step.index()]).sum()
}

/// How often a shopper with these attribute values (attribute, value) comes to each step, and what share gets through each
/// journey.
fn funnel(plan: &Plan, only: &[(usize, usize)]) -> (Vec<f64>, Vec<f64>) {
    let weights: f64 = plan.journeys.iter().map(|journey| journey.weight).sum();
    let mut visits = vec![0.0; plan.steps.len()];
    let mut completions = vec![0.0; plan.journeys.len()];
    for GuardClass { share, holds } in shopper_classes(plan, only) {
        let holds = |guard: GuardId| holds[usize::from(guard.0)];
        for (journey, completed) in plan.journeys.iter().zip(&mut completions) {
            let there = share * journey.weight / weights;
            *completed += JourneyItem::carry(&journey.route, there, &holds, &mut |unit, there| {
                plan.steps_of(unit).fold(there, |there, (id, step)| {
                    if step.guard.is_some_and(|guard| !holds(guard)) {
                        return there;
                    }
                    visits[id.index()] += there;
                    there * step.continues
                })
            });
        }
    }
    (visits, completions)
}

/// How shoppers arrive; in a closed load, each of them followed at once by another.
fn arrivals(plan: &Plan, planned: Option<u64>, shortest_stay: Micros) -> Option<Volume> {
    let length = plan.load.length().as_secs_f64();
    match &plan.load.arrivals {
        ArrivalModel::Poisson(profile) | ArrivalModel::Paced(profile) => {
            let intensity = Intensity::new(profile);
            let total = planned.map_or(intensity.total(), |planned| planned as f64);
            // The mean is that of the law, so that no luck of the draw puts it above the peak.
            Some(Volume { total, mean: intensity.total() / length, peak: intensity.peak() })
        }
        ArrivalModel::Bursty(profile, bursts) => {
            let intensity = Intensity::new(profile);
            let total = planned.map_or(intensity.total(), |planned| planned as f64);
            let stretches = length / bursts.every.as_secs_f64();
            let peak = bursts.highest_rate(intensity.peak(), stretches);
            Some(Volume { total, mean: intensity.total() / length, peak })
        }
        ArrivalModel::Closed { .. } if shortest_stay == Micros::ZERO => None,
        ArrivalModel::Closed { users, .. } => {
            let rate = f64::from(*users) / shortest_stay.as_secs_f64();
            Some(Volume { total: rate * length, mean: rate, peak: rate })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Load;
    use crate::plan::example::{profile, shop};
    use crate::plan::{Measure, Metric, MetricScope, Operator};

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * (1.0 + b.abs())
    }

    fn objective(metric: Metric, limit: f64) -> Objective {
        Objective {
            text: String::new(),
            line: 0,
            metric,
            operator: Operator::Below,
            limit,
            window: None,
            after: None,
            only: vec![],
            abort: false,
        }
    }

    fn need(objective: Objective) -> Need {
        let mut plan = shop();
        plan.objectives = vec![objective];
        Forecast::of(&plan, None).needs[0].unwrap()
    }

    #[test]
    fn the_funnel_thins_out_step_by_step_and_journey_by_journey() {
        let forecast = Forecast::of(&shop(), None);
        let expected = [0.9, 0.9, 0.45, 0.45, 0.1, 0.08];
        assert!(
            forecast.visits.iter().zip(expected).all(|(visits, share)| close(*visits, share)),
            "{:?}",
            forecast.visits
        );
        assert!(
            close(forecast.completions[0], 0.45) && close(forecast.completions[1], 0.08),
            "{:?}",
            forecast.completions
        );
        assert!(close(forecast.orders, 0.45));
        let pay = forecast.step(StepId(2)).unwrap();
        assert!(close(pay.total, 270.0) && close(pay.mean, 4.5) && close(pay.peak, 4.5), "{pay:?}");
        assert!(close(forecast.requests().unwrap().total, 600.0 * 2.88));
    }

    #[test]
    fn peak_and_mean_differ_where_the_rate_moves() {
        let mut plan = shop();
        plan.load.arrivals =
            ArrivalModel::Poisson(profile(&[(0.0, 40.0, 30.0), (40.0, 0.0, 30.0)]));
        let flow = Forecast::of(&plan, Some(1_234)).step(StepId(4)).unwrap();
        assert!(
            close(flow.total, 123.4) && close(flow.mean, 120.0 / 60.0) && close(flow.peak, 4.0),
            "{flow:?}"
        );
    }

    #[test]
    fn shoppers_at_once_lie_between_pauses_alone_and_the_longest_wait() {
        let forecast = Forecast::of(&shop(), None);
        let (pauses, waits) = (0.9 * 2.0 + 0.45 * 4.0 + 0.08, 2.88 * 10.0);
        assert!(close(forecast.shortest_stay.as_secs_f64(), pauses), "{}", forecast.shortest_stay);
        assert!(
            close(forecast.longest_stay.as_secs_f64(), pauses + waits),
            "{}",
            forecast.longest_stay
        );
        let (low, high) = forecast.at_once.unwrap();
        assert!(
            close(low, 10.0 * pauses) && close(high, 10.0 * (pauses + waits)),
            "{low} to {high}"
        );
    }

    #[test]
    fn a_closed_load_is_bounded_by_its_pauses() {
        let mut plan = shop();
        plan.load = Load {
            arrivals: ArrivalModel::Closed { users: 368, length: Micros::from_secs(10) },
            ..plan.load
        };
        let forecast = Forecast::of(&plan, None);
        assert!(
            forecast.at_most && close(forecast.arrivals.unwrap().total, 1_000.0),
            "{forecast:?}"
        );
        assert_eq!(forecast.at_once, Some((368.0, 368.0)));
        plan.steps.iter_mut().for_each(|step| step.think = crate::base::Delay::default());
        assert_eq!(Forecast::of(&plan, None).arrivals, None);
    }

    #[test]
    fn an_objective_needs_enough_of_what_it_counts() {
        let rate = need(objective(Metric::new(Measure::RepeatedFailures), 0.01));
        assert_eq!((rate.needed, rate.expected.round(), rate.is_met()), (Some(299), 600.0, true));
        let strict = need(objective(
            Metric::new(Measure::Failures).within(MetricScope::Steps(vec![StepId(2)])),
            0.01,
        ));
        assert_eq!(
            (strict.needed, strict.expected.round(), strict.is_met()),
            (Some(299), 270.0, false)
        );
        let zero = need(objective(Metric::new(Measure::LostShoppers), 0.0));
        assert_eq!((zero.needed, zero.is_met()), (None, false));
        let journey = need(objective(
            Metric::new(Measure::Response).within(MetricScope::Journey(crate::base::JourneyId(1))),
            1e6,
        ));
        assert_eq!(
            (journey.needed, journey.expected.round(), journey.is_met()),
            (Some(59), 48.0, false)
        );
    }

    #[test]
    fn windows_late_starts_and_attributes_leave_fewer_shoppers() {
        let metric = || Metric::new(Measure::Response);
        let all = need(objective(metric(), 1e6));
        assert_eq!(all.expected.round(), 1_728.0);
        let late =
            need(Objective { after: Some(Micros::from_secs(30)), ..objective(metric(), 1e6) });
        assert_eq!((late.needed, late.expected.round()), (Some(59), 864.0));
        let windows =
            need(Objective { window: Some(Micros::from_secs(10)), ..objective(metric(), 1e6) });
        assert_eq!((windows.needed, windows.expected.round()), (Some(59), 288.0));
        let wallets = need(Objective { only: vec![(0, 1)], ..objective(metric(), 1e6) });
        assert_eq!(wallets.expected.round(), 432.0);
    }
}
