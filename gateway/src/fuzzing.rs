//! Readers of what strangers send, for the fuzz targets in the tests. Nothing else uses them.

pub use crate::{
    auth::fuzzing::token,
    mcp::fuzzing::{SessionIds, message},
};
