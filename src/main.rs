//! The gateway and its commands.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use userbatch::cli::{Cli, CliError, Completion};
use userbatch::telemetry;

/// A request makes many small allocations; the system allocator spends up to a quarter of its CPU time on them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(completion) => completion.into(),
        Err(error) => {
            error.print();
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Completion, CliError> {
    let Some(cli) = Cli::read()? else { return Ok(Completion::Full) };
    telemetry::start_logs(&cli.log)?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|source| CliError::Io { what: "the runtime".to_owned(), source })?;
    let outcome = runtime.block_on(cli.run());
    // Does not wait for a thread that still reads standard input on behalf of a command that has failed.
    runtime.shutdown_background();
    outcome
}
