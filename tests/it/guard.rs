//! The guard of web-frontend: redirects to the sign-in page and back, and nowhere else.

use reqwest::{Method, RequestBuilder, Url};
use tests::{Deployment, Layout, PASSWORD, Visitor};

fn with_headers(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_redirects_only_to_paths_of_this_origin() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let email = deployment.registered("ada").await;
        let login = format!("{}/login", deployment.frontend);

        for (next, location) in [
            ("/private?tab=2", "/private?tab=2"),
            ("/", "/"),
            ("", "/private"),
            ("//evil.example", "/private"),
            ("/\\evil.example", "/private"),
            ("/.//evil.example", "/private"),
            ("https://evil.example/private", "/private"),
            ("javascript:alert(1)", "/private"),
            ("/\nSet-Cookie: token=x", "/private"),
            ("/login?next=/login", "/private"),
            ("/logout", "/private"),
        ] {
            let mut visitor = Visitor::new();
            let page = Url::parse_with_params(&login, [("next", next)]).unwrap();
            let csrf = visitor.csrf(page.as_str()).await;
            let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", PASSWORD), ("next", next)];
            let answer = visitor.post_form(&login, &fields).await;

            assert_eq!(answer.status, 303, "{next:?}: {}", answer.text);
            assert_eq!(answer.header("location"), location, "{next:?}");
            assert!(visitor.cookie("token").is_some(), "{next:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn navigation_is_redirected_and_other_requests_get_a_403() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let private = format!("{}/private?a=b&c=d", deployment.frontend);
        let send = async |method: Method, headers: &[(&str, &str)]| {
            let mut visitor = Visitor::new();
            visitor.send(with_headers(visitor.request(method, &private), headers)).await
        };

        let navigation = [("accept", "text/html"), ("sec-fetch-mode", "navigate")];
        let page = send(Method::GET, &navigation).await;
        page.assert_redirect(302, "/login?next=/private?a=b%26c=d");
        assert_eq!(page.header("cache-control"), "no-store");

        for (case, method, headers) in [
            ("fetch", Method::GET, &[("accept", "*/*"), ("sec-fetch-mode", "cors")][..]),
            ("JSON", Method::GET, &[("accept", "application/json")]),
            ("POST", Method::POST, &[]),
        ] {
            let answer = send(method, headers).await;
            assert_eq!(answer.status_and_code(), (403, "missing_token".into()), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_below_the_guarded_one_is_guarded() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();

        for path in ["/private/", "/private/x/y", "/private/..%2f", "/private/../private"] {
            let answer = Visitor::new().get(&format!("{}{path}", deployment.frontend)).await;
            assert_eq!(answer.status, 302, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_page_redirects_only_with_a_valid_session() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let url = |path: &str| format!("{}{path}", deployment.frontend);
        let mut ada = deployment.signed_in("ada").await;

        for path in ["/login", "/register", "/login?next=/private"] {
            let answer = ada.get(&url(path)).await;
            assert_eq!(answer.status, 303, "{path}");
            assert_eq!(answer.header("location"), "/private", "{path}");
        }

        let mut old = ada.clone();
        ada.post(&url("/api/logout")).await.assert_status(200);
        let answer = old.get(&url("/login?next=/private")).await;
        assert_eq!(answer.status, 200, "a revoked session causes no redirect loop");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_from_another_site_are_refused() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let ada = deployment.signed_in("ada").await;
        let post = async |path: &str, headers: &[(&str, &str)]| {
            let mut ada = ada.clone();
            let request = ada.request(Method::POST, &format!("{}{path}", deployment.frontend));
            ada.send(with_headers(request, headers)).await
        };

        for headers in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "https://evil.example")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
        ] {
            let answer = post("/api/logout", headers).await;
            assert_eq!(answer.status_and_code(), (403, "cross_site_request".into()), "{headers:?}");
        }
        let form = post("/logout", &[("origin", "https://evil.example"), ("accept", "text/html")]).await;
        form.assert_status(403);
        assert!(form.text.contains("<!doctype html>"), "{}", form.text);
        assert!(form.text.contains("from another site"), "{}", form.text);

        post("/api/logout", &[("origin", &deployment.frontend)]).await.assert_status(200);
    }
}
