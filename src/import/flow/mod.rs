//! What shoppers do: paths become templates, sessions become trips through them, and trips become journeys.

mod bag;
mod funnel;
mod given;
mod names;
mod path_part;
mod patience;
mod spine;
mod template;
mod trip;

pub use bag::Bag;
pub use funnel::{Extras, Funnel, SpineStep, split};
pub use given::{GivenTemplates, TemplateError, templates_text};
pub use names::name_of;
pub use path_part::PathPart;
pub use patience::{Hazard, MeasuredPatience, measure_patience};
pub use spine::{Spine, describe, purchase_among};
pub use template::{KindId, PathTemplate, PathTemplates, looks_like_a_value};
pub use trip::Trip;
