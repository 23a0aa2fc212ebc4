//! What steps came to on the wire: requests, connections, and where the time of an exchange went.
//!
//! A response time alone does not say whom to ask. One that is spent dialling is the balancer's, one in the handshake
//! the edge's, one before the first byte the shop's, one after it the page's.

use crate::tally::{Latency, StepTally};
use crate::verdict::statistics::Quantiles;

/// What one step, or all of them, came to on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wire {
    /// Requests, redirects and polls included.
    pub requests: u64,
    /// Of them, those that a redirect caused.
    pub redirects: u64,
    /// Of them, those that a safety cap held back.
    pub held: u64,
    /// Connections opened.
    pub connections: u64,
    /// Requests dialled again, because a kept connection was closed before a byte was sent.
    pub redials: u64,
    /// TLS handshakes that resumed a session.
    pub resumed: u64,
    /// Bytes of the requests' bodies.
    pub bytes_sent: u64,
    /// Bytes of the answers' bodies, as they came (compressed).
    pub bytes_received: u64,
    /// Looking up the host.
    pub dns: Quantiles,
    /// TCP connect.
    pub connect: Quantiles,
    /// TLS handshake.
    pub tls: Quantiles,
    /// Request sent to first byte of the answer.
    pub wait: Quantiles,
    /// First to last byte of the answer.
    pub receive: Quantiles,
}

// === impl Wire ===

impl Wire {
    /// Of these steps together.
    pub fn total<'t>(steps: impl Iterator<Item = &'t StepTally> + Clone) -> Wire {
        let sum = |count: fn(&StepTally) -> u64| steps.clone().map(count).sum::<u64>();
        let spans = |part: fn(&StepTally) -> &Latency| {
            Quantiles::of_sample(&steps.clone().map(part).sum::<Latency>())
        };
        Wire {
            requests: sum(|step| step.requests),
            redirects: sum(|step| step.redirects),
            held: sum(|step| step.held),
            connections: sum(|step| step.connections),
            redials: sum(|step| step.redials),
            resumed: sum(|step| step.resumed),
            bytes_sent: sum(|step| step.bytes_sent),
            bytes_received: sum(|step| step.bytes_received),
            dns: spans(|step| &step.phases.dns),
            connect: spans(|step| &step.phases.connect),
            tls: spans(|step| &step.phases.tls),
            wait: spans(|step| &step.phases.wait),
            receive: spans(|step| &step.phases.receive),
        }
    }

    /// The phases in their order, with their names.
    pub fn phases(&self) -> [(&'static str, &Quantiles); 5] {
        [
            ("dns", &self.dns),
            ("connect", &self.connect),
            ("tls", &self.tls),
            ("wait", &self.wait),
            ("receive", &self.receive),
        ]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::base::{Micros, StepId};
    use crate::tally::{ExchangeSeen, Phases, Tally};
    use crate::verdict::simulation::SimulatedRun;

    /// This many exchanges of a step: the first of each ten dials, by TLS, and is a redirect.
    pub(crate) fn exchanges(tally: &mut Tally, step: StepId, count: u64) {
        for i in 0..count {
            let fresh = i % 10 == 0;
            let span = |fresh: bool, micros| fresh.then_some(Micros(micros));
            tally.exchange(&ExchangeSeen {
                step,
                began_at: Micros(i * 1_000),
                phases: Phases {
                    dns: None,
                    connect: span(fresh, 100 + i),
                    tls: span(fresh, 900 + i),
                    wait: span(true, 5_000 + i),
                    receive: span(true, 40),
                },
                redirect: fresh,
                connections: u32::from(fresh),
                redials: u32::from(i == 1),
                sent: true,
                resumed: i == 10,
                held: i == 3,
                bytes_sent: 20,
                bytes_received: 300,
            });
        }
    }

    #[test]
    fn the_whole_is_the_sum_of_the_steps_and_a_phase_counts_those_who_had_it() {
        let mut tally = SimulatedRun::run(0, 10, |_| crate::tally::Outcome::Ok).tally;
        exchanges(&mut tally, StepId(0), 100);
        exchanges(&mut tally, StepId(3), 50);
        let (one, all) = (Wire::total(tally.steps[3..4].iter()), Wire::total(tally.steps.iter()));
        assert_eq!(
            (one.requests, one.connections, one.redirects, one.redials, one.resumed, one.held),
            (50, 5, 5, 1, 1, 1)
        );
        assert_eq!(
            (all.requests, all.connections, all.bytes_sent, all.bytes_received),
            (150, 15, 3_000, 45_000)
        );
        assert_eq!(all.phases().map(|(_, spans)| spans.count), [0, 15, 15, 150, 150]);
        assert!((5_030..=5_060).contains(&all.wait.p50.unwrap().value.0), "{:?}", all.wait.p50);
        assert_eq!(all.dns.p50, None);
    }
}
