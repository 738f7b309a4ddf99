//! The keys of what mirrors the web application: `crypto.yaml` and `web.yaml`.

use super::section::{Holds, Section, required};

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
