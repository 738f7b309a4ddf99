//! The examples of the pages: a piece of a source, and what stands around it.

use crate::diagnostics::Diagnostics;
use crate::source::Sources;

/// A piece of a source.
#[derive(Debug, Clone, Copy)]
pub struct Snippet {
    frame: Frame,
    text: &'static str,
}

/// What a piece is a piece of. What it does not say is filled in, key by key, so that an example shows its point alone.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// A whole source.
    Source,
    /// Keys of a module.
    Module,
    /// Keys of a module of a catalog without a registry.
    Alone,
    /// Keys of a tool.
    Tool,
    /// Keys of a tool whose examples are run.
    Tried,
    /// The registry.
    Registry,
    /// The toolsets of a catalog with two modules: `garden`, and `forest` with five large tools.
    Toolsets,
    /// The web application's registry, beside an allowlist of these tables.
    Web(&'static str),
    /// Keys of a module, beside the mirror of the web application's tables.
    Mirrored,
}

/// Keys with their lines.
type Keys = [(&'static str, &'static str)];

const MODULE: &Keys = &[
    ("module", "module: garden\n"),
    ("app", "app: garden\n"),
    ("summary", "summary: Plants, and letters about them.\n"),
    (
        "tables",
        r"tables:
  letters:
    noun: letter
    encryptedFields: [title, body]
    record:
      description: A letter.
      required: [id, title]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its title. }
        body: { type: string, description: Its text. }
        sender: { type: string, description: Who sent it. }
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id, name]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        name: { type: string, description: Its name. }
        height: { type: integer, description: In centimetres. }
",
    ),
    ("tools", "tools: {}\n"),
];

const TOOL: &Keys = &[
    ("title", "title: Add a plant\n"),
    ("description", "description: Adds a plant and returns it.\n"),
    ("scope", "scope: user-space\n"),
    ("policyHint", "policyHint: write\n"),
    (
        "input",
        r"input:
  required: [name]
  properties:
    name: { type: string, maxLength: 100, description: Its name. }
",
    ),
    (
        "output",
        "output: { required: [plant], properties: { plant: { $ref: '#/tables/plants', description: The plant. } } }\n",
    ),
    (
        "action",
        r"action:
  insert: { table: plants, values: { name: '${input.name}' } }
  returns: { plant: '${row}' }
",
    ),
    ("examples", "examples: [{ name: a rose, input: { name: Rose }, output: { plant: { name: Rose } } }]\n"),
];

const REGISTRY: &str = "encrypted:\n  letters: [title, body]\ndisabled: [drafts]\nplaintext: [plants]\n";

const MIRROR: &str = r"base: { id: string, createdAt?: string }
spaces: { personal: ['*'], team: [garden] }
userTables: []
apps:
  garden:
    drafts: drafts
    letters: { wire: letters, fields: { title: string, body?: string | null, sender?: string } }
    plants: { wire: plants, fields: { name: string, height?: number | null } }
";

pub(super) const fn source(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Source, text }
}

pub(super) const fn module(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Module, text }
}

pub(super) const fn alone(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Alone, text }
}

pub(super) const fn tool(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Tool, text }
}

/// Keys of a tool whose examples are run.
pub(super) const fn tried(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Tried, text }
}

pub(super) const fn registry(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Registry, text }
}

pub(super) const fn toolsets(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Toolsets, text }
}

pub(super) const fn web(text: &'static str, allowlist: &'static str) -> Snippet {
    Snippet { frame: Frame::Web(allowlist), text }
}

pub(super) const fn mirrored(text: &'static str) -> Snippet {
    Snippet { frame: Frame::Mirrored, text }
}

impl Snippet {
    /// The piece in a Markdown fence, with a word on what it is a piece of.
    pub(super) fn fenced(self) -> String {
        let (of, language) = match self.frame {
            Frame::Source | Frame::Module | Frame::Mirrored => ("In a module:", "yaml"),
            Frame::Alone => ("In a module, without a `catalog/crypto.yaml`:", "yaml"),
            Frame::Tool | Frame::Tried => ("In a tool:", "yaml"),
            Frame::Toolsets => ("In `catalog/toolsets.yaml`:", "yaml"),
            Frame::Registry => ("In `catalog/crypto.yaml`:", "yaml"),
            Frame::Web(_) => ("In the web application's `registry.ts`:", "ts"),
        };
        let beside = match self.frame {
            Frame::Web(tables) => format!("\nIts `plaintext-allowlist.ts` holds `{tables}`.\n"),
            Frame::Mirrored => format!("\n`catalog/web.yaml` holds:\n\n```yaml\n{MIRROR}```\n"),
            _ => String::new(),
        };
        format!("{of}\n\n```{language}\n{}```\n{beside}", self.text)
    }

    /// The catalog that the piece is a piece of, and what is wrong with it.
    pub fn problems(self) -> (Sources, Diagnostics) {
        let sources = self.sources();
        #[cfg(feature = "web-registry")]
        if let Frame::Web(tables) = self.frame {
            let file = |path: &str, text: String| crate::web_registry::WebFile { path: path.to_owned(), text };
            // The function that makes entries stands in the same file; no page is about it.
            let entry = "function entry<T>(fields: readonly string[], options: { enabled?: boolean } = {}) {\n  \
                return { enabled: options.enabled ?? true, fields };\n}\n";
            let registry = file("registry.ts", format!("{}{entry}", self.text));
            let text = format!("export const PLAINTEXT_ALLOWLIST: readonly string[] = {tables};\n");
            return crate::web_registry::diff(&sources, &registry, &file("plaintext-allowlist.ts", text));
        }
        let problems = match (crate::check(&sources), self.frame) {
            (Ok((catalog, _)), Frame::Tried) => crate::twin::problems(&catalog),
            (Ok((_, warnings)), _) => warnings,
            (Err(problems), _) => problems,
        };
        (sources, problems)
    }

    fn sources(self) -> Sources {
        let module = match self.frame {
            Frame::Source => self.text.to_owned(),
            Frame::Module | Frame::Alone | Frame::Mirrored => filled(self.text, MODULE),
            Frame::Tool | Frame::Tried => module_of_one_tool(self.text),
            Frame::Toolsets => module_of_one_tool(""),
            Frame::Registry | Frame::Web(_) => filled("", MODULE),
        };
        let registry = match self.frame {
            Frame::Registry => Some(self.text),
            Frame::Alone => None,
            _ => Some(REGISTRY),
        };
        let registry = registry.map(|text| ("catalog/crypto.yaml", text.to_owned()));
        let beside = match self.frame {
            Frame::Toolsets => {
                vec![("catalog/forest.yaml", forest()), ("catalog/toolsets.yaml", self.text.to_owned())]
            }
            Frame::Mirrored => vec![("catalog/web.yaml", MIRROR.to_owned())],
            _ => Vec::new(),
        };
        std::iter::once(("catalog/garden.yaml", module)).chain(registry).chain(beside).collect()
    }
}

/// A module with the tool `add`, of which these are some keys.
fn module_of_one_tool(keys: &str) -> String {
    let tool = filled(keys, TOOL);
    let lines: String = tool.lines().map(|line| format!("    {line}\n")).collect();
    filled(&format!("tools:\n  add:\n{lines}"), MODULE)
}

/// A module whose five tools take nearly as many tokens as a tool may.
fn forest() -> String {
    let five = |item: &str| -> String {
        ["a", "b", "c", "d", "e"].map(|name| format!("{name}: {{ $ref: '#/types/{item}' }}")).join(", ")
    };
    let tools = ["ash", "elm", "fir", "oak", "yew"].map(|tree| {
        format!(
            "  {tree}:\n    title: Find a tree\n    description: Finds a tree by its branches.\n    scope: \
             user-space\n    policyHint: read\n    input: {{ properties: {{ left: {{ $ref: '#/types/Branch' }}, right: \
             {{ $ref: '#/types/Branch' }}, top: {{ $ref: '#/types/Branch' }} }} }}\n    output: {{ properties: {{}} }}\n    action: custom\n    examples: [{{ \
             name: one, input: {{}}, output: {{}} }}]\n"
        )
    });
    format!(
        "module: forest\nsummary: Trees.\ntypes:\n  Leaf: {{ type: string, description: A leaf with its colour and its \
         length. }}\n  Twig: {{ type: object, description: A twig., properties: {{ {} }} }}\n  Branch: {{ type: object, \
         description: A branch., properties: {{ {} }} }}\ntools:\n{}",
        five("Leaf"),
        five("Twig"),
        tools.concat(),
    )
}

/// The keys of a mapping that a text has, and the others as they are by default, in the order of the latter.
fn filled(text: &str, keys: &Keys) -> String {
    let is_key = |line: &str| !line.starts_with([' ', '#', '-', '}', ']']);
    let mut own: Vec<String> = Vec::new();
    for line in text.lines() {
        if is_key(line) || own.is_empty() {
            own.push(String::new());
        }
        if let Some(last) = own.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    let mut whole = String::new();
    for (key, default) in keys {
        let at = own.iter().position(|one| one.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
        match at {
            Some(at) => whole.push_str(&own.remove(at)),
            None => whole.push_str(default),
        }
    }
    whole.push_str(&own.concat());
    whole
}
