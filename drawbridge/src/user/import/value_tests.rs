use serde_json::json;

use super::*;

fn text(text: &str) -> FieldValue {
    FieldValue::Text(text.to_owned())
}

fn from_json(json: Value) -> FieldValue {
    FieldValue::from_json(&json).unwrap()
}

#[test]
fn empty_fields_and_nulls_have_no_value() {
    for empty in ["", "NULL", "\\N"] {
        assert_eq!(FieldValue::from_text(empty), None, "{empty:?}");
    }
    for empty in [json!(null), json!(""), json!({"$date": null})] {
        assert_eq!(FieldValue::from_json(&empty), None, "{empty}");
    }
}

#[test]
fn yes_and_no_are_read_in_many_forms() {
    for yes in ["t", "TRUE", "1", "yes", "2024-05-01 12:34:56.789", "1714566896"] {
        assert_eq!(text(yes).flag(), Flag::Yes, "{yes}");
    }
    for no in ["f", "False", "0", "no"] {
        assert_eq!(text(no).flag(), Flag::No, "{no}");
    }
    for (json, expected) in [
        (json!(false), Flag::No),
        (json!(1), Flag::Yes),
        (json!("perhaps"), Flag::Invalid),
        (json!(["t"]), Flag::Invalid),
    ] {
        assert_eq!(from_json(json.clone()).flag(), expected, "{json}");
    }
}

#[test]
fn times_are_read_in_many_forms() {
    for (written, expected) in [
        (text("2024-05-01 12:34:56"), "2024-05-01T12:34:56Z"),
        (text("2024-05-01 12:34:56.789"), "2024-05-01T12:34:56.789Z"),
        (text("2024-05-01 12:34:56.123456789"), "2024-05-01T12:34:56.123456Z"),
        (text("2024-05-01 12:34:56.789+00"), "2024-05-01T12:34:56.789Z"),
        (text("2024-05-01 12:34:56+05:30"), "2024-05-01T07:04:56Z"),
        (text("2024-05-01T12:34:56.789Z"), "2024-05-01T12:34:56.789Z"),
        (text("2024-05-01"), "2024-05-01T00:00:00Z"),
        (text("1714566896"), "2024-05-01T12:34:56Z"),
        (text("1714566896789"), "2024-05-01T12:34:56.789Z"),
        (from_json(json!(1_714_566_896_789_i64)), "2024-05-01T12:34:56.789Z"),
        (from_json(json!({"$date": "2024-05-01T12:34:56.789Z"})), "2024-05-01T12:34:56.789Z"),
        (from_json(json!({"$date": {"$numberLong": "1714566896789"}})), "2024-05-01T12:34:56.789Z"),
    ] {
        assert_eq!(written.instant(), Some(expected.parse().unwrap()), "{written:?}");
    }
    for invalid in ["infinity", "2024-13-01", "yesterday", "2024-05-01 25:00:00", "99999999999999999"] {
        assert_eq!(text(invalid).instant(), None, "{invalid}");
    }
}

#[test]
fn roles_are_read_from_lists_and_arrays() {
    let roles = |value: &FieldValue| {
        let roles = value.roles()?;
        Some(roles.iter().map(Role::as_str).collect::<Vec<_>>().join("|"))
    };
    for (written, expected) in [
        (text("ADMIN"), "ADMIN"),
        (text("b, a,b,"), "a|b"),
        (text("{admin,\"content editor\",NULL}"), "admin|content editor"),
        (text("{}"), ""),
        (text("[\"b\", \"a\"]"), "a|b"),
        (from_json(json!(["b", "a"])), "a|b"),
    ] {
        assert_eq!(roles(&written).as_deref(), Some(expected), "{written:?}");
    }
    for invalid in [text("{\"a,b\"}"), text("a\u{1f}b"), from_json(json!(["a,b"])), from_json(json!([1]))] {
        assert_eq!(roles(&invalid), None, "{invalid:?}");
    }
}
