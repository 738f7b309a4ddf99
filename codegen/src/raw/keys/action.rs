//! The keys of an action, its steps and their verbs.

use super::section::{Holds, Key, Section, optional, required};

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
        optional("else", Holds::Value, "The error message where `require` does not hold."),
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
