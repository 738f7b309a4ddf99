//! The fold: what an append-only log of changes says about each record now.
//!
//! Times are compared as strings; field by field, the later or equal one wins. The result does not depend on the order in
//! which changes come, with one exception that every reader of the log shares: where two writers stamp one field with the
//! very same time, the later row of the log wins. Who feeds a fold feeds such rows in the order of the log.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    mem::size_of,
    sync::Arc,
};

use serde_json::Value;

use super::packed::{Fields, Incoming, Name, Stored};
use crate::backend::{Change, Operation};

pub(super) const DELETED_AT: &str = "deletedAt";

/// The space that inserts name, and the one that updates name, which counts where no insert has been seen. They stand among
/// the fields, because they are merged as fields are; no field of a row is called so, for U+0000 cannot be stored.
const INSERTED_IN: &str = "\0inserted";
const UPDATED_IN: &str = "\0updated";

/// The state of a table after some changes. Values are as stored, encrypted where the writer encrypted them.
#[derive(Debug)]
pub struct Fold {
    required: Vec<&'static str>,
    records: HashMap<Arc<str>, Arc<Folded>>,
    names: HashSet<Name>,
    bytes: usize,
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Folded {
    id: Arc<str>,
    fields: Fields,
    is_inserted: bool,
    /// Deleted without a time: whatever else comes, it does not return.
    is_gone: bool,
    is_live: bool,
}

impl Fold {
    /// The state before any change. A record is live when it is not deleted and has all `required` fields.
    pub fn new(required: impl IntoIterator<Item = &'static str>) -> Self {
        // The id stands beside the fields.
        let required = required.into_iter().filter(|name| *name != "id").collect();
        Self { required, records: HashMap::new(), names: HashSet::new(), bytes: 0 }
    }

    /// Takes in a change.
    pub fn apply(&mut self, change: Change) {
        let standing = self.records.remove(change.id.as_str());
        let before = standing.as_ref().map_or(0, |record| record.bytes());
        let mut record = standing.unwrap_or_else(|| Arc::new(Folded::new(change.id.into())));
        // Readers that hold the record keep the state that they have seen.
        let folded = Arc::make_mut(&mut record);
        match change.operation {
            Operation::Insert { data } => {
                let time = |name| data.get(name).and_then(Value::as_str).filter(|at| !at.is_empty());
                let at = time("updatedAt").or_else(|| time("createdAt")).unwrap_or_default().to_owned();
                let named = data.get("spaceId").and_then(Value::as_str).filter(|space| !space.is_empty());
                let space = change.space_id.or_else(|| named.map(str::to_owned));
                let space = space.map(|space| self.incoming(INSERTED_IN, at.as_str(), Value::String(space)));
                folded.is_inserted = true;
                let fields = data.into_iter().filter(|(name, _)| is_a_field(name));
                let fields = fields.map(|(name, value)| self.incoming(&name, at.as_str(), value));
                folded.merge(fields.chain(space).collect());
            }
            Operation::Update { fields } => {
                let latest = fields.values().map(|field| field.at.as_str()).max().unwrap_or_default().to_owned();
                let space = change.space_id.map(|space| self.incoming(UPDATED_IN, latest, Value::String(space)));
                let fields = fields.into_iter().filter(|(name, _)| is_a_field(name));
                let fields = fields.map(|(name, field)| self.incoming(&name, field.at, field.value));
                folded.merge(fields.chain(space).collect());
            }
            Operation::Delete { deleted_at: Some(at) } => {
                folded.merge(vec![self.incoming(DELETED_AT, at.clone(), Value::String(at))]);
            }
            Operation::Delete { deleted_at: None } => folded.is_gone = true,
        }
        folded.settle(&self.required);
        self.bytes = self.bytes.saturating_add(record.bytes()).saturating_sub(before);
        self.records.insert(Arc::clone(&record.id), record);
    }

    /// An estimate of the memory that the state takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The live record of that id. Writers spell the letters of an id in either case.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Folded>> {
        let spelled_otherwise = || self.records.values().find(|record| record.id.eq_ignore_ascii_case(id));
        self.records.get(id).or_else(spelled_otherwise).filter(|record| record.is_live)
    }

    /// All live records, in no order.
    pub(super) fn live(&self) -> impl Iterator<Item = &Arc<Folded>> {
        self.records.values().filter(|record| record.is_live)
    }

    fn incoming<'a>(&mut self, name: &str, at: impl Into<Cow<'a, str>>, value: Value) -> Incoming<'a> {
        Incoming { name: self.name(name), at: at.into(), value }
    }

    fn name(&mut self, name: &str) -> Name {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name = Name::new(name);
        self.bytes += name.as_str().len() + size_of::<[usize; 8]>();
        self.names.insert(name.clone());
        name
    }
}

impl PartialEq for Fold {
    fn eq(&self, other: &Self) -> bool {
        self.records == other.records
    }
}

impl Folded {
    fn new(id: Arc<str>) -> Self {
        Self { id, fields: Fields::default(), is_inserted: false, is_gone: false, is_live: false }
    }

    /// A view of the row.
    pub(super) fn view(&self) -> RowView<'_> {
        RowView { record: self }
    }

    /// The space that the record names; `None` means the user's personal one.
    pub(super) fn space(&self) -> Option<&str> {
        self.fields.get(if self.is_inserted { INSERTED_IN } else { UPDATED_IN })?.as_str()
    }

    /// When a field was last set; empty where it was not, or nobody said when.
    pub(super) fn stamp(&self, name: &str) -> &str {
        self.fields.at(name).unwrap_or_default()
    }

    fn merge(&mut self, mut incoming: Vec<Incoming<'_>>) {
        incoming.sort_by(|a, b| a.name.cmp(&b.name));
        self.fields.merge(incoming);
    }

    /// Brings what is derived up to date.
    fn settle(&mut self, required: &[&str]) {
        if self.is_gone {
            self.fields = Fields::default();
        }
        let has = |name: &&str| self.fields.get(name).is_some();
        let is_deleted = self.fields.get(DELETED_AT).is_some_and(is_set);
        self.is_live = !self.is_gone && !is_deleted && required.iter().all(has);
    }

    /// An estimate of the memory that it takes, with its place in the map.
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of::<[usize; 14]>() + self.id.len() + self.fields.bytes()
    }
}

/// A folded row, its values as stored.
#[derive(Debug, Clone, Copy)]
pub struct RowView<'a> {
    record: &'a Folded,
}

impl<'a> RowView<'a> {
    /// The record's id.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.record.id
    }

    /// A field as it is stored.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<Stored<'a>> {
        self.record.fields.get(field)
    }

    /// When a field was last set; empty where nobody said when.
    pub(super) fn stamp(&self, field: &str) -> &'a str {
        self.record.stamp(field)
    }
}

/// The record's own id is the one that counts, and what the service could not have stored is no field.
fn is_a_field(name: &str) -> bool {
    name != "id" && !name.starts_with('\0')
}

/// Whether the web application, which asks so, takes the value for true.
fn is_set(value: Stored<'_>) -> bool {
    match value {
        Stored::Null => false,
        Stored::Bool(set) => set,
        Stored::Text(text) => !text.is_empty(),
        Stored::Number(number) => number.as_f64() != Some(0.0),
        Stored::Array(_) | Stored::Object(_) => true,
    }
}
