//! The keys of the sources: one table, read by the [`super::Reader`] and by the emitter of the editor's schema. A key
//! that is read and does not stand here, or the other way round, fails in every debug build.

use crate::ir::SpaceType;

/// The keys of a mapping.
#[derive(Debug)]
pub(crate) struct Section {
    /// Its name in the editor's schema.
    pub(crate) id: &'static str,
    /// What it is in messages: `a tool`.
    pub(crate) what: &'static str,
    pub(crate) keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) holds: Holds,
    /// What the editor shows.
    pub(crate) doc: &'static str,
}

/// What stands under a key.
#[derive(Debug)]
pub(crate) enum Holds {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    Boolean,
    Number,
    Texts,
    /// Several of these words.
    Words(&'static [&'static str]),
    /// Words, and null where it is one of them.
    Variants,
    /// A type of JSON Schema, perhaps with null.
    Types,
    /// Whatever the schema beside it allows.
    Anything,
    Action,
    /// A value of an action.
    Value,
    /// One value, or several.
    Arguments,
    /// Values by field.
    Values,
    /// Conditions by field: a value, or a mapping.
    Conditions,
    /// One mapping.
    One(&'static Section),
    /// Mappings by name.
    Named(&'static Section),
    /// A sequence of mappings.
    Many(&'static Section),
    /// Sequences of texts by name.
    NamedTexts,
}

impl Section {
    pub(crate) fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

const fn required(name: &'static str, holds: Holds, doc: &'static str) -> Key {
    Key { name, required: true, holds, doc }
}

const fn optional(name: &'static str, holds: Holds, doc: &'static str) -> Key {
    Key { name, required: false, holds, doc }
}

/// Types of JSON Schema, null left aside.
pub(crate) const TYPES: &[&str] = &["string", "integer", "number", "boolean", "array", "object"];

/// What a value can begin with.
pub(crate) const VARIABLES: &[(&str, &str)] = &[
    ("$now", "The time of the call."),
    ("$today", "The day of the call, in the caller's time zone."),
    ("$uuid", "A new id."),
    ("$place", "The place at the end: the greatest `order` of the live rows and one more; for `order` in an insert."),
    ("$space", "The id of the active space."),
    ("$row", "The row that was stored; in `returns` of an insert."),
    ("$rows", "The rows that were found; in `returns` of a list."),
];

/// A module's file.
pub(crate) static MODULE: Section = Section {
    id: "module",
    what: "a module",
    keys: &[
        required("module", Holds::Text, "The module's name: that of the file. Its tools are named `module.tool`."),
        optional("app", Holds::Text, "The app whose log holds the rows of the tables."),
        optional(
            "spaces",
            Holds::Words(SpaceType::WORDS),
            "The types of spaces in which the web application has the module; left out, all of them.",
        ),
        required("summary", Holds::Text, "What the module is about, in a sentence or two."),
        optional("types", Holds::Named(&SCHEMA), "Schemas for several places: `$ref: '#/types/X'`."),
        optional("tables", Holds::Named(&TABLE), "The tables that the tools work on, by name."),
        required("tools", Holds::Named(&TOOL), "The tools, by the second part of their names."),
    ],
};

/// A table.
pub(crate) static TABLE: Section = Section {
    id: "table",
    what: "a table",
    keys: &[
        required("noun", Holds::Text, "What one row is called in messages: \"there is no such task\"."),
        optional("syncName", Holds::Text, "The table's name on the wire, where it differs."),
        required(
            "encryptedFields",
            Holds::Texts,
            "The fields that are encrypted, exactly as `crypto.yaml` lists them; `[]` for a table that is plain there.",
        ),
        required("record", Holds::One(&SCHEMA), "The schema of a row; what `required` names must be there."),
    ],
};

/// A tool.
pub(crate) static TOOL: Section = Section {
    id: "tool",
    what: "a tool",
    keys: &[
        required("title", Holds::Text, "What the tool does, for people: one short line."),
        required(
            "description",
            Holds::Text,
            "For a language model: what the tool does, what it returns, when to use another one.",
        ),
        required(
            "scope",
            Holds::Word(&["user-space", "admin"]),
            "Whose data it works on. `admin` tools are never served over MCP.",
        ),
        required(
            "policyHint",
            Holds::Word(&["read", "write", "destructive"]),
            "What it does to data: a list is `read`, an insert, update or soft delete `write`, a hard delete `destructive`.",
        ),
        optional("idempotent", Holds::Boolean, "Whether a second, equal call changes nothing more; `false` by itself."),
        optional("input", Holds::One(&SCHEMA), "The arguments, an object; left out, the tool takes none."),
        required("output", Holds::One(&SCHEMA), "The result, an object."),
        required(
            "action",
            Holds::Action,
            "What the tool does: one of `insert`, `list`, `update`, `delete`, or `action: custom`.",
        ),
        required("examples", Holds::Many(&EXAMPLE), "Calls that are published, and run as tests."),
    ],
};

/// An example.
pub(crate) static EXAMPLE: Section = Section {
    id: "example",
    what: "an example",
    keys: &[
        required("name", Holds::Text, "What the example shows."),
        optional("given", Holds::Many(&PREPARATION), "Calls that are made before it."),
        required("input", Holds::Anything, "The arguments."),
        required("output", Holds::Anything, "What the result holds in part: objects may hold more, arrays may not."),
    ],
};

/// A call before an example.
pub(crate) static PREPARATION: Section = Section {
    id: "preparation",
    what: "a preparation",
    keys: &[
        required("tool", Holds::Text, "The tool, by its dotted name."),
        required("input", Holds::Anything, "Its arguments."),
        optional("id", Holds::Text, "What the example calls the id of the row that this call makes: a UUID."),
    ],
};

/// An action.
pub(crate) static ACTION: Section = Section {
    id: "action",
    what: "an action",
    keys: &[
        optional("insert", Holds::One(&INSERT), "Stores a row; `id`, `createdAt`, `updatedAt` are set by themselves."),
        optional(
            "list",
            Holds::One(&LIST),
            "Returns live rows of the space; those that cannot be read are in `unreadable`.",
        ),
        optional("update", Holds::One(&UPDATE), "Sets fields of a live row, and `updatedAt`."),
        optional("delete", Holds::One(&DELETE), "Removes a live row."),
        required("returns", Holds::Values, "The output: `{ task: $row }`, `{ tasks: $rows }`, `{ ok: true }`."),
    ],
};

/// `insert`
pub(crate) static INSERT: Section = Section {
    id: "insert",
    what: "an insert",
    keys: &[
        required("table", Holds::Text, "The table, of this module."),
        required("values", Holds::Values, "A value for every field; an absent optional input is not stored."),
    ],
};

/// `list`
pub(crate) static LIST: Section = Section {
    id: "list",
    what: "a list",
    keys: &[
        required("table", Holds::Text, "The table, of this module."),
        optional("where", Holds::Conditions, "What plain fields must be: `{ isArchived: false }`."),
        optional("search", Holds::One(&SEARCH), "A case-insensitive search for a text, in encrypted fields too."),
        required("sort", Holds::Texts, "Plain fields; `-` before one for greatest first. Ties go by id."),
        optional("limit", Holds::Value, "The most rows to return."),
    ],
};

/// `update`
pub(crate) static UPDATE: Section = Section {
    id: "update",
    what: "an update",
    keys: &[
        required("table", Holds::Text, "The table, of this module."),
        required("id", Holds::Value, "The row's id, from the input."),
        optional("unless", Holds::Values, "A row that is so already is left as it is: `{ isCompleted: true }`."),
        optional(
            "clear",
            Holds::Value,
            "The input that names the fields to empty: an array of an enum of their names, with `default: []`.",
        ),
        required("values", Holds::Values, "The fields to set; an absent optional input leaves its field alone."),
    ],
};

/// `delete`
pub(crate) static DELETE: Section = Section {
    id: "delete",
    what: "a delete",
    keys: &[
        required("table", Holds::Text, "The table, of this module."),
        required("id", Holds::Value, "The row's id, from the input."),
        required(
            "mode",
            Holds::Word(&["soft", "hard"]),
            "`soft`: the row is marked as deleted, and other programs can bring it back. `hard`: it is gone for good.",
        ),
    ],
};

/// A condition of `where`.
pub(crate) static CONDITION: Section = Section {
    id: "condition",
    what: "a condition",
    keys: &[
        required("equals", Holds::Value, "What the field must be."),
        optional("unless", Holds::Value, "A boolean input; where it is true, the condition is left out."),
    ],
};

/// `search`
pub(crate) static SEARCH: Section = Section {
    id: "search",
    what: "a search",
    keys: &[
        required("in", Holds::Texts, "The fields to search."),
        required("for", Holds::Value, "The text to look for; an empty one finds everything."),
    ],
};

/// A function.
pub(crate) static FUNCTION: Section = Section {
    id: "function",
    what: "a function",
    keys: &[
        required(
            "fn",
            Holds::Word(&["wordCount", "coalesce"]),
            "`wordCount`: the number of words of a text. `coalesce`: the first value that is given.",
        ),
        required("of", Holds::Arguments, "What the function is applied to."),
    ],
};

/// A schema.
pub(crate) static SCHEMA: Section = Section {
    id: "schema",
    what: "a schema",
    keys: &[
        optional("$ref", Holds::Text, "`'#/types/X'` of the same file; in outputs also `'#/tables/x'`."),
        optional("type", Holds::Types, "The type; `[T, 'null']` lets null in."),
        optional("title", Holds::Text, "A short name for people."),
        optional("description", Holds::Text, "What the value means."),
        optional("enum", Holds::Variants, "The texts that it may be."),
        optional("properties", Holds::Named(&SCHEMA), "Properties of an object; inputs take no others."),
        optional("required", Holds::Texts, "Properties that must be there."),
        optional("items", Holds::One(&SCHEMA), "Items of an array."),
        optional("minLength", Holds::Number, "Least length of a text, in Unicode code points."),
        optional("maxLength", Holds::Number, "Greatest length of a text, in Unicode code points."),
        optional("minItems", Holds::Number, "Least number of items."),
        optional("maxItems", Holds::Number, "Greatest number of items."),
        optional("minimum", Holds::Number, "Least number."),
        optional("maximum", Holds::Number, "Greatest number."),
        optional("pattern", Holds::Text, "What a text matches: what means the same in ECMA-262 and in Rust."),
        optional(
            "format",
            Holds::Word(&["id", "uuid", "date", "date-time", "date-or-time"]),
            "`id` (of any row), `uuid`, `date` (YYYY-MM-DD), `date-time` (RFC 3339), or `date-or-time` (either, or a local time).",
        ),
        optional("uniqueItems", Holds::Boolean, "Whether no two items may be equal."),
        optional("default", Holds::Anything, "What an input is when it is left out."),
    ],
};

/// `crypto.yaml`
pub(crate) static REGISTRY: Section = Section {
    id: "registry",
    what: "the registry",
    keys: &[
        required("encrypted", Holds::NamedTexts, "Tables with the fields that the web application encrypts."),
        required("disabled", Holds::Texts, "Tables that are registered, but switched off."),
        required("plaintext", Holds::Texts, "Tables that are plain text on purpose."),
    ],
};

/// `toolsets.yaml`
pub(crate) static TOOLSETS: Section = Section {
    id: "toolsets",
    what: "the file of toolsets",
    keys: &[
        required("default", Holds::Text, "The toolset that `/mcp` serves; `/mcp/x/<name>` serves any other one."),
        required("toolsets", Holds::Named(&TOOLSET), "The toolsets, by name."),
    ],
};

/// A toolset.
pub(crate) static TOOLSET: Section = Section {
    id: "toolset",
    what: "a toolset",
    keys: &[
        required("description", Holds::Text, "What the tools of the set are for, in a sentence or two."),
        required("tools", Holds::Texts, "Names of tools (`journal.add`), and `todo.*` for every tool of a module."),
    ],
};
