//! JSON bodies: what services answer with, and what they accept.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// The body of a success.
#[derive(Debug, Serialize)]
pub struct Success<T> {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
}

impl Success<()> {
    /// A success that has nothing more to say.
    pub fn message(message: &'static str) -> Self {
        Self { success: true, message, data: None }
    }
}

impl<T> Success<T> {
    /// A success with its result.
    pub fn with(message: &'static str, data: T) -> Self {
        Self { success: true, message, data: Some(data) }
    }
}

/// A value that is read from a JSON object and from nothing else; serde alone would take a list of
/// the fields' values, too.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}
