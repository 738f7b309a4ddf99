//! Pages of the codes C0060 to C0062: examples of tools.

use super::Page;
use super::snippet::{tool, tried};

pub(super) const BAD_EXAMPLE: Page = Page {
    why: "Examples are shown to people, and run as tests against the gateway. One that its own schemas refuse \
          teaches what does not work.",
    example: tool(
        r"examples: [{ name: a rose, input: { name: 3 }, output: { plant: { name: Rose } } }]
",
    ),
    instead: tool(
        r"examples: [{ name: a rose, input: { name: Rose }, output: { plant: { name: Rose } } }]
",
    ),
};

pub(super) const BAD_PREPARATION: Page = Page {
    why: "`given` makes the rows that an example works on; a call that makes none, or that is refused, prepares \
          nothing.",
    example: tool(
        r"examples:
  - name: a rose
    given: [{ tool: garden.ad, input: { name: Lily } }]
    input: { name: Rose }
    output: { plant: { name: Rose } }
",
    ),
    instead: tool(
        r"examples:
  - name: a rose
    given: [{ tool: garden.add, input: { name: Lily } }]
    input: { name: Rose }
    output: { plant: { name: Rose } }
",
    ),
};

pub(super) const EXAMPLE_FAILS: Page = Page {
    why: "An example is a promise: clients read it beside the schema, and the gateway's tests hold the tool to it. \
          `cargo xtask try --fast` runs it in memory and marks what differs. Either the example is wrong or the tool is.",
    example: tried(
        r"examples:
  - name: a rose
    input: { name: Rose }
    output: { plant: { name: rose } }
",
    ),
    instead: tried(
        r"examples:
  - name: a rose
    input: { name: Rose }
    output: { plant: { name: Rose } }
",
    ),
};
