//! What a client claims about itself in headers never reaches an upstream.

use super::{
    raw_http::{connect, exchange_heads},
    servers::RawServer,
};
use crate::helpers::TestApp;

/// Headers in which Drawbridge, other sign-in products and proxies name the user.
const IDENTITY_HEADERS: [&str; 47] = [
    "X-Auth-User-Id",
    "X-Auth-Email",
    "X-Auth-Email-Verified",
    "X-Auth-Roles",
    "X-Auth-Status",
    "X-Auth-Token",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Drawbridge-Proxy",
    "X-Drawbridge-Device",
    "X-Drawbridge-Origin",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Client-Cert",
    "Remote-User",
    "Remote-Groups",
    "X-Remote-User",
    "X-Remote-Group",
    "X-WebAuth-User",
    "SSL-Client-Verify",
    "X-SSL-Client-S-DN",
    "X-Client-Cert",
    "X-Envoy-External-Address",
    "X-Authentik-Username",
    "X-Pomerium-Jwt-Assertion",
    "Cf-Access-Authenticated-User-Email",
    "X-Goog-Authenticated-User-Email",
    "X-MS-Client-Principal-Name",
    "X-Amzn-Oidc-Identity",
    "X-Host",
    "X-HTTP-Method-Override",
    "SSL-Client",
    "SSL-Cert",
    "X-TLS-Client-Cert",
    "X-Client-Verify",
    "X-Client-DN",
    "X-Client-S-DN",
    "X-Apigateway-Api-Userinfo",
    "X-Endpoint-Api-UserInfo",
    "X-JWT-Assertion",
    "Shib-Identity-Provider",
    "Persistent-Id",
    "Impersonate-User",
    "Impersonate-Extra-Scopes",
    "Auth-User",
];

/// Headers that browser applications send on their own.
const OWN_HEADERS: [&str; 5] = ["X-Own", "X-Auth", "X-User", "X-Client-Version", "X-Client-Info"];

/// A way to spell the name of a header.
type Spelling = (&'static str, fn(&str) -> String);

/// Ways that servers and applications read as the same name.
const SPELLINGS: [Spelling; 5] = [
    ("as documented", str::to_owned),
    ("lower case", str::to_lowercase),
    ("upper case", str::to_uppercase),
    ("underscores", |name| name.replace('-', "_")),
    ("one underscore", |name| name.replacen('-', "_", 1)),
];

/// Requests that are forwarded in different ways, up to the end of their own headers.
const REQUESTS: [(&str, &str); 2] = [
    ("a request", "GET /backend/x HTTP/1.1\r\nhost: localhost:8080\r\n"),
    (
        "a WebSocket",
        "GET /backend/x HTTP/1.1\r\nhost: localhost:8080\r\norigin: http://localhost:8080\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a2V5\r\n\
         sec-websocket-version: 13\r\n",
    ),
];

#[actix_web::test]
async fn no_spelling_of_an_identity_header_passes() {
    let app = TestApp::start().await;
    let upstream = RawServer::start_hasty().await;
    let frontend = app.start_frontend(&[("UPSTREAMS", &format!("/backend={}/v1", upstream.url))]);
    let ada = app.signed_in("ada@example.com").await;
    let session = format!("cookie: token={}\r\n", ada.cookie("token").unwrap());

    let own = OWN_HEADERS.map(|name| format!("{name}: kept\r\n")).concat();

    for (spelling, spell) in SPELLINGS {
        let forged = IDENTITY_HEADERS.map(|name| format!("{}: forged\r\n", spell(name))).concat();
        for (cookie, status) in [(session.as_str(), "signed-in"), ("", "anonymous")] {
            for (case, request) in REQUESTS {
                let request = format!("{request}{own}{cookie}{forged}\r\n");
                exchange_heads(&mut connect(&frontend).await, &request).await;
                let head = upstream.heads.lock().unwrap().pop().unwrap();

                let case = format!("{case}, {status}, {spelling}: {head}");
                assert!(!head.contains("forged"), "{case}");
                for name in OWN_HEADERS {
                    assert!(head.contains(&format!("\n{}: kept", name.to_lowercase())), "{name}: {case}");
                }
                let statuses: Vec<_> =
                    head.lines().filter(|line| line.starts_with("x-auth-status:")).collect();
                assert_eq!(statuses, [format!("x-auth-status: {status}")], "{case}");
            }
        }
    }
}
