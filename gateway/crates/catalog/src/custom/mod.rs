//! Handlers that are written by hand, because YAML does not say what they do.

mod spaces;
mod suite;
