//! The error budget: what is promised to how many shoppers.

use super::Compiler;
use crate::base::Micros;
use crate::plan::{ErrorBudget, Load, SpentBy, read_promise};
use crate::scenario;

/// The time of an error budget where the scenario does not say.
const WINDOW: Micros = Micros::from_secs(30 * 86_400);
/// The least time of one.
const LEAST: Micros = Micros::from_secs(3_600);

impl Compiler<'_> {
    /// The error budget.
    pub(super) fn budget(
        &mut self,
        written: &scenario::Budget,
        load: &Load,
    ) -> Option<ErrorBudget> {
        let text = written.objective.as_ref()?;
        let promise = read_promise(&text.value)
            .map_err(|(message, remedy)| self.problem(text.span, message, remedy))
            .ok()?;
        let (spent_by, allowed) = promise;
        if spent_by == SpentBy::LostShoppers && load.profile().is_none() {
            self.problem(
                text.span,
                "lost shoppers can't be estimated in a closed load",
                "use an open load, or another promise",
            );
        }
        let window = written.window.as_ref().map_or(WINDOW, |window| window.value);
        if let Some(written) = written.window.as_ref().filter(|written| written.value < LEAST) {
            self.problem(
                written.span,
                "a budget for less than an hour",
                "write the time that the budget is for, such as 30d or 7d",
            );
        }
        let shoppers = written.shoppers.as_ref()?;
        if let Some(hour) =
            written.peak_hour.as_ref().filter(|hour| hour.value.0 > shoppers.value.0)
        {
            let message = "more shoppers in an hour than in all the time of the budget";
            self.problem(hour.span, message, "write `shoppers` for the budget's whole window, and `peak_hour` for its busiest hour");
        }
        let (shoppers, peak_hour) =
            (shoppers.value.0, written.peak_hour.as_ref().map(|hour| hour.value.0));
        Some(ErrorBudget {
            text: text.value.trim().to_owned(),
            spent_by,
            allowed,
            window,
            shoppers,
            peak_hour,
        })
    }
}
