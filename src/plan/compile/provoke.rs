//! `provoke:`: from what is written to arms with shares.

use super::compiler::Compiler;
use crate::plan::{ProvocationArm, ProvocationKind};
use crate::scenario::{OneOrMany, Provocation, Provoke};

impl Compiler<'_> {
    /// The arms of a purchase. Several times split a share.
    pub(super) fn provocations(&mut self, written: Option<&Provoke>) -> Vec<ProvocationArm> {
        let Some(written) = written else { return Vec::new() };
        let all: [(ProvocationKind, &Option<Provocation>); 9] = [
            (ProvocationKind::DoubleClick, &written.double_click),
            (ProvocationKind::Cut, &written.cut),
            (ProvocationKind::NewKeyRetry, &written.new_key_retry),
            (ProvocationKind::SecondTab, &written.second_tab),
            (ProvocationKind::SameKey, &written.same_key),
            (ProvocationKind::Resubmit, &written.resubmit),
            (ProvocationKind::OtherBody, &written.other_body),
            (ProvocationKind::OtherSession, &written.other_session),
            (ProvocationKind::ReturnLost, &written.return_lost),
        ];
        let mut arms = Vec::new();
        for (kind, provocation) in all {
            let Some(provocation) = provocation else { continue };
            let Some(share) = &provocation.share else { continue };
            let times: Vec<_> = match &provocation.after {
                Some(OneOrMany(times)) if !times.is_empty() => {
                    times.iter().map(|time| time.value).collect()
                }
                _ => vec![kind.default_after()],
            };
            let share = share.value.0 / times.len() as f64;
            arms.extend(times.into_iter().map(|after| ProvocationArm { kind, share, after }));
        }
        let total: f64 = arms.iter().map(|arm| arm.share).sum();
        if total > 1.0 + 1e-9 {
            self.problem(
                written.keys.span,
                format!("the shares of all provocations come to {:.0}%", total * 100.0),
                "lower them to 100% or less; the rest pays as usual and is what they are compared with",
            );
        }
        arms
    }
}
