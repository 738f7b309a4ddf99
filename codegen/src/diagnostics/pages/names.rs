//! Pages of the codes C0020 to C0024: names and texts.

use super::Page;
use super::snippet::{module, source, tool};

pub(super) const BAD_NAME: Page = Page {
    why: "Names become identifiers of Rust, keys of JSON and names of tools; providers of models take 64 letters, \
          digits, `_` and `-`, and hosts put up to 20 characters before the name, as in `mcp__mana__todo_create`.",
    example: module(
        r"types:
  plantSize: { type: string, description: How large. }
",
    ),
    instead: module(
        r"types:
  PlantSize: { type: string, description: How large. }
",
    ),
};

pub(super) const NAME_COLLISION: Page = Page {
    why: "Some hosts write dots as underscores, or ignore case. Two names that become one there, or in the \
          generated Rust, would call each other.",
    example: module(
        r"types:
  Letter:
    type: object
    description: A letter.
    properties:
      fromName: { type: string, description: Who. }
      fromNAME: { type: string, description: Who. }
",
    ),
    instead: module(
        r"types:
  Letter:
    type: object
    description: A letter.
    properties:
      fromName: { type: string, description: Who. }
      toName: { type: string, description: To whom. }
",
    ),
};

pub(super) const FILE_NAME: Page = Page {
    why: "A module is found by the name of its tools: `garden.add` stands in `garden.yaml`.",
    example: source(
        r"module: gardens
summary: Plants.
tools: {}
",
    ),
    instead: source(
        r"module: garden
summary: Plants.
tools: {}
",
    ),
};

pub(super) const MISSING_TEXT: Page = Page {
    why: "A language model chooses and fills a tool by its descriptions alone. Every tool, type and property has \
          one.",
    example: module(
        r"types:
  Size: { type: string }
",
    ),
    instead: module(
        r"types:
  Size: { type: string, description: How large a plant is. }
",
    ),
};

pub(super) const BAD_TEXT: Page = Page {
    why: "Texts go to people and to models as they are. Control and bidirectional characters make one read other \
          than the other; a long text costs tokens in every listing.",
    example: tool(
        r#"title: "Add a\nplant"
"#,
    ),
    instead: tool(
        r"title: Add a plant
",
    ),
};
