//! The keys of the sources: one table, read by the [`super::Reader`] and by the emitter of the editor's schema. A key
//! that is read and does not stand here, or the other way round, fails in every debug build.

mod action;
mod mirrors;
mod module;
mod prompt;
mod schema;
mod section;
mod service;
mod toolsets;
mod words;

pub(crate) use self::action::{ACTION, CALL, DELETE, INSERT, PUT, QUERY, ROW_OF, SEARCH, STEP, UPDATE};
pub(crate) use self::mirrors::{REGISTRY, WEB, WEB_TABLE};
#[cfg(feature = "web-registry")]
pub(crate) use self::mirrors::{WEB_EXPORT, WEB_PLACES};
pub(crate) use self::module::{CASCADE, EXAMPLE, HOSTS, MODULE, PLACE, PREPARATION, TABLE, TOOL};
pub(crate) use self::prompt::{PROMPT, PROMPT_ARGUMENT};
pub(crate) use self::schema::{SCHEMA, TYPES};
pub(crate) use self::section::{Holds, Key, Section};
pub(crate) use self::service::{OPERATION, SERVICE, SERVICE_ERROR};
pub(crate) use self::toolsets::{TOOLSET, TOOLSETS};
pub(crate) use self::words::WORDS;
