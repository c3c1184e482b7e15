//! The master secret and the keys derived from it, so that an operator keeps a single secret.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac,
};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroize};

use crate::random::Random;

/// The minimum length of a master secret, in bytes.
pub const MASTER_SECRET_MIN_BYTES: usize = 32;

/// The secret of a deployment. Every key is derived from it with HKDF (RFC 5869).
#[derive(Clone)]
pub struct MasterSecret(SecretString);

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

/// What a derived key is used for. Each purpose has a separate key.
#[derive(Debug, Clone, Copy)]
pub enum KeyPurpose {
    /// Encrypts private signing keys at rest.
    SigningKeys,
    /// Pre-hashes passwords that bcrypt would truncate.
    PasswordPreHash,
    /// Proves to auth-service that a request comes from a proxy of this deployment.
    ProxyIdentity,
    /// Encrypts the cookies of page sessions.
    PageSession,
    /// Hides the names under which attempts are counted.
    Limits,
    /// Signs device cookies.
    Device,
    /// Encrypts queued e-mails at rest.
    MailJobs,
    /// Encrypts the purpose of mailed links at rest.
    Links,
    /// Encrypts the secrets of authenticator apps at rest.
    TotpSecrets,
    /// Hashes recovery codes.
    RecoveryCodes,
    /// Encrypts pending logins, between the first and the second step.
    PendingLogin,
    /// Encrypts the keys of frontends at rest.
    FrontendKeys,
}

impl KeyPurpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::SigningKeys => b"drawbridge/1/signing-keys",
            Self::PasswordPreHash => b"drawbridge/1/password-pre-hash",
            Self::ProxyIdentity => b"drawbridge/1/proxy-identity",
            Self::PageSession => b"drawbridge/1/page-session",
            Self::Limits => b"drawbridge/1/limits",
            Self::Device => b"drawbridge/1/device",
            Self::MailJobs => b"drawbridge/1/mail-jobs",
            Self::Links => b"drawbridge/1/links",
            Self::TotpSecrets => b"drawbridge/1/totp-secrets",
            Self::RecoveryCodes => b"drawbridge/1/recovery-codes",
            Self::PendingLogin => b"drawbridge/1/pending-login",
            Self::FrontendKeys => b"drawbridge/1/frontend-keys",
        }
    }
}

/// A 512-bit key derived for one purpose, wiped when dropped.
pub struct DerivedKey([u8; DerivedKey::BYTES]);

impl DerivedKey {
    const BYTES: usize = 64;

    /// Derives a key from `secret` with HKDF (RFC 5869).
    #[expect(clippy::expect_used, reason = "HKDF-SHA-256 can derive far more than 64 bytes")]
    pub(crate) fn new(secret: &[u8], purpose: KeyPurpose) -> Self {
        let mut bytes = [0; Self::BYTES];
        Salt::new(HKDF_SHA256, b"drawbridge")
            .extract(secret)
            .expand(&[purpose.info()], DerivedLength)
            .and_then(|key| key.fill(&mut bytes))
            .expect("HKDF derives 64 bytes");
        Self(bytes)
    }

    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl Drop for DerivedKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey(..)")
    }
}

struct DerivedLength;

impl KeyType for DerivedLength {
    fn len(&self) -> usize {
        DerivedKey::BYTES
    }
}

impl MasterSecret {
    /// Accepts a secret of at least [`MASTER_SECRET_MIN_BYTES`].
    ///
    /// # Errors
    /// A sentence that says what to do about a secret that is too short.
    pub fn parse(secret: SecretString) -> Result<Self, String> {
        if secret.expose_secret().len() < MASTER_SECRET_MIN_BYTES {
            return Err(format!(
                "must have at least {MASTER_SECRET_MIN_BYTES} bytes; `openssl rand -base64 32` creates one"
            ));
        }
        Ok(Self(secret))
    }

    /// Derives the key for `purpose`.
    pub fn derive(&self, purpose: KeyPurpose) -> DerivedKey {
        DerivedKey::new(self.0.expose_secret().as_bytes(), purpose)
    }

    /// Derives the HMAC-SHA-256 key (RFC 2104) for `purpose`.
    pub fn hmac_key(&self, purpose: KeyPurpose) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.derive(purpose).as_bytes())
    }
}

/// Encrypts small secrets at rest with AES-256-GCM (NIST SP 800-38D).
#[derive(Debug)]
pub struct Sealer(LessSafeKey);

/// A sealed value could not be opened: it was sealed under a different master secret, or modified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value was sealed under a different MASTER_SECRET, or modified")]
pub struct UnsealError;

impl Sealer {
    /// A sealer with the key for `purpose`.
    #[expect(clippy::expect_used, reason = "any 32 bytes are an AES-256 key")]
    pub fn new(master: &MasterSecret, purpose: KeyPurpose) -> Self {
        let key = master.derive(purpose);
        let (key, _) = key.as_bytes().split_at(AES_256_GCM.key_len());
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are a key")))
    }

    /// Encrypts `plain` and binds it to `label`, which is required to open it. Returns nonce, ciphertext and
    /// tag.
    #[expect(clippy::expect_used, reason = "GCM accepts everything below 64 GiB")]
    pub fn seal(&self, random: Random, label: &str, plain: &[u8]) -> Vec<u8> {
        let nonce = random.bytes::<NONCE_LEN>();
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(label.as_bytes()),
                &mut sealed,
            )
            .expect("a short value can be sealed");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts what [`Sealer::seal`] returned for the same `label`.
    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Vec<u8>, UnsealError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(UnsealError)?;
        let mut buffer = sealed.to_vec();
        let plain = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(label.as_bytes()), &mut buffer)
            .map_err(|_| UnsealError)?
            .to_vec();
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(text: &str) -> MasterSecret {
        MasterSecret::parse(SecretString::from(text)).unwrap()
    }

    #[test]
    fn a_short_master_secret_is_refused() {
        assert!(MasterSecret::parse(SecretString::from("x".repeat(31))).is_err());
    }

    #[test]
    fn every_purpose_and_secret_has_its_own_key() {
        let one = master("0123456789abcdef0123456789abcdef");
        let two = master("0123456789abcdef0123456789abcdeF");
        let key = one.derive(KeyPurpose::SigningKeys);
        assert_eq!(key.as_bytes(), one.derive(KeyPurpose::SigningKeys).as_bytes());
        assert_ne!(key.as_bytes(), one.derive(KeyPurpose::PageSession).as_bytes());
        assert_ne!(key.as_bytes(), two.derive(KeyPurpose::SigningKeys).as_bytes());
    }

    #[test]
    fn a_sealed_value_opens_only_with_its_secret_and_label() {
        let sealer = Sealer::new(&master("0123456789abcdef0123456789abcdef"), KeyPurpose::SigningKeys);
        let other = Sealer::new(&master("another secret of thirty-two byte"), KeyPurpose::SigningKeys);
        let sealed = sealer.seal(Random, "kid", b"private");
        assert_eq!(sealer.open("kid", &sealed).unwrap(), b"private");
        assert_eq!(sealer.open("another kid", &sealed), Err(UnsealError));
        assert_eq!(other.open("kid", &sealed), Err(UnsealError));
        let mut altered = sealed.clone();
        altered[20] ^= 1;
        assert_eq!(sealer.open("kid", &altered), Err(UnsealError));
        assert_eq!(sealer.open("kid", b"short"), Err(UnsealError));
    }

    #[test]
    fn debug_output_hides_secrets() {
        let master = master("0123456789abcdef0123456789abcdef");
        let shown = format!("{master:?} {:?}", master.derive(KeyPurpose::PageSession));
        assert_eq!(shown, "MasterSecret(..) DerivedKey(..)");
    }
}
