//! What flows where: a part of a secret is a secret, however it is reached; its shape is none.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Names, list, map, object};
use crate::expr::functions::{self, Function, Takes};
use crate::expr::typed::OverFunction;
use crate::expr::{Flow, ObjectTy, Scope, Ty, TyKind, Variable};

/// A row with encrypted fields of every kind, and plain ones.
fn names() -> Names {
    let sealed = |ty: Ty| ty.with_deep(&Flow { sealed: true, ..Flow::default() });
    let text = || Ty::of(TyKind::Text);
    let place = object("a place", &[("city", text()), ("streets", list(text()))]);
    let members = [
        ("title", sealed(text())),
        ("tags", sealed(list(text()))),
        ("place", sealed(place.clone())),
        ("places", sealed(list(place))),
        ("plain", text()),
        ("count", Ty::of(TyKind::Int)),
    ];
    let row = object("a row", &members);
    let mut scope = Scope::default();
    scope.add("row", Variable::Row, row.clone());
    scope.add("rows", Variable::Named("rows".to_owned()), list(row));
    Names { scope, constants: None }
}

fn is_sealed(source: &str) -> bool {
    names().check(source, None).unwrap_or_else(|problems| panic!("{source}: {problems:?}")).ty.whole_flow().sealed
}

#[test]
fn a_part_of_a_secret_is_one() {
    for source in [
        "row.title",
        "row.title.trim().take(2)",
        "row.title + row.plain",
        "\"${row.title}\"",
        "row.count == 1 ? row.title : \"\"",
        "coalesce(row.tags[0], \"\")",
        "row.tags",
        "row.tags[0]",
        "row.tags.map(t, t)",
        "row.tags.filter(t, t != \"\")[0]",
        "row.tags.first()",
        "row.tags.join(\", \")",
        "row.tags.sortBy(t, t).last()",
        "row.tags.groupBy(t, t).map(g, g.key)",
        "row.tags.keyBy(t, t)[\"a\"]",
        "[1].keyBy(x, row.title)",
        "row.title.split(\" \")[0]",
        "row.title.split(\" \").map(w, w).join(\"\")",
        "row.title.split(\" \").groupBy(w, w)[0].items[0]",
        "row.place",
        "row.place.city",
        "row.place.streets[1]",
        "row.places.map(p, p.city)",
        "row.places.map(p, p.streets).flatten()[0]",
        "{\"a\": row.title}.a",
        "[row.title][0]",
        "rows.map(r, r.tags[0])",
        "rows.keyBy(r, r.plain)[\"a\"].title",
        "rows.map(r, {\"t\": r.title, \"c\": r.count})[0].t",
        "rows.filter(r, r.count > 1)[0].place.city",
    ] {
        let source = if source.starts_with("\"${") { source.trim_matches('"') } else { source };
        assert!(is_sealed(source), "{source}");
    }
}

/// Functions whose result is the shape of a secret, and not a part of it.
const SHAPES: [&str; 8] = ["all", "contains", "endsWith", "exists", "indexOf", "size", "startsWith", "wordCount"];

/// A value of every type, encrypted or not.
fn every_type(is_sealed: bool) -> Ty {
    let texts = || list(Ty::of(TyKind::Text));
    let members = [
        ("flag", Ty::of(TyKind::Bool)),
        ("text", Ty::of(TyKind::Text)),
        ("int", Ty::of(TyKind::Int)),
        ("double", Ty::of(TyKind::Double)),
        ("date", Ty::of(TyKind::Date)),
        ("timestamp", Ty::of(TyKind::Timestamp)),
        ("moment", Ty::of(TyKind::Moment)),
        ("texts", texts()),
        ("numbers", list(Ty::of(TyKind::Double))),
        ("lists", list(texts())),
        ("map", map(Ty::of(TyKind::Text))),
    ];
    object("a value of every type", &members).with_deep(&Flow { sealed: is_sealed, ..Flow::default() })
}

/// What an argument may be, as a member of a value of every type. A word that is written out is no secret.
fn arguments(takes: Takes, of: &str) -> Vec<String> {
    let members: &[&str] = match takes {
        Takes::Unit => return vec!["\"month\"".to_owned()],
        Takes::Anything | Takes::Text | Takes::Clock => &["text"],
        Takes::Scalar => &["text", "int", "double", "flag", "date", "timestamp", "moment"],
        Takes::Numeric => &["text", "int", "double"],
        Takes::Int => &["int"],
        Takes::Number => &["int", "double"],
        Takes::Date => &["date"],
        Takes::Timestamp => &["timestamp"],
        Takes::DateOrTimestamp => &["date", "timestamp"],
        Takes::MomentOrNull => &["date", "timestamp", "moment"],
        Takes::List => &["texts", "numbers", "lists"],
        Takes::Texts => &["texts"],
        Takes::Numbers => &["numbers"],
        Takes::Ordered => &["texts", "numbers"],
        Takes::Lists => &["lists"],
        Takes::Sized => &["text", "texts", "map"],
        Takes::TextOrList => &["text", "texts"],
        Takes::Map => &["map"],
    };
    members.iter().map(|member| format!("{of}.{member}")).collect()
}

/// Calls of a function, each of whose arguments is a member of one of two names. `is_secret` says of which.
fn calls(function: &Function, is_secret: impl Fn(usize) -> bool) -> Vec<String> {
    let of = |at| if is_secret(at) { "secret" } else { "plain" };
    let options = function.takes.iter().enumerate().map(|(at, takes)| arguments(*takes, of(at)));
    let all = options.fold(vec![Vec::new()], |begun: Vec<Vec<String>>, options| {
        let with = |one: &Vec<String>| {
            let one = one.clone();
            options.iter().map(move |option| one.iter().chain([option]).cloned().collect()).collect::<Vec<_>>()
        };
        begun.iter().flat_map(with).collect()
    });
    let written = all.iter().map(|arguments| match arguments.split_first() {
        Some((first, rest)) if function.is_method => format!("{first}.{}({})", function.name, rest.join(", ")),
        _ => format!("{}({})", function.name, arguments.join(", ")),
    });
    written.collect()
}

#[test]
fn of_every_function_a_secret_gives_a_secret_but_for_its_shape() {
    let mut scope = Scope::default();
    scope.add("secret", Variable::Named("secret".to_owned()), every_type(true));
    scope.add("plain", Variable::Named("plain".to_owned()), every_type(false));
    let names = Names { scope, constants: None };
    let is_sealed = |source: &str| {
        let typed = names.check(source, None).unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
        typed.ty.whole_flow().sealed
    };
    let mut shapes = BTreeSet::new();
    let mut holds = |name: &'static str, source: &str| {
        if !is_sealed(source) {
            assert!(SHAPES.contains(&name), "{source} is no secret");
            shapes.insert(name);
        }
    };
    for function in functions::all() {
        for source in calls(function, |_| true) {
            holds(function.name, &source);
        }
        // One secret among the arguments is enough. How many elements of a list are taken is its shape.
        for at in 0..function.takes.len() {
            let sources = calls(function, |other| other == at);
            let tells = |source: &&String| source.contains("secret.") && !source.starts_with("plain.texts.take(");
            sources.iter().filter(tells).for_each(|source| holds(function.name, source));
        }
        assert!(calls(function, |_| false).iter().all(|source| !is_sealed(source)), "{}", function.name);
    }
    for (name, function) in OverFunction::ALL {
        let body = if function.takes_condition() { "x != \"\"" } else { "x" };
        holds(name, &format!("secret.texts.{name}(x, {body})"));
    }
    assert_eq!(shapes, BTreeSet::from(SHAPES), "shapes that tell what a secret says");
    for source in [
        "coalesce(secret.texts[0], plain.text)",
        "coalesce(plain.texts[0], secret.text)",
        "secret.text + plain.text",
        "plain.texts + secret.texts",
        "secret.int + 1",
        "1 - secret.int",
        "secret.int * 2",
        "secret.double / 2.0",
        "secret.int % 2",
        "-secret.double",
        "secret.timestamp + hours(1)",
        "plain.timestamp - minutes(secret.int)",
        "plain.flag ? plain.text : secret.text",
        "secret.map[plain.text]",
    ] {
        assert!(is_sealed(source), "{source}");
    }
}

#[test]
fn its_shape_is_none() {
    for source in [
        "row.plain",
        "row.title.size()",
        "wordCount(row.title)",
        "row.tags.size()",
        "row.title.contains(\"a\")",
        "row.title == \"a\"",
        "\"a\" in row.tags",
        "row.tags.exists(t, t == \"a\")",
        "row.title == \"a\" ? row.plain : \"b\"",
        "rows.filter(r, r.title == \"a\").map(r, r.plain)",
        "rows.filter(r, r.title == \"a\").size()",
        "rows.sortBy(r, r.title).map(r, r.count)",
        "rows.map(r, {\"t\": r.title, \"c\": r.count})[0].c",
    ] {
        assert!(!is_sealed(source), "{source}");
    }
}

/// It goes by member of an input.
#[test]
fn a_member_of_an_input_is_known_by_its_path() {
    let inner = object("a note", &[("text", Ty::of(TyKind::Text)), ("by", Ty::of(TyKind::Text))]);
    let members = vec![("note".to_owned(), inner.clone()), ("notes".to_owned(), list(inner))];
    let input = ObjectTy { what: "the input".to_owned(), members, reads: BTreeSet::new() };
    let mut scope = Scope::default();
    scope.add("input", Variable::Input, Ty::of(TyKind::Object(Arc::new(input))));
    let names = Names { scope, constants: None };
    for (source, wanted) in [
        ("input.note.text", "note.text"),
        ("input.note.text.trim()", "note.text"),
        ("input.notes.map(n, n.by)", "notes.by"),
        ("input.notes[0].text", "notes.text"),
        ("input.notes.map(n, n.text).join(\"\")", "notes.text"),
    ] {
        let inputs = names.check(source, None).unwrap().ty.whole_flow().inputs;
        assert_eq!(inputs.iter().map(String::as_str).collect::<Vec<_>>(), [wanted], "{source}");
    }
}
