//! Which shopper one is: the journey taken and the value of each attribute, drawn from the shopper's key.
//!
//! Attributes are drawn independently of each other, of the journey and of the time of arrival. That is
//! what makes an association of failures with an attribute causal and not a mere coincidence of habits.

use super::Plan;
use crate::base::random::{Purpose, uniform};
use crate::base::{JourneyId, ShopperId};

/// What a shopper means to do, and is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Persona {
    /// The journey taken.
    pub journey: JourneyId,
    /// By attribute of the plan: the index of the value.
    pub attributes: Vec<u8>,
}

// === impl Persona ===

impl Persona {
    /// The persona of this shopper: a pure function of the shopper's key and of the plan's weights.
    pub fn of(plan: &Plan, shopper: ShopperId) -> Persona {
        let journey = choose(
            plan.journeys.iter().map(|journey| journey.weight),
            uniform(shopper.0, Purpose::Journey, 0),
        );
        let attributes = plan.shoppers.attributes.iter().zip(0..).map(|(attribute, place)| {
            let weights = attribute.values.iter().map(|(_, weight)| *weight);
            choose(weights, uniform(shopper.0, Purpose::Attribute, place)) as u8
        });
        Persona { journey: JourneyId(journey as u16), attributes: attributes.collect() }
    }
}

/// The index whose weight `u` in 0..1 of the way through all weights falls into. A weight of zero is
/// never chosen as long as another is positive.
pub(super) fn choose(weights: impl Iterator<Item = f64> + Clone, u: f64) -> usize {
    let mark = weights.clone().sum::<f64>() * u;
    let mut reached = 0.0;
    let mut last = 0;
    for (index, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
        reached += weight;
        last = index;
        if mark < reached {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::draw;
    use crate::plan::example::{attribute, journey, plan};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    /// P(χ² of this many degrees of freedom is larger), under the hypothesis that observed follow expected.
    fn chi_square(observed: &[f64], expected: &[f64], df: usize) -> f64 {
        let statistic: f64 = observed.iter().zip(expected).map(|(o, e)| (o - e).powi(2) / e).sum();
        1.0 - ChiSquared::new(df as f64).unwrap().cdf(statistic)
    }

    fn personas(plan: &Plan, n: u64) -> impl Iterator<Item = Persona> {
        (0..n).map(|i| Persona::of(plan, ShopperId(draw(11, Purpose::Shopper, i))))
    }

    #[test]
    fn journeys_and_values_are_chosen_by_weight() {
        let plan = plan(
            vec![journey("buy", 9.0), journey("browse", 1.0)],
            vec![attribute("payment", &[50.0, 0.0, 35.0, 15.0])],
        );
        let n = 100_000;
        let (mut journeys, mut values) = ([0.0; 2], [0.0; 4]);
        for persona in personas(&plan, n) {
            journeys[persona.journey.index()] += 1.0;
            values[usize::from(persona.attributes[0])] += 1.0;
        }
        let expected = |share: f64| share * n as f64;
        assert!(chi_square(&journeys, &[0.9, 0.1].map(expected), 1) > 0.001, "{journeys:?}");
        assert_eq!(values[1], 0.0, "a weight of zero is never chosen");
        assert!(
            chi_square(&[values[0], values[2], values[3]], &[0.5, 0.35, 0.15].map(expected), 2)
                > 0.001,
            "{values:?}"
        );
    }

    #[test]
    fn attributes_are_independent_of_each_other_and_of_the_journey() {
        let attributes =
            vec![attribute("device", &[72.0, 28.0]), attribute("payment", &[50.0, 35.0, 15.0])];
        let plan = plan(vec![journey("buy", 1.0), journey("browse", 1.0)], attributes);
        let n = 60_000;
        let mut cells = [0.0; 12];
        for persona in personas(&plan, n) {
            let [device, payment] = [0, 1].map(|i| usize::from(persona.attributes[i]));
            cells[(persona.journey.index() * 2 + device) * 3 + payment] += 1.0;
        }
        let shares = [0.5, 0.5]
            .map(|j| [0.72, 0.28].map(|d| [0.50, 0.35, 0.15].map(|p| j * d * p * n as f64)));
        let expected: Vec<f64> = shares.as_flattened().as_flattened().to_vec();
        assert!(chi_square(&cells, &expected, 11) > 0.001, "{cells:?}");
    }

    #[test]
    fn a_persona_is_the_same_everywhere_and_forever() {
        let plan = plan(
            vec![journey("buy", 3.0), journey("browse", 1.0)],
            vec![attribute("device", &[1.0, 1.0, 1.0])],
        );
        let drawn: Vec<(u16, u8)> =
            personas(&plan, 8).map(|persona| (persona.journey.0, persona.attributes[0])).collect();
        assert_eq!(drawn, [(1, 2), (0, 1), (1, 0), (0, 1), (0, 0), (1, 0), (0, 1), (0, 2)]);
    }

    #[test]
    fn the_ends_of_the_range_choose_the_ends_of_the_list() {
        assert_eq!(choose([1.0, 2.0].into_iter(), 0.0), 0);
        assert_eq!(choose([1.0, 2.0].into_iter(), 1.0 - f64::EPSILON / 2.0), 1);
        assert_eq!(
            choose([0.1; 10].into_iter(), 1.0 - f64::EPSILON / 2.0),
            9,
            "rounding in the sum does not lead past the last"
        );
    }
}
