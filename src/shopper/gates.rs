//! The gates of a route: open, closed, or not come to yet.

use std::rc::Rc;

use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use crate::plan::{GuardId, JourneyRoute, RouteGate};

/// The gates of a route, each open, closed, or not come to yet.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: Vec<RouteGate>,
    open: Vec<Option<bool>>,
}

/// The last answer that a shopper got, where a guard may ask for it.
#[derive(Debug)]
pub(super) struct LastAnswer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) url: Rc<Url>,
    pub(super) first_location: Option<String>,
}

// === impl Gates ===

impl Gates {
    /// Of this route, none come to yet.
    pub(super) fn new(route: &mut JourneyRoute) -> Gates {
        let gates = std::mem::take(&mut route.gates);
        Gates { open: vec![None; gates.len()], gates }
    }

    /// Forgets what was found out.
    pub(super) fn forget(&mut self) {
        self.open.fill(None);
    }

    /// Whether a gate is open, by what `holds` says of guards.
    pub(super) fn is_open<X>(
        &mut self,
        gate: u32,
        holds: &mut impl FnMut(GuardId) -> Result<bool, X>,
    ) -> Result<bool, X> {
        if let Some(open) = self.open[gate as usize] {
            return Ok(open);
        }
        let RouteGate { outer, before, guard } = self.gates[gate as usize];
        let mut open = match outer {
            Some(outer) => self.is_open(outer, holds)?,
            None => true,
        };
        if open && let Some(before) = before {
            open = !self.is_passed(before, holds)?;
        }
        if open && let Some(guard) = guard {
            open = holds(guard)?;
        }
        self.open[gate as usize] = Some(open);
        Ok(open)
    }

    /// Whether this gate, or one before it in the same choice, is open.
    fn is_passed<X>(
        &mut self,
        gate: u32,
        holds: &mut impl FnMut(GuardId) -> Result<bool, X>,
    ) -> Result<bool, X> {
        // From the first on, so that each finds those before it known, and nothing is deeply nested.
        let mut chain: Vec<u32> =
            std::iter::successors(Some(gate), |gate| self.gates[*gate as usize].before)
                .take_while(|gate| self.open[*gate as usize].is_none())
                .collect();
        chain.reverse();
        for gate in chain {
            self.is_open(gate, holds)?;
        }
        let mut known = std::iter::successors(Some(gate), |gate| self.gates[*gate as usize].before);
        Ok(known.any(|gate| self.open[gate as usize] == Some(true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::UnitVisit;

    /// Two ways, the second of which has two of its own and something else.
    fn gates() -> Gates {
        let gate = |outer, before, guard: Option<u16>| RouteGate {
            outer,
            before,
            guard: guard.map(GuardId),
        };
        let gates = vec![
            gate(None, None, Some(0)),
            gate(None, Some(0), Some(1)),
            gate(Some(1), None, Some(2)),
            gate(Some(1), Some(2), None),
            gate(None, Some(1), None),
        ];
        let mut route = JourneyRoute { stops: Vec::<UnitVisit>::new(), gates };
        Gates::new(&mut route)
    }

    fn open(holding: &[u16]) -> Vec<u32> {
        let mut gates = gates();
        let mut holds = |guard: GuardId| Ok::<bool, ()>(holding.contains(&guard.0));
        // The last first: what was not come to is found out on the way.
        let mut open: Vec<u32> =
            (0..5).rev().filter(|gate| gates.is_open(*gate, &mut holds).unwrap()).collect();
        open.reverse();
        open
    }

    #[test]
    fn of_several_ways_the_first_is_taken_whose_guard_holds() {
        assert_eq!(open(&[0, 1, 2]), [0]);
        assert_eq!(open(&[1, 2]), [1, 2]);
        assert_eq!(open(&[1]), [1, 3]);
        assert_eq!(open(&[2]), [4]);
    }

    #[test]
    fn a_way_that_was_taken_is_not_reconsidered() {
        let mut gates = gates();
        assert_eq!(gates.is_open(0, &mut |_| Ok::<bool, ()>(true)), Ok(true));
        assert_eq!(gates.is_open(4, &mut |_| Ok::<bool, ()>(false)), Ok(false));
        gates.forget();
        assert_eq!(gates.is_open(4, &mut |_| Ok::<bool, ()>(false)), Ok(true));
    }
}
