//! What some shoppers do at the paying step besides paying.

use crate::base::random::{Purpose, uniform};
use crate::base::{Micros, ShopperId};

/// One arm of the provocations of a purchase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProvocationArm {
    /// What is done.
    pub kind: ProvocationKind,
    /// The share of shoppers who do it.
    pub share: f64,
    /// When.
    pub after: Micros,
}

/// What is done besides paying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvocationKind {
    /// The same request again, while the first is under way.
    DoubleClick,
    /// The request is cut off, then sent again with the same key.
    Cut,
    /// The request is cut off, then sent again with a new key.
    NewKeyRetry,
    /// The basket is paid from two tabs at once, each with its key.
    SecondTab,
    /// The same request at once under the same key, and again while the shop says that the first is under way.
    SameKey,
    /// The same request again after its answer.
    Resubmit,
    /// The same key with another body, after the answer.
    OtherBody,
    /// The same key from another session, after the answer.
    OtherSession,
    /// The answer's redirect back to the shop is not followed, and the shopper is gone.
    ReturnLost,
}

/// When the request besides goes, by the shopper's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvocationTime {
    /// Before it.
    Before,
    /// While it is under way.
    Meanwhile,
    /// After its answer.
    Afterwards,
    /// There is no other.
    Instead,
}

// === impl ProvocationKind ===

impl ProvocationKind {
    /// As the scenario writes it.
    pub const fn word(self) -> &'static str {
        match self {
            ProvocationKind::DoubleClick => "double_click",
            ProvocationKind::Cut => "cut",
            ProvocationKind::NewKeyRetry => "new_key_retry",
            ProvocationKind::SecondTab => "second_tab",
            ProvocationKind::SameKey => "same_key",
            ProvocationKind::Resubmit => "resubmit",
            ProvocationKind::OtherBody => "other_body",
            ProvocationKind::OtherSession => "other_session",
            ProvocationKind::ReturnLost => "return_lost",
        }
    }

    /// When it is done where nobody says.
    pub const fn default_after(self) -> Micros {
        match self {
            ProvocationKind::DoubleClick | ProvocationKind::Cut | ProvocationKind::NewKeyRetry => {
                Micros::from_millis(100)
            }
            ProvocationKind::SecondTab | ProvocationKind::SameKey | ProvocationKind::ReturnLost => {
                Micros::ZERO
            }
            ProvocationKind::Resubmit
            | ProvocationKind::OtherBody
            | ProvocationKind::OtherSession => Micros::from_secs(1),
        }
    }

    /// When the request besides goes.
    pub const fn time(self) -> ProvocationTime {
        match self {
            ProvocationKind::Cut | ProvocationKind::NewKeyRetry => ProvocationTime::Before,
            ProvocationKind::DoubleClick
            | ProvocationKind::SecondTab
            | ProvocationKind::SameKey => ProvocationTime::Meanwhile,
            ProvocationKind::Resubmit
            | ProvocationKind::OtherBody
            | ProvocationKind::OtherSession => ProvocationTime::Afterwards,
            ProvocationKind::ReturnLost => ProvocationTime::Instead,
        }
    }

    /// Whether the shopper's own request has another key than the one besides.
    pub const fn takes_new_key(self) -> bool {
        matches!(self, ProvocationKind::NewKeyRetry | ProvocationKind::SecondTab)
    }
}

// === impl ProvocationArm ===

impl ProvocationArm {
    /// As the purchase log and reports name it: `double_click 50ms`.
    pub fn label(&self) -> String {
        format!("{} {}", self.kind.word(), self.after)
    }

    /// The arm that this shopper is in, if any.
    pub fn of_shopper(
        arms: &[ProvocationArm],
        shopper: ShopperId,
        ordinal: u64,
    ) -> Option<&ProvocationArm> {
        let mut draw = uniform(shopper.0, Purpose::Provocation, ordinal);
        arms.iter().find(|arm| {
            let hit = draw < arm.share;
            draw -= arm.share;
            hit
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shoppers_are_in_arms_by_share_and_always_in_the_same() {
        let arm = |kind, share| ProvocationArm { kind, share, after: Micros::ZERO };
        let arms = [arm(ProvocationKind::DoubleClick, 0.1), arm(ProvocationKind::Cut, 0.3)];
        let kinds = |n: u64| {
            ProvocationArm::of_shopper(&arms, ShopperId(n.wrapping_mul(0x9E37_79B9_7F4A_7C15)), 7)
                .map(|arm| arm.kind)
        };
        let drawn: Vec<_> = (0..10_000).map(kinds).collect();
        let count = |wanted| drawn.iter().filter(|kind| **kind == wanted).count() as i64;
        assert!((count(Some(ProvocationKind::DoubleClick)) - 1_000).abs() < 120);
        assert!((count(Some(ProvocationKind::Cut)) - 3_000).abs() < 200);
        assert!((count(None) - 6_000).abs() < 200);
        assert_eq!(drawn, (0..10_000).map(kinds).collect::<Vec<_>>());
    }
}
