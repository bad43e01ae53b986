//! Progress display of an import on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::admin::Progress;
use crate::cli::terminal;

/// Redraw interval; keeps the display moving in phases that report nothing.
const REDRAW_INTERVAL: Duration = Duration::from_millis(200);
/// A phase of known length.
const BAR: &str = "{prefix} [{bar:30}] {percent:>3} %  {msg}  {elapsed}";
/// A phase of unknown length.
const LINE: &str = "{prefix}  {msg}  {elapsed}";

/// Progress of an import on standard error; hidden unless that is a terminal.
pub(super) struct ProgressDisplay {
    bar: ProgressBar,
    /// Size of the source, if it is a file.
    source_bytes: Option<u64>,
}

impl ProgressDisplay {
    pub(super) fn new(source_bytes: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if !bar.is_hidden() {
            bar.enable_steady_tick(REDRAW_INTERVAL);
        }
        Self { bar, source_bytes: source_bytes.filter(|&bytes| bytes > 0) }
    }

    pub(super) fn show(&self, progress: Progress) {
        match progress {
            Progress::Reading { records, bytes } => {
                let part = self.source_bytes.map(|all| (bytes, all));
                self.draw("reading", part, format!("{records} records, {} MiB", bytes >> 20));
            }
            Progress::Merging => self.draw("merging", None, String::new()),
            Progress::Writing(written) => {
                let (done, of) = (written.done.unsigned_abs(), written.total.unsigned_abs());
                self.draw("writing", Some((done, of)), format!("{done} of {of} records"));
            }
        }
    }

    /// Prints a line to standard error without disturbing the display.
    pub(super) fn note(&self, line: &str) {
        self.bar.suspend(|| terminal::note(line));
    }

    /// Clears the display, so that the next output starts on a new line.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn draw(&self, phase: &'static str, part: Option<(u64, u64)>, detail: String) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_style(style(part.is_some()));
        if let Some((done, of)) = part {
            self.bar.set_length(of);
            self.bar.set_position(done);
        }
        self.bar.set_prefix(phase);
        self.bar.set_message(detail);
    }
}

fn style(has_end: bool) -> ProgressStyle {
    let template = if has_end { BAR } else { LINE };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_valid() {
        for template in [BAR, LINE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
