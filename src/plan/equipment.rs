//! What shoppers with a certain value of an attribute have: a device, and a network between them and the shop.
//!
//! It hangs on values of attributes, so that whatever goes wrong on telephones, or far away, is found like any other
//! association.

use std::fmt;

use crate::base::Micros;
use crate::scenario::Device;

/// What a shopper has besides the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Equipment {
    /// What the shopper holds; none for a browser of no device.
    pub device: Option<Device>,
    /// What lies between shopper and shop; none for no more than what does anyway.
    pub network: Option<Network>,
    /// Whether the shopper comes again: with the cookies and files of one who has left.
    pub returns: bool,
}

/// A network between shopper and shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// How long a round trip takes.
    pub round_trip: Micros,
    /// How much goes through it each way, in bits per second; above zero.
    pub bits_per_second: u64,
}

// === impl Equipment ===

impl Equipment {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Equipment::default()
    }
}

impl fmt::Display for Equipment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = self.device.map(|device| match device {
            Device::Mobile => "on a telephone".to_owned(),
            Device::Desktop => "on a computer".to_owned(),
        });
        let parts = device.into_iter().chain(self.network.map(|network| network.to_string()));
        let parts = parts.chain(self.returns.then(|| "comes again".to_owned()));
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

// === impl Network ===

impl Network {
    /// How long this many bytes take to go through.
    pub fn takes(&self, bytes: usize) -> Micros {
        Micros((bytes as u64).saturating_mul(8_000_000) / self.bits_per_second.max(1))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "round trips of {} at {} Mbit/s",
            self.round_trip,
            self.bits_per_second as f64 / 1e6
        )
    }
}
