//! The room that tools take in a client's list.
//!
//! A host gives its model the name, title, description and both schemas of every tool, again with every request. What
//! they take is missing for the conversation, and a model chooses worse among tools that it cannot keep apart. The two
//! bounds stand in [`Budget`]; the sizes are estimates, as tokenizers differ.

use serde_json::Value as Json;

use crate::budget::{Budget, tokens};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::emit::schema;
use crate::ir::{Scope, Tool};
use crate::source::Span;

/// Reports tools that are too large, and a list that is; each tool comes with the place of its name.
pub(super) fn check(tools: &[(&Tool, Span)], budget: Budget, diagnostics: &mut Diagnostics) {
    // Tools of the scope `admin` are in no client's list.
    let listed = tools.iter().filter(|(tool, _)| tool.scope == Scope::UserSpace);
    let mut sized: Vec<(usize, &Tool, Span)> = Vec::new();
    for (tool, at) in listed {
        let size = check_tool(tool, *at, budget.tool, diagnostics);
        sized.push((size, tool, *at));
    }
    sized.sort_by(|(a, one, _), (b, other, _)| b.cmp(a).then_with(|| one.name.cmp(&other.name)));
    let all = sized.iter().map(|(size, ..)| size).sum::<usize>();
    if let Some(((size, tool, at), others)) = sized.split_first()
        && all > budget.list
    {
        let message =
            format!("the list of all {} tools takes about {all} tokens; at most {}", sized.len(), budget.list);
        let mut diagnostic = Diagnostic::error(Code::TokenBudget, *at, message)
            .label(format!("`{}`, the largest, takes about {size}", tool.name))
            .help("say the same in fewer words, return less, or leave out a tool that another one covers");
        for (size, tool, at) in others.iter().take(2) {
            diagnostic = diagnostic.also(*at, format!("`{}` takes about {size}", tool.name));
        }
        diagnostics.push(diagnostic);
    }
}

/// The size of a tool; reported where it is too large.
fn check_tool(tool: &Tool, at: Span, most: usize, diagnostics: &mut Diagnostics) -> usize {
    let (input, output) = (schema::input(tool), schema::output(tool));
    let (input_size, output_size) = (tokens(&input.to_string()), tokens(&output.to_string()));
    let texts = tokens(tool.name.dotted()) + tokens(&tool.title) + tokens(&tool.description);
    let size = texts + input_size + output_size;
    if size > most {
        let mut parts = vec![("the description".to_owned(), tokens(&tool.description))];
        parts.extend(properties("the input", &input));
        parts.extend(input.get("examples").map(|all| ("the examples' inputs".to_owned(), tokens(&all.to_string()))));
        parts.extend(properties("the output", &output));
        let largest = parts.into_iter().max_by(|(one, a), (other, b)| a.cmp(b).then_with(|| other.cmp(one)));
        let message = format!("`{}` takes about {size} tokens in a client's list; at most {most}", tool.name);
        let diagnostic = Diagnostic::error(Code::TokenBudget, at, message);
        let help = largest.map(|(part, size)| {
            format!("the input's schema takes about {input_size}, the output's {output_size}; {part} is the largest part, with {size}")
        });
        diagnostics.push(diagnostic.maybe_help(help));
    }
    size
}

/// What the properties of a schema take, by name.
fn properties(of: &str, schema: &Json) -> Vec<(String, usize)> {
    let properties = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
    properties.map(|(name, one)| (format!("`{name}` of {of}"), tokens(&one.to_string()))).collect()
}
