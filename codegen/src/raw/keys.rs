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
    /// A literal, or `${…}`.
    Value,
    /// A bare expression that is true or false.
    Condition,
    /// Literals and `${…}` by name.
    Values,
    /// Several texts, each perhaps with `${…}`.
    Sort,
    /// `true`, or the name of a step.
    Page,
    /// One mapping.
    One(&'static Section),
    /// Mappings by name.
    Named(&'static Section),
    /// A sequence of mappings.
    Many(&'static Section),
    /// Sequences of texts by name.
    NamedTexts,
    /// Texts by name.
    TextByName,
    /// Mappings by name, by name; a text may stand in place of a mapping.
    ByTwoNames(&'static Section),
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
        optional(
            "webName",
            Holds::Text,
            "The module's name in the web application, where it differs: `news-research`.",
        ),
        optional(
            "constants",
            Holds::Values,
            "Maps and lists that do not change, read as `constants.x` in expressions.",
        ),
        optional("types", Holds::Named(&SCHEMA), "Schemas for several places: `$ref: '#/types/X'`."),
        optional("tables", Holds::Named(&TABLE), "The tables that the tools work on, by name."),
        optional(
            "tools",
            Holds::Named(&TOOL),
            "The tools, by the second part of their names; a module may hold tables only.",
        ),
    ],
};

/// A table.
pub(crate) static TABLE: Section = Section {
    id: "table",
    what: "a table",
    keys: &[
        required("noun", Holds::Text, "What one row is called in messages: \"there is no such task\"."),
        optional("syncName", Holds::Text, "The table's name on the wire, where it differs."),
        optional(
            "scope",
            Holds::Word(&["space", "user"]),
            "Whose rows they are: `space` by itself; `user` for settings, of which a user has one row and spaces have none.",
        ),
        optional("label", Holds::Text, "The field that people know a row by: in questions, errors and search."),
        optional(
            "privacy",
            Holds::Word(&["private", "ignored"]),
            "What `visibility: private` means: its author alone sees the row (`private`, by itself), or nothing (`ignored`).",
        ),
        optional("creates", Holds::Values, "What the web application stores in a new row beside what it is given."),
        optional("place", Holds::One(&PLACE), "The field that orders the rows: a new row comes behind all others."),
        optional("cascade", Holds::Many(&CASCADE), "The rows that are deleted and restored along with a row."),
        required(
            "encryptedFields",
            Holds::Texts,
            "The fields that are encrypted, exactly as `crypto.yaml` lists them; `[]` for a table that is plain there.",
        ),
        required("record", Holds::One(&SCHEMA), "The schema of a row; what `required` names must be there."),
    ],
};

/// `place`
pub(crate) static PLACE: Section = Section {
    id: "place",
    what: "a place",
    keys: &[
        required("field", Holds::Text, "The field that holds the place: a number."),
        optional("step", Holds::Number, "What lies between two places; 1 by itself."),
        optional("among", Holds::Texts, "Fields: places are counted among the rows that have the same values in them."),
    ],
};

/// An entry of `cascade`.
pub(crate) static CASCADE: Section = Section {
    id: "cascade",
    what: "a cascade",
    keys: &[
        required("table", Holds::Text, "The table whose rows go along."),
        required("where", Holds::Condition, "Which of them: `row.habitId == deleted.id`."),
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
        optional("aliases", Holds::Texts, "Other names under which programs know the tool; calls take them too."),
        optional(
            "listedAs",
            Holds::Text,
            "The name in lists, where hosts ask for a tool of exactly that name: `search`. Canonical it is `module.tool`.",
        ),
        optional(
            "consent",
            Holds::Text,
            "What the user is asked before each call, where it costs, publishes or removes for good: a sentence.",
        ),
        optional(
            "agentPolicy",
            Holds::Word(&["auto", "propose"]),
            "Whether the web application's own agents run it or propose it; by itself, `auto` for what reads.",
        ),
        optional("hosts", Holds::One(&HOSTS), "Hints for the programs in which agents run."),
        optional(
            "alsoPlain",
            Holds::Values,
            "Inputs that the web keeps in plain text beside the encrypted field, each with the reason.",
        ),
        optional("sealedTo", Holds::Text, "Why a service is sent what is stored encrypted."),
        required(
            "action",
            Holds::Action,
            "What the tool does: `steps`, one of their verbs alone, or `action: custom`.",
        ),
        required("examples", Holds::Many(&EXAMPLE), "Calls that are published, and run as tests."),
    ],
};

/// `hosts`
pub(crate) static HOSTS: Section = Section {
    id: "hosts",
    what: "the hints for hosts",
    keys: &[
        optional("alwaysLoad", Holds::Boolean, "Whether hosts that search for tools should show it from the start."),
        optional("searchHint", Holds::Texts, "Words under which hosts that search for tools should find it."),
        optional("resultCharacters", Holds::Number, "The most characters of a result that a host should keep."),
    ],
};

/// An example.
pub(crate) static EXAMPLE: Section = Section {
    id: "example",
    what: "an example",
    keys: &[
        required("name", Holds::Text, "What the example shows."),
        optional("now", Holds::Text, "When it is: examples never see the clock. By itself 2026-01-15T12:00:00Z."),
        optional("timeZone", Holds::Text, "The caller's time zone; UTC by itself."),
        optional("given", Holds::Many(&PREPARATION), "Rows that are there, and calls that are made, before it."),
        optional("services", Holds::Anything, "What services answer, by `service.operation`, one answer a call."),
        required("input", Holds::Anything, "The arguments."),
        optional("output", Holds::Anything, "What the result holds in part: objects may hold more, arrays may not."),
        optional("refused", Holds::Text, "The error of a call that must fail, in place of `output`."),
    ],
};

/// What is there before an example.
pub(crate) static PREPARATION: Section = Section {
    id: "preparation",
    what: "a preparation",
    keys: &[
        optional("rows", Holds::Anything, "Rows by table, pushed as the web application writes them."),
        optional("tool", Holds::Text, "A tool that is called, by its dotted name."),
        optional("input", Holds::Anything, "Its arguments."),
        optional("id", Holds::Text, "What the example calls the id of the row that this call makes: a UUID."),
    ],
};

/// An action.
pub(crate) static ACTION: Section = Section {
    id: "action",
    what: "an action",
    keys: &[
        optional("steps", Holds::Named(&STEP), "What the tool does, in order; each step's name stands for its result."),
        VALUE,
        GET,
        FIND,
        LIST_KEY,
        INSERT_KEY,
        PUT_KEY,
        UPDATE_KEY,
        DELETE_KEY,
        RESTORE_KEY,
        CALL_KEY,
        optional("page", Holds::Page, "The list that is given out in pages: `true`, or the name of its step."),
        required("returns", Holds::Values, "The output: `{ task: '${row}' }`, `{ tasks: '${rows}' }`."),
    ],
};

const VALUE: Key = optional("value", Holds::Value, "A value under a name.");
const GET: Key = optional("get", Holds::One(&ROW_OF), "One live row by its id; an error where it is not there.");
const FIND: Key = optional("find", Holds::One(&QUERY), "The first live row that fits, or null.");
const LIST_KEY: Key = optional("list", Holds::One(&QUERY), "The live rows that fit.");
const INSERT_KEY: Key = optional("insert", Holds::One(&INSERT), "Stores a new row.");
const PUT_KEY: Key = optional("put", Holds::One(&PUT), "Changes the row with that key, or stores a new one.");
const UPDATE_KEY: Key = optional("update", Holds::One(&UPDATE), "Changes a live row, or several.");
const DELETE_KEY: Key = optional("delete", Holds::One(&DELETE), "Removes a live row, or several, with its cascade.");
const RESTORE_KEY: Key = optional("restore", Holds::One(&ROW_OF), "Brings back a row that was softly deleted.");
const CALL_KEY: Key = optional("call", Holds::One(&CALL), "Calls an operation of a service.");

/// A step.
pub(crate) static STEP: Section = Section {
    id: "step",
    what: "a step",
    keys: &[
        optional("when", Holds::Condition, "Where this does not hold, the step is left out."),
        optional("otherwise", Holds::Value, "What the step's name stands for where it is left out; null by itself."),
        optional("each", Holds::Value, "A list: the step is done for each element, `it`; at most 100."),
        VALUE,
        GET,
        FIND,
        LIST_KEY,
        INSERT_KEY,
        PUT_KEY,
        UPDATE_KEY,
        DELETE_KEY,
        RESTORE_KEY,
        CALL_KEY,
        optional("require", Holds::Condition, "What must hold: else the call stops, and nothing is written."),
        optional("else", Holds::Value, "What the caller is told where `require` does not hold."),
    ],
};

/// `get`, `restore`
pub(crate) static ROW_OF: Section = Section {
    id: "rowOf",
    what: "a row",
    keys: &[
        required("table", Holds::Text, "The table: its name, or `module.table`."),
        required("id", Holds::Value, "The row's id."),
    ],
};

/// `find`, `list`
pub(crate) static QUERY: Section = Section {
    id: "query",
    what: "a query",
    keys: &[
        required("table", Holds::Text, "The table: its name, or `module.table`."),
        optional("where", Holds::Condition, "Which rows: `row.isArchived != true && row.title.contains(input.query)`."),
        optional("search", Holds::One(&SEARCH), "A search for a text without regard to case, in encrypted fields too."),
        optional("sort", Holds::Sort, "Fields, or `${…}` of `row`; `-` before one for greatest first. Ties go by id."),
        optional("limit", Holds::Value, "The most rows."),
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

/// `insert`
pub(crate) static INSERT: Section = Section {
    id: "insert",
    what: "an insert",
    keys: &[
        required("table", Holds::Text, "The table: its name, or `module.table`."),
        required("values", Holds::Values, "The fields; what is left out comes from the table's `creates` and `place`."),
    ],
};

/// `put`
pub(crate) static PUT: Section = Section {
    id: "put",
    what: "a put",
    keys: &[
        required("table", Holds::Text, "The table: its name, or `module.table`."),
        required("key", Holds::Values, "The fields by which the row is known."),
        required("values", Holds::Values, "The other fields."),
        required(
            "existing",
            Holds::Word(&["update", "keep"]),
            "What is done with a row that is there: it is changed, or kept as it is.",
        ),
    ],
};

/// `update`
pub(crate) static UPDATE: Section = Section {
    id: "update",
    what: "an update",
    keys: &[
        required("table", Holds::Text, "The table: its name, or `module.table`."),
        optional("id", Holds::Value, "The row's id."),
        optional("where", Holds::Condition, "In place of `id`: which rows."),
        optional("given", Holds::Texts, "Inputs that are stored in the fields of their names, where they are given."),
        optional("clear", Holds::Value, "A list of names of fields that are emptied: `${input.clear}`."),
        optional("values", Holds::Values, "The fields to set; `row` is the row as it was, and null empties a field."),
        optional("atMost", Holds::Number, "With `where`: more rows than these are an error; 100 by itself."),
    ],
};

/// `delete`
pub(crate) static DELETE: Section = Section {
    id: "delete",
    what: "a delete",
    keys: &[
        required("table", Holds::Text, "The table: its name, or `module.table`."),
        optional("id", Holds::Value, "The row's id."),
        optional("where", Holds::Condition, "In place of `id`: which rows."),
        optional(
            "mode",
            Holds::Word(&["soft", "hard"]),
            "`soft`, by itself: the row is marked as deleted and can be brought back. `hard`: it is gone for good.",
        ),
        optional("atMost", Holds::Number, "With `where`: more rows than these are an error; 100 by itself."),
    ],
};

/// `call`
pub(crate) static CALL: Section = Section {
    id: "call",
    what: "a call",
    keys: &[
        required("service", Holds::Text, "The service: the name of its file in `services/`."),
        required("operation", Holds::Text, "The operation."),
        optional("with", Holds::Values, "The members of its request."),
    ],
};

/// A schema.
pub(crate) static SCHEMA: Section = Section {
    id: "schema",
    what: "a schema",
    keys: &[
        optional(
            "$ref",
            Holds::Text,
            "`'#/types/X'` of the same file; in outputs also `'#/tables/x'`, `'#/tables/module.x'`.",
        ),
        optional("only", Holds::Texts, "The fields of the table that are given out."),
        optional("type", Holds::Types, "The type; `[T, 'null']` lets null in."),
        optional("title", Holds::Text, "A short name for people."),
        optional("description", Holds::Text, "What the value means."),
        optional("enum", Holds::Variants, "The texts that it may be."),
        optional("properties", Holds::Named(&SCHEMA), "Properties of an object; inputs take no others."),
        optional("required", Holds::Texts, "Properties that must be there."),
        optional("additionalProperties", Holds::One(&SCHEMA), "Values of an object with any keys: a map."),
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
        optional(
            "sealed",
            Holds::Boolean,
            "In services: whether a member may hold, or gives, a text that is stored encrypted.",
        ),
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

/// `web.yaml`
pub(crate) static WEB: Section = Section {
    id: "web",
    what: "the mirror of the web",
    keys: &[
        required("base", Holds::TextByName, "The fields of every row: `createdAt?: string`."),
        required("spaces", Holds::NamedTexts, "The modules of each type of space, or `*` for all of them."),
        required("userTables", Holds::Texts, "Tables of which a user has a row, and spaces have none."),
        required(
            "apps",
            Holds::ByTwoNames(&WEB_TABLE),
            "The tables of each app: the name on the wire and the fields, or the name on the wire alone.",
        ),
    ],
};

/// A table of `web.yaml`.
pub(crate) static WEB_TABLE: Section = Section {
    id: "webTable",
    what: "a table of the mirror",
    keys: &[
        required("wire", Holds::Text, "Its name on the wire."),
        required(
            "fields",
            Holds::TextByName,
            "Its fields beside those of every row: `note?: string | null`. `?` is a field that a row may be without.",
        ),
    ],
};

/// What `catalog/web/export.mjs` prints.
#[cfg(feature = "web-registry")]
pub(crate) static WEB_EXPORT: Section = Section {
    id: "webExport",
    what: "an export of `catalog/web/export.mjs`",
    keys: &[
        required("web", Holds::One(&WEB), "What `web.yaml` holds, with the fields of all tables."),
        required("places", Holds::Named(&WEB_PLACES), "Where the web declares each table."),
        required("unjudged", Holds::TextByName, "Why a table has no fields."),
    ],
};

/// Where the web declares a table and its fields.
#[cfg(feature = "web-registry")]
pub(crate) static WEB_PLACES: Section = Section {
    id: "webPlaces",
    what: "the place of a table",
    keys: &[
        required("table", Holds::Text, "File and line of the table."),
        required("fields", Holds::TextByName, "File and line of each field."),
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

/// The head of a file of `prompts/`.
pub(crate) static PROMPT: Section = Section {
    id: "prompt",
    what: "a prompt",
    keys: &[
        required("title", Holds::Text, "A short title for people."),
        required("description", Holds::Text, "What it does, for people, in a sentence."),
        optional("arguments", Holds::Many(&PROMPT_ARGUMENT), "What the person may fill in: `{{name}}` in the text."),
    ],
};

/// An argument of a prompt.
pub(crate) static PROMPT_ARGUMENT: Section = Section {
    id: "promptArgument",
    what: "an argument",
    keys: &[
        required("name", Holds::Text, "Its name."),
        required("description", Holds::Text, "What to fill in, for people."),
        optional("required", Holds::Boolean, "Whether the prompt makes no sense without it."),
    ],
};

/// `words.yaml`
pub(crate) static WORDS: Section = Section {
    id: "words",
    what: "the file of words",
    keys: &[required(
        "words",
        Holds::NamedTexts,
        "Words that people use when they look for a tool, and the catalog's words for them: `Aufgabe: [task]`.",
    )],
};

/// A file of `services/`.
pub(crate) static SERVICE: Section = Section {
    id: "service",
    what: "a service",
    keys: &[
        required("service", Holds::Text, "The service's name: that of the file."),
        required("summary", Holds::Text, "What it does, in a sentence or two."),
        required("baseUrl", Holds::Text, "The setting that holds its address: `MANA_API_URL`."),
        required(
            "auth",
            Holds::Word(&["user-token", "none"]),
            "What goes with a request: the caller's own token, or nothing.",
        ),
        required("operations", Holds::Named(&OPERATION), "What tools may ask of it, by name."),
    ],
};

/// An operation of a service.
pub(crate) static OPERATION: Section = Section {
    id: "operation",
    what: "an operation",
    keys: &[
        optional("get", Holds::Text, "The path of a GET: the request is its query."),
        optional("post", Holds::Text, "The path of a POST: the request is its body."),
        optional("put", Holds::Text, "The path of a PUT."),
        optional("patch", Holds::Text, "The path of a PATCH."),
        optional("delete", Holds::Text, "The path of a DELETE."),
        optional("request", Holds::One(&SCHEMA), "What is sent, an object; members named in the path go there."),
        required("response", Holds::One(&SCHEMA), "What is read of the answer; what it has besides is dropped."),
        optional("errors", Holds::Named(&SERVICE_ERROR), "What the caller is told, by status."),
        required("timeoutSeconds", Holds::Number, "How long a call may take: 180 at most."),
        required("repeats", Holds::Word(&["safe", "never"]), "Whether a call may be sent twice."),
    ],
};

/// What is told of a status.
pub(crate) static SERVICE_ERROR: Section = Section {
    id: "serviceError",
    what: "an error",
    keys: &[required("message", Holds::Text, "What the caller is told: a sentence.")],
};
