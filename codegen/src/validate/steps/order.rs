//! The order of steps: what is read is read before the first write.

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::raw::{Step, Verb};
use crate::source::Span;
use crate::validate::services::Services;

/// What has been written so far.
#[derive(Debug, Default)]
pub(super) struct Order {
    first_write: Option<Span>,
}

impl Order {
    /// Notes a step; reported where it reads behind a write.
    pub(super) fn note(&mut self, step: &Step, services: &Services, diagnostics: &mut Diagnostics) {
        let Some(verb) = &step.verb else { return };
        let reads = match verb {
            Verb::Get(_) | Verb::Find(_) | Verb::List(_) => true,
            // What can be repeated may follow the writes: it is done when they are stored.
            Verb::Call(call) => !services.is_safe(call),
            Verb::Insert(_) | Verb::Put(_) | Verb::Update(_) | Verb::Delete(_) | Verb::Restore(_) => {
                self.first_write.get_or_insert(step.at);
                false
            }
            Verb::Value(_) | Verb::Require(..) => false,
        };
        if let Some(write) = self.first_write.filter(|_| reads) {
            let message = "a tool reads before it writes";
            let help = match verb {
                Verb::Call(_) => "move this step before it; only an operation that `repeats: safe` may follow",
                _ => "move this step before it",
            };
            diagnostics
                .push(Diagnostic::error(Code::Steps, step.at, message).also(write, "the first write").help(help));
        }
    }
}
