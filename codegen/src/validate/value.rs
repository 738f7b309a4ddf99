//! The values of actions: literals, `$input.x`, variables and functions, each fitting the field that takes it.
//!
//! | value | what it is | type |
//! |---|---|---|
//! | `null`, `true`, `3`, `text`, `[]` | a literal; a text that begins with `$` is written `$$…` | the field's |
//! | `$input.x` | the input `x` | the input's |
//! | `$now`, `$today` | the time of the call, and its day in the caller's time zone | `date-time`, `date` |
//! | `$uuid` | a new id | `uuid`, `id` |
//! | `$place` | the greatest `order` of the table's live rows and one more; for `order` in an insert | number |
//! | `$space` | id of the active space | string |
//! | `$row`, `$rows` | what an insert stored, what a list found; in `returns` | the table's row |
//! | `{fn: wordCount, of: $input.x}` | number of words of a text | integer |
//! | `{fn: coalesce, of: [$input.x, …]}` | the first that is there and not null | that of all |
//!
//! A value and its field have the same type, and the field takes everything that the value can be: an input that may be
//! absent or null does not fit a field that is always there, nor a text of 500 characters a field of 100. Enums are the
//! same when they are the same type (`$ref`).

use super::instance::{self, Extent};
use super::schema::Schemas;
use crate::diagnostics::{Code, Diagnostic, did_you_mean};
use crate::ir::{Expr, Kind, Property, Schema, Shape, StringRules, Struct, Type};
use crate::raw::{self, ExprKind, Text};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Which values there are besides those that are always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// In the values of an insert there is `$place`.
    InsertValues,
    /// Elsewhere.
    Elsewhere,
}

/// The field that takes a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'t> {
    pub(super) name: &'t str,
    pub(super) schema: &'t Schema,
    pub(super) shape: Shape,
}

/// A value with its wrapping.
pub(super) type Wrapped = (Expr, Shape);

/// Makes the values of one tool.
pub(super) struct Values<'v, 'a, 'd> {
    pub(super) schemas: &'v mut Schemas<'a, 'd>,
    /// The input; `None` where it was reported as a whole.
    pub(super) input: Option<&'v Struct>,
}

const FUNCTIONS: [&str; 2] = ["wordCount", "coalesce"];
const VARIABLES: [&str; 5] = ["$now", "$today", "$uuid", "$place", "$space"];

/// The field that `$place` counts on.
const PLACE: &str = "order";

impl Values<'_, '_, '_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.schemas.report(diagnostic);
    }

    fn mismatch<T>(&mut self, span: Span, message: String, help: Option<String>) -> Option<T> {
        self.report(Diagnostic::error(Code::TypeMismatch, span, message).maybe_help(help));
        None
    }

    /// A value for a field.
    pub(super) fn value(&mut self, raw: &raw::Expr, target: Target<'_>, within: Within) -> Option<Wrapped> {
        match &raw.kind {
            ExprKind::Literal(node) => self.literal(node, target),
            ExprKind::Input(name) => {
                let property = self.input(name, raw.span)?;
                self.input_fits(&property, raw.span, target)?;
                Some((input_expr(&property), property.shape()))
            }
            ExprKind::Variable(name) => {
                let (expr, ty, what) = self.variable(name, raw.span, within)?;
                if expr == Expr::Place && target.name != PLACE {
                    let message = format!("`$place` is for the field `{PLACE}`, by which it is found");
                    return self.mismatch(raw.span, message, None);
                }
                if expr == Expr::Uuid && target.schema.ty() == Type::Id {
                    return Some((Expr::Id, Shape::PLAIN));
                }
                if target.schema.ty() != ty {
                    let message =
                        format!("`${name}` is {what}, `{}` is {}", target.name, target.schema.kind.describe());
                    return self.mismatch(raw.span, message, None);
                }
                Some((expr, Shape::PLAIN))
            }
            ExprKind::Function { name, arguments } => self.function(name, arguments, raw.span, target, within),
        }
    }

    fn variable(&mut self, name: &str, span: Span, within: Within) -> Option<(Expr, Type, &'static str)> {
        Some(match name {
            "now" => (Expr::Now, Type::Timestamp, "a time"),
            "today" => (Expr::Today, Type::Date, "a date"),
            "uuid" => (Expr::Uuid, Type::Uuid, "a UUID"),
            "place" if within == Within::InsertValues => (Expr::Place, Type::Number, "a number"),
            "space" => (Expr::Space, Type::String, "a string"),
            _ => return self.unknown_variable(name, span),
        })
    }

    /// Reports names that actions do not have, in a value whose field nobody knows: that was reported.
    pub(super) fn names_are_known(&mut self, raw: &raw::Expr, within: Within) {
        match &raw.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Input(name) => drop(self.input(name, raw.span)),
            ExprKind::Variable(name) => drop(self.variable(name, raw.span, within)),
            ExprKind::Function { name, arguments } => {
                if !FUNCTIONS.contains(&name.value.as_str()) {
                    self.unknown_function(name);
                }
                arguments.iter().for_each(|argument| self.names_are_known(argument, within));
            }
        }
    }

    fn unknown_variable<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let message = match name {
            "place" => "`$place` is only available in the `values` of an insert".to_owned(),
            "row" => "`$row` is there in the `returns` of an insert only".to_owned(),
            "rows" => "`$rows` is there in the `returns` of a list only".to_owned(),
            _ => format!("there is no `${name}`"),
        };
        let help = match name {
            "input" => Some("an input is `$input.x`".to_owned()),
            _ => did_you_mean(&format!("${name}"), VARIABLES),
        };
        self.report(Diagnostic::error(Code::UnknownVariable, span, message).maybe_help(help));
        None
    }

    /// The input of this name; `None` where it was reported.
    pub(super) fn input(&mut self, name: &str, span: Span) -> Option<Property> {
        let input = self.input?;
        if let Some(property) = input.property(name) {
            return Some(property.clone());
        }
        if !input.has(name) {
            let known = input.properties.iter().map(|property| property.name.as_str());
            let help = did_you_mean(name, known);
            let message = format!("the input has no `{name}`");
            self.report(Diagnostic::error(Code::UnknownField, span, message).maybe_help(help));
        }
        None
    }

    fn input_fits(&mut self, property: &Property, span: Span, target: Target<'_>) -> Option<()> {
        let (name, field) = (&property.name, target.name);
        if property.schema.ty() != target.schema.ty() {
            let message = format!(
                "`$input.{name}` is {}, `{field}` is {}",
                type_text(&property.schema),
                type_text(target.schema)
            );
            let both_named = matches!((property.schema.ty(), target.schema.ty()), (Type::Named(_), Type::Named(_)));
            let help = both_named.then(|| "put the type under `types`, and use `$ref` in both places".to_owned());
            return self.mismatch(span, message, help);
        }
        let shape = property.shape();
        if shape.optional && !target.shape.optional {
            let message = format!("`$input.{name}` may be absent, `{field}` may not");
            let help = "make the input required, give it a default, or use `{fn: coalesce, of: […]}`";
            return self.mismatch(span, message, Some(help.to_owned()));
        }
        if shape.nullable && !target.shape.nullable {
            let message = format!("`$input.{name}` may be null, `{field}` may not");
            return self.mismatch(span, message, None);
        }
        if !within(&property.schema, target.schema) {
            let message = format!("`$input.{name}` takes values that `{field}` does not");
            return self.mismatch(span, message, Some("give the input the same bounds".to_owned()));
        }
        Some(())
    }

    fn literal(&mut self, node: &Node, target: Target<'_>) -> Option<Wrapped> {
        let before = self.schemas.diagnostics.len();
        instance::check(node, target.schema, Extent::Whole, Code::TypeMismatch, self.schemas.diagnostics);
        if self.schemas.diagnostics.len() > before {
            return None;
        }
        let expr = match (&node.value, &target.schema.kind) {
            (Value::Null, _) => return Some((Expr::Null, Shape { optional: false, nullable: true })),
            (Value::Boolean(value), _) => Expr::Boolean(*value),
            #[expect(clippy::cast_precision_loss, reason = "integers of the catalog are within ±2^53")]
            (Value::Integer(value), Kind::Number { .. }) => Expr::Number(*value as f64),
            (Value::Integer(value), _) => Expr::Integer(*value),
            (Value::Number(value), _) => Expr::Number(*value),
            (Value::String(text), Kind::Enum(one)) => {
                let variant = one.variants.iter().find(|variant| variant.value == *text)?;
                Expr::Variant(one.name.clone(), variant.ident.clone())
            }
            (Value::String(text), Kind::String(_)) => Expr::String(text.clone()),
            (Value::Sequence(items), _) if items.is_empty() => Expr::EmptyArray,
            _ => {
                let message = format!("{} cannot be written as a literal here", target.schema.kind.describe());
                let help = matches!(node.value, Value::Sequence(_)).then(|| "only `[]` can".to_owned());
                return self.mismatch(node.span, message, help);
            }
        };
        Some((expr, Shape::PLAIN))
    }

    fn function(
        &mut self,
        name: &Text,
        arguments: &[raw::Expr],
        span: Span,
        target: Target<'_>,
        within: Within,
    ) -> Option<Wrapped> {
        match name.value.as_str() {
            "wordCount" => self.word_count(arguments, span, target),
            "coalesce" => self.coalesce(arguments, span, target, within),
            _ => {
                self.unknown_function(name);
                arguments.iter().for_each(|argument| self.names_are_known(argument, within));
                None
            }
        }
    }

    fn unknown_function(&mut self, name: &Text) {
        let help = did_you_mean(&name.value, FUNCTIONS);
        let message = format!("there is no function `{}`", name.value);
        self.report(Diagnostic::error(Code::UnknownVariable, name.span, message).maybe_help(help));
    }

    fn word_count(&mut self, arguments: &[raw::Expr], span: Span, target: Target<'_>) -> Option<Wrapped> {
        let [raw::Expr { kind: ExprKind::Input(name), span: at }] = arguments else {
            return self.mismatch(span, "`wordCount` is of one input".to_owned(), None);
        };
        let property = self.input(name, *at)?;
        if property.schema.ty() != Type::String || property.shape() != Shape::PLAIN {
            let message = format!("`wordCount` is of a text that is always there, which `$input.{name}` is not");
            return self.mismatch(*at, message, None);
        }
        if target.schema.ty() != Type::Integer {
            let message = format!("`wordCount` is an integer, `{}` is {}", target.name, target.schema.kind.describe());
            return self.mismatch(span, message, None);
        }
        Some((Expr::WordCount(property.ident), Shape::PLAIN))
    }

    fn coalesce(&mut self, arguments: &[raw::Expr], span: Span, target: Target<'_>, within: Within) -> Option<Wrapped> {
        let Some((last, firsts @ [_, ..])) = arguments.split_last() else {
            return self.mismatch(span, "`coalesce` is of two values or more".to_owned(), None);
        };
        let anything = Shape { optional: true, nullable: true };
        let mut made = Vec::new();
        for first in firsts {
            let value = self.value(first, Target { shape: anything, ..target }, within);
            let Some((expr, shape)) = value else { continue };
            if shape == Shape::PLAIN || expr == Expr::Null {
                let message = "this is always there, or never: what comes after it has no sense".to_owned();
                self.report(Diagnostic::error(Code::TypeMismatch, first.span, message));
                continue;
            }
            made.push(expr);
        }
        let (last_expr, shape) = self.value(last, target, within)?;
        if made.len() < firsts.len() {
            return None;
        }
        if shape != Shape::PLAIN {
            return self.mismatch(last.span, "the last value of `coalesce` is always there".to_owned(), None);
        }
        Some((Expr::Coalesce(made, Box::new(last_expr)), Shape::PLAIN))
    }

    /// An input of one of these types that is always there; for places that take nothing else.
    pub(super) fn plain_input(&mut self, raw: &raw::Expr, types: &[Type], wanted: &str) -> Option<Property> {
        let ExprKind::Input(name) = &raw.kind else {
            return self.mismatch(raw.span, format!("{wanted} is wanted here"), None);
        };
        let property = self.input(name, raw.span)?;
        if !types.contains(&property.schema.ty()) || property.shape() != Shape::PLAIN {
            let message = format!("{wanted} is wanted here, which `$input.{name}` is not");
            return self.mismatch(raw.span, message, None);
        }
        Some(property)
    }
}

/// The value of an input.
pub(super) fn input_expr(property: &Property) -> Expr {
    let copy = matches!(
        property.schema.kind,
        Kind::Boolean
            | Kind::Integer { .. }
            | Kind::Number { .. }
            | Kind::Enum(_)
            | Kind::Uuid
            | Kind::Date
            | Kind::Timestamp
    );
    Expr::Input { ident: property.ident.clone(), copy, shape: property.shape() }
}

fn type_text(schema: &Schema) -> String {
    match schema.ty() {
        Type::Named(name) => format!("`{name}`"),
        _ => schema.kind.describe().to_owned(),
    }
}

/// Whether everything that `inner` takes is taken by `outer` too; both have the same type.
fn within(inner: &Schema, outer: &Schema) -> bool {
    fn least<T: PartialOrd>(inner: &Option<T>, outer: &Option<T>) -> bool {
        outer.as_ref().is_none_or(|outer| inner.as_ref().is_some_and(|inner| inner >= outer))
    }
    fn greatest<T: PartialOrd>(inner: &Option<T>, outer: &Option<T>) -> bool {
        outer.as_ref().is_none_or(|outer| inner.as_ref().is_some_and(|inner| inner <= outer))
    }
    match (&inner.kind, &outer.kind) {
        (Kind::String(a), Kind::String(b)) => {
            let StringRules { min_length, max_length, pattern } = a;
            (b.min_length == Some(0) || least(min_length, &b.min_length))
                && greatest(max_length, &b.max_length)
                && (b.pattern.is_none() || b.pattern == *pattern)
        }
        (Kind::Integer { minimum: a, maximum: b }, Kind::Integer { minimum: c, maximum: d }) => {
            least(a, c) && greatest(b, d)
        }
        (Kind::Number { minimum: a, maximum: b }, Kind::Number { minimum: c, maximum: d }) => {
            least(a, c) && greatest(b, d)
        }
        (
            Kind::Array { items: a, min_items: b, max_items: c, unique_items: d },
            Kind::Array { items: e, min_items: f, max_items: g, unique_items: h },
        ) => within(a, e) && least(b, f) && greatest(c, g) && (*d || !h),
        _ => true,
    }
}
