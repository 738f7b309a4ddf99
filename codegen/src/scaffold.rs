//! Beginnings of modules and tools. What is begun passes every check but one: its texts say `TODO`, and are refused until their author
//! has written them.

mod sample;
mod source;
mod tool;
mod verb;

use std::fmt::Write as _;

use self::source::{get, text};
pub use self::verb::Verb;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::source::Sources;
use crate::validate::{names, text::PLACEHOLDER};
use crate::written::{REGISTRY, WEB, is_no_module};
use crate::yaml::{Node, Value};

/// Why nothing can be begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScaffoldError {
    /// A module cannot be named so.
    BadName(String),
    /// `crypto.yaml` does not know the table; perhaps it knows one of a similar name.
    UnknownTable(String, Option<String>),
    /// There is no such module.
    UnknownModule(String),
    /// The module's source is not laid out as a beginning can be added to it.
    Unreadable(&'static str),
    /// The module has no table to work on.
    NoTable,
    /// The table has no field that a tool could set.
    NoField,
    /// The module has such a tool already.
    Taken,
}

/// Whether this says that a text is still to be written, and nothing else.
pub fn is_placeholder(problem: &Diagnostic) -> bool {
    problem.code() == Code::MissingText && problem.helps().iter().any(|help| help.contains(PLACEHOLDER))
}

/// The source of a module over a table that `crypto.yaml` knows; it can create and list rows.
///
/// # Errors
/// The name is none for a module, or the registry does not know the table.
pub fn module(sources: &Sources, name: &str, table: &str) -> Result<String, ScaffoldError> {
    if let Err(refusal) = names::module(name) {
        return Err(ScaffoldError::BadName(refusal));
    }
    let encrypted = encrypted_fields(sources, table)?;
    let web = OfWeb::of(sources, name, table);
    let plain = ["name".to_owned()];
    let fields = if encrypted.is_empty() { &plain[..] } else { &encrypted[..] };
    let first = fields.first().map_or("name", String::as_str);
    let app = web.app.as_deref().unwrap_or(name);
    let noun = tool::singular(table);
    let spaces = web.spaces.map(|spaces| format!("spaces: [{}]\n", spaces.join(", "))).unwrap_or_default();
    let mut yaml = format!(
        "# yaml-language-server: $schema=schema/module.json\nmodule: {name}\napp: {app}\n{spaces}summary: {PLACEHOLDER} what the module is \
         about, and what of it is encrypted.\n\ntables:\n  {table}:\n    noun: {noun}\n"
    );
    if let Some(wire) = web.wire.filter(|wire| wire != table) {
        let _ = writeln!(yaml, "    syncName: {wire}");
    }
    if web.is_of_user {
        yaml.push_str("    scope: user\n");
    }
    let _ = write!(
        yaml,
        "    encryptedFields: [{}]\n    record:\n      description: {PLACEHOLDER} what a row is.\n      required: [id, {first}]\n      \
         properties:\n        id: {{ type: string, format: id, description: The {noun}'s id. }}\n",
        encrypted.join(", "),
    );
    for field in fields {
        let _ = writeln!(yaml, "        {field}: {{ type: string, description: {PLACEHOLDER} what it is. }}");
    }
    yaml.push_str("\ntools: {}\n");
    let path = format!("catalog/{name}.yaml");
    let add = |text: String, tool: &str, verb: Verb| -> Result<String, ScaffoldError> {
        let sources: Sources = [(path.clone(), text)].into_iter().collect();
        self::tool(&sources, name, tool, verb).map(|(_, text)| text)
    };
    let yaml = add(yaml, "create", Verb::Insert)?;
    add(yaml, "list", Verb::List)
}

/// The source of a module with one tool more, which does this with the rows of its first table; the tool stands last.
///
/// # Errors
/// There is no such module, or nothing can be added to it.
pub fn tool(sources: &Sources, module: &str, name: &str, verb: Verb) -> Result<(String, String), ScaffoldError> {
    let of_module = |path: &str| path.rsplit('/').next() == Some(&format!("{module}.yaml"));
    let (file, source) = sources
        .iter()
        .find(|(_, source)| of_module(&source.path) && !is_no_module(module))
        .ok_or_else(|| ScaffoldError::UnknownModule(module.to_owned()))?;
    let tree = source::parse(file, &source.text).ok_or(ScaffoldError::Unreadable("it is not YAML"))?;
    let tools = get(&tree, "tools").ok_or(ScaffoldError::Unreadable("it has no `tools`"))?;
    let Value::Mapping(entries) = &tools.value else {
        return Err(ScaffoldError::Unreadable("`tools` is not a mapping"));
    };
    if entries.iter().any(|(key, _)| key.value == name) {
        return Err(ScaffoldError::Taken);
    }
    let added = tool::Begun::of(&tree).ok_or(ScaffoldError::NoTable)?.text(name, verb).ok_or(ScaffoldError::NoField)?;

    let written = source.text.get(tools.span.start..tools.span.end).unwrap_or("");
    let (before, after) = (source.text.get(..tools.span.start), source.text.get(tools.span.end..));
    let (before, after) = (before.unwrap_or(""), after.unwrap_or(""));
    let text = match entries.is_empty() {
        true => format!("{}\n{added}{}", before.trim_end(), after.trim_start_matches('\n')),
        // A mapping in braces takes no block.
        false if written.starts_with('{') => return Err(ScaffoldError::Unreadable("`tools` stands in braces")),
        false => {
            let rest = after.trim_start_matches('\n');
            let gap = if rest.is_empty() { "" } else { "\n" };
            format!("{before}{written}\n\n{added}{gap}{rest}")
        }
    };
    Ok((source.path.clone(), text))
}

/// What the registry says of a table; none where it is plain text.
fn encrypted_fields(sources: &Sources, table: &str) -> Result<Vec<String>, ScaffoldError> {
    let tree = source::named(sources, REGISTRY);
    let mut known: Vec<&str> = Vec::new();
    for section in ["encrypted", "disabled", "plaintext"] {
        match tree.as_ref().and_then(|tree| get(tree, section)).map(|node| &node.value) {
            Some(Value::Mapping(tables)) => {
                if let Some((_, fields)) = tables.iter().find(|(key, _)| key.value == table) {
                    return Ok(source::texts(fields).map(str::to_owned).collect());
                }
                known.extend(tables.iter().map(|(key, _)| key.value.as_str()));
            }
            Some(Value::Sequence(tables)) => {
                let tables = tables.iter().filter_map(text);
                known.extend(tables);
                if known.contains(&table) {
                    return Ok(Vec::new());
                }
            }
            _ => {}
        }
    }
    Err(ScaffoldError::UnknownTable(table.to_owned(), did_you_mean(table, known)))
}

/// What the mirror of the web says of a module and its table.
#[derive(Default)]
struct OfWeb {
    app: Option<String>,
    wire: Option<String>,
    is_of_user: bool,
    /// The types of spaces that have the module, where some lack it.
    spaces: Option<Vec<String>>,
}

impl OfWeb {
    fn of(sources: &Sources, module: &str, table: &str) -> Self {
        let Some(tree) = source::named(sources, WEB) else { return Self::default() };
        let mut of_web = Self {
            is_of_user: get(&tree, "userTables").is_some_and(|tables| source::texts(tables).any(|one| one == table)),
            ..Self::default()
        };
        if let Some(Value::Mapping(spaces)) = get(&tree, "spaces").map(|spaces| &spaces.value) {
            let has = |modules: &Node| source::texts(modules).any(|one| one == module || one == "*");
            let of_module = spaces.iter().filter(|(_, modules)| has(modules)).map(|(space, _)| space.value.clone());
            of_web.spaces = Some(of_module.collect()).filter(|some: &Vec<String>| some.len() < spaces.len());
        }
        if let Some(Value::Mapping(apps)) = get(&tree, "apps").map(|apps| &apps.value) {
            for (app, tables) in apps {
                if let Some(wire) = get(tables, table) {
                    of_web.app = Some(app.value.clone());
                    of_web.wire = text(get(wire, "wire").unwrap_or(wire)).map(str::to_owned);
                }
            }
        }
        of_web
    }
}

impl std::fmt::Display for ScaffoldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadName(refusal) => f.write_str(refusal),
            Self::UnknownTable(table, help) => {
                write!(f, "{REGISTRY} does not know the table `{table}`; name one with --table")?;
                help.iter().try_for_each(|help| write!(f, " ({help})"))
            }
            Self::UnknownModule(module) => {
                write!(f, "there is no module `{module}`; `cargo xtask new module {module}` begins one")
            }
            Self::Unreadable(why) => write!(f, "nothing can be added to the module: {why}"),
            Self::NoTable => write!(f, "the module has no table to work on"),
            Self::NoField => write!(f, "the table has no field beside its id that a tool could set"),
            Self::Taken => write!(f, "the module has such a tool already"),
        }
    }
}

impl std::error::Error for ScaffoldError {}
