//! The interface of a catalog, and its form as JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::emit::schema;
use crate::ir::{Action, Catalog, Module, PolicyHint, Scope, Step, Table, Tool};

/// Everything that clients rely on, by the dotted names of tools.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interface {
    pub(super) tools: BTreeMap<String, ToolInterface>,
}

/// What clients rely on in a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolInterface {
    pub(super) scope: Scope,
    pub(super) policy_hint: PolicyHint,
    pub(super) idempotent: bool,
    /// The first table that it works on; a custom tool has none.
    pub(super) table: Option<TableInterface>,
    /// Schema of the arguments, without texts.
    pub(super) input: Json,
    /// Schema of the result, without texts.
    pub(super) output: Json,
}

/// What the web application and agents must agree on in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInterface {
    /// `app/table`, as the sync service knows it.
    pub(super) name: String,
    /// Names of the encrypted fields, sorted.
    pub(super) encrypted: Vec<String>,
}

/// How many tools there are, by what they do to data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// They change nothing.
    pub read: usize,
    /// They create or change.
    pub write: usize,
    /// They remove for good.
    pub destructive: usize,
}

/// The module of a tool.
pub(super) fn module_of(tool: &str) -> &str {
    tool.split('.').next().unwrap_or_default()
}

impl Counts {
    /// All of them.
    pub fn tools(&self) -> usize {
        self.read + self.write + self.destructive
    }
}

impl Interface {
    /// The interface that a catalog publishes.
    pub fn of(catalog: &Catalog) -> Self {
        let tools = catalog.tools().into_iter();
        Self {
            tools: tools
                .map(|(module, tool)| (tool.name.dotted().to_owned(), ToolInterface::of(module, tool)))
                .collect(),
        }
    }

    /// The tools of a module.
    #[must_use]
    pub fn of_module(&self, module: &str) -> Self {
        let tools = self.tools.iter().filter(|(name, _)| module_of(name) == module);
        Self { tools: tools.map(|(name, tool)| (name.clone(), tool.clone())).collect() }
    }

    /// How many tools there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// How many tools of each kind every module has.
    pub fn modules(&self) -> BTreeMap<&str, Counts> {
        let mut modules: BTreeMap<&str, Counts> = BTreeMap::new();
        for (name, tool) in &self.tools {
            let counts = modules.entry(module_of(name)).or_default();
            *match tool.policy_hint {
                PolicyHint::Read => &mut counts.read,
                PolicyHint::Write => &mut counts.write,
                PolicyHint::Destructive => &mut counts.destructive,
            } += 1;
        }
        modules
    }

    pub(super) fn to_json(&self) -> Json {
        Json::Object(self.tools.iter().map(|(name, tool)| (name.clone(), tool.to_json())).collect())
    }

    /// `None` where it is not what [`Interface::to_json`] writes.
    pub(super) fn from_json(json: &Json) -> Option<Self> {
        let tools = json.as_object()?.iter();
        Some(Self {
            tools: tools
                .map(|(name, tool)| Some((name.clone(), ToolInterface::from_json(tool)?)))
                .collect::<Option<_>>()?,
        })
    }
}

impl ToolInterface {
    fn of(module: &Module, tool: &Tool) -> Self {
        Self {
            scope: tool.scope,
            policy_hint: tool.policy_hint,
            idempotent: tool.idempotent,
            table: tables_of(module, tool).first().copied().map(TableInterface::of),
            input: without_texts(&schema::input(tool)),
            output: without_texts(&schema::output(tool)),
        }
    }

    fn to_json(&self) -> Json {
        let mut json = Map::new();
        json.insert("scope".to_owned(), Json::from(self.scope.word()));
        json.insert("policyHint".to_owned(), Json::from(self.policy_hint.word()));
        json.insert("idempotent".to_owned(), Json::from(self.idempotent));
        if let Some(TableInterface { name, encrypted }) = &self.table {
            json.insert("table".to_owned(), Json::from(name.as_str()));
            json.insert("encryptedFields".to_owned(), json!(encrypted));
        }
        json.insert("input".to_owned(), self.input.clone());
        json.insert("output".to_owned(), self.output.clone());
        Json::Object(json)
    }

    fn from_json(json: &Json) -> Option<Self> {
        let table = match (json.get("table"), json.get("encryptedFields")) {
            (None, None) => None,
            (Some(name), Some(fields)) => {
                let fields = fields.as_array()?.iter().map(|field| field.as_str().map(str::to_owned));
                Some(TableInterface { name: name.as_str()?.to_owned(), encrypted: fields.collect::<Option<_>>()? })
            }
            _ => return None,
        };
        let schema = |name: &str| json.get(name).filter(|schema| schema.is_object()).cloned();
        Some(Self {
            scope: Scope::from_word(json.get("scope")?.as_str()?)?,
            policy_hint: PolicyHint::from_word(json.get("policyHint")?.as_str()?)?,
            idempotent: json.get("idempotent")?.as_bool()?,
            table,
            input: schema("input")?,
            output: schema("output")?,
        })
    }
}

impl TableInterface {
    fn of(table: &Table) -> Self {
        let mut encrypted = table.encrypted.clone();
        encrypted.sort();
        Self { name: format!("{}/{}", table.app, table.sync_name), encrypted }
    }
}

/// The tables of its module that a tool works on, in the order of its steps.
pub(crate) fn tables_of<'a>(module: &'a Module, tool: &Tool) -> Vec<&'a Table> {
    let Action::Steps(steps) = &tool.action else { return Vec::new() };
    let mut tables: Vec<&Table> = Vec::new();
    for reference in steps.steps.iter().filter_map(Step::table).filter(|table| table.module == module.name) {
        let table = module.tables.iter().find(|table| table.name == reference.name);
        tables.extend(table.filter(|table| !tables.iter().any(|known| known.name == table.name)));
    }
    tables
}

/// A published schema without what is there to be read.
fn without_texts(schema: &Json) -> Json {
    let Json::Object(keywords) = schema else { return schema.clone() };
    let kept = keywords
        .iter()
        .filter(|(keyword, _)| !matches!(keyword.as_str(), "$schema" | "title" | "description" | "examples"));
    let kept = kept.map(|(keyword, value)| {
        let value = match (keyword.as_str(), value) {
            ("properties", Json::Object(properties)) => Json::Object(
                properties.iter().map(|(name, property)| (name.clone(), without_texts(property))).collect(),
            ),
            ("items", items) => without_texts(items),
            _ => value.clone(),
        };
        (keyword.clone(), value)
    });
    Json::Object(kept.collect())
}
