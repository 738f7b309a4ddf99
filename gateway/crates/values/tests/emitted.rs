//! What the compiler emits for a thousand made-up expressions gives what the compiler's own evaluator gives, and so a value of
//! the expression's type: `codegen/src/expr/tests/emitted.rs` holds the one against the other when it writes the expressions.

#![expect(clippy::unwrap_used, reason = "a test fails loudly, in its helpers too")]

use mana_mcp_values::{Env, Value};

#[rustfmt::skip]
#[allow(clippy::all, reason = "made-up expressions say what nobody would, such as `x == x`")]
#[path = "emitted/expressions.rs"]
mod expressions;
#[path = "emitted/written.rs"]
mod written;

use expressions::GROUPS;
use written::{read, written};

/// Expressions over one type of input.
struct Group {
    /// Values of that type.
    inputs: &'static [&'static str],
    expressions: &'static [Expression],
}

/// An expression of the catalog, and what became of it.
struct Expression {
    source: &'static str,
    rust: fn(&Env, Value) -> Value,
    /// Its value for each input, as the compiler's evaluator has it.
    gives: &'static [&'static str],
}

/// The surroundings in which the evaluator had its values.
fn env() -> Env {
    Env::new("2026-05-02T22:30:00Z".parse().unwrap(), "Europe/Berlin".parse().unwrap())
}

fn inputs(group: &Group) -> Vec<Value> {
    group.inputs.iter().map(|input| read(&serde_json::from_str(input).unwrap())).collect()
}

#[test]
fn emitted_code_gives_what_the_evaluator_gives() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for group in GROUPS {
        let inputs = inputs(group);
        for Expression { source, rust, gives } in group.expressions {
            assert_eq!(gives.len(), inputs.len());
            for ((input, gives), text) in inputs.iter().zip(*gives).zip(group.inputs) {
                let found = written(&rust(&env(), input.clone()));
                let wanted: serde_json::Value = serde_json::from_str(gives).unwrap();
                if found != wanted {
                    wrong.push(format!("{source}\n  of {text}\n  is {found}, and {wanted} for the evaluator"));
                }
                compared += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 2000, "{compared}");
}

/// Values of other types are null where they do not fit: nothing panics, whatever comes in.
#[test]
fn emitted_code_takes_inputs_of_any_type() {
    let mut all: Vec<Value> = GROUPS.iter().flat_map(|group| inputs(group)).collect();
    all.extend([Value::Null, Value::text("a"), Value::list([Value::int(1)])]);
    for Expression { rust, .. } in GROUPS.iter().flat_map(|group| group.expressions) {
        for input in &all {
            let _ = written(&rust(&env(), input.clone()));
        }
    }
}
