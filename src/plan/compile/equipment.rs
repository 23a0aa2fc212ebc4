//! What values of attributes bring along: figures, and that no two attributes bring the same.

use super::Compiler;
use crate::plan::{ConnectionReuse, Equipment, Load, Network};
use crate::scenario::{self, AttributeValue};

/// What can be brought, by its key.
const THINGS: [&str; 3] = ["device", "network", "cookies"];

/// What shoppers with this value have.
pub(super) fn equipment(written: &AttributeValue) -> Equipment {
    let device = written.device.as_ref().map(|device| device.value);
    let network = written.network.as_ref().and_then(|scenario::Network(figures)| {
        Some(Network {
            round_trip: figures.round_trip.as_ref()?.value,
            bits_per_second: figures.bandwidth.as_ref()?.value.0,
        })
    });
    Equipment { device, network, returns: written.cookies.is_some() }
}

impl Compiler<'_> {
    /// Each thing hangs on one attribute, and networks on connections that nobody else has.
    pub(super) fn equipped_once(&mut self, written: &scenario::Shoppers, load: &Load) {
        let attributes = written.attributes.iter().flat_map(|attributes| &attributes.0);
        for thing in THINGS {
            let mut first: Option<&str> = None;
            for (name, values) in attributes.clone() {
                let mut said = values
                    .iter()
                    .flat_map(|values| &values.0)
                    .filter_map(|(_, said)| said.as_ref()?.0.keys.span_of(thing));
                let Some(span) = said.next() else { continue };
                match first {
                    None => first = Some(&name.value),
                    Some(other) => {
                        let message = format!("`{other}` says already what {thing} a shopper has");
                        self.problem(
                            span,
                            message,
                            format!("keep `{thing}` on the values of one attribute"),
                        );
                    }
                }
                if thing == "network" && load.connections == ConnectionReuse::Kept {
                    let remedy = "write `connections: per_shopper`, or remove the network";
                    self.problem(span, "connections that are handed on from shopper to shopper have no network of one's own", remedy);
                }
            }
        }
    }
}
