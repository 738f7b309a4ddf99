//! What a table is called, and what its fields are.

/// What a table is called, and its fields.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// The app that the table belongs to.
    pub app: &'static str,
    /// The name in the catalog.
    pub table: &'static str,
    /// The name on the wire.
    pub sync_name: &'static str,
    /// What one record is called, for people.
    pub noun: &'static str,
    /// The fields that the catalog names.
    pub fields: &'static [FieldSpec],
}

/// A field of a table.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether it is stored encrypted.
    pub encrypted: bool,
    /// Whether a live row must have it.
    pub required: bool,
    /// Whether null can be read: as null, or as absent.
    pub nullable: bool,
}

impl TableSpec {
    /// Whether any field is stored encrypted.
    #[must_use]
    pub fn has_encrypted_fields(&self) -> bool {
        self.fields.iter().any(|field| field.encrypted)
    }

    /// Whether both describe one table of the log.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.app, self.sync_name) == (other.app, other.sync_name)
    }

    /// The names of the fields that a live row must have.
    pub fn required(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.required).map(|field| field.name)
    }

    pub(crate) fn is_encrypted(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.encrypted && field.name == name)
    }

    pub(crate) fn is_nullable(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.nullable && field.name == name)
    }
}
