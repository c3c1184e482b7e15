//! `drawbridge user …` and `drawbridge keys …`, beside the running system.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tests::{Answer, PASSWORD, Stack, Visitor, program};

/// Runs the command on the stack's deployment.
pub(crate) fn drawbridge(stack: &Stack, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(program("drawbridge"));
    command.args(arguments).env_remove("DATABASE_URL").env("BCRYPT_COST", "10");
    if stack.redis.is_some() {
        command.env("DATABASE_URL", &stack.database_url);
        command.env("MASTER_SECRET", "the master secret of the test suite");
    } else {
        command.arg("--data").arg(stack.data());
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that asks for nothing may be done before it is told something.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

pub(crate) fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

pub(crate) async fn log_in(stack: &Stack, email: &str, password: &str) -> (Visitor, Answer) {
    let mut visitor = Visitor::new();
    let body = json!({"email": email, "password": password});
    let answer = visitor.post_json(&format!("{}/api/login", stack.frontend), &body).await;
    (visitor, answer)
}

/// Waits until a change of another process has reached the verifier: the relay's second.
pub(crate) async fn wait_for_code(stack: &Stack, visitor: &mut Visitor, code: &str) {
    let started = Instant::now();
    loop {
        let answer = visitor.post(&format!("{}/api/verify", stack.verify)).await;
        if answer.json()["code"] == code {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{code} does not come: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_lists_disables_and_deletes_accounts() {
    for stack in Stack::both() {
        let email = "op@example.com";
        assert!(
            said(&drawbridge(&stack, &["user", "add", email], "first password\n"))
                .contains("added op@example.com")
        );
        assert!(
            refused(&drawbridge(&stack, &["user", "add", "OP@example.com"], "a lantern of tulips\n"))
                .contains("already")
        );
        assert!(
            refused(&drawbridge(&stack, &["user", "add", "b@example.com"], "short\n"))
                .contains("8 characters")
        );
        assert!(
            refused(&drawbridge(&stack, &["user", "add", "nobody"], "a lantern of tulips\n"))
                .contains("name@domain")
        );
        assert!(said(&drawbridge(&stack, &["user", "list"], "")).contains(email));

        let (mut visitor, answer) = log_in(&stack, email, "first password").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(visitor.post(&format!("{}/api/verify", stack.verify)).await.status, 200);
        said(&drawbridge(&stack, &["user", "set-password", email], "second password\n"));
        wait_for_code(&stack, &mut visitor, "session_revoked").await;
        assert_eq!(log_in(&stack, email, "first password").await.1.status, 401);

        let (mut visitor, answer) = log_in(&stack, email, "second password").await;
        assert_eq!(answer.status, 200);
        assert_eq!(visitor.post(&format!("{}/api/verify", stack.verify)).await.status, 200);
        said(&drawbridge(&stack, &["user", "disable", email], ""));
        wait_for_code(&stack, &mut visitor, "user_disabled").await;
        let (_, answer) = log_in(&stack, email, "second password").await;
        assert_eq!(answer.status_and_code(), (401, "user_disabled".into()));
        assert!(said(&drawbridge(&stack, &["user", "list"], "")).contains("disabled"));

        said(&drawbridge(&stack, &["user", "disable", "--undo", email], ""));
        wait_for_code(&stack, &mut visitor, "session_revoked").await;
        let (mut visitor, answer) = log_in(&stack, email, "second password").await;
        assert_eq!(answer.status, 200);
        assert_eq!(visitor.post(&format!("{}/api/verify", stack.verify)).await.status, 200);
        said(&drawbridge(&stack, &["user", "delete", email], ""));
        wait_for_code(&stack, &mut visitor, "user_not_found").await;
        assert_eq!(log_in(&stack, email, "second password").await.1.status, 401);
        assert!(refused(&drawbridge(&stack, &["user", "delete", email], "")).contains("no account"));
        assert_eq!(said(&drawbridge(&stack, &["user", "list"], "")), "");
    }
}

#[test]
fn a_command_that_cannot_do_its_work_says_what_is_missing() {
    let database = tests::fresh_postgres_database();
    let run = |database: &str, secret: &str, arguments: &[&str]| {
        let mut command = Command::new(program("drawbridge"));
        command.args(arguments).env("DATABASE_URL", database).env("MASTER_SECRET", secret);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let secret = "the master secret of the test suite";
    for arguments in [&["user", "list"][..], &["keys", "list"], &["keys", "rotate"]] {
        assert!(refused(&run(&database, secret, arguments)).contains("drawbridge migrate"), "{arguments:?}");
    }
    assert!(refused(&run("sqlite:///tmp/no/such.db", secret, &["user", "list"])).contains("/tmp/no/such.db"));

    let stack = Stack::three_programs();
    let other =
        run(&stack.database_url, "another master secret of the suite", &["user", "add", "a@example.com"]);
    assert!(refused(&other).contains("another MASTER_SECRET"), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_published_before_it_signs() {
    for stack in Stack::both() {
        let first = said(&drawbridge(&stack, &["keys", "list"], ""));
        assert!(first.lines().count() == 1 && first.contains("signing"), "{first}");
        let mut ada = stack.signed_in("ada").await;
        let rotated = said(&drawbridge(&stack, &["keys", "rotate"], ""));
        assert!(rotated.contains("is published and signs from"), "{rotated}");
        let both = said(&drawbridge(&stack, &["keys", "list"], ""));
        assert!(
            both.lines().count() == 2 && both.contains("signing") && both.contains("published, signs from"),
            "{both}"
        );
        assert_eq!(ada.post(&format!("{}/api/verify", stack.verify)).await.status, 200);
        let (_, answer) = log_in(&stack, "ada@example.com", PASSWORD).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_dropped_by_every_verifier_at_once() {
    for stack in Stack::both() {
        let mut ada = stack.signed_in("ada").await;
        let verify = format!("{}/api/verify", stack.verify);
        assert_eq!(ada.post(&verify).await.status, 200);
        let keys = said(&drawbridge(&stack, &["keys", "list"], ""));
        let kid = keys.split_whitespace().next().unwrap();
        assert!(
            refused(&drawbridge(&stack, &["keys", "revoke", "nonsense"], "")).contains("no published key")
        );
        said(&drawbridge(&stack, &["keys", "revoke", kid], ""));
        let revoked = Instant::now();
        wait_for_code(&stack, &mut ada, "invalid_token").await;
        assert!(revoked.elapsed() < Duration::from_secs(2), "{:?}", revoked.elapsed());
        // Nor is a token that it signed good for a new one.
        let refresh = format!("{}/api/refresh", stack.auth);
        while ada.clone().post(&refresh).await.status_and_code() != (403, "invalid_token".into()) {
            assert!(
                revoked.elapsed() < Duration::from_secs(3),
                "auth-service renews what a revoked key signed"
            );
        }
        // Another key has taken its place; a replica that still held the old one has let go by now.
        let started = Instant::now();
        loop {
            let (mut visitor, answer) = log_in(&stack, "ada@example.com", PASSWORD).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            if visitor.post(&verify).await.status == 200 {
                break;
            }
            assert!(started.elapsed() < Duration::from_secs(5), "nobody can sign in any more");
        }
        let keys = said(&drawbridge(&stack, &["keys", "list"], ""));
        assert!(keys.contains("retired since") && keys.contains("signing"), "{keys}");
    }
}

#[test]
fn secrets_are_made_once_and_each_program_gets_its_own() {
    let folder = tempfile::TempDir::new().unwrap();
    let top = folder.path().join("secrets");
    let make = || {
        let output = Command::new(program("drawbridge")).arg("secrets").arg(&top).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let read = |name: &str| std::fs::read_to_string(top.join(name)).unwrap();
    // Two first starts at once agree.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(make);
        }
    });
    let master = read("auth-service/master_secret");
    assert_eq!(master, read("web-frontend/master_secret"));
    assert!(!top.join("verify-service/master_secret").exists());
    let (owner, reader) = (read("auth-service/database_url"), read("verify-service/database_url"));
    assert!(owner.contains(read("postgres/owner_password").trim()) && owner.contains("drawbridge:"));
    assert!(
        reader.contains(read("postgres/reader_password").trim()) && reader.contains("drawbridge_reader:")
    );
    assert_ne!(read("postgres/owner_password"), read("postgres/reader_password"));
    for service in ["auth-service", "verify-service", "web-frontend"] {
        let password = read(&format!("redis/{service}"));
        assert!(read(&format!("{service}/redis_url")).contains(&format!("//{service}:{}@", password.trim())));
        assert!(read("redis/redis.conf").contains(&format!("user {service} on >{} ", password.trim())));
    }
    let left: Vec<_> = std::fs::read_dir(top.join("auth-service")).unwrap().collect();
    assert_eq!(left.len(), 3, "no draft is left: {left:?}");

    // A secret that is lost is not replaced by another, which would be of no use.
    std::fs::remove_file(top.join("auth-service/master_secret")).unwrap();
    let refused = Command::new(program("drawbridge")).arg("secrets").arg(&top).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("master secret is gone"));
    std::fs::write(top.join("auth-service/master_secret"), &master).unwrap();

    // One's own is kept, and what is missing comes back the same.
    std::fs::remove_file(top.join("verify-service/database_url")).unwrap();
    std::fs::remove_file(top.join("verify-service/redis_url")).unwrap();
    std::fs::write(top.join("verify-service/redis_url"), "redis://elsewhere\n").unwrap();
    make();
    assert_eq!(read("verify-service/database_url"), reader);
    assert_eq!(read("verify-service/redis_url"), "redis://elsewhere\n");
    assert_eq!(read("auth-service/master_secret"), master);
}
