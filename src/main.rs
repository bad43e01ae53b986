//! The gateway and its commands.

use std::process::ExitCode;

use clap::Parser as _;
use userbatch::cli::Cli;
use userbatch::telemetry;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
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
