//! What a tool gives: every property of its output, and nothing else.

use super::complete::{Returned, is_count};
use super::state::Steps;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::expr::{ObjectTy, Ty, TyKind, Typed, TypedKind};
use crate::ir::{Presence, Struct};
use crate::raw;
use crate::yaml::Value;

impl Steps<'_, '_> {
    pub(super) fn returns(&mut self, action: &raw::Action, output: Option<&Struct>) -> Option<Typed> {
        let (at, node) = action.returns.as_ref()?;
        let Value::Mapping(entries) = &node.value else {
            let message = format!("what is returned is a mapping, not {}", node.kind());
            self.report(Diagnostic::error(Code::WrongKind, node.span, message).help("write `{ task: '${row}' }`"));
            return None;
        };
        let errors = self.checker.diagnostics.errors();
        let mut members: Vec<(String, Typed)> = Vec::new();
        let mut places = Vec::new();
        let page = action.page.as_ref();
        for (name, node) in entries {
            let Some(output) = output else { continue };
            let Some(property) = output.property(&name.value) else {
                if !output.has(&name.value) {
                    let help =
                        did_you_mean(&name.value, output.properties.iter().map(|property| property.name.as_str()));
                    let message = format!("the output has no `{}`", name.value);
                    self.report(Diagnostic::error(Code::Returns, name.span, message).maybe_help(help));
                }
                continue;
            };
            let wanted = Ty::of_schema(&property.schema).or_null_if(property.presence != Presence::Required);
            let ast = self.ast(node);
            let what = format!("`{}` of the output", name.value);
            let typed = self.checker.value(&ast, &wanted, &what);
            members.push((name.value.clone(), typed));
            places.push(node.span);
        }
        for property in output.map_or(&[][..], |output| output.properties.as_slice()) {
            let is_given = entries.iter().any(|(name, _)| name.value == property.name);
            let is_of_page = page.is_some() && ["total", "nextCursor"].contains(&property.name.as_str());
            if !is_given && !is_of_page {
                let message = format!("nothing gives `{}` of the output", property.name);
                let help = "name it here, or take it out of the output";
                self.report(Diagnostic::error(Code::Returns, *at, message).help(help));
            }
        }
        if let Some(page) = page {
            self.page(page);
        }
        if self.checker.diagnostics.errors() > errors {
            return None;
        }
        let is_counted = |list: &str| members.iter().any(|(name, _)| is_count(name, list));
        let returned =
            members.iter().zip(places).map(|((name, typed), at)| Returned { typed, at, is_counted: is_counted(name) });
        let paged = page.and_then(|page| page_of(page, &self.steps));
        let paged = paged.as_deref().zip(page.map(raw::Page::span));
        self.check_lists(&returned.collect::<Vec<_>>(), paged);
        let types = members.iter().map(|(name, typed)| (name.clone(), typed.ty.clone())).collect();
        let object = ObjectTy { what: "the output".to_owned(), members: types, reads: Default::default() };
        Some(Typed::new(TypedKind::Object(members), Ty::of(TyKind::Object(object.into()))))
    }

    /// Reports a page of no list.
    fn page(&mut self, page: &raw::Page) {
        let is_list = |step: &&crate::ir::Step| matches!(step.verb, crate::ir::Verb::List(_)) && step.each.is_none();
        match page {
            raw::Page::Only(at) => {
                if self.steps.iter().filter(is_list).count() != 1 {
                    let message = "`page: true` is for an action with one list";
                    self.report(
                        Diagnostic::error(Code::Paging, *at, message).help("name the step of the list that is paged"),
                    );
                }
            }
            raw::Page::Of(name) => {
                if !self.steps.iter().filter(is_list).any(|step| step.name == name.value) {
                    let message = format!("`{}` is not a step that lists rows", name.value);
                    let lists = self.steps.iter().filter(is_list).map(|step| step.name.as_str());
                    let help = did_you_mean(&name.value, lists);
                    self.report(Diagnostic::error(Code::Paging, name.span, message).maybe_help(help));
                }
            }
        }
    }
}

/// The step whose list is given out in pages.
pub(super) fn page_of(page: &raw::Page, steps: &[crate::ir::Step]) -> Option<String> {
    match page {
        raw::Page::Of(name) => Some(name.value.clone()),
        raw::Page::Only(_) => {
            steps.iter().find(|step| matches!(step.verb, crate::ir::Verb::List(_))).map(|step| step.name.clone())
        }
    }
}
