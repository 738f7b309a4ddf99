//! The walk over a list's rows: select by what is stored, sort, then decrypt until enough rows are found.

use std::{cell::RefCell, cmp::Ordering};

use mana_mcp_values::{Members, Value};

use super::{
    List, Row, SortBy, Steps, TableInfo,
    list::Searched,
    order::{Key, Placed},
    unread::Unopened,
};
use crate::{
    crypto::{FieldCipher, enc1::OpenBuffer},
    data::TableRows,
    decode::Id,
    rows::{FieldSpec, RowReader, Stored, StoredRow},
    table::{Pace, case_fold},
};

/// Which of the rows are taken.
pub(super) struct Window<'a> {
    /// At most this many.
    pub(super) most: usize,
    /// Only those behind a row with these keys and that id.
    pub(super) behind: Option<(&'a [Key], &'a str)>,
    /// Whether all rows that are asked for are counted, and keys are cut to this many bytes.
    pub(super) counted: Option<usize>,
}

impl Window<'_> {
    /// The first rows.
    pub(super) fn first(most: usize) -> Self {
        Self { most, behind: None, counted: None }
    }
}

/// What a walk found.
#[derive(Default)]
pub(super) struct Walk {
    /// The rows that were taken, each with its fields.
    pub(super) taken: Vec<(Placed, Value)>,
    /// The number of rows that are asked for; right where they were to be counted.
    pub(super) total: usize,
    /// Whether there are rows behind those that were taken.
    pub(super) has_more: bool,
    pub(super) unopened: Unopened,
}

impl Walk {
    /// The rows, in their order.
    pub(super) fn values(self) -> impl Iterator<Item = Value> {
        self.taken.into_iter().map(|(_, value)| value)
    }
}

impl Steps {
    /// What a list asks for, out of rows that were read, with what the call has written to them.
    pub(super) async fn walk_over(
        &self,
        source: &dyn TableRows,
        what: List<'_>,
        window: &Window<'_>,
        cipher: Option<&FieldCipher>,
    ) -> Walk {
        let mut walk = Walk::default();
        let rows = self.select(source, what, &mut walk.unopened);
        let _turn = self.call.turn(what.table.spec, &rows).await;
        let (search, mut buffer, mut pace) = (what.searched(), OpenBuffer::default(), Pace::default());
        let chooses = search.is_some() || what.sealed.is_some();
        // What is chosen, counted or ordered by what must be decrypted first.
        let is_chosen_first = chooses && (window.counted.is_some() || what.opens_to_sort());
        let opens_first = is_chosen_first || what.opens_to_sort();
        let mut placed = Vec::with_capacity(rows.len());
        for row in rows {
            pace.step(&row).await;
            let keys = if opens_first {
                let mut reader = RowReader::new(&row, cipher, &mut buffer);
                let is_chosen = !is_chosen_first || self.chooses(what, search.as_ref(), &mut reader).is_some();
                let keys = is_chosen.then(|| self.keys_opened(what, &mut reader));
                walk.unopened.note(&row, &reader);
                keys
            } else {
                Some(self.keys(what, &row, &mut walk.unopened))
            };
            if let Some(mut keys) = keys {
                if let Some(bytes) = window.counted {
                    keys = keys.into_iter().map(|key| key.cut(bytes)).collect();
                }
                placed.push(Placed { keys, row });
            }
        }
        placed.sort_unstable_by(|one, other| one.compare(&other.keys, other.row.id(), what.sort));
        walk.total = placed.len();
        let is_behind = |placed: &Placed| match window.behind {
            Some((keys, id)) => placed.compare(keys, id, what.sort) == Ordering::Greater,
            None => true,
        };
        for placed in placed.into_iter().filter(is_behind) {
            if walk.taken.len() >= window.most {
                walk.has_more = true;
                break;
            }
            pace.step(&placed.row).await;
            let mut reader = RowReader::new(&placed.row, cipher, &mut buffer);
            let known =
                if is_chosen_first { Some(Value::Null) } else { self.chooses(what, search.as_ref(), &mut reader) };
            let value = known.map(|known| what.table.read(&mut reader, what.fields, known.members()));
            walk.unopened.note(&placed.row, &reader);
            let lacks = reader.lacks_a_field();
            if let Some(value) = value.filter(|_| !lacks) {
                walk.taken.push((placed, value));
            }
        }
        walk
    }

    /// The rows that the caller sees and whose stored fields are as asked for. Of them, those are left out that have no id
    /// that could be named, or lack a field that they must have.
    fn select(&self, source: &dyn TableRows, what: List<'_>, unopened: &mut Unopened) -> Vec<StoredRow> {
        let (table, view) = (what.table, what.table.view());
        let unopened = RefCell::new(unopened);
        let is_wanted = |row: &StoredRow| {
            if !self.call.sees(&view, row) || !self.env.look_at(1) {
                return false;
            }
            let seen = Row::new(table, row);
            let is_asked_for = what.stored.is_none_or(|holds| holds(&self.env, &seen));
            let mut unread = seen.into_malformed();
            let lacking = if is_asked_for { lacking(table, row) } else { None };
            unread.extend(lacking);
            if !unread.is_empty() {
                unopened.borrow_mut().add(row, &unread);
            }
            is_asked_for && lacking.is_none()
        };
        self.batch.rows(&table.spec, source, &is_wanted)
    }

    /// Whether a row's decrypted fields are as asked for: then those that were read for a condition, else `None`.
    fn chooses(&self, what: List<'_>, search: Option<&Searched>, reader: &mut RowReader<'_>) -> Option<Value> {
        if let Some((fields, text)) = search {
            let mut holds = |field: &&'static str| {
                let found = reader.text(field, what.table.spec.is_encrypted(field));
                found.is_some_and(|found| case_fold(found).contains(text.as_str()))
            };
            // Each is read, so that each that cannot be read is named.
            let found = fields.iter().filter(|field| holds(field)).count();
            if found == 0 {
                return None;
            }
        }
        let Some((fields, holds)) = what.sealed else { return Some(Value::Null) };
        let value = what.table.read(reader, fields, None);
        (self.env.look_at(1) && holds(&self.env, &value)).then_some(value)
    }

    /// What a row is compared by, where no field of that is encrypted.
    fn keys(&self, what: List<'_>, row: &StoredRow, unopened: &mut Unopened) -> Vec<Key> {
        let seen = Row::new(what.table, row);
        let get = |name: &'static str| seen.get(name);
        let keys = what.sort.iter().map(|sort| match &sort.by {
            SortBy::Field(name) => self.key_of_field(what.table, name, &get(name)),
            SortBy::Key(needs, key) => {
                let fields: Members = needs.iter().map(|name| ((*name).into(), get(name))).collect();
                Key::of(&self.env, None, &key(&self.env, &Value::Map(fields.into())))
            }
        });
        let keys = keys.collect();
        unopened.add(row, &seen.into_malformed());
        keys
    }

    fn keys_opened(&self, what: List<'_>, reader: &mut RowReader<'_>) -> Vec<Key> {
        let keys = what.sort.iter().map(|sort| match &sort.by {
            SortBy::Field(name) => {
                let value = what.table.field(name).map_or(Value::Null, |field| field.read(reader));
                self.key_of_field(what.table, name, &value)
            }
            SortBy::Key(needs, key) => {
                let fields = what.table.read(reader, needs, None);
                Key::of(&self.env, None, &key(&self.env, &fields))
            }
        });
        keys.collect()
    }

    fn key_of_field(&self, table: &TableInfo, name: &str, value: &Value) -> Key {
        Key::of(&self.env, table.field(name).map(|field| field.ty), value)
    }
}

/// The first field without which the row is left out: its id, where that is invalid, or a field that it must have and has not.
pub(super) fn lacking(table: &TableInfo, row: &StoredRow) -> Option<&'static str> {
    if !Id::is_id(row.id()) {
        return Some("id");
    }
    let must_be_there = |field: &&FieldSpec| field.required && field.default.is_none() && field.name != "id";
    let mut required = table.spec.fields.iter().filter(must_be_there);
    required.find(|field| matches!(row.get(field.name), None | Some(Stored::Null))).map(|field| field.name)
}
