//! What a tally of this plan is indexed by.

use super::Plan;
use crate::tally::{Part, Shape};

impl Plan {
    /// What a tally of this plan is indexed by.
    pub fn tally_shape(&self) -> Shape {
        let attributes = &self.shoppers.attributes;
        Shape {
            steps: self.steps.len(),
            units: self.units.len(),
            journeys: self.journeys.len(),
            journey_units: self.journeys.iter().map(|journey| journey.units.len()).collect(),
            attributes: attributes.iter().map(|attribute| attribute.values.len()).collect(),
            observed: self.observed.len(),
            parts: Part::all_of(self.objectives.iter().map(|objective| &objective.only[..])),
            block: Shape::block_for(self.load.length()),
        }
    }
}
