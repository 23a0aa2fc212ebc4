//! Where repeated failures concentrate: which shoppers, at which step.
//!
//! Assigned attributes are drawn independently for each shopper, so what goes with them is caused by them: a statement that
//! no log analysis can make, and one that Fisher's test is exact for, however failures cluster in time. Observed values (the
//! node that answered, say) may go with something else that is the cause; they are labelled so. A group is the shoppers with one
//! value, or with two (depth 2: wallets on phones). Each group at each step, and overall, is one test; tests are many, so what
//! is listed must survive the correction for their number (q < 5 %), and it is ranked by what it costs, not by how sure it is
//! (large and interpretable groups before significant ones: Chung and others 2018, arXiv 1807.06068).
//!
//! A repeated failure belongs to a step when a unit failed twice, and to the step where it failed last, of the unit that failed
//! most often; otherwise only to the journey: a passing error at the door, before or after, doesn't make the door a
//! place where a bad node fails. A rate is of those who came to the step. One cause that shows overall and at a step, or at several steps, is one finding, not a list of its shadows.
//!
//! [`counts`] counts every group at every step, [`hypotheses`] tests them, [`attribution`] picks the cause among its shadows, and [`estimates`]
//! says how sure its figures are; [`search`] finds one cause after the other; [`heatmap`] is the plain table of counts, for the eye.

mod attribution;
mod counts;
mod estimates;
mod failures;
mod groups;
mod heatmap;
mod hotspot;
mod hypotheses;
mod search;
#[cfg(test)]
mod tests;

pub use heatmap::{HeatmapCell, heatmap};
pub use hotspot::{Basis, HotSpot, HotspotScope, MAX_Q, MIN_REPEATED, SmallGroup};
pub use search::{hotspots, observed_in, search};
