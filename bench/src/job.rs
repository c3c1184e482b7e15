//! Jobs for wrk: which requests to send, and which responses to expect.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use crate::{
    expected_response::ExpectedResponse, request_template::RequestTemplate, simulated_users::SimulatedUsers,
};

/// A job for wrk.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) users: SimulatedUsers,
    /// File of line numbers that gives the order of the users. Without it, the order is that of their file.
    order: Option<PathBuf>,
    /// Number of users to skip.
    pub(crate) skip: u64,
    /// True if each user may send only one request.
    pub(crate) once: bool,
    request: RequestTemplate,
    expected: ExpectedResponse,
}

impl Job {
    /// Creates a job in which `users` take turns sending the same request.
    pub(crate) fn new(users: &SimulatedUsers, request: &RequestTemplate, expected: ExpectedResponse) -> Self {
        Self { users: users.clone(), order: None, skip: 0, once: false, request: request.clone(), expected }
    }

    /// Takes the order of the users from a file of line numbers.
    pub(crate) fn in_order(mut self, file: &Path) -> Self {
        self.order = Some(file.to_owned());
        self
    }

    /// Lets each user send only one request.
    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Returns the same job for a floor, which sends the same bytes to every user.
    pub(crate) fn for_floor(&self) -> Self {
        Self { expected: self.expected.for_floor(), ..self.clone() }
    }

    /// Renders the job file that `lua/check.lua` reads.
    pub(crate) fn to_lua(&self, host: &str) -> String {
        let ExpectedResponse { status, body_parts, headers, time_field, user_must_be_in_flight } =
            &self.expected;
        let mut lua = format!("return {{\n  users = {:?},\n", self.users.file.display().to_string());
        if let Some(order) = &self.order {
            let _ = writeln!(lua, "  order = {:?},", order.display().to_string());
        }
        let _ = writeln!(lua, "  skip = {}, once = {},", self.skip, self.once);
        let _ = writeln!(lua, "  user_must_be_in_flight = {user_must_be_in_flight},");
        if let Some(time_field) = time_field {
            let _ = writeln!(lua, "  time_field = {time_field:?},");
        }
        let _ = writeln!(lua, "  request = {},", quoted(&self.request.to_http(host)));
        let body_parts: Vec<_> = body_parts.iter().map(|part| quoted(part)).collect();
        let _ = writeln!(lua, "  status = {status}, body_parts = {{{}}},", body_parts.join(", "));
        lua.push_str("  headers = {");
        for header in headers {
            let value = header.value.as_deref().map_or_else(|| "true".to_owned(), quoted);
            let _ = write!(lua, "[{}] = {value}, ", quoted(&header.name));
        }
        lua.push_str("},\n}\n");
        lua
    }
}

/// Renders a Lua string literal.
fn quoted(text: &str) -> String {
    let mut lua = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => lua.extend(['\\', char::from(byte)]),
            b' '..=b'~' => lua.push(char::from(byte)),
            _ => {
                let _ = write!(lua, "\\{byte:03}");
            }
        }
    }
    lua.push('"');
    lua
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lua_strings_hold_any_byte() {
        assert_eq!(quoted("a\"b\\c\r\n"), r#""a\"b\\c\013\010""#);
        assert_eq!(quoted("é"), r#""\195\169""#);
    }
}
