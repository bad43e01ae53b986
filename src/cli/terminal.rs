//! Standard output and standard error. What is written is safe on a terminal.

use std::io::{self, Write as _};

use super::CliError;
use crate::core::text::visible_lines;

/// Prints a result to standard output. If nobody reads it any more, as in `… | head -1`, it is dropped quietly.
///
/// # Errors
/// [`CliError::Io`] if it cannot be written, for example because the disk is full.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    let written = output.write_all(visible_lines(text).as_bytes()).and_then(|()| output.flush());
    unless_closed(written).map_err(CliError::io("standard output"))
}

/// Prints a line to standard error. A failure is ignored: there is nowhere left to report it.
pub(super) fn note(line: &str) {
    let _ = io::stderr().lock().write_all(format!("{}\n", visible_lines(line)).as_bytes());
}

/// Success if the reader has closed the pipe.
pub(super) fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}
