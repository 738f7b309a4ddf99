//! The places that a call has chosen for new rows.

use mana_mcp_values::Value;

use crate::rows::TableSpec;

/// The places that a call has chosen.
#[derive(Default)]
pub(super) struct Places {
    /// The tables in which it may choose some.
    pub(super) tables: Vec<TableSpec>,
    pub(super) last: Vec<Last>,
}

/// The last place among rows that are like each other.
pub(super) struct Last {
    pub(super) table: TableSpec,
    pub(super) among: Vec<Value>,
    pub(super) place: Option<f64>,
    /// The writes of the call that it accounts for.
    pub(super) writes: usize,
}
