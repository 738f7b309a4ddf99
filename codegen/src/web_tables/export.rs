//! What `catalog/web/export.mjs` prints: `web` as `web.yaml` has it, with the fields of all tables; `places`, where the web
//! declares each table and field; `unjudged`, why a table has no fields.

use crate::diagnostics::Diagnostics;
use crate::raw::{Named, Reader, Text, Web, keys, reader};
use crate::source::{FileId, Span};
use crate::yaml::Node;

/// An export.
pub(super) struct Export {
    pub(super) web: Web,
    pub(super) unjudged: Named<Text>,
    places: Named<Places>,
}

/// Where the web declares a table and its fields.
struct Places {
    table: Option<Text>,
    fields: Named<Text>,
}

impl Export {
    pub(super) fn read(file: FileId, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::WEB_EXPORT, Span::start_of(file), node, diagnostics)?;
        let web = reader.required("web", diagnostics).and_then(|(_, node)| Web::read(file, node, diagnostics));
        let places =
            reader.required("places", diagnostics).and_then(|(_, node)| reader::named(node, diagnostics, Places::read));
        let unjudged = reader.required("unjudged", diagnostics).and_then(|(_, node)| texts(node, diagnostics));
        reader.finish(diagnostics);
        Some(Self { web: web?, places: places?, unjudged: unjudged? })
    }

    /// Where the web declares a table.
    pub(super) fn place_of_table(&self, table: &str) -> Option<&str> {
        Some(self.places(table)?.table.as_ref()?.value.as_str())
    }

    /// Where the web declares a field of a table.
    pub(super) fn place_of_field(&self, table: &str, field: &str) -> Option<&str> {
        let (_, place) = self.places(table)?.fields.iter().find(|(name, _)| name.value == field)?;
        Some(place.value.as_str())
    }

    fn places(&self, table: &str) -> Option<&Places> {
        self.places.iter().find(|(name, _)| name.value == table).map(|(_, places)| places)
    }
}

impl Places {
    fn read(name: &Text, node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(&keys::WEB_PLACES, name.span, node, diagnostics)?;
        let table = reader.required_text("table", diagnostics);
        let fields = reader.required("fields", diagnostics).and_then(|(_, node)| texts(node, diagnostics));
        reader.finish(diagnostics);
        Some(Self { table, fields: fields? })
    }
}

fn texts(node: &Node, diagnostics: &mut Diagnostics) -> Option<Named<Text>> {
    reader::named(node, diagnostics, |_, node, diagnostics| reader::string(node, diagnostics))
}
