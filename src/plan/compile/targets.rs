//! `targets`: several shops, such as regions, of which each shopper goes to one.

use std::collections::BTreeMap;

use super::Compiler;
use super::compiler::base_address;
use crate::plan::{Attribute, Targets};
use crate::scenario::{Located, LocatedText, Named, NamedTarget};

/// The attribute that says where a shopper goes.
const ATTRIBUTE: &str = "target";
/// As many values as an attribute has at most.
const MOST: usize = 64;

impl Compiler<'_> {
    /// The targets, and the attribute by which they are drawn, which will stand at this place.
    pub(super) fn targets(
        &mut self,
        written: Option<&Named<NamedTarget>>,
        target: Option<&LocatedText>,
        place: usize,
    ) -> Option<(Targets, Attribute)> {
        let written = written?;
        let span = written.0.first().map(|(name, _)| name.span)?;
        if let Some(target) = target {
            let remedy = "remove `target:`, or name it among the targets";
            self.problem(target.span, "`target` and `targets` contradict each other", remedy);
        }
        if let Some(target) = &self.inputs.overrides.target {
            let message = format!("--target {target}, and the scenario has several targets");
            self.flag_problem(message, "leave out --target, or remove `targets:`");
        }
        if written.0.len() > MOST {
            self.problem(span, "too many targets", format!("write at most {MOST}"));
        }
        let name = Located::new(ATTRIBUTE.to_owned(), span);
        if !self.names.check(&name, "the attribute of targets", self.problems) {
            return None;
        }
        let var = self.names.declare(name.value);
        let (mut urls, mut values) = (Vec::new(), Vec::new());
        for (name, target) in &written.0 {
            let (url, weight) = match target.as_ref()? {
                NamedTarget::Url(url) => (url, 1.0),
                NamedTarget::Weighed(target) => (
                    target.url.as_ref()?,
                    target.weight.as_ref().map_or(1.0, |weight| weight.value.0),
                ),
            };
            match base_address(url.value.trim()) {
                Ok(address) => urls.push(address),
                Err(wrong) => {
                    let message = format!("`{}`: {wrong}", url.value);
                    let remedy =
                        "write a base address with its scheme, such as https://eu.shop.example.com";
                    self.problem(url.span, message, remedy);
                }
            }
            values.push((name.value.clone(), weight));
        }
        let attribute =
            Attribute { name: ATTRIBUTE.to_owned(), var, values, brings: BTreeMap::new() };
        (urls.len() == attribute.values.len())
            .then_some((Targets { attribute: place, urls }, attribute))
    }
}
