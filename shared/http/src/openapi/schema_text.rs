//! Schemas as HTML.

use std::fmt::Write as _;

use serde_json::Value;

use super::html::{escape, prose};

const SCHEMA_REFERENCE: &str = "#/components/schemas/";

/// The type of a value, in words and with links to named schemas.
pub(super) fn type_text(schema: &Value) -> String {
    if let Some(reference) = text(schema, "$ref") {
        let name = escape(reference.strip_prefix(SCHEMA_REFERENCE).unwrap_or(reference));
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (keyword, separator) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema.get(keyword).and_then(Value::as_array) {
            return parts.iter().map(type_text).collect::<Vec<_>>().join(separator);
        }
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> =
            values.iter().map(|value| format!("<code>{}</code>", escape(&value.to_string()))).collect();
        return values.join(" or ");
    }
    match schema.get("type") {
        Some(Value::String(name)) => named_type(name, schema),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str);
            names.map(|name| named_type(name, schema)).collect::<Vec<_>>().join(" or ")
        }
        _ => "any value".to_owned(),
    }
}

fn named_type(name: &str, schema: &Value) -> String {
    match (name, text(schema, "format"), schema.get("items")) {
        ("array", _, Some(items)) => format!("array of {}", type_text(items)),
        ("string", Some(format), _) => format!("string ({})", escape(format)),
        _ => escape(name),
    }
}

/// The properties of an object as a list; empty if it has none.
pub(super) fn property_list(schema: &Value) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return String::new() };
    let required = schema.get("required").and_then(Value::as_array);
    let mut html = String::from("<dl>\n");
    for (name, property) in properties {
        let is_required = required.is_some_and(|names| names.iter().any(|other| other == name));
        let note = if is_required { "" } else { ", optional" };
        let description = prose(text(property, "description").unwrap_or_default());
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            html,
            "<dt><code>{}</code> <span>{}{note}</span></dt><dd>{description}</dd>",
            escape(name),
            type_text(property)
        );
    }
    html + "</dl>\n"
}

/// A member that is a text.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member)?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_written_in_words() {
        let link = "<a href=\"#schema-Named\">Named</a>";
        let reference = json!({"$ref": "#/components/schemas/Named"});
        for (schema, expected) in [
            (json!({"type": "string", "format": "uuid"}), "string (uuid)".to_owned()),
            (json!({"type": ["integer", "null"]}), "integer or null".to_owned()),
            (json!({"type": "array", "items": reference}), format!("array of {link}")),
            (json!({"oneOf": [{"type": "null"}, reference]}), format!("null or {link}")),
            (json!({"type": "boolean", "enum": [true]}), "<code>true</code>".to_owned()),
            (json!({}), "any value".to_owned()),
        ] {
            assert_eq!(type_text(&schema), expected, "{schema}");
        }
    }
}
