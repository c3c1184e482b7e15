//! Reads rows one by one, in constant memory.

use std::{
    cell::Cell,
    io::{self, BufRead, BufReader, Read},
    sync::Arc,
};

use anyhow::{Context, bail};
use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::{
    columns::{ColumnNames, describe_columns, find_columns},
    fields::Fields,
    progress::ImportProgress,
    row::RowError,
    value::FieldValue,
};
use crate::user::format::FileFormat;

/// The maximum length of a row. A longer one probably has an unclosed quote.
const ROW_MAX_BYTES: u64 = 16 << 20;

const READ_BUFFER_BYTES: usize = 256 << 10;

/// Counts the bytes that are read, and limits the length of a row.
struct BoundedReader {
    inner: Box<dyn Read + Send>,
    row_bytes_left: Cell<u64>,
    progress: Arc<ImportProgress>,
}

impl BoundedReader {
    fn new(inner: Box<dyn Read + Send>, progress: Arc<ImportProgress>) -> Self {
        Self { inner, row_bytes_left: Cell::new(ROW_MAX_BYTES), progress }
    }

    fn begin_row(&self) {
        self.row_bytes_left.set(ROW_MAX_BYTES);
    }
}

impl Read for BoundedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.row_bytes_left.get() == 0 {
            return Err(io::Error::other("a row is longer than 16 MiB; is a closing quote missing?"));
        }
        let read = self.inner.read(buffer)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        self.row_bytes_left.set(self.row_bytes_left.get().saturating_sub(bytes));
        self.progress.add_read_bytes(bytes);
        Ok(read)
    }
}

/// A row, and the line that it starts on.
pub(super) struct SourceRow {
    pub(super) line: u64,
    pub(super) fields: Result<Fields<Option<FieldValue>>, RowError>,
}

/// A file of rows.
pub(super) enum RowSource {
    Csv(Box<CsvSource>),
    JsonLines(Box<JsonLinesSource>),
}

impl RowSource {
    /// Opens the file. For CSV, reads the header.
    pub(super) fn open(
        content: Box<dyn Read + Send>,
        format: FileFormat,
        names: Fields<ColumnNames>,
        progress: &Arc<ImportProgress>,
    ) -> anyhow::Result<Self> {
        let reader = BoundedReader::new(content, progress.clone());
        match format {
            FileFormat::JsonLines => Ok(Self::JsonLines(Box::new(JsonLinesSource::new(reader, names)))),
            FileFormat::Csv => Ok(Self::Csv(Box::new(CsvSource::open(reader, &names, progress)?))),
        }
    }

    /// The next row, or `None` at the end.
    ///
    /// # Errors
    /// If the rest of the file cannot be read. An invalid row is not an error here.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<SourceRow>> {
        match self {
            Self::Csv(source) => source.next(),
            Self::JsonLines(source) => source.next(),
        }
    }
}

pub(super) struct CsvSource {
    reader: csv::Reader<BoundedReader>,
    columns: Fields<Option<usize>>,
    column_count: usize,
    record: ByteRecord,
}

impl CsvSource {
    fn open(
        reader: BoundedReader,
        names: &Fields<ColumnNames>,
        progress: &ImportProgress,
    ) -> anyhow::Result<Self> {
        let mut reader =
            ReaderBuilder::new().flexible(true).buffer_capacity(READ_BUFFER_BYTES).from_reader(reader);
        let header = reader.byte_headers().context("cannot read the header")?;
        let header: Vec<_> =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        if header.is_empty() {
            bail!("the file is empty; its first line must contain the column names");
        }
        let columns = find_columns(names, &header)?;
        progress.print_note(format_args!("{}", describe_columns(&columns, &header)));
        Ok(Self { reader, columns, column_count: header.len(), record: ByteRecord::new() })
    }

    fn next(&mut self) -> anyhow::Result<Option<SourceRow>> {
        self.reader.get_ref().begin_row();
        let start = self.reader.position().line();
        let has_record = self
            .reader
            .read_byte_record(&mut self.record)
            .with_context(|| format!("cannot read the file after line {start}"))?;
        if !has_record {
            return Ok(None);
        }
        let line = self.record.position().map_or(start, csv::Position::line);
        Ok(Some(SourceRow { line, fields: self.fields() }))
    }

    fn fields(&self) -> Result<Fields<Option<FieldValue>>, RowError> {
        if self.record.len() != self.column_count {
            return Err(RowError::FieldCount { found: self.record.len(), expected: self.column_count });
        }
        self.columns.try_map(|column| {
            let Some(field) = column.and_then(|column| self.record.get(column)) else { return Ok(None) };
            let text = std::str::from_utf8(field).map_err(|_| RowError::NotUtf8)?;
            Ok(FieldValue::from_text(text))
        })
    }
}

pub(super) struct JsonLinesSource {
    reader: BufReader<BoundedReader>,
    names: Fields<ColumnNames>,
    line: u64,
    text: Vec<u8>,
}

impl JsonLinesSource {
    fn new(reader: BoundedReader, names: Fields<ColumnNames>) -> Self {
        let reader = BufReader::with_capacity(READ_BUFFER_BYTES, reader);
        Self { reader, names, line: 0, text: Vec::new() }
    }

    fn next(&mut self) -> anyhow::Result<Option<SourceRow>> {
        loop {
            self.reader.get_ref().begin_row();
            self.text.clear();
            self.line += 1;
            let read_bytes = self
                .reader
                .read_until(b'\n', &mut self.text)
                .with_context(|| format!("cannot read line {}", self.line))?;
            if read_bytes == 0 {
                return Ok(None);
            }
            let text = self.text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.text);
            if !text.trim_ascii().is_empty() {
                return Ok(Some(SourceRow { line: self.line, fields: self.fields(text) }));
            }
        }
    }

    fn fields(&self, text: &[u8]) -> Result<Fields<Option<FieldValue>>, RowError> {
        std::str::from_utf8(text).map_err(|_| RowError::NotUtf8)?;
        let object: Map<String, Value> =
            serde_json::from_slice(text).map_err(|error| RowError::NotJson(error.column()))?;
        let value = |name: &str| object.get(name).and_then(FieldValue::from_json);
        self.names.try_map(|names| Ok(names.iter().find_map(value)))
    }
}
