//! What is begun for an author passes every check.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::fs;
use std::path::Path;

use mana_mcp_codegen::diagnostics::render;
use mana_mcp_codegen::scaffold::{ScaffoldError, Verb, is_placeholder, module, tool};
use mana_mcp_codegen::{Diagnostic, Output, Sources, compile};

fn crypto() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/web/sample/crypto.yaml")).unwrap()
}

fn with(module: &str, text: &str) -> Sources {
    [(format!("catalog/{module}.yaml"), text.to_owned()), ("catalog/crypto.yaml".to_owned(), crypto())]
        .into_iter()
        .collect()
}

/// What is begun is in order but for its texts, which are still to be written; with these written, nothing is left.
fn passes(sources: &Sources) -> Output {
    let problems: Vec<Diagnostic> = match compile(sources) {
        Ok(output) => output.warnings.iter().cloned().collect(),
        Err(problems) => problems.iter().cloned().collect(),
    };
    let others: Vec<String> =
        problems.iter().filter(|one| !is_placeholder(one)).map(|one| render::concise(one, sources)).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(!problems.is_empty(), "placeholders pass");
    let written = sources.iter().map(|(_, source)| (source.path.clone(), source.text.replace("TODO", "Say")));
    let written: Sources = written.collect();
    compile(&written).unwrap_or_else(|problems| panic!("{:#?}", problems.iter().collect::<Vec<_>>()))
}

#[test]
fn a_module_over_any_table_passes_and_takes_more_tools() {
    let alone: Sources = [("catalog/crypto.yaml", crypto())].into_iter().collect();
    let tables = ["contacts", "tasks", "memories", "locationLogs", "files", "habits"];
    for table in tables {
        let text = module(&alone, "thing", table).unwrap();
        passes(&with("thing", &text));
        for verb in Verb::ALL {
            let name = format!("{}More", verb.word());
            let (path, more) = tool(&with("thing", &text), "thing", &name, verb).unwrap();
            assert_eq!(path, "catalog/thing.yaml");
            let sources = with("thing", &more);
            let constant = format!("{}_MORE_INPUT", verb.word().to_uppercase());
            assert!(passes(&sources).code["thing/schemas.rs"].contains(&constant));
            assert_eq!(tool(&sources, "thing", &name, verb), Err(ScaffoldError::Taken));
        }
    }
}

/// Inputs and examples are made of the record, whatever stands in it.
#[test]
fn a_tool_is_begun_over_fields_of_every_type() {
    let text = "module: thing\napp: thing\nsummary: Things.\ntypes:\n  Size: { type: string, enum: ['on', 'off'], description: How large. }\ntables:\n  \
        habits:\n    noun: thing\n    encryptedFields: []\n    creates: { isNew: true }\n    place: { field: order }\n    record:\n      description: A \
        thing.\n      required: [id, size, at, day, when, count, share, tags, part, isNew, order, code]\n      properties:\n        id: { type: string, \
        format: uuid, description: Its id. }\n        size: { $ref: '#/types/Size' }\n        at: { type: string, format: date-time, description: \
        'When: then.' }\n        day: { type: string, format: date, description: Day. }\n        when: { type: string, format: date-or-time, \
        description: When. }\n        count: { type: integer, minimum: 3, description: How many. }\n        share: { type: number, description: \
        Share. }\n        tags: { type: array, minItems: 2, items: { type: string }, description: Tags. }\n        part: { type: object, description: \
        Part., required: [x], properties: { x: { type: boolean, description: X. } } }\n        isNew: { type: boolean, description: New. }\n        order: \
        { type: number, description: Place. }\n        code: { type: string, minLength: 12, maxLength: 12, description: Code. }\n        note: { type: \
        [string, 'null'], description: Note. }\ntools: {}\n";
    let mut text = text.to_owned();
    for verb in Verb::ALL {
        text = tool(&with("thing", &text), "thing", verb.word(), verb).unwrap().1;
        passes(&with("thing", &text));
    }
    assert!(
        text.contains("code: aaaaaaaaaaaa") && text.contains("size: 'on'") && !text.contains("isNew: ${input"),
        "{text}"
    );
}

#[test]
fn the_verb_is_that_of_the_name() {
    for (name, verb) in [
        ("createHabit", Some(Verb::Insert)),
        ("list", Some(Verb::List)),
        ("listing", None),
        ("removeOld", Some(Verb::Delete)),
        ("set_colour", Some(Verb::Update)),
        ("water", None),
    ] {
        assert_eq!(Verb::of_name(name), verb, "{name}");
    }
}

/// The mirror of the web says of which app a table is, what it is called on the wire, whether it is a user's, and which spaces
/// have the module.
#[test]
fn a_module_is_of_the_app_that_the_web_names() {
    let web = "spaces: { personal: ['*'], team: [friends], club: [] }\nuserTables: [contacts]\napps:\n  contacts:\n    \
               contacts: { wire: people, fields: {} }\n";
    let sources: Sources =
        [("catalog/crypto.yaml", crypto()), ("catalog/web.yaml", web.to_owned())].into_iter().collect();
    let text = module(&sources, "friends", "contacts").unwrap();
    assert!(
        text.contains("app: contacts\nspaces: [personal, team]\n")
            && text.contains("syncName: people\n")
            && text.contains("scope: user\n"),
        "{text}"
    );
}

#[test]
fn a_tool_is_added_wherever_the_tools_stand() {
    let alone: Sources = [("catalog/crypto.yaml", crypto())].into_iter().collect();
    let text = module(&alone, "thing", "notes").unwrap();
    let (head, tools) = text.split_once("\ntools:\n").unwrap();
    for text in [
        format!("{head}\ntools: {{}}\n"),
        format!("{head}\ntools: {{}} # none yet\n"),
        format!("tools:\n{tools}\n{head}\n"),
        format!("{head}\ntools:\n{tools}# the end\n"),
    ] {
        let (_, more) = tool(&with("thing", &text), "thing", "recent", Verb::List).unwrap();
        passes(&with("thing", &more));
    }
}

#[test]
fn what_cannot_be_begun_is_told() {
    let alone: Sources = [("catalog/crypto.yaml", crypto())].into_iter().collect();
    let told = module(&alone, "thing", "contact").unwrap_err().to_string();
    assert!(told.contains("did you mean `contacts`?"), "{told}");
    assert_eq!(tool(&alone, "thing", "x", Verb::List), Err(ScaffoldError::UnknownModule("thing".to_owned())));
    assert_eq!(tool(&alone, "crypto", "x", Verb::List), Err(ScaffoldError::UnknownModule("crypto".to_owned())));
    assert!(module(&alone, "toolsets", "contacts").unwrap_err().to_string().contains("not a module's"));
    assert_eq!(
        tool(&with("toolsets", "default: a"), "toolsets", "x", Verb::List),
        Err(ScaffoldError::UnknownModule("toolsets".to_owned()))
    );
    assert_eq!(tool(&with("a", "module: a\ntools: {}\n"), "a", "x", Verb::List), Err(ScaffoldError::NoTable));
    assert!(matches!(tool(&with("a", "module: [\n"), "a", "x", Verb::List), Err(ScaffoldError::Unreadable(_))));
    assert!(matches!(
        tool(&with("a", "tools: {b: 1}\ntables: {t: {record: {properties: {id: {}}}}}"), "a", "x", Verb::List),
        Err(ScaffoldError::Unreadable(_))
    ));
}
