//! Errors: every one of an item, on the smallest token that is wrong.

use super::{custom_tool, errors_in, input_errors, record_errors, tokens};

/// The field `it` of type `ty` under `rules` has one error, at `place`, that says `message`.
fn check_field(rules: &str, ty: &str, place: &str, message: &str) {
    let source = format!("struct It {{ #[input({rules})] it: {ty} }}");
    let expected = vec![(place.to_owned(), message.to_owned())];
    assert_eq!(input_errors(&source), expected, "{source}");
}

#[test]
fn arguments() {
    check_field("nmae = \"a\"", "bool", "nmae", "unknown argument `nmae`: did you mean `name`?");
    check_field("name", "bool", "name", "write `name = …`");
    check_field("name = 5", "bool", "5", "`name` takes a string");
    check_field("name = \"a\", name = \"b\"", "bool", "name", "`name` is given twice");
    check_field("sensitive = true", "bool", "true", "`sensitive` takes no value");
    check_field("sensitive(a)", "bool", "sensitive", "`sensitive` takes no arguments");
    check_field("min_length = -1", "String", "-1", "`min_length` takes a whole number");
    check_field(
        "min_length = 99999999999999999999",
        "String",
        "99999999999999999999",
        "`min_length` takes a whole number",
    );
    check_field("minimum = \"1\"", "i64", "\"1\"", "`minimum` takes a number");
    check_field("maximum = 9007199254740993", "i64", "9007199254740993", "this number is not exact as a 64-bit float");
    check_field("maximum = 1e999", "f64", "1e999", "`maximum` takes a number");
    check_field("items = 1", "Vec<bool>", "items", "write `items(…)`");
}

#[test]
fn keywords() {
    check_field("min_length = 1", "i64", "min_length", "`min_length` applies to `String`, not to `i64`");
    check_field("pattern = \"a\"", "Priority", "pattern", "`pattern` applies to `String`, not to `Priority`");
    check_field(
        "minimum = 1",
        "Option<String>",
        "minimum",
        "`minimum` applies to `i64` and `f64`, not to `Option<String>`",
    );
    check_field("max_items = 1", "String", "max_items", "`max_items` applies to `Vec`, not to `String`");
    check_field(
        "items(minimum = 1)",
        "Vec<String>",
        "minimum",
        "`minimum` applies to `i64` and `f64`, not to `String`",
    );
    check_field(
        "max_length = 1, min_length = 2",
        "String",
        "min_length",
        "no value can do: `min_length` is above `max_length`",
    );
    check_field("pattern = \"(\"", "String", "\"(\"", "this pattern is refused: a group is not closed");
    check_field(
        r#"pattern = "^\\d+$""#,
        "String",
        r#""^\\d+$""#,
        "this pattern is refused: `\\d` is not in the common subset: write `[0-9]`",
    );
}

#[test]
fn defaults() {
    let shape = "a default is a string, a number, a boolean, `null` or `[]`";
    check_field("default = Priority::Low", "Priority", "Priority::Low", shape);
    check_field("default = [1]", "Vec<i64>", "[1]", shape);
    check_field("default = 1u8", "i64", "1u8", shape);
    check_field("default = 9223372036854775808", "i64", "9223372036854775808", shape);
    check_field("default = 5", "String", "5", "this default is not a `String`");
    check_field("default = \"5\"", "i64", "\"5\"", "this default is not a `i64`");
    check_field("default = 0.5", "i64", "0.5", "this default is not a `i64`");
    check_field("default = null", "String", "null", "this default is not a `String`");
    check_field("default = []", "String", "[]", "this default is not a `String`");
    check_field("default = true", "Priority", "true", "this default is not a `Priority`");
    check_field("default = \"\", min_length = 1", "String", "\"\"", "this default breaks the field's own `min_length`");
    check_field("maximum = 5, default = 6", "Option<i64>", "6", "this default breaks the field's own `maximum`");
    check_field(
        "pattern = \"^a\", default = \"b\"",
        "String",
        "\"b\"",
        "this default breaks the field's own `pattern`",
    );
    check_field("min_items = 1, default = []", "Vec<i64>", "[]", "this default breaks the field's own `min_items`");
}

#[test]
fn presence() {
    let option = "an `optional` field is an `Option<…>`: `None` where it is absent";
    check_field("optional", "String", "String", option);
    let nested = "an `Option<Option<…>>` is `optional`: the outer one tells whether the field is there";
    check_field("sensitive", "Option<Option<i64>>", "Option<Option<i64>>", nested);
    let both = "a field with a `default` is never absent, and so not `optional`";
    check_field("optional, default = null", "Option<i64>", "optional", both);
}

#[test]
fn every_error_of_an_item_is_reported() {
    let source = r#"struct It<T> {
        #[input(one)] a: bool,
        #[input(two, min_length = 1)] b: bool,
        #[input(three +)] c: bool,
        #[input(name = "a")] d: bool,
    }"#;
    let places: Vec<_> = input_errors(source).into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["T", "one", "min_length", "two", "+", "\"a\""]);
}

#[test]
fn shapes_of_types() {
    let place = |source: &str| input_errors(source).into_iter().map(|(place, _)| place).collect::<Vec<_>>();
    assert_eq!(place("struct Tuple(bool, bool);"), ["(bool, bool)"]);
    assert_eq!(place("struct Unit;"), ["Unit"]);
    assert_eq!(place("struct Generic<'a, T> { it: bool }"), ["'a, T"]);
    assert_eq!(place("union Union { it: bool }"), ["union"]);
    assert_eq!(place("enum Empty {}"), ["Empty"]);
    assert_eq!(place("#[input(name = \"a\")] struct Named {}"), ["name"]);
    let variants = r#"enum Mood { #[input(value = "a")] Data(bool), #[input(value = "a")] Twice, None, #[input(vlaue = "b")] Typo }"#;
    assert_eq!(place(variants), ["(bool)", "None", "vlaue", "Typo", "\"a\""]);
}

#[test]
fn records() {
    let source = r#"#[record(app = "a", tabel = "b", noun = 5)] struct Row { #[record(encrypted)] id: Uuid, #[record(min_length = 1)] a: String }"#;
    let expected = [
        ("tabel", "unknown argument `tabel`: did you mean `table`?"),
        ("5", "`noun` takes a string"),
        ("Row", "the record needs `#[record(table = \"…\")]`"),
        ("Row", "the record needs `#[record(sync_name = \"…\")]`"),
        ("min_length", "unknown argument `min_length`: `name`, `encrypted`, `optional`, `default` are known here"),
        ("id", "the field `id` is always there, and always in plain text"),
    ];
    let expected = expected.map(|(place, message)| (place.to_owned(), message.to_owned()));
    assert_eq!(record_errors(source), expected);
    let place = |source: &str| record_errors(source).into_iter().map(|(_, message)| message).collect::<Vec<_>>();
    let names = r#"#[record(app = "a", table = "b", sync_name = "c", noun = "d")]"#;
    assert_eq!(place(&format!("{names} struct Row {{ title: String }}")), ["a record has a field `id`"]);
    let twice = format!("{names} struct Row {{ id: Uuid, a: bool, #[record(name = \"a\")] b: bool }}");
    assert_eq!(place(&twice), ["the name \"a\" is taken already"]);
    let optional = format!("{names} struct Row {{ id: Uuid, #[record(optional)] a: bool }}");
    assert_eq!(place(&optional), ["an `optional` field is an `Option<…>`: `None` where it is absent"]);
    let default = format!("{names} struct Row {{ id: Id, #[record(default = \"no\")] a: bool }}");
    assert_eq!(place(&default), ["this default is not a `bool`"]);
    assert_eq!(place("enum Row {}"), ["`Record` is derived for structs of named fields"]);
}

#[test]
fn handlers() {
    let places = |function: &str| {
        let expansion = custom_tool(tokens("catalog::Tool"), tokens(function));
        errors_in(function, expansion).into_iter().map(|(place, _)| place).collect::<Vec<_>>()
    };
    assert_eq!(places("fn run(a: A, b: B) -> C {}"), ["fn"]);
    assert_eq!(places("async fn run<T>(a: A, b: B) -> C {}"), ["T"]);
    assert_eq!(places("async fn run(a: A, b: B) {}"), ["run"]);
    assert_eq!(places("async fn run(a: A) -> C {}"), ["run"]);
    assert_eq!(places("async fn run(&self, a: A, b: B) -> C {}"), ["&self"]);
    assert_eq!(places("fn run<T>(self, a: A) {}"), ["fn", "T", "run", "self", "run"]);
    assert_eq!(places("struct Run;"), ["struct"]);
}
