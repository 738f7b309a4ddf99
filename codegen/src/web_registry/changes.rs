//! What changes a list after its declaration, or what an entry means: then its literal does not say what holds.

use oxc_ast::ast::{
    CallExpression, Expression, Function, MemberExpression, ObjectPropertyKind, SimpleAssignmentTarget,
    UnaryExpression, UnaryOperator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

/// Methods that change an array in place.
const CHANGING: [&str; 9] = ["push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill", "copyWithin"];
/// Functions of `Object` that change their first argument.
const ASSIGNING: [&str; 4] = ["assign", "defineProperty", "defineProperties", "setPrototypeOf"];

/// Finds what changes the constant of this name.
pub(super) struct Changes {
    pub(super) name: &'static str,
    /// Where, and what is said there.
    pub(super) found: Vec<(Span, String)>,
}

impl Changes {
    fn changed(&mut self, span: Span) {
        self.found.push((span, format!("this changes `{}`, so its literal does not say what holds", self.name)));
    }

    /// Whether this is the constant, or a part of it.
    fn is_part(&self, expression: &Expression<'_>) -> bool {
        let mut at = expression.get_inner_expression();
        loop {
            at = match at {
                Expression::Identifier(identifier) => return identifier.name == self.name,
                _ => match at.as_member_expression() {
                    Some(member) => member.object().get_inner_expression(),
                    None => return false,
                },
            };
        }
    }
}

impl<'a> Visit<'a> for Changes {
    fn visit_simple_assignment_target(&mut self, target: &SimpleAssignmentTarget<'a>) {
        let is_part = match target {
            SimpleAssignmentTarget::AssignmentTargetIdentifier(identifier) => identifier.name == self.name,
            _ => match target.as_member_expression() {
                Some(member) => self.is_part(member.object()),
                None => target.get_expression().is_some_and(|inner| self.is_part(inner)),
            },
        };
        if is_part {
            self.changed(target.span());
        }
        walk::walk_simple_assignment_target(self, target);
    }

    fn visit_unary_expression(&mut self, unary: &UnaryExpression<'a>) {
        if unary.operator == UnaryOperator::Delete && self.is_part(&unary.argument) {
            self.changed(unary.span);
        }
        walk::walk_unary_expression(self, unary);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if let Some(member) = call.callee.get_inner_expression().as_member_expression()
            && let Some(method) = MemberExpression::static_property_name(member)
        {
            let of_object = matches!(member.object(), Expression::Identifier(one) if one.name == "Object");
            let first = call.arguments.first().and_then(|argument| argument.as_expression());
            let assigns =
                of_object && ASSIGNING.contains(&method) && first.is_some_and(|argument| self.is_part(argument));
            if assigns || (CHANGING.contains(&method) && self.is_part(member.object())) {
                self.changed(call.span);
            }
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        if function.id.as_ref().is_some_and(|id| id.name == "entry") {
            for parameter in &function.params.items {
                let Some(default) = &parameter.initializer else { continue };
                if is_off(default.get_inner_expression()) {
                    self.found.push((default.span(), "entries are off by default, which cannot be judged".to_owned()));
                }
            }
        }
        walk::walk_function(self, function, flags);
    }
}

/// `false` or `{ enabled: false }`
fn is_off(default: &Expression<'_>) -> bool {
    match default {
        Expression::BooleanLiteral(literal) => !literal.value,
        Expression::ObjectExpression(object) => object.properties.iter().any(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => is_off(property.value.get_inner_expression()),
            ObjectPropertyKind::SpreadProperty(_) => false,
        }),
        _ => false,
    }
}
