//! Pages of the codes C0050 to C0059: encrypted fields.

use super::Page;
use super::snippet::{alone, module, registry, web};

pub(super) const ENCRYPTED_FIELDS: Page = Page {
    why: "What the web application encrypts, no agent may write in plain text; and what it reads as plain text, no \
          agent may encrypt. `catalog/crypto.yaml` mirrors its registry.",
    example: module(
        r"tables:
  letters:
    noun: letter
    encryptedFields: [title]
    record:
      description: A letter.
      required: [id]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its title. }
        body: { type: string, description: Its text. }
",
    ),
    instead: module(
        r"tables:
  letters:
    noun: letter
    encryptedFields: [title, body]
    record:
      description: A letter.
      required: [id]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its title. }
        body: { type: string, description: Its text. }
",
    ),
};

pub(super) const CRYPTO_REGISTRY: Page = Page {
    why: "The registry says one thing of every table: encrypted, switched off, or plain on purpose.",
    example: registry(
        r"encrypted:
  letters: [title, body]
disabled: []
plaintext: [plants, letters]
",
    ),
    instead: registry(
        r"encrypted:
  letters: [title, body]
disabled: []
plaintext: [plants]
",
    ),
};

pub(super) const NO_CRYPTO_REGISTRY: Page = Page {
    why: "Without the mirror of the registry nobody can tell which fields must be encrypted.",
    example: alone(
        r"tables:
  letters:
    noun: letter
    encryptedFields: [title, body]
    record:
      description: A letter.
      required: [id]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its title. }
        body: { type: string, description: Its text. }
",
    ),
    instead: registry(
        r"encrypted:
  letters: [title, body]
disabled: []
plaintext: [plants]
",
    ),
};

pub(super) const WEB_REGISTRY: Page = Page {
    why: "The lists are read, not run. What is spread in, computed, a template string, there twice or changed later \
          could be anything, and a field that is missed would be written in plain text.",
    example: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  ...others,
};
",
        "['plants']",
    ),
    instead: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
};

pub(super) const FIELD_DRIFT: Page = Page {
    why: "A field that the web encrypts and the catalog does not would stand in plain text; one that only the \
          catalog encrypts could not be read by the web. Only the order may differ, with a warning.",
    example: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body', 'sender']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
    instead: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
};

pub(super) const UNENCRYPTED_TABLE: Page = Page {
    why: "Everything that agents write into this table would stand in plain text.",
    example: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
  plants: entry(['name']),
};
",
        "[]",
    ),
    instead: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
};

pub(super) const NEEDLESS_ENCRYPTION: Page = Page {
    why: "The web would show the encrypted form of what agents write.",
    example: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body'], { enabled: false }),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
    instead: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
};

pub(super) const UNKNOWN_WEB_TABLE: Page = Page {
    why: "A table that the web does not know is misspelled, was renamed, or is not there any more; nobody can tell \
          what of it must be encrypted.",
    example: web(
        r"export const ENCRYPTION_REGISTRY = {
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
    instead: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
};

pub(super) const TABLE_IN_BOTH: Page = Page {
    why: "A table is registered, or plain on purpose. Which of the two holds depends on which list is asked first.",
    example: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants', 'letters']",
    ),
    instead: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
};
",
        "['plants']",
    ),
};

pub(super) const MIRROR_LAG: Page = Page {
    why: "Nothing leaks: no tool uses the table. The next one that does would be held against an old list.",
    example: web(
        r"export const ENCRYPTION_REGISTRY = {
  letters: entry<LocalLetter>(['title', 'body']),
  drafts: entry(['text'], { enabled: false }),
  memos: entry(['title']),
};
",
        "['plants']",
    ),
    instead: registry(
        "encrypted:\n  letters: [title, body]\n  memos: [title]\ndisabled: [drafts]\nplaintext: [plants]\n",
    ),
};
