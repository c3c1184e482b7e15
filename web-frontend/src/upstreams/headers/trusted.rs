//! Headers that applications trust because only the proxy in front of them sets them: the user, the client's
//! certificate and address, the requested URL. web-frontend is that proxy, so those of a client never pass.

/// How names begin after `x-`.
const X_PREFIXES: [&str; 24] = [
    "amzn-mtls-",     // AWS load balancers
    "amzn-oidc-",     // AWS load balancers
    "appengine-",     // Google App Engine
    "arr-clientcert", // Azure App Service
    "auth-",          // our own, such as X-Auth-Token; oauth2-proxy (X-Auth-Request-User)
    "authenticated-", // Kong
    "authentik-",
    "client-cert",
    "consumer-",   // Kong
    "credential-", // Kong
    "drawbridge-", // our own, between services
    "envoy-",
    "forwarded",           // X-Forwarded-For; oauth2-proxy (X-Forwarded-User)
    "goog-authenticated-", // Google IAP
    "goog-iap-",           // Google IAP
    "ms-client-principal", // Azure App Service
    "ms-token-",           // Azure App Service
    "original-",           // X-Original-URL
    "pomerium-",
    "real-",    // X-Real-IP
    "remote-",  // X-Remote-User
    "ssl-",     // X-SSL-Client-CN
    "vouch-",   // Vouch Proxy
    "webauth-", // Grafana, Gitea
];

/// Whole names after `x-`.
const X_NAMES: [&str; 12] = [
    "anonymous-consumer", // Kong
    "client-ip",
    "cluster-client-ip",
    "host",
    "http-method",
    "http-method-override",
    "method-override",
    "proxyuser-ip",
    "rewrite-url",
    "scheme",
    "url-scheme",
    "userinfo", // Kong
];

/// How other names begin.
const PREFIXES: [&str; 9] = [
    "cf-access-",  // Cloudflare Access
    "client-cert", // RFC 9440
    "iv-",         // IBM Verify
    "oidc-",       // mod_auth_openidc
    "remote-",     // Authelia (Remote-User, Remote-Groups) and many others
    "ssl-client-", // nginx, Apache
    "tailscale-user-",
    "teleport-jwt-",
    "wl-proxy-", // WebLogic
];

/// Other whole names.
const NAMES: [&str; 12] = [
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "forwarded-for",
    "front-end-https",
    "host",
    "proxy", // CGI programs would send their own requests through it
    "proxy-client-ip",
    "sm-user", // SiteMinder
    "true-client-ip",
];

/// Returns true if applications may trust a header with this lower-case name.
///
/// That includes every name that does not consist of letters, digits and hyphens. CGI and its successors read
/// `X_Auth_Roles` like `X-Auth-Roles`, and usual headers have no such names.
pub(super) fn is_set_by_proxies(name: &str) -> bool {
    let is_usual = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let begins = |name: &str, prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    !is_usual
        || match name.strip_prefix("x-") {
            Some(rest) => begins(rest, &X_PREFIXES) || X_NAMES.contains(&rest),
            None => begins(name, &PREFIXES) || NAMES.contains(&name),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_proxies_and_sign_in_products_are_recognized() {
        for name in [
            "x-auth-user-id",
            "x-auth-email-verified",
            "x-auth-status",
            "x-auth-token",
            "x-auth-request-preferred-username",
            "x-drawbridge-proxy",
            "x-drawbridge-origin",
            "x-forwarded",
            "x-forwarded-for",
            "x-forwarded-user",
            "x-forwarded-client-cert",
            "x-real-ip",
            "x-original-url",
            "x-remote-user",
            "x-remote-extra-scopes",
            "remote-user",
            "remote-groups",
            "x-webauth-user",
            "ssl-client-verify",
            "x-ssl-client-s-dn",
            "x-client-cert",
            "client-cert-chain",
            "x-authentik-username",
            "x-pomerium-jwt-assertion",
            "cf-access-authenticated-user-email",
            "x-goog-authenticated-user-email",
            "x-goog-iap-jwt-assertion",
            "x-ms-client-principal",
            "x-ms-client-principal-name",
            "x-amzn-oidc-identity",
            "x-amzn-oidc-data",
            "x-envoy-external-address",
            "x-host",
            "x-http-method-override",
            "forwarded",
            "proxy",
        ] {
            assert!(is_set_by_proxies(name), "{name}");
        }
    }

    #[test]
    fn a_name_with_other_characters_is_dropped() {
        for name in ["x_auth_roles", "x-auth_roles", "remote_user", "x.auth.roles", "x_session", "a+b"] {
            assert!(is_set_by_proxies(name), "{name}");
        }
    }

    #[test]
    fn headers_of_clients_pass() {
        for name in [
            "accept",
            "authorization",
            "content-type",
            "origin",
            "sec-fetch-site",
            "traceparent",
            "x-api-key",
            "x-csrf-token",
            "x-authorization",
            "x-requested-with",
            "x-user-agent",
        ] {
            assert!(!is_set_by_proxies(name), "{name}");
        }
    }
}
