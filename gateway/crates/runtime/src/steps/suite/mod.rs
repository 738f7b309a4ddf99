//! The rows of the whole suite: `search` finds them by words in every table whose rows people call by a label, `fetch` reads
//! one. A module's rows are read where a tool of the module that reads could be called.

mod fetch;
mod needle;
mod search;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt, sync::Arc};

use mana_mcp_values::nearest;

use super::{StepError, TableInfo};
use crate::{
    data::ModuleAccess,
    rows::FieldSpec,
    tool::{Call, ToolContext, ToolError},
    types::Type,
};

pub use fetch::Document;
pub use search::{Found, Hit};

/// The characters of a title.
const MOST_OF_TITLE: usize = 200;
/// The characters of an unknown name that an error repeats.
const MOST_OF_NAME: usize = 64;

/// The rows of all modules, as one call sees them.
#[derive(Debug)]
pub struct Suite {
    call: Arc<Call>,
}

/// A table whose rows have a label.
#[derive(Clone, Copy)]
struct Shelf {
    module: &'static str,
    table: &'static TableInfo,
    label: &'static str,
}

impl Suite {
    /// As that call sees it.
    #[must_use]
    pub fn new(context: &ToolContext) -> Self {
        Self { call: Arc::clone(context.call()) }
    }

    /// The tables of these modules, of all that can be read where none is named.
    fn shelves(&self, named: Option<&[String]>) -> Result<Vec<Shelf>, ToolError> {
        let modules = self.call.data().modules();
        let Some(named) = named.filter(|named| !named.is_empty()) else {
            let readable = modules.iter().filter(|access| access.refusal.is_none());
            return Ok(readable.flat_map(shelves_of).collect());
        };
        let mut shelves = Vec::new();
        for name in named.iter().collect::<BTreeSet<_>>() {
            let Some(access) = modules.iter().find(|access| access.module == name.as_str()) else {
                return Err(StepError::Refused { why: unknown_module(name, &modules) }.into());
            };
            if let Some(refusal) = &access.refusal {
                return Err(ToolError::Refused(refusal.clone()));
            }
            shelves.extend(shelves_of(access));
        }
        Ok(shelves)
    }

    /// Where people see the row of that id.
    fn link(&self, shelf: &Shelf, id: &str) -> String {
        match self.call.data().web_address() {
            Some(web) => format!("{web}/{}#{id}", shelf.module),
            None => format!("mana:{id}"),
        }
    }
}

/// The tables of a module.
fn shelves_of(access: &ModuleAccess) -> impl Iterator<Item = Shelf> {
    let module = access.module;
    access.tables.iter().filter_map(move |table| Some(Shelf { module, table, label: table.label? }))
}

fn unknown_module(name: &str, modules: &[ModuleAccess]) -> String {
    let readable = modules.iter().filter(|access| access.refusal.is_none() && shelves_of(access).next().is_some());
    let names: Vec<&str> = readable.map(|access| access.module).collect();
    let shown: String = name.chars().take(MOST_OF_NAME).flat_map(char::escape_debug).collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("There is no module `{shown}`. Did you mean `{near}`?"),
        None => format!("There is no module `{shown}` to search. There are: {}.", names.join(", ")),
    }
}

impl Shelf {
    /// The id of a row among all rows of the suite.
    fn id(&self, row: &str) -> String {
        format!("{}.{}:{row}", self.module, self.table.spec.table)
    }

    /// The fields that hold texts, beside the label: those first that need not be decrypted.
    fn texts(&self) -> Vec<&'static str> {
        let fields = self.table.spec.fields.iter().zip(self.table.types);
        let texts = fields.filter(|(field, ty)| is_text(ty) && field.name != self.label).map(|(field, _)| field);
        let (sealed, plain): (Vec<&FieldSpec>, Vec<&FieldSpec>) = texts.partition(|field| field.encrypted);
        plain.into_iter().chain(sealed).map(|field| field.name).collect()
    }
}

fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::Text | Type::List(Type::Text))
}

/// What a row is called: its label in one line, or what it is where it has none.
fn title_of(table: &TableInfo, label: Option<&str>) -> String {
    let label = label.unwrap_or_default();
    let line: Vec<&str> = label.split_whitespace().collect();
    if line.is_empty() {
        return format!("Untitled {}", table.spec.noun);
    }
    let line = line.join(" ");
    match line.char_indices().nth(MOST_OF_TITLE) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Without the table's fields.
impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shelf({}.{})", self.module, self.table.spec.table)
    }
}
