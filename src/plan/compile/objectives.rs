//! The release gate.

use super::Compiler;
use crate::plan::Plan;
use crate::scenario::LocatedText;

impl Compiler<'_> {
    /// Adds the objectives to the plan, whose names they use.
    pub(super) fn objectives(&mut self, written: &[LocatedText], plan: &mut Plan) {
        for text in written {
            let (line, _) = self.problems.source().position(text.span.start);
            match plan.objective(&text.value, line) {
                Ok(objective) => plan.objectives.push(objective),
                Err(error) => {
                    self.within(text.span, &text.value, error.range, error.message, error.remedy);
                }
            }
        }
    }
}
