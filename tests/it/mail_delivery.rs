//! Whatever becomes of the mail server, no mail is lost, none comes twice and nobody waits for it.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Answer, Encryption, Mailbox, Mood, PASSWORD, Stack, Visitor};

async fn sign_up(stack: &Stack, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD});
    Visitor::new().post_json(&format!("{}/api/register", stack.auth), &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_wait_for_a_server_that_is_down_hangs_or_refuses_and_for_the_program_that_sends_them() {
    let mailbox = Mailbox::start();
    let mut stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    for (name, mood) in [("down", Mood::Down), ("hanging", Mood::Hanging), ("refusing", Mood::Refusing(451))]
    {
        mailbox.set(mood);
        let (email, asked) = (format!("{name}@example.com"), Instant::now());
        assert_eq!(sign_up(&stack, &email).await.status, 202, "{name}");
        assert!(asked.elapsed() < Duration::from_secs(3), "{name}: nobody waits for the mail server");
        match mood {
            Mood::Refusing(_) => mailbox.refusal_of(&email).await,
            _ => mailbox.assert_none_to(&email),
        }
        mailbox.set(Mood::Willing);
        let mail = mailbox.next_to(&email).await;
        assert!(mail.token("/confirm-address").len() > 20, "{}", mail.text);
    }

    mailbox.set(Mood::Down);
    assert_eq!(sign_up(&stack, "killed@example.com").await.status, 202);
    stack.processes()[0].signal("KILL");
    mailbox.set(Mood::Willing);
    // What the program had in hand is somebody else's after two minutes.
    stack.execute("UPDATE mail_jobs SET due_at = due_at - interval '2 minutes'").await;
    stack.restart(0);
    mailbox.next_to("killed@example.com").await;
    for name in ["down", "hanging", "refusing", "killed"] {
        mailbox.assert_none_to(&format!("{name}@example.com"));
    }
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_not_tried_again_and_holds_up_nothing() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    mailbox.set(Mood::Refusing(550));
    assert_eq!(sign_up(&stack, "nobody@example.com").await.status, 202);
    mailbox.refusal_of("nobody@example.com").await;
    mailbox.set(Mood::Willing);
    stack.confirmed(&mailbox, "ada").await;
    assert!(stack.log().contains("a mail cannot be delivered"), "{}", stack.log());
    mailbox.assert_none_to("nobody@example.com");
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_may_ask_for_tls_and_for_user_and_password() {
    for encryption in [Encryption::StartTls, Encryption::Implicit] {
        let mailbox = Mailbox::start_with(encryption, Some(("drawbridge", "a se@cret%")));
        let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
        assert_eq!(sign_up(&stack, "ada@example.com").await.status, 202);
        let mail = mailbox.next_to("ada@example.com").await;
        assert_eq!((mail.user.as_deref(), mail.is_encrypted), (Some("drawbridge"), true), "{encryption:?}");
        assert!(!stack.log().contains("a se@cret%"), "{}", stack.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_to_a_server_that_cannot_show_who_it_is() {
    let (mailbox, other) = (Mailbox::start_with(Encryption::StartTls, None), Mailbox::start());
    let stack = Stack::three_programs_mailing(&mailbox, |name, settings| {
        if name == "auth-service" {
            let theirs = mailbox.authority().display().to_string();
            let url = mailbox.url().replace(&theirs, &other.authority().display().to_string());
            settings.insert("SMTP_URL", url);
        }
    });
    assert_eq!(sign_up(&stack, "ada@example.com").await.status, 202);
    let asked = Instant::now();
    while !stack.log().contains("a mail is tried again later") {
        assert!(asked.elapsed() < Duration::from_secs(20), "{}", stack.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(stack.log().contains("certificate"), "{}", stack.log());
    mailbox.assert_none_to("ada@example.com");
}
