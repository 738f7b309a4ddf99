//! A module of a catalog.

use super::ToolEntry;
use crate::{space::SpaceType, steps::TableInfo};

/// A module of the catalog, as the compiler writes it.
#[derive(Debug)]
pub struct Module {
    /// The name, which its tools' names begin with.
    pub name: &'static str,
    /// What its tools are for.
    pub summary: &'static str,
    /// The types of spaces in which the web application has the module; `None` for all of them.
    pub spaces: Option<&'static [SpaceType]>,
    /// Its tools.
    pub tools: &'static [ToolEntry],
    /// Its tables.
    pub tables: &'static [&'static TableInfo],
}
