//! The master secret and what is derived from it, so that an operator keeps one secret alone.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Salt},
    hmac,
};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroize};

use crate::random::Random;

/// The shortest master secret that is taken, in bytes.
pub const MASTER_SECRET_MIN_BYTES: usize = 32;

/// The one secret of a deployment. Everything else is derived from it by HKDF (RFC 5869).
#[derive(Clone)]
pub struct MasterSecret(SecretString);

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSecret(..)")
    }
}

/// What a derived key is for. Each purpose has a key of its own.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// Encrypting private signing keys at rest.
    SigningKeys,
    /// The pre-hash of passwords that bcrypt would cut off.
    PasswordPreHash,
    /// How a proxy shows auth-service that it belongs to the deployment.
    ProxyIdentity,
    /// The cookies of the visitor's page session.
    PageSession,
    /// The names under which attempts are counted.
    Limits,
    /// The cookie of a device on which somebody has signed in.
    Device,
    /// Mails that wait, at rest.
    MailJobs,
    /// What the links in mails do, at rest.
    Links,
    /// The secrets of authenticator apps, at rest.
    TotpSecrets,
    /// The hashes of recovery codes.
    RecoveryCodes,
    /// A sign-in between its first and its second step.
    PendingLogin,
}

impl Purpose {
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
        }
    }
}

/// A 512-bit key derived for one purpose, wiped when dropped.
pub struct DerivedKey([u8; DerivedKey::BYTES]);

impl DerivedKey {
    const BYTES: usize = 64;

    /// The key's bytes.
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
    /// Takes a secret of at least [`MASTER_SECRET_MIN_BYTES`].
    ///
    /// # Errors
    /// A sentence that says what to do when it is too short.
    pub fn parse(secret: SecretString) -> Result<Self, String> {
        if secret.expose_secret().len() < MASTER_SECRET_MIN_BYTES {
            return Err(format!(
                "must have at least {MASTER_SECRET_MIN_BYTES} bytes; `openssl rand -base64 32` makes a good one"
            ));
        }
        Ok(Self(secret))
    }

    /// The key for `purpose`.
    #[expect(clippy::expect_used, reason = "64 bytes are far below what HKDF-SHA-256 can give")]
    pub fn derive(&self, purpose: Purpose) -> DerivedKey {
        let mut bytes = [0; DerivedKey::BYTES];
        Salt::new(HKDF_SHA256, b"drawbridge")
            .extract(self.0.expose_secret().as_bytes())
            .expand(&[purpose.info()], DerivedLength)
            .and_then(|key| key.fill(&mut bytes))
            .expect("HKDF gives 64 bytes");
        DerivedKey(bytes)
    }

    /// An HMAC-SHA-256 key (RFC 2104) for `purpose`.
    pub fn hmac_key(&self, purpose: Purpose) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.derive(purpose).as_bytes())
    }
}

/// Encrypts small secrets at rest with AES-256-GCM (NIST SP 800-38D).
#[derive(Debug)]
pub struct Sealer(LessSafeKey);

/// A sealed value could not be opened: it was made under another secret, or altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value was sealed under another MASTER_SECRET, or altered")]
pub struct CannotOpen;

impl Sealer {
    /// A sealer for `purpose`.
    #[expect(clippy::expect_used, reason = "AES-256 takes any 32 bytes")]
    pub fn new(master: &MasterSecret, purpose: Purpose) -> Self {
        let key = master.derive(purpose);
        let (key, _) = key.as_bytes().split_at(AES_256_GCM.key_len());
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes make a key")))
    }

    /// Nonce, ciphertext and tag of `plain`, bound to `label`, which must be given again to open it.
    #[expect(clippy::expect_used, reason = "GCM refuses nothing below 64 GiB")]
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

    /// What [`Sealer::seal`] was given under the same `label`.
    pub fn open(&self, label: &str, sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(CannotOpen)?;
        let mut buffer = sealed.to_vec();
        let plain = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(label.as_bytes()), &mut buffer)
            .map_err(|_| CannotOpen)?
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
    fn purposes_and_secrets_have_keys_of_their_own() {
        let one = master("0123456789abcdef0123456789abcdef");
        let two = master("0123456789abcdef0123456789abcdeF");
        let key = one.derive(Purpose::SigningKeys);
        assert_eq!(key.as_bytes(), one.derive(Purpose::SigningKeys).as_bytes());
        assert_ne!(key.as_bytes(), one.derive(Purpose::PageSession).as_bytes());
        assert_ne!(key.as_bytes(), two.derive(Purpose::SigningKeys).as_bytes());
    }

    #[test]
    fn a_sealed_value_opens_only_with_its_secret_and_label() {
        let sealer = Sealer::new(&master("0123456789abcdef0123456789abcdef"), Purpose::SigningKeys);
        let other = Sealer::new(&master("another secret of thirty-two byte"), Purpose::SigningKeys);
        let sealed = sealer.seal(Random, "kid", b"private");
        assert_eq!(sealer.open("kid", &sealed).unwrap(), b"private");
        assert_eq!(sealer.open("another kid", &sealed), Err(CannotOpen));
        assert_eq!(other.open("kid", &sealed), Err(CannotOpen));
        let mut altered = sealed.clone();
        altered[20] ^= 1;
        assert_eq!(sealer.open("kid", &altered), Err(CannotOpen));
        assert_eq!(sealer.open("kid", b"short"), Err(CannotOpen));
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        let master = master("0123456789abcdef0123456789abcdef");
        let shown = format!("{master:?} {:?}", master.derive(Purpose::PageSession));
        assert_eq!(shown, "MasterSecret(..) DerivedKey(..)");
    }
}
