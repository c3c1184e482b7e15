//! What operators do with many accounts: export, roles, sessions, audit log, reset links.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tests::{Deployment, Layout, Mailbox, PASSWORD, Visitor};

use crate::{
    command::{drawbridge, failed, log_in, succeeded, wait_for_code},
    import::EmptyDatabase,
};

/// An export without the IDs, which every database assigns itself.
fn without_ids(text: &str) -> Vec<String> {
    let without = |line: &str| match line.strip_prefix("{\"id\":\"") {
        Some(rest) => rest.split_once(',').unwrap().1.to_owned(),
        None => line.split_once(',').unwrap().1.to_owned(),
    };
    let mut lines: Vec<_> = text.lines().map(without).collect();
    lines.sort_unstable();
    lines
}

/// Imports two accounts, of which one has this password hash.
fn import_two_accounts(database: &EmptyDatabase, hash: &str) {
    let ada = format!("Ada@example.com,{hash},t,f,2024-05-01 12:34:56.123456,\"b,a\"");
    let rows = [
        "email,password,emailVerified,disabled,createdAt,roles",
        &ada,
        "bob+x@example.com,,,t,2024-05-02,content editor",
    ];
    succeeded(&database.import("rows.csv", &rows, &[]));
}

#[test]
fn an_export_can_be_imported_into_another_database() {
    let hash = bcrypt::hash("x", 4).unwrap();
    for format in ["csv", "jsonl"] {
        for (source, target) in [
            (EmptyDatabase::postgres(), EmptyDatabase::sqlite()),
            (EmptyDatabase::sqlite(), EmptyDatabase::postgres()),
        ] {
            import_two_accounts(&source, &hash);
            let file = source.path(&format!("all.{format}")).display().to_string();
            let export = |database: &EmptyDatabase| {
                succeeded(&database.user(&["export", "-", "--format", format, "--with-hashes"]))
            };

            let exported = succeeded(&source.user(&["export", &file, "--with-hashes"]));
            let imported = succeeded(&target.user(&["import", &file]));

            assert!(exported.contains("exported 2 accounts"), "{format}: {exported}");
            assert!(imported.contains("imported 2"), "{format}: {imported}");
            let copy = export(&target);
            assert_eq!(without_ids(&export(&source)), without_ids(&copy), "{format}");
            for part in ["Ada@example.com", &hash, "2024-05-01T12:34:56.123456Z"] {
                assert!(copy.contains(part), "{format}: {part}: {copy}");
            }
            let public = succeeded(&target.user(&["export", "--format", format]));
            assert!(!public.contains(&hash) && !public.contains("password_hash"), "{format}: {public}");
        }
    }
}

#[test]
fn an_export_file_is_private_and_overwrites_nothing() {
    let hash = bcrypt::hash("x", 4).unwrap();
    for format in ["csv", "jsonl"] {
        for database in EmptyDatabase::both() {
            import_two_accounts(&database, &hash);
            let file = database.path(&format!("all.{format}")).display().to_string();

            succeeded(&database.user(&["export", &file, "--with-hashes"]));
            let again = failed(&database.user(&["export", &file]));

            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{format}");
            assert!(again.contains("already exists"), "{format}: {again}");
            let files = fs::read_dir(database.path("")).unwrap().filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.starts_with("all.").then_some(name)
            });
            assert_eq!(files.count(), 1, "{format}: no temporary file is left");
        }
    }
}

#[test]
fn an_export_of_several_pages_has_every_account_once() {
    for database in EmptyDatabase::both() {
        let rows: Vec<_> = (0..2500).map(|n| format!("user-{n}@example.com")).collect();
        fs::write(database.path("rows.csv"), format!("email\n{}", rows.join("\n"))).unwrap();
        succeeded(&database.user(&["import", "rows.csv"]));

        let text = succeeded(&database.user(&["export"]));

        let mut emails: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        emails.sort_unstable();
        emails.dedup();
        assert_eq!(emails.len(), 2500);
        assert_eq!(text.lines().count(), 2501, "with the header");
    }
}

async fn wait_for_roles(visitor: &mut Visitor, verify: &str, roles: &[&str]) {
    let started = Instant::now();
    loop {
        let answer = visitor.post(verify).await.json();
        if answer["data"]["user"]["roles"] == json!(roles) {
            return;
        }
        assert!(started.elapsed().as_secs() < 5, "the roles are not {roles:?}: {answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_roles_reaches_every_verifier() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let verify = format!("{}/api/verify", deployment.verify);
        let mut ada = deployment.signed_in("ada").await;
        assert_eq!(ada.post(&verify).await.json()["data"]["user"]["roles"], json!([]));
        let change = |options: &[&str]| {
            let arguments = [&["user", "roles", "ADA@example.com"], options].concat();
            succeeded(&drawbridge(&deployment, &arguments, ""))
        };
        assert_eq!(change(&[]), "ada@example.com: no roles\n");

        for (options, output, roles) in [
            (&["--add", "editor", "--add", "admin"][..], "admin, editor", &["admin", "editor"][..]),
            (&["--remove", "admin", "--add", "a b"], "a b, editor", &["a b", "editor"]),
            (&["--set", "x, y"], "x, y", &["x", "y"]),
            (&["--set", ""], "no roles", &[]),
        ] {
            assert_eq!(change(options), format!("ada@example.com: {output}\n"), "{options:?}");
            wait_for_roles(&mut ada, &verify, roles).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_roles_are_refused() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let email = deployment.registered("ada").await;

        for options in
            [&["--add", "a,b"][..], &["--add", ""], &["--set", "a,,b"], &["--set", "a", "--add", "b"]]
        {
            let arguments = [&["user", "roles", &email], options].concat();
            let output = drawbridge(&deployment, &arguments, "");
            assert_eq!(output.status.code(), Some(2), "{options:?}");
        }
        let unknown = drawbridge(&deployment, &["user", "roles", "nobody@example.com", "--add", "x"], "");
        assert!(failed(&unknown).contains("no account"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_out_one_user_or_all() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let verify = format!("{}/api/verify", deployment.verify);
        let mut ada = deployment.signed_in("ada").await;
        let mut bob = deployment.signed_in("bob").await;
        let mut eve = deployment.signed_in("eve").await;
        for visitor in [&mut ada, &mut bob, &mut eve] {
            visitor.post(&verify).await.assert_status(200);
        }
        let sign_out =
            |arguments: &[&str]| drawbridge(&deployment, &[&["user", "sign-out"], arguments].concat(), "");

        assert_eq!(succeeded(&sign_out(&["ada@example.com"])), "ada@example.com: 1 session ended\n");
        wait_for_code(&deployment, &mut ada, "session_revoked").await;
        bob.post(&verify).await.assert_status(200);
        assert_eq!(succeeded(&sign_out(&["ada@example.com"])), "ada@example.com: 0 sessions ended\n");

        assert_eq!(succeeded(&sign_out(&["--all"])), "2 accounts: 2 sessions ended\n");
        for visitor in [&mut bob, &mut eve] {
            wait_for_code(&deployment, visitor, "session_revoked").await;
        }

        assert!(failed(&sign_out(&["nobody@example.com"])).contains("no account"));
        for ambiguous in [&[][..], &["ada@example.com", "--all"]] {
            assert_eq!(sign_out(ambiguous).status.code(), Some(2), "{ambiguous:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_has_the_actions_of_operators_and_users() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let email = deployment.registered("ada").await;
        log_in(&deployment, &email, "wrong horse").await;
        let (mut ada, _) = log_in(&deployment, &email, PASSWORD).await;
        succeeded(&drawbridge(&deployment, &["user", "roles", &email, "--add", "admin"], ""));
        succeeded(&drawbridge(&deployment, &["user", "disable", &email], ""));
        wait_for_code(&deployment, &mut ada, "user_disabled").await;
        let audit = |options: &[&str]| drawbridge(&deployment, &[&["audit"], options].concat(), "");

        let lines = succeeded(&audit(&["--user", &email, "--format", "jsonl"]));
        let failures = succeeded(&audit(&["--kind", "sign_in_failed", "--since", "1h"]));
        let limited = succeeded(&audit(&["--limit", "2"]));
        let unknown = audit(&["--kind", "nonsense"]);

        let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let actions = events.iter().map(|event| format!("{} by {}", event["kind"], event["by"]));
        let actions: Vec<_> = actions.map(|action| action.replace('"', "")).collect();
        let expected = [
            "account_disabled by operator",
            "roles_changed by operator",
            "signed_in by person",
            "sign_in_failed by person",
            "signed_up by person",
        ];
        assert_eq!(actions, expected, "newest first");
        assert_eq!(events[1]["detail"], "admin");
        assert_eq!(events[2]["address"], "127.0.0.1");
        assert!(events[2]["session_id"].is_string() && events[2]["request_id"].is_string(), "{}", events[2]);
        assert_eq!(failures.lines().count(), 1, "{failures}");
        assert_eq!(limited.lines().count(), 2, "{limited}");
        assert!(String::from_utf8(unknown.stderr).unwrap().contains("must be one of"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sends_a_link_to_reset_a_password() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let email = deployment.confirmed(&mailbox, "ada").await;

    succeeded(&drawbridge(&deployment, &["user", "reset-password", &email], ""));
    let token = mailbox.next_to(&email).await.token("/reset-password");
    let body = json!({"token": token, "password": "a new horse battery"});
    let answer = Visitor::new().post_json(&format!("{}/api/password/reset", deployment.auth), &body).await;
    let unknown = drawbridge(&deployment, &["user", "reset-password", "nobody@example.com"], "");

    answer.assert_status(200);
    assert_eq!(log_in(&deployment, &email, "a new horse battery").await.1.status, 200);
    assert!(failed(&unknown).contains("no account has the address"));
}
