//! What clients rely on, and whether a change of the catalog breaks it.
//!
//! [`Interface`] is what is published, tool by tool, without the texts: those may change at any time. [`compare()`] tells
//! breaking changes from additive ones. [`Locks`] is the published interface as it is kept beside the catalog, one [`Lock`]
//! a module, with the breaking changes that were accepted, and why.

mod compare;
mod interface;
mod lock;
mod locks;
mod schema;
#[cfg(test)]
mod tests;

use std::fmt;

pub use compare::compare;
pub(crate) use interface::tables_of;
pub use interface::{Counts, Interface, TableInterface, ToolInterface};
pub use lock::{Accepted, Lock, LockError};
pub use locks::{Judged, Locks};

/// The folder of the published interface: a lock file a module.
pub const LOCKS: &str = "catalog/lock";

/// One difference between two interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The tool, by its dotted name.
    pub tool: String,
    /// The part of the tool: a path such as `input/title`, or nothing where it is the tool as a whole.
    pub at: String,
    /// What kind of difference it is.
    pub rule: Rule,
    /// Whether clients break.
    pub verdict: Verdict,
    /// The difference in words, from old to new.
    pub what: String,
}

/// Whether clients that work with the old interface work with the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Some do not.
    Breaking,
    /// All do.
    Additive,
}

/// Declares the rules with their slugs.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $slug:literal,)+) => {
        /// A kind of difference.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Rule] = &[$(Self::$name,)+];

            /// The rule in a word or two: `tool-removed`.
            pub const fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)+
                }
            }
        }
    };
}

rules! {
    /// A tool is there that was not.
    ToolAdded = "tool-added",
    /// A tool is not there any more.
    ToolRemoved = "tool-removed",
    /// A tool has another name.
    ToolRenamed = "tool-renamed",
    /// Whose data a tool works on.
    Scope = "scope",
    /// What a tool does to data: a higher hint asks for more permission.
    PolicyHint = "policy-hint",
    /// Whether an equal call may be repeated.
    Idempotent = "idempotent",
    /// Where a tool's rows are kept.
    Table = "table",
    /// What of a tool's rows is encrypted.
    Encryption = "encryption",
    /// A property that came or went.
    Property = "property",
    /// Whether a property must be there.
    Required = "required",
    /// What a property is when it is left out.
    Default = "default",
    /// The type of a value, null too.
    Type = "type",
    /// The words that a value may be.
    Enum = "enum",
    /// Least and greatest lengths, counts and numbers, and whether items may be equal.
    Bounds = "bounds",
    /// The pattern of a text.
    Pattern = "pattern",
    /// The format of a text.
    Format = "format",
}

impl Change {
    /// Whether both say something of the same part in the same respect.
    pub fn concerns_the_same(&self, other: &Self) -> bool {
        (&self.tool, &self.at, self.rule) == (&other.tool, &other.at, other.rule)
    }
}

impl Verdict {
    /// `breaking` or `additive`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Additive => "additive",
        }
    }
}

/// `input/title: at most 200 characters instead of 500`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() { f.write_str(&self.what) } else { write!(f, "{}: {}", self.at, self.what) }
    }
}
