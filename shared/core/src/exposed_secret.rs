//! Serializes secrets into the bodies that deliver them.
//!
//! [`SecretString`] does not implement `Serialize`, so that no secret is serialized by accident. A field whose secret
//! is meant to be serialized has the attribute `#[serde(serialize_with = "serialize_exposed")]` or the type
//! [`ExposedSecret`].

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

/// A secret, an optional one, or a list of them, for [`serialize_exposed`].
pub trait Exposable {
    /// Serializes the secret as plain text.
    fn serialize_exposed<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Serializes a secret as plain text, for the Serde attribute `serialize_with`.
pub fn serialize_exposed<S: Serializer>(secret: &impl Exposable, serializer: S) -> Result<S::Ok, S::Error> {
    secret.serialize_exposed(serializer)
}

/// A reference to a secret that is serialized as plain text.
#[derive(Clone, Copy)]
pub struct ExposedSecret<'a>(&'a SecretString);

impl<'a> From<&'a SecretString> for ExposedSecret<'a> {
    fn from(secret: &'a SecretString) -> Self {
        Self(secret)
    }
}

impl Serialize for ExposedSecret<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

struct Exposed<'a, T>(&'a T);

impl<T: Exposable> Serialize for Exposed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_exposed(serializer)
    }
}

impl Exposable for SecretString {
    fn serialize_exposed<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose_secret())
    }
}

impl<T: Exposable> Exposable for &T {
    fn serialize_exposed<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize_exposed(serializer)
    }
}

impl<T: Exposable> Exposable for Option<T> {
    fn serialize_exposed<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Exposed).serialize(serializer)
    }
}

impl<T: Exposable> Exposable for Vec<T> {
    fn serialize_exposed<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Exposed))
    }
}
