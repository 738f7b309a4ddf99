//! Pages of the codes C0074 to C0076: schemas that every host and every provider of models accepts.

use super::Page;
use super::snippet::{module, tool};

pub(super) const NULL_VALUE: Page = Page {
    why: "Several providers refuse a whole request for a type with null, so nothing published takes or returns null: in \
          arguments it means absent, and outputs leave it out. What an update empties is named in an input for `clear`.",
    example: tool(
        r"action: custom
input: { properties: { color: { type: [string, 'null'], description: The new colour; null clears it. } } }
examples: [{ name: one, input: {}, output: {} }]
",
    ),
    instead: tool(
        r"action: custom
input: { properties: { color: { type: string, description: The new colour. } } }
examples: [{ name: one, input: {}, output: {} }]
",
    ),
};

pub(super) const PORTABLE_PATTERN: Page = Page {
    why: "Hosts and providers check patterns with engines and grammars of their own: RE2 reads no `\\u`, and grammars need \
          both ends. U+0000 is refused in every argument, so no pattern has to keep it out.",
    example: module(
        r"types:
  Code: { type: string, pattern: '[a-z]+', description: Small letters. }
",
    ),
    instead: module(
        r"types:
  Code: { type: string, pattern: '^[a-z]+$', description: Small letters. }
",
    ),
};

pub(super) const ANY_INTEGER: Page = Page {
    why: "An integer is within ±9007199254740991 anyway. Models read such a bound as if it meant something.",
    example: module(
        r"types:
  Count: { type: integer, maximum: 9007199254740991, description: How many. }
",
    ),
    instead: module(
        r"types:
  Count: { type: integer, description: How many. }
",
    ),
};
