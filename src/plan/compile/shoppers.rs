//! Who the shoppers are: attributes and patience. Their data are in `data`, what they have in `equipment`.

use super::Compiler;
use super::equipment::equipment;
use crate::base::{Delay, Micros, count_of};
use crate::plan::{Attribute, Load, PATIENCE_PRESETS, Patience, Shoppers};
use crate::scenario::{self, LocatedText, Named, Weighed, join_words, nearest};

/// How many values an attribute may have; the tally counts shoppers jointly by them.
const MAX_VALUES: usize = 64;
/// How often a unit is tried at most where the scenario does not say.
const MAX_ATTEMPTS: u32 = 3;
/// The pause before trying again where the scenario does not say: an assumption, labelled so in reports.
const RETRY_AFTER: Delay =
    Delay::Uniform { low: Micros::from_secs(2), high: Micros::from_secs(20) };

impl Compiler<'_> {
    pub(super) fn shoppers(
        &mut self,
        written: Option<&scenario::Shoppers>,
        load: &Load,
    ) -> Shoppers {
        let default = scenario::Shoppers::default();
        let written = written.unwrap_or(&default);
        let attributes = written.attributes.iter().flat_map(|attributes| &attributes.0);
        let attributes: Vec<Attribute> =
            attributes.filter_map(|(name, values)| self.attribute(name, values.as_ref())).collect();
        self.equipped_once(written, load);
        let data = written.data.iter().flat_map(|data| &data.0);
        let data = data.filter_map(|(name, data)| self.data(name, data.as_ref()?, load)).collect();
        let behaviour =
            written.behaviour.as_ref().map(|behaviour| behaviour.value).unwrap_or_default();
        let max_attempts =
            written.max_attempts.as_ref().map_or(Some(MAX_ATTEMPTS), |attempts| attempts.value.0);
        Shoppers {
            arms: self.arms(written, behaviour, max_attempts, &attributes),
            attributes,
            patience: self.patience(written.patience.as_ref()),
            behaviour,
            max_attempts,
            retry_after: written
                .retry
                .as_ref()
                .and_then(|retry| retry.after.as_ref())
                .map_or(RETRY_AFTER, |after| after.value),
            data,
        }
    }

    fn attribute(
        &mut self,
        name: &LocatedText,
        values: Option<&Named<Weighed>>,
    ) -> Option<Attribute> {
        let good = self.names.check(name, "an attribute", self.problems);
        let var = good.then(|| self.names.declare(name.value.clone()));
        let written = &values?.0;
        if written.is_empty() || written.len() > MAX_VALUES {
            let message =
                format!("`{}` has {}", name.value, count_of(written.len() as u64, "value"));
            self.problem(
                name.span,
                message,
                format!("give it 1 to {MAX_VALUES} values with their weights, such as {{ mobile: 72, desktop: 28 }}"),
            );
        }
        let read: Vec<_> =
            written.iter().filter_map(|(value, said)| Some((value, &said.as_ref()?.0))).collect();
        let values = read.iter().map(|(value, said)| {
            (value.value.clone(), said.weight.as_ref().map_or(1.0, |weight| weight.value.0))
        });
        let brings =
            read.iter().zip(0..=u8::MAX).map(|((_, said), place)| (place, equipment(said)));
        let brings = brings.filter(|(_, equipment)| !equipment.is_empty()).collect();
        Some(Attribute { name: name.value.clone(), var: var?, values: values.collect(), brings })
    }

    fn patience(&mut self, written: Option<&scenario::Patience>) -> Patience {
        let default = PATIENCE_PRESETS[0];
        match written {
            Some(scenario::Patience::Preset(name)) => {
                if let Some(preset) = Patience::preset(&name.value) {
                    return preset;
                }
                let names = PATIENCE_PRESETS.map(|(name, ..)| name);
                let remedy = match nearest(&name.value, names) {
                    Some(meant) => format!("write {meant}"),
                    None => format!(
                        "write {}, or a list of chances to leave such as [26%, 50%]",
                        join_words(names, "or")
                    ),
                };
                self.problem(name.span, format!("there is no patience `{}`", name.value), remedy);
            }
            Some(scenario::Patience::Hazards(hazards)) if !hazards.is_empty() => {
                return Patience {
                    name: "custom".to_owned(),
                    hazards: hazards.iter().map(|hazard| hazard.value.0).collect(),
                };
            }
            Some(scenario::Patience::Hazards(_)) | None => {}
        }
        Patience { name: default.0.to_owned(), hazards: default.1.to_vec() }
    }
}
