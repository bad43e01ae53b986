//! The gateway and its commands.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use userbatch::cli::Cli;
use userbatch::telemetry;

/// A request makes many small allocations; the system allocator spends up to a quarter of its CPU time on them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::from_process();
    let outcome = match telemetry::start_logs(&cli.log) {
        Ok(()) => cli.run().await,
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.print();
            ExitCode::FAILURE
        }
    }
}
