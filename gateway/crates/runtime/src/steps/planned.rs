//! How a plan is made of the writes of a call: what becomes of each row from its first to its last write.

use mana_mcp_values::Value;

use super::{ChangeKind, Plan, PlannedChange, Steps, TableInfo, change::json};
use crate::{
    decode::JsonObject,
    log::Operation,
    rows::{DELETED_AT, StoredRow},
    table::Write,
    tool::ToolError,
};

/// The most rows that a plan lists.
const MAX_ROWS: usize = 100;

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
