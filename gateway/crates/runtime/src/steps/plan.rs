//! What a call would change, for a person who is asked before and for a client that asks what would happen.

use mana_mcp_values::Value;
use serde::Serialize;

use super::{Steps, TableInfo, change::json};
use crate::{
    decode::JsonObject,
    log::Operation,
    rows::{DELETED_AT, StoredRow},
    table::Write,
    tool::ToolError,
};

/// The most rows that a plan lists.
const MAX_ROWS: usize = 100;

/// All that a call would change. Nothing of it is stored.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The rows, in the order in which they would be written; the first hundred.
    pub changes: Vec<PlannedChange>,
    /// The number of all rows.
    pub total: usize,
}

impl Plan {
    /// Its size as JSON.
    #[must_use]
    pub fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |json| json.len())
    }
}

/// What would become of one row.
#[derive(Clone, Serialize)]
pub struct PlannedChange {
    /// What would be done.
    pub change: ChangeKind,
    /// The table, as the catalog names it.
    pub table: &'static str,
    /// What people call such a row.
    #[serde(skip)]
    pub noun: &'static str,
    /// The row's id.
    pub id: String,
    /// What people call this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The fields that would change, as they are. What is not there is left out.
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    pub before: JsonObject,
    /// The fields that would change, as they would be.
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    pub after: JsonObject,
}

/// What would be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It would be new.
    Create,
    /// Fields of it would be set.
    Update,
    /// It would be deleted, and could be restored.
    Delete,
    /// It would be brought back.
    Restore,
    /// It would be removed for good.
    Remove,
}

/// One row from its first to its last write.
struct Course {
    table: &'static TableInfo,
    before: Option<StoredRow>,
    after: StoredRow,
    fields: Vec<&'static str>,
    is_removed: bool,
}

impl Course {
    fn begin(table: &'static TableInfo, write: &Write) -> Self {
        let before = write.before().cloned();
        let mut course = Self { table, before, after: write.after(), fields: Vec::new(), is_removed: false };
        course.go_on(write);
        course
    }

    fn go_on(&mut self, write: &Write) {
        self.after = write.after();
        let named: Vec<&str> = match &write.change().operation {
            Operation::Insert { data } => data.keys().map(String::as_str).collect(),
            Operation::Update { fields } => fields.keys().map(String::as_str).collect(),
            Operation::Delete { deleted_at } => {
                self.is_removed = deleted_at.is_none();
                Vec::new()
            }
        };
        for field in self.table.spec.fields.iter().filter(|field| named.contains(&field.name)) {
            if !["id", "createdAt", "updatedAt", DELETED_AT].contains(&field.name) && !self.fields.contains(&field.name)
            {
                self.fields.push(field.name);
            }
        }
    }

    fn kind(&self) -> ChangeKind {
        match (&self.before, self.after.is_live()) {
            _ if self.is_removed => ChangeKind::Remove,
            (None, _) => ChangeKind::Create,
            (Some(before), true) if !before.is_live() => ChangeKind::Restore,
            (Some(_), true) => ChangeKind::Update,
            (Some(_), false) => ChangeKind::Delete,
        }
    }
}

impl Steps {
    /// What the steps so far would change.
    pub(super) async fn plan(&mut self) -> Result<Plan, ToolError> {
        let courses = self.courses();
        let total = courses.len();
        let mut changes = Vec::new();
        for course in courses.into_iter().take(MAX_ROWS) {
            changes.push(self.planned(course).await?);
        }
        Ok(Plan { changes, total })
    }

    fn courses(&self) -> Vec<Course> {
        let mut courses: Vec<Course> = Vec::new();
        for write in self.batch.writes() {
            let Some(table) = self.written.iter().find(|table| table.spec.is_same(&write.table())) else { continue };
            let same =
                |course: &&mut Course| course.table.spec.is_same(&table.spec) && course.after.id() == write.change().id;
            match courses.iter_mut().find(same) {
                Some(course) => course.go_on(write),
                None => courses.push(Course::begin(table, write)),
            }
        }
        courses
    }

    async fn planned(&mut self, course: Course) -> Result<PlannedChange, ToolError> {
        let (change, table) = (course.kind(), course.table);
        // A deletion shows the row's label, not all of its fields.
        let fields: &[&'static str] = match change {
            ChangeKind::Create | ChangeKind::Update => &course.fields,
            ChangeKind::Delete | ChangeKind::Restore | ChangeKind::Remove => &[],
        };
        let known = course.before.as_ref().unwrap_or(&course.after);
        let label = match table.label {
            Some(label) => self.shown(table, known, &[label]).await?.member(label).as_str().map(str::to_owned),
            None => None,
        };
        let before = match &course.before {
            Some(before) => fields_of(table, fields, &self.shown(table, before, fields).await?)?,
            None => JsonObject::new(),
        };
        let after = fields_of(table, fields, &self.shown(table, &course.after, fields).await?)?;
        let (noun, id) = (table.spec.noun, course.after.id().to_owned());
        Ok(PlannedChange { change, table: table.spec.table, noun, id, label, before, after })
    }
}

/// The fields of a row that are there, as JSON.
fn fields_of(table: &TableInfo, fields: &[&'static str], row: &Value) -> Result<JsonObject, ToolError> {
    let there = fields.iter().filter(|field| !row.member(field).is_null());
    there.map(|field| Ok(((*field).to_owned(), json(table, field, row.member(field))?))).collect()
}

impl std::fmt::Debug for PlannedChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlannedChange")
            .field("change", &self.change)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}
