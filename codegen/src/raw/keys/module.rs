//! The keys of a module, its tables, its tools and their examples.

use super::schema::SCHEMA;
use super::section::{Holds, Section, optional, required};
use crate::ir::SpaceType;

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
