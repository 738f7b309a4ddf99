//! What is found where the catalog contradicts the mirror.

use crate::diagnostics::Diagnostic;

/// What pulls the mirror, or what to do without a checkout of the web.
pub(super) const REMEDY: &str =
    "`cargo xtask web pull` brings `web.yaml` up to date; docs/web-mirror.md tells how to do it by hand";

/// What in the mirror a problem has to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Whether the web has this table, and its fields are known.
    Table(String),
    /// The app of a table.
    App(String),
    /// The wire name of a table.
    Wire(String),
    /// Whether a table is of users.
    User(String),
    /// A field of a table.
    Field(String, String),
    /// The types of spaces that have a module, by its name in the web.
    Spaces(String),
}

/// A problem of the catalog, and what in the mirror it has to do with.
pub(crate) struct Finding {
    /// What it has to do with.
    #[cfg_attr(not(feature = "web-registry"), expect(dead_code, reason = "the comparison with the web sorts by it"))]
    pub(crate) subject: Subject,
    /// The problem, in the catalog.
    pub(crate) problem: Diagnostic,
}
