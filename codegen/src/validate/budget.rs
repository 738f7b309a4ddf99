//! How much of a model's context tools take.
//!
//! A host gives its model the name, title, description and both schemas of every tool that it was listed, again with
//! every request. What they take is missing for the conversation, and a model chooses worse among tools that it cannot
//! keep apart. So each tool is bounded, and each toolset, which is what one address lists; the catalog as a whole is
//! not, or the last author to add a tool would pay for all the others. The bounds stand in [`Budget`]; the sizes are
//! estimates, as tokenizers differ.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::budget::{AROUND_A_TOOL, Budget, CATALOG_TOKENS, CATALOG_TOOLS, tokens};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::emit::schema;
use crate::ir::{Scope, Tool, ToolName, Toolsets};
use crate::raw;
use crate::source::Span;

/// How many tools of a set a message names, largest first.
const NAMED_TOOLS: usize = 3;
/// How many modules of a catalog a message names, largest first.
const NAMED_MODULES: usize = 10;

/// A tool in a client's list.
pub(super) struct Listed {
    name: ToolName,
    at: Span,
    tokens: usize,
}

/// Sizes the tools that clients list, and reports those that are too large; each comes with the place of its name.
pub(super) fn check_tools(tools: &[(&Tool, Span)], budget: Budget, diagnostics: &mut Diagnostics) -> Vec<Listed> {
    // Tools of the scope `admin` are in no client's list.
    let listed = tools.iter().filter(|(tool, _)| tool.scope == Scope::UserSpace);
    let sized = listed.map(|(tool, at)| {
        let tokens = check_tool(tool, *at, budget.tool, diagnostics);
        Listed { name: tool.name.clone(), at: *at, tokens }
    });
    let mut sized: Vec<Listed> = sized.collect();
    sized.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| a.name.cmp(&b.name)));
    sized
}

/// Reports toolsets that are too large. `listed` are all tools that clients may list, largest first.
pub(super) fn check_toolsets(
    listed: &[Listed],
    toolsets: &Toolsets,
    written: &raw::Toolsets,
    budget: Budget,
    diagnostics: &mut Diagnostics,
) {
    for set in toolsets.iter() {
        let Some((name, _)) = written.sets.iter().find(|(name, _)| name.value == set.name()) else { continue };
        let what = if toolsets.is_default(set) { "the default toolset" } else { "the toolset" };
        let tools: Vec<&Listed> = listed.iter().filter(|one| set.tools().binary_search(&one.name).is_ok()).collect();
        let count = tools.len() + CATALOG_TOOLS;
        if toolsets.is_default(set) && count > budget.default_tools {
            let message = format!(
                "{what} `{}` has {count} tools with the {CATALOG_TOOLS} of `catalog`; at most {}",
                set.name(),
                budget.default_tools
            );
            let help = "list the tools that most conversations need; others are served at `/mcp/x/<toolset>`";
            diagnostics.push(Diagnostic::error(Code::ToolsetBudget, name.span, message).help(help));
        }
        let most = if toolsets.is_default(set) { budget.default_toolset } else { budget.toolset };
        let all = tools.iter().map(|one| one.tokens).sum::<usize>() + CATALOG_TOKENS;
        if all > most {
            let largest: Vec<&&Listed> = tools.iter().take(NAMED_TOOLS).collect();
            let named: Vec<String> = largest.iter().map(|one| format!("`{}` ({})", one.name, one.tokens)).collect();
            let message = format!(
                "{what} `{}` takes about {all} tokens in a client's list, with the tools of `catalog`; at most {most}",
                set.name()
            );
            let mut diagnostic = Diagnostic::error(Code::ToolsetBudget, name.span, message);
            for one in largest {
                diagnostic = diagnostic.also(one.at, format!("`{}` takes about {}", one.name, one.tokens));
            }
            let help = format!("its largest tools: {}; move some of its tools to another toolset", named.join(", "));
            diagnostics.push(diagnostic.help(help));
        }
    }
}

/// Warns of a catalog without toolsets whose one list is too large.
pub(super) fn check_whole(listed: &[Listed], modules: &[raw::Module], budget: Budget, diagnostics: &mut Diagnostics) {
    let all = listed.iter().map(|one| one.tokens).sum::<usize>();
    if all <= budget.toolset {
        return;
    }
    let mut by_module: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for one in listed {
        let module = one.name.dotted().split('.').next().unwrap_or_default();
        let (tools, tokens) = by_module.entry(module).or_default();
        *tools += 1;
        *tokens += one.tokens;
    }
    let mut by_module: Vec<(&str, (usize, usize))> = by_module.into_iter().collect();
    by_module.sort_by(|(one, (_, a)), (other, (_, b))| b.cmp(a).then_with(|| one.cmp(other)));
    let named = by_module.iter().take(NAMED_MODULES);
    let mut table: Vec<String> = named.map(|(name, (tools, tokens))| format!("{name} {tokens} ({tools})")).collect();
    if let Some(more) = by_module.len().checked_sub(NAMED_MODULES).filter(|more| *more > 0) {
        table.push(format!("and {more} more"));
    }
    let largest = by_module.first().map(|(name, _)| *name);
    let named = modules.iter().filter_map(|module| module.name.as_ref());
    let Some(at) = named.into_iter().find(|name| Some(name.value.as_str()) == largest) else { return };
    let message =
        format!("the list of all {} tools takes about {all} tokens, more than {}", listed.len(), budget.toolset);
    diagnostics.push(
        Diagnostic::warning(Code::ToolsetBudget, at.span, message)
            .label("the largest module")
            .help("write `catalog/toolsets.yaml`: clients then list the toolset that they need")
            .help(format!("tokens by module (tools): {}", table.join(", "))),
    );
}

/// The size of a tool; reported where it is too large.
fn check_tool(tool: &Tool, at: Span, most: usize, diagnostics: &mut Diagnostics) -> usize {
    let (input, output) = (schema::input(tool), schema::listed_output(tool));
    let (input_size, output_size) = (tokens(&input.to_string()), tokens(&output.to_string()));
    let texts = tokens(tool.name.dotted()) + tokens(&tool.title) + tokens(&tool.description);
    let size = texts + input_size + output_size + AROUND_A_TOOL;
    if size > most {
        let mut parts = vec![("the description".to_owned(), tokens(&tool.description))];
        parts.extend(properties("the input", &input));
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
