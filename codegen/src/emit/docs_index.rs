//! `index.html`: all tools on one static page, to be searched. It asks nobody for anything: no other file, no network.

use std::fmt::Write as _;

use super::docs::{compact, policy, rows, storage};
use crate::compat::tables_of;
use crate::ir::{Catalog, Module, Outcome, Presence, Struct, Tool};

const HEAD: &str = include_str!("docs_index_head.html");
const FOOT: &str = include_str!("docs_index_foot.html");

/// The page.
pub(super) fn index(catalog: &Catalog) -> String {
    let mut html = HEAD.to_owned();
    let count = catalog.tools().len();
    let _ =
        writeln!(html, "<p id=\"count\" role=\"status\">{count} tools</p>\n<p id=\"none\" hidden>No tool matches.</p>");
    for module in catalog.modules.iter().filter(|module| !module.tools.is_empty()) {
        let (name, summary) = (escape(&module.name), escape(&module.summary));
        let _ = writeln!(html, "<section>\n<h2>{name}</h2>\n<p>{summary}</p>");
        for one in &module.tools {
            tool(module, one, &mut html);
        }
        html.push_str("</section>\n");
    }
    html.push_str(FOOT);
    html
}

fn tool(module: &Module, tool: &Tool, html: &mut String) {
    let (name, title) = (escape(tool.name.dotted()), escape(&tool.title));
    let hint = tool.policy_hint.word();
    let _ = writeln!(html, "<details id=\"{name}\" data-policy=\"{hint}\">");
    let _ =
        writeln!(html, "<summary><code>{name}</code> <span>{title}</span> <em class=\"{hint}\">{hint}</em></summary>");
    let _ = writeln!(html, "<p>{}</p>\n<p class=\"quiet\">{}</p>", marked(&tool.description), marked(&policy(tool)));
    for table in tables_of(module, tool) {
        let _ = writeln!(html, "<p class=\"quiet\">{}</p>", marked(&storage(table)));
    }
    properties("Input", &tool.input, html);
    properties("Output", &tool.output, html);
    html.push_str("<h3>Examples</h3>\n");
    for example in &tool.examples {
        let output = match &example.outcome {
            Outcome::Output(output) => compact(output),
            Outcome::Refused(error) => error.clone(),
        };
        let (input, output) = (escape(&compact(&example.input)), escape(&output));
        let _ = writeln!(html, "<p>{}</p>\n<pre>{input}\n→ {output}</pre>", marked(&example.name));
    }
    html.push_str("</details>\n");
}

fn properties(what: &str, one: &Struct, html: &mut String) {
    let _ = writeln!(html, "<h3>{what}</h3>");
    if one.properties.is_empty() {
        html.push_str("<p>Nothing.</p>\n");
        return;
    }
    html.push_str("<table>\n<tr><th>name</th><th>type</th><th>presence</th><th>meaning</th></tr>\n");
    for row in rows(one) {
        let presence = match row.presence {
            Presence::Required => "required".to_owned(),
            Presence::Optional => "optional".to_owned(),
            Presence::Default(default) => format!("default <code>{}</code>", escape(&compact(default))),
        };
        // In a table of Markdown a bar is written `\|`; here it is not.
        let ty = row.ty.replace("\\|", "|");
        let (path, ty, description) = (escape(&row.path), marked(&ty), marked(row.description));
        let _ = writeln!(
            html,
            "<tr><td><code>{path}</code></td><td>{ty}</td><td>{presence}</td><td>{description}</td></tr>"
        );
    }
    html.push_str("</table>\n");
}

/// Text with code spans.
fn marked(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without its other half is itself.
    if parts.len().is_multiple_of(2) {
        return escape(text);
    }
    let part = |(index, part): (usize, &&str)| match index % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    };
    parts.iter().enumerate().map(part).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
