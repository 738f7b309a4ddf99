//! Checked actions: every value fits the field that takes it.

use super::{RustIdent, Shape, Type, TypeName};

/// What a tool does. Tables are named by their place among the tables of the module.
#[derive(Debug, Clone)]
pub enum Action {
    /// Stores a new row.
    Insert(Insert),
    /// Returns rows.
    List(List),
    /// Changes one row.
    Update(Update),
    /// Removes one row.
    Delete(Delete),
    /// Runs a function that is written by hand.
    Custom,
}

/// Stores a new row.
#[derive(Debug, Clone)]
pub struct Insert {
    /// The Rust type of the row.
    pub(crate) row: TypeName,
    /// A value for every field of the row, in the row's order.
    pub(crate) values: Vec<FieldValue>,
    pub(crate) returns: Vec<FieldValue>,
}

/// Returns rows.
#[derive(Debug, Clone)]
pub struct List {
    pub(crate) row: TypeName,
    pub(crate) filters: Vec<Filter>,
    pub(crate) search: Option<Search>,
    pub(crate) sort: Vec<Sort>,
    pub(crate) limit: Option<Expr>,
    pub(crate) returns: Vec<FieldValue>,
}

/// Changes one row.
#[derive(Debug, Clone)]
pub struct Update {
    pub(crate) row: TypeName,
    pub(crate) patch: TypeName,
    pub(crate) id: RowId,
    /// A row that is so already is left alone.
    pub(crate) unless: Option<Filter>,
    pub(crate) clear: Option<Clear>,
    pub(crate) values: Vec<FieldValue>,
    /// Whether `values` has every field of the patch.
    pub(crate) complete: bool,
    pub(crate) returns: Vec<FieldValue>,
}

/// Empties the fields that an input names.
#[derive(Debug, Clone)]
pub struct Clear {
    pub(crate) input: RustIdent,
    /// The enum of the names.
    pub(crate) names: TypeName,
    /// The words of the enum, and the field that each names.
    pub(crate) fields: Vec<(RustIdent, RustIdent)>,
}

/// Removes one row.
#[derive(Debug, Clone)]
pub struct Delete {
    pub(crate) row: TypeName,
    pub(crate) id: RowId,
    pub(crate) mode: DeleteMode,
    pub(crate) returns: Vec<FieldValue>,
}

/// The input that names a row.
#[derive(Debug, Clone)]
pub struct RowId {
    pub(crate) ident: RustIdent,
    /// Whether it is an `Id`, and not only what can be made one.
    pub(crate) is_id: bool,
}

/// Whether a row that was removed can come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteMode {
    /// It is marked as deleted, with a time.
    Soft,
    /// It is gone for good.
    Hard,
}

/// A value for a field.
#[derive(Debug, Clone)]
pub struct FieldValue {
    pub(crate) ident: RustIdent,
    pub(crate) expr: Expr,
    /// How the value is wrapped.
    pub(crate) from: Shape,
    /// How the field is wrapped; `from` fits it.
    pub(crate) to: Shape,
}

/// A field that must have a value.
#[derive(Debug, Clone)]
pub struct Filter {
    pub(crate) field: String,
    pub(crate) equals: Expr,
    /// The type of the field and of what it is compared with.
    pub(crate) ty: Type,
    /// The boolean input that switches the filter off.
    pub(crate) unless: Option<RustIdent>,
}

/// A text that is looked for in fields.
#[derive(Debug, Clone)]
pub struct Search {
    pub(crate) fields: Vec<String>,
    pub(crate) text: Expr,
}

/// A field to sort by.
#[derive(Debug, Clone)]
pub struct Sort {
    pub(crate) field: String,
    pub(crate) descending: bool,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// `null`, an absent field too.
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Number(f64),
    /// A text.
    String(String),
    /// A text of a closed set.
    Variant(TypeName, RustIdent),
    /// `[]`
    EmptyArray,
    /// An input.
    Input {
        /// Its field.
        ident: RustIdent,
        /// Whether using it twice needs no clone.
        copy: bool,
        /// How it is wrapped.
        shape: Shape,
    },
    /// The time of the call.
    Now,
    /// The day of the call, in the caller's time zone.
    Today,
    /// A new UUID.
    Uuid,
    /// A new id.
    Id,
    /// The place behind all live rows of the table.
    Place,
    /// The id of the active space.
    Space,
    /// Number of words of an input.
    WordCount(RustIdent),
    /// The first value that is there; the last one always is.
    Coalesce(Vec<Expr>, Box<Expr>),
    /// The row that was stored.
    Row,
    /// The rows that were found.
    Rows,
}

impl DeleteMode {
    /// Both modes.
    pub(crate) const ALL: [Self; 2] = [Self::Soft, Self::Hard];

    /// As it stands in a source.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Hard => "hard",
        }
    }

    /// The mode of this word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}
