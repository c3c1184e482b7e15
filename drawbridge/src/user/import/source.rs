//! Reads rows, one after the other, in the memory of one.

use std::{
    cell::Cell,
    io::{self, BufRead, BufReader, Read},
    sync::Arc,
};

use anyhow::{Context, bail};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value as Json};

use super::{
    fields::{Fields, Names, describe, find_columns},
    progress::Progress,
    row::Fault,
    value::Value,
};
use crate::user::format::Format;

/// The longest row: above it a quote was opened and never closed.
const ROW_MAX_BYTES: u64 = 16 << 20;

const BUFFER_BYTES: usize = 256 << 10;

/// Counts what is read, and ends a row that has no end.
struct Bounded {
    inner: Box<dyn Read + Send>,
    left: Cell<u64>,
    progress: Arc<Progress>,
}

impl Bounded {
    fn new(inner: Box<dyn Read + Send>, progress: Arc<Progress>) -> Self {
        Self { inner, left: Cell::new(ROW_MAX_BYTES), progress }
    }

    /// The next row may be as long as the last.
    fn begin_row(&self) {
        self.left.set(ROW_MAX_BYTES);
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("a row is longer than 16 MiB; is a quote not closed?"));
        }
        let read = self.inner.read(buffer)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        self.left.set(self.left.get().saturating_sub(bytes));
        self.progress.read_bytes(bytes);
        Ok(read)
    }
}

/// A row: where it begins, and what stands there.
pub(super) type Row = (u64, Result<Fields<Option<Value>>, Fault>);

/// A file of rows.
pub(super) enum Source {
    Csv(Box<CsvSource>),
    JsonLines(Box<JsonLinesSource>),
}

pub(super) struct CsvSource {
    reader: csv::Reader<Bounded>,
    columns: Fields<Option<usize>>,
    width: usize,
    record: ByteRecord,
}

pub(super) struct JsonLinesSource {
    reader: BufReader<Bounded>,
    names: Fields<Names>,
    line: u64,
    text: Vec<u8>,
}

impl Source {
    /// Begins to read: of CSV the header.
    pub(super) fn open(
        file: Box<dyn Read + Send>,
        format: Format,
        names: Fields<Names>,
        progress: &Arc<Progress>,
    ) -> anyhow::Result<Self> {
        let bounded = Bounded::new(file, progress.clone());
        if format == Format::JsonLines {
            let reader = BufReader::with_capacity(BUFFER_BYTES, bounded);
            let source = JsonLinesSource { reader, names, line: 0, text: Vec::new() };
            return Ok(Self::JsonLines(Box::new(source)));
        }
        let mut reader =
            ReaderBuilder::new().flexible(true).buffer_capacity(BUFFER_BYTES).from_reader(bounded);
        let header = reader.byte_headers().context("cannot read the header")?;
        let header: Vec<_> =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        if header.is_empty() {
            bail!("the file is empty; its first line must name the columns");
        }
        let columns = find_columns(&names, &header)?;
        progress.note(format_args!("{}", describe(&columns, &header)));
        let (width, record) = (header.len(), ByteRecord::new());
        Ok(Self::Csv(Box::new(CsvSource { reader, columns, width, record })))
    }

    /// The next row, or `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read any further.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Row>> {
        match self {
            Self::Csv(source) => source.next(),
            Self::JsonLines(source) => source.next(),
        }
    }
}

impl CsvSource {
    fn next(&mut self) -> anyhow::Result<Option<Row>> {
        self.reader.get_ref().begin_row();
        let after = self.reader.position().line();
        let read = self.reader.read_byte_record(&mut self.record);
        if !read.with_context(|| format!("cannot read on from line {after}"))? {
            return Ok(None);
        }
        let line = self.record.position().map_or(after, csv::Position::line);
        Ok(Some((line, self.values())))
    }

    fn values(&self) -> Result<Fields<Option<Value>>, Fault> {
        if self.record.len() != self.width {
            return Err(Fault::Width { found: self.record.len(), expected: self.width });
        }
        self.columns.map(|column| {
            let Some(field) = column.and_then(|column| self.record.get(column)) else { return Ok(None) };
            Ok(Value::of_text(std::str::from_utf8(field).map_err(|_| Fault::NotUtf8)?))
        })
    }
}

impl JsonLinesSource {
    fn next(&mut self) -> anyhow::Result<Option<Row>> {
        loop {
            self.reader.get_ref().begin_row();
            self.text.clear();
            self.line += 1;
            let read = self.reader.read_until(b'\n', &mut self.text);
            if read.with_context(|| format!("cannot read line {}", self.line))? == 0 {
                return Ok(None);
            }
            let text = self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.text);
            if !text.trim_ascii().is_empty() {
                return Ok(Some((self.line, self.values(text))));
            }
        }
    }

    fn values(&self, text: &[u8]) -> Result<Fields<Option<Value>>, Fault> {
        std::str::from_utf8(text).map_err(|_| Fault::NotUtf8)?;
        let object: Map<String, Json> =
            serde_json::from_slice(text).map_err(|error| Fault::NotJson(error.column()))?;
        let value = |name: &str| object.get(name).and_then(Value::of_json);
        self.names.map(|names| Ok(names.iter().find_map(value)))
    }
}
