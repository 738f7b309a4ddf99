//! Traces: a caller's context is taken in and passed on, spans are made of shapes alone, and sent to an OpenTelemetry collector
//! where there is one.

mod context;
mod export;
mod span;
mod state;

pub use context::{
    Remote, TaskContext, carried, follow_message, name_request, of_message, of_request, pass_on, request_id, trace_id,
};
pub use export::{Export, ExportError, ended, exported, failed};
pub use opentelemetry::trace::TraceId;
pub use span::{TARGET, end};
pub(crate) use span::{end_request, method_name, request_span};
pub use state::SpanState;
