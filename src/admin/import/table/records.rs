//! The records of a table, with the lines on which they start.

use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use super::super::ndjson::MAX_LINE_BYTES;
use super::super::reader::{LineEnd, SourceFault, read_line};
use super::header::DELIMITERS;

/// A record: its cells, without their quotes.
#[derive(Debug, Default)]
pub(super) struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// How much of `text` and `ends` is in use.
    used: (usize, usize),
}

impl Record {
    /// Number of cells.
    pub(super) const fn len(&self) -> usize {
        self.used.1
    }

    /// The cell at `index`; empty if there is none.
    pub(super) fn field(&self, index: usize) -> &[u8] {
        let end = |index: usize| self.ends.get(index).filter(|_| index < self.len()).copied();
        let start = index.checked_sub(1).map_or(Some(0), end);
        let range = start.zip(end(index)).map(|(start, end)| start..end);
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }

    /// Its cells.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.field(index))
    }

    /// Whether there is nothing in its cells.
    pub(super) fn is_blank(&self) -> bool {
        self.fields().all(|field| field.trim_ascii().is_empty())
    }

    /// Adds a line with its line feed. Returns whether the record ends there.
    pub(super) fn add(&mut self, mut line: &[u8], parser: &mut Reader) -> bool {
        loop {
            let (text, ends) = (self.text.get_mut(self.used.0..), self.ends.get_mut(self.used.1..));
            let (text, ends) = (text.unwrap_or_default(), ends.unwrap_or_default());
            let (result, read, written, ended) = parser.read_record(line, text, ends);
            line = line.get(read..).unwrap_or_default();
            self.used = (self.used.0 + written, self.used.1 + ended);
            match result {
                ReadRecordResult::InputEmpty => return false,
                ReadRecordResult::OutputFull => self.text.resize(self.used.0 + line.len() + 64, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.used.1 * 2 + 16, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return true,
            }
        }
    }

    const fn clear(&mut self) {
        self.used = (0, 0);
    }
}

/// A parser of records with this delimiter. Lines end with a line feed alone: a carriage return before it is dropped
/// when the line is read.
pub(super) fn parser(delimiter: u8) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build()
}

/// What comes next in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A record, which starts on this line.
    Record { line: i64 },
    /// A line that is too long, and was skipped.
    TooLong { line: i64 },
    /// Nothing.
    End,
}

/// Reads a table, record by record.
pub(super) struct RecordReader<R> {
    source: R,
    parser: Reader,
    buffer: Vec<u8>,
    lines: usize,
    bytes: u64,
}

impl<R: BufRead> RecordReader<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, parser: parser(b','), buffer: Vec::new(), lines: 0, bytes: 0 }
    }

    /// What is between the columns from now on.
    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.parser = parser(delimiter);
    }

    /// Bytes read so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The first record, unparsed, whatever its delimiter is.
    ///
    /// # Errors
    /// [`SourceFault`] if there is none, or it cannot be read.
    pub(super) fn header(&mut self) -> Result<Vec<u8>, SourceFault> {
        let (mut header, mut is_quote_open) = (Vec::new(), false);
        loop {
            let line = match self.line()? {
                LineEnd::End if header.is_empty() => return Err(SourceFault::Empty),
                LineEnd::End => return Err(SourceFault::Truncated { line: self.lines }),
                LineEnd::TooLong => return Err(too_large(self.lines)),
                LineEnd::Whole => &self.buffer,
            };
            if header.is_empty() && line.trim_ascii().is_empty() {
                continue;
            }
            header.extend_from_slice(line);
            if header.len() > MAX_LINE_BYTES {
                return Err(too_large(self.lines));
            }
            is_quote_open = leaves_quote_open(&self.buffer, is_quote_open);
            // With all quotes closed, the line feed is not in a name.
            if !is_quote_open {
                return Ok(header);
            }
        }
    }

    /// Reads the next record.
    ///
    /// # Errors
    /// [`SourceFault`] if the table ends within a cell, or a record is too large, which a quote that is never closed
    /// makes it.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<Next, SourceFault> {
        record.clear();
        let (mut start, mut size) = (None, 0);
        loop {
            let end = self.line()?;
            let first = *start.get_or_insert(self.lines);
            match end {
                LineEnd::End if size == 0 => return Ok(Next::End),
                LineEnd::End => return Err(SourceFault::Truncated { line: first }),
                LineEnd::TooLong if size == 0 => return Ok(Next::TooLong { line: position(first) }),
                LineEnd::TooLong => return Err(too_large(first)),
                LineEnd::Whole if size == 0 && self.buffer.trim_ascii().is_empty() => start = None,
                LineEnd::Whole => {
                    size += self.buffer.len();
                    if size > MAX_LINE_BYTES {
                        return Err(too_large(first));
                    }
                    if record.add(&self.buffer, &mut self.parser) {
                        return Ok(Next::Record { line: position(first) });
                    }
                }
            }
        }
    }

    /// Reads a line into the buffer, with a line feed.
    fn line(&mut self) -> Result<LineEnd, SourceFault> {
        let (end, bytes) = read_line(&mut self.source, &mut self.buffer, MAX_LINE_BYTES)?;
        self.bytes += bytes;
        if end != LineEnd::End {
            self.lines += 1;
            self.buffer.push(b'\n');
        }
        Ok(end)
    }
}

const fn too_large(line: usize) -> SourceFault {
    SourceFault::TooLarge { line, max_bytes: MAX_LINE_BYTES }
}

fn position(line: usize) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

/// Whether a quote is open after `line`, as the parser reads it: one within a cell that is not quoted opens nothing.
fn leaves_quote_open(line: &[u8], was_open: bool) -> bool {
    let mut before = b'\n';
    line.iter().fold(was_open, |is_open, &byte| {
        // After a quote that closed a cell, another stands for itself, and the cell goes on.
        let may_open = before == b'\n' || before == b'"' || DELIMITERS.contains(&before);
        before = byte;
        is_open ^ (byte == b'"' && (is_open || may_open))
    })
}
