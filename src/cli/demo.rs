//! x
use super::CliError;
use crate::config::DemoSettings;
pub(super) async fn run(_: DemoSettings) -> Result<(), CliError> {
    Ok(())
}
