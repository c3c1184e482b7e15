//! `drawbridge user …` and `drawbridge keys …` next to a running deployment.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use tests::{
    Answer, Deployment, Layout, MASTER_SECRET, Mailbox, PASSWORD, Visitor, fresh_postgres_database, program,
};

/// Runs the command on the data of a deployment.
pub(crate) fn drawbridge(deployment: &Deployment, arguments: &[&str], input: &str) -> Output {
    drawbridge_with(deployment, &[], arguments, input)
}

/// Runs the command on the data of a deployment, with these settings in its environment.
pub(crate) fn drawbridge_with(
    deployment: &Deployment,
    settings: &[(&str, &str)],
    arguments: &[&str],
    input: &str,
) -> Output {
    let mut command = Command::new(program("drawbridge"));
    command.args(arguments).env_remove("DATABASE_URL").env("BCRYPT_COST", "10");
    command.envs(settings.iter().copied());
    if deployment.layout == Layout::OneProcess {
        command.arg("--data").arg(deployment.data_folder());
    } else {
        command.env("DATABASE_URL", &deployment.database_url).env("MASTER_SECRET", MASTER_SECRET);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads no input may have exited before the input is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The output of a command that must succeed.
#[track_caller]
pub(crate) fn succeeded(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// The error of a command that must fail, in one line.
#[track_caller]
pub(crate) fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

/// Logs in on the frontend.
pub(crate) async fn log_in(deployment: &Deployment, email: &str, password: &str) -> (Visitor, Answer) {
    let mut visitor = Visitor::new();
    let answer = visitor.log_in(&deployment.frontend, email, password).await;
    (visitor, answer)
}

/// Logs in on the frontend and checks that verify-service accepts the session.
async fn log_in_and_verify(deployment: &Deployment, email: &str, password: &str) -> Visitor {
    let (mut visitor, answer) = log_in(deployment, email, password).await;
    answer.assert_status(200);
    visitor.post(&format!("{}/api/verify", deployment.verify)).await.assert_status(200);
    visitor
}

/// Waits until a change by another process has reached the verifier, which takes the relay up to a second.
pub(crate) async fn wait_for_code(deployment: &Deployment, visitor: &mut Visitor, code: &str) {
    let started = Instant::now();
    loop {
        let answer = visitor.post(&format!("{}/api/verify", deployment.verify)).await;
        if answer.json()["code"] == code {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "no {code}: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_adds_and_lists_accounts() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let user = |arguments: &[&str], input: &str| {
            drawbridge(&deployment, &[&["user"], arguments].concat(), input)
        };

        let added = succeeded(&user(&["add", "op@example.com"], "first password\n"));
        let listed = succeeded(&user(&["list"], ""));
        let invalid = [
            ("OP@example.com", "a lantern of tulips\n", "already"),
            ("b@example.com", "short\n", "8 characters"),
            ("nobody", "a lantern of tulips\n", "name@domain"),
        ]
        .map(|(email, password, reason)| (failed(&user(&["add", email], password)), reason));

        assert!(added.contains("added op@example.com"), "{added}");
        assert!(listed.contains("op@example.com"), "{listed}");
        for (text, reason) in invalid {
            assert!(text.contains(reason), "{reason}: {text}");
        }
        let (_, answer) = log_in(&deployment, "op@example.com", "first password").await;
        answer.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_says_which_addresses_are_verified() {
    for layout in Layout::ON_EACH_DATABASE {
        let mailbox = Mailbox::start();
        let deployment = Deployment::builder().layout(layout).mail(&mailbox).start();
        let confirmed = deployment.confirmed(&mailbox, "ada").await;
        succeeded(&drawbridge(&deployment, &["user", "add", "bob@example.com"], "a lantern of tulips\n"));

        let list = succeeded(&drawbridge(&deployment, &["user", "list"], ""));

        let line_of = |email: &str| -> Vec<&str> {
            let line = list.lines().find(|line| line.ends_with(email));
            line.unwrap_or_else(|| panic!("{email}: {list}")).split_whitespace().skip(2).collect()
        };
        assert_eq!(line_of(&confirmed), ["active", "verified", &confirmed]);
        assert_eq!(line_of("bob@example.com"), ["active", "unverified", "bob@example.com"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_resets_disables_and_deletes_accounts() {
    let email = "op@example.com";
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let user = |arguments: &[&str], input: &str| {
            drawbridge(&deployment, &[&["user"], arguments].concat(), input)
        };
        succeeded(&user(&["add", email], "first password\n"));

        let mut visitor = log_in_and_verify(&deployment, email, "first password").await;
        succeeded(&user(&["set-password", email], "second password\n"));
        wait_for_code(&deployment, &mut visitor, "session_revoked").await;
        assert_eq!(log_in(&deployment, email, "first password").await.1.status, 401);

        let mut visitor = log_in_and_verify(&deployment, email, "second password").await;
        succeeded(&user(&["disable", email], ""));
        wait_for_code(&deployment, &mut visitor, "user_disabled").await;
        let (_, answer) = log_in(&deployment, email, "second password").await;
        answer.assert_error(401, "user_disabled");
        assert!(succeeded(&user(&["list"], "")).contains("disabled"));

        succeeded(&user(&["disable", "--undo", email], ""));
        wait_for_code(&deployment, &mut visitor, "session_revoked").await;
        let mut visitor = log_in_and_verify(&deployment, email, "second password").await;

        succeeded(&user(&["delete", email], ""));
        wait_for_code(&deployment, &mut visitor, "user_not_found").await;
        assert_eq!(log_in(&deployment, email, "second password").await.1.status, 401);
        assert!(failed(&user(&["delete", email], "")).contains("no account"));
        assert_eq!(succeeded(&user(&["list"], "")), "");
    }
}

#[test]
fn a_command_without_what_it_needs_says_what_is_missing() {
    let database = fresh_postgres_database();
    let run = |database: &str, secret: &str, arguments: &[&str]| {
        let mut command = Command::new(program("drawbridge"));
        command.args(arguments).env("DATABASE_URL", database).env("MASTER_SECRET", secret);
        failed(&command.stdin(Stdio::null()).output().unwrap())
    };

    for arguments in [&["user", "list"][..], &["keys", "list"], &["keys", "rotate"]] {
        let text = run(&database, MASTER_SECRET, arguments);
        assert!(text.contains("drawbridge migrate"), "{arguments:?}: {text}");
    }
    let no_file = run("sqlite:///tmp/no/such.db", MASTER_SECRET, &["user", "list"]);
    assert!(no_file.contains("/tmp/no/such.db"), "{no_file}");

    let deployment = Deployment::builder().start();
    let secret = "another master secret of the suite";
    let wrong_secret = run(&deployment.database_url, secret, &["user", "add", "a@example.com"]);
    assert!(wrong_secret.contains("another MASTER_SECRET"), "{wrong_secret}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_published_before_it_signs() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let keys = |command: &str| succeeded(&drawbridge(&deployment, &["keys", command], ""));
        let mut ada = deployment.signed_in("ada").await;

        let before = keys("list");
        let rotated = keys("rotate");
        let after = keys("list");

        assert_eq!(before.lines().count(), 1, "{before}");
        assert!(before.contains("signing"), "{before}");
        assert!(rotated.contains("is published and signs from"), "{rotated}");
        assert_eq!(after.lines().count(), 2, "{after}");
        assert!(after.contains("signing") && after.contains("published, signs from"), "{after}");
        ada.post(&format!("{}/api/verify", deployment.verify)).await.assert_status(200);
        let (_, answer) = log_in(&deployment, "ada@example.com", PASSWORD).await;
        answer.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verifiers_drop_a_revoked_key_immediately() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let keys = |arguments: &[&str]| drawbridge(&deployment, &[&["keys"], arguments].concat(), "");
        let mut ada = deployment.signed_in("ada").await;
        let verify = format!("{}/api/verify", deployment.verify);
        ada.post(&verify).await.assert_status(200);
        let list = succeeded(&keys(&["list"]));
        let kid = list.split_whitespace().next().unwrap();
        assert!(failed(&keys(&["revoke", "nonsense"])).contains("no published key"));

        succeeded(&keys(&["revoke", kid]));
        let revoked = Instant::now();

        wait_for_code(&deployment, &mut ada, "invalid_token").await;
        assert!(revoked.elapsed() < Duration::from_secs(2), "{:?}", revoked.elapsed());
        let refresh = format!("{}/api/refresh", deployment.auth);
        while ada.clone().post(&refresh).await.status_and_code() != (403, "invalid_token".into()) {
            let elapsed = revoked.elapsed();
            assert!(elapsed < Duration::from_secs(3), "auth-service renews tokens of a revoked key");
        }
        wait_for_sign_in(&deployment, "ada@example.com").await;
        let list = succeeded(&keys(&["list"]));
        assert!(list.contains("retired since") && list.contains("signing"), "{list}");
    }
}

/// Waits until a new session is accepted: a replica may use the revoked key for a moment.
async fn wait_for_sign_in(deployment: &Deployment, email: &str) {
    let started = Instant::now();
    loop {
        let (mut visitor, answer) = log_in(deployment, email, PASSWORD).await;
        answer.assert_status(200);
        if visitor.post(&format!("{}/api/verify", deployment.verify)).await.status == 200 {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "no new session is accepted");
    }
}
