//! What requests count as.

use crate::base::{Micros, StepId};
use crate::tally::assets::{AssetExchange, AssetsSeen};
use crate::tally::exchange::ExchangeSeen;
use crate::tally::latency::Latency;
use crate::tally::merge::Merge;
use crate::tally::run_tally::Tally;

impl Tally {
    /// A request was on the wire.
    pub fn exchange(&mut self, seen: &ExchangeSeen) {
        let step = &mut self.steps[seen.step.index()];
        step.requests += u64::from(seen.sent);
        step.redirects += u64::from(seen.redirect);
        step.connections += u64::from(seen.connections);
        step.redials += u64::from(seen.redials);
        step.resumed += u64::from(seen.resumed);
        step.held += u64::from(seen.held);
        step.bytes_sent.merge_with(if seen.sent { seen.bytes_sent } else { 0 });
        step.bytes_received.merge_with(seen.bytes_received);
        let (phases, spans) = (&mut step.phases, &seen.phases);
        let parts = [
            (&mut phases.dns, spans.dns),
            (&mut phases.connect, spans.connect),
            (&mut phases.tls, spans.tls),
            (&mut phases.wait, spans.wait),
            (&mut phases.receive, spans.receive),
        ];
        for (part, span) in parts {
            if let Some(span) = span {
                part.record(span);
                self.generator.clamped += u64::from(span > Latency::BOUND);
            }
        }
        if seen.held {
            self.blocks.entry(self.shape.block_of(seen.began_at)).or_default().held += 1;
        }
    }

    /// A request goes now, for a page or one of its files. It is counted here and not when it is answered: a shop that hangs gets
    /// requests as well.
    pub fn request_sent(&mut self, at: Micros) {
        self.seconds.entry(self.shape.second_of(at)).or_default().requests += 1;
    }

    /// A file of a page was asked for. It is load like any other: the caps that held it back count it.
    pub fn asset_exchange(&mut self, seen: &AssetExchange) {
        let assets = &mut self.steps[seen.step.index()].assets;
        assets.requests += u64::from(seen.sent);
        assets.connections += u64::from(seen.connections);
        assets.held += u64::from(seen.held);
        assets.bytes_received.merge_with(seen.bytes_received);
        if seen.held {
            self.blocks.entry(self.shape.block_of(seen.began_at)).or_default().held += 1;
        }
    }

    /// All files of a page came, or did not.
    pub fn assets(&mut self, step: StepId, seen: &AssetsSeen) {
        let AssetsSeen { files, cached, not_modified, failed, elsewhere, load } = seen;
        let assets = &mut self.steps[step.index()].assets;
        assets.pages += 1;
        assets.files += files;
        assets.cached += cached;
        assets.not_modified += not_modified;
        assets.elsewhere += elsewhere;
        for kind in failed {
            *assets.failed.entry(*kind).or_default() += 1;
        }
        if let Some(load) = *load {
            assets.load.record(load);
            self.generator.clamped += u64::from(load > Latency::BOUND);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::FailureKind;
    use crate::tally::tests::shape;

    #[test]
    fn the_files_of_a_page_are_counted_apart_from_its_requests() {
        let mut tally = Tally::new(shape());
        let step = StepId(1);
        let exchange = AssetExchange {
            step,
            began_at: Micros::from_secs(12),
            sent: true,
            connections: 1,
            held: true,
            bytes_received: 300,
        };
        tally.asset_exchange(&exchange);
        tally.asset_exchange(&AssetExchange {
            sent: false,
            held: false,
            connections: 0,
            bytes_received: 0,
            ..exchange
        });
        let seen = AssetsSeen {
            files: 3,
            cached: 1,
            not_modified: 1,
            failed: vec![FailureKind::ClientError],
            elsewhere: 2,
            load: Some(Micros::from_millis(80)),
        };
        tally.assets(step, &seen);
        // A page whose files are not all there is counted, and has no time until they are.
        tally.assets(
            step,
            &AssetsSeen {
                files: 0,
                cached: 0,
                not_modified: 0,
                failed: Vec::new(),
                elsewhere: 0,
                load: None,
            },
        );
        let mut twice = tally.clone();
        twice.merge_with(tally);
        let found = &twice.steps[1];
        assert_eq!((found.requests, found.connections, found.bytes_received), (0, 0, 0));
        let assets = &found.assets;
        assert_eq!(
            (assets.pages, assets.files, assets.cached, assets.not_modified, assets.elsewhere),
            (4, 6, 2, 2, 4)
        );
        assert_eq!(
            (assets.requests, assets.connections, assets.held, assets.bytes_received),
            (2, 2, 2, 600)
        );
        assert_eq!((assets.failures(), assets.load.count()), (2, 2));
        assert_eq!(twice.blocks[&1].held, 2);
    }
}
