//! Who has an address: only this machine and private networks are loaded unasked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address at which AWS answers questions about a machine, credentials among them, over IPv6. Over IPv4 it is link-local.
const METADATA_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Who has an address. Only this machine and private networks are loaded unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum AddressOwner {
    /// This machine: loopback.
    #[strum(serialize = "a loopback address")]
    ThisMachine,
    /// A private network (RFC 1918, RFC 4193).
    #[strum(serialize = "a private address")]
    PrivateNetwork,
    /// Whatever is next to this machine: link-local addresses (RFC 3927, RFC 4291), at which clouds tell a machine's credentials.
    #[strum(serialize = "a link-local address")]
    Link,
    /// A cloud's service for its machines, at which it tells their credentials.
    #[strum(serialize = "the address of a cloud's metadata")]
    Metadata,
    /// A provider's customers (RFC 6598, carrier-grade NAT), some clouds' metadata among them.
    #[strum(serialize = "a shared address of a provider")]
    Provider,
    /// Nobody in particular: the unspecified address, which systems take for another one.
    #[strum(serialize = "the unspecified address")]
    Unspecified,
    /// Anybody.
    #[strum(serialize = "a public address")]
    Public,
}

// === impl AddressOwner ===

impl AddressOwner {
    /// Who has this address; an IPv4 address within an IPv6 address (mapped, translated by RFC 6052, or by 6to4) is judged as
    /// itself.
    pub fn of(address: IpAddr) -> AddressOwner {
        match address {
            IpAddr::V4(ip) => AddressOwner::of_ipv4(ip),
            IpAddr::V6(ip) => match ipv4_within(ip) {
                Some(ip) => AddressOwner::of_ipv4(ip),
                None if ip.is_loopback() => AddressOwner::ThisMachine,
                None if ip.is_unspecified() => AddressOwner::Unspecified,
                None if ip == METADATA_IPV6 => AddressOwner::Metadata,
                None if ip.is_unique_local() => AddressOwner::PrivateNetwork,
                None if ip.is_unicast_link_local() => AddressOwner::Link,
                None => AddressOwner::Public,
            },
        }
    }

    fn of_ipv4(ip: Ipv4Addr) -> AddressOwner {
        let [a, b, c, d] = ip.octets();
        match ip {
            _ if ip.is_loopback() => AddressOwner::ThisMachine,
            _ if a == 0 => AddressOwner::Unspecified,
            _ if [a, b, c, d] == [169, 254, 169, 254] || [a, b, c, d] == [100, 100, 100, 200] => {
                AddressOwner::Metadata
            }
            _ if ip.is_link_local() => AddressOwner::Link,
            _ if a == 100 && (64..128).contains(&b) => AddressOwner::Provider,
            _ if ip.is_private() => AddressOwner::PrivateNetwork,
            _ => AddressOwner::Public,
        }
    }

    /// Whether it may be loaded without a permission by name.
    pub fn is_own(self) -> bool {
        matches!(self, AddressOwner::ThisMachine | AddressOwner::PrivateNetwork)
    }

    /// In words, such as `a public address`.
    pub fn describe(self) -> &'static str {
        self.into()
    }
}

/// The IPv4 address that an IPv6 address stands for.
fn ipv4_within(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let from = |high: u16, low: u16| {
        let [one, two] = high.to_be_bytes();
        let [three, four] = low.to_be_bytes();
        Ipv4Addr::new(one, two, three, four)
    };
    match [a, b, c, d, e, f] {
        // ::a.b.c.d is obsolete, but for :: and ::1.
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(from(g, h)),
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] => Some(from(g, h)),
        [0x64, 0xff9b, 0, 0, 0, 0] => Some(from(g, h)),
        [0x2002, ..] => Some(from(b, c)),
        _ => None,
    }
}

/// Whether an address may be loaded without a permission by name.
pub fn is_private(address: IpAddr) -> bool {
    AddressOwner::of(address).is_own()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_private_networks_are_loaded_unasked() {
        for private in [
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in [
            "8.8.8.8",
            "172.32.0.1",
            "192.169.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "169.254.1.1",
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "fd00:ec2::254",
            "100.64.0.1",
            "100.100.100.200",
            "255.255.255.255",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
