//! The queries that auth-service alone needs. Each changes what it changes in one transaction,
//! together with the user's version and the outbox row that will tell the cache.

mod accounts;
mod audit;
mod export;
mod import;
mod keys;
mod links;
mod mail_jobs;
mod migrations;
mod outbox;
mod passkeys;
mod profile;
mod reader;
mod roles;
mod second_factors;
mod session_details;
mod sessions;
mod sign_out;

use diesel::result::Error as QueryError;
use drawbridge_core::id::{OutboxId, UserId};
use drawbridge_verification::user_record::UserState;

pub use accounts::{
    AccountSummary, Credentials, NewAccount, delete_account, email_is_taken, find_account, find_accounts,
    find_credentials, insert_account, set_disabled, set_password, strengthen_hash,
};
pub use audit::{
    Event, EventFilter, NewEvent, delete_events_before, delete_events_of_nobody_before, find_events,
    insert_event,
};
pub use export::{ExportedAccount, find_accounts_to_export};
pub use import::{ImportedAccount, find_known_keys, import_accounts};
pub use keys::{
    KeySummary, NewKey, SealedKey, bring_waiting_keys_forward, find_key_summaries, find_published_kids,
    find_signing_key, insert_key, lengthen_token_lifetime, longest_token_lifetime, revoke_key,
    supersede_keys,
};
pub use links::{LinkRow, delete_ended_links, delete_link, delete_links_of_kind, find_link, insert_link};
pub use mail_jobs::{MailJobRow, claim_mail_jobs, delete_mail_job, insert_mail_job, postpone_mail_job};
pub use migrations::migrate;
pub use outbox::{Pending, delete_pending, find_pending};
pub use passkeys::{
    CeremonyRow, PasskeyRow, delete_ended_ceremonies, find_passkey, find_passkeys, insert_ceremony,
    note_passkey_use, rename_passkey, take_ceremony,
};
pub use profile::{
    AddressChange, Keep, NewPassword, Profile, change_address, change_password, find_profile,
    redeem_registration, reset_password, verify_address,
};
pub use reader::{ReaderRole, grant_reading};
pub use roles::{RoleChange, change_roles, find_roles};
pub use second_factors::{
    Added, NewFactor, Removal, Right, SecondFactors, TotpRow, begin_totp, confirm_totp, delete_passkey,
    delete_totp, find_second_factors, find_totp, insert_passkey, remove_factors, replace_recovery_codes,
    take_totp_step, use_recovery_code,
};
pub use session_details::{
    SessionView, end_other_sessions, find_confirmation, find_sessions, note_confirmation, note_seen,
};
pub use sessions::{NewSession, Proof, StartRefused, end_session, start_session};
pub use sign_out::{end_sessions_of, find_signed_in};

/// A committed change of a user that the cache is to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The outbox row that stands for it until the cache knows.
    pub outbox_id: OutboxId,
    /// Whose change it is.
    pub user_id: UserId,
    /// The user's state after it.
    pub state: UserState,
}

/// A query result of this module.
pub type QueryResult<T> = Result<T, QueryError>;
