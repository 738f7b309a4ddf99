//! The syntax of the attributes: `name`, `name = value`, `name(…)`, separated by commas.

use std::collections::BTreeSet;

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ExprUnary, Ident, Lit, LitStr, Token, UnOp, token};

use super::errors::Errors;

/// One argument of an attribute.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) key: Ident,
    value: ArgumentValue,
}

#[derive(Debug)]
enum ArgumentValue {
    Flag,
    Expr(Box<Expr>),
    List(Vec<Argument>),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.parse::<Option<Token![=]>>()?.is_some() {
            ArgumentValue::Expr(Box::new(input.parse()?))
        } else if input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            ArgumentValue::List(list(&content)?)
        } else {
            ArgumentValue::Flag
        };
        Ok(Self { key, value })
    }
}

fn list(input: ParseStream<'_>) -> syn::Result<Vec<Argument>> {
    Ok(Punctuated::<Argument, Token![,]>::parse_terminated(input)?.into_iter().collect())
}

/// The arguments of all attributes named `name`. One that is given twice is an error, and is left out.
pub(super) fn arguments(attributes: &[Attribute], name: &str, errors: &mut Errors) -> Vec<Argument> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    let parsed = ours.filter_map(|attribute| errors.catch(attribute.parse_args_with(list)));
    let all = parsed.flatten().collect::<Vec<_>>();
    once_each(all, errors)
}

fn once_each(arguments: Vec<Argument>, errors: &mut Errors) -> Vec<Argument> {
    let mut seen = BTreeSet::new();
    let mut keep = |argument: &Argument| {
        let new = seen.insert(argument.key.to_string());
        if !new {
            errors.push(&argument.key, format!("`{}` is given twice", argument.key));
        }
        new
    };
    arguments.into_iter().filter(|argument| keep(argument)).collect()
}

impl Argument {
    /// The argument is not known here.
    pub(super) fn unknown(&self, known: &[&str], errors: &mut Errors) {
        let key = self.key.to_string();
        let nearest = known.iter().find(|known| strsim::damerau_levenshtein(known, &key) <= 2);
        errors.push(
            &self.key,
            match nearest {
                Some(nearest) => format!("unknown argument `{key}`: did you mean `{nearest}`?"),
                None if known.is_empty() => format!("unknown argument `{key}`: none is taken here"),
                None => format!("unknown argument `{key}`: `{}` are known here", known.join("`, `")),
            },
        );
    }

    /// `key` alone.
    pub(super) fn flag(&self, errors: &mut Errors) -> bool {
        match &self.value {
            ArgumentValue::Flag => {}
            ArgumentValue::Expr(expr) => errors.push(expr, format!("`{}` takes no value", self.key)),
            ArgumentValue::List(_) => errors.push(&self.key, format!("`{}` takes no arguments", self.key)),
        }
        true
    }

    /// `key(…)`.
    pub(super) fn list(self, errors: &mut Errors) -> Vec<Argument> {
        match self.value {
            ArgumentValue::List(list) => once_each(list, errors),
            ArgumentValue::Flag | ArgumentValue::Expr(_) => {
                errors.push(&self.key, format!("write `{}(…)`", self.key));
                Vec::new()
            }
        }
    }

    /// `key = value`.
    pub(super) fn expr(&self, errors: &mut Errors) -> Option<&Expr> {
        if let ArgumentValue::Expr(expr) = &self.value {
            return Some(expr);
        }
        errors.push(&self.key, format!("write `{} = …`", self.key));
        None
    }

    /// `key = "text"`.
    pub(super) fn string(&self, errors: &mut Errors) -> Option<LitStr> {
        let expr = self.expr(errors)?;
        if let Some(Lit::Str(text)) = literal(expr) {
            return Some(text.clone());
        }
        errors.push(expr, format!("`{}` takes a string", self.key));
        None
    }

    /// `key = 5`.
    pub(super) fn count(&self, errors: &mut Errors) -> Option<u64> {
        let expr = self.expr(errors)?;
        if let Some(Lit::Int(number)) = literal(expr)
            && let Ok(number) = number.base10_parse()
        {
            return Some(number);
        }
        errors.push(expr, format!("`{}` takes a whole number", self.key));
        None
    }

    /// `key = -5` or `key = 0.5`. Only numbers that a 64-bit float holds exactly.
    pub(super) fn number(&self, errors: &mut Errors) -> Option<f64> {
        let expr = self.expr(errors)?;
        let number = match number(expr) {
            Some(Number::Integer(integer)) => {
                let float = integer as f64;
                // 2^63 has no `i64` to come back to.
                (float as i128 == i128::from(integer)).then_some(float)
            }
            Some(Number::Float(float)) => Some(float),
            None => {
                errors.push(expr, format!("`{}` takes a number", self.key));
                return None;
            }
        };
        if number.is_none() {
            errors.push(expr, "this number is not exact as a 64-bit float");
        }
        number
    }
}

/// A number as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    Float(f64),
}

/// A number literal, with or without a minus sign.
pub(super) fn number(expr: &Expr) -> Option<Number> {
    let (sign, operand) = match expr {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => ("-", &**expr),
        other => ("", other),
    };
    match literal(operand)? {
        Lit::Int(digits) if digits.suffix().is_empty() => {
            format!("{sign}{}", digits.base10_digits()).parse().ok().map(Number::Integer)
        }
        Lit::Float(digits) if digits.suffix().is_empty() => {
            let float: f64 = format!("{sign}{}", digits.base10_digits()).parse().ok()?;
            float.is_finite().then_some(Number::Float(float))
        }
        _ => None,
    }
}

/// A literal, also where another macro has wrapped it.
pub(super) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
