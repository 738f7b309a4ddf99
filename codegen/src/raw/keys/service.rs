//! The keys of a service and its operations.

use super::schema::SCHEMA;
use super::section::{Holds, Section, optional, required};

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
        optional("errors", Holds::Named(&SERVICE_ERROR), "The error messages for the caller, by status."),
        required("timeoutSeconds", Holds::Number, "How long a call may take: 180 at most."),
        required("repeats", Holds::Word(&["safe", "never"]), "Whether a call may be sent twice."),
    ],
};

/// The error message for a status.
pub(crate) static SERVICE_ERROR: Section = Section {
    id: "serviceError",
    what: "an error",
    keys: &[required("message", Holds::Text, "The error message for the caller: a sentence.")],
};
