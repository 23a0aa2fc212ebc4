//! What shoppers have by the values of their attributes.

use super::{Equipment, Shoppers};

// === impl Shoppers ===

impl Shoppers {
    /// Whether some come again.
    pub fn some_return(&self) -> bool {
        self.attributes
            .iter()
            .flat_map(|attribute| attribute.brings.values())
            .any(|brought| brought.returns)
    }

    /// What a shopper has who holds these values; each thing hangs on one attribute at most.
    pub fn equipment(&self, held: &[u8]) -> Equipment {
        let brought = self
            .attributes
            .iter()
            .zip(held)
            .filter_map(|(attribute, value)| attribute.brings.get(value));
        brought.fold(Equipment::default(), |all, one| Equipment {
            device: all.device.or(one.device),
            network: all.network.or(one.network),
            returns: all.returns || one.returns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Micros;
    use crate::plan::example::{attribute, plan};
    use crate::plan::{Device, Network};

    #[test]
    fn a_shopper_has_what_all_values_together_bring() {
        let network = Network { round_trip: Micros::from_millis(80), bits_per_second: 8_000_000 };
        let (mut device, mut access) =
            (attribute("device", &[1.0, 1.0]), attribute("access", &[1.0, 1.0]));
        device.brings.insert(
            0,
            Equipment { device: Some(Device::Mobile), network: None, ..Equipment::default() },
        );
        access
            .brings
            .insert(1, Equipment { device: None, network: Some(network), ..Equipment::default() });
        let shoppers =
            plan(Vec::new(), vec![device, attribute("payment", &[1.0]), access]).shoppers;
        assert_eq!(
            shoppers.equipment(&[0, 0, 1]),
            Equipment {
                device: Some(Device::Mobile),
                network: Some(network),
                ..Equipment::default()
            }
        );
        assert_eq!(
            shoppers.equipment(&[1, 0, 1]),
            Equipment { device: None, network: Some(network), ..Equipment::default() }
        );
        assert!(shoppers.equipment(&[1, 0, 0]).is_empty() && !shoppers.some_return());
        assert_eq!(network.takes(1_000_000), Micros::from_secs(1));
    }
}
