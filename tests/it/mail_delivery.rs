//! However the mail server fails, no e-mail is lost or sent twice, and no user waits for it.

use std::time::{Duration, Instant};

use tests::{Answer, Deployment, Encryption, Mailbox, Mood, PASSWORD, Service, Visitor, credentials};

async fn sign_up(deployment: &Deployment, email: &str) -> Answer {
    let url = format!("{}/api/register", deployment.auth);
    Visitor::new().post_json(&url, &credentials(email, PASSWORD)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_retried_until_the_server_accepts_it() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();

    for (case, mood) in [("down", Mood::Down), ("hanging", Mood::Hanging), ("refusing", Mood::Refusing(451))]
    {
        mailbox.set(mood);
        let email = format!("{case}@example.com");
        let started = Instant::now();
        assert_eq!(sign_up(&deployment, &email).await.status, 202, "{case}");
        assert!(started.elapsed() < Duration::from_secs(3), "{case}: sign-up waits for the mail server");
        match mood {
            Mood::Refusing(_) => mailbox.refusal_of(&email).await,
            _ => mailbox.assert_none_to(&email),
        }

        mailbox.set(Mood::Willing);

        let mail = mailbox.next_to(&email).await;
        assert!(mail.token("/confirm-address").len() > 20, "{case}: {}", mail.text);
    }
    deployment.confirmed(&mailbox, "later").await;
    for case in ["down", "hanging", "refusing"] {
        mailbox.assert_none_to(&format!("{case}@example.com"));
    }
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_of_a_killed_auth_service_is_sent_once() {
    let mailbox = Mailbox::start();
    let mut deployment = Deployment::builder().mail(&mailbox).start();
    sign_up(&deployment, "sent@example.com").await.assert_status(202);
    mailbox.next_to("sent@example.com").await;
    mailbox.set(Mood::Down);
    sign_up(&deployment, "killed@example.com").await.assert_status(202);

    deployment.process(Service::Auth).signal("KILL");
    mailbox.set(Mood::Willing);
    // Another replica may take over a job after two minutes.
    deployment.execute("UPDATE mail_jobs SET due_at = due_at - interval '2 minutes'").await;
    deployment.restart(Service::Auth);

    mailbox.next_to("killed@example.com").await;
    deployment.confirmed(&mailbox, "later").await;
    for address in ["sent@example.com", "killed@example.com"] {
        mailbox.assert_none_to(address);
    }
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_mail_is_not_retried_and_delays_no_other() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    mailbox.set(Mood::Refusing(550));
    sign_up(&deployment, "nobody@example.com").await.assert_status(202);
    mailbox.refusal_of("nobody@example.com").await;

    mailbox.set(Mood::Willing);
    deployment.confirmed(&mailbox, "ada").await;

    let log = deployment.log();
    assert!(log.contains("mail is undeliverable"), "{log}");
    mailbox.assert_none_to("nobody@example.com");
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_sent_with_encryption_and_login() {
    for encryption in [Encryption::StartTls, Encryption::Implicit] {
        let mailbox = Mailbox::start_with(encryption, Some(("drawbridge", "a se@cret%")));
        let deployment = Deployment::builder().mail(&mailbox).start();

        sign_up(&deployment, "ada@example.com").await.assert_status(202);

        let mail = mailbox.next_to("ada@example.com").await;
        assert_eq!(mail.user.as_deref(), Some("drawbridge"), "{encryption:?}");
        assert!(mail.is_encrypted, "{encryption:?}");
        assert!(!deployment.log().contains("a se@cret%"), "{}", deployment.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_goes_to_a_server_with_a_wrong_certificate() {
    let mailbox = Mailbox::start_with(Encryption::StartTls, None);
    let other = Mailbox::start();
    let own_authority = mailbox.authority().display().to_string();
    let other_authority = other.authority().display().to_string();
    let url = mailbox.url().replace(&own_authority, &other_authority);
    let deployment = Deployment::builder().mail(&mailbox).setting_for(Service::Auth, "SMTP_URL", url).start();

    sign_up(&deployment, "ada@example.com").await.assert_status(202);

    let started = Instant::now();
    while !deployment.log().contains("mail delivery postponed") {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", deployment.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(deployment.log().contains("certificate"), "{}", deployment.log());
    mailbox.assert_none_to("ada@example.com");
}
