//! What may change a list after its declaration: then its literal does not say what holds.
//!
//! The list may be read: its members, `in`, the functions of `Object` and `Array` that change nothing. What is changed
//! through it or another name of it ([`super::aliases`]) is reported, and so is every place that hands it on to where nobody
//! can see what becomes of it.

use std::collections::BTreeSet;

use oxc_ast::ast::{
    Argument, BinaryExpression, BindingPattern, CallExpression, ExportSpecifier, Expression, ForInStatement,
    ForOfStatement, IdentifierReference, MemberExpression, NewExpression, Program, SimpleAssignmentTarget,
    SpreadElement, TSTypeQuery, UnaryExpression, UnaryOperator, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};

use super::aliases::Aliases;
use super::literal::ENTRY;

/// Methods that change an array in place.
const CHANGING: [&str; 9] = ["push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"];
/// Functions of `Object` that change their first argument.
const ASSIGNING: [&str; 4] = ["assign", "defineProperty", "defineProperties", "setPrototypeOf"];
/// Functions and classes that take a list without changing it.
const READERS: [&str; 8] = ["Boolean", "Number", "String", "structuredClone", "Set", "Map", "WeakSet", "Array"];
/// Objects whose functions take a list without changing it; of `Object`, all but [`ASSIGNING`].
const READING: [&str; 4] = ["Object", "Array", "JSON", "console"];
/// Methods that take a list without changing it.
const TAKING: [&str; 5] = ["concat", "includes", "indexOf", "has", "get"];

/// Finds what may change the constant of this name.
pub(super) struct Changes {
    name: &'static str,
    aliases: Aliases,
    /// Where the constant is read and no more.
    read: BTreeSet<u32>,
    /// Where, and what is said there.
    pub(super) found: Vec<(Span, String)>,
}

impl Changes {
    /// What may change the constant of this name in a file.
    pub(super) fn of(name: &'static str, program: &Program<'_>) -> Self {
        let mut changes = Self { name, aliases: Aliases::of(name, program), read: BTreeSet::new(), found: Vec::new() };
        changes.visit_program(program);
        changes
    }

    fn changed(&mut self, span: Span) {
        self.found.push((span, format!("this changes `{}`, so its literal does not say what holds", self.name)));
    }

    fn handed_on(&mut self, span: Span) {
        self.found
            .push((span, format!("this hands `{}` on, and nobody can tell whether it is changed there", self.name)));
    }

    /// The constant stands here, and is only read.
    fn reads(&mut self, expression: &Expression<'_>) {
        if let Expression::Identifier(identifier) = expression.get_inner_expression() {
            self.read.insert(identifier.span.start);
        }
    }

    fn arguments(&mut self, arguments: &[Argument<'_>], are_read: bool) {
        for argument in arguments.iter().filter_map(Argument::as_expression) {
            if are_read {
                self.reads(argument);
            } else if self.aliases.is_part(argument) && self.aliases.leads_to(argument) {
                self.handed_on(argument.span());
                // It is reported once.
                self.reads(argument);
            }
        }
    }
}

impl<'a> Visit<'a> for Changes {
    fn visit_identifier_reference(&mut self, identifier: &IdentifierReference<'a>) {
        if identifier.name == self.name && !self.read.contains(&identifier.span.start) {
            self.handed_on(identifier.span);
        }
    }

    fn visit_simple_assignment_target(&mut self, target: &SimpleAssignmentTarget<'a>) {
        let is_part = match target {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) => {
                self.read.insert(identifier.span.start);
                if identifier.name == ENTRY {
                    self.found.push((identifier.span, format!("this changes `{ENTRY}`, which cannot be judged")));
                }
                identifier.name == self.name
            }
            _ => match target.as_member_expression() {
                Some(member) => self.aliases.leads_to(member.object()),
                None => target.get_expression().is_some_and(|inner| self.aliases.leads_to(inner)),
            },
        };
        if is_part {
            self.changed(target.span());
        }
        walk::walk_simple_assignment_target(self, target);
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        let member = unary.argument.get_inner_expression().as_member_expression();
        if unary.operator == UnaryOperator::Delete && member.is_some_and(|one| self.aliases.leads_to(one.object())) {
            self.changed(unary.span);
        }
        self.reads(&unary.argument);
        walk::walk_unary_expression(self, unary);
    }

    fn visit_member_expression(&mut self, member: &MemberExpression<'a>) {
        self.reads(member.object());
        walk::walk_member_expression(self, member);
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        self.reads(&binary.left);
        self.reads(&binary.right);
        walk::walk_binary_expression(self, binary);
    }

    fn visit_for_in_statement(&mut self, each: &ForInStatement<'a>) {
        self.reads(&each.right);
        walk::walk_for_in_statement(self, each);
    }

    fn visit_for_of_statement(&mut self, each: &ForOfStatement<'a>) {
        self.reads(&each.right);
        walk::walk_for_of_statement(self, each);
    }

    fn visit_spread_element(&mut self, spread: &SpreadElement<'a>) {
        self.reads(&spread.argument);
        walk::walk_spread_element(self, spread);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        // What is taken out of it is followed under its own name.
        if let (Some(init), BindingPattern::ObjectPattern(_) | BindingPattern::ArrayPattern(_)) =
            (&declarator.init, &declarator.id)
        {
            self.reads(init);
        }
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_new_expression(&mut self, new: &NewExpression<'a>) {
        let is_reader = matches!(new.callee.get_inner_expression(),
            Expression::Identifier(class) if READERS.contains(&class.name.as_str()));
        self.arguments(&new.arguments, is_reader);
        walk::walk_new_expression(self, new);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let callee = call.callee.get_inner_expression();
        let mut are_read = false;
        if let Some(member) = callee.as_member_expression() {
            let method = MemberExpression::static_property_name(member).unwrap_or_default();
            let object = match member.object().get_inner_expression() {
                Expression::Identifier(object) => object.name.as_str(),
                _ => "",
            };
            let first = call.arguments.first().and_then(Argument::as_expression);
            let is_first = first.is_some_and(|argument| self.aliases.leads_to(argument));
            let assigns = (object == "Reflect" || (object == "Object" && ASSIGNING.contains(&method))) && is_first;
            if assigns || (CHANGING.contains(&method) && self.aliases.is_part(member.object())) {
                self.changed(call.span);
            }
            are_read = assigns || READING.contains(&object) || TAKING.contains(&method);
        } else if let Expression::Identifier(function) = callee {
            are_read = READERS.contains(&function.name.as_str()) || self.aliases.is_local(&function.name);
        }
        self.arguments(&call.arguments, are_read);
        walk::walk_call_expression(self, call);
    }

    /// An export names it, no more.
    fn visit_export_specifier(&mut self, _: &ExportSpecifier<'a>) {}

    /// So does a type.
    fn visit_ts_type_query(&mut self, _: &TSTypeQuery<'a>) {}
}
