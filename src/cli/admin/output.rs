//! Prints results as tables or JSON.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Output;
use crate::cli::{CliError, terminal};
use crate::core::text::{visible, visible_json};

/// Prints `value` as JSON, or formatted by `text`.
pub(super) fn print<T: Serialize>(
    output: Output,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<(), CliError> {
    match output {
        Output::Json => terminal::print(&(visible_json(serde_json::to_string_pretty(value)?) + "\n")),
        Output::Text => terminal::print(&text(value)),
    }
}

/// A plain-text table without borders. Control characters in cells are escaped.
pub(super) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    let rows = rows.into_iter().map(|row| row.map(|cell| visible(&cell).into_owned()));
    table.load_style(NOTHING).set_header(head).add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt() + "\n"
}

/// A time in RFC 3339, UTC, without fractional seconds; a dash if there is none.
pub(super) fn time_or_dash(at: Option<OffsetDateTime>) -> String {
    let seconds = at.and_then(|at| at.replace_nanosecond(0).ok());
    seconds.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| "-".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [["a".to_owned(), "1".to_owned()], ["longer".to_owned(), String::new()]];
        assert_eq!(table(["NAME", "N"], rows), "NAME    N\na       1\nlonger\n");
        let wide = [["張三".to_owned(), "1".to_owned()]];
        assert_eq!(table(["NAME", "N"], wide), "NAME  N\n張三  1\n");
        assert_eq!(table(["NAME", "N"], []), "NAME  N\n");
        let hostile = [["a\u{1b}[2J\nb".to_owned(), "1".to_owned()]];
        assert_eq!(table(["NAME", "N"], hostile), "NAME           N\na\\u{1b}[2J\\nb  1\n");
    }
}
