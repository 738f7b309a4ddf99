//! Pages of the codes C0044 to C0049, C0080 and C0081: expressions, steps, services, other names.

use super::Page;
use super::snippet::tool;

pub(super) const EXPRESSION_SYNTAX: Page = Page {
    why: "Expressions are CEL, the language of conditions in Kubernetes and Firebase: `==` compares, `&&` and `||` join, a \
          text stands in double quotes.",
    example: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name +}' } }
  returns: { plant: '${row}' }
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}' } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const EXPRESSION_TYPE: Page = Page {
    why: "Every expression has a type before it runs, so that no call fails for one. Nothing is turned into another type \
          by itself: `string(x)`, `int(x)`, `double(x)`, `dayOf(x)` say so.",
    example: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}', height: '${input.name}' } }
  returns: { plant: '${row}' }
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}', height: '${input.name.size()}' } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const MAY_BE_NULL: Page = Page {
    why: "An input that may be left out, a field that a row may lack, and the first element of a list may be null. What is \
          done then is said, and not left to chance.",
    example: tool(
        r"input: { properties: { name: { type: string, maxLength: 100, description: Its name. } } }
action:
  insert: { table: plants, values: { name: '${input.name.trim()}' } }
  returns: { plant: '${row}' }
",
    ),
    instead: tool(
        r#"input: { properties: { name: { type: string, maxLength: 100, description: Its name. } } }
action:
  insert: { table: plants, values: { name: '${coalesce(input.name, "A plant").trim()}' } }
  returns: { plant: '${row}' }
"#,
    ),
};

pub(super) const UNKNOWN_FUNCTION: Page = Page {
    why: "The functions are a closed set, so that each has one meaning, and is tested: `docs/functions.md` lists them. \
          New ids are made where a row or a value is made.",
    example: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name.capitalize()}' } }
  returns: { plant: '${row}' }
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name.trim()}' } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const STEPS: Page = Page {
    why: "A tool reads, decides, then writes once: all of its writes are stored together, after everything that could stop \
          it. A read behind a write would not see that write.",
    example: tool(
        r"action:
  steps:
    plant: { insert: { table: plants, values: { name: '${input.name}' } } }
    all: { list: { table: plants } }
    some: { require: all.size() < 100, else: There are too many plants. }
  returns: { plant: '${plant}' }
",
    ),
    instead: tool(
        r"action:
  steps:
    all: { list: { table: plants } }
    some: { require: all.size() < 100, else: There are too many plants. }
    plant: { insert: { table: plants, values: { name: '${input.name}' } } }
  returns: { plant: '${plant}' }
",
    ),
};

pub(super) const PAGING: Page = Page {
    why: "A page is a part of one list: its cursor says where that list goes on.",
    example: tool(
        r"policyHint: read
input: {}
output: { required: [plants], properties: { plants: { type: array, items: { $ref: '#/tables/plants' }, description: Plants. } } }
action:
  steps: { plants: { list: { table: plants } } }
  page: plant
  returns: { plants: '${plants}' }
examples: [{ name: all, input: {}, output: {} }]
",
    ),
    instead: tool(
        r"policyHint: read
input: {}
output: { required: [plants], properties: { plants: { type: array, items: { $ref: '#/tables/plants' }, description: Plants. } } }
action:
  steps: { plants: { list: { table: plants } } }
  page: plants
  returns: { plants: '${plants}' }
examples: [{ name: all, input: {}, output: {} }]
",
    ),
};

pub(super) const UNKNOWN_SERVICE: Page = Page {
    why: "A service and its operations stand in a file of `catalog/services/`, from which its address, its time limit and \
          what is sent are known.",
    example: tool(
        r"action:
  steps:
    weather: { call: { service: weather, operation: today, with: {} } }
    plant: { insert: { table: plants, values: { name: '${input.name}' } } }
  returns: { plant: '${plant}' }
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}' } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const ALIAS: Page = Page {
    why: "A call by another name reaches one tool. A name that two tools have reaches the wrong one.",
    example: tool(
        r"aliases: [garden_add]
",
    ),
    instead: tool(
        r"aliases: [add_plant]
",
    ),
};
