//! Checked actions: every expression has its type, every value fits the field that takes it.

use std::collections::BTreeSet;

use crate::expr::Typed;

/// What a tool does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Steps, and what is made of their results.
    Steps(Steps),
    /// Runs a function that is written by hand.
    Custom,
}

/// What a tool does, step by step.
#[derive(Debug, Clone)]
pub struct Steps {
    pub(crate) steps: Vec<Step>,
    /// The step whose list is given out in pages.
    pub(crate) page: Option<String>,
    /// An object of the output's type.
    pub(crate) returns: Typed,
    /// The tables in which places are chosen.
    pub(crate) places: Vec<TableRef>,
}

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    pub(crate) name: String,
    pub(crate) when: Option<Typed>,
    pub(crate) otherwise: Option<Typed>,
    pub(crate) each: Option<Typed>,
    pub(crate) verb: Verb,
    /// The fields that later steps and the output use of its rows.
    pub(crate) fields: BTreeSet<String>,
}

/// A table of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableRef {
    pub(crate) module: String,
    pub(crate) name: String,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Verb {
    Value(Typed),
    Get(TableRef, Typed),
    Find(Query),
    List(Query),
    Insert(TableRef, Vec<(String, Given)>),
    Put(Put),
    Update(Update),
    Delete(Delete),
    Restore(TableRef, Typed),
    Call(Call),
    /// What must hold, and the error message where it does not.
    Require(Typed, Typed),
}

/// What a field is set to.
#[derive(Debug, Clone)]
pub(crate) enum Given {
    /// A null that is written out: it is stored.
    Null,
    /// A value; where it is null, nothing is stored.
    Value(Typed),
}

/// Which rows are read, and in what order.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) table: TableRef,
    /// What must hold of fields that are stored as they are.
    pub(crate) stored: Option<Typed>,
    /// What must hold of encrypted fields.
    pub(crate) sealed: Option<(BTreeSet<String>, Typed)>,
    pub(crate) search: Option<(Vec<String>, Typed)>,
    pub(crate) sort: Vec<Sort>,
    pub(crate) limit: Option<Typed>,
}

/// What rows are ordered by.
#[derive(Debug, Clone)]
pub(crate) struct Sort {
    pub(crate) by: SortBy,
    pub(crate) descending: bool,
}

/// A key of an order.
#[derive(Debug, Clone)]
pub(crate) enum SortBy {
    /// A field that is stored as it is.
    Field(String),
    /// An expression over these fields.
    Key(BTreeSet<String>, Typed),
}

/// A row that is changed where it is there, else stored.
#[derive(Debug, Clone)]
pub(crate) struct Put {
    pub(crate) table: TableRef,
    pub(crate) key: Vec<(String, Typed)>,
    pub(crate) values: Vec<(String, Given)>,
    pub(crate) updates: bool,
}

/// A change of one row, or of those that fit.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) which: Which,
    /// The fields of the row that `values` read.
    pub(crate) needs: BTreeSet<String>,
    pub(crate) given: Vec<String>,
    pub(crate) clear: Option<Typed>,
    pub(crate) values: Vec<(String, Typed)>,
}

/// A removal of one row, or of those that fit.
#[derive(Debug, Clone)]
pub(crate) struct Delete {
    pub(crate) which: Which,
    pub(crate) is_hard: bool,
}

/// One row, or some.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    One(TableRef, Typed),
    /// The rows that fit, at most this many.
    All(Box<Query>, i64),
}

/// A call of a service.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) with: Typed,
}

impl TableRef {
    /// `todo.tasks`
    pub(crate) fn dotted(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

impl Steps {
    /// Whether a step removes rows, softly or for good.
    pub(crate) fn deletes(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.verb, Verb::Delete(_)))
    }

    /// The calls of services, one a step.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().filter_map(|step| match &step.verb {
            Verb::Call(call) => Some(call),
            _ => None,
        })
    }

    /// Whether a step reads a list.
    pub(crate) fn lists(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.verb, Verb::List(_)))
    }
}

impl Step {
    /// The table that it reads or writes.
    pub(crate) fn table(&self) -> Option<&TableRef> {
        match &self.verb {
            Verb::Get(table, _) | Verb::Restore(table, _) | Verb::Insert(table, _) => Some(table),
            Verb::Find(query) | Verb::List(query) => Some(&query.table),
            Verb::Put(put) => Some(&put.table),
            Verb::Update(update) => Some(update.which.table()),
            Verb::Delete(delete) => Some(delete.which.table()),
            Verb::Value(_) | Verb::Call(_) | Verb::Require(..) => None,
        }
    }

    /// The expressions in it.
    pub(crate) fn expressions(&self) -> Vec<&Typed> {
        let outer = [&self.when, &self.otherwise, &self.each].into_iter().flatten();
        outer.chain(self.verb.expressions()).collect()
    }
}

impl Verb {
    pub(crate) fn expressions(&self) -> Vec<&Typed> {
        match self {
            Self::Value(one) | Self::Get(_, one) | Self::Restore(_, one) => vec![one],
            Self::Find(query) | Self::List(query) => query.expressions(),
            Self::Insert(_, values) => given(values).collect(),
            Self::Put(put) => put.key.iter().map(|(_, key)| key).chain(given(&put.values)).collect(),
            Self::Update(update) => {
                let values = update.values.iter().map(|(_, value)| value);
                update.which.expressions().into_iter().chain(&update.clear).chain(values).collect()
            }
            Self::Delete(delete) => delete.which.expressions(),
            Self::Call(call) => vec![&call.with],
            Self::Require(condition, text) => vec![condition, text],
        }
    }
}

fn given(values: &[(String, Given)]) -> impl Iterator<Item = &Typed> {
    values.iter().filter_map(|(_, value)| match value {
        Given::Value(value) => Some(value),
        Given::Null => None,
    })
}

impl Which {
    fn table(&self) -> &TableRef {
        match self {
            Self::One(table, _) => table,
            Self::All(query, _) => &query.table,
        }
    }

    fn expressions(&self) -> Vec<&Typed> {
        match self {
            Self::One(_, id) => vec![id],
            Self::All(query, _) => query.expressions(),
        }
    }
}

impl Query {
    fn expressions(&self) -> Vec<&Typed> {
        let keys = self.sort.iter().filter_map(|sort| match &sort.by {
            SortBy::Key(_, key) => Some(key),
            SortBy::Field(_) => None,
        });
        let conditions = self.stored.iter().chain(self.sealed.iter().map(|(_, sealed)| sealed));
        conditions.chain(self.search.iter().map(|(_, text)| text)).chain(keys).chain(&self.limit).collect()
    }
}
