//! Rows as they are stored: packed in memory, read and written as typed records.
//!
//! A [`StoredRow`] is one folded record, encrypted where its writer encrypted it. [`Folder`] makes one from a row of the
//! log; [`Record`] says how a typed row is read from it and written to it.

mod folder;
mod packed;
mod packer;
mod reader;
mod record;
mod shape;
mod spec;
mod stored;
mod stored_row;
#[cfg(test)]
mod tests;
mod unreadable;
mod writer;

pub use folder::{Folder, Placement};
pub(crate) use reader::Found;
pub use reader::RowReader;
pub use record::{Patch, Record};
pub use spec::{FieldDefault, FieldSpec, TableSpec};
pub use stored::Stored;
pub use stored_row::{DELETED_AT, StoredRow};
pub(crate) use unreadable::Faults;
pub use unreadable::Unreadable;
pub use writer::{FieldWriter, Member, RowWriter};
