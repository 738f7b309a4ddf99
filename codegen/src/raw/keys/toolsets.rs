//! The keys of `toolsets.yaml`.

use super::section::{Holds, Section, required};

/// `toolsets.yaml`
pub(crate) static TOOLSETS: Section = Section {
    id: "toolsets",
    what: "the file of toolsets",
    keys: &[
        required("default", Holds::Text, "The toolset that `/mcp` serves; `/mcp/x/<name>` serves any other one."),
        required("toolsets", Holds::Named(&TOOLSET), "The toolsets, by name."),
    ],
};

/// A toolset.
pub(crate) static TOOLSET: Section = Section {
    id: "toolset",
    what: "a toolset",
    keys: &[
        required("description", Holds::Text, "What the tools of the set are for, in a sentence or two."),
        required("tools", Holds::Texts, "Names of tools (`journal.add`), and `todo.*` for every tool of a module."),
    ],
};
