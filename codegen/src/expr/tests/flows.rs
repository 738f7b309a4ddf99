//! What flows where: a part of a secret is a secret, however it is reached; its shape is none.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Names, list, object};
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
