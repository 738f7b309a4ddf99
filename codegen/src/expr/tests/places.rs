//! The place of a problem: the token itself, in every form of scalar.

use crate::diagnostics::Code;
use crate::{Sources, check};

/// What is marked in a module whose tool has this for the name of a plant.
fn marked(value: &str) -> (Code, String) {
    let source = format!(
        "module: garden\napp: garden\nsummary: Plants.\ntables:\n  plants:\n    noun: plant\n    encryptedFields: []\n    record:\n      \
         description: A plant.\n      required: [id, name]\n      properties:\n        id: {{ type: string, format: id, description: Its id. }}\n        \
         name: {{ type: string, description: Its name. }}\ntools:\n  add:\n    title: Add a plant\n    description: Adds a plant and returns \
         it.\n    scope: user-space\n    policyHint: write\n    input: {{ required: [name], properties: {{ name: {{ type: string, description: Its \
         name. }} }} }}\n    output: {{ required: [plant], properties: {{ plant: {{ $ref: '#/tables/plants' }} }} }}\n    action:\n      insert:\n        \
         table: plants\n        values:\n          name: {value}\n      returns: {{ plant: '${{row}}' }}\n    examples: [{{ name: a, input: {{ \
         name: a }}, output: {{}} }}]\n"
    );
    let sources: Sources = [
        ("catalog/garden.yaml", source.as_str()),
        ("catalog/crypto.yaml", "encrypted: {}\ndisabled: []\nplaintext: [plants]\n"),
    ]
    .into_iter()
    .collect();
    let problems = check(&sources).unwrap_err();
    let problems: Vec<_> = problems.iter().collect();
    let [problem] = problems.as_slice() else { panic!("{value}: {problems:#?}") };
    let span = problem.primary().span;
    (problem.code(), source[span.start..span.end].to_owned())
}

#[test]
fn a_token_is_marked_through_every_form_of_scalar() {
    for value in [
        "${input.name + wrong}",
        "'${input.name + wrong}'",
        "'It''s ${input.name + wrong}'",
        "'''''${input.name + wrong}'",
        "\"${input.name + wrong}\"",
        "\"a\\tb\\\"c\\\\ ${input.name + wrong}\"",
        "\"\\u00e9\\x41\\U0001F468 ${input.name + wrong}\"",
        "\"a \\\n            continued ${input.name + wrong}\"",
        "\"a\n            folded ${input.name + wrong}\"",
        "a\n            folded ${input.name + wrong}",
        "'a\n\n            folded ${input.name + wrong}'",
        "|\n            a\n              b ${input.name + wrong}\n            c",
        "|-\n            ${input.name +\n              wrong}",
        ">-\n            a\n            b ${input.name + wrong}",
        ">-\n            ${input.name +\n            wrong}",
        ">\n            a\n\n            b ${input.name + wrong}",
        "'ä\u{1F468} ${input.name + wrong}'",
    ] {
        assert_eq!(marked(value), (Code::UnknownVariable, "wrong".to_owned()), "{value}");
    }
}

#[test]
fn the_smallest_part_is_marked() {
    for (value, wanted) in [
        ("${input.nmae}", "nmae"),
        ("${input.name.trm()}", "trm"),
        ("${nothing(input.name)}", "nothing"),
        ("${input.name.take(\"a\")}", "\"a\""),
        ("${input.name + 1}", "input.name + 1"),
        ("${input.name.split(\",\").first().trim()}", "input.name.split(\",\").first()"),
        ("'${ {\"a\": input.nmae}.a }'", "nmae"),
        ("${input.name[0]}", "input.name"),
        ("'${input.name in [\"a\", 1] ? \"a\" : \"b\"}'", "1"),
        ("'${input.name.size() > \"a\" ? \"a\" : \"b\"}'", "input.name.size() > \"a\""),
    ] {
        assert_eq!(marked(value).1, wanted, "{value}");
    }
}
