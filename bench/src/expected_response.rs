//! The response that the load generator expects to each request.

use crate::{captured_response::CapturedResponse, simulated_users::SimulatedUser};

/// The response that the load generator expects to each request.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedResponse {
    pub(crate) status: u16,
    /// The body, split at each place where it contains the hexadecimal digits of the user.
    pub(crate) body_parts: Vec<String>,
    pub(crate) headers: Vec<ExpectedHeader>,
    /// Name of a body field that holds a point in time. Its value is not compared.
    pub(crate) time_field: Option<&'static str>,
    /// True if the user named in the body must have a request in flight.
    pub(crate) user_must_be_in_flight: bool,
}

/// A header that each response must have.
#[derive(Debug, Clone)]
pub(crate) struct ExpectedHeader {
    pub(crate) name: String,
    /// Required value; `None` accepts any.
    pub(crate) value: Option<String>,
}

impl ExpectedResponse {
    /// Expects responses that equal `captured`, except that they name their own user instead of `user`.
    pub(crate) fn like(captured: &CapturedResponse, user: &SimulatedUser) -> Self {
        Self {
            status: captured.status,
            body_parts: captured.body.split(&user.hex()).map(str::to_owned).collect(),
            headers: Vec::new(),
            time_field: None,
            user_must_be_in_flight: true,
        }
    }

    /// Also expects the headers of `captured` whose names start with `prefix`.
    pub(crate) fn with_headers_starting_with(mut self, prefix: &str, captured: &CapturedResponse) -> Self {
        let headers = captured.headers.iter().filter(|(name, _)| name.starts_with(prefix));
        let headers =
            headers.map(|(name, value)| ExpectedHeader { name: name.clone(), value: Some(value.clone()) });
        self.headers.extend(headers);
        self
    }

    /// Also expects a header with any value.
    pub(crate) fn with_header(mut self, name: &str) -> Self {
        self.headers.push(ExpectedHeader { name: name.to_owned(), value: None });
        self
    }

    /// Accepts any point in time in a field of the body.
    pub(crate) fn with_any_time_in(mut self, field: &'static str) -> Self {
        self.time_field = Some(field);
        let field_start = format!("\"{field}\":\"");
        for part in &mut self.body_parts {
            if let Some((before, rest)) = part.split_once(&field_start) {
                let after = rest.split_once('"').map_or("", |(_, after)| after);
                *part = format!("{before}{field_start}\"{after}");
            }
        }
        self
    }

    /// Expects the same bytes for every user, because floors return the same bytes. The check costs just as
    /// much.
    pub(crate) fn for_floor(&self) -> Self {
        Self { user_must_be_in_flight: false, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_time_are_cut_out_of_the_expected_body() {
        let body = r#"{"email":"user-0000ff98@x","expires_at":"2026-12-01T04:21:35Z","a":1}"#;
        let captured = CapturedResponse {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            status: 200,
            headers: Vec::new(),
            body: body.to_owned(),
        };
        let user = SimulatedUser { number: 0xff98, token: "-".to_owned() };

        let expected = ExpectedResponse::like(&captured, &user).with_any_time_in("expires_at");

        assert_eq!(expected.body_parts, [r#"{"email":"user-"#, r#"@x","expires_at":"","a":1}"#]);
    }
}
