use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// The endings of names that no public name server answers (RFC 6761, 6762, 8375, ICANN's `internal`, Kubernetes).
const PRIVATE_SUFFIXES: [&str; 7] = ["localhost", "internal", "local", "home.arpa", "lan", "svc", "test"];

/// Returns true if a URL leads to this machine or to a private network, as far as its host tells. A name without a dot
/// is one of the own network, such as a service in Docker Compose.
pub(super) fn is_private_network(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_loopback() || address.is_private() || address.is_link_local();
    }
    if let Ok(address) = host.trim_matches(['[', ']']).parse::<Ipv6Addr>() {
        return address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local();
    }
    let name = host.trim_end_matches('.');
    let is_below = |suffix: &str| name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'));
    !name.contains('.') || PRIVATE_SUFFIXES.into_iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_and_addresses_of_private_networks_are_private() {
        for (host, expected) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("[::1]", true),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("192.168.1.1", true),
            ("[fd00::1]", true),
            ("api", true),
            ("api.internal", true),
            ("api.default.svc", true),
            ("api.default.svc.cluster.local", true),
            ("api.example.com", false),
            ("internal.example.com", false),
            ("notinternal", true),
            ("api.notinternal", false),
            ("203.0.113.9", false),
            ("172.32.0.1", false),
            ("[2001:db8::1]", false),
        ] {
            let url = Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(is_private_network(&url), expected, "{host}");
        }
    }
}
