//! Headers that applications trust because only the proxy in front of them sets them: the user, the client's
//! certificate and address, the requested URL. web-frontend is that proxy, so those of a client never pass.

/// How names begin after `x-`.
const X_PREFIXES: [&str; 27] = [
    "amzn-mtls-",     // AWS load balancers
    "amzn-oidc-",     // AWS load balancers
    "appengine-",     // Google App Engine
    "arr-",           // IIS (X-ARR-SSL), Azure App Service (X-ARR-ClientCert)
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
    "invoke-",             // Next.js, between its own parts
    "middleware-",         // Next.js: X-Middleware-Subrequest skips the application's middleware
    "ms-client-principal", // Azure App Service
    "ms-token-",           // Azure App Service
    "original-",           // X-Original-URL
    "pomerium-",
    "real-",    // X-Real-IP
    "remote-",  // X-Remote-User
    "ssl-",     // X-SSL-Client-CN
    "tls-",     // X-TLS-Client-Cert, used like X-SSL-Client-Cert
    "vouch-",   // Vouch Proxy
    "webauth-", // Grafana, Gitea
];

/// Whole names after `x-`. Only names that a product trusts by default are here. Browser applications send many similar
/// ones, for example X-Auth (File Browser), X-User and X-Client-Info (Supabase).
const X_NAMES: [&str; 27] = [
    "anonymous-consumer",      // Kong
    "apigateway-api-userinfo", // Google API Gateway
    "client-cn",               // the certificate's fields, in configurations for nginx, Apache and HAProxy
    "client-dn",
    "client-fingerprint",
    "client-i-dn",
    "client-ip",
    "client-s-dn",
    "client-serial",
    "client-verify",
    "cluster-client-ip",
    "endpoint-api-userinfo", // Google Cloud Endpoints
    "host",
    "http-method",
    "http-method-override",
    "jwt-assertion", // WSO2 API Manager
    "matched-path",  // Vercel: the route that Next.js renders
    "method-override",
    "nextjs-rewrite",
    "now-route-matches", // Vercel
    "proxy-roles",       // OpenSearch
    "proxy-user",        // OpenSearch
    "proxyuser-ip",
    "rewrite-url",
    "scheme",
    "url-scheme",
    "userinfo", // Kong
];

/// How other names begin.
const PREFIXES: [&str; 12] = [
    "cf-access-",     // Cloudflare Access
    "client-cert",    // RFC 9440
    "impersonate-",   // Kubernetes
    "iv-",            // IBM Verify
    "ms-aspnetcore-", // IIS in front of ASP.NET Core
    "oidc-",          // mod_auth_openidc
    "remote-",        // Authelia (Remote-User, Remote-Groups) and many others
    "shib-",          // Shibboleth
    "ssl-",           // nginx, Apache, Keycloak (SSL-Client-Cert, SSL-Cert)
    "tailscale-user-",
    "teleport-jwt-",
    "wl-proxy-", // WebLogic
];

/// Other whole names.
const NAMES: [&str; 22] = [
    "affiliation", // Shibboleth
    "auth-user",   // nginx, as a mail proxy
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "client-ip",
    "entitlement", // Shibboleth
    "eppn",        // Shibboleth
    "fastly-client-ip",
    "forwarded",
    "forwarded-for",
    "front-end-https",
    "host",
    "next-resume",   // Next.js: the state of a page that it continues to render
    "pairwise-id",   // Shibboleth
    "persistent-id", // Shibboleth
    "proxy",         // CGI programs would send their own requests through it
    "proxy-client-ip",
    "sm-user",     // SiteMinder
    "subject-id",  // Shibboleth
    "targeted-id", // Shibboleth
    "true-client-ip",
    "unscoped-affiliation", // Shibboleth
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
            "x-middleware-subrequest",
            "x-invoke-path",
            "x-matched-path",
            "next-resume",
            "forwarded",
            "proxy",
        ] {
            assert!(is_set_by_proxies(name), "{name}");
        }
    }

    #[test]
    fn headers_of_rarer_products_are_recognized() {
        for name in [
            "ssl-client",
            "ssl-cert",
            "ssl-client-cert",
            "x-ssl-cert",
            "x-arr-ssl",
            "x-arr-clientcert",
            "x-tls-client-cert",
            "x-client-verify",
            "x-client-dn",
            "x-client-s-dn",
            "x-client-certificate",
            "ms-aspnetcore-clientcert",
            "x-apigateway-api-userinfo",
            "x-endpoint-api-userinfo",
            "x-jwt-assertion",
            "x-proxy-user",
            "shib-identity-provider",
            "eppn",
            "persistent-id",
            "unscoped-affiliation",
            "impersonate-user",
            "impersonate-group",
            "impersonate-extra-scopes",
            "auth-user",
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
            "x-auth",
            "x-client-id",
            "x-client-info",
            "x-client-version",
            "x-csrf-token",
            "x-authorization",
            "x-requested-with",
            "x-user",
            "x-user-agent",
        ] {
            assert!(!is_set_by_proxies(name), "{name}");
        }
    }
}
