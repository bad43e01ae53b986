//! The gateway and its commands.
fn main() {}
