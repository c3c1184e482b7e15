//! The commands in the guides work as printed.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::settings::environment;
use serde_json::Value;
use tempfile::TempDir;
use tests::{Deployment, MASTER_SECRET, PASSWORD, program};

use crate::command::drawbridge;

/// The `sh` blocks of a guide, as one script.
fn commands_of(guide: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guides").join(guide);
    let text = fs::read_to_string(path).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    blocks.collect::<Vec<_>>().join("\n")
}

/// The search path, beginning with the folder of the `drawbridge` command.
fn path_with_drawbridge() -> String {
    let program = program("drawbridge");
    let folder = program.parent().unwrap().display().to_string();
    format!("{folder}:{}", environment("PATH").unwrap_or_default())
}

fn read_json(folder: &TempDir, file: &str) -> Value {
    let text = fs::read_to_string(folder.path().join(file)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}: {text}"))
}

/// The claims of a token.
fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_alone_signs_in_exchanges_and_verifies() {
    let deployment = Deployment::builder().start();
    tests::register(&deployment.frontend, "ada@example.com").await;
    let folder = TempDir::new().unwrap();
    let script = format!("set -eu\n{}", commands_of("verify-yourself.md"));

    let output = Command::new("bash")
        .args(["-c", &script])
        .env("PATH", path_with_drawbridge())
        .env("DATABASE_URL", &deployment.database_url)
        .env("MASTER_SECRET", MASTER_SECRET)
        .env("AUTH_SERVICE", &deployment.auth)
        .env("VERIFY_SERVICE", &deployment.verify)
        .env("PASSWORD", PASSWORD)
        .current_dir(&folder)
        .output()
        .unwrap();

    let printed = String::from_utf8_lossy(&output.stdout);
    let statuses: Vec<_> = printed.lines().collect();
    assert_eq!(statuses, ["200", "200"], "verified, then signed out: {output:?}");
    let verified = read_json(&folder, "verified.json");
    assert_eq!(verified["data"]["user"]["email"], "ada@example.com");
    assert_eq!(verified["data"]["user"]["email_verified"], false);
    let access = read_json(&folder, "access.json");
    assert_eq!(access["token_type"], "Bearer");
    let claims = claims_of(access["access_token"].as_str().unwrap());
    assert_eq!((&claims["aud"], &claims["client_id"]), (&"orders".into(), &"shop".into()));
    assert!(claims["jti"].is_string(), "{claims}");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_alone_follows_changes() {
    let deployment = Deployment::builder().start();
    let mut ada = deployment.signed_in("ada").await;
    let added =
        drawbridge(&deployment, &["frontend", "add", "shop", "--origin", "https://shop.example.com"], "");
    let mut curl = Command::new("bash")
        .args(["-c", &commands_of("../changes.md")])
        .env("VERIFY_SERVICE", &deployment.verify)
        .env("KEY", String::from_utf8(added.stdout).unwrap().trim())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();

    let mut names = Vec::new();
    for line in BufReader::new(curl.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(name) = line.strip_prefix("event: ") else { continue };
        if name == "watermark" && !names.iter().any(|name| name == "watermark") {
            ada.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);
        }
        names.push(name.to_owned());
    }

    curl.wait().unwrap();
    assert!(names.starts_with(&["reset".into(), "keys".into(), "watermark".into()]), "{names:?}");
    assert!(names.contains(&"user".into()), "{names:?}");
}
