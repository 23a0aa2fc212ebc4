//! Who walks: the first shopper of the seed who takes the journey and has the attribute values that are asked for.

use anyhow::anyhow;

use super::args::WalkArgs;
use super::failure::Failure;
use crate::base::{JourneyId, ShopperId};
use crate::plan::{Persona, Plan};
use crate::scenario::join_words;
use crate::schedule::shopper_id;

/// Among so many shoppers even one with several rare values is found.
const MOST_SHOPPERS: u64 = 5_000_000;

/// The shopper who walks, and the place in the schedule.
pub(super) fn choose_walker(plan: &Plan, args: &WalkArgs) -> Result<(ShopperId, u64), Failure> {
    if let Some(ordinal) = args.ordinal {
        return Ok((shopper_id(args.seed, ordinal), ordinal));
    }
    // With attribute values asked for, any journey will do.
    let journey = match &args.journey {
        None if args.with.is_empty() => Some(0),
        None => None,
        Some(name) => Some(journey(plan, name)?),
    };
    let wanted = args.with.iter().map(|with| attribute_value(plan, with));
    let wanted = wanted.collect::<Result<Vec<(usize, u8)>, Failure>>()?;
    let fits = |ordinal: &u64| {
        let persona = Persona::of(plan, shopper_id(args.seed, *ordinal));
        journey.is_none_or(|journey| persona.journey == JourneyId(journey as u16))
            && wanted.iter().all(|(attribute, value)| persona.attributes[*attribute] == *value)
    };
    let ordinal = (0..MOST_SHOPPERS).find(fits).ok_or_else(|| {
        let rare = "no shopper of the first 5 million is like this: the weights are too small";
        Failure::usage(anyhow!("{rare}; ask for less, or raise a weight for the walk"))
    })?;
    Ok((shopper_id(args.seed, ordinal), ordinal))
}

fn journey(plan: &Plan, name: &str) -> Result<usize, Failure> {
    plan.journeys.iter().position(|journey| journey.name == name).ok_or_else(|| {
        let known: Vec<&str> = plan.journeys.iter().map(|journey| journey.name.as_str()).collect();
        Failure::usage(anyhow!("there is no journey '{name}'; there are: {}", known.join(", ")))
    })
}

/// The places of an attribute and of its value, written `payment=wallet`.
fn attribute_value(plan: &Plan, with: &str) -> Result<(usize, u8), Failure> {
    let usage = |text: String| Failure::usage(anyhow!("--with {with}: {text}"));
    let (name, value) = with.split_once('=').ok_or_else(|| {
        usage("write an attribute and a value, such as payment=wallet".to_owned())
    })?;
    let value = value.trim_matches(['\'', '"']);
    let attributes = &plan.shoppers.attributes;
    let place =
        attributes.iter().position(|attribute| attribute.name == name).ok_or_else(|| {
            let known =
                join_words(attributes.iter().map(|attribute| attribute.name.as_str()), "and");
            usage(format!("there is no attribute '{name}'; there are: {known}"))
        })?;
    let values = &attributes[place].values;
    let value = values.iter().position(|(known, _)| known == value).ok_or_else(|| {
        let known = join_words(values.iter().map(|(known, _)| known.as_str()), "and");
        usage(format!("{name} has no value '{value}'; it has {known}"))
    })?;
    Ok((place, value as u8))
}
