//! What a tally of this plan is indexed by.

use super::Plan;
use crate::tally::{Cohort, TallyShape};

impl Plan {
    /// What a tally of this plan is indexed by.
    pub fn tally_shape(&self) -> TallyShape {
        let attributes = &self.shoppers.attributes;
        TallyShape {
            steps: self.steps.len(),
            units: self.units.len(),
            journeys: self.journeys.len(),
            journey_units: self.journeys.iter().map(|journey| journey.units.len()).collect(),
            attributes: attributes.iter().map(|attribute| attribute.values.len()).collect(),
            observed: self.observed.len(),
            cohorts: Cohort::all_of(self.objectives.iter().map(|objective| &objective.only[..])),
            block: TallyShape::block_for(self.load.length()),
        }
    }
}
