//! A small catalog, changed in one place at a time: what is said of it.

mod changes;
mod locks;

use super::Interface;
use crate::{Sources, compile};

const BASE: &str = r"
module: books
app: books
summary: Books.
types:
  Genre: { type: string, enum: [novel, poetry], description: What kind it is. }
tables:
  shelf:
    noun: book
    encryptedFields: [title, note]
    record:
      description: A book.
      required: [id, title, genre]
      properties:
        id: { type: string, format: uuid, description: Its id. }
        title: { type: string, description: Its title. }
        note: { type: string, description: A note. }
        genre: { $ref: '#/types/Genre' }
        pages: { type: [integer, 'null'], description: Its pages. }
tools:
  add:
    title: Add a book
    description: Adds a book.
    scope: user-space
    policyHint: write
    input:
      required: [title, genre]
      properties:
        title: { type: string, minLength: 1, maxLength: 500, description: Its title. }
        note: { type: string, pattern: '^[a-z]*$', description: A note. }
        genre: { $ref: '#/types/Genre' }
        pages: { type: integer, minimum: 1, maximum: 9000, default: 10, description: Its pages. }
    output:
      required: [book]
      properties: { book: { $ref: '#/tables/shelf' } }
    action:
      insert:
        table: shelf
        values: { title: '${input.title}', note: '${input.note}', genre: '${input.genre}', pages: '${input.pages}' }
      returns: { book: '${row}' }
    examples: [{ name: one, input: { title: Emma, genre: novel }, output: { book: { title: Emma } } }]
  look:
    title: Look something up
    description: Looks something up.
    scope: admin
    policyHint: read
    idempotent: true
    input:
      properties:
        tags:
          type: array
          description: Tags.
          minItems: 1
          maxItems: 5
          items: { type: string, description: A tag. }
        free: { type: object, description: Anything. }
    output:
      required: [word, state]
      properties:
        word: { type: string, maxLength: 10, pattern: '^[a-z]+$', description: A word. }
        state: { type: string, enum: [open, closed], description: A state. }
        when: { type: string, format: date, description: A day. }
        size: { type: integer, minimum: 0, maximum: 9, description: A size. }
    action: custom
    examples: [{ name: none, input: {}, output: {} }]
";

const CRYPTO: &str = "encrypted: { shelf: [title, note] }\ndisabled: []\nplaintext: []\n";

fn interface(module: &str, crypto: &str) -> Interface {
    let sources: Sources = [("catalog/books.yaml", module), ("catalog/crypto.yaml", crypto)].into_iter().collect();
    compile(&sources).unwrap_or_else(|problems| panic!("{:#?}", problems.iter().collect::<Vec<_>>())).interface
}
