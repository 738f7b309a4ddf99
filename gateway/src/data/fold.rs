//! The fold: what an append-only log of changes says about each record now.
//!
//! Times are compared as strings; field by field, the later or equal one wins. The result does not depend on the order in
//! which changes come, with one exception that every reader of the log shares: where two writers stamp one field with the
//! very same time, the later row of the log wins. Who feeds a fold feeds such rows in the order of the log.

use std::{
    collections::{HashMap, HashSet},
    mem::size_of,
    sync::Arc,
};

use serde_json::Value;

use crate::backend::{Change, Operation};

pub(super) const DELETED_AT: &str = "deletedAt";

/// The state of a table after some changes. Values are as stored, encrypted where the writer encrypted them.
#[derive(Debug)]
pub struct Fold {
    required: Vec<&'static str>,
    records: HashMap<Arc<str>, Arc<Folded>>,
    /// Field names and space ids, each held once.
    names: HashSet<Arc<str>>,
    bytes: usize,
}

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Folded {
    id: Arc<str>,
    /// Sorted by name.
    fields: Vec<Field>,
    /// The space that inserts name.
    inserted_in: Option<Claim>,
    /// The space that updates name. It counts where no insert has been seen.
    updated_in: Option<Claim>,
    is_inserted: bool,
    /// Deleted without a time: whatever else comes, it does not return.
    is_gone: bool,
    is_live: bool,
    bytes: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Field {
    name: Arc<str>,
    at: Arc<str>,
    value: Value,
}

#[derive(Debug, Clone, PartialEq)]
struct Claim {
    at: Arc<str>,
    space: Arc<str>,
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
        let mut record = match self.records.remove(change.id.as_str()) {
            Some(record) => record,
            None => Arc::new(Folded::new(change.id.into())),
        };
        let before = record.bytes;
        // Readers that hold the record keep the state that they have seen.
        let folded = Arc::make_mut(&mut record);
        match change.operation {
            Operation::Insert { data } => {
                let time = |name| data.get(name).and_then(Value::as_str).filter(|at| !at.is_empty());
                let at: Arc<str> = time("updatedAt").or_else(|| time("createdAt")).unwrap_or_default().into();
                let named = data.get("spaceId").and_then(Value::as_str).filter(|space| !space.is_empty());
                if let Some(space) = change.space_id.as_deref().or(named) {
                    let space = self.name(space);
                    claim(&mut folded.inserted_in, Claim { at: Arc::clone(&at), space });
                }
                folded.is_inserted = true;
                let fields = data.into_iter().map(|(name, value)| (name, Arc::clone(&at), value));
                let fields = self.fields(fields);
                folded.merge(fields);
            }
            Operation::Update { fields } => {
                let stamped = fields.into_iter().map(|(name, field)| (name, field.at.into(), field.value));
                let fields = self.fields(stamped);
                if let Some(space) = change.space_id.as_deref() {
                    let at = fields.iter().map(|field| &field.at).max().cloned().unwrap_or_default();
                    let space = self.name(space);
                    claim(&mut folded.updated_in, Claim { at, space });
                }
                folded.merge(fields);
            }
            Operation::Delete { deleted_at: Some(at) } => {
                let name = self.name(DELETED_AT);
                folded.merge(vec![Field { name, at: at.as_str().into(), value: Value::String(at) }]);
            }
            Operation::Delete { deleted_at: None } => folded.is_gone = true,
        }
        folded.settle(&self.required);
        self.bytes = self.bytes.saturating_add(folded.bytes).saturating_sub(before);
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

    /// Sorted by name.
    fn fields(&mut self, fields: impl Iterator<Item = (String, Arc<str>, Value)>) -> Vec<Field> {
        // The record's own id is the one that counts.
        let fields = fields.filter(|(name, ..)| name != "id");
        let mut fields: Vec<Field> =
            fields.map(|(name, at, value)| Field { name: self.name(&name), at, value }).collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.bytes += name.len() + size_of::<[usize; 5]>();
        self.names.insert(Arc::clone(&name));
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
        Self {
            id,
            fields: Vec::new(),
            inserted_in: None,
            updated_in: None,
            is_inserted: false,
            is_gone: false,
            is_live: false,
            bytes: 0,
        }
    }

    /// A view of the row.
    pub(super) fn view(&self) -> RowView<'_> {
        RowView { record: self }
    }

    /// The space that the record names; `None` means the user's personal one.
    pub(super) fn space(&self) -> Option<&str> {
        let claim = if self.is_inserted { &self.inserted_in } else { &self.updated_in };
        claim.as_ref().map(|claim| &*claim.space)
    }

    /// When a field was last set; empty where it was not, or nobody said when.
    pub(super) fn stamp(&self, name: &str) -> &str {
        self.field(name).map_or("", |field| &field.at)
    }

    fn field(&self, name: &str) -> Option<&Field> {
        let index = self.fields.binary_search_by(|field| (*field.name).cmp(name)).ok()?;
        self.fields.get(index)
    }

    /// Sets sorted fields, each where its time is later than or equal to the one that stands.
    fn merge(&mut self, incoming: Vec<Field>) {
        let mut merged = Vec::with_capacity(self.fields.len().max(incoming.len()));
        let mut standing = std::mem::take(&mut self.fields).into_iter().peekable();
        for field in incoming {
            while let Some(smaller) = standing.next_if(|other| other.name < field.name) {
                merged.push(smaller);
            }
            match standing.next_if(|other| other.name == field.name) {
                Some(other) if other.at > field.at => merged.push(other),
                _ => merged.push(field),
            }
        }
        merged.extend(standing);
        merged.shrink_to_fit();
        self.fields = merged;
    }

    /// Brings what is derived up to date.
    fn settle(&mut self, required: &[&str]) {
        if self.is_gone {
            self.fields = Vec::new();
        }
        let has = |name: &&str| self.field(name).is_some();
        let is_deleted = self.field(DELETED_AT).is_some_and(|field| is_set(&field.value));
        self.is_live = !self.is_gone && !is_deleted && required.iter().all(has);
        let fixed = size_of::<Self>() + size_of::<[usize; 8]>() + self.id.len();
        self.bytes = fixed + self.fields.iter().map(Field::bytes).sum::<usize>();
    }
}

impl Field {
    fn bytes(&self) -> usize {
        // The fields of one insert share their time; counting it for each errs on the safe side.
        size_of::<Self>() + self.at.len() + heap(&self.value)
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
    pub fn get(&self, field: &str) -> Option<&'a Value> {
        self.record.field(field).map(|field| &field.value)
    }
}

fn claim(standing: &mut Option<Claim>, claim: Claim) {
    if standing.as_ref().is_none_or(|standing| claim.at >= standing.at) {
        *standing = Some(claim);
    }
}

/// Whether the web application, which asks so, takes the value for true.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(set) => *set,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// What a value holds beside its own place.
fn heap(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.capacity(),
        Value::Array(items) => items.iter().map(|item| size_of::<Value>() + heap(item)).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| {
                key.capacity() + size_of::<(usize, String, Value)>() + 2 * size_of::<usize>() + heap(value)
            })
            .sum(),
    }
}
