//! How replicas follow a log, over logs that answer exactly what a test wants.

mod joining;
mod memory;
mod model;
mod pages;
mod tokens;

use std::sync::Arc;

use bytes::Bytes;
use futures::{future::BoxFuture, stream};
use mana_mcp_runtime::{
    failure::{BackendError, FailureKind, Service},
    rows::{FieldSpec, TableSpec},
};
use serde_json::Value;

use crate::{Caller, Log, PageBody};

const fn field(name: &'static str) -> FieldSpec {
    FieldSpec { name, encrypted: false, required: true, default: None }
}

const fn optional(name: &'static str) -> FieldSpec {
    FieldSpec { name, encrypted: false, required: false, default: None }
}

/// A table whose rows need a title.
pub(crate) const HABITS: TableSpec = table("habits", &[field("id"), field("title"), optional("color")]);
/// The table that the changes of [`crate::testing`] speak of.
pub(crate) const NOTES: TableSpec =
    table("notes", &[field("id"), field("title"), optional("isArchived"), optional("order"), optional("color")]);

const fn table(name: &'static str, fields: &'static [FieldSpec]) -> TableSpec {
    TableSpec { app: name, table: name, sync_name: name, noun: "note", fields }
}

/// A caller in their personal space, which is their only one.
pub(crate) fn at_home() -> Caller {
    Caller {
        user: "ada".to_owned(),
        subject: "ada".to_owned(),
        space: "p".to_owned(),
        personal_space: "p".to_owned(),
        spaces: Arc::default(),
    }
}

/// A log whose pages a function makes from where they begin.
pub(crate) struct FnLog<F>(pub(crate) F);

impl<F: Fn(&str) -> Value + Send + Sync> Log for FnLog<F> {
    fn page(&self, _: TableSpec, since: &str) -> BoxFuture<'static, Result<PageBody, BackendError>> {
        let page = Bytes::from((self.0)(since).to_string());
        let (head, tail) = (page.slice(..page.len() / 2), page.slice(page.len() / 2..));
        Box::pin(async move {
            // As one that comes from elsewhere.
            tokio::task::yield_now().await;
            Ok(Box::pin(stream::iter([Ok(head), Ok(tail)])) as PageBody)
        })
    }

    fn malformed(&self) -> BackendError {
        BackendError { service: Service::SYNC, kind: FailureKind::Malformed }
    }

    fn token(&self) -> u64 {
        0
    }
}
