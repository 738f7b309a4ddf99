//! Pages of the codes C0030 to C0042: what a tool does with its table.

use super::Page;
use super::snippet::{module, tool};

pub(super) const POLICY: Page = Page {
    why: "Hosts ask their user by the policy hint, and the gateway's gate lets calls pass by it: a `read` that writes, or \
          a `write` that removes for good, would never be asked about; a `destructive` that removes nothing is denied \
          for no reason. A list is `read`, an insert, update or soft delete `write`, a hard delete `destructive`. An \
          insert called twice makes two rows, so it is not idempotent.",
    example: tool(
        r"policyHint: read
",
    ),
    instead: tool(
        r"policyHint: write
",
    ),
};

pub(super) const UNKNOWN_TABLE: Page = Page {
    why: "An action works on a table of its own module.",
    example: tool(
        r"action:
  insert: { table: plnats, values: { name: '${input.name}' } }
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

pub(super) const UNKNOWN_FIELD: Page = Page {
    why: "A value would be stored where nobody reads it, or be read from where nothing is.",
    example: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}', hieght: 3 } }
  returns: { plant: '${row}' }
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}', height: 3 } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const UNKNOWN_VARIABLE: Page = Page {
    why: "An expression names `input`, the steps before it, `now`, `today`, `user`, `space`, the module's `constants`, and `row`
          where a row is at hand. Any other name has no value.",
    example: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}', height: '${random}' } }
  returns: { plant: '${row}' }
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}', height: 3 } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const TYPE_MISMATCH: Page = Page {
    why: "Other clients read the row by the type of its field, and skip or break on another one; and only texts are \
          searched, only numbers, texts and times have an order.",
    example: tool(
        r"policyHint: read
output: { required: [plants], properties: { plants: { type: array, items: { $ref: '#/tables/plants' }, description: Plants. } } }
action:
  list: { table: plants, search: { in: [height], for: '${input.name}' } }
  returns: { plants: '${rows}' }
examples: [{ name: all, input: { name: a }, output: {} }]
",
    ),
    instead: tool(
        r"policyHint: read
output: { required: [plants], properties: { plants: { type: array, items: { $ref: '#/tables/plants' }, description: Plants. } } }
action:
  list: { table: plants, search: { in: [name], for: '${input.name}' } }
  returns: { plants: '${rows}' }
examples: [{ name: all, input: { name: a }, output: {} }]
",
    ),
};

pub(super) const FIELD_NEVER_SET: Page = Page {
    why: "A row without a required field is not there yet: nobody would ever see it.",
    example: tool(
        r"input: { properties: { height: { type: integer, description: In centimetres. } } }
action:
  insert: { table: plants, values: { height: '${input.height}' } }
  returns: { plant: '${row}' }
examples: [{ name: small, input: { height: 3 }, output: {} }]
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}' } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const FIELD_SET_TWICE: Page = Page {
    why: "`createdAt` and `updatedAt` are set for every row, the same way everywhere.",
    example: tool(
        r"action:
  insert: { table: plants, values: { createdAt: '${now}', name: '${input.name}' } }
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

pub(super) const ENCRYPTED_QUERY: Page = Page {
    why: "An encrypted field is another text every time it is written: a row is not found by it as a key, and a deletion \
          fetches no key to read it. Conditions, `search` and `sort` of a list may name it: they decrypt first.",
    example: tool(
        r"output: { required: [letter], properties: { letter: { $ref: '#/tables/letters', description: The letter. } } }
action:
  put: { table: letters, key: { title: '${input.name}' }, values: {}, existing: update }
  returns: { letter: '${result.row}' }
examples: [{ name: one, input: { name: a }, output: {} }]
",
    ),
    instead: tool(
        r"output: { required: [letter], properties: { letter: { $ref: '#/tables/letters', description: The letter. } } }
action:
  put: { table: letters, key: { sender: '${input.name}' }, values: { title: A letter }, existing: update }
  returns: { letter: '${result.row}' }
examples: [{ name: one, input: { name: a }, output: {} }]
",
    ),
};

pub(super) const PLAIN_TEXT_LEAK: Page = Page {
    why: "The text that is kept encrypted in one field would stand readable in another of the same database.",
    example: tool(
        r"input: { required: [title], properties: { title: { type: string, pattern: '^[a-z]*$', description: Its title. } } }
output: { required: [letter], properties: { letter: { $ref: '#/tables/letters', description: The letter. } } }
action:
  insert: { table: letters, values: { title: '${input.title}', sender: '${input.title}' } }
  returns: { letter: '${row}' }
examples: [{ name: one, input: { title: a }, output: {} }]
",
    ),
    instead: tool(
        r"input: { required: [title], properties: { title: { type: string, pattern: '^[a-z]*$', description: Its title. } } }
output: { required: [letter], properties: { letter: { $ref: '#/tables/letters', description: The letter. } } }
action:
  insert: { table: letters, values: { title: '${input.title}' } }
  returns: { letter: '${row}' }
examples: [{ name: one, input: { title: a }, output: {} }]
",
    ),
};

pub(super) const RETURNS: Page = Page {
    why: "Clients that check a result against the published output would refuse it.",
    example: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}' } }
  returns: { plnat: '${row}', plant: '${row}' }
",
    ),
    instead: tool(
        r"action:
  insert: { table: plants, values: { name: '${input.name}' } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const UNUSED_INPUT: Page = Page {
    why: "A model fills in every argument it is shown, and believes that it had an effect.",
    example: tool(
        r"input: { required: [name], properties: { name: { type: string, description: Its name. }, height: { type: integer, description: In centimetres. } } }
",
    ),
    instead: tool(
        r"input: { required: [name], properties: { name: { type: string, description: Its name. }, height: { type: integer, description: In centimetres. } } }
action:
  insert: { table: plants, values: { name: '${input.name}', height: '${input.height}' } }
  returns: { plant: '${row}' }
",
    ),
};

pub(super) const TABLE_SHAPE: Page = Page {
    why: "The sync service and the fold of changes address every row by its `id`, and read its times.",
    example: module(
        r"tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [name]
      properties: { name: { type: string, description: Its name. } }
",
    ),
    instead: module(
        r"tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id, name]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        name: { type: string, description: Its name. }
",
    ),
};

pub(super) const WIRE_NAME: Page = Page {
    why: "The log of an app knows a table by its wire name alone. Under the name of another table, rows would be written \
          by one list of encrypted fields and read by another: in plain text where the web encrypts.",
    example: module(
        r"tables:
  plants:
    noun: plant
    syncName: letters
    encryptedFields: []
    record:
      description: A plant.
      required: [id, title]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its name. }
",
    ),
    instead: module(
        r"tables:
  plants:
    noun: plant
    syncName: gardenPlants
    encryptedFields: []
    record:
      description: A plant.
      required: [id, title]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its name. }
",
    ),
};
