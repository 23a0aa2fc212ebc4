//! What a tally of this plan is indexed by.

use super::Plan;
use crate::tally::{Cohort, Misfit, Tally, TallyShape};

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

    /// Whether everything that the tally speaks of is in this plan.
    ///
    /// # Errors
    /// When it counts something that the plan does not have.
    pub fn owns(&self, tally: &Tally) -> Result<(), Misfit> {
        tally.fits(&self.tally_shape(), self.load.length())?;
        let arms = self.shoppers.arms.len();
        match tally.retry_arms.keys().map(|key| usize::from(key.arm)).find(|arm| *arm >= arms) {
            Some(index) => Err(Misfit::Index { what: "arm", index, planned: arms }),
            None => Ok(()),
        }
    }
}
