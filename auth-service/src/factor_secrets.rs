//! The secrets of second factors at rest (ASVS 5.0, V6.5).

use aws_lc_rs::hmac;
use drawbridge_core::{
    id::UserId,
    random::Random,
    secret::{KeyPurpose, MasterSecret, Sealer, UnsealError},
};
use secrecy::SecretString;

use crate::{
    domain::{RECOVERY_CODE_COUNT, RecoveryCode, TotpSecret},
    storage::TotpRow,
};

/// Seals the secrets of authenticator apps and hashes recovery codes.
pub(crate) struct FactorSecrets {
    totp: Sealer,
    recovery_codes: hmac::Key,
}

/// A new set of recovery codes, as shown to the user and as stored.
pub(crate) struct RecoveryCodeSet {
    pub(crate) codes: Vec<SecretString>,
    pub(crate) hashes: Vec<Vec<u8>>,
}

impl FactorSecrets {
    pub(crate) fn new(master: &MasterSecret) -> Self {
        Self {
            totp: Sealer::new(master, KeyPurpose::TotpSecrets),
            recovery_codes: master.hmac_key(KeyPurpose::RecoveryCodes),
        }
    }

    pub(crate) fn seal_totp(&self, user: UserId, secret: &TotpSecret) -> Vec<u8> {
        self.totp.seal(Random, &user.to_string(), secret.as_bytes())
    }

    /// Opens the secret of an authenticator app.
    ///
    /// # Errors
    /// The secret was sealed under a different master secret.
    pub(crate) fn open_totp(&self, row: &TotpRow) -> Result<TotpSecret, UnsealError> {
        let plain = self.totp.open(&row.user_id.to_string(), &row.sealed)?;
        TotpSecret::from_bytes(&plain).ok_or(UnsealError)
    }

    pub(crate) fn generate_recovery_codes(&self) -> RecoveryCodeSet {
        let codes: Vec<_> = (0..RECOVERY_CODE_COUNT).map(|_| RecoveryCode::generate(Random)).collect();
        RecoveryCodeSet {
            hashes: codes.iter().map(|code| self.hash_recovery_code(code)).collect(),
            codes: codes.iter().map(RecoveryCode::text).collect(),
        }
    }

    pub(crate) fn hash_recovery_code(&self, code: &RecoveryCode) -> Vec<u8> {
        code.hash(&self.recovery_codes)
    }
}
