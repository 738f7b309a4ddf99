//! An example is held against all that it says: each value of it, spoiled alone, is reported at its place.

#![expect(clippy::disallowed_methods, reason = "the test reads the catalog; the compiler does not")]

use std::fs;
use std::path::Path;

use super::{Verdict, World, examples};
use crate::ir::{Catalog, Example, Outcome};
use crate::source::{Sources, Span};
use crate::yaml::{Node, Value};

fn catalog() -> Catalog {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = ["catalog", "catalog/services"].into_iter();
    let sources: Sources = folders
        .flat_map(|folder| {
            let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
            let yaml = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
            yaml.map(move |path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (format!("{folder}/{name}"), fs::read_to_string(&path).unwrap())
            })
        })
        .collect();
    crate::check(&sources).unwrap().0
}

/// The value with its scalar of that number spoiled, and where that stands.
fn spoiled(node: &Node, number: &mut usize) -> (Node, Option<Span>) {
    let mut at = None;
    let value = match &node.value {
        Value::Mapping(entries) => Value::Mapping(
            entries
                .iter()
                .map(|(name, inner)| {
                    let (inner, found) = spoiled(inner, number);
                    at = at.or(found);
                    (name.clone(), inner)
                })
                .collect(),
        ),
        Value::Sequence(items) if !items.is_empty() => Value::Sequence(
            items
                .iter()
                .map(|item| {
                    let (item, found) = spoiled(item, number);
                    at = at.or(found);
                    item
                })
                .collect(),
        ),
        other => {
            let is_it = *number == 0;
            *number = number.wrapping_sub(1);
            at = is_it.then_some(node.span);
            if is_it { Value::String("spoiled".to_owned()) } else { other.clone() }
        }
    };
    (Node { value, span: node.span }, at)
}

#[test]
fn each_value_of_each_example_is_compared() {
    let catalog = catalog();
    let world = World { catalog: &catalog };
    let mut compared = 0;
    for (module, tool) in catalog.tools() {
        for example in &tool.examples {
            let Outcome::Output(output) = &example.outcome else { continue };
            if examples::verdict(&world, (module, tool), example) != Verdict::Passed {
                continue;
            }
            for leaf in 0.. {
                let (output, Some(at)) = spoiled(output, &mut { leaf }) else { break };
                let example = Example { outcome: Outcome::Output(output), ..example.clone() };
                let Verdict::Failed(problems) = examples::verdict(&world, (module, tool), &example) else {
                    panic!("{}: `{}` passes with a spoiled value", tool.name, example.name)
                };
                assert!(problems.iter().any(|one| one.primary().span == at), "{}: `{}`", tool.name, example.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 1500, "{compared} values");
}
