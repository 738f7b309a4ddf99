//! A literal is what its place wants.

use std::sync::Arc;

use super::{code, list, map, names, object, words};
use crate::diagnostics::Code;
use crate::expr::{Ty, TyKind};

fn of(kind: TyKind) -> Ty {
    Ty::of(kind)
}

#[test]
fn a_literal_takes_the_type_that_its_place_wants() {
    let task = object("a task", &[("title", of(TyKind::Text)), ("due", of(TyKind::Date).or_null())]);
    for (source, wanted) in [
        ("\"2026-05-01\"", of(TyKind::Date)),
        ("\"2026-05-01T09:00:00Z\"", of(TyKind::Timestamp)),
        ("\"2026-05-01\"", of(TyKind::Moment)),
        ("\"2026-05-01T09:00\"", of(TyKind::Moment)),
        ("\"2026-05-01T09:00:00+02:00\"", of(TyKind::Moment)),
        ("\"small\"", words(&["small", "large"])),
        ("\"a\"", of(TyKind::Id)),
        ("1", of(TyKind::Double)),
        ("[\"small\"]", list(words(&["small", "large"]))),
        ("[]", list(of(TyKind::Int))),
        ("{\"title\": \"a\"}", task.clone()),
        ("{\"title\": \"a\", \"due\": \"2026-05-01\"}", task.clone()),
        ("{\"title\": \"a\", \"due\": null}", task.clone()),
        ("[{\"title\": \"a\", \"due\": \"2026-05-01\"}]", list(task.clone())),
        ("{\"a\": 1, \"b\": 2}", map(of(TyKind::Double))),
        ("{\"a\": 1}", of(TyKind::Json)),
        // Through `?:`, `coalesce`, `map` and lists.
        ("input.flag ? \"small\" : \"large\"", words(&["small", "large"])),
        ("coalesce(input.maybeDay, \"2026-05-01\")", of(TyKind::Date)),
        ("input.tags.map(t, {\"title\": t, \"due\": \"2026-05-01\"})", list(task.clone())),
        ("input.flag ? {\"title\": \"a\"} : {\"title\": \"b\", \"due\": \"2026-05-01\"}", task.clone()),
        ("[{\"title\": \"a\"}] + [{\"title\": \"b\", \"due\": \"2026-05-01\"}]", list(task.clone())),
        // What fits without a word.
        ("input.count", of(TyKind::Double)),
        ("input.size", of(TyKind::Text)),
        ("input.id", of(TyKind::Text)),
        ("input.part", words(&["small", "medium", "large"])),
        ("input.day", of(TyKind::Moment)),
        ("input.time", of(TyKind::Moment)),
        ("input.counts", list(of(TyKind::Double))),
        ("input.prices", of(TyKind::Json)),
        ("null", of(TyKind::Text).or_null()),
    ] {
        let checked = names().check(&format!("${{{source}}}"), Some(&wanted));
        assert!(checked.is_ok(), "{source} as {wanted}: {:?}", checked.unwrap_err());
    }
}

#[test]
fn nothing_fits_the_other_way() {
    let task = object("a task", &[("title", of(TyKind::Text))]);
    for (source, wanted, why) in [
        ("\"1 May\"", of(TyKind::Date), Code::ExpressionType),
        ("\"2026-02-30\"", of(TyKind::Date), Code::ExpressionType),
        ("\"2026-05-01\"", of(TyKind::Timestamp), Code::ExpressionType),
        ("\"09:00\"", of(TyKind::Moment), Code::ExpressionType),
        ("\"tiny\"", words(&["small", "large"]), Code::ExpressionType),
        ("1.5", of(TyKind::Int), Code::ExpressionType),
        ("input.weight", of(TyKind::Int), Code::ExpressionType),
        ("input.text", words(&["small"]), Code::ExpressionType),
        ("input.size", words(&["small"]), Code::ExpressionType),
        ("input.text", of(TyKind::Id), Code::ExpressionType),
        ("input.moment", of(TyKind::Date), Code::ExpressionType),
        ("input.time", of(TyKind::Date), Code::ExpressionType),
        ("input.json", map(of(TyKind::Text)), Code::ExpressionType),
        ("input.counts", list(of(TyKind::Text)), Code::ExpressionType),
        ("null", of(TyKind::Text), Code::MayBeNull),
        ("input.maybeText", of(TyKind::Text), Code::MayBeNull),
        ("{}", task.clone(), Code::FieldNeverSet),
        ("{\"title\": \"a\", \"titel\": \"b\"}", task.clone(), Code::UnknownField),
        ("{\"title\": 1}", task, Code::ExpressionType),
    ] {
        let problems = names().check(&format!("${{{source}}}"), Some(&wanted)).map(|typed| typed.ty.to_string());
        let problems = problems.unwrap_err();
        assert_eq!(code(&problems), Some(why), "{source} as {wanted}: {problems:?}");
    }
}

/// Two enums are compared as text, and their words in the order in which they are listed.
#[test]
fn enums_have_an_order_and_are_texts() {
    let wanted = Ty::of(TyKind::Enum(Arc::from(["a".to_owned()])));
    assert!(wanted.fits(&of(TyKind::Text)) && !of(TyKind::Text).fits(&wanted));
    for source in ["input.size == input.part", "input.size < \"large\"", "input.size in [\"small\", \"large\"]"] {
        assert!(names().condition(source).is_ok(), "{source}");
    }
}

#[test]
fn a_text_is_what_stands_around_its_expressions() {
    for (source, wanted) in [
        ("$${input.text}", "a text"),
        ("${input.text}", "a text"),
        (" ${input.count} ", "an integer"),
        ("${input.count} kg", "a text"),
        ("${\"}\"}", "a text"),
        ("${ {\"a\": 1}.a }", "an integer"),
        ("${input.flag ? \"{\" : '}'}", "a text"),
    ] {
        assert_eq!(names().told(source), wanted, "{source}");
    }
    for (source, wanted) in [
        ("${input.weight} kg", Code::ExpressionType),
        ("${input.tags} kg", Code::ExpressionType),
        ("${task.owner} kg", Code::ExpressionType),
        ("${input.maybeText} kg", Code::MayBeNull),
        ("${input.text", Code::ExpressionSyntax),
        ("${}", Code::ExpressionSyntax),
        ("${\"a}", Code::ExpressionSyntax),
    ] {
        assert_eq!(code(&names().check(source, None).unwrap_err()), Some(wanted), "{source}");
    }
}
