//! Tools over the first table of a module, one for each verb.

use std::fmt::Write as _;

use super::Verb;
use super::sample::sample;
use super::source::{flow, get, text, texts};
use crate::validate::text::PLACEHOLDER;
use crate::yaml::{Node, Value};

/// Fields that no tool sets.
const SET_BY_THEMSELVES: [&str; 3] = ["id", "createdAt", "updatedAt"];
/// The most inputs that a new tool that changes a row begins with.
const MOST_INPUTS: usize = 8;
/// An example goes at most so deep.
const DEPTH: usize = 6;

/// The table that a tool is begun over.
pub(super) struct Begun<'t> {
    table: &'t str,
    noun: String,
    types: Option<&'t Node>,
    fields: &'t [(crate::raw::Text, Node)],
    required: Vec<&'t str>,
    /// Fields that a new row has by itself.
    made: Vec<&'t str>,
}

/// `habitLogs` -> `habitLog`
pub(super) fn singular(table: &str) -> String {
    match table.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => table.strip_suffix('s').unwrap_or(table).to_owned(),
    }
}

impl<'t> Begun<'t> {
    /// The first table of a module.
    pub(super) fn of(module: &'t Node) -> Option<Self> {
        let Value::Mapping(tables) = &get(module, "tables")?.value else { return None };
        let (name, table) = tables.first()?;
        let record = get(table, "record")?;
        let Value::Mapping(fields) = &get(record, "properties")?.value else { return None };
        let required = get(record, "required").map(|names| texts(names).collect()).unwrap_or_default();
        let mut made: Vec<&str> = SET_BY_THEMSELVES.to_vec();
        made.extend(get(table, "place").and_then(|place| get(place, "field")).and_then(text));
        if let Some(Value::Mapping(creates)) = get(table, "creates").map(|node| &node.value) {
            made.extend(creates.iter().map(|(field, _)| field.value.as_str()));
        }
        let noun = singular(&name.value);
        Some(Self { table: &name.value, noun, types: get(module, "types"), fields, required, made })
    }

    /// The tool; `None` where there is no field that it could set.
    pub(super) fn text(&self, name: &str, verb: Verb) -> Option<String> {
        let Self { table, noun, .. } = self;
        let (hint, row) = match verb {
            Verb::List | Verb::Get => ("read", format!("{{ $ref: '#/tables/{table}', description: The {noun}. }}")),
            _ => ("write", format!("{{ $ref: '#/tables/{table}', description: The {noun} as it is stored. }}")),
        };
        let mut yaml = format!(
            "  {name}:\n    title: {PLACEHOLDER} what it does, in a few words\n    description: {PLACEHOLDER} what it does, what it \
             returns, and when to use another tool.\n    scope: user-space\n    policyHint: {hint}\n"
        );
        if matches!(verb, Verb::Update | Verb::Restore) {
            yaml.push_str("    idempotent: true\n");
        }
        let set = self.set_by(verb);
        if matches!(verb, Verb::Insert | Verb::Update) && set.is_empty() {
            return None;
        }
        yaml.push_str(&self.input(verb, &set));
        match verb {
            Verb::List => {
                let _ = write!(
                    yaml,
                    "    output:\n      required: [{table}]\n      properties:\n        {table}: {{ type: array, items: {{ $ref: \
                     '#/tables/{table}' }}, description: 'The rows, newest first.' }}\n    action:\n      list: {{ table: {table}, \
                     sort: [-createdAt] }}\n      page: true\n      returns: {{ {table}: '${{rows}}' }}\n    examples:\n      - name: \
                     nothing yet\n        input: {{}}\n        output: {{ {table}: [] }}\n"
                );
                return Some(yaml);
            }
            Verb::Delete => {
                let _ = write!(
                    yaml,
                    "    output:\n      required: [removed]\n      properties:\n        removed: {{ type: integer, description: Number of \
                     rows that were removed. }}\n    action:\n      delete: {{ table: {table}, id: '${{input.id}}' }}\n      returns: {{ \
                     removed: '${{result}}' }}\n"
                );
            }
            _ => {
                let action = match verb {
                    Verb::Insert => {
                        let values = set.iter().map(|(field, _)| format!("          {field}: ${{input.{field}}}\n"));
                        format!(
                            "      insert:\n        table: {table}\n        values:\n{}",
                            values.collect::<String>()
                        )
                    }
                    Verb::Update => {
                        let given: Vec<&str> = set.iter().map(|(field, _)| *field).collect();
                        format!(
                            "      update: {{ table: {table}, id: '${{input.id}}', given: [{}] }}\n",
                            given.join(", ")
                        )
                    }
                    _ => format!("      {}: {{ table: {table}, id: '${{input.id}}' }}\n", verb.word()),
                };
                let _ = write!(
                    yaml,
                    "    output:\n      required: [{noun}]\n      properties:\n        {noun}: {row}\n    action:\n{action}      returns: \
                     {{ {noun}: '${{row}}' }}\n"
                );
            }
        }
        yaml.push_str(&self.example(verb, &set));
        Some(yaml)
    }

    /// The fields that a tool with this verb sets.
    fn set_by(&self, verb: Verb) -> Vec<(&'t str, &'t Node)> {
        let fields = self.fields.iter().map(|(name, schema)| (name.value.as_str(), schema));
        match verb {
            Verb::Insert => {
                let needed = |name: &&str| self.required.contains(name) && !self.made.contains(name);
                let needed: Vec<_> = fields.clone().filter(|(name, _)| needed(name)).collect();
                if needed.is_empty() {
                    fields.filter(|(name, _)| !self.made.contains(name)).take(1).collect()
                } else {
                    needed
                }
            }
            Verb::Update => fields.filter(|(name, _)| !SET_BY_THEMSELVES.contains(name)).take(MOST_INPUTS).collect(),
            _ => Vec::new(),
        }
    }

    fn input(&self, verb: Verb, set: &[(&str, &Node)]) -> String {
        let id = self.fields.iter().find(|(name, _)| name.value == "id");
        let format = id.and_then(|(_, schema)| get(schema, "format")).and_then(text).unwrap_or("id");
        let id = format!("        id: {{ type: string, format: {format}, description: The {}'s id. }}\n", self.noun);
        let properties = set.iter().map(|(name, schema)| format!("        {name}: {}\n", flow(&as_input(schema))));
        let properties: String = properties.collect();
        let required: Vec<&str> =
            set.iter().map(|(name, _)| *name).filter(|name| self.required.contains(name)).collect();
        match verb {
            Verb::List => String::new(),
            Verb::Insert if required.is_empty() => format!("    input:\n      properties:\n{properties}"),
            Verb::Insert => {
                format!("    input:\n      required: [{}]\n      properties:\n{properties}", required.join(", "))
            }
            _ => format!("    input:\n      required: [id]\n      properties:\n{id}{properties}"),
        }
    }

    fn example(&self, verb: Verb, set: &[(&str, &Node)]) -> String {
        let value = |schema: &Node| sample(schema, self.types, DEPTH);
        let member = |(name, schema): &(&str, &Node)| format!("{name}: {}", value(schema));
        let (table, noun) = (self.table, &self.noun);
        if verb == Verb::Insert {
            let members: Vec<String> = set.iter().map(member).collect();
            let (input, first) = (members.join(", "), members.first().cloned().unwrap_or_default());
            return format!(
                "    examples:\n      - name: what is needed\n        input: {{ {input} }}\n        output: {{ {noun}: {{ {first} }} }}\n"
            );
        }
        let fields = self.fields.iter().map(|(name, schema)| (name.value.as_str(), schema));
        let row: Vec<String> = fields
            .filter(|(name, _)| *name == "id" || self.required.contains(name))
            .map(|field| member(&field))
            .collect();
        let id =
            self.fields.iter().find(|(name, _)| name.value == "id").map_or_else(|| "a".to_owned(), |(_, id)| value(id));
        let changed = set.first().filter(|_| verb == Verb::Update).map(|field| format!(", {}", member(field)));
        let changed = changed.unwrap_or_default();
        let output = match verb {
            Verb::Delete => "{ removed: 1 }".to_owned(),
            _ => format!("{{ {noun}: {{ id: {id} }} }}"),
        };
        format!(
            "    examples:\n      - name: one row\n        given: [{{ rows: {{ {table}: [{{ {} }}] }} }}]\n        input: {{ id: {id}{changed} \
             }}\n        output: {output}\n",
            row.join(", "),
        )
    }
}

/// The schema of a field, as an input has it: what is left out is not null, and has no default.
fn as_input(schema: &Node) -> Node {
    let Value::Mapping(entries) = &schema.value else { return schema.clone() };
    let entries = entries.iter().filter(|(key, _)| key.value != "default").map(|(key, value)| {
        let types: Vec<&Node> = match &value.value {
            Value::Sequence(items) if key.value == "type" => {
                items.iter().filter(|item| text(item) != Some("null")).collect()
            }
            _ => Vec::new(),
        };
        let value = types.first().map_or_else(|| value.clone(), |one| (*one).clone());
        (key.clone(), value)
    });
    Node { value: Value::Mapping(entries.collect()), span: schema.span }
}
