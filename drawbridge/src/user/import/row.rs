//! Turns the fields of a row into an account.

use auth_service::{
    domain::{Email, EmailError, HashError, PasswordHash},
    storage::ImportedAccount,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    fields::Fields,
    value::{FieldValue, Flag},
};

/// Why a row is invalid. The message never contains a value: with shifted columns it might be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowError {
    #[error("the row has {found} fields, but the header has {expected}")]
    FieldCount { found: usize, expected: usize },
    #[error("the row is not valid UTF-8")]
    NotUtf8,
    #[error("the row is not a JSON object (character {0})")]
    NotJson(usize),
    #[error("the e-mail address is missing")]
    NoEmail,
    #[error("the e-mail address is invalid: {0}")]
    Email(EmailError),
    #[error("the password hash {0}")]
    Hash(HashError),
    #[error("the password hash is not text")]
    HashType,
    #[error("{0} is not yes, no or a time")]
    Flag(&'static str),
    #[error("the creation time is not a time such as 2024-05-01 12:34:56")]
    CreationTime,
    #[error("the creation time is not between 1970 and now")]
    CreationTimeRange,
    #[error("the roles are not a list of names of 1 to 64 characters without commas")]
    Roles,
}

/// The limits for all rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowRules {
    /// `BCRYPT_COST_MAX`.
    pub(super) max_cost: u32,
    /// The start of the import.
    pub(super) now: DateTime<Utc>,
}

impl RowRules {
    /// The account that a row describes.
    pub(super) fn parse_account(
        &self,
        row: &Fields<Option<FieldValue>>,
    ) -> Result<ImportedAccount, RowError> {
        let email = row.email.as_ref().and_then(FieldValue::text).ok_or(RowError::NoEmail)?;
        let created_at = row.created_at.as_ref();
        let roles = row.roles.as_ref();
        Ok(ImportedAccount {
            email: Email::parse(email).map_err(RowError::Email)?,
            hash: row.password_hash.as_ref().map(|value| self.parse_hash(value)).transpose()?,
            email_verified: parse_flag(row.email_verified.as_ref(), "“address verified”")?,
            disabled: parse_flag(row.disabled.as_ref(), "“disabled”")?,
            created_at: created_at.map_or(Ok(self.now), |value| self.parse_past_time(value))?,
            roles: roles.map_or(Some(Vec::new()), FieldValue::roles).ok_or(RowError::Roles)?,
        })
    }

    fn parse_hash(&self, value: &FieldValue) -> Result<PasswordHash, RowError> {
        PasswordHash::parse(value.text().ok_or(RowError::HashType)?, self.max_cost).map_err(RowError::Hash)
    }

    /// A time in the past. A day of tolerance allows for local times without an offset.
    fn parse_past_time(&self, value: &FieldValue) -> Result<DateTime<Utc>, RowError> {
        let time = value.instant().ok_or(RowError::CreationTime)?;
        let range = DateTime::UNIX_EPOCH..=self.now + TimeDelta::days(1);
        if range.contains(&time) { Ok(time) } else { Err(RowError::CreationTimeRange) }
    }
}

fn parse_flag(value: Option<&FieldValue>, name: &'static str) -> Result<bool, RowError> {
    match value.map(FieldValue::flag) {
        Some(Flag::Yes) => Ok(true),
        Some(Flag::No) | None => Ok(false),
        Some(Flag::Invalid) => Err(RowError::Flag(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> RowRules {
        RowRules { max_cost: 14, now: "2026-01-01T00:00:00Z".parse().unwrap() }
    }

    fn row(email: &str) -> Fields<Option<FieldValue>> {
        Fields { email: FieldValue::from_text(email), ..Fields::default() }
    }

    #[test]
    fn a_row_with_only_an_address_has_defaults() {
        let account = rules().parse_account(&row(" Ada@Example.com ")).unwrap();

        assert_eq!(account.email.as_str(), "Ada@example.com");
        assert!(account.hash.is_none() && account.roles.is_empty());
        assert!(!account.email_verified && !account.disabled);
        assert_eq!(account.created_at, rules().now);
    }

    #[test]
    fn an_error_names_the_field_but_not_its_value() {
        let text = FieldValue::from_text;
        let secret = text("hunter2");
        for (case, row, expected) in [
            ("no address", row(""), RowError::NoEmail),
            ("address", row("hunter2"), RowError::Email(EmailError::Form)),
            (
                "hash",
                Fields { password_hash: secret.clone(), ..row("a@b.example") },
                RowError::Hash(HashError::NotBcrypt),
            ),
            (
                "type of the hash",
                Fields { password_hash: Some(FieldValue::Number(7)), ..row("a@b.example") },
                RowError::HashType,
            ),
            ("flag", Fields { disabled: secret.clone(), ..row("a@b.example") }, RowError::Flag("“disabled”")),
            ("time", Fields { created_at: secret, ..row("a@b.example") }, RowError::CreationTime),
            (
                "future time",
                Fields { created_at: text("2027-01-01"), ..row("a@b.example") },
                RowError::CreationTimeRange,
            ),
            (
                "time before 1970",
                Fields { created_at: text("1969-01-01"), ..row("a@b.example") },
                RowError::CreationTimeRange,
            ),
            ("roles", Fields { roles: Some(FieldValue::Other), ..row("a@b.example") }, RowError::Roles),
        ] {
            let error = rules().parse_account(&row).unwrap_err();

            assert_eq!(error, expected, "{case}");
            assert!(!error.to_string().contains("hunter2"), "{case}: {error}");
        }
    }
}
