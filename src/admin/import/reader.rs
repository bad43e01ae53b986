//! Reads a source: detects its encoding, tracks the position, and limits the size of a record.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use super::format::SourceFormat;

/// Why a source cannot be imported. Names positions and formats, never content.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    /// Empty.
    #[error("the file is empty")]
    Empty,
    /// Not UTF-8 text.
    #[error("the file is {0}; save it as text in UTF-8")]
    Encoding(&'static str),
    /// Not JSON.
    #[error("line {line}, column {column}: not valid JSON ({what})")]
    NotJson {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// Ends in the middle of a value.
    #[error("the file is truncated: it ends in the middle of a value in line {line}; nothing was imported")]
    Truncated {
        /// Line, counted from 1.
        line: usize,
    },
    /// A record exceeds the size limit.
    #[error("line {line}: a record is larger than {} MiB", max_bytes >> 20)]
    TooLarge {
        /// Line, counted from 1.
        line: usize,
        /// The limit, in bytes.
        max_bytes: usize,
    },
    /// Another format.
    #[error("the file looks like {found}, not {wanted}; import it {}", .found.option())]
    Wrong {
        /// The detected format.
        found: SourceFormat,
        /// The requested format.
        wanted: SourceFormat,
    },
    /// JSON, but not one record per line.
    #[error(
        "the file looks like multi-line JSON or an array, not {}; select the vendor with --from if it is a vendor's \
         response, otherwise put each user on one line",
        SourceFormat::Canonical
    )]
    NotLines,
    /// Canonical users, but not one per line.
    #[error(
        "the file looks like canonical users, but not one per line; put each user on one line and import it {}",
        SourceFormat::Canonical.option()
    )]
    NotOnePerLine,
    /// JSON in place of CSV.
    #[error(
        "the file looks like JSON, not {wanted}; import canonical users without --from, and a saved response with \
         --from and the name of what gave it"
    )]
    NotTable {
        /// The requested format.
        wanted: SourceFormat,
    },
    /// A table without a column for ids.
    #[error(
        "the header has no column {names} for the users' ids; check that the first line is the header, or say which \
         column has them with --map COLUMN=id"
    )]
    NoIdColumn {
        /// The names of the column.
        names: String,
    },
    /// A table with two columns of one name.
    #[error("the header has the column {column} twice; rename or remove one of them")]
    ColumnTwice {
        /// The name.
        column: String,
    },
    /// Unknown format.
    #[error("the file does not look like {wanted}, nor like another format; check the saved response")]
    Unrecognised {
        /// The requested format.
        wanted: SourceFormat,
    },
    /// An error response of the vendor.
    #[error("line {line}: this is an error response of the vendor (statusCode {status}), without users")]
    VendorError {
        /// Line, counted from 1.
        line: usize,
        /// The vendor's status.
        status: i64,
    },
    /// The source could not be read.
    #[error("the file could not be read: {0}")]
    Io(#[from] io::Error),
    /// Reading was aborted because writing failed.
    #[error("the import was stopped")]
    Stopped,
}

const BOM: &[u8] = b"\xef\xbb\xbf";
const BUFFER_BYTES: usize = 256 << 10;
/// What is read of a source to tell its format, in bytes.
const HEAD_BYTES: u64 = 8 << 10;

/// An opened source.
pub(super) type Source<R> = BufReader<io::Chain<Cursor<Vec<u8>>, R>>;

/// Opens `source` after checking that it is text; skips a byte order mark.
pub(super) fn open<R: Read>(mut source: R) -> Result<Source<R>, SourceFault> {
    let mut head = Vec::new();
    source.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    let encoding = match head.as_slice() {
        [] => return Err(SourceFault::Empty),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..] | [0, _, 0, _, ..] => Some("UTF-16"),
        [0x1f, 0x8b, ..] => Some("compressed (gzip)"),
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive or an Excel workbook"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("compressed (zstd)"),
        _ => None,
    };
    if let Some(encoding) = encoding {
        return Err(SourceFault::Encoding(encoding));
    }
    if let Some(rest) = head.strip_prefix(BOM) {
        head = rest.to_vec();
    }
    let whole = Cursor::new(head).chain(source);
    Ok(BufReader::with_capacity(BUFFER_BYTES, whole))
}

/// The beginning of a source that was just opened.
pub(super) fn head<R: Read>(source: &Source<R>) -> &[u8] {
    let (head, _) = source.get_ref().get_ref();
    head.get_ref()
}

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// Read completely.
    Whole,
    /// Longer than allowed, and skipped.
    TooLong,
    /// End of input.
    End,
}

/// Reads a line of at most `most` bytes into `line`, without its line ending; longer ones are skipped. Also returns the
/// number of bytes read.
pub(super) fn read_line(
    source: &mut impl BufRead,
    line: &mut Vec<u8>,
    most: usize,
) -> io::Result<(LineEnd, u64)> {
    line.clear();
    let (mut end, mut bytes) = (LineEnd::End, 0_u64);
    loop {
        let available = match source.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if available.is_empty() {
            break;
        }
        let newline = available.iter().position(|&byte| byte == b'\n');
        let part = available.get(..newline.unwrap_or(available.len()));
        let part = part.unwrap_or_default();
        if end != LineEnd::TooLong && line.len() + part.len() <= most {
            line.extend_from_slice(part);
            end = LineEnd::Whole;
        } else {
            line.clear();
            end = LineEnd::TooLong;
        }
        let used = part.len() + usize::from(newline.is_some());
        source.consume(used);
        bytes += u64::try_from(used).unwrap_or_default();
        if newline.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok((end, bytes))
}

/// Position of a streaming parser.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// Newlines read.
    pub(super) newlines: Cell<usize>,
    /// Bytes read.
    pub(super) bytes: Cell<u64>,
    /// Bytes that may be read before the next record ends.
    pub(super) budget: Cell<usize>,
    /// Whether the budget was used up.
    pub(super) exhausted: Cell<bool>,
}

/// A reader that counts lines and bytes, and fails if a record exceeds its budget.
pub(super) struct Counted<R> {
    source: R,
    position: Rc<Position>,
}

impl<R> Counted<R> {
    pub(super) const fn new(source: R, position: Rc<Position>) -> Self {
        Self { source, position }
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        let newlines: usize = bytes.iter().map(|&byte| usize::from(byte == b'\n')).sum();
        let at = &self.position;
        at.newlines.set(at.newlines.get() + newlines);
        at.bytes.set(at.bytes.get() + u64::try_from(read).unwrap_or_default());
        let Some(left) = at.budget.get().checked_sub(read) else {
            at.exhausted.set(true);
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        };
        at.budget.set(left);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8], most: usize) -> Vec<(LineEnd, Vec<u8>)> {
        let mut source = BufReader::with_capacity(3, text);
        let (mut line, mut all) = (Vec::new(), Vec::new());
        loop {
            let (end, _) = read_line(&mut source, &mut line, most).unwrap();
            if end == LineEnd::End {
                return all;
            }
            all.push((end, line.clone()));
        }
    }

    #[test]
    fn both_line_endings_are_read_and_long_lines_are_skipped() {
        let read = lines(b"ab\r\n\nabcdefgh\nlast", 5);
        let expected = [
            (LineEnd::Whole, b"ab".to_vec()),
            (LineEnd::Whole, Vec::new()),
            (LineEnd::TooLong, Vec::new()),
            (LineEnd::Whole, b"last".to_vec()),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn other_encodings_are_named() {
        let fault = |bytes: &'static [u8]| open(bytes).err().map(|fault| fault.to_string());
        assert_eq!(fault(b""), Some("the file is empty".to_owned()));
        assert!(fault(b"\xff\xfe{\0").unwrap().contains("UTF-16"));
        assert!(fault(b"{\0\"\0").unwrap().contains("UTF-16"));
        assert!(fault(b"\x1f\x8b\x08\0").unwrap().contains("gzip"));
        let mut text = String::new();
        open(b"\xef\xbb\xbf{}".as_slice()).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "{}");
    }
}
