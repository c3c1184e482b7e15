//! `drawbridge frontend …`, and frontends that use their keys with a running deployment.

use std::process::Output;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Deployment, FrontendServer, Layout, PASSWORD, Visitor, credentials, register};

use crate::command::{drawbridge, failed, succeeded};

pub(crate) const SHOP: &str = "https://shop.example.com";
pub(crate) const BLOG: &str = "https://blog.example.com";
const PREVIEW: &str = "https://shop-git-cart-ada.vercel.app";
const EMAIL: &str = "ada@example.com";

/// A running deployment with one account, and its command.
pub(crate) struct Registry(Deployment);

impl Registry {
    pub(crate) async fn start(layout: Layout) -> Self {
        let deployment = Deployment::builder().layout(layout).start();
        register(&deployment.auth, EMAIL).await;
        Self(deployment)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        drawbridge(&self.0, &[&["frontend"], arguments].concat(), "")
    }

    /// Runs a command that must succeed, and returns its standard output.
    pub(crate) fn output(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        succeeded(&output);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn list(&self) -> String {
        self.output(&["list"])
    }

    /// Signs in with a key, on behalf of the origin.
    pub(crate) async fn log_in(&self, key: &str, origin: &str) -> Answer {
        let url = format!("{}/api/login", self.0.auth);
        FrontendServer::new(key, origin).post_json(&url, &credentials(EMAIL, PASSWORD)).await
    }

    /// Announces the preview at `origin`.
    async fn announce(&self, key: &str, origin: &str) -> Answer {
        let url = format!("{}/api/frontends/preview", self.0.auth);
        FrontendServer::new(key, origin).post_json(&url, &json!({"origin": origin})).await
    }
}

#[track_caller]
pub(crate) fn assert_signed_in(answer: &Answer) {
    answer.assert_status(200);
    assert!(answer.json()["token"].is_string(), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_lists_and_removes_frontends() {
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;

        let key = registry.output(&[
            "add",
            "shop",
            "--origin",
            SHOP,
            "--dev",
            "http://localhost:3000",
            "--preview",
            "*.preview.example.com",
            "--audience",
            "orders",
            "--session-audience",
            "shop",
            "--address-header",
            "X-Real-IP",
        ]);
        let list = registry.list();
        let signed_in = registry.log_in(&key, SHOP).await;
        let elsewhere = registry.log_in(&key, BLOG).await;
        registry.output(&["remove", "shop"]);
        let removed = registry.log_in(&key, SHOP).await;

        assert!(key.starts_with("dbk_") && key.len() == 66, "{key}");
        for part in [
            "shop\n",
            SHOP,
            "http://localhost:3000",
            "https://*.preview.example.com",
            "orders",
            "x-real-ip",
            &key[..16],
        ] {
            assert!(list.contains(part), "{part}: {list}");
        }
        assert!(!list.contains(&key), "the key is shown once");
        assert_signed_in(&signed_in);
        elsewhere.assert_error(403, "origin_not_registered");
        removed.assert_error(401, "unknown_key");
        assert_eq!(registry.list(), "");
        assert!(failed(&registry.run(&["remove", "shop"])).contains("no frontend is named shop"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_with_and_without_overlap() {
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        let first = registry.output(&["add", "shop", "--origin", SHOP]);

        let second = registry.output(&["rotate-key", "shop"]);
        assert_signed_in(&registry.log_in(&first, SHOP).await);
        assert_signed_in(&registry.log_in(&second, SHOP).await);

        let third = registry.output(&["rotate-key", "shop", "--keep-old", "0s"]);
        registry.log_in(&first, SHOP).await.assert_error(401, "unknown_key");
        registry.log_in(&second, SHOP).await.assert_error(401, "unknown_key");
        assert_signed_in(&registry.log_in(&third, SHOP).await);

        assert!(failed(&registry.run(&["rotate-key", "blog"])).contains("no frontend is named blog"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_origins_belong_to_one_frontend() {
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        registry.output(&["add", "shop", "--origin", SHOP, "--preview", "*.preview.example.com"]);

        for (case, origin, expected) in [
            ("the same origin", SHOP, "https://shop.example.com belongs to the frontend shop"),
            (
                "the same origin, written differently",
                "https://SHOP.example.com:443/",
                "belongs to the frontend shop",
            ),
            (
                "below a pattern",
                "https://pr-1.preview.example.com",
                "overlaps with https://*.preview.example.com",
            ),
        ] {
            let text = failed(&registry.run(&["add", "other", "--origin", origin]));
            assert!(text.contains(expected), "{case}: {text}");
        }
        for (name, expected) in [
            ("shop", "a frontend named shop exists already"),
            ("web-frontend", "web-frontend is the name of the frontend that comes with Drawbridge"),
        ] {
            let text = failed(&registry.run(&["add", name, "--origin", BLOG]));
            assert!(text.contains(expected), "{name}: {text}");
        }
        assert!(!registry.list().contains("other"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_cannot_work_is_refused() {
    let registry = Registry::start(Layout::OneProcess).await;

    for (case, option, value, expected) in [
        ("plain http", "--origin", "http://shop.example.com", "serve it over https"),
        ("a path", "--origin", "https://shop.example.com/login", "without a path"),
        ("a top-level domain", "--origin", "https://com", "com, which is a public suffix"),
        ("a public suffix", "--origin", "https://co.uk", "co.uk, which is a public suffix"),
        ("a hosting platform", "--dev", "https://vercel.app", "vercel.app, which is a public suffix"),
        ("a wildcard below a public suffix", "--preview", "*.vercel.app", "vercel.app is a public suffix"),
        ("a wildcard below a top-level domain", "--preview", "*.com", "com is a public suffix"),
        ("a wildcard within a label", "--preview", "pr-*.example.com", "must be a wildcard host"),
        (
            "plain http for developers",
            "--dev",
            "http://dev.example.com",
            "plain http works on localhost only",
        ),
    ] {
        let output = registry.run(&["add", "shop", "--origin", SHOP, option, value]);

        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{case}: {text}");
        assert!(text.contains(expected), "{case}: {text}");
    }
    assert_eq!(registry.list(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_announces_its_exact_origin() {
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        registry.output(&["add", "shop", "--origin", SHOP]);
        let key = registry.output(&["preview-key", "shop"]);
        registry.log_in(&key, PREVIEW).await.assert_error(403, "origin_not_registered");

        let announced = registry.announce(&key, PREVIEW).await;

        announced.assert_status(200);
        let data = &announced.json()["data"];
        assert_eq!((&data["frontend"], &data["origin"]), (&json!("shop"), &json!(PREVIEW)));
        assert!(data["expires_at"].is_string(), "{}", announced.text);
        assert_signed_in(&registry.log_in(&key, PREVIEW).await);
        assert!(
            registry.list().contains(&format!("preview           {PREVIEW}  until ")),
            "{}",
            registry.list()
        );
        // A preview key works neither for another project on the same host nor for the site itself.
        for origin in ["https://shop-git-cart-eve.vercel.app", "https://evil.vercel.app", SHOP] {
            registry.log_in(&key, origin).await.assert_error(403, "origin_not_registered");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_of_someone_else_are_refused() {
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        let shop_key = registry.output(&["add", "shop", "--origin", SHOP]);
        let shop_previews = registry.output(&["preview-key", "shop"]);
        registry.output(&["add", "blog", "--origin", BLOG]);
        let blog_previews = registry.output(&["preview-key", "blog"]);
        registry.announce(&shop_previews, PREVIEW).await.assert_status(200);

        let own_frontend = registry.0.frontend.clone();
        for (case, origin) in
            [("a preview", PREVIEW), ("a site", SHOP), ("the deployment", own_frontend.as_str())]
        {
            let answer = registry.announce(&blog_previews, origin).await;
            assert_eq!(answer.status_and_code(), (409, "origin_taken".to_owned()), "{case}");
        }
        let plain = registry.announce(&blog_previews, "http://blog-1.example.com").await;
        plain.assert_error(422, "invalid_origin");
        for suffix in ["https://vercel.app", "https://com", "https://192.0.2.1"] {
            registry.announce(&blog_previews, suffix).await.assert_error(422, "invalid_origin");
        }
        registry.announce(&blog_previews, "http://localhost:5173").await.assert_status(200);

        let url = format!("{}/api/frontends/preview", registry.0.auth);
        let body = json!({"origin": PREVIEW});
        Visitor::new().post_json(&url, &body).await.assert_error(401, "proof_required");
        registry.announce(&shop_key, SHOP).await.assert_error(401, "proof_required");
        registry.announce(&shop_key, BLOG).await.assert_error(403, "origin_not_registered");
        let mut other_preview = FrontendServer::new(&blog_previews, "https://blog-1.vercel.app");
        let mismatch = other_preview.post_json(&url, &json!({"origin": "https://blog-2.vercel.app"})).await;
        mismatch.assert_error(422, "invalid_origin");
    }
}

/// Returns the origin that the CORS headers allow for a page of `origin`.
async fn allowed_origin(deployment: &Deployment, origin: &str) -> Option<String> {
    let mut visitor = Visitor::new();
    let request = visitor
        .request(Method::OPTIONS, &format!("{}/api/login", deployment.auth))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let answer = visitor.send(request).await;
    Some(answer.header("access-control-allow-origin").to_owned()).filter(|allowed| !allowed.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_call_from_registered_origins_only() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder()
            .layout(layout)
            .setting("COOKIE_MODE", "shared")
            .setting("BACKEND_ORIGIN", "http://localhost:9")
            .start();
        let registry = Registry(deployment);
        registry.output(&["add", "shop", "--origin", SHOP, "--preview", "*.preview.example.com"]);
        let preview = "https://pr-1.preview.example.com";

        for origin in [SHOP, preview, registry.0.frontend.as_str()] {
            assert_eq!(allowed_origin(&registry.0, origin).await.as_deref(), Some(origin));
        }
        for origin in [BLOG, "null", "http://shop.example.com", "https://a.b.preview.example.com"] {
            assert_eq!(allowed_origin(&registry.0, origin).await, None, "{origin}");
        }

        registry.output(&["remove", "shop"]);
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        assert_eq!(allowed_origin(&registry.0, SHOP).await, None);
        assert_eq!(allowed_origin(&registry.0, preview).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_frontends_are_audited() {
    for layout in Layout::ON_EACH_DATABASE {
        let registry = Registry::start(layout).await;
        registry.output(&["add", "shop", "--origin", SHOP]);
        let previews = registry.output(&["preview-key", "shop"]);
        registry.announce(&previews, PREVIEW).await.assert_status(200);
        registry.announce(&previews, PREVIEW).await.assert_status(200);
        registry.output(&["remove", "shop"]);

        let audit = succeeded(&drawbridge(&registry.0, &["audit", "--format", "jsonl"], ""));
        let events = audit.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let events = events.filter(|event| event["detail"].as_str().unwrap().starts_with("shop"));
        let mut events: Vec<_> =
            events.map(|event| format!("{} by {}", event["kind"], event["by"])).collect();
        events.reverse();

        let expected = [
            "\"frontend_added\" by \"operator\"",
            "\"frontend_key_made\" by \"operator\"",
            "\"preview_announced\" by \"frontend\"",
            "\"frontend_removed\" by \"operator\"",
        ];
        assert_eq!(events, expected);
    }
}
