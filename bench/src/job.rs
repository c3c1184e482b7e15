//! What the load generator is to ask, and what it must be answered.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use crate::{answer::Answer, call::Call, failure::Result, population::Population, server::Server};

/// People who ask, in a file that the generator reads.
#[derive(Debug, Clone)]
pub(crate) struct Callers {
    file: PathBuf,
    /// How many they are.
    pub(crate) count: usize,
    /// One of them: the digits and the token.
    pub(crate) example: (String, String),
}

impl Callers {
    /// Writes the file `name`. The example is the one in the middle.
    pub(crate) fn write(folder: &Path, name: &str, people: &[(u32, String)]) -> Result<Self> {
        let file = folder.join(name);
        let mut out = BufWriter::new(File::create(&file)?);
        for (number, token) in people {
            writeln!(out, "{} {token}", Population::hex(*number))?;
        }
        out.flush()?;
        let (number, token) = people.get(people.len() / 2).cloned().unwrap_or_default();
        Ok(Self { file, count: people.len(), example: (Population::hex(number), token) })
    }
}

/// What every answer must be.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    status: u16,
    /// What stands between the digits of the person that the answer names.
    parts: Vec<String>,
    /// Headers with their values, or with any.
    pub(crate) headers: Vec<(String, Option<String>)>,
    /// A field whose value is the time at which the answer was given, or one that follows from it.
    time: Option<&'static str>,
    /// Whether the person must be one who asked.
    own: bool,
}

impl Expected {
    /// An answer like `captured`, which was given to the person with the digits `hex`, for whoever
    /// asks: the same to the last byte but for who it is.
    pub(crate) fn like(captured: &Answer, hex: &str) -> Self {
        let (status, parts) = (captured.status, captured.parts(hex));
        Self { status, parts, headers: Vec::new(), time: None, own: true }
    }

    /// The same, but for the time in a field: any will do.
    pub(crate) fn at_any_time(mut self, field: &'static str) -> Self {
        self.time = Some(field);
        let begin = format!("\"{field}\":\"");
        for part in &mut self.parts {
            if let Some((before, after)) = part.split_once(&begin) {
                let after = after.split_once('"').map_or("", |(_, after)| after);
                *part = format!("{before}{begin}\"{after}");
            }
        }
        self
    }

    /// The same bytes for everybody, as a floor gives them, looked at with the same effort.
    pub(crate) fn constant(&self) -> Self {
        Self { own: false, ..self.clone() }
    }
}

/// A job for the load generator.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    callers: Callers,
    order: Option<PathBuf>,
    /// How many of the callers to pass over.
    pub(crate) start: u64,
    /// Whether everybody may come but once.
    pub(crate) once: bool,
    call: Call,
    expected: Expected,
}

impl Job {
    pub(crate) fn new(callers: &Callers, call: &Call, expected: Expected) -> Self {
        let (callers, call) = (callers.clone(), call.clone());
        Self { callers, order: None, start: 0, once: false, call, expected }
    }

    /// In the order of the line numbers in a file.
    pub(crate) fn in_order(mut self, file: &Path) -> Self {
        self.order = Some(file.to_owned());
        self
    }

    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// The same work with another answer.
    pub(crate) fn expecting(&self, expected: Expected) -> Self {
        Self { expected, ..self.clone() }
    }

    /// The job file for `server`.
    pub(crate) fn to_lua(&self, server: &Server) -> String {
        let Expected { status, parts, headers, time, own } = &self.expected;
        let mut lua = format!("return {{\n  people = {:?},\n", self.callers.file.display().to_string());
        if let Some(order) = &self.order {
            let _ = writeln!(lua, "  order = {:?},", order.display().to_string());
        }
        let _ = writeln!(lua, "  start = {}, once = {}, own = {own},", self.start, self.once);
        if let Some(time) = time {
            let _ = writeln!(lua, "  time = {time:?},");
        }
        let _ = writeln!(lua, "  request = {},", quoted(&self.call.text(&server.host())));
        let parts: Vec<_> = parts.iter().map(|part| quoted(part)).collect();
        let _ = writeln!(lua, "  status = {status}, parts = {{{}}},", parts.join(", "));
        lua.push_str("  headers = {");
        for (name, value) in headers {
            let value = value.as_deref().map_or_else(|| "true".to_owned(), quoted);
            let _ = write!(lua, "[{}] = {value}, ", quoted(name));
        }
        lua.push_str("},\n}\n");
        lua
    }
}

/// A Lua string, whatever is in it.
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
    fn a_time_is_left_out_of_what_is_expected() {
        let body = r#"{"email":"user-0000ff98@x","expires_at":"2026-12-01T04:21:35Z","a":1}"#.to_owned();
        let (method, path, headers) = (String::new(), String::new(), Vec::new());
        let captured = Answer { method, path, status: 200, headers, body };
        let expected = Expected::like(&captured, "0000ff98").at_any_time("expires_at");
        assert_eq!(expected.parts, [r#"{"email":"user-"#, r#"@x","expires_at":"","a":1}"#]);
    }

    #[test]
    fn a_lua_string_holds_any_byte() {
        assert_eq!(quoted("a\"b\\c\r\n"), r#""a\"b\\c\013\010""#);
        assert_eq!(quoted("é"), r#""\195\169""#);
    }
}
