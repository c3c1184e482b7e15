//! A document as HTML: the operations by tag, and the schemas.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{
    ApiDocument,
    html::{escape, paragraphs, prose},
    schema_text::{property_list, text, type_text},
};
use crate::problem::{PROBLEM_JSON, PROBLEM_PAGES};

/// The methods in the order in which the page shows them.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Renders the content of the page that shows a document. It contains no script.
pub fn render_api(document: &ApiDocument) -> String {
    let document = document.value();
    let info = document.get("info").unwrap_or(&Value::Null);
    let mut html = format!(
        "<div class=\"api\" lang=\"en\">\n<h1>{}</h1>\n{}<p>Version {}, as an OpenAPI document: \
         <a href=\"openapi.json\"><code>openapi.json</code></a></p>\n",
        escape(text(info, "title").unwrap_or_default()),
        paragraphs(text(info, "description").unwrap_or_default()),
        escape(text(info, "version").unwrap_or_default()),
    );
    let tags = document.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let operations = operations(document);
    html += &contents(tags);
    for tag in tags {
        html += &tag_section(tag, &operations);
    }
    html += "<h2 id=\"schemas\">Schemas</h2>\n";
    for (name, schema) in members(document.pointer("/components/schemas")) {
        html += &schema_section(name, schema);
    }
    html + "</div>\n"
}

struct Operation<'a> {
    document: &'a Value,
    method: String,
    path: &'a str,
    content: &'a Value,
}

impl<'a> Operation<'a> {
    /// The responses by status.
    fn responses(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let document = self.document;
        members(self.content.get("responses")).map(move |(status, response)| {
            let pointer = text(response, "$ref").and_then(|reference| reference.strip_prefix('#'));
            (status, pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(response))
        })
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    members(document.get("paths")).flat_map(|(path, item)| operations_of_path(document, path, item)).collect()
}

fn operations_of_path<'a>(
    document: &'a Value,
    path: &'a str,
    item: &'a Value,
) -> impl Iterator<Item = Operation<'a>> {
    METHODS.into_iter().filter_map(move |method| {
        Some(Operation { document, method: method.to_uppercase(), path, content: item.get(method)? })
    })
}

/// The members of an object; none if there is no object.
fn members(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    object.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// Links to the sections of the page.
fn contents(tags: &[Value]) -> String {
    let mut html = String::from("<nav aria-label=\"Contents\">\n<ul>\n");
    for name in tags.iter().filter_map(|tag| text(tag, "name")) {
        let _ = writeln!(html, "<li><a href=\"#{}\">{}</a></li>", anchor(name), escape(name));
    }
    html + "<li><a href=\"#schemas\">Schemas</a></li>\n</ul>\n</nav>\n"
}

fn anchor(name: &str) -> String {
    name.to_lowercase().replace(|character: char| !character.is_ascii_alphanumeric(), "-")
}

fn tag_section(tag: &Value, operations: &[Operation<'_>]) -> String {
    let name = text(tag, "name").unwrap_or_default();
    let mut html = format!("<h2 id=\"{}\">{}</h2>\n", anchor(name), escape(name));
    html += &paragraphs(text(tag, "description").unwrap_or_default());
    let is_tagged = |operation: &&Operation<'_>| {
        let tags = operation.content.get("tags").and_then(Value::as_array);
        tags.is_some_and(|tags| tags.iter().any(|tag| tag == name))
    };
    for operation in operations.iter().filter(is_tagged) {
        html += &operation_section(operation);
    }
    html
}

fn operation_section(operation: &Operation<'_>) -> String {
    let Operation { method, path, content, .. } = operation;
    let id = escape(text(content, "operationId").unwrap_or_default());
    let mut html = format!(
        "<details id=\"operation-{id}\">\n<summary><code><b>{method}</b> {}</code> {}</summary>\n{}",
        escape(path),
        prose(text(content, "summary").unwrap_or_default()),
        paragraphs(text(content, "description").unwrap_or_default()),
    );
    let _ = writeln!(html, "<p>Operation <code>{id}</code>. {}</p>", authentication(content));
    html += &parameter_list(content);
    for (media_type, body) in members(content.pointer("/requestBody/content")) {
        let _ = writeln!(html, "<h3>Request body</h3>\n<p>{}</p>", body_text(media_type, body));
    }
    html += "<h3>Responses</h3>\n<dl>\n";
    for (status, response) in operation.responses() {
        html += &response_item(status, response);
    }
    html + "</dl>\n</details>\n"
}

fn authentication(operation: &Value) -> &'static str {
    let security = operation.get("security").map(Value::to_string).unwrap_or_default();
    if security.contains(super::operations::FRONTEND_PROOF) {
        "It requires the proof or the key of a frontend."
    } else if security.contains(super::operations::SESSION_COOKIE) {
        "It requires a token, in the session cookie or as a bearer token."
    } else {
        "It requires no token."
    }
}

fn parameter_list(operation: &Value) -> String {
    let parameters =
        operation.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if parameters.is_empty() {
        return String::new();
    }
    let mut html = String::from("<h3>Parameters</h3>\n<dl>\n");
    for parameter in parameters {
        let _ = writeln!(
            html,
            "<dt><code>{}</code> <span>{}, in {}</span></dt><dd>{}</dd>",
            escape(text(parameter, "name").unwrap_or_default()),
            type_text(parameter.get("schema").unwrap_or(&Value::Null)),
            escape(text(parameter, "in").unwrap_or_default()),
            prose(text(parameter, "description").unwrap_or_default()),
        );
    }
    html + "</dl>\n"
}

/// The media type and the schema of a body.
fn body_text(media_type: &str, body: &Value) -> String {
    let media_type = escape(media_type);
    match body.get("schema") {
        Some(schema) => format!("<code>{media_type}</code>: {}", type_text(schema)),
        None => format!("<code>{media_type}</code>"),
    }
}

fn response_item(status: &str, response: &Value) -> String {
    let mut html = format!("<dt><b>{}</b></dt><dd>", escape(status));
    html += &prose(text(response, "description").unwrap_or_default());
    for (media_type, body) in members(response.get("content")) {
        if media_type == PROBLEM_JSON {
            html += &code_links(body);
        } else {
            let _ = write!(html, " {}", body_text(media_type, body));
        }
    }
    html + "</dd>\n"
}

/// Links to the pages of the codes that a problem can have.
fn code_links(body: &Value) -> String {
    let codes = body.pointer("/schema/allOf/1/properties/code/enum").and_then(Value::as_array);
    let mut html = String::from("<ul>\n");
    for code in codes.into_iter().flatten().filter_map(Value::as_str) {
        let code = escape(code);
        let page = PROBLEM_PAGES.trim_start_matches('/');
        let _ = writeln!(html, "<li><a href=\"{page}{code}\"><code>{code}</code></a></li>");
    }
    html + "</ul>\n"
}

fn schema_section(name: &str, schema: &Value) -> String {
    let name = escape(name);
    let description = paragraphs(text(schema, "description").unwrap_or_default());
    let properties = property_list(schema);
    let content = if properties.is_empty() { format!("<p>{}</p>\n", type_text(schema)) } else { properties };
    format!("<section id=\"schema-{name}\">\n<h3>{name}</h3>\n{description}{content}</section>\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_shows_its_body_responses_and_codes() {
        let problem =
            json!({"schema": {"allOf": [{}, {"properties": {"code": {"enum": ["invalid_name"]}}}]}});
        let document = json!({
            "info": {"title": "Sample", "version": "1.0.0"},
            "tags": [{"name": "Two words"}],
            "paths": {"/samples": {"post": {
                "operationId": "rename", "tags": ["Two words"], "summary": "Renames <it>.",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Named"}}}},
                "responses": {"422": {"$ref": "#/components/responses/refused"}},
            }}},
            "components": {"responses": {"refused": {"content": {"application/problem+json": problem}}}, "schemas": {"Named": {"type": "object", "properties": {"name": {"type": "string"}}}}},
        });

        let page = render_api(&ApiDocument::parse(document.to_string()));

        for expected in [
            "<a href=\"#two-words\">",
            "<b>POST</b> /samples",
            "Renames &lt;it&gt;.",
            "<code>application/json</code>: <a href=\"#schema-Named\">Named</a>",
            "<a href=\"problems/invalid_name\">",
            "<section id=\"schema-Named\">",
        ] {
            assert!(page.contains(expected), "{expected} is missing: {page}");
        }
    }
}
