//! Where the inputs of a tool go: into encrypted fields, into plain ones, or nowhere.
//!
//! An input that is stored encrypted, or looked for in encrypted fields, is sensitive: no error, log or label ever
//! shows its value. Such an input cannot also be stored in a plain field, for then the text would leave the process in
//! plain after all (the number of its words may). A plain-text string that could hold U+0000 carries a pattern that
//! refuses it, since the database refuses it too late. An input that is never used promises something that the tool
//! does not do.

use super::value::Values;
use crate::diagnostics::{Code, Diagnostic};
use crate::ir::Table;
use crate::raw::{self, ActionKind, Expr, ExprKind, Named, Text};
use crate::source::Span;

impl Values<'_, '_, '_> {
    /// Names of the sensitive inputs, in the input's order; leaks are reported.
    pub(super) fn flows(&mut self, action: &raw::Action, table: &Table) -> Vec<String> {
        let (values, search): (&Named<Expr>, _) = match &action.kind {
            ActionKind::Insert(insert) => (&insert.values, None),
            ActionKind::Update(update) => (&update.values, None),
            ActionKind::List(list) => (&Vec::new(), list.search.as_ref()),
            // What names a row is stored nowhere.
            ActionKind::Delete(_) | ActionKind::Custom => return Vec::new(),
        };
        let mut kept: Vec<(&str, Span)> = Vec::new();
        for (field, value) in values.iter().filter(|(field, _)| table.is_encrypted(&field.value)) {
            kept.extend(stored(value).into_iter().map(|(name, _)| (name, field.span)));
        }
        let is_plain = |field: &Text| table.row.has(&field.value) && !table.is_encrypted(&field.value);
        for (field, value) in values.iter().filter(|(field, _)| is_plain(field)) {
            for (name, span) in stored(value) {
                if let Some((_, encrypted)) = kept.iter().find(|(other, _)| *other == name) {
                    let message = format!("`$input.{name}` is kept encrypted, and would be stored in plain text here");
                    let diagnostic = Diagnostic::error(Code::PlainTextLeak, span, message)
                        .label(format!("`{}` is plain text", field.value))
                        .also(*encrypted, "encrypted here");
                    self.report(diagnostic);
                }
            }
        }
        if let Some(search) = search
            && search.fields.iter().any(|field| table.is_encrypted(&field.value))
            && let Some(Expr { kind: ExprKind::Input(name), span }) = &search.text
        {
            kept.push((name, *span));
        }
        let sensitive = |name: &str| kept.iter().any(|(other, _)| *other == name);
        let properties = self.input.map_or(&[][..], |input| input.properties.as_slice());
        properties.iter().map(|property| property.name.clone()).filter(|name| sensitive(name)).collect()
    }

    /// Reports inputs that no value of the action names. What is wrong within the action may be why, and is enough.
    pub(super) fn unused_inputs(&mut self, action: &raw::Action, written: Option<&raw::Schema>) {
        if self.schemas.diagnostics.has_error_within(action.span) {
            return;
        }
        let used = action.inputs();
        let written = written.and_then(|input| input.properties.as_ref());
        for (name, _) in written.map_or(&[][..], |properties| properties.value.as_slice()) {
            if !used.contains(name.value.as_str()) {
                let message = format!("the action never uses the input `{}`", name.value);
                self.report(Diagnostic::error(Code::UnusedInput, name.span, message));
            }
        }
    }
}

/// The inputs whose values a value holds, and where they are named. A word count holds no text.
fn stored(value: &Expr) -> Vec<(&str, Span)> {
    match &value.kind {
        ExprKind::Input(name) => vec![(name, value.span)],
        ExprKind::Function { name, arguments } if name.value == "coalesce" => {
            arguments.iter().flat_map(stored).collect()
        }
        ExprKind::Function { .. } | ExprKind::Literal(_) | ExprKind::Variable(_) => Vec::new(),
    }
}
