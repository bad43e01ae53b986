//! AvePoint Elements's JSON.
