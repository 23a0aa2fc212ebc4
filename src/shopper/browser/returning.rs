//! Shoppers who come again: what those who left had in their browsers, for whoever comes again later.
//!
//! To a shop a returning customer is a browser that it knows. So who comes again takes the cookies and files of one who has
//! left, of the one who is longest gone, and on the same device, for shops look at that. Who the shopper is otherwise, and
//! means to do, is drawn as for any other. Nobody has left when a run begins: who should come again then comes as new, and is
//! counted.

use std::collections::VecDeque;

use super::session::BrowserState;
use crate::plan::Device;

/// This many browsers are kept for each device; the longest gone are forgotten for newer ones.
const MOST_PER_DEVICE: usize = 4_096;

/// What the shoppers of one core left behind.
#[derive(Debug, Default)]
pub struct ReturningPool {
    browsers: [VecDeque<BrowserState>; 3],
}

// === impl ReturningPool ===

impl ReturningPool {
    /// A shopper on this device has left.
    pub(crate) fn add(&mut self, device: Option<Device>, state: BrowserState) {
        let browsers = &mut self.browsers[place(device)];
        if browsers.len() == MOST_PER_DEVICE {
            browsers.pop_front();
        }
        browsers.push_back(state);
    }

    /// What the longest gone on this device had.
    pub(crate) fn take(&mut self, device: Option<Device>) -> Option<BrowserState> {
        self.browsers[place(device)].pop_front()
    }
}

const fn place(device: Option<Device>) -> usize {
    match device {
        None => 0,
        Some(Device::Mobile) => 1,
        Some(Device::Desktop) => 2,
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use url::Url;

    use super::*;
    use crate::shopper::browser::session::BrowserSession;
    use crate::shopper::browser::settings::SessionSettings;
    use crate::shopper::transport::Transport;
    use crate::shopper::transport::fake::FakeTransport;

    fn state() -> BrowserState {
        let shop = FakeTransport {
            clock: crate::engine::TokioClock::start(tokio::time::Instant::now()),
            rule: Rc::new(|_| panic!("not asked")),
        };
        let settings = SessionSettings::new(Url::parse("http://shop.example/").unwrap());
        BrowserSession::new(shop.connections(crate::base::ShopperId(1)), Rc::new(settings))
            .into_state()
    }

    #[test]
    fn nobody_comes_again_twice_or_on_another_device_and_the_longest_gone_are_forgotten() {
        let mut pool = ReturningPool::default();
        pool.add(Some(Device::Mobile), state());
        assert!(pool.take(None).is_none() && pool.take(Some(Device::Desktop)).is_none());
        assert!(
            pool.take(Some(Device::Mobile)).is_some() && pool.take(Some(Device::Mobile)).is_none()
        );
        (0..=MOST_PER_DEVICE).for_each(|_| pool.add(None, state()));
        assert_eq!(std::iter::from_fn(|| pool.take(None)).count(), MOST_PER_DEVICE);
    }
}
