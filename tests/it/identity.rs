//! Who a request comes from, as the guard, an upstream and a gateway see it. All of them follow one rule: a session
//! cookie decides, and a bearer token counts only if there is no session cookie.

use reqwest::Method;
use tests::{Answer, Deployment, Layout, Mailbox, PASSWORD, Service, Visitor};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const OWN_TOKEN: &str = "Bearer token-of-the-application";

/// What a staging site in front of the deployment asks for.
const OWN_PASSWORD: &str = "Basic c3RhZ2luZzpzZWNyZXQ=";

/// Starts an application that answers with the head of the request, and returns its URL.
async fn start_application() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(return_head(stream));
        }
    });
    url
}

async fn return_head(mut stream: TcpStream) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let length = head.len();
    let status = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n";
    stream.write_all(format!("{status}content-length: {length}\r\n\r\n").as_bytes()).await.ok()?;
    stream.write_all(&head).await.ok()
}

/// The values of a header that the application received.
fn received<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let fields = answer.text.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

/// A deployment with the application below `/backend`.
async fn start_deployment(layout: Layout) -> Deployment {
    let application = start_application().await;
    Deployment::builder().layout(layout).setting("UPSTREAMS", format!("/backend={application}/v1")).start()
}

/// A client, what it sends, and whether that makes it signed in.
struct Client {
    name: &'static str,
    visitor: Visitor,
    authorization: Option<String>,
    is_signed_in: bool,
}

impl Client {
    /// Clients with and without the cookie of this visitor.
    fn all(ada: &Visitor) -> Vec<Self> {
        let token = ada.cookie("token").unwrap();
        let own = [OWN_TOKEN, OWN_PASSWORD];
        let beside = own.map(|own| Self::new("own, beside a cookie", ada, Some(own.to_owned()), true));
        let alone = own.map(|own| Self::new("own, alone", &Visitor::new(), Some(own.to_owned()), false));
        let bearer = [format!("Bearer {token}"), format!("bearer  {token}")];
        let bearer = bearer.map(|bearer| Self::new("the session", &Visitor::new(), Some(bearer), true));
        let plain = [Self::new("a cookie", ada, None, true), Self::new("none", &Visitor::new(), None, false)];
        [beside, alone, bearer, plain].into_iter().flatten().collect()
    }

    fn new(name: &'static str, visitor: &Visitor, authorization: Option<String>, is_signed_in: bool) -> Self {
        Self { name, visitor: visitor.clone(), authorization, is_signed_in }
    }

    /// The `Authorization` for the application, if there is one.
    fn own_authorization(&self) -> Option<&str> {
        self.authorization.as_deref().filter(|value| [OWN_TOKEN, OWN_PASSWORD].contains(value))
    }

    async fn get(&self, url: &str, accept: &str) -> Answer {
        let mut visitor = self.visitor.clone();
        let mut request = visitor.request(Method::GET, url).header("accept", accept);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        visitor.send(request).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guard_upstreams_and_gateways_agree() {
    for layout in Layout::ALL {
        let deployment = start_deployment(layout).await;
        let ada = deployment.signed_in("ada").await;

        for client in Client::all(&ada) {
            let case = format!("{}: {:?}", client.name, client.authorization);
            let page = client.get(&format!("{}/private", deployment.frontend), "text/html").await;
            let account = client.get(&format!("{}/api/me", deployment.frontend), "application/json").await;
            let proxied = client.get(&format!("{}/backend/x", deployment.frontend), "*/*").await;

            assert_eq!(page.status, if client.is_signed_in { 200 } else { 302 }, "{case}");
            assert_eq!(account.status, if client.is_signed_in { 200 } else { 403 }, "{case}");
            let status = if client.is_signed_in { "signed-in" } else { "anonymous" };
            assert_eq!(received(&proxied, "x-auth-status"), [status], "{case}: {}", proxied.text);
            for path in ["/auth-request", "/forward-auth"] {
                let answer = client.get(&format!("{}{path}", deployment.verify), "application/json").await;
                assert_eq!(answer.status, if client.is_signed_in { 200 } else { 401 }, "{case}: {path}");
                assert_eq!(answer.header("x-auth-status"), status, "{case}: {path}");
            }
        }
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_receives_its_own_authorization() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = start_deployment(layout).await;
        let ada = deployment.signed_in("ada").await;

        for client in Client::all(&ada) {
            let case = format!("{}: {:?}", client.name, client.authorization);
            let proxied = client.get(&format!("{}/backend/x", deployment.frontend), "*/*").await;

            let tokens = received(&proxied, "x-auth-token");
            let expected = match client.own_authorization() {
                Some(own) => vec![own.to_owned()],
                None => tokens.iter().map(|token| format!("Bearer {token}")).collect(),
            };
            assert_eq!(received(&proxied, "authorization"), expected, "{case}: {}", proxied.text);
            assert_eq!(tokens.len(), usize::from(client.is_signed_in), "{case}: {}", proxied.text);
            let session = ada.cookie("token").unwrap();
            assert!(!proxied.text.contains(session), "{case}: the session token left the deployment");
        }
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_cannot_claim_an_identity() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = start_deployment(layout).await;
        let ada = deployment.signed_in("ada").await;

        for mut visitor in [ada, Visitor::new()] {
            let url = format!("{}/backend/x", deployment.frontend);
            let names = ["x-auth-user-id", "x-auth-roles", "x_auth_roles", "remote-user", "x-webauth-user"];
            let request = visitor.request(Method::GET, &url);
            let request = names.iter().fold(request, |request, name| request.header(*name, "forged"));
            let proxied = visitor.send(request).await;

            proxied.assert_status(200);
            assert!(!proxied.text.contains("forged"), "{}", proxied.text);
        }
        deployment.assert_no_panic();
    }
}

/// The headers with which a gateway describes the user's address to an application.
async fn address_headers(deployment: &Deployment, visitor: &mut Visitor) -> [String; 2] {
    let answer = visitor.get(&format!("{}/auth-request", deployment.verify)).await;
    answer.assert_status(200);
    ["x-auth-email", "x-auth-email-verified"].map(|name| answer.header(name).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_learns_whether_an_address_is_verified() {
    for layout in Layout::ON_EACH_DATABASE {
        let mailbox = Mailbox::start();
        let verifying = Deployment::builder()
            .layout(layout)
            .mail(&mailbox)
            .setting_for(Service::Auth, "EMAIL_VERIFICATION", "true")
            .start();
        let email = verifying.confirmed(&mailbox, "ada").await;
        let mut ada = Visitor::new();
        ada.log_in(&verifying.frontend, &email, PASSWORD).await.assert_status(200);
        let trusting = Deployment::builder().layout(layout).start();
        let mut eve = trusting.signed_in("eve").await;

        assert_eq!(address_headers(&verifying, &mut ada).await, ["ada@example.com", "true"]);
        assert_eq!(address_headers(&trusting, &mut eve).await, ["eve@example.com", "false"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_session_cookies_in_an_outage_are_unknown() {
    let deployment = start_deployment(Layout::SeparateProcesses).await;
    let ada = deployment.signed_in("ada").await;
    let eve = deployment.signed_in("eve").await;
    let (adas, eves) = (ada.cookie("token").unwrap(), eve.cookie("token").unwrap());
    let url = format!("{}/backend/x", deployment.frontend);

    deployment.process(Service::Verify).signal("KILL");

    for (case, cookies, status) in [
        ("one", format!("token={adas}"), "unknown"),
        ("a planted one first", format!("token=planted; token={adas}"), "unknown"),
        ("a planted one last", format!("token={adas}; token=planted"), "unknown"),
        ("the session of another user", format!("token={eves}; token={adas}"), "unknown"),
        ("no session at all", "token=planted; token=another".to_owned(), "anonymous"),
    ] {
        let mut visitor = Visitor::new();
        let proxied = visitor.send(visitor.request(Method::GET, &url).header("cookie", cookies)).await;

        assert_eq!(proxied.status, 200, "{case}: {}", proxied.text);
        assert_eq!(received(&proxied, "x-auth-status"), [status], "{case}: {}", proxied.text);
        for name in ["x-auth-token", "authorization", "cookie"] {
            assert!(received(&proxied, name).is_empty(), "{case}: {}", proxied.text);
        }
    }
}
