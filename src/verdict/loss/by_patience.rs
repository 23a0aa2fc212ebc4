//! Lost shoppers under each patience, with their intervals.

use super::order_value::{Baskets, LostOrderValue};
use super::retry_pressure::RetryPressure;
use crate::plan::{ArrivalModel, Behaviour, PATIENCE_PRESETS, Patience, Plan};
use crate::tally::{OrderStatus, ShopperOutcome, Tally};
use crate::verdict::abandonment::LossModel;
use crate::verdict::causes::Incident;
use crate::verdict::statistics::{Interval, TimeBlocks, mean_interval};

/// Lost shoppers under every patience.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// Whether shoppers really left.
    pub behaviour: Behaviour,
    /// Of whom they are a part: all who ended.
    pub shoppers: u64,
    /// The scenario's own patience first; alone with live behaviour.
    pub by_patience: Vec<PatienceLoss>,
    /// Whether the intervals rest on blocks of time; otherwise they take shoppers for independent and are weak.
    pub by_blocks: bool,
    /// Shoppers of the season that the scenario states, which `by_patience` is scaled to.
    pub season: Option<u64>,
    /// What trying again did to the shop.
    pub pressure: RetryPressure,
}

/// Lost shoppers under one patience.
#[derive(Clone, Debug, PartialEq)]
pub struct PatienceLoss {
    /// The patience's name.
    pub patience: String,
    /// Shoppers lost to failures. Those stopped by the cap count as lost: nobody knows whether they would ever have bought.
    pub lost: f64,
    /// The same, if those stopped by the cap were served at the next attempt, and all orders of unknown outcome were made.
    pub lost_at_least: f64,
    /// Of those lost: who may have an order, which the shop's records alone can tell.
    pub order_unknown: f64,
    /// Shoppers lost to refusals of a working shop, who are not among the lost.
    pub refused: f64,
    /// Lost shoppers of all who ended.
    pub rate: f64,
    /// Where that rate lies with 95 % confidence.
    pub ci95: Interval,
    /// How many independent shoppers would say as much: fewer than came, where failures came in bursts.
    pub effective_sample: f64,
    /// What the lost shoppers would have paid, where any basket has a known order_value.
    pub order_value: Option<LostOrderValue>,
    /// The same for the season.
    pub season: Option<SeasonLoss>,
}

/// Lost shoppers of a whole season, if it went like the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeasonLoss {
    /// How many.
    pub lost: f64,
    /// Where that lies with 95 % confidence.
    pub ci95: Interval,
    /// What they would have paid, in the smallest unit of the currency, and its interval.
    pub order_value: Option<(f64, Interval)>,
}

/// Lost shoppers under every patience; none for a closed load, in which shoppers wait for each other and what a slow
/// shop costs can't be seen.
pub fn loss(plan: &Plan, tally: &Tally, incidents: &[Incident]) -> Option<Loss> {
    if matches!(plan.load.arrivals, ArrivalModel::Closed { .. }) {
        return None;
    }
    let behaviour = plan.shoppers.behaviour;
    let own = &plan.shoppers.patience;
    let presets = PATIENCE_PRESETS
        .iter()
        .filter_map(|(name, ..)| Patience::preset(name))
        .filter(|preset| preset.name != own.name);
    let patiences: Vec<Patience> = match behaviour {
        Behaviour::Probe | Behaviour::Experiment => {
            std::iter::once(own.clone()).chain(presets).collect()
        }
        Behaviour::Live => vec![own.clone()],
    };
    let baskets = Baskets::of(plan, tally);
    let model = LossModel::of(plan, tally);
    let found: Vec<(PatienceLoss, bool)> = patiences
        .iter()
        .map(|patience| under(plan, tally, &model.under(patience), &baskets))
        .collect();
    Some(Loss {
        behaviour,
        shoppers: tally.shoppers.values().map(|count| count.shoppers).sum(),
        by_blocks: found.iter().all(|(_, by_blocks)| *by_blocks),
        by_patience: found.into_iter().map(|(loss, _)| loss).collect(),
        season: plan.season,
        pressure: RetryPressure::of(plan, tally, incidents),
    })
}

/// The loss under one patience, and whether its interval rests on blocks.
fn under(
    plan: &Plan,
    tally: &Tally,
    model: &LossModel<'_>,
    baskets: &Baskets<'_>,
) -> (PatienceLoss, bool) {
    let probability = |fate: &ShopperOutcome| model.to_failures(fate);
    let sum = |figure: &dyn Fn(&ShopperOutcome) -> f64| {
        tally
            .shoppers
            .iter()
            .map(|(key, count)| figure(&key.outcome) * count.shoppers as f64)
            .sum::<f64>()
    };
    let shoppers: u64 = tally.shoppers.values().map(|count| count.shoppers).sum();
    let n = shoppers.max(1) as f64;
    let lost = sum(&|fate| probability(fate).high);
    let rate = lost / n;
    let independent =
        (sum(&|fate| (probability(fate).high - rate).powi(2)) / (n - 1.0).max(1.0) / n).sqrt();
    // By block: shoppers, lost ones, what they would have paid.
    let blocks = TimeBlocks::of_run(tally.blocks.values().map(|block| {
        let mut sums = vec![0.0; 3];
        for ((journey, fate), count) in &block.shoppers {
            let chance = probability(fate).high;
            sums[0] += count.shoppers as f64;
            sums[1] += chance * count.shoppers as f64;
            sums[2] += chance * baskets.expected_value(*journey, fate, count);
        }
        sums
    }));
    let clustered =
        blocks.as_ref().and_then(|blocks| blocks.bootstrap_error(|sums| Some(sums[1] / sums[0])));
    // Clustering widens; that blocks happened to agree is no reason to be surer than independent shoppers make us.
    let error = clustered.map_or(independent, |error| error.max(independent));
    let order_value = baskets.estimate_lost(
        &probability,
        blocks.as_ref(),
        if rate > 0.0 { error / rate } else { 0.0 },
    );
    let ci95 = mean_interval(rate, error, shoppers);
    let found = PatienceLoss {
        patience: model.patience.name.clone(),
        lost,
        order_unknown: sum(&|fate| match fate.order {
            OrderStatus::Unknown => probability(fate).high,
            OrderStatus::None | OrderStatus::Confirmed => 0.0,
        }),
        refused: sum(&|fate| model.to_refusals(fate)),
        lost_at_least: sum(&|fate| probability(fate).low),
        rate,
        ci95,
        effective_sample: if error > 0.0 {
            n * (independent / error).powi(2)
        } else {
            shoppers as f64
        },
        season: plan.season.map(|season| SeasonLoss::of(season as f64, n, rate, ci95, order_value)),
        order_value,
    };
    (found, clustered.is_some())
}

// === impl SeasonLoss ===

impl SeasonLoss {
    /// Attributes are drawn by the weights of the scenario, so the run's mix of shoppers is the season's.
    fn of(
        season: f64,
        n: f64,
        rate: f64,
        ci95: Interval,
        order_value: Option<LostOrderValue>,
    ) -> SeasonLoss {
        let times = season / n;
        let scaled = |interval: Interval, by: f64| Interval {
            low: interval.low * by,
            high: interval.high * by,
        };
        SeasonLoss {
            lost: rate * season,
            ci95: scaled(ci95, season),
            order_value: order_value.map(|order_value| {
                (order_value.minor_units * times, scaled(order_value.ci95, times))
            }),
        }
    }
}
