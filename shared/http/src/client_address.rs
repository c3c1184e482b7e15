//! The address of the client behind trusted proxies. Addresses that a client claims for itself are never trusted
//! (ASVS 5.0, V4.1.3).

use std::{net::IpAddr, str::FromStr};

use actix_web::http::header::HeaderMap;
use drawbridge_core::settings::{Reader, Setting};
use ipnet::IpNet;

/// `TRUSTED_PROXIES`: the networks whose `X-Forwarded-For` is trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = String;

    /// Parses addresses and networks separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let network = |entry: &str| {
            let entry = entry.trim();
            let address = entry.parse::<IpAddr>().map(IpNet::from);
            address
                .or_else(|_| entry.parse())
                .map_err(|_| format!("must be addresses or networks such as 10.0.0.0/8, not \"{entry}\""))
        };
        text.split(',').map(network).collect::<Result<_, _>>().map(Self)
    }
}

const TRUSTED_PROXIES: Setting =
    Setting::new("TRUSTED_PROXIES", "The proxies whose `X-Forwarded-For` is trusted.")
        .values("IP addresses and networks, separated by commas")
        .default("none");

impl TrustedProxies {
    /// Reads `TRUSTED_PROXIES`.
    pub fn read(reader: &mut Reader) -> Self {
        reader.optional(TRUSTED_PROXIES, str::parse).unwrap_or_default()
    }

    /// The client of a request that arrived from `peer`: the last address in `X-Forwarded-For` that is not a trusted
    /// proxy. If an entry cannot be parsed, the proxy that added it counts as the client.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let fields: Vec<_> = headers.get_all("x-forwarded-for").collect();
        let entries = fields.iter().rev().flat_map(|field| field.to_str().unwrap_or("?").rsplit(','));
        for entry in entries {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = address(entry.trim()) else { break };
            client = address.to_canonical();
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Parses an address, to which some proxies append a port.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.parse().ok();
    bare.or_else(|| entry.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn client(trusted: &str, peer: &str, notes: &[&'static str]) -> String {
        let trusted: TrustedProxies = trusted.parse().unwrap();
        let request = notes
            .iter()
            .fold(TestRequest::default(), |request, note| request.append_header(("x-forwarded-for", *note)));
        trusted.client(peer.parse().unwrap(), request.to_http_request().headers()).to_string()
    }

    #[test]
    fn only_a_known_proxy_names_another_address() {
        for (peer, notes, wanted) in [
            ("203.0.113.9", vec![], "203.0.113.9"),
            ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
            ("10.1.2.3", vec!["198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", vec!["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("10.1.2.3", vec!["1.1.1.1", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.1.2.3", vec!["198.51.100.1:4711"], "198.51.100.1"),
            ("10.1.2.3", vec!["[2001:db8::1]:4711, 10.0.0.1"], "2001:db8::1"),
            ("10.1.2.3", vec!["unknown"], "10.1.2.3"),
            ("10.1.2.3", vec!["198.51.100.1, unknown"], "10.1.2.3"),
            ("10.1.2.3", vec!["10.7.7.7"], "10.7.7.7"),
            ("::ffff:10.1.2.3", vec!["::ffff:198.51.100.1"], "198.51.100.1"),
        ] {
            assert_eq!(client("10.0.0.0/8", peer, &notes), wanted, "{peer} {notes:?}");
        }
        assert_eq!(client("::1,127.0.0.1", "127.0.0.1", &["2001:db8::7"]), "2001:db8::7");
        for bad in ["", "10.0.0.0/33", "proxy.internal", "10.0.0.1,,10.0.0.2"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }
}
