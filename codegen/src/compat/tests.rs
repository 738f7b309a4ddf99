//! A small catalog, changed in one place at a time: what is said of it.

use super::{Accepted, Lock, LockError, Locks, Rule, Verdict, compare};
use crate::{Sources, compile};

const BASE: &str = r"
module: books
app: books
summary: Books.
types:
  Genre: { type: string, enum: [novel, poetry], description: What kind it is. }
tables:
  shelf:
    noun: book
    encryptedFields: [title, note]
    record:
      description: A book.
      required: [id, title, genre]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its title. }
        note: { type: string, description: A note. }
        genre: { $ref: '#/types/Genre' }
        pages: { type: [integer, 'null'], description: Its pages. }
tools:
  add:
    title: Add a book
    description: Adds a book.
    scope: user-space
    policyHint: write
    input:
      required: [title, genre]
      properties:
        title: { type: string, minLength: 1, maxLength: 500, description: Its title. }
        note: { type: string, pattern: '^[a-z]*$', description: A note. }
        genre: { $ref: '#/types/Genre' }
        pages: { type: integer, minimum: 1, maximum: 9000, default: 10, description: Its pages. }
    output:
      required: [book]
      properties: { book: { $ref: '#/tables/shelf' } }
    action:
      insert:
        table: shelf
        values: { title: '${input.title}', note: '${input.note}', genre: '${input.genre}', pages: '${input.pages}' }
      returns: { book: '${row}' }
    examples: [{ name: one, input: { title: Emma, genre: novel }, output: { book: { title: Emma } } }]
  look:
    title: Look something up
    description: Looks something up.
    scope: admin
    policyHint: read
    idempotent: true
    input:
      properties:
        tags:
          type: array
          description: Tags.
          minItems: 1
          maxItems: 5
          items: { type: string, description: A tag. }
        free: { type: object, description: Anything. }
    output:
      required: [word, state]
      properties:
        word: { type: string, maxLength: 10, pattern: '^[a-z]+$', description: A word. }
        state: { type: string, enum: [open, closed], description: A state. }
        when: { type: string, format: date, description: A day. }
        size: { type: integer, minimum: 0, maximum: 9, description: A size. }
    action: custom
    examples: [{ name: none, input: {}, output: {} }]
";

const CRYPTO: &str = "encrypted: { shelf: [title, note] }\ndisabled: []\nplaintext: []\n";

fn interface(module: &str, crypto: &str) -> super::Interface {
    let sources: Sources = [("catalog/books.yaml", module), ("catalog/crypto.yaml", crypto)].into_iter().collect();
    compile(&sources).unwrap_or_else(|problems| panic!("{:#?}", problems.iter().collect::<Vec<_>>())).interface
}

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
    let told = |changes: Vec<super::Change>| -> Vec<_> {
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
    let said = |changes: Vec<super::Change>| -> Vec<_> {
        changes.iter().map(|change| format!("{} {} {change}", change.verdict.name(), change.tool)).collect()
    };
    assert_eq!(said(compare(&with, &without)), ["breaking books.look is gone"]);
    assert_eq!(said(compare(&without, &with)), ["additive books.look is new"]);
    assert!(compare(&with, &with).is_empty());
}

#[test]
fn a_lock_is_read_as_it_was_written() {
    let lock = Lock::new(interface(BASE, CRYPTO));
    assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);

    let new = interface(&BASE.replace("maxLength: 500", "maxLength: 50"), CRYPTO);
    let changes = compare(lock.interface(), &new);
    let accepted = Accepted { reason: "titles were cut anyway".to_owned(), changes: changes.clone() };
    let next = lock.publish(new, Some(accepted));
    let read = Lock::parse(&next.to_text()).unwrap();
    assert_eq!(read, next);
    assert_eq!(read.accepted()[0].changes, changes);
}

/// A second module with one tool, under another name.
fn second(name: &str) -> String {
    format!("module: {name}\nsummary: More.\ntools:\n  look:{}", BASE.split("  look:").nth(1).unwrap())
}

/// The interface of some modules, with the registry of the first.
fn interface_of(modules: &[&str]) -> super::Interface {
    let named = modules.iter().map(|text| {
        let name = text.trim_start().lines().next().unwrap().trim_start_matches("module: ");
        (format!("catalog/{name}.yaml"), (*text).to_owned())
    });
    let sources: Sources = named.chain([("catalog/crypto.yaml".to_owned(), CRYPTO.to_owned())]).collect();
    compile(&sources).unwrap().interface
}

/// The locks once an interface is published for the first time.
fn published(interface: &super::Interface) -> Locks {
    Locks::default().publish(&Locks::default(), interface, "", &[])
}

/// What would be refused, and the changes that would have to be accepted.
fn refused(here: &Locks, base: &Locks, interface: &super::Interface) -> (Vec<String>, Vec<super::Change>) {
    let judged = here.judge(base, interface).into_iter().filter(super::Judged::is_refused);
    let changes: Vec<super::Change> = judged.map(|one| one.change).collect();
    (changes.iter().map(|change| format!("{} {change}", change.tool)).collect(), changes)
}

#[test]
fn each_module_has_a_lock() {
    let interface = interface_of(&[BASE, &second("shop")]);
    let locks = published(&interface);
    let files = locks.files();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["catalog/lock/books.json", "catalog/lock/shop.json"]);
    assert!(!files["catalog/lock/shop.json"].contains("books."));
    assert_eq!(locks.interface(), interface);
    let named = files.iter().map(|(path, text)| (path.rsplit('/').next().unwrap().to_owned(), text.clone()));
    assert_eq!(Locks::parse(named).unwrap(), locks);

    let (path, error) = Locks::parse([("shop.json".to_owned(), "{".to_owned())]).unwrap_err();
    assert_eq!((path.as_str(), matches!(error, LockError::Syntax(_))), ("catalog/lock/shop.json", true));
}

/// What was generated and never published may change in any way, whatever the locks beside the sources say.
#[test]
fn what_was_not_published_binds_nobody() {
    let both = interface_of(&[BASE, &second("shop")]);
    let (base, here) = (published(&interface_of(&[BASE])), published(&both));
    for new in [&interface_of(&[BASE, &second("store")]), &interface_of(&[BASE])] {
        assert!(here.judge(&base, new).iter().all(|one| !one.is_refused()));
        assert_eq!(here.publish(&base, new, "", &[]).interface(), *new);
    }
    assert_eq!(refused(&here, &here, &interface_of(&[BASE])).0, ["shop.look is gone"]);
}

#[test]
fn an_acceptance_holds_for_its_change_and_nothing_worse() {
    let titles = |most: &str| interface_of(&[&BASE.replace("maxLength: 500", &format!("maxLength: {most}"))]);
    let base = published(&titles("500"));
    let (told, changes) = refused(&base, &base, &titles("400"));
    assert_eq!(told, ["books.add input/title: at most 400 characters instead of 500"]);
    let here = base.publish(&base, &titles("400"), "titles were cut anyway", &changes);
    let judged = here.judge(&base, &titles("400"));
    assert_eq!(judged[0].accepted.as_deref(), Some("titles were cut anyway"));
    assert!(refused(&here, &base, &titles("450")).0.is_empty(), "less of what was accepted");
    assert_eq!(
        refused(&here, &base, &titles("100")).0,
        ["books.add input/title: at most 100 characters instead of 500"]
    );
    // In two steps, of which each was accepted against what was published at its time.
    let (_, changes) = refused(&here, &here, &titles("100"));
    let then = here.publish(&here, &titles("100"), "shorter still", &changes);
    assert!(refused(&then, &base, &titles("100")).0.is_empty());
    // What was accepted before the base does not excuse what happens now.
    assert!(!refused(&then, &then, &titles("50")).0.is_empty());
}

#[test]
fn a_module_that_is_gone_breaks_and_leaves_its_reasons() {
    let base = published(&interface_of(&[BASE, &second("shop")]));
    let without = interface_of(&[BASE]);
    let (told, changes) = refused(&base, &base, &without);
    assert_eq!(told, ["shop.look is gone"]);
    let here = base.publish(&base, &without, "nobody called it", &changes);
    assert_eq!(here.get("shop").unwrap().accepted()[0].reason, "nobody called it");
    assert!(refused(&here, &base, &without).0.is_empty());
    assert_eq!(here.publish(&base, &without, "", &[]), here, "publishing again changes nothing");
}

/// A lock that is lost beside the sources comes back from the base, with its reasons.
#[test]
fn a_lost_lock_is_restored_from_what_was_published() {
    let (old, new) = (interface(BASE, CRYPTO), interface(&BASE.replace("maxLength: 500", "maxLength: 50"), CRYPTO));
    let (first, none) = (published(&old), Locks::default());
    let (_, changes) = refused(&first, &first, &new);
    let base = first.publish(&first, &new, "titles were cut anyway", &changes);
    assert_eq!(none.publish(&base, &new, "", &[]), base);
    assert!(!refused(&none, &base, &interface(&BASE.replace("maxLength: 500", "maxLength: 5"), CRYPTO)).0.is_empty());
    // Reasons that were never published are lost with it: what they excused is refused again.
    assert_eq!(refused(&none, &first, &new).0.len(), 1);
}

#[test]
fn what_is_no_lock_is_refused() {
    assert!(matches!(Lock::parse("{"), Err(LockError::Syntax(_))));
    assert!(matches!(Lock::parse(r#"{"version":2,"tools":{},"accepted":[]}"#), Err(LockError::Version)));
    for (text, part) in [
        (r#"{"version":1,"accepted":[]}"#, "tools"),
        (r#"{"version":1,"tools":{"a.b":{"scope":"nobody"}},"accepted":[]}"#, "tools"),
        (r#"{"version":1,"tools":{},"accepted":[{"reason":1,"changes":[]}]}"#, "accepted"),
        (r#"{"version":1,"tools":{},"accepted":[{"reason":"x","changes":[{"rule":"?"}]}]}"#, "accepted"),
    ] {
        assert!(matches!(Lock::parse(text), Err(LockError::Part(found)) if found == part), "{text}");
    }
}
