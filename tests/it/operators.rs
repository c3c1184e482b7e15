//! What an operator does to many accounts, or to what they may do: export, roles, signing out.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};
use tests::{Mailbox, PASSWORD, Stack, Visitor};

use crate::{
    command::{drawbridge, log_in, refused, said, wait_for_code},
    import::Empty,
};

/// What was exported, without the ids, which are made anew.
fn without_ids(text: &str) -> Vec<String> {
    let without = |line: &str| match line.strip_prefix("{\"id\":\"") {
        Some(rest) => rest.split_once(',').unwrap().1.to_owned(),
        None => line.split_once(',').unwrap().1.to_owned(),
    };
    let mut lines: Vec<_> = text.lines().map(without).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn what_is_exported_is_imported_elsewhere_as_it_was() {
    for format in ["csv", "jsonl"] {
        let ([postgres, sqlite], [other_postgres, other_sqlite]) = (Empty::both(), Empty::both());
        for (from, to) in [(&postgres, &other_sqlite), (&sqlite, &other_postgres)] {
            let hash = bcrypt::hash("x", 4).unwrap();
            let rows = [
                "email,password,emailVerified,disabled,createdAt,roles".to_owned(),
                format!("Ada@example.com,{hash},t,f,2024-05-01 12:34:56.123456,\"b,a\""),
                "bob+x@example.com,,,t,2024-05-02,content editor".into(),
            ];
            fs::write(from.path("rows.csv"), rows.join("\n")).unwrap();
            said(&from.user(&["import", "rows.csv"]));
            let file = from.path(&format!("all.{format}")).display().to_string();
            assert!(said(&from.user(&["export", &file, "--with-hashes"])).contains("exported 2 accounts"));
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(refused(&from.user(&["export", &file])).contains("is there already"));
            let left = fs::read_dir(from.path("")).unwrap().filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.starts_with("all.").then_some(name)
            });
            assert_eq!(left.count(), 1, "no draft is left");

            assert!(said(&to.user(&["import", &file])).contains("imported 2"));
            let exported = |of: &Empty| said(&of.user(&["export", "-", "--format", format, "--with-hashes"]));
            assert_eq!(without_ids(&exported(from)), without_ids(&exported(to)));
            assert!(exported(to).contains("Ada@example.com") && exported(to).contains(&hash));
            assert!(exported(to).contains("2024-05-01T12:34:56.123456Z"));
            let public = said(&to.user(&["export", "--format", format]));
            assert!(!public.contains(&hash) && !public.contains("password_hash"), "{public}");
        }
    }
}

#[test]
fn an_export_of_several_pages_has_everybody_once() {
    for empty in Empty::both() {
        let rows: Vec<_> = (0..2500).map(|n| format!("user-{n}@example.com")).collect();
        fs::write(empty.path("rows.csv"), format!("email\n{}", rows.join("\n"))).unwrap();
        said(&empty.user(&["import", "rows.csv"]));
        let text = said(&empty.user(&["export"]));
        let mut emails: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        emails.sort_unstable();
        emails.dedup();
        assert_eq!((emails.len(), text.lines().count()), (2500, 2501));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_given_or_taken_is_seen_by_every_verifier() {
    for stack in Stack::both() {
        let mut ada = stack.signed_in("ada").await;
        let verify = format!("{}/api/verify", stack.verify);
        assert_eq!(ada.post(&verify).await.json()["data"]["user"]["roles"], serde_json::json!([]));
        let roles = |options: &[&str]| {
            said(&drawbridge(&stack, &[&["user", "roles", "ADA@example.com"], options].concat(), ""))
        };
        assert_eq!(roles(&[]), "ada@example.com: no roles\n");
        assert_eq!(roles(&["--add", "editor", "--add", "admin"]), "ada@example.com: admin, editor\n");
        wait_for_roles(&mut ada, &verify, &["admin", "editor"]).await;
        assert_eq!(roles(&["--remove", "admin", "--add", "a b"]), "ada@example.com: a b, editor\n");
        wait_for_roles(&mut ada, &verify, &["a b", "editor"]).await;
        assert_eq!(roles(&["--set", "x, y"]), "ada@example.com: x, y\n");
        wait_for_roles(&mut ada, &verify, &["x", "y"]).await;
        assert_eq!(roles(&["--set", ""]), "ada@example.com: no roles\n");
        wait_for_roles(&mut ada, &verify, &[]).await;

        for bad in [&["--add", "a,b"][..], &["--add", ""], &["--set", "a,,b"], &["--set", "a", "--add", "b"]]
        {
            let output = drawbridge(&stack, &[&["user", "roles", "ada@example.com"], bad].concat(), "");
            assert_eq!(output.status.code(), Some(2), "{bad:?}");
        }
        let nobody = drawbridge(&stack, &["user", "roles", "nobody@example.com", "--add", "x"], "");
        assert!(refused(&nobody).contains("no account"));
    }
}

async fn wait_for_roles(visitor: &mut tests::Visitor, verify: &str, roles: &[&str]) {
    let started = std::time::Instant::now();
    loop {
        let answer = visitor.post(verify).await.json();
        if answer["data"]["user"]["roles"] == serde_json::json!(roles) {
            return;
        }
        assert!(started.elapsed().as_secs() < 5, "{roles:?} do not come: {answer}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_one_person_out_or_everybody() {
    for stack in Stack::both() {
        let verify = format!("{}/api/verify", stack.verify);
        let (mut ada, mut bob, mut eve) =
            (stack.signed_in("ada").await, stack.signed_in("bob").await, stack.signed_in("eve").await);
        for visitor in [&mut ada, &mut bob, &mut eve] {
            assert_eq!(visitor.post(&verify).await.status, 200);
        }
        let out = |arguments: &[&str]| drawbridge(&stack, &[&["user", "sign-out"], arguments].concat(), "");
        assert_eq!(said(&out(&["ada@example.com"])), "ada@example.com: 1 session ended\n");
        wait_for_code(&stack, &mut ada, "session_revoked").await;
        assert_eq!(bob.post(&verify).await.status, 200);
        assert_eq!(said(&out(&["ada@example.com"])), "ada@example.com: 0 sessions ended\n");

        assert_eq!(said(&out(&["--all"])), "2 accounts: 2 sessions ended\n");
        wait_for_code(&stack, &mut bob, "session_revoked").await;
        wait_for_code(&stack, &mut eve, "session_revoked").await;
        assert!(refused(&out(&["nobody@example.com"])).contains("no account"));
        for unclear in [&[][..], &["ada@example.com", "--all"]] {
            assert_eq!(out(unclear).status.code(), Some(2));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_and_people_do_is_kept_and_shown() {
    for stack in Stack::both() {
        let email = stack.registered("ada").await;
        log_in(&stack, &email, "wrong horse").await;
        let (mut ada, _) = log_in(&stack, &email, PASSWORD).await;
        said(&drawbridge(&stack, &["user", "roles", &email, "--add", "admin"], ""));
        said(&drawbridge(&stack, &["user", "disable", &email], ""));
        wait_for_code(&stack, &mut ada, "user_disabled").await;
        let lines = said(&drawbridge(&stack, &["audit", "--user", &email, "--format", "jsonl"], ""));
        let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let shown = |event: &Value| format!("{} by {}", event["kind"], event["by"]).replace('"', "");
        let shown: Vec<_> = events.iter().map(shown).collect();
        let wanted = [
            "account_disabled by operator",
            "roles_changed by operator",
            "signed_in by person",
            "sign_in_failed by person",
            "signed_up by person",
        ];
        assert_eq!(shown, wanted, "newest first");
        assert_eq!((&events[1]["detail"], &events[2]["address"]), (&json!("admin"), &json!("127.0.0.1")));
        assert!(events[2]["session_id"].is_string() && events[2]["request_id"].is_string());
        let failed = said(&drawbridge(&stack, &["audit", "--kind", "sign_in_failed", "--since", "1h"], ""));
        assert_eq!(failed.lines().count(), 1, "{failed}");
        assert_eq!(said(&drawbridge(&stack, &["audit", "--limit", "2"], "")).lines().count(), 2);
        let unknown = drawbridge(&stack, &["audit", "--kind", "nonsense"], "");
        assert!(String::from_utf8(unknown.stderr).unwrap().contains("must be one of"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sends_a_link_and_never_learns_the_password() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    let email = stack.confirmed(&mailbox, "ada").await;
    said(&drawbridge(&stack, &["user", "reset-password", &email], ""));
    let token = mailbox.next_to(&email).await.token("/reset-password");
    let body = json!({"token": token, "password": "a new horse battery"});
    let answer = Visitor::new().post_json(&format!("{}/api/password/reset", stack.auth), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(log_in(&stack, &email, "a new horse battery").await.1.status, 200);
    let nobody = drawbridge(&stack, &["user", "reset-password", "nobody@example.com"], "");
    assert!(refused(&nobody).contains("no account has the address"));
}
