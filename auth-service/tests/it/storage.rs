//! The queries, on both databases.

use auth_service::{
    caller::Caller,
    domain::{Email, EventKind},
    storage::{
        self, NewAccount, NewEvent, NewKey, NewSession, Proof, StartRefused, delete_account, end_session,
        find_account, find_accounts, find_credentials, find_pending, insert_account, set_disabled,
        set_password, start_session, strengthen_hash,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::RunQueryDsl;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::{SessionId, UserId},
    random::Random,
};
use drawbridge_database::{
    Access, Connection, DatabaseUrl, find_user_record, on_backend, schema::user_roles,
};
use drawbridge_verification::user_record::UserState;

use crate::helpers::migrated_databases;

fn event(kind: EventKind, user: UserId) -> NewEvent {
    NewEvent::new(kind, &Caller::operator(), SystemClock.now()).to(user)
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn add_account(connection: &mut Connection, address: &str, now: DateTime<Utc>) -> UserId {
    let id = UserId::generate(Random, now);
    let account = NewAccount { id, email: email(address), email_verified: false, hash: "hash".into(), now };
    assert!(insert_account(connection, &account, &event(EventKind::SignedUp, id)).unwrap());
    id
}

fn session(connection: &mut Connection, user: UserId, now: DateTime<Utc>) -> NewSession {
    let address = find_user_record(connection, user).unwrap().unwrap().email;
    let credentials = find_credentials(connection, &email(&address)).unwrap().unwrap();
    NewSession {
        id: SessionId::generate(Random, now),
        user_id: user,
        proof: Proof::Password(credentials.password_changed_at),
        address: "203.0.113.9".into(),
        user_agent: "curl/8".into(),
        now,
        expires_at: now + TimeDelta::days(30),
        limit: 50,
        event: event(EventKind::SignedIn, user),
        replaces: Vec::new(),
        news: None,
    }
}

#[test]
fn an_account_is_stored_and_found_to_the_microsecond() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "Ada@example.com", now);
        let same = NewAccount {
            id: UserId::generate(Random, now),
            email: email("ADA@example.com"),
            email_verified: false,
            hash: "x".into(),
            now,
        };
        assert!(
            !insert_account(&mut c, &same, &event(EventKind::SignedUp, id)).unwrap(),
            "one account per address"
        );
        assert!(storage::email_is_taken(&mut c, &email("ada@EXAMPLE.com")).unwrap());

        let credentials = find_credentials(&mut c, &email("ada@example.com")).unwrap().unwrap();
        assert_eq!((credentials.user_id, credentials.hash.as_deref()), (id, Some("hash")));
        assert_eq!(credentials.password_changed_at, Some(now.naive_utc()));
        let account = find_account(&mut c, &email("ada@example.com")).unwrap().unwrap();
        assert_eq!((account.id, account.created_at, account.disabled), (id, now.naive_utc(), false));
        assert!(find_credentials(&mut c, &email("nobody@example.com")).unwrap().is_none());
    }
}

#[test]
fn every_change_counts_and_stands_in_the_outbox_with_the_state_after_it() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        set_role(&mut c, id, "admin");

        let new = session(&mut c, id, now);
        let started = start_session(&mut c, &new).unwrap();
        let UserState::Present(record) = &started.state else { panic!("{started:?}") };
        assert_eq!((record.version, record.roles.as_slice()), (2, ["admin".to_owned()].as_slice()));
        assert_eq!(record.sessions.get(new.id), Some(new.expires_at));
        assert_eq!(find_user_record(&mut c, id).unwrap().as_ref(), Some(&**record));

        let ended = end_session(&mut c, id, new.id, now, &event(EventKind::SignedOut, id)).unwrap().unwrap();
        assert!(
            matches!(&ended.state, UserState::Present(record) if record.version == 3 && record.sessions.is_empty())
        );
        assert!(
            end_session(&mut c, id, new.id, now, &event(EventKind::SignedOut, id)).unwrap().is_none(),
            "it had ended"
        );

        let new = session(&mut c, id, now);
        start_session(&mut c, &new).unwrap();
        let other = add_account(&mut c, "eve@example.com", now);
        assert!(
            end_session(&mut c, other, new.id, now, &event(EventKind::SignedOut, other)).unwrap().is_none(),
            "nobody ends another's session"
        );
        let disabled =
            set_disabled(&mut c, id, true, now, &event(EventKind::AccountDisabled, id)).unwrap().unwrap();
        assert!(
            matches!(&disabled.state, UserState::Present(record) if record.disabled && record.sessions.is_empty())
        );
        assert_eq!(start_session(&mut c, &new), Err(StartRefused::Disabled));
        set_disabled(&mut c, id, false, now, &event(EventKind::AccountEnabled, id)).unwrap().unwrap();

        let deleted =
            delete_account(&mut c, id, now, &event(EventKind::AccountDeleted, id)).unwrap().unwrap();
        assert_eq!(deleted.state, UserState::Deleted { version: 7 });
        assert!(find_user_record(&mut c, id).unwrap().is_none());
        assert!(delete_account(&mut c, id, now, &event(EventKind::AccountDeleted, id)).unwrap().is_none());

        let waiting = find_pending(&mut c, 100).unwrap();
        let mut versions: Vec<_> = waiting.iter().map(|change| change.version).collect();
        // Within one millisecond they stand in any order.
        versions.sort_unstable();
        assert_eq!(versions, [2, 3, 4, 5, 6, 7], "a refused change leaves nothing");
        let ids: Vec<_> = waiting.iter().map(|change| change.id).collect();
        assert_eq!(storage::delete_pending(&mut c, &ids).unwrap(), 6);
    }
}

#[test]
fn a_login_that_began_before_the_password_changed_does_not_get_in() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        let checked = session(&mut c, id, now);
        assert!(strengthen_hash(&mut c, id, "hash", "stronger").unwrap());
        assert!(
            !strengthen_hash(&mut c, id, "hash", "late").unwrap(),
            "only the hash that was checked is replaced"
        );
        start_session(&mut c, &checked).unwrap();
        let changed = set_password(
            &mut c,
            id,
            "another",
            now + TimeDelta::seconds(1),
            &event(EventKind::PasswordChanged, id),
        )
        .unwrap()
        .unwrap();
        assert!(matches!(&changed.state, UserState::Present(record) if record.sessions.is_empty()));
        let late = NewSession { id: SessionId::generate(Random, now), ..checked };
        assert_eq!(start_session(&mut c, &late), Err(StartRefused::Changed));
    }
}

#[test]
fn sessions_that_have_ended_go_and_the_oldest_make_room() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        let at = |c: &mut Connection, seconds: i64, limit: u32| {
            let mut new = session(c, id, now + TimeDelta::seconds(seconds));
            new.expires_at = new.now + TimeDelta::seconds(100);
            new.limit = limit;
            start_session(c, &new).unwrap();
            new.id
        };
        let first = at(&mut c, 0, 3);
        let second = at(&mut c, 50, 3);
        let third = at(&mut c, 60, 3);
        let alive = |c: &mut Connection| {
            let record = find_user_record(c, id).unwrap().unwrap();
            record.sessions.ids().collect::<Vec<_>>()
        };
        assert_eq!(alive(&mut c), [first, second, third]);
        let fourth = at(&mut c, 101, 3);
        assert_eq!(alive(&mut c), [second, third, fourth], "the first had ended");
        let fifth = at(&mut c, 102, 2);
        assert_eq!(alive(&mut c), [fourth, fifth], "a lower limit drops more than one");
    }
}

#[test]
fn accounts_are_listed_page_by_page() {
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
fn one_more_connection_leaves_the_locks_of_the_others_on_the_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("test.db");
    let url = DatabaseUrl::parse(&format!("sqlite://{}", file.display())).unwrap();
    let mut first = Connection::open(&url, Access::Own).unwrap();
    storage::migrate(&mut first).unwrap();
    let mut second = Connection::open(&url, Access::Own).unwrap();
    for connection in [&mut first, &mut second] {
        assert!(find_accounts(connection, None, 1).unwrap().is_empty());
    }
    // Without them a program that closes the file takes the database for its own, and throws away what is written later.
    let inode = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&file).unwrap());
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    assert!(locks.contains(&format!(":{inode} ")), "no lock on {inode}: {locks}");
}

#[test]
fn the_newest_key_whose_time_has_come_signs() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        assert!(storage::find_signing_key(&mut c, SystemClock.now()).unwrap().is_none());
        let key = |kid: &str, active_from: DateTime<Utc>| NewKey {
            kid: kid.into(),
            public_jwk: "{}".into(),
            sealed: vec![0, 1, 255],
            created_at: now,
            active_from,
            token_lifetime: TimeDelta::days(7),
        };
        storage::insert_key(&mut c, &key("old", now)).unwrap();
        storage::lengthen_token_lifetime(&mut c, TimeDelta::days(1)).unwrap();
        assert_eq!(storage::supersede_keys(&mut c, now).unwrap(), TimeDelta::days(7), "never shortened");
        storage::insert_key(&mut c, &key("new", now + TimeDelta::minutes(10))).unwrap();
        let signing = |c: &mut Connection, at| storage::find_signing_key(c, at).unwrap().map(|key| key.kid);
        assert_eq!(signing(&mut c, now).as_deref(), Some("old"));
        assert_eq!(signing(&mut c, now + TimeDelta::minutes(11)).as_deref(), Some("new"));
        let found = storage::find_signing_key(&mut c, now).unwrap().unwrap();
        assert_eq!(found.sealed, [0, 1, 255]);
        assert_eq!(storage::find_key_summaries(&mut c).unwrap().len(), 2);
    }
}

#[test]
fn what_fails_halfway_is_undone_whole() {
    for (mut c, _folder) in migrated_databases() {
        let now = SystemClock.now();
        let id = add_account(&mut c, "ada@example.com", now);
        let failed: Result<(), diesel::result::Error> = c.transaction(|c| {
            set_role(c, id, "half");
            Err(diesel::result::Error::RollbackTransaction)
        });
        assert!(failed.is_err());
        assert!(find_user_record(&mut c, id).unwrap().unwrap().roles.is_empty());
        set_role(&mut c, id, "whole");
        assert_eq!(find_user_record(&mut c, id).unwrap().unwrap().roles, ["whole"]);
    }
}

fn set_role(connection: &mut Connection, user: UserId, role: &str) {
    use diesel::ExpressionMethods;
    let row = (user_roles::user_id.eq(user), user_roles::role.eq(role));
    on_backend!(connection, |c| diesel::insert_into(user_roles::table).values(row).execute(c)).unwrap();
}
