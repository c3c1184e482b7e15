//! The mark of sessions with a second factor, on both databases.

use auth_service::{
    domain::{Email, EventKind},
    storage::{
        NewAccount, NewConfirmation, NewSession, Proof, TotpRow, begin_totp, find_credentials,
        find_pending_changes, insert_account, record_confirmation, remove_factors, start_session,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{RunQueryDsl, sql_query};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::{SessionId, UserId},
    random::Random,
};
use drawbridge_database::{Connection, find_user_record, on_backend};
use drawbridge_verification::user_record::UserRecord;

use crate::helpers::{migrated_databases, operator_event};

fn add_account(connection: &mut Connection, now: DateTime<Utc>) -> UserId {
    let id = UserId::generate(Random, now);
    let email = Email::parse("ada@example.com").unwrap();
    let account = NewAccount { id, email, email_verified: false, hash: "hash".into(), now };
    assert!(insert_account(connection, &account, &operator_event(EventKind::SignedUp, id)).unwrap());
    id
}

fn add_app(connection: &mut Connection, user: UserId, now: DateTime<Utc>) {
    let at = now.naive_utc();
    let row =
        TotpRow { user_id: user, sealed: vec![1], last_step: 0, created_at: at, confirmed_at: Some(at) };
    assert!(begin_totp(connection, &row).unwrap());
}

/// Starts a session of a user who has proved a second factor.
fn start(connection: &mut Connection, user: UserId, now: DateTime<Utc>) -> SessionId {
    let email = Email::parse("ada@example.com").unwrap();
    let credentials = find_credentials(connection, &email).unwrap().unwrap();
    let new = NewSession {
        id: SessionId::generate(Random, now),
        user_id: user,
        proof: Proof::Password(credentials.password_changed_at),
        second_factor: true,
        address: "203.0.113.9".into(),
        user_agent: "curl/8".into(),
        now,
        expires_at: now + TimeDelta::days(30),
        limit: 50,
        replaces: Vec::new(),
    };
    start_session(connection, &new, &operator_event(EventKind::SignedIn, user)).unwrap();
    new.id
}

fn record(connection: &mut Connection, user: UserId) -> UserRecord {
    find_user_record(connection, user).unwrap().unwrap()
}

fn has_mark(connection: &mut Connection, user: UserId, session: SessionId) -> bool {
    record(connection, user).sessions.get(session).unwrap().second_factor
}

#[test]
fn each_confirmation_with_a_factor_raises_the_version() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let user = add_account(&mut c, now);
        add_app(&mut c, user, now);
        let session = start(&mut c, user, now);
        let confirm = |c: &mut _, second_factor| {
            let new = NewConfirmation { user, session, second_factor, now };
            record_confirmation(c, &new, &operator_event(EventKind::Confirmed, user)).unwrap().unwrap()
        };
        let before = record(&mut c, user).version;

        let with_password = confirm(&mut c, false);
        let with_factor = confirm(&mut c, true);

        assert_eq!(with_password.change, None);
        assert_eq!(with_factor.change.unwrap().state.version(), before + 1);
        assert!(has_mark(&mut c, user, session));
    }
}

#[test]
fn a_factor_removed_in_the_meantime_does_not_count() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let user = add_account(&mut c, now);

        let session = start(&mut c, user, now);
        let new = NewConfirmation { user, session, second_factor: true, now };
        record_confirmation(&mut c, &new, &operator_event(EventKind::Confirmed, user)).unwrap().unwrap();

        assert!(!has_mark(&mut c, user, session));
    }
}

#[test]
fn an_operator_who_removes_factors_ends_the_marks() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let user = add_account(&mut c, now);
        add_app(&mut c, user, now);
        let session = start(&mut c, user, now);
        let before = record(&mut c, user).version;
        assert!(has_mark(&mut c, user, session));

        let event = operator_event(EventKind::FactorsRemoved, user);
        let had_factors = remove_factors(&mut c, user, now, &event).unwrap();

        assert!(had_factors);
        assert!(!has_mark(&mut c, user, session));
        assert_eq!(record(&mut c, user).version, before + 1);
        let pending = find_pending_changes(&mut c, 10).unwrap();
        assert!(pending.iter().any(|change| change.version == before + 1), "{pending:?}");
    }
}

/// verify-service is upgraded before auth-service, which adds the column.
#[test]
fn a_verifier_reads_a_database_without_the_column() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let user = add_account(&mut c, now);
        add_app(&mut c, user, now);
        let session = start(&mut c, user, now);
        let drop_column = "ALTER TABLE sessions DROP COLUMN second_factor";
        on_backend!(&mut c, |c| sql_query(drop_column).execute(c)).unwrap();

        let read = record(&mut c, user);

        let listed: Vec<_> = read.sessions.ids().collect();
        assert_eq!(listed, [session]);
        assert!(!read.sessions.get(session).unwrap().second_factor);
    }
}
