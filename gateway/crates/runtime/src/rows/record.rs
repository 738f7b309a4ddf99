//! Records: how a typed row is read from a stored one.

use super::{FieldWriter, RowReader, RowWriter, TableSpec};
use crate::data::SealError;

/// A typed row of a table.
pub trait Record: Sized + Send + 'static {
    /// The table.
    const TABLE: TableSpec;

    /// A change of some of the fields.
    type Patch: Patch;

    /// Reads the row. `None` where a field that it must have cannot be read; other fields that cannot be read are absent, or
    /// have their default. Each is noted in the reader.
    fn open(reader: &mut RowReader<'_>) -> Option<Self>;

    /// Writes the row's JSON, one field after the other, without those that are absent or cannot be read.
    fn write(writer: &mut RowWriter<'_, '_>);

    /// Writes every field that is stored.
    ///
    /// # Errors
    /// Where a value cannot be stored.
    fn seal(&self, writer: &mut FieldWriter<'_>) -> Result<(), SealError>;
}

/// A change of some fields of a row.
pub trait Patch: Send {
    /// Whether a field changes that is stored encrypted.
    fn is_sealed(&self) -> bool;

    /// Writes the fields that change.
    ///
    /// # Errors
    /// Where a value cannot be stored.
    fn seal(&self, writer: &mut FieldWriter<'_>) -> Result<(), SealError>;
}
