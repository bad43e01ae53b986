//! GenAuth's JSON.
