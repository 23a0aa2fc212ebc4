//! Steps that wait: a poll for the shop, and shoppers for one another.

use super::Compiler;
use super::names::Spot;
use crate::base::Micros;
use crate::plan::{ArrivalModel, Poll, PollAddress, Rendezvous};
use crate::scenario;

/// How long shoppers wait for each other, where the scenario does not say.
const WAITS_TOGETHER: Micros = Micros::from_secs(30);
/// A poll asks no more often than that.
const SHORTEST_PAUSE: Micros = Micros::from_millis(10);

impl Compiler<'_> {
    pub(super) fn rendezvous(&mut self, written: &scenario::Rendezvous) -> Option<Rendezvous> {
        let (shoppers, within) = match written {
            scenario::Rendezvous::Shoppers(shoppers) => (shoppers, None),
            scenario::Rendezvous::RendezvousGroup(gathering) => {
                (gathering.shoppers.as_ref()?, gathering.within.as_ref())
            }
        };
        let within = self.positive(within, "a wait").unwrap_or(WAITS_TOGETHER);
        let count = shoppers.value.0;
        if count < 2 {
            self.problem(
                shoppers.span,
                "nobody to wait for",
                "write how many shoppers act at once, from 2 on, or remove `together`",
            );
        }
        let crowd = match &self.arrivals {
            Some(ArrivalModel::Closed { users, .. }) => {
                Some((f64::from(*users), "are in the shop at a time"))
            }
            Some(
                ArrivalModel::Poisson(profile)
                | ArrivalModel::Paced(profile)
                | ArrivalModel::Bursty(profile, _),
            ) => Some((profile.expected_arrivals().ceil(), "come in all")),
            None => None,
        };
        if let Some((crowd, come)) = crowd.filter(|(crowd, _)| f64::from(count) > *crowd) {
            let message = format!("{count} shoppers wait for each other, and about {crowd} {come}");
            self.problem(shoppers.span, message, "write a smaller number, or send more shoppers");
        }
        Some(Rendezvous { shoppers: count, within })
    }

    pub(super) fn poll(
        &mut self,
        written: &scenario::Poll,
        expect: Option<&scenario::Conditions>,
        spot: &Spot,
    ) -> Option<Poll> {
        let pause = match written.every.as_ref() {
            Some(scenario::Every::Pause(pause)) => Some(pause),
            Some(scenario::Every::Refresh) | None => None,
        };
        let every = self.positive(pause, "a pause");
        if let Some(pause) =
            pause.filter(|pause| pause.value > Micros::ZERO && pause.value < SHORTEST_PAUSE)
        {
            self.problem(
                pause.span,
                format!("a pause of {}: that is a flood, not a poll", pause.value),
                "ask every 10ms at most",
            );
        }
        let within = self.positive(written.length.as_ref(), "a wait");
        let until = self.conditions(written.until.as_ref()?, spot);
        if pause.is_some() {
            every?;
        }
        let asks_for_status = expect.is_some_and(|expect| expect.keys.has("status"));
        let fails_on_error = !asks_for_status && !until.speaks_of_status();
        let at = match &written.at {
            Some(scenario::PollPlace::Address(address)) => {
                Some(PollAddress::Address(self.address(address, spot)?))
            }
            Some(scenario::PollPlace::Found(place)) => {
                Some(PollAddress::Found(self.certain_extract(place)?))
            }
            None => None,
        };
        if let (Some(span), None) = (written.keys.span_of("at"), pause) {
            self.problem(
                span,
                "`at` with `every: refresh`, by which the page says where to ask",
                "keep one of them: write a pause, such as `every: 1s`",
            );
        }
        Some(Poll { every, at, until, within: within?, fails_on_error })
    }
}
