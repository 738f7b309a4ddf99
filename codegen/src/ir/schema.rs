//! Checked schemas. References are resolved; a type that has a name in Rust carries it.

use serde_json::Value as Json;

use super::{RustIdent, TypeName};

/// The largest integer that survives JSON.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// The greatest number of characters of an id.
pub const MAX_ID_LENGTH: usize = 128;
/// What an id is made of. Means the same to RE2, ECMA-262 and the `regex` crate.
pub const ID_PATTERN: &str = "^[A-Za-z0-9_.:-]+$";

/// A schema.
#[derive(Debug, Clone)]
pub struct Schema {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    /// Whether null is a value too.
    pub(crate) nullable: bool,
    pub(crate) kind: Kind,
    /// Whether it came by `$ref`: its Rust type is defined elsewhere.
    pub(crate) referenced: bool,
    pub(crate) size: Size,
    /// Whether it may hold, or gives, a text that is stored encrypted; of members of services alone.
    pub(crate) sealed: bool,
}

/// How much a schema holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Schemas in it, itself included.
    pub(crate) nodes: usize,
    /// How deep they are nested.
    pub(crate) depth: usize,
}

/// The kinds of values, null left aside.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Any text.
    String(StringRules),
    /// `format: uuid`
    Uuid,
    /// `format: id`
    Id,
    /// `format: date`
    Date,
    /// `format: date-time`
    Timestamp,
    /// `format: date-or-time`
    Moment,
    /// One of some texts.
    Enum(Enum),
    /// A whole number; without bounds, any that survives JSON.
    Integer {
        /// Least value.
        minimum: Option<i64>,
        /// Greatest value.
        maximum: Option<i64>,
    },
    /// Any number.
    Number {
        /// Least value.
        minimum: Option<f64>,
        /// Greatest value.
        maximum: Option<f64>,
    },
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array {
        /// Its items.
        items: Box<Schema>,
        /// Least number of items.
        min_items: Option<u64>,
        /// Greatest number of items.
        max_items: Option<u64>,
        /// Whether no two items are equal.
        unique_items: bool,
    },
    /// An object with known properties.
    Struct(Struct),
    /// An object with any keys, and values of one schema.
    Map(Box<Schema>),
    /// An object with any properties.
    Object,
}

/// What a text must be; lengths are counted in Unicode code points.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StringRules {
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    /// Means the same in ECMA-262 and in the `regex` crate.
    pub(crate) pattern: Option<String>,
}

/// A closed set of texts.
#[derive(Debug, Clone)]
pub struct Enum {
    pub(crate) name: TypeName,
    pub(crate) variants: Vec<Variant>,
}

/// A text of an [`Enum`].
#[derive(Debug, Clone)]
pub struct Variant {
    pub(crate) value: String,
    pub(crate) ident: RustIdent,
}

/// An object with known properties.
#[derive(Debug, Clone)]
pub struct Struct {
    pub(crate) name: TypeName,
    pub(crate) properties: Vec<Property>,
    /// Whether it is the row of a table. Any field of a row but its id may be unreadable, and is then left out.
    pub(crate) is_record: bool,
    /// Names of the properties that were reported and left out, so that nothing more is said of them; none where the
    /// catalog has no error.
    pub(crate) reported: Vec<String>,
}

/// A property of a [`Struct`].
#[derive(Debug, Clone)]
pub struct Property {
    pub(crate) name: String,
    pub(crate) ident: RustIdent,
    pub(crate) schema: Schema,
    pub(crate) presence: Presence,
}

/// Whether a property must be there.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// Always there.
    Required,
    /// May be left out.
    Optional,
    /// May be left out, and is then this.
    Default(Json),
}

/// The Rust type of a value that is there and not null; equal where a value of one can be used as the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `String`
    String,
    /// `Uuid`
    Uuid,
    /// `Id`
    Id,
    /// `Date`
    Date,
    /// `Timestamp`
    Timestamp,
    /// `Moment`
    Moment,
    /// `i64`
    Integer,
    /// `f64`
    Number,
    /// `bool`
    Boolean,
    /// `JsonObject`
    Object,
    /// A type of the module.
    Named(TypeName),
    /// `Vec<…>`, perhaps of options.
    Array {
        /// Type of an item.
        items: Box<Type>,
        /// Whether an item may be null.
        nullable: bool,
    },
}

impl Schema {
    /// A schema of this kind, with nothing said about it.
    pub(crate) fn new(kind: Kind, nullable: bool) -> Self {
        let size = Size::of(&kind);
        Self { title: None, description: None, nullable, kind, referenced: false, size, sealed: false }
    }

    /// The Rust type of its values.
    pub(crate) fn ty(&self) -> Type {
        match &self.kind {
            Kind::String(_) => Type::String,
            Kind::Uuid => Type::Uuid,
            Kind::Id => Type::Id,
            Kind::Date => Type::Date,
            Kind::Timestamp => Type::Timestamp,
            Kind::Moment => Type::Moment,
            Kind::Integer { .. } => Type::Integer,
            Kind::Number { .. } => Type::Number,
            Kind::Boolean => Type::Boolean,
            Kind::Map(_) | Kind::Object => Type::Object,
            Kind::Enum(one) => Type::Named(one.name.clone()),
            Kind::Struct(one) => Type::Named(one.name.clone()),
            Kind::Array { items, .. } => Type::Array { items: Box::new(items.ty()), nullable: items.nullable },
        }
    }

    /// The schemas directly in it.
    pub(crate) fn children(&self) -> Vec<&Schema> {
        self.kind.children()
    }
}

impl Kind {
    fn children(&self) -> Vec<&Schema> {
        match self {
            Self::Array { items, .. } | Self::Map(items) => vec![items],
            Self::Struct(one) => one.properties.iter().map(|property| &property.schema).collect(),
            Self::String(_)
            | Self::Uuid
            | Self::Id
            | Self::Date
            | Self::Timestamp
            | Self::Moment
            | Self::Enum(_)
            | Self::Integer { .. }
            | Self::Number { .. }
            | Self::Boolean
            | Self::Object => Vec::new(),
        }
    }

    /// The kind in words, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Uuid => "a UUID",
            Self::Id => "an id",
            Self::Date => "a date",
            Self::Timestamp => "a time",
            Self::Moment => "a date or a time",
            Self::Enum(_) => "a word of its `enum`",
            Self::Integer { .. } => "an integer",
            Self::Number { .. } => "a number",
            Self::Boolean => "a boolean",
            Self::Array { .. } => "an array",
            Self::Struct(_) | Self::Map(_) | Self::Object => "an object",
        }
    }
}

impl Size {
    fn of(kind: &Kind) -> Self {
        let children = kind.children();
        Self {
            nodes: 1 + children.iter().map(|child| child.size.nodes).sum::<usize>(),
            depth: 1 + children.iter().map(|child| child.size.depth).max().unwrap_or(0),
        }
    }
}

impl Struct {
    /// A struct of this name without properties.
    pub(crate) fn new(name: TypeName) -> Self {
        Self { name, properties: Vec::new(), is_record: false, reported: Vec::new() }
    }

    /// Whether a property of this name is written, in order or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.property(name).is_some() || self.reported.iter().any(|one| one == name)
    }

    /// Whether readers can rely on one of its properties.
    pub(crate) fn publishes_as_required(&self, property: &Property) -> bool {
        property.presence == Presence::Required && (!self.is_record || property.name == "id")
    }

    /// The property of this name, where it is in order.
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}
