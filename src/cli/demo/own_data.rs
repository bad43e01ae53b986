//! `demo --import`: one's own users beside the samples.

use std::path::PathBuf;

use clap::Args;

use crate::admin::{Administration, ImportOptions, Mapping, SourceFormat};
use crate::cli::admin::{Import, import_text, source_format};
use crate::cli::{CliError, terminal};
use crate::config::DemoSettings;
use crate::core::id::Slug;

/// Settings of `demo`.
#[derive(Debug, Args)]
pub(in crate::cli) struct DemoArgs {
    #[command(flatten)]
    pub(super) settings: DemoSettings,
    #[command(flatten)]
    pub(super) own: OwnData,
}

/// A file to import first.
#[derive(Debug, Args)]
pub(super) struct OwnData {
    /// File with users of your own to import into the demo's tenant first, beside the samples; - for standard input
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
    /// Format of that file
    #[arg(long, value_parser = source_format(), default_value = SourceFormat::default().as_str(), requires = "import")]
    from: SourceFormat,
    /// With CSV, take this column for this field of the user, as `import` does
    #[arg(long, value_name = "COLUMN=FIELD", requires = "import")]
    map: Vec<Mapping>,
    /// File to list rejected records in; - for standard error; defaults to FILE.rejects.ndjson
    #[arg(long, requires = "import")]
    rejects: Option<PathBuf>,
}

impl OwnData {
    /// Imports the file, if there is one, and prints its counts. Rejected records are listed and do not stop the demo.
    pub(super) async fn import(&self, admin: &Administration, tenant: &Slug) -> Result<(), CliError> {
        let Some(file) = &self.import else { return Ok(()) };
        let options = ImportOptions { from: self.from, map: self.map.clone(), ..ImportOptions::default() };
        let import = Import { tenant, file, options, rejects: self.rejects.as_deref(), joins: None };
        let report = import.run(admin).await?;
        terminal::print(&import_text(&report))
    }
}
