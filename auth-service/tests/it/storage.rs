//! The queries, on both databases.

use std::{fs, os::unix::fs::MetadataExt};

use auth_service::{
    domain::{Email, EventKind},
    storage::{
        self, NewAccount, NewKey, NewSession, Proof, StartRefused, UserChange, delete_account, end_session,
        find_account, find_accounts, find_credentials, find_pending_changes, insert_account, replace_hash,
        set_disabled, set_password, start_session,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{ExpressionMethods, RunQueryDsl, insert_into, result::Error as QueryError};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::{SessionId, UserId},
    random::Random,
};
use drawbridge_database::{
    Access, Connection, DatabaseUrl, find_user_record, on_backend, schema::user_roles,
};
use drawbridge_verification::user_record::{UserRecord, UserState};

use crate::helpers::{migrated_databases, operator_event};

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn new_account(address: &str, now: DateTime<Utc>) -> NewAccount {
    let id = UserId::generate(Random, now);
    NewAccount { id, email: email(address), email_verified: false, hash: "hash".into(), now }
}

fn add_account(connection: &mut Connection, address: &str, now: DateTime<Utc>) -> UserId {
    let account = new_account(address, now);
    let event = operator_event(EventKind::SignedUp, account.id);
    assert!(insert_account(connection, &account, &event).unwrap());
    account.id
}

fn new_session(connection: &mut Connection, user: UserId, now: DateTime<Utc>) -> NewSession {
    let address = find_user_record(connection, user).unwrap().unwrap().email;
    let credentials = find_credentials(connection, &email(&address)).unwrap().unwrap();
    NewSession {
        id: SessionId::generate(Random, now),
        user_id: user,
        proof: Proof::Password(credentials.password_changed_at),
        second_factor: false,
        address: "203.0.113.9".into(),
        user_agent: "curl/8".into(),
        now,
        expires_at: now + TimeDelta::days(30),
        limit: 50,
        replaces: Vec::new(),
    }
}

fn start(connection: &mut Connection, new: &NewSession) -> Result<UserChange, StartRefused> {
    start_session(connection, new, &operator_event(EventKind::SignedIn, new.user_id))
}

fn end(
    connection: &mut Connection,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
) -> Option<UserChange> {
    end_session(connection, user, session, now, &operator_event(EventKind::SignedOut, user)).unwrap()
}

fn disable(
    connection: &mut Connection,
    user: UserId,
    disabled: bool,
    now: DateTime<Utc>,
) -> Option<UserChange> {
    let event = operator_event(EventKind::AccountDisabled, user);
    set_disabled(connection, user, disabled, now, &event).unwrap()
}

fn delete(connection: &mut Connection, user: UserId, now: DateTime<Utc>) -> Option<UserChange> {
    delete_account(connection, user, now, &operator_event(EventKind::AccountDeleted, user)).unwrap()
}

fn record(change: &UserChange) -> &UserRecord {
    match &change.state {
        UserState::Present(record) => record,
        UserState::Deleted { .. } => panic!("deleted: {change:?}"),
    }
}

fn add_role(connection: &mut Connection, user: UserId, role: &str) {
    let row = (user_roles::user_id.eq(user), user_roles::role.eq(role));
    on_backend!(connection, |c| insert_into(user_roles::table).values(row).execute(c)).unwrap();
}

#[test]
fn an_account_is_found_by_its_address_in_any_case() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "Ada@example.com", now);

        let credentials = find_credentials(&mut c, &email("ada@example.com")).unwrap().unwrap();
        let account = find_account(&mut c, &email("ada@example.com")).unwrap().unwrap();

        assert_eq!((credentials.user_id, credentials.hash.as_deref()), (id, Some("hash")));
        assert_eq!(credentials.password_changed_at, Some(now.naive_utc()), "to the microsecond");
        assert_eq!((account.id, account.created_at, account.disabled), (id, now.naive_utc(), false));
        assert!(find_credentials(&mut c, &email("nobody@example.com")).unwrap().is_none());
    }
}

#[test]
fn an_address_cannot_have_a_second_account() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let first = add_account(&mut c, "Ada@example.com", now);
        let second = new_account("ADA@example.com", now);

        let is_created =
            insert_account(&mut c, &second, &operator_event(EventKind::SignedUp, first)).unwrap();

        assert!(!is_created);
        assert!(storage::email_is_taken(&mut c, &email("ada@EXAMPLE.com")).unwrap());
    }
}

#[test]
fn changes_contain_the_record_after_the_change() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        add_role(&mut c, id, "admin");
        let new = new_session(&mut c, id, now);

        let started = start(&mut c, &new).unwrap();
        let stored = find_user_record(&mut c, id).unwrap().unwrap();
        let ended = end(&mut c, id, new.id, now).unwrap();
        let disabled = disable(&mut c, id, true, now).unwrap();
        let deleted = delete(&mut c, id, now).unwrap();

        assert_eq!(record(&started), &stored);
        assert_eq!((record(&started).version, &record(&started).roles), (2, &vec!["admin".to_owned()]));
        let listed = record(&started).sessions.get(new.id).unwrap();
        assert_eq!((listed.expires_at, listed.second_factor), (new.expires_at, false));
        assert_eq!(record(&ended).version, 3);
        assert!(record(&ended).sessions.is_empty());
        assert!(record(&disabled).disabled);
        assert_eq!(deleted.state, UserState::Deleted { version: 5 });
        assert!(find_user_record(&mut c, id).unwrap().is_none());
    }
}

#[test]
fn disabling_an_account_ends_its_sessions() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        let new = new_session(&mut c, id, now);
        start(&mut c, &new).unwrap();

        let disabled = disable(&mut c, id, true, now).unwrap();

        assert!(record(&disabled).sessions.is_empty());
        assert_eq!(start(&mut c, &new), Err(StartRefused::Disabled));
    }
}

#[test]
fn changes_that_change_nothing_are_refused() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let ada = add_account(&mut c, "ada@example.com", now);
        let eve = add_account(&mut c, "eve@example.com", now);
        let new = new_session(&mut c, ada, now);
        start(&mut c, &new).unwrap();

        assert!(end(&mut c, eve, new.id, now).is_none(), "the session belongs to someone else");
        assert!(end(&mut c, ada, new.id, now).is_some());
        assert!(end(&mut c, ada, new.id, now).is_none(), "the session has ended");
        assert!(delete(&mut c, ada, now).is_some());
        assert!(delete(&mut c, ada, now).is_none(), "the account is deleted");
    }
}

#[test]
fn the_outbox_contains_every_change_until_its_delivery() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        let new = new_session(&mut c, id, now);
        start(&mut c, &new).unwrap();
        disable(&mut c, id, true, now).unwrap();
        assert_eq!(start(&mut c, &new), Err(StartRefused::Disabled));
        delete(&mut c, id, now).unwrap();

        let pending = find_pending_changes(&mut c, 100).unwrap();
        let ids: Vec<_> = pending.iter().map(|change| change.id).collect();
        let deleted = storage::delete_pending_changes(&mut c, &ids).unwrap();

        let mut versions: Vec<_> = pending.iter().map(|change| change.version).collect();
        // Rows created in the same millisecond have no defined order.
        versions.sort_unstable();
        assert_eq!(versions, [2, 3, 4], "a refused change leaves no row");
        assert_eq!(deleted, 3);
        assert!(find_pending_changes(&mut c, 100).unwrap().is_empty());
    }
}

#[test]
fn only_the_hash_that_was_checked_is_strengthened() {
    for (mut c, _folder) in migrated_databases() {
        let id = add_account(&mut c, "ada@example.com", SystemClock.now());

        let first = replace_hash(&mut c, id, "hash", "stronger").unwrap();
        let late = replace_hash(&mut c, id, "hash", "late").unwrap();

        assert!(first);
        assert!(!late);
    }
}

#[test]
fn a_new_password_ends_sessions_and_sign_ins_in_progress() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        let checked = new_session(&mut c, id, now);
        replace_hash(&mut c, id, "hash", "stronger").unwrap();
        start(&mut c, &checked).unwrap();

        let later = now + TimeDelta::seconds(1);
        let event = operator_event(EventKind::PasswordChanged, id);
        let changed = set_password(&mut c, id, "another", later, &event).unwrap().unwrap();
        let in_progress = NewSession { id: SessionId::generate(Random, now), ..checked };

        assert!(record(&changed).sessions.is_empty());
        assert_eq!(start(&mut c, &in_progress), Err(StartRefused::ProofInvalid));
    }
}

/// Starts a session that lasts 100 s.
fn start_short(connection: &mut Connection, user: UserId, now: DateTime<Utc>, limit: u32) -> SessionId {
    let new = new_session(connection, user, now);
    let short = NewSession { expires_at: now + TimeDelta::seconds(100), limit, ..new };
    start(connection, &short).unwrap();
    short.id
}

fn session_ids(connection: &mut Connection, user: UserId) -> Vec<SessionId> {
    find_user_record(connection, user).unwrap().unwrap().sessions.ids().collect()
}

#[test]
fn a_sign_in_ends_expired_sessions_and_the_oldest() {
    for (mut c, _folder) in migrated_databases() {
        let start = SystemClock.now();
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let id = add_account(&mut c, "ada@example.com", start);

        let first = start_short(&mut c, id, at(0), 3);
        let second = start_short(&mut c, id, at(50), 3);
        let third = start_short(&mut c, id, at(60), 3);
        assert_eq!(session_ids(&mut c, id), [first, second, third]);

        let fourth = start_short(&mut c, id, at(101), 3);
        assert_eq!(session_ids(&mut c, id), [second, third, fourth], "the first one has expired");

        let fifth = start_short(&mut c, id, at(102), 2);
        assert_eq!(session_ids(&mut c, id), [fourth, fifth], "a lower limit ends several");
    }
}

#[test]
fn accounts_are_listed_in_pages() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let all: Vec<_> = (0..5)
            .map(|n| add_account(&mut c, &format!("u{n}@example.com"), now + TimeDelta::milliseconds(n)))
            .collect();

        let first = find_accounts(&mut c, None, 3).unwrap();
        let second = find_accounts(&mut c, first.last().map(|account| account.id), 3).unwrap();

        let listed: Vec<_> = first.iter().chain(&second).map(|account| account.id).collect();
        assert_eq!(listed, all);
    }
}

#[test]
fn a_second_connection_keeps_the_locks_of_the_first() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("test.db");
    let url = DatabaseUrl::parse(&format!("sqlite://{}", file.display())).unwrap();
    let mut first = Connection::open(&url, Access::Own).unwrap();
    storage::migrate(&mut first).unwrap();

    let mut second = Connection::open(&url, Access::Own).unwrap();
    for connection in [&mut first, &mut second] {
        assert!(find_accounts(connection, None, 1).unwrap().is_empty());
    }

    // Without the locks, a program that closes the file would consider itself its only user and discard later writes.
    let inode = fs::metadata(&file).unwrap().ino();
    let locks = fs::read_to_string("/proc/locks").unwrap();
    assert!(locks.contains(&format!(":{inode} ")), "no lock on {inode}: {locks}");
}

#[test]
fn the_newest_active_key_signs() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        assert!(storage::find_signing_key(&mut c, now).unwrap().is_none());
        let key = |kid: &str, active_from: DateTime<Utc>| NewKey {
            kid: kid.into(),
            public_jwk: "{}".into(),
            sealed: vec![0, 1, 255],
            created_at: now,
            active_from,
            token_lifetime: TimeDelta::days(7),
        };

        storage::insert_key(&mut c, &key("old", now)).unwrap();
        storage::raise_token_lifetime(&mut c, TimeDelta::days(1)).unwrap();
        let longest = storage::supersede_keys(&mut c, now).unwrap();
        storage::insert_key(&mut c, &key("new", now + TimeDelta::minutes(10))).unwrap();
        let current = storage::find_signing_key(&mut c, now).unwrap().unwrap();
        let later = storage::find_signing_key(&mut c, now + TimeDelta::minutes(11)).unwrap().unwrap();

        assert_eq!(longest, TimeDelta::days(7), "a lifetime is never lowered");
        assert_eq!((current.kid.as_str(), current.sealed), ("old", vec![0, 1, 255]));
        assert_eq!(later.kid, "new");
        assert_eq!(storage::find_key_summaries(&mut c).unwrap().len(), 2);
    }
}

#[test]
fn a_failed_transaction_changes_nothing() {
    for (mut c, _folder) in migrated_databases() {
        let id = add_account(&mut c, "ada@example.com", SystemClock.now());

        let failed: Result<(), QueryError> = c.transaction(|c| {
            add_role(c, id, "half");
            Err(QueryError::RollbackTransaction)
        });
        let roles_after_failure = storage::find_roles(&mut c, id).unwrap();
        add_role(&mut c, id, "whole");

        assert!(failed.is_err());
        assert!(roles_after_failure.is_empty(), "{roles_after_failure:?}");
        assert_eq!(storage::find_roles(&mut c, id).unwrap(), ["whole"]);
    }
}
