//! Pages of the codes C0060 and C0061: examples of tools.

use super::Page;
use super::snippet::tool;

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
