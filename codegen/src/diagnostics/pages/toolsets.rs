//! Pages of the codes C0070 to C0073: toolsets.

use super::Page;
use super::snippet::toolsets;

pub(super) const UNKNOWN_TOOL: Page = Page {
    why: "A toolset that names a tool under a wrong name silently serves one tool fewer. Tools of the scope `admin` are \
          never served over MCP, so no toolset can list them by name.",
    example: toolsets(
        r"default: everyday
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.ad]
",
    ),
    instead: toolsets(
        r"default: everyday
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.add]
",
    ),
};

pub(super) const TOOLSET_ENTRY: Page = Page {
    why: "Each entry of a toolset adds tools to it. One that adds nothing was most likely meant to be another one, and \
          an empty toolset would serve nothing.",
    example: toolsets(
        r"default: everyday
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.*, garden.add]
",
    ),
    instead: toolsets(
        r"default: everyday
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.*]
",
    ),
};

pub(super) const UNKNOWN_TOOLSET: Page = Page {
    why: "`default` names the toolset that `/mcp` serves, which is what a client gets that asks for nothing in \
          particular.",
    example: toolsets(
        r"default: daily
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.*]
",
    ),
    instead: toolsets(
        r"default: everyday
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.*]
",
    ),
};

pub(super) const TOOLSET_BUDGET: Page = Page {
    why: "A host gives its model every tool that it was listed, with every request. The toolset that `/mcp` serves by \
          default has at most 30 tools and 8,000 tokens, any other one 20,000 tokens, estimated at four characters \
          each (`codegen/src/budget.rs`). The catalog as a whole has no bound. Where there is no \
          `catalog/toolsets.yaml`, clients list all tools, and more than 20,000 tokens are a warning.",
    example: toolsets(
        r"default: everyday
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.*, forest.*]
",
    ),
    instead: toolsets(
        r"default: everyday
toolsets:
  everyday:
    description: What a gardener needs every day.
    tools: [garden.*]
  trees:
    description: All about trees.
    tools: [forest.*]
",
    ),
};
