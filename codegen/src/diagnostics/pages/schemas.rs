//! Pages of the codes C0010 to C0019: schemas.

use super::Page;
use super::snippet::{module, tool};

pub(super) const UNKNOWN_KEYWORD: Page = Page {
    why: "From one schema follow what clients read, the validator that runs and the types of Rust. A keyword \
          outside the subset that all three hold would be a promise that nobody keeps; see `docs/language.md` for \
          the subset.",
    example: module(
        r"types:
  Size: { type: string, const: large, description: How large. }
",
    ),
    instead: module(
        r"types:
  Size: { type: string, enum: [large], description: How large. }
",
    ),
};

pub(super) const MISPLACED_KEYWORD: Page = Page {
    why: "JSON Schema ignores a keyword that does not concern the type of a value. Somebody meant something by it.",
    example: module(
        r"types:
  Height: { type: integer, maxLength: 3, description: In centimetres. }
",
    ),
    instead: module(
        r"types:
  Height: { type: integer, maximum: 999, description: In centimetres. }
",
    ),
};

pub(super) const CONTRADICTION: Page = Page {
    why: "A schema that no value fits, or that says a thing twice, is a slip.",
    example: module(
        r"types:
  Name: { type: string, minLength: 4, maxLength: 3, description: A name. }
",
    ),
    instead: module(
        r"types:
  Name: { type: string, minLength: 3, maxLength: 4, description: A name. }
",
    ),
};

pub(super) const DANGLING_REF: Page = Page {
    why: "A `$ref` names a type of the same file, or in an output a row of one of its tables.",
    example: module(
        r"types:
  Size: { type: string, enum: [small, large], description: How large. }
  Sizes: { type: array, items: { $ref: '#/types/Siz' }, description: All sizes. }
",
    ),
    instead: module(
        r"types:
  Size: { type: string, enum: [small, large], description: How large. }
  Sizes: { type: array, items: { $ref: '#/types/Size' }, description: All sizes. }
",
    ),
};

pub(super) const LOOPING_REF: Page = Page {
    why: "Schemas are published with their references written out, since many clients do not follow `$ref`; one \
          that leads back to itself has no end.",
    example: module(
        r"types:
  Branch: { type: array, items: { $ref: '#/types/Branch' }, description: Branches. }
",
    ),
    instead: module(
        r"types:
  Branch: { type: array, items: { type: string }, description: Names of branches. }
",
    ),
};

pub(super) const PATTERN: Page = Page {
    why: "Clients check a pattern with ECMA-262, the gateway with a linear-time engine. Only what means the same in \
          both is taken; look-around and back-references have no linear-time engine at all.",
    example: module(
        r"types:
  Code: { type: string, pattern: '^\d+$', description: A number of digits. }
",
    ),
    instead: module(
        r"types:
  Code: { type: string, pattern: '^[0-9]+$', description: A number of digits. }
",
    ),
};

pub(super) const BAD_DEFAULT: Page = Page {
    why: "A default is put in before the input is checked, and would make every call without the argument fail.",
    example: tool(
        r"action: custom
input: { properties: { count: { type: integer, default: three, description: How many. } } }
examples: [{ name: one, input: {}, output: {} }]
",
    ),
    instead: tool(
        r"action: custom
input: { properties: { count: { type: integer, default: 3, description: How many. } } }
examples: [{ name: one, input: {}, output: {} }]
",
    ),
};

pub(super) const MISPLACED_DEFAULT: Page = Page {
    why: "Only an argument that may be left out can have a default: not a required one, nor an item, a type or a \
          field of an output.",
    example: module(
        r"types:
  Size: { type: string, default: small, description: How large. }
",
    ),
    instead: module(
        r"types:
  Size: { type: string, description: How large. }
",
    ),
};

pub(super) const SCHEMA_TOO_LARGE: Page = Page {
    why: "A few types that use each other several times become thousands of schemas once they are written out, in \
          every listing of the tools.",
    example: module(
        r"types:
  T0: { type: string, description: A text. }
  T1: { type: object, description: Four of them., properties: { a: { $ref: '#/types/T0' }, b: { $ref: '#/types/T0' }, c: { $ref: '#/types/T0' }, d: { $ref: '#/types/T0' } } }
  T2: { type: object, description: Four of them., properties: { a: { $ref: '#/types/T1' }, b: { $ref: '#/types/T1' }, c: { $ref: '#/types/T1' }, d: { $ref: '#/types/T1' } } }
  T3: { type: object, description: Four of them., properties: { a: { $ref: '#/types/T2' }, b: { $ref: '#/types/T2' }, c: { $ref: '#/types/T2' }, d: { $ref: '#/types/T2' } } }
  T4: { type: object, description: Four of them., properties: { a: { $ref: '#/types/T3' }, b: { $ref: '#/types/T3' }, c: { $ref: '#/types/T3' }, d: { $ref: '#/types/T3' } } }
  T5: { type: object, description: Four of them., properties: { a: { $ref: '#/types/T4' }, b: { $ref: '#/types/T4' }, c: { $ref: '#/types/T4' }, d: { $ref: '#/types/T4' } } }
",
    ),
    instead: module(
        r"types:
  T0: { type: string, description: A text. }
  T1: { type: array, items: { $ref: '#/types/T0' }, maxItems: 1000, description: Many of them. }
",
    ),
};

pub(super) const HEADER_KEYWORD: Page = Page {
    why: "By `x-mcp-header`, clients repeat an argument in an HTTP header. Proxies and servers on the way log headers, \
          and a field that the web application encrypts would stand in those logs in plain text. No argument goes \
          there, encrypted or not: what is harmless today may be encrypted tomorrow.",
    example: tool(
        r"input:
  required: [name]
  properties:
    name: { type: string, maxLength: 100, description: Its name., x-mcp-header: Name }
",
    ),
    instead: tool(
        r"input:
  required: [name]
  properties:
    name: { type: string, maxLength: 100, description: Its name. }
",
    ),
};
