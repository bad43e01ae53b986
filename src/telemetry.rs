//! Logs and metrics.

use anstream::{AutoStream, ColorChoice};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Upper bounds of the buckets of every `…_seconds` histogram.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Why logging or metrics could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter cannot be parsed.
    #[error("RUST_LOG: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Metrics could not be set up.
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

/// Sends logs to standard error, so that standard output holds only a command's output.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn start_logs(settings: &LogSettings) -> Result<(), TelemetryError> {
    // PostgreSQL's notices may quote data.
    let filter = EnvFilter::try_new(&settings.filter)?.add_directive("sqlx::postgres::notice=off".parse()?);
    // The same choice as for help and errors: NO_COLOR, TERM=dumb and whether it is a terminal.
    let is_coloured = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Its report of a failed write would itself panic if standard error cannot be written.
        .log_internal_errors(false)
        .with_ansi(is_coloured);
    // A second call, as in tests, keeps the settings of the first.
    let _ = match settings.format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Starts collecting metrics, the running version among them, and returns the handle that renders them in Prometheus' text format.
///
/// # Errors
/// [`TelemetryError::Metrics`].
pub fn start_metrics() -> Result<PrometheusHandle, TelemetryError> {
    let builder =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?;
    let metrics = builder.install_recorder()?;
    describe_metrics();
    metrics::gauge!("userbatch_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(metrics)
}

/// Tells Prometheus what each metric is.
fn describe_metrics() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_gauge!("userbatch_build_info", "Always 1, with the running version.");
    describe_gauge!("userbatch_cache_bytes", "Memory that the cache uses, in bytes.");
    describe_counter!("userbatch_cache_lookups_total", "Lookups in the cache, by outcome.");
    describe_histogram!("userbatch_request_seconds", "Time to respond to a request, in seconds.");
    describe_histogram!(
        "userbatch_statement_seconds",
        "Time that a statement of the database took, in seconds."
    );
}
