use utoipa::openapi::{Object, ObjectBuilder, Type};

/// The schema of a member that is always true.
pub fn always_true() -> Object {
    constant(true)
}

/// The schema of a member that is always false.
pub fn always_false() -> Object {
    constant(false)
}

fn constant(value: bool) -> Object {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([value])).build()
}
