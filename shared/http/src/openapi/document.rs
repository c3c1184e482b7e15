use std::collections::BTreeSet;

use actix_web::web::Bytes;
use drawbridge_core::pages_path::PagesPath;
use serde_json::{Value, json};
use utoipa::openapi::{
    Components, OpenApi, RefOr,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::operations::{
    BEARER_TOKEN, FRONTEND_KEY, FRONTEND_PROOF, MiddlewareProblems, SESSION_COOKIE, complete_operations,
    operations,
};
use crate::{forwarded, problem::ProblemBody, proxy_identity::PROXY_IDENTITY};

const SCHEMA_REFERENCE: &str = "#/components/schemas/";

/// The OpenAPI document of a service.
#[derive(Debug, Clone)]
pub struct ApiDocument {
    value: Value,
    json: Bytes,
}

impl ApiDocument {
    /// Completes what `utoipa` derived from the code of a service.
    pub fn complete(mut derived: OpenApi, middleware: MiddlewareProblems) -> Self {
        let shared = complete_operations(&mut derived, middleware);
        let mut components = derived.components.take().unwrap_or_default();
        components.responses.extend(shared.into_iter().map(|(name, response)| (name, RefOr::T(response))));
        components.schemas.insert("Problem".to_owned(), <ProblemBody as utoipa::PartialSchema>::schema());
        let paths = serde_json::to_value(&derived.paths).unwrap_or_default();
        remove_unused_schemas(&mut components, &paths);
        add_security_schemes(&mut components, &paths);
        remove_unused_tags(&mut derived);
        derived.components = Some(components);
        let mut json = derived.to_pretty_json().unwrap_or_default();
        json.push('\n');
        Self::parse(json)
    }

    /// A document that was completed before.
    pub fn parse(json: impl Into<Bytes>) -> Self {
        let json = json.into();
        let value = serde_json::from_slice(&json).unwrap_or_default();
        Self { value, json }
    }

    /// The document of a deployment whose own paths are below `PAGES_PATH`. Those of `/.well-known` keep their place.
    #[must_use]
    pub fn below(&self, pages: &PagesPath) -> Self {
        if pages.prefix().is_empty() {
            return self.clone();
        }
        let mut value = self.value.clone();
        set_server(&mut value, pages.prefix());
        let paths = value.get_mut("paths").and_then(Value::as_object_mut);
        for (_, item) in paths.into_iter().flatten().filter(|(path, _)| path.starts_with("/.well-known/")) {
            set_server(item, "/");
        }
        Self::parse(serde_json::to_vec_pretty(&value).unwrap_or_default())
    }

    /// The document as JSON.
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// The document as a value.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Says below which address the paths of a document, or the operations of one path, are.
fn set_server(value: &mut Value, url: &str) {
    if let Some(value) = value.as_object_mut() {
        value.insert("servers".to_owned(), json!([{ "url": url }]));
    }
}

/// Keeps the schemas that operations refer to, directly or through other schemas.
fn remove_unused_schemas(components: &mut Components, paths: &Value) {
    let mut used = BTreeSet::new();
    let responses = serde_json::to_value(&components.responses).unwrap_or_default();
    let mut unread = vec![paths.clone(), responses];
    while let Some(value) = unread.pop() {
        let mut names = Vec::new();
        collect_references(&value, &mut names);
        for name in names {
            if let Some(schema) = components.schemas.get(&name)
                && used.insert(name)
            {
                unread.push(serde_json::to_value(schema).unwrap_or_default());
            }
        }
    }
    components.schemas.retain(|name, _| used.contains(name));
}

/// Keeps the tags that operations have.
fn remove_unused_tags(document: &mut OpenApi) {
    let operations = document.paths.paths.values_mut().flat_map(operations);
    let tags = operations.filter_map(|(_, operation)| operation.tags.clone());
    let used: BTreeSet<_> = tags.flatten().collect();
    if let Some(tags) = &mut document.tags {
        tags.retain(|tag| used.contains(&tag.name));
    }
}

/// Collects the names of the schemas that a value refers to.
fn collect_references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            names.extend(reference.and_then(|text| text.strip_prefix(SCHEMA_REFERENCE)).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, names)),
        _ => {}
    }
}

/// Describes the security schemes that operations name.
fn add_security_schemes(components: &mut Components, paths: &Value) {
    let paths = paths.to_string();
    let cookie = "The session token. The name depends on the deployment: `__Host-token`, `__Secure-token` or `token` by \
                  default, see `/.well-known/oauth-authorization-server`.";
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description("__Host-token", cookie));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let bearer = bearer.description(Some("The session token, if the request has no session cookie.")).build();
    let proof = "A proof that a frontend computes for this request with its key.";
    let key = "The key of a frontend, over TLS only, for programs that cannot compute a proof.";
    let header = |name, description| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, description)))
    };
    let schemes = [
        (SESSION_COOKIE, SecurityScheme::ApiKey(cookie)),
        (BEARER_TOKEN, SecurityScheme::Http(bearer)),
        (FRONTEND_PROOF, header(PROXY_IDENTITY, proof)),
        (FRONTEND_KEY, header(forwarded::KEY, key)),
    ];
    for (name, scheme) in schemes.into_iter().filter(|(name, _)| paths.contains(&format!("\"{name}\""))) {
        components.add_security_scheme(name, scheme);
    }
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi as _;

    use super::*;
    use crate::problem::Code;

    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Named {
        name: String,
    }

    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Unused {
        name: String,
    }

    crate::problems! {
        /// The problems of the sample operation.
        SampleProblems: InvalidName, ConfirmationRequired
    }

    /// `POST /samples/{id}`: renames a
    /// sample.
    ///
    /// It says more here.
    #[utoipa::path(
        post,
        path = "/samples/{id}",
        params(("id" = String, Path)),
        request_body = Named,
        responses((status = 200, description = "Renamed", body = Named), super::super::TokenProblems, SampleProblems)
    )]
    #[expect(dead_code, reason = "only its description is used")]
    fn rename() {}

    #[derive(utoipa::OpenApi)]
    #[openapi(paths(rename), components(schemas(Unused)))]
    struct Sample;

    fn document() -> Value {
        let middleware = MiddlewareProblems {
            on_every_request: &[Code::InvalidProof],
            on_changes: &[Code::CrossSiteRequest],
        };
        ApiDocument::complete(Sample::openapi(), middleware).value().clone()
    }

    fn codes(document: &Value, status: &str) -> Value {
        let response = &document["paths"]["/samples/{id}"]["post"]["responses"][status]["$ref"];
        let response = document.pointer(response.as_str().unwrap().trim_start_matches('#')).unwrap();
        let schema = &response["content"]["application/problem+json"]["schema"];
        schema["allOf"][1]["properties"]["code"]["enum"].clone()
    }

    #[test]
    fn problems_are_listed_by_status() {
        let document = document();

        assert_eq!(
            codes(&document, "401"),
            serde_json::json!(["user_not_found", "user_disabled", "session_revoked", "invalid_proof"])
        );
        assert_eq!(codes(&document, "404"), serde_json::json!(["not_found"]));
        assert_eq!(codes(&document, "413"), serde_json::json!(["payload_too_large"]));
        assert_eq!(codes(&document, "422"), serde_json::json!(["invalid_body", "invalid_name"]));
        let expected = [
            "confirmation_required",
            "missing_token",
            "invalid_token",
            "expired_token",
            "cross_site_request",
        ];
        assert_eq!(codes(&document, "403"), serde_json::json!(expected));
    }

    #[test]
    fn a_summary_is_a_sentence_about_the_operation() {
        let document = document();

        let operation = document.pointer("/paths/~1samples~1{id}/post").unwrap();

        assert_eq!(operation["summary"], "Renames a sample.");
        assert_eq!(operation["description"], "It says more here.");
        assert_eq!(operation["security"], serde_json::json!([{"session_cookie": []}, {"bearer_token": []}]));
    }

    #[test]
    fn only_used_schemas_are_listed() {
        let document = document();

        let schemas = document.pointer("/components/schemas").unwrap().as_object().unwrap();

        assert!(schemas.contains_key("Named") && schemas.contains_key("Problem"), "{schemas:?}");
        assert!(!schemas.contains_key("Unused"), "{schemas:?}");
    }
}
