use drawbridge_core::origin::Origin;

/// How two origins are related as far as cookies are concerned. Ports do not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// The same host and scheme.
    SameHost,
    /// Two hosts under one registrable domain.
    SameSite {
        /// The longest domain that is a parent of both.
        parent: String,
    },
    /// One site, but http on one side and https on the other.
    OtherScheme,
    /// Two hosts that only have a public suffix in common.
    UnderPublicSuffix {
        /// The suffix, such as `vercel.app`.
        suffix: String,
    },
    /// Two sites.
    CrossSite,
}

impl Relation {
    /// Relates two origins.
    pub fn between(a: &Origin, b: &Origin) -> Self {
        let related = if a.host() == b.host() {
            Self::SameHost
        } else if registrable(a).is_some_and(|site| registrable(b) == Some(site)) {
            Self::SameSite { parent: common_parent(a.host(), b.host()) }
        } else {
            let shared = suffix(a).filter(|shared| shared.contains('.') && suffix(b) == Some(shared));
            shared.map_or(Self::CrossSite, |shared| Self::UnderPublicSuffix { suffix: shared.to_owned() })
        };
        match related {
            Self::SameHost | Self::SameSite { .. } if a.is_https() != b.is_https() => Self::OtherScheme,
            related => related,
        }
    }
}

/// The registrable domain of an origin's host: the public suffix and one more label. `None` for an IP address, a public
/// suffix or a single label.
pub fn registrable(origin: &Origin) -> Option<&str> {
    if origin.ip().is_some() {
        return None;
    }
    psl::domain_str(origin.host())
}

/// Returns true if the origin's host is itself a public suffix on the list, such as `co.uk` or `vercel.app`. A single label
/// that is not on the list, such as the name of a machine in a private network, is none.
pub fn is_public_suffix(origin: &Origin) -> bool {
    let host = origin.host().as_bytes();
    let is_whole_host = |suffix: psl::Suffix<'_>| suffix.is_known() && suffix.as_bytes() == host;
    origin.ip().is_none() && psl::suffix(host).is_some_and(is_whole_host)
}

fn suffix(origin: &Origin) -> Option<&str> {
    if origin.ip().is_some() {
        return None;
    }
    psl::suffix_str(origin.host())
}

/// The longest common parent of two hosts.
fn common_parent(a: &str, b: &str) -> String {
    let same = a.rsplit('.').zip(b.rsplit('.')).take_while(|(x, y)| x == y);
    let mut labels: Vec<_> = same.map(|(label, _)| label).collect();
    labels.reverse();
    labels.join(".")
}

/// The domains that `host` may set cookies for: the host itself and its parents up to the registrable domain.
pub(crate) fn parents(host: &str) -> impl Iterator<Item = &str> {
    let is_address = host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok();
    let registrable = psl::domain_str(host).filter(|_| !is_address);
    std::iter::successors(registrable.map(|_| host), move |domain| {
        let (_, parent) = domain.split_once('.')?;
        (parent.len() >= registrable?.len()).then_some(parent)
    })
}
