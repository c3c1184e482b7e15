//! JSON bodies of requests and responses.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// The body of a successful response with data.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Success<T> {
    /// Always true.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::always_true))]
    success: bool,
    /// For people; it may change.
    message: &'static str,
    data: T,
}

/// The body of a successful response without data.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuccessMessage {
    /// Always true.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::always_true))]
    success: bool,
    /// For people; it may change.
    message: &'static str,
}

impl Success<()> {
    /// A success without data.
    pub fn message(message: &'static str) -> SuccessMessage {
        SuccessMessage { success: true, message }
    }
}

impl<T> Success<T> {
    /// A success with data.
    pub fn with(message: &'static str, data: T) -> Self {
        Self { success: true, message, data }
    }
}

/// Accepts a JSON object only. Plain serde would also accept an array with the values of the fields.
#[derive(Debug)]
pub struct JsonObject<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for JsonObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = JsonObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(JsonObject)
    }
}
