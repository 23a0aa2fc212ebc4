//! Parts of the shoppers, counted apart as well: what objectives with a `where` are judged by.
//!
//! `p95(pay) < 800ms where payment = wallet` needs all that an objective without a condition needs, of fewer shoppers.
//! So a part is a tally in its turn, told of those shoppers only, and judged by the same code as the whole. Only
//! the parts that objectives speak of are counted: all of them would be a tally for each combination of values.

use serde::{Deserialize, Serialize};

use super::{Shape, Tally};

/// A condition on shoppers: (an attribute's index, the index of its value), all of which must hold; ascending, at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Part(Vec<(usize, usize)>);

// === impl Part ===

impl Part {
    /// The part for these conditions, in whatever order they come; none if there are no conditions.
    pub fn of(conditions: &[(usize, usize)]) -> Option<Part> {
        let mut conditions = conditions.to_vec();
        conditions.sort_unstable();
        conditions.dedup();
        (!conditions.is_empty()).then_some(Part(conditions))
    }

    /// The parts for the conditions of several objectives, each once.
    pub fn all_of<'a>(conditions: impl IntoIterator<Item = &'a [(usize, usize)]>) -> Vec<Part> {
        let mut parts: Vec<Part> = conditions.into_iter().filter_map(Part::of).collect();
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    fn holds(&self, attributes: &[u8]) -> bool {
        self.0.iter().all(|&(attribute, value)| {
            attributes.get(attribute).is_some_and(|&held| usize::from(held) == value)
        })
    }
}

// === impl Shape ===

impl Shape {
    /// The shape of a part: the same, without parts of its own.
    pub(super) fn of_part(&self) -> Shape {
        Shape { parts: Vec::new(), ..self.clone() }
    }
}

// === impl Tally ===

impl Tally {
    /// What was seen of the shoppers for whom these conditions hold: of all, if there are none. None if this part was not counted apart.
    ///
    /// A part knows a shopper's arrival from the shopper's end. Exchanges, samples and arrivals that were never
    /// started are counted in the whole only.
    pub fn part(&self, conditions: &[(usize, usize)]) -> Option<&Tally> {
        match Part::of(conditions) {
            None => Some(self),
            Some(part) => self.parts.get(self.shape.parts.iter().position(|known| *known == part)?),
        }
    }

    /// Tells the parts that a shopper with these attributes belongs to.
    pub(super) fn tell_parts(&mut self, attributes: &[u8], tell: impl Fn(&mut Tally)) {
        let parts = self.shape.parts.iter().zip(&mut self.parts);
        parts.filter(|(part, _)| part.holds(attributes)).for_each(|(_, tally)| tell(tally));
    }
}
