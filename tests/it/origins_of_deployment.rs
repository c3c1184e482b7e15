//! Names that belong to the deployment itself, which no frontend can have, and origins that are none.

use std::{fs, process::Output};

use serde_json::json;
use tempfile::TempDir;
use tests::{Answer, Deployment, FrontendServer, Layout, PASSWORD, Visitor, credentials, register};

use crate::command::{drawbridge, drawbridge_with, failed, succeeded};

const SHOP: &str = "https://shop.example.com";
const EMAIL: &str = "ada@example.com";

/// Runs `drawbridge frontend` with the settings of the deployment.
fn run(deployment: &Deployment, arguments: &[&str]) -> Output {
    let settings = [
        ("FRONTEND_ORIGIN", deployment.frontend.as_str()),
        ("PUBLIC_ORIGIN", "https://login.example.com"),
        ("BACKEND_ORIGIN", "https://api.example.com"),
        ("TOKEN_AUDIENCE", "ours"),
    ];
    drawbridge_with(deployment, &settings, &[&["frontend"], arguments].concat(), "")
}

/// Runs `drawbridge frontend` without them, and returns the key that it prints.
fn key_from(deployment: &Deployment, arguments: &[&str]) -> String {
    let output = drawbridge(deployment, &[&["frontend"], arguments].concat(), "");
    succeeded(&output);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn announce(deployment: &Deployment, key: &str, acting_for: &str, origin: &str) -> Answer {
    let url = format!("{}/api/frontends/preview", deployment.auth);
    FrontendServer::new(key, acting_for).post_json(&url, &json!({"origin": origin})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frontend_has_no_name_of_the_deployment() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let own = deployment.frontend.as_str();

        for (option, value, expected) in [
            ("--origin", own, "the deployment's own origin (FRONTEND_ORIGIN)"),
            ("--dev", own, "the deployment's own origin (FRONTEND_ORIGIN)"),
            ("--origin", "https://login.example.com", "the deployment's own origin (PUBLIC_ORIGIN)"),
            ("--origin", "https://api.example.com", "the deployment's own origin (BACKEND_ORIGIN)"),
            ("--preview", "*.example.com", "covers the deployment's own origin https://login.example.com"),
            ("--audience", "ours", "ours would be the audience of sessions and of access tokens"),
        ] {
            let text = failed(&run(&deployment, &["add", "shop", "--origin", SHOP, option, value]));

            assert!(text.contains(expected), "{option} {value}: {text}");
        }
        assert_eq!(succeeded(&run(&deployment, &["list"])), "");
        // Frontends may share the sessions of the deployment.
        let sharing = ["add", "shop", "--origin", SHOP, "--audience", own, "--session-audience", "ours"];
        succeeded(&run(&deployment, &sharing));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_frontend_has_no_name_of_the_deployment() {
    let folder = TempDir::new().unwrap();
    let deployment = Deployment::builder().one_process().start();
    let path = folder.path().join("frontends.json");
    let file = path.display().to_string();

    for (frontend, expected) in [
        (json!({"name": "shop", "origins": [deployment.frontend]}), "own origin (FRONTEND_ORIGIN)"),
        (json!({"name": "shop", "origins": [SHOP], "audiences": ["ours"]}), "the audience of sessions"),
        (json!({"name": "shop", "origins": ["https://co.uk"]}), "co.uk, which is a public suffix"),
    ] {
        fs::write(&path, json!({"frontends": [frontend]}).to_string()).unwrap();

        for arguments in [&["apply", &file, "--dry-run"][..], &["apply", &file]] {
            let text = failed(&run(&deployment, arguments));
            assert!(text.contains(expected), "{text}");
        }
    }
    assert_eq!(succeeded(&run(&deployment, &["list"])), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_the_command_cannot_know_are_not_checked() {
    let deployment = Deployment::builder().one_process().start();

    let key = key_from(&deployment, &["add", "shop", "--origin", "https://login.example.com"]);

    assert!(key.starts_with("dbk_"), "{key}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_at_no_origin_of_the_deployment() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder()
            .layout(layout)
            .setting("PUBLIC_ORIGIN", "https://login.example.com")
            .setting("BACKEND_ORIGIN", "https://api.example.com")
            .start();
        key_from(&deployment, &["add", "shop", "--origin", SHOP]);
        let key = key_from(&deployment, &["preview-key", "shop"]);

        for own in [deployment.frontend.as_str(), "https://login.example.com", "https://api.example.com"] {
            let answer = announce(&deployment, &key, own, own).await;
            assert_eq!(answer.status_and_code(), (409, "origin_taken".into()), "{own}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_key_that_announces_a_preview_learns_which_key_to_use() {
    let deployment = Deployment::builder().one_process().start();
    let key = key_from(&deployment, &["add", "shop", "--origin", SHOP]);
    let preview = "https://shop-1.vercel.app";

    let answer = announce(&deployment, &key, preview, preview).await;

    assert_eq!(answer.status_and_code(), (403, "origin_not_registered".into()));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("requires a preview key"), "{detail}");
    assert!(detail.contains("`drawbridge frontend preview-key shop`"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_is_no_origin() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        register(&deployment.auth, EMAIL).await;
        let key =
            key_from(&deployment, &["add", "shop", "--origin", SHOP, "--preview", "*.preview.example.com"]);
        let previews = key_from(&deployment, &["preview-key", "shop"]);
        let login = format!("{}/api/login", deployment.auth);
        let one = "https://pr-1.preview.example.com";

        for wildcard in ["https://*.preview.example.com", "https://pr-*.preview.example.com"] {
            for key in [&key, &previews] {
                let mut server = FrontendServer::new(key, wildcard);
                let signed_in = server.post_json(&login, &credentials(EMAIL, PASSWORD)).await;
                signed_in.assert_error(403, "origin_not_registered");
            }
            let acting = announce(&deployment, &previews, wildcard, wildcard).await;
            acting.assert_error(403, "origin_not_registered");
            announce(&deployment, &previews, one, wildcard).await.assert_error(422, "invalid_origin");

            let page = format!("{}/login?next={wildcard}/", deployment.frontend);
            let page = Visitor::new().get(&page).await;
            assert!(!page.text.contains(&format!("value=\"{wildcard}")), "{}", page.text);
        }
        let page = format!("{}/login?next={one}/", deployment.frontend);
        let page = Visitor::new().get(&page).await;
        assert!(page.text.contains(&format!("value=\"{one}/\"")), "{}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_registered_without_the_settings_cannot_act_for_the_deployment() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let own = deployment.frontend.clone();
        register(&deployment.auth, EMAIL).await;
        let key = key_from(&deployment, &["add", "own", "--origin", &own]);

        let url = format!("{}/api/login", deployment.auth);
        let answer = FrontendServer::new(&key, &own).post_json(&url, &credentials(EMAIL, PASSWORD)).await;

        answer.assert_error(403, "origin_not_registered");
    }
}
