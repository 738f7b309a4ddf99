//! Other names for a list or a part of it: what is changed through them is changed in the list.
//!
//! Names are told apart by their text alone, not by their scope: one name too many is looked at, never one too few.

use std::collections::{BTreeMap, BTreeSet};

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, BindingPattern,
    CallExpression, Expression, ForOfStatement, ForStatementLeft, FormalParameters, Function, ObjectPropertyKind,
    Program, ReturnStatement, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

/// The most steps through which names are followed; what goes on after them is taken for a part of the list.
const STEPS: usize = 16;
/// Expressions are looked into so deep; deeper ones are taken for a part of the list.
const DEPTH: usize = 64;
/// Properties that hold no list and no entry: nothing can be changed through their values.
const PLAIN: [&str; 3] = ["enabled", "length", "size"];
/// Methods that give a text, a number or a boolean.
const ANSWERS: [&str; 8] = ["includes", "indexOf", "join", "some", "every", "has", "toString", "hasOwnProperty"];

/// The names that may stand for a list or a part of it.
#[derive(Default)]
pub(super) struct Aliases {
    names: BTreeSet<String>,
    /// The names of the parameters of the functions of the file.
    functions: BTreeMap<String, Vec<Vec<String>>>,
    /// The functions that are open, outermost first.
    open: Vec<String>,
}

impl Aliases {
    /// The names of a list of this name, and of its parts.
    pub(super) fn of(name: &str, program: &Program<'_>) -> Self {
        let mut aliases = Self { names: BTreeSet::from([name.to_owned()]), ..Self::default() };
        for _ in 0..STEPS {
            let before = (aliases.names.len(), aliases.functions.len());
            aliases.visit_program(program);
            if (aliases.names.len(), aliases.functions.len()) == before {
                break;
            }
        }
        aliases
    }

    /// Whether a function of this name stands in the file, so that its parameters are followed.
    pub(super) fn is_local(&self, function: &str) -> bool {
        self.functions.contains_key(function)
    }

    /// Whether this is the list or a part of it, named from a name of it without a call.
    pub(super) fn is_part(&self, expression: &Expression<'_>) -> bool {
        let mut at = expression.get_inner_expression();
        loop {
            at = match at {
                Expression::Identifier(identifier) => return self.names.contains(identifier.name.as_str()),
                Expression::ChainExpression(chain) => match chain.expression.as_member_expression() {
                    Some(member) => member.object().get_inner_expression(),
                    None => return false,
                },
                _ => match at.as_member_expression() {
                    Some(member) => member.object().get_inner_expression(),
                    None => return false,
                },
            };
        }
    }

    /// Whether something of the list can be changed through the value of this expression.
    pub(super) fn leads_to(&self, expression: &Expression<'_>) -> bool {
        self.leads(expression, DEPTH)
    }

    fn leads(&self, expression: &Expression<'_>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        let expression = expression.get_inner_expression();
        if let Some(member) = expression.as_member_expression() {
            return member.static_property_name().is_none_or(|name| !PLAIN.contains(&name))
                && self.leads(member.object(), depth);
        }
        match expression {
            Expression::Identifier(identifier) => self.names.contains(identifier.name.as_str()),
            Expression::ChainExpression(chain) => match chain.expression.as_member_expression() {
                Some(member) => {
                    member.static_property_name().is_none_or(|name| !PLAIN.contains(&name))
                        && self.leads(member.object(), depth)
                }
                None => match &chain.expression {
                    oxc_ast::ast::ChainElement::CallExpression(call) => self.call_leads(call, depth),
                    _ => true,
                },
            },
            Expression::CallExpression(call) => self.call_leads(call, depth),
            Expression::NewExpression(new) => self.any_leads(&new.arguments, depth),
            Expression::ConditionalExpression(either) => {
                self.leads(&either.consequent, depth) || self.leads(&either.alternate, depth)
            }
            Expression::LogicalExpression(either) => {
                self.leads(&either.left, depth) || self.leads(&either.right, depth)
            }
            Expression::AssignmentExpression(assignment) => self.leads(&assignment.right, depth),
            Expression::AwaitExpression(awaited) => self.leads(&awaited.argument, depth),
            Expression::SequenceExpression(sequence) => {
                sequence.expressions.last().is_some_and(|last| self.leads(last, depth))
            }
            Expression::ArrayExpression(array) => array.elements.iter().any(|element| match element {
                ArrayExpressionElement::SpreadElement(spread) => self.leads(&spread.argument, depth),
                _ => element.as_expression().is_some_and(|element| self.leads(element, depth)),
            }),
            Expression::ObjectExpression(object) => object.properties.iter().any(|property| match property {
                ObjectPropertyKind::ObjectProperty(property) => self.leads(&property.value, depth),
                ObjectPropertyKind::SpreadProperty(spread) => self.leads(&spread.argument, depth),
            }),
            _ => false,
        }
    }

    fn any_leads(&self, arguments: &[Argument<'_>], depth: usize) -> bool {
        arguments.iter().filter_map(Argument::as_expression).any(|argument| self.leads(argument, depth))
    }

    fn call_leads(&self, call: &CallExpression<'_>, depth: usize) -> bool {
        let callee = call.callee.get_inner_expression();
        if let Expression::Identifier(function) = callee {
            return self.names.contains(function.name.as_str());
        }
        let Some(member) = callee.as_member_expression() else { return false };
        match (member.object().get_inner_expression(), member.static_property_name()) {
            (Expression::Identifier(of), Some("keys")) if of.name == "Object" => false,
            (Expression::Identifier(of), _) if of.name == "Object" || of.name == "Array" => {
                self.any_leads(&call.arguments, depth)
            }
            (_, Some(method)) if ANSWERS.contains(&method) => false,
            (object, _) => self.leads(object, depth),
        }
    }

    fn bind(&mut self, pattern: &BindingPattern<'_>) {
        let names = pattern.get_binding_identifiers();
        self.names.extend(names.into_iter().map(|name| name.name.to_string()));
    }

    fn declare(&mut self, name: &str, parameters: &FormalParameters<'_>) {
        let of = |pattern: &BindingPattern<'_>| {
            pattern.get_binding_identifiers().into_iter().map(|name| name.name.to_string()).collect()
        };
        let parameters = parameters.items.iter().map(|parameter| of(&parameter.pattern)).collect();
        self.functions.insert(name.to_owned(), parameters);
    }

    fn returned(&mut self, value: Option<&Expression<'_>>) {
        if let (Some(function), Some(value)) = (self.open.last(), value)
            && !function.is_empty()
            && self.leads_to(value)
        {
            self.names.insert(function.clone());
        }
    }

    /// The parameters of a function that is called with parts of the list.
    fn bind_parameters(&mut self, arguments: &[Argument<'_>]) {
        for argument in arguments {
            let parameters = match argument.as_expression().map(Expression::get_inner_expression) {
                Some(Expression::ArrowFunctionExpression(function)) => &function.params,
                Some(Expression::FunctionExpression(function)) => &function.params,
                Some(Expression::Identifier(function)) => {
                    let parameters = self.functions.get(function.name.as_str()).into_iter().flatten().flatten();
                    self.names.extend(parameters.cloned());
                    continue;
                }
                _ => continue,
            };
            parameters.items.iter().for_each(|parameter| self.bind(&parameter.pattern));
        }
    }
}

impl<'a> Visit<'a> for Aliases {
    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        let name = declarator.id.get_identifier_name().map(|name| name.to_string());
        let function = match declarator.init.as_ref().map(Expression::get_inner_expression) {
            Some(Expression::ArrowFunctionExpression(function)) => Some(&function.params),
            Some(Expression::FunctionExpression(function)) => Some(&function.params),
            _ => None,
        };
        if let (Some(name), Some(parameters)) = (&name, function) {
            self.declare(name, parameters);
        }
        if declarator.init.as_ref().is_some_and(|init| self.leads_to(init)) {
            self.bind(&declarator.id);
        }
        self.open.push(function.and(name).unwrap_or_default());
        walk::walk_variable_declarator(self, declarator);
        self.open.pop();
    }

    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        if let AssignmentTarget::AssignmentTargetIdentifier(target) = &assignment.left
            && self.leads_to(&assignment.right)
        {
            self.names.insert(target.name.to_string());
        }
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_for_of_statement(&mut self, each: &ForOfStatement<'a>) {
        if self.leads_to(&each.right) {
            match &each.left {
                ForStatementLeft::VariableDeclaration(variables) => {
                    variables.declarations.iter().for_each(|one| self.bind(&one.id));
                }
                left => {
                    let name = left.as_assignment_target().and_then(AssignmentTarget::get_identifier_name);
                    self.names.extend(name.map(str::to_owned));
                }
            }
        }
        walk::walk_for_of_statement(self, each);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let callee = call.callee.get_inner_expression();
        if let Expression::Identifier(function) = callee {
            let parameters = self.functions.get(function.name.as_str()).into_iter().flatten();
            let given = parameters.zip(&call.arguments).filter_map(|(names, argument)| {
                argument.as_expression().filter(|argument| self.leads_to(argument)).map(|_| names.clone())
            });
            let given: Vec<String> = given.flatten().collect();
            self.names.extend(given);
        } else if let Some(member) = callee.as_member_expression()
            && (self.leads_to(member.object()) || self.any_leads(&call.arguments, DEPTH))
        {
            self.bind_parameters(&call.arguments);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_function(&mut self, function: &Function<'a>, flags: ScopeFlags) {
        if let Some(id) = &function.id {
            self.declare(&id.name, &function.params);
            self.open.push(id.name.to_string());
        }
        walk::walk_function(self, function, flags);
        if function.id.is_some() {
            self.open.pop();
        }
    }

    fn visit_arrow_function_expression(&mut self, function: &ArrowFunctionExpression<'a>) {
        self.returned(function.get_expression());
        walk::walk_arrow_function_expression(self, function);
    }

    fn visit_return_statement(&mut self, statement: &ReturnStatement<'a>) {
        self.returned(statement.argument.as_ref());
        walk::walk_return_statement(self, statement);
    }
}
