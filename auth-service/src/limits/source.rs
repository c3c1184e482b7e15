use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Rate;

/// Where attempts come from: what is limited besides the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptSource {
    /// A client with this address. All clients in its network count together.
    Client(IpAddr),
    /// A client of this frontend, which does not say its clients' addresses. All of them count together.
    Frontend(String),
}

/// A limit for each kind of source. Many more people are behind a frontend than in one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceRates {
    pub(super) network: Rate,
    pub(super) frontend: Rate,
}

impl AttemptSource {
    /// The text that attempts are counted under.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Client(address) => network(*address),
            Self::Frontend(name) => format!("frontend {name}"),
        }
    }

    pub(super) fn rate(&self, rates: SourceRates) -> Rate {
        match self {
            Self::Client(_) => rates.network,
            Self::Frontend(_) => rates.frontend,
        }
    }
}

/// The network that one subscriber usually has: /24 for IPv4, /64 for IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !0xff).to_string(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_grouped_by_subscriber_network() {
        for (address, expected) in [
            ("203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(AttemptSource::Client(address.parse().unwrap()).subject(), expected, "{address}");
        }
    }

    #[test]
    fn a_frontend_is_never_mistaken_for_a_network() {
        let frontend = AttemptSource::Frontend("203.0.113.0".to_owned());

        assert_ne!(frontend.subject(), AttemptSource::Client([203, 0, 113, 7].into()).subject());
    }
}
