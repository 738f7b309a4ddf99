//! The codes of all problems. A code is never given to another problem once it is published.

/// Declares the codes with their numbers and slugs.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal $slug:literal,)+) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All codes, by number.
            pub const ALL: &[Code] = &[$(Self::$name,)+];

            /// The number, as it is shown: `C0007`.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("C", $number),)+
                }
            }

            /// The kind of problem in a word or two: `wrong-kind`.
            pub const fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)+
                }
            }

            /// The kind of problem in a sentence.
            pub const fn summary(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+),)+
                }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    YamlSyntax = "0001" "yaml-syntax",
    /// A feature of YAML that a catalog does not use: anchors, aliases, merge keys, tags, several documents.
    YamlFeature = "0002" "yaml-feature",
    /// A mapping has the same key twice.
    DuplicateKey = "0003" "duplicate-key",
    /// The source is too large, or nested too deeply.
    TooLarge = "0004" "too-large",
    /// A plain scalar that YAML parsers read in different ways.
    AmbiguousScalar = "0005" "ambiguous-scalar",
    /// A key that is not known here.
    UnknownKey = "0006" "unknown-key",
    /// A key that must be there is not.
    MissingKey = "0007" "missing-key",
    /// A value of another kind than expected.
    WrongKind = "0008" "wrong-kind",
    /// A word that is not allowed here.
    UnknownWord = "0009" "unknown-word",

    /// A JSON Schema keyword outside the subset.
    UnknownKeyword = "0010" "unknown-keyword",
    /// A keyword that says nothing about values of this type.
    MisplacedKeyword = "0011" "misplaced-keyword",
    /// Keywords that contradict each other or have no sense.
    Contradiction = "0012" "contradiction",
    /// A `$ref` to something that is not there.
    DanglingRef = "0013" "dangling-ref",
    /// A `$ref` that leads back to itself.
    LoopingRef = "0014" "looping-ref",
    /// A pattern that does not mean the same in ECMA-262 and in Rust.
    Pattern = "0015" "pattern",
    /// A default that its own schema refuses.
    BadDefault = "0016" "bad-default",
    /// A default where none can be.
    MisplacedDefault = "0017" "misplaced-default",
    /// A schema that grows too large once its references are written out.
    SchemaTooLarge = "0018" "schema-too-large",
    /// A keyword that would send an argument in an HTTP header.
    HeaderKeyword = "0019" "header-keyword",

    /// A name that does not follow the rules for names.
    BadName = "0020" "bad-name",
    /// Two names that become the same name.
    NameCollision = "0021" "name-collision",
    /// A module whose name is not that of its file.
    FileName = "0022" "file-name",
    /// A description is missing.
    MissingText = "0023" "missing-text",
    /// A text that is too long, or holds characters that cannot be shown.
    BadText = "0024" "bad-text",
    /// A text that instructs the model beyond the tool that it describes.
    InstructingText = "0025" "instructing-text",
    /// A text or an example that holds what looks like a secret.
    Secret = "0026" "secret",
    /// A tool that takes too much of a model's context.
    TokenBudget = "0027" "token-budget",

    /// A policy hint, scope or idempotency that the action contradicts.
    Policy = "0030" "policy",
    /// A table that the module does not have.
    UnknownTable = "0031" "unknown-table",
    /// A field that the record, input or output does not have.
    UnknownField = "0032" "unknown-field",
    /// A variable or function that actions do not have, or not here.
    UnknownVariable = "0033" "unknown-variable",
    /// A value of another type than its field.
    TypeMismatch = "0034" "type-mismatch",
    /// A field that a live row needs, and that nothing sets.
    FieldNeverSet = "0035" "field-never-set",
    /// A field that is set by the compiler.
    FieldSetTwice = "0036" "field-set-twice",
    /// A filter or sort over an encrypted field.
    EncryptedQuery = "0037" "encrypted-query",
    /// A text of an encrypted field that is also stored in a plain one.
    PlainTextLeak = "0038" "plain-text-leak",
    /// A result that the output does not have, or an output that nothing gives.
    Returns = "0040" "returns",
    /// An input that the action never uses.
    UnusedInput = "0041" "unused-input",
    /// A table whose id or times are not what every table has.
    TableShape = "0042" "table-shape",
    /// A table whose rows would lie among those of another.
    WireName = "0043" "wire-name",

    /// An expression that cannot be read.
    ExpressionSyntax = "0044" "expression-syntax",
    /// A value of another type than its place, function or operator takes.
    ExpressionType = "0045" "expression-type",
    /// A value that may be null where that has no meaning.
    MayBeNull = "0046" "may-be-null",
    /// A function that expressions do not have.
    UnknownFunction = "0047" "unknown-function",
    /// Steps that cannot be done in this order, or not like this.
    Steps = "0048" "steps",
    /// A list that is cut without saying so, or an invalid page.
    Paging = "0049" "paging",
    /// Encrypted fields that differ from the web application's registry.
    EncryptedFields = "0050" "encrypted-fields",
    /// A registry that contradicts itself.
    CryptoRegistry = "0051" "crypto-registry",
    /// The registry is missing.
    NoCryptoRegistry = "0052" "no-crypto-registry",
    /// A part of the web application's lists that cannot be judged.
    WebRegistry = "0053" "web-registry",
    /// A table whose encrypted fields differ from the web application's.
    FieldDrift = "0054" "field-drift",
    /// A table that is plain here, though the web application encrypts it.
    UnencryptedTable = "0055" "unencrypted-table",
    /// A table that is encrypted here, though the web application has it switched off or plain.
    NeedlessEncryption = "0056" "needless-encryption",
    /// A table that the web application does not know.
    UnknownWebTable = "0057" "unknown-web-table",
    /// A table that stands in both lists of the web application.
    TableInBoth = "0058" "table-in-both",
    /// A mirror that does not know all that the web application says.
    MirrorLag = "0059" "mirror-lag",

    /// An example that a schema refuses.
    BadExample = "0060" "bad-example",
    /// A preparation of an example that cannot be made.
    BadPreparation = "0061" "bad-preparation",
    /// An example whose tool does not do what the example says.
    ExampleFails = "0062" "example-fails",

    /// A tool or module that the catalog does not have, or that no client is served.
    UnknownTool = "0070" "unknown-tool",
    /// A toolset that lists no tool, or lists one twice.
    ToolsetEntry = "0071" "toolset-entry",
    /// A default toolset that is not there.
    UnknownToolset = "0072" "unknown-toolset",
    /// A toolset, or a catalog without toolsets, that takes too much of a model's context.
    ToolsetBudget = "0073" "toolset-budget",

    /// A null that a caller would have to send, or that a list holds.
    NullValue = "0074" "null-value",
    /// A pattern that not every host and provider of models reads, or that only keeps U+0000 out.
    PortablePattern = "0075" "portable-pattern",
    /// A bound that only says "any integer".
    AnyInteger = "0076" "any-integer",

    /// A service, or an operation of one, that is not there.
    UnknownService = "0080" "unknown-service",
    /// Another name of a tool that is taken.
    Alias = "0081" "alias",

    /// A table whose fields the mirror of the web application does not list.
    MirrorEntry = "0090" "mirror-entry",
    /// A field that the web application does not have, or has with another type.
    WebField = "0091" "web-field",
    /// A required field that the web application may leave out or set to null.
    WebOptional = "0092" "web-optional",
    /// A module with other types of spaces than in the web application.
    WebSpaces = "0093" "web-spaces",
}
