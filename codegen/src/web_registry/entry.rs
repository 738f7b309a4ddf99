//! The function `entry`: whether an entry means what is written in its arguments.
//!
//! It is a function of the file that returns its fields and, unless an option says otherwise, `enabled: true`:
//! `{ enabled: options.enabled ?? true, fields: [...fields] }`. One that does anything else, or stands elsewhere, cannot
//! be judged.

use oxc_ast::ast::{
    ArrayExpressionElement, BinaryOperator, BindingPattern, Declaration, Expression, FormalParameters, LogicalOperator,
    ObjectExpression, ObjectPropertyKind, Program, PropertyKey, Statement,
};
use oxc_span::{GetSpan, Span};

use super::literal::ENTRY;

/// Where it cannot be judged, and why; `used` is where it is called first.
pub(super) fn check(program: &Program<'_>, used: Span) -> Option<(Span, String)> {
    let mut local = program.body.iter().filter_map(declared);
    let Some((at, function)) = local.next() else {
        let imported = program.body.iter().find_map(|statement| match statement {
            Statement::ImportDeclaration(import) => {
                let mut names = import.specifiers.iter().flatten();
                names.find(|name| name.local().name == ENTRY).map(GetSpan::span)
            }
            _ => None,
        });
        return Some((
            imported.unwrap_or(used),
            format!("`{ENTRY}` is not a function of this file: what it makes of its arguments cannot be judged"),
        ));
    };
    if let Some((again, _)) = local.next() {
        return Some((again, format!("`{ENTRY}` is declared twice")));
    }
    function.and_then(|function| function.check().err()).or_else(|| {
        let message = format!("`{ENTRY}` is not a function with one `return` alone, so it cannot be judged");
        function.is_none().then_some((at, message))
    })
}

/// A function with what it returns.
#[derive(Clone, Copy)]
struct Returning<'b, 'a> {
    parameters: &'b FormalParameters<'a>,
    value: &'b Expression<'a>,
}

/// Where a statement declares `entry`, and the function if it is one that only returns a value.
fn declared<'b, 'a>(statement: &'b Statement<'a>) -> Option<(Span, Option<Returning<'b, 'a>>)> {
    let declaration = match statement {
        Statement::ExportDeclaration(export) => &export.declaration,
        _ => statement.as_declaration()?,
    };
    match declaration {
        Declaration::FunctionDeclaration(function) => {
            let id = function.id.as_ref().filter(|id| id.name == ENTRY)?;
            // A signature alone says nothing of what is done.
            let body = function.body.as_ref()?;
            let value = returned(&body.statements).filter(|_| !function.r#async && !function.generator);
            Some((id.span, value.map(|value| Returning { parameters: &function.params, value })))
        }
        Declaration::VariableDeclaration(variables) => {
            let one =
                variables.declarations.iter().find(|one| one.id.get_identifier_name().is_some_and(|n| n == ENTRY))?;
            let function = match one.init.as_ref().map(Expression::get_inner_expression) {
                Some(Expression::ArrowFunctionExpression(function)) if !function.r#async => {
                    let block = function.body.as_function_body().and_then(|body| returned(&body.statements));
                    let value = function.get_expression().or(block);
                    value.map(|value| Returning { parameters: &function.params, value })
                }
                _ => None,
            };
            Some((one.id.span(), function.filter(|_| variables.kind.is_const())))
        }
        _ => None,
    }
}

/// What a body returns that does nothing else.
fn returned<'b, 'a>(statements: &'b [Statement<'a>]) -> Option<&'b Expression<'a>> {
    match statements {
        [Statement::ReturnStatement(statement)] => statement.argument.as_ref(),
        _ => None,
    }
}

/// What the options are where an entry has none.
enum Options<'b> {
    /// `options`; whether their default says `enabled: true`.
    Named(&'b str, bool),
    /// `{ enabled = true }`, under this name.
    Taken(&'b str),
    /// There are none.
    Absent,
}

impl<'b> Returning<'b, '_> {
    fn check(self) -> Result<(), (Span, String)> {
        let refused = |span: Span, what: &str| Err((span, format!("{what}, so `{ENTRY}` cannot be judged")));
        let whole = self.parameters.span;
        let mut parameters = self.parameters.items.iter();
        let fields = match parameters.next().map(|first| (&first.pattern, &first.initializer)) {
            Some((BindingPattern::BindingIdentifier(fields), None)) => fields.name.as_str(),
            _ => return refused(whole, "the first parameter is not the fields alone"),
        };
        let options = match parameters.next() {
            None => Options::Absent,
            Some(second) => self.options(&second.pattern, second.initializer.as_deref())?,
        };
        if parameters.next().is_some() || self.parameters.rest.is_some() {
            return refused(whole, "there are more parameters than fields and options");
        }
        let Expression::ObjectExpression(object) = self.value.get_inner_expression() else {
            return refused(self.value.span(), "what is returned is not an object literal");
        };
        let [Some(enabled), Some(given)] = ["enabled", "fields"].map(|key| property(object, key)) else {
            return refused(object.span, "the returned object has no `enabled` and `fields`");
        };
        if object.properties.len() != 2 {
            return refused(object.span, "more is returned than `enabled` and `fields`");
        }
        if !is_copy(given, fields) {
            return refused(given.span(), "these are not the fields as they are given");
        }
        if !options.decide(enabled) {
            return refused(enabled.span(), "this is not what the options say, or else `true`");
        }
        Ok(())
    }

    fn options(
        self,
        pattern: &'b BindingPattern<'_>,
        default: Option<&Expression<'_>>,
    ) -> Result<Options<'b>, (Span, String)> {
        let says = match default.map(Expression::get_inner_expression) {
            None => false,
            Some(Expression::ObjectExpression(object)) if object.properties.is_empty() => false,
            Some(Expression::ObjectExpression(object))
                if object.properties.len() == 1
                    && property(object, "enabled").is_some_and(|value| is_boolean(value, true)) =>
            {
                true
            }
            Some(Expression::ObjectExpression(object))
                if property(object, "enabled").is_some_and(|value| is_boolean(value, false)) =>
            {
                return Err((object.span, "entries are off by default, which cannot be judged".to_owned()));
            }
            Some(other) => return Err((other.span(), "this default of the options cannot be judged".to_owned())),
        };
        match pattern {
            BindingPattern::BindingIdentifier(options) => Ok(Options::Named(options.name.as_str(), says)),
            BindingPattern::ObjectPattern(object) => {
                let is_enabled = |key: &PropertyKey<'_>| key.static_name().is_some_and(|name| name == "enabled");
                match object.properties.first().filter(|one| object.properties.len() == 1 && is_enabled(&one.key)) {
                    Some(one) => match &one.value {
                        BindingPattern::BindingIdentifier(name) if says => Ok(Options::Taken(name.name.as_str())),
                        BindingPattern::AssignmentPattern(with) if is_boolean(&with.right, true) => {
                            let name = with.left.get_binding_identifier().map(|name| name.name.as_str());
                            Ok(name.map_or(Options::Absent, Options::Taken))
                        }
                        _ => Err((one.span, "entries are not on by default, which cannot be judged".to_owned())),
                    },
                    None => Err((object.span, "options other than `enabled` cannot be judged".to_owned())),
                }
            }
            other => Err((other.span(), "these options cannot be judged".to_owned())),
        }
    }
}

impl Options<'_> {
    /// Whether a value is what the options say, and `true` where they say nothing.
    fn decide(&self, value: &Expression<'_>) -> bool {
        let value = value.get_inner_expression();
        match self {
            Self::Absent => is_boolean(value, true),
            Self::Taken(name) => is_named(value, name),
            Self::Named(options, says) => match value {
                Expression::LogicalExpression(either) if either.operator == LogicalOperator::Coalesce => {
                    is_enabled_of(&either.left, options) && is_boolean(&either.right, true)
                }
                Expression::BinaryExpression(two) if two.operator == BinaryOperator::StrictInequality => {
                    is_enabled_of(&two.left, options) && is_boolean(&two.right, false)
                }
                other => *says && is_enabled_of(other, options),
            },
        }
    }
}

/// The value of a literal key; `None` where it is duplicated, or beside what is no plain property.
fn property<'b, 'a>(object: &'b ObjectExpression<'a>, key: &str) -> Option<&'b Expression<'a>> {
    let mut found = None;
    for property in &object.properties {
        let ObjectPropertyKind::ObjectProperty(property) = property else { return None };
        if property.computed || property.method {
            return None;
        }
        if property.key.static_name().is_some_and(|name| name == key) && found.replace(&property.value).is_some() {
            return None;
        }
    }
    found
}

/// `fields` or `[...fields]`
fn is_copy(value: &Expression<'_>, fields: &str) -> bool {
    match value.get_inner_expression() {
        Expression::ArrayExpression(array) => match array.elements.as_slice() {
            [ArrayExpressionElement::SpreadElement(spread)] => is_named(&spread.argument, fields),
            _ => false,
        },
        other => is_named(other, fields),
    }
}

/// `options.enabled` or `options?.enabled`
fn is_enabled_of(value: &Expression<'_>, options: &str) -> bool {
    let value = value.get_inner_expression();
    let member = match value {
        Expression::ChainExpression(chain) => chain.expression.as_member_expression(),
        _ => value.as_member_expression(),
    };
    member.is_some_and(|member| member.static_property_name() == Some("enabled") && is_named(member.object(), options))
}

fn is_boolean(value: &Expression<'_>, wanted: bool) -> bool {
    matches!(value.get_inner_expression(), Expression::BooleanLiteral(literal) if literal.value == wanted)
}

fn is_named(value: &Expression<'_>, name: &str) -> bool {
    matches!(value.get_inner_expression(), Expression::Identifier(identifier) if identifier.name == name)
}
