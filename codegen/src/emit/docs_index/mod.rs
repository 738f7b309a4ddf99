//! `index.html`: all tools on one static page, to be searched. It loads no other file and uses no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::docs::{asks, json_text, quoted, repetition, rows, services_of, storage, toolsets_of};
use crate::compat::tables_of;
use crate::ir::{Catalog, Example, Module, Outcome, PolicyHint, Presence, Struct, Tool};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// The choice of tools that call no service, and of those that no toolset has.
const NONE: &str = "none";
/// The choice of tools that ask the user before each call.
const ASKS: &str = "asks";

/// The page.
pub(super) fn index(catalog: &Catalog) -> String {
    let page = Page { catalog, names: catalog.tools().iter().map(|(_, tool)| tool.name.dotted()).collect() };
    PAGE.lines().fold(String::new(), |mut html, line| {
        match line {
            "<!-- style -->" => html.push_str(STYLE),
            "<!-- script -->" => html.push_str(SCRIPT),
            "<!-- summary -->" => page.summary(&mut html),
            "<!-- filters -->" => page.filters(&mut html),
            "<!-- tools -->" => page.modules().for_each(|module| page.module(module, &mut html)),
            "<!-- words -->" => page.words(&mut html),
            line => {
                let _ = writeln!(html, "{line}");
            }
        }
        html
    })
}

struct Page<'a> {
    catalog: &'a Catalog,
    /// The names of all tools, which texts link to.
    names: BTreeSet<&'a str>,
}

impl<'a> Page<'a> {
    /// The modules that have tools.
    fn modules(&self) -> impl Iterator<Item = &'a Module> {
        self.catalog.modules.iter().filter(|module| !module.tools.is_empty())
    }

    fn summary(&self, html: &mut String) {
        let _ = writeln!(html, "<p>{} tools in {} modules.</p>", self.names.len(), self.modules().count());
    }

    /// One choice for each way to narrow the tools down, where there is more than one thing to choose.
    fn filters(&self, html: &mut String) {
        let own = |name: &str| (name.to_owned(), name.to_owned());
        let modules: Vec<_> = self.modules().map(|module| own(&module.name)).collect();
        filter("module", "Module", modules, html);
        let mut effects: Vec<_> = PolicyHint::ALL.iter().map(|hint| own(hint.word())).collect();
        effects.push((ASKS.to_owned(), "asks the user first".to_owned()));
        filter("effect", "Effect", effects, html);
        let sets = self.catalog.toolsets();
        let mut toolsets: Vec<_> = sets
            .iter()
            .map(|set| {
                let default = if sets.is_default(set) { ", the default" } else { "" };
                (set.name().to_owned(), format!("{}{default}", set.name()))
            })
            .collect();
        if !toolsets.is_empty() {
            toolsets.push((NONE.to_owned(), "in no toolset".to_owned()));
            filter("toolset", "Toolset", toolsets, html);
        }
        if !self.catalog.services.is_empty() {
            let mut services: Vec<_> = self.catalog.services.iter().map(|service| own(&service.name)).collect();
            services.push((NONE.to_owned(), "needs no service".to_owned()));
            filter("service", "Service", services, html);
        }
    }

    fn module(&self, module: &Module, html: &mut String) {
        let (name, summary) = (escape(&module.name), self.marked(&module.summary));
        let _ = writeln!(
            html,
            "<section class=\"module\" aria-labelledby=\"module-{name}\">\n<h2 id=\"module-{name}\">{name}</h2>"
        );
        let _ = writeln!(html, "<p class=\"about\">{summary}</p>");
        for tool in &module.tools {
            self.tool(module, tool, html);
        }
        html.push_str("</section>\n");
    }

    fn tool(&self, module: &Module, tool: &Tool, html: &mut String) {
        let (name, title, hint) = (escape(tool.name.dotted()), escape(&tool.title), tool.policy_hint.word());
        let toolsets = toolsets_of(self.catalog, tool);
        let services = services_of(tool);
        let effects = if tool.consent.is_some() { vec![hint, ASKS] } else { vec![hint] };
        let names = [tool.name.dotted().to_owned(), tool.name.underscored()];
        let names: Vec<String> = names.into_iter().chain(tool.aliases.iter().cloned()).collect();
        let _ = write!(html, "<details class=\"tool\" id=\"{name}\"");
        for (attribute, value) in [
            ("names", names.join(" ")),
            ("words", tool.hosts.search_hint.join(" ")),
            ("module", module.name.clone()),
            ("effect", effects.join(" ")),
            ("toolset", chosen(&toolsets)),
            ("service", chosen(&services)),
        ] {
            let _ = write!(html, " data-{attribute}=\"{}\"", escape(&value));
        }
        let _ = writeln!(
            html,
            ">\n<summary><code>{name}</code> <span class=\"title\">{title}</span> <span class=\"effect \
             {hint}\">{hint}</span></summary>\n<div class=\"body\">"
        );
        let _ = writeln!(html, "<p class=\"description\">{}</p>", self.marked(&tool.description));
        self.facts(module, tool, html);
        html.push_str("<h3>Input</h3>\n");
        self.properties(&tool.input, html);
        self.examples(tool, html);
        html.push_str("<details class=\"more\"><summary>Output</summary>\n");
        self.properties(&tool.output, html);
        html.push_str("</details>\n</div>\n</details>\n");
    }

    fn facts(&self, module: &Module, tool: &Tool, html: &mut String) {
        let tables = tables_of(module, tool).into_iter().map(storage).collect::<Vec<_>>().join(" ");
        let facts = [
            ("Listed as", quoted(&[tool.name.underscored()])),
            ("Old names", quoted(&tool.aliases)),
            ("Effect", format!("`{}`; {}.", tool.policy_hint.word(), repetition(tool))),
            ("Asks first", asks(tool).unwrap_or_default()),
            ("Toolsets", quoted(&toolsets_of(self.catalog, tool))),
            ("Service", quoted(&services_of(tool))),
            ("Data", tables),
        ];
        html.push_str("<dl class=\"facts\">\n");
        for (name, text) in facts.iter().filter(|(_, text)| !text.is_empty()) {
            let _ = writeln!(html, "<dt>{name}</dt><dd>{}</dd>", self.marked(text));
        }
        let link = escape(tool.name.dotted());
        let _ = writeln!(html, "<dt>Link</dt><dd><a href=\"#{link}\">#{link}</a></dd>\n</dl>");
    }

    fn properties(&self, one: &Struct, html: &mut String) {
        if one.properties.is_empty() {
            html.push_str("<p>Nothing.</p>\n");
            return;
        }
        html.push_str("<dl class=\"fields\">\n");
        for row in rows(one) {
            let presence = match row.presence {
                Presence::Required => {
                    "<span class=\"type\">,</span> <span class=\"required\">required</span>".to_owned()
                }
                Presence::Optional => String::new(),
                Presence::Default(default) => {
                    format!("<span class=\"type\">, default <code>{}</code></span>", escape(&default.to_string()))
                }
            };
            // In a table of Markdown a bar is written `\|`; here it is not.
            let ty = row.ty.replace("\\|", "|");
            let (path, ty, description) = (escape(&row.path), self.marked(&ty), self.marked(row.description));
            let _ = writeln!(
                html,
                "<dt><code>{path}</code> <span class=\"type\">{ty}</span>{presence}</dt><dd>{description}</dd>"
            );
        }
        html.push_str("</dl>\n");
    }

    /// The first example, and the others folded.
    fn examples(&self, tool: &Tool, html: &mut String) {
        let Some((first, others)) = tool.examples.split_first() else { return };
        html.push_str("<h3>Example</h3>\n");
        self.example(tool, first, html);
        if others.is_empty() {
            return;
        }
        let count =
            if let [_] = others { "1 more example".to_owned() } else { format!("{} more examples", others.len()) };
        let _ = writeln!(html, "<details class=\"more\"><summary>{count}</summary>");
        others.iter().for_each(|example| self.example(tool, example, html));
        html.push_str("</details>\n");
    }

    fn example(&self, tool: &Tool, example: &Example, html: &mut String) {
        let (name, title) = (tool.name.dotted(), self.marked(&example.name));
        let input = escape(&format!("{name} {}", json_text(&example.input)));
        let _ = writeln!(html, "<p>{title}:</p>\n<pre>{input}</pre>");
        let _ = match &example.outcome {
            Outcome::Output(output) => {
                writeln!(html, "<p>returns, in part,</p>\n<pre>{}</pre>", escape(&json_text(&output.to_json())))
            }
            Outcome::Refused(error) => writeln!(html, "<p>is refused: {}</p>", self.marked(&error.value)),
        };
    }

    /// The words by which people look for tools, for the script.
    fn words(&self, html: &mut String) {
        let words: BTreeMap<&str, &[String]> =
            self.catalog.words.iter().map(|word| (word.word.as_str(), word.means.as_slice())).collect();
        // A script ends at its first `</script`.
        let json = serde_json::json!(words).to_string().replace('<', "\\u003c");
        let _ = writeln!(html, "<script type=\"application/json\" id=\"words\">{json}</script>");
    }

    /// Text with code spans and links to the tools that it names.
    fn marked(&self, text: &str) -> String {
        let parts: Vec<&str> = text.split('`').collect();
        // A backtick without its other half is itself.
        if parts.len().is_multiple_of(2) {
            return self.linked(text);
        }
        let part = |(index, part): (usize, &&str)| match index % 2 {
            0 => self.linked(part),
            _ => format!("<code>{}</code>", self.linked(part)),
        };
        parts.iter().enumerate().map(part).collect()
    }

    fn linked(&self, text: &str) -> String {
        let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
        let mut html = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(is_of_name) {
            let (before, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|letter| !is_of_name(letter)).unwrap_or(from.len()));
            let name = word.trim_end_matches('.');
            html.push_str(&escape(before));
            if self.names.contains(name) {
                let _ = write!(html, "<a href=\"#{name}\">{name}</a>{}", ".".repeat(word.len() - name.len()));
            } else {
                html.push_str(word);
            }
            rest = after;
        }
        html.push_str(&escape(rest));
        html
    }
}

/// A choice among these values, each with its label.
fn filter(id: &str, label: &str, choices: Vec<(String, String)>, html: &mut String) {
    let _ = writeln!(html, "<label for=\"{id}\">{label}\n<select id=\"{id}\"><option value=\"\">any</option>");
    for (value, label) in choices {
        let _ = writeln!(html, "<option value=\"{}\">{}</option>", escape(&value), escape(&label));
    }
    html.push_str("</select></label>\n");
}

/// What the choices find a tool by.
fn chosen(names: &[&str]) -> String {
    if names.is_empty() { NONE.to_owned() } else { names.join(" ") }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
