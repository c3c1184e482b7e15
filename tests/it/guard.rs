//! The guard on the frontend: back to where the person wanted to go, and nowhere else.

use reqwest::Method;
use tests::{PASSWORD, Stack, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_comes_back_to_the_wanted_path_and_only_to_one_of_this_origin() {
    for stack in Stack::every_way() {
        let email = stack.registered("ada").await;
        for (next, lands_on) in [
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
            let login = format!("{}/login", stack.frontend);
            let url = reqwest::Url::parse_with_params(&login, [("next", next)]).unwrap();
            let csrf = visitor.get(url.as_str()).await.hidden_field("csrf").unwrap().to_owned();
            let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", PASSWORD), ("next", next)];
            let answer = visitor.post_form(&login, &fields).await;
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, lands_on),
                "{next:?}: {}",
                answer.text
            );
            assert!(visitor.cookie("token").is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_sent_to_the_login_page_and_scripts_are_told_why() {
    for stack in Stack::every_way() {
        let private = format!("{}/private?a=b&c=d", stack.frontend);
        let ask = async |method: Method, fields: &[(&str, &str)]| {
            let mut visitor = Visitor::new();
            let request = fields.iter().fold(visitor.request(method, &private), |request, (name, value)| {
                request.header(*name, *value)
            });
            visitor.send(request).await
        };
        let person = ask(Method::GET, &[("accept", "text/html"), ("sec-fetch-mode", "navigate")]).await;
        assert_eq!((person.status, person.header("location")), (302, "/login?next=/private?a=b%26c=d"));
        assert_eq!(person.header("cache-control"), "no-store");
        let script = ask(Method::GET, &[("accept", "*/*"), ("sec-fetch-mode", "cors")]).await;
        assert_eq!(script.status_and_code(), (403, "missing_token".into()));
        let script = ask(Method::GET, &[("accept", "application/json")]).await;
        assert_eq!(script.status_and_code(), (403, "missing_token".into()));
        let post = ask(Method::POST, &[]).await;
        assert_eq!(post.status_and_code(), (403, "missing_token".into()));
        for path in ["/private/", "/private/x/y", "/private/..%2f", "/private/../private"] {
            let answer = Visitor::new().get(&format!("{}{path}", stack.frontend)).await;
            assert_eq!(answer.status, 302, "{path} is behind the guard");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_in_never_sees_the_login_page_again() {
    for stack in Stack::every_way() {
        let mut ada = stack.signed_in("ada").await;
        for path in ["/login", "/register", "/login?next=/private"] {
            let answer = ada.get(&format!("{}{path}", stack.frontend)).await;
            assert_eq!((answer.status, answer.header("location")), (303, "/private"), "{path}");
        }
        let left_behind = ada.cookie("token").unwrap().to_owned();
        assert_eq!(ada.post(&format!("{}/api/logout", stack.frontend)).await.status, 200);
        ada.set_cookie("token", &left_behind);
        let answer = ada.get(&format!("{}/login?next=/private", stack.frontend)).await;
        assert_eq!(answer.status, 200, "a dead cookie does not send the visitor in circles");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_cannot_act_for_a_visitor() {
    for stack in Stack::every_way() {
        let ada = stack.signed_in("ada").await;
        let logout = format!("{}/api/logout", stack.frontend);
        let from = async |fields: &[(&str, &str)]| {
            let mut ada = ada.clone();
            let request = fields.iter().fold(ada.request(Method::POST, &logout), |request, (name, value)| {
                request.header(*name, *value)
            });
            ada.send(request).await
        };
        for foreign in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "https://evil.example")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
        ] {
            assert_eq!(
                from(foreign).await.status_and_code(),
                (403, "cross_site_request".into()),
                "{foreign:?}"
            );
        }
        let mut person = ada.clone();
        let form = person.request(Method::POST, &format!("{}/logout", stack.frontend));
        let form =
            person.send(form.header("origin", "https://evil.example").header("accept", "text/html")).await;
        assert_eq!(form.status, 403);
        assert!(
            form.text.contains("<!doctype html>") && form.text.contains("from another site"),
            "{}",
            form.text
        );
        let own = stack.frontend.clone();
        assert_eq!(from(&[("origin", &own)]).await.status, 200);
    }
}
