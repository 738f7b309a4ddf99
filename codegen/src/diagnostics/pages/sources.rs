//! Pages of the codes C0001 to C0009: YAML, and the keys of a source.

use super::Page;
use super::snippet::{module, source, tool};

pub(super) const YAML_SYNTAX: Page = Page {
    why: "A file with a syntax error is not read any further: what follows could mean anything. All other files are \
          still checked.",
    example: source(
        r#"module: garden
summary: "never closed
tools: {}
"#,
    ),
    instead: source(
        r"module: garden
summary: closed
tools: {}
",
    ),
};

pub(super) const YAML_FEATURE: Page = Page {
    why: "A catalog is plain data. Anchors, aliases, merge keys, tags, directives and several documents hide what a \
          tool is from its reviewer, are read differently by different parsers, and can make a small file explode.",
    example: module(
        r"types:
  Size: &size { type: string, description: How large. }
",
    ),
    instead: module(
        r"types:
  Size: { type: string, description: How large. }
",
    ),
};

pub(super) const DUPLICATE_KEY: Page = Page {
    why: "Of two equal keys most parsers silently drop one. Which one differs.",
    example: module(
        r"types:
  Size: { type: string, description: How large., description: How small. }
",
    ),
    instead: module(
        r"types:
  Size: { type: string, description: How large. }
",
    ),
};

pub(super) const TOO_LARGE: Page = Page {
    why: "The limits (1 MiB a file, 1000 entries a collection, 32 levels) are far above any catalog that a person \
          reviews; what exceeds them is a mistake, or wants to exhaust the compiler.",
    example: source(
        r"module: garden
summary: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
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

pub(super) const AMBIGUOUS_SCALAR: Page = Page {
    why: "YAML 1.1 reads `no` as false, 1.2 as text; `0755` is 493 to some and 755 to others. A scalar that parsers \
          disagree on is written in the one way that they agree on.",
    example: tool(
        r"idempotent: no
",
    ),
    instead: tool(
        r"idempotent: false
",
    ),
};

pub(super) const UNKNOWN_KEY: Page = Page {
    why: "A key that nobody reads is a misspelled one, and its rule would silently not hold.",
    example: tool(
        r"idempotant: false
",
    ),
    instead: tool(
        r"idempotent: false
",
    ),
};

pub(super) const MISSING_KEY: Page = Page {
    why: "Nothing that a client sees has a hidden default: title, description, scope, policy, output, action and \
          examples are written for every tool.",
    example: source(
        r"module: garden
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

pub(super) const WRONG_KIND: Page = Page {
    why: "Every key takes one kind of value.",
    example: tool(
        r"idempotent: 'false'
",
    ),
    instead: tool(
        r"idempotent: false
",
    ),
};

pub(super) const UNKNOWN_WORD: Page = Page {
    why: "Some keys take one of a few words.",
    example: tool(
        r"policyHint: wirte
",
    ),
    instead: tool(
        r"policyHint: write
",
    ),
};
