//! Pages of the codes C0090 to C0093: tables and modules that differ from those of the web application.

use super::Page;
use super::snippet::mirrored;

pub(super) const MIRROR_ENTRY: Page = Page {
    why: "Nobody can tell whether the record names fields that the web reads. `cargo xtask web pull` adds the fields from \
          a checkout of the web; `docs/web-mirror.md` tells how to write them by hand.",
    example: mirrored(
        r"tables:
  drafts:
    noun: draft
    encryptedFields: []
    record:
      description: A draft.
      required: [id]
      properties:
        id: { type: string, format: id, description: Its id. }
        text: { type: string, description: Its text. }
",
    ),
    instead: mirrored(
        r"tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id]
      properties:
        id: { type: string, format: id, description: Its id. }
        name: { type: string, description: Its name. }
",
    ),
};

pub(super) const WEB_FIELD: Page = Page {
    why: "The web does not read a field that it does not know, and a value of another type breaks its pages. An enum \
          holds words that the web has, all of them or some.",
    example: mirrored(
        r"tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id, name]
      properties:
        id: { type: string, format: id, description: Its id. }
        name: { type: string, description: Its name. }
        hight: { type: integer, description: In centimetres. }
",
    ),
    instead: mirrored(
        r"tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id, name]
      properties:
        id: { type: string, format: id, description: Its id. }
        name: { type: string, description: Its name. }
        height: { type: integer, description: In centimetres. }
",
    ),
};

pub(super) const WEB_OPTIONAL: Page = Page {
    why: "A row without a required field is skipped, so tools would not show rows that the web shows. A field \
          with a `default` has a value for tools even where the row has none.",
    example: mirrored(
        r"tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id, name, height]
      properties:
        id: { type: string, format: id, description: Its id. }
        name: { type: string, description: Its name. }
        height: { type: integer, description: In centimetres. }
",
    ),
    instead: mirrored(
        r"tables:
  plants:
    noun: plant
    encryptedFields: []
    record:
      description: A plant.
      required: [id, name]
      properties:
        id: { type: string, format: id, description: Its id. }
        name: { type: string, description: Its name. }
        height: { type: integer, default: 0, description: In centimetres. }
",
    ),
};

pub(super) const WEB_SPACES: Page = Page {
    why: "In a space whose type lacks the module, the web shows nobody what a tool writes; in one that has it, a tool \
          would be rejected without need.",
    example: mirrored("spaces: [personal, family]\n"),
    instead: mirrored("spaces: [personal, team]\n"),
};
