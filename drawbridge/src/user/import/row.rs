//! From a row of the file to an account, or to the reason why not.

use auth_service::{
    domain::{Email, EmailFault, HashFault, PasswordHash},
    storage::ImportedAccount,
};
use chrono::{DateTime, TimeDelta, Utc};

use super::{fields::Fields, value::Value};

/// What is wrong with a row. It never shows what stands there: a column that slipped may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("has {found} fields where the header has {expected}")]
    Width { found: usize, expected: usize },
    #[error("is not UTF-8")]
    NotUtf8,
    #[error("is no JSON object (character {0})")]
    NotJson(usize),
    #[error("has no e-mail address")]
    NoEmail,
    #[error("the e-mail address is not accepted: {0}")]
    Email(EmailFault),
    #[error("the password hash {0}")]
    Hash(HashFault),
    #[error("the password hash is no text")]
    HashType,
    #[error("{0} is neither yes nor no, nor a time")]
    Flag(&'static str),
    #[error("the time at which the account was made is no time such as 2024-05-01 12:34:56")]
    Time,
    #[error("the time at which the account was made is not between 1970 and now")]
    TimeRange,
    #[error("the roles are no list of names of 1 to 64 characters without commas")]
    Roles,
}

/// What holds for all rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// `BCRYPT_COST_MAX` of auth-service.
    pub(super) max_cost: u32,
    /// Now.
    pub(super) now: DateTime<Utc>,
}

impl Rules {
    /// The account that a row stands for.
    pub(super) fn account(&self, row: &Fields<Option<Value>>) -> Result<ImportedAccount, Fault> {
        let email = row.email.as_ref().and_then(Value::text).ok_or(Fault::NoEmail)?;
        let created_at = row.created_at.as_ref();
        let flag = |value: &Option<Value>, name| match value {
            Some(value) => value.flag().ok_or(Fault::Flag(name)),
            None => Ok(false),
        };
        Ok(ImportedAccount {
            email: Email::parse(email).map_err(Fault::Email)?,
            hash: row.password_hash.as_ref().map(|value| self.hash(value)).transpose()?,
            email_verified: flag(&row.email_verified, "“address verified”")?,
            disabled: flag(&row.disabled, "“disabled”")?,
            created_at: created_at.map_or(Ok(self.now), |value| self.past(value))?,
            roles: row.roles.as_ref().map_or(Some(Vec::new()), Value::roles).ok_or(Fault::Roles)?,
        })
    }

    fn hash(&self, value: &Value) -> Result<PasswordHash, Fault> {
        PasswordHash::parse(value.text().ok_or(Fault::HashType)?, self.max_cost).map_err(Fault::Hash)
    }

    /// A time in the past, or where the offset was left out, one that may be.
    fn past(&self, value: &Value) -> Result<DateTime<Utc>, Fault> {
        let time = value.instant().ok_or(Fault::Time)?;
        let range = DateTime::UNIX_EPOCH..=self.now + TimeDelta::days(1);
        if range.contains(&time) { Ok(time) } else { Err(Fault::TimeRange) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules { max_cost: 14, now: "2026-01-01T00:00:00Z".parse().unwrap() }
    }

    fn row(email: &str) -> Fields<Option<Value>> {
        Fields { email: Value::of_text(email), ..Fields::default() }
    }

    #[test]
    fn an_address_alone_is_an_account_without_a_password() {
        let account = rules().account(&row(" Ada@Example.com ")).unwrap();
        assert_eq!(account.email.as_str(), "Ada@example.com");
        assert!(account.hash.is_none() && account.roles.is_empty());
        assert!(!account.email_verified && !account.disabled);
        assert_eq!(account.created_at, rules().now);
    }

    #[test]
    fn a_fault_says_which_field_and_not_what_stood_there() {
        let secret = Value::of_text("hunter2");
        for (row, fault) in [
            (row(""), Fault::NoEmail),
            (row("hunter2"), Fault::Email(EmailFault::Form)),
            (
                Fields { password_hash: secret.clone(), ..row("a@b.example") },
                Fault::Hash(HashFault::NotBcrypt),
            ),
            (Fields { password_hash: Some(Value::Number(7)), ..row("a@b.example") }, Fault::HashType),
            (Fields { disabled: secret.clone(), ..row("a@b.example") }, Fault::Flag("“disabled”")),
            (Fields { created_at: secret.clone(), ..row("a@b.example") }, Fault::Time),
            (Fields { created_at: Value::of_text("2027-01-01"), ..row("a@b.example") }, Fault::TimeRange),
            (Fields { created_at: Value::of_text("1969-01-01"), ..row("a@b.example") }, Fault::TimeRange),
            (Fields { roles: Some(Value::Other), ..row("a@b.example") }, Fault::Roles),
        ] {
            let refused = rules().account(&row).unwrap_err();
            assert_eq!(refused, fault);
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
        }
    }
}
