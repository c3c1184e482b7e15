//! The queries of auth-service.
//!
//! A function that changes a user's record does so in one transaction. The transaction also increments the record's
//! version and inserts an outbox row, from which the relay delivers the change to the cache.

mod accounts;
mod audit;
mod enrolled_factors;
mod export;
mod frontend_keys;
mod frontends;
mod import;
mod keys;
mod links;
mod mail_jobs;
mod migrations;
mod outbox;
mod passkeys;
mod passwords;
mod profile;
mod proof_nonces;
mod reader;
mod recovery_codes;
mod roles;
mod second_factor_mark;
mod second_factors;
mod session_details;
mod sessions;
mod sign_out;
mod totp;

pub use diesel::QueryResult;

pub use accounts::{
    AccountSummary, Credentials, NewAccount, delete_account, email_is_taken, find_account, find_accounts,
    find_credentials, insert_account, set_disabled,
};
pub use audit::{
    AuditEvent, EventFilter, NewEvent, delete_events_before, delete_unattributed_events_before, find_events,
    insert_event, insert_wrong_code,
};
pub use enrolled_factors::find_enrolled_factors;
pub use export::{ExportedAccount, find_accounts_to_export};
pub use frontend_keys::{
    FrontendKeyRow, FrontendKeySummary, delete_expired_frontend_keys, expire_frontend_keys,
    find_frontend_key, find_frontend_key_summaries, insert_frontend_key, key_kind_word,
};
pub use frontends::{
    delete_declarations, delete_expired_previews, delete_frontend, find_frontend, find_frontends,
    find_registered_origins, insert_frontend, is_session_audience, update_frontend, upsert_preview,
};
pub use import::{ImportedAccount, find_known_email_keys, import_accounts};
pub use keys::{
    KeySummary, NewKey, SealedKey, activate_waiting_keys, find_key_summaries, find_longest_token_lifetime,
    find_published_kids, find_signing_key, insert_key, raise_token_lifetime, revoke_key, supersede_keys,
};
pub use links::{LinkRow, delete_expired_links, delete_link, delete_links_of_kind, find_link, insert_link};
pub use mail_jobs::{MailJobRow, claim_mail_jobs, delete_mail_job, insert_mail_job, postpone_mail_job};
pub use migrations::migrate;
pub use outbox::{CommitOutcome, PendingChange, UserChange, delete_pending_changes, find_pending_changes};
pub use passkeys::{
    CeremonyRow, PasskeyRow, delete_expired_ceremonies, find_passkey, find_passkeys, insert_ceremony,
    insert_passkey, record_passkey_use, rename_passkey, take_ceremony,
};
pub use passwords::{KeptSessions, NewPassword, change_password, replace_hash, set_password};
pub use profile::{
    AddressChangeOutcome, Profile, RegistrationOutcome, change_address, find_profile, redeem_registration,
    reset_password, verify_address,
};
pub use proof_nonces::{delete_expired_nonces, insert_nonce};
pub use reader::{ReaderRole, grant_reading};
pub use recovery_codes::{RecoveryCodeHashes, replace_recovery_codes, use_recovery_code};
pub use roles::{RoleChange, change_roles, find_roles};
pub use second_factors::{
    Authorization, FactorAddition, FactorRemoval, NewFactor, RemovalRules, delete_passkey, delete_totp,
    remove_factors,
};
pub use session_details::{
    EndedSessions, NewConfirmation, RecordedConfirmation, SessionSummary, end_other_sessions,
    find_confirmation, find_sessions, record_confirmation, record_session_use,
};
pub use sessions::{NewSession, Proof, StartRefused, end_session, start_session};
pub use sign_out::{end_sessions_of, find_signed_in};
pub use totp::{TotpRow, begin_totp, confirm_totp, find_totp, use_totp_step};
