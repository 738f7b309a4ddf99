//! Which changes of an interface are reported, and which of them break callers.

use super::{BASE, CRYPTO, interface};
use crate::compat::{Change, Rule, Verdict, compare};

fn changed(from: &str, to: &str) -> Vec<String> {
    assert_eq!(BASE.matches(from).count(), 1, "{from}");
    let changes = compare(&interface(BASE, CRYPTO), &interface(&BASE.replace(from, to), CRYPTO));
    changes.iter().map(|change| format!("{} {} {change}", change.verdict.name(), change.tool)).collect()
}

const NOTE: &str = "note: { type: string, pattern: '^[a-z]*$', description: A note. }";
const IN_TITLE: &str = "title: { type: string, minLength: 1, maxLength: 500, description: Its title. }";
const PAGES: &str = "pages: { type: integer, minimum: 1, maximum: 9000, default: 10, description: Its pages. }";
const TAG: &str = "items: { type: string, description: A tag. }";
const WORD: &str = "word: { type: string, maxLength: 10, pattern: '^[a-z]+$', description: A word. }";
const STATE: &str = "state: { type: string, enum: [open, closed], description: A state. }";
const WHEN: &str = "when: { type: string, format: date, description: A day. }";

#[test]
fn every_change_is_told_and_judged() {
    let cases: &[(&str, &str, &[&str])] = &[
        // Texts are not part of the interface.
        ("Adds a book.", "Adds a book to the shelf.", &[]),
        ("title: Add a book", "title: Add one book", &[]),
        ("name: one,", "name: first,", &[]),
        // Tools.
        ("  look:\n", "  find:\n", &["additive books.find is new", "breaking books.look is called `books.find` now"]),
        // Policy.
        ("scope: admin", "scope: user-space", &["breaking books.look scope: `user-space` instead of `admin`"]),
        ("policyHint: read", "policyHint: write", &["breaking books.look policyHint: `write` instead of `read`"]),
        (
            "idempotent: true\n",
            "idempotent: false\n",
            &["breaking books.look idempotent: an equal call may not be repeated"],
        ),
        // Inputs.
        (
            IN_TITLE,
            "title: { type: string, minLength: 2, maxLength: 500, description: Its title. }",
            &["breaking books.add input/title: at least 2 characters instead of 1"],
        ),
        (
            IN_TITLE,
            "title: { type: string, minLength: 1, maxLength: 200, description: Its title. }",
            &["breaking books.add input/title: at most 200 characters instead of 500"],
        ),
        (
            IN_TITLE,
            "title: { type: string, minLength: 1, maxLength: 900, description: Its title. }",
            &["additive books.add input/title: at most 900 characters instead of 500"],
        ),
        (
            IN_TITLE,
            "title: { type: string, maxLength: 500, description: Its title. }",
            &["additive books.add input/title: no bound any more, it was at least 1 characters"],
        ),
        (
            IN_TITLE,
            "title: { type: string, minLength: 1, maxLength: 500, pattern: '^[A-Za-z]*$', description: Its title. }",
            &["breaking books.add input/title: the pattern `^[A-Za-z]*$`; there was none"],
        ),
        (
            NOTE,
            "note: { type: string, pattern: '^[a-z0-9]*$', description: A note. }",
            &["breaking books.add input/note: the pattern `^[a-z0-9]*$` instead of `^[a-z]*$`"],
        ),
        (
            NOTE,
            "note: { type: string, pattern: '^[a-z]*$', default: none, description: A note. }",
            &["breaking books.add input/note: \"none\" when it is left out, instead of nothing"],
        ),
        (
            NOTE,
            "note: { type: string, description: A note. }",
            &["additive books.add input/note: no pattern any more, it was `^[a-z]*$`"],
        ),
        (
            PAGES,
            "pages: { type: integer, minimum: 1, maximum: 100, default: 10, description: Its pages. }",
            &["breaking books.add input/pages: at most 100 instead of 9000"],
        ),
        (
            PAGES,
            "pages: { type: integer, minimum: 0, maximum: 9000, default: 10, description: Its pages. }",
            &["additive books.add input/pages: at least 0 instead of 1"],
        ),
        (
            PAGES,
            "pages: { type: integer, minimum: 1, maximum: 9000, default: 20, description: Its pages. }",
            &["breaking books.add input/pages: 20 when it is left out, instead of 10"],
        ),
        (
            PAGES,
            "pages: { type: integer, minimum: 1, maximum: 9000, description: Its pages. }",
            &["breaking books.add input/pages: nothing when it is left out, instead of 10"],
        ),
        (
            PAGES,
            "pages: { type: integer, minimum: 1, maximum: 9000, default: 11, description: Its pages. }",
            &["breaking books.add input/pages: 11 when it is left out, instead of 10"],
        ),
        ("maxItems: 5", "maxItems: 4", &["breaking books.look input/tags: at most 4 items instead of 5"]),
        (
            "maxItems: 5",
            "maxItems: 5\n          uniqueItems: true",
            &["breaking books.look input/tags: no two items may be equal"],
        ),
        (
            TAG,
            "items: { type: string, maxLength: 3, description: A tag. }",
            &["breaking books.look input/tags/items: at most 3 characters; there was no such bound"],
        ),
        (
            TAG,
            "items: { type: number, description: A tag. }",
            &["breaking books.look input/tags/items: `number` instead of `string`"],
        ),
        (
            TAG,
            "items: { type: string, enum: [a], description: A tag. }",
            &["breaking books.look input/tags/items: only `a`"],
        ),
        (
            "free: { type: object, description: Anything. }",
            "free: { type: object, description: Anything., properties: {} }",
            &["breaking books.look input/free: only known properties"],
        ),
        (
            "        free: {",
            "        more: { type: string, description: More. }\n        free: {",
            &["additive books.look input/more: is new"],
        ),
        // Outputs.
        ("required: [word, state]", "required: [state]", &["breaking books.look output/word: may be absent"]),
        (
            "required: [word, state]",
            "required: [word, state, size]",
            &["additive books.look output/size: is always there"],
        ),
        (
            WORD,
            "word: { type: string, maxLength: 20, pattern: '^[a-z]+$', description: A word. }",
            &["breaking books.look output/word: at most 20 characters instead of 10"],
        ),
        (
            WORD,
            "word: { type: string, maxLength: 5, pattern: '^[a-z]+$', description: A word. }",
            &["additive books.look output/word: at most 5 characters instead of 10"],
        ),
        (
            WORD,
            "word: { type: string, maxLength: 10, description: A word. }",
            &["breaking books.look output/word: no pattern any more, it was `^[a-z]+$`"],
        ),
        (
            WORD,
            "word: { type: [string, 'null'], maxLength: 10, pattern: '^[a-z]+$', description: A word. }",
            // Any field of a row but its id may be absent already.
            &[],
        ),
        (
            STATE,
            "state: { type: string, enum: [open, closed, lost], description: A state. }",
            &["breaking books.look output/state: `lost` too"],
        ),
        (
            STATE,
            "state: { type: string, enum: [open], description: A state. }",
            &["additive books.look output/state: not `closed` any more"],
        ),
        (
            STATE,
            "state: { type: string, description: A state. }",
            &["breaking books.look output/state: any word, not only some"],
        ),
        (
            WHEN,
            "when: { type: string, format: date-time, description: A day. }",
            &["breaking books.look output/when: the format `date-time` instead of `date`"],
        ),
        (
            WHEN,
            "then: { type: string, format: date, description: A day. }",
            &["breaking books.look output/when: is gone", "additive books.look output/then: is new"],
        ),
        (
            "minimum: 0, maximum: 9,",
            "minimum: 0, maximum: 8,",
            &["additive books.look output/size: at most 8 instead of 9"],
        ),
        // A type that stands in both: a new word is taken, and it is given too.
        (
            "enum: [novel, poetry]",
            "enum: [novel, poetry, essay]",
            &["breaking books.add output/book/genre: `essay` too", "additive books.add input/genre: `essay` too"],
        ),
        (
            "enum: [novel, poetry]",
            "enum: [novel]",
            &[
                "breaking books.add input/genre: not `poetry` any more",
                "additive books.add output/book/genre: not `poetry` any more",
            ],
        ),
        // Tables.
        (
            "  shelf:\n",
            "  shelf:\n    syncName: shelves\n",
            &["breaking books.add table: works on `books/shelves` instead of `books/shelf`"],
        ),
    ];
    for (from, to, wanted) in cases {
        assert_eq!(changed(from, to), *wanted, "{to}");
    }
}

#[test]
fn an_input_that_must_be_given_breaks() {
    for (from, to, told) in [
        ("required: [more]", "more: { type: string, description: More. }", "input/more: is new, and must be given"),
        ("required: [free]", "", "input/free: must be given"),
    ] {
        let properties = format!("      {from}\n      properties:\n        {to}\n        tags:");
        let new = BASE.replace("      properties:\n        tags:", &properties);
        let new = new.replace("input: {}, output", "input: { free: {}, more: x }, output");
        let new = if to.is_empty() { new.replace(", more: x", "") } else { new.replace("free: {}, more", "more") };
        let changes = compare(&interface(BASE, CRYPTO), &interface(&new, CRYPTO));
        assert_eq!(changes.iter().map(ToString::to_string).collect::<Vec<_>>(), [told]);
        assert_eq!(changes[0].verdict, Verdict::Breaking);
    }
}

#[test]
fn a_field_that_is_not_encrypted_any_more_breaks() {
    let (yaml, crypto) = (BASE.replace("[title, note]", "[title]"), CRYPTO.replace("[title, note]", "[title]"));
    let (old, new) = (interface(BASE, CRYPTO), interface(&yaml, &crypto));
    let told = |changes: Vec<Change>| -> Vec<_> {
        changes.into_iter().map(|change| (change.rule, change.verdict, change.to_string())).collect()
    };
    let at = "encryptedFields/note";
    let removed = format!("{at}: is not encrypted any more");
    assert_eq!(told(compare(&old, &new)), [(Rule::Encryption, Verdict::Breaking, removed)]);
    let added = format!("{at}: is encrypted");
    assert_eq!(told(compare(&new, &old)), [(Rule::Encryption, Verdict::Additive, added)]);
}

#[test]
fn tools_that_come_and_go_are_named() {
    let (with, without) = (interface(BASE, CRYPTO), interface(BASE.split("  look:\n").next().unwrap(), CRYPTO));
    let said = |changes: Vec<Change>| -> Vec<_> {
        changes.iter().map(|change| format!("{} {} {change}", change.verdict.name(), change.tool)).collect()
    };
    assert_eq!(said(compare(&with, &without)), ["breaking books.look is gone"]);
    assert_eq!(said(compare(&without, &with)), ["additive books.look is new"]);
    assert!(compare(&with, &with).is_empty());
}
