//! A page for every code: what is wrong, why it matters, an example that really is refused, and what to write instead.
//! `cargo xtask explain` prints them, and `docs/diagnostics/` holds them. What the compiler says in a page is what it
//! says of the example at that moment; tests hold every example to its code.

mod actions;
mod crypto;
mod examples;
mod expressions;
mod names;
mod page;
mod portable;
mod schemas;
mod snippet;
mod sources;
mod texts;
mod toolsets;
mod web;

use std::collections::BTreeMap;

pub use page::Page;
pub use snippet::Snippet;

use super::Code;
use super::render::{self, Style};

/// The folder of the pages, from the root of the repository.
pub const FOLDER: &str = "docs/diagnostics";

impl Code {
    /// The page of this code.
    pub fn page(self) -> Page {
        match self {
            Self::YamlSyntax => sources::YAML_SYNTAX,
            Self::YamlFeature => sources::YAML_FEATURE,
            Self::DuplicateKey => sources::DUPLICATE_KEY,
            Self::TooLarge => sources::TOO_LARGE,
            Self::AmbiguousScalar => sources::AMBIGUOUS_SCALAR,
            Self::UnknownKey => sources::UNKNOWN_KEY,
            Self::MissingKey => sources::MISSING_KEY,
            Self::WrongKind => sources::WRONG_KIND,
            Self::UnknownWord => sources::UNKNOWN_WORD,
            Self::UnknownKeyword => schemas::UNKNOWN_KEYWORD,
            Self::MisplacedKeyword => schemas::MISPLACED_KEYWORD,
            Self::Contradiction => schemas::CONTRADICTION,
            Self::DanglingRef => schemas::DANGLING_REF,
            Self::LoopingRef => schemas::LOOPING_REF,
            Self::Pattern => schemas::PATTERN,
            Self::BadDefault => schemas::BAD_DEFAULT,
            Self::MisplacedDefault => schemas::MISPLACED_DEFAULT,
            Self::SchemaTooLarge => schemas::SCHEMA_TOO_LARGE,
            Self::HeaderKeyword => schemas::HEADER_KEYWORD,
            Self::BadName => names::BAD_NAME,
            Self::NameCollision => names::NAME_COLLISION,
            Self::FileName => names::FILE_NAME,
            Self::MissingText => names::MISSING_TEXT,
            Self::BadText => names::BAD_TEXT,
            Self::InstructingText => texts::INSTRUCTING_TEXT,
            Self::Secret => texts::SECRET,
            Self::TokenBudget => texts::TOKEN_BUDGET,
            Self::Policy => actions::POLICY,
            Self::UnknownTable => actions::UNKNOWN_TABLE,
            Self::UnknownField => actions::UNKNOWN_FIELD,
            Self::UnknownVariable => actions::UNKNOWN_VARIABLE,
            Self::TypeMismatch => actions::TYPE_MISMATCH,
            Self::FieldNeverSet => actions::FIELD_NEVER_SET,
            Self::FieldSetTwice => actions::FIELD_SET_TWICE,
            Self::EncryptedQuery => actions::ENCRYPTED_QUERY,
            Self::PlainTextLeak => actions::PLAIN_TEXT_LEAK,
            Self::Returns => actions::RETURNS,
            Self::UnusedInput => actions::UNUSED_INPUT,
            Self::TableShape => actions::TABLE_SHAPE,
            Self::WireName => actions::WIRE_NAME,
            Self::ExpressionSyntax => expressions::EXPRESSION_SYNTAX,
            Self::ExpressionType => expressions::EXPRESSION_TYPE,
            Self::MayBeNull => expressions::MAY_BE_NULL,
            Self::UnknownFunction => expressions::UNKNOWN_FUNCTION,
            Self::Steps => expressions::STEPS,
            Self::Paging => expressions::PAGING,
            Self::UnknownService => expressions::UNKNOWN_SERVICE,
            Self::Alias => expressions::ALIAS,
            Self::EncryptedFields => crypto::ENCRYPTED_FIELDS,
            Self::CryptoRegistry => crypto::CRYPTO_REGISTRY,
            Self::NoCryptoRegistry => crypto::NO_CRYPTO_REGISTRY,
            Self::WebRegistry => crypto::WEB_REGISTRY,
            Self::FieldDrift => crypto::FIELD_DRIFT,
            Self::UnencryptedTable => crypto::UNENCRYPTED_TABLE,
            Self::NeedlessEncryption => crypto::NEEDLESS_ENCRYPTION,
            Self::UnknownWebTable => crypto::UNKNOWN_WEB_TABLE,
            Self::TableInBoth => crypto::TABLE_IN_BOTH,
            Self::MirrorLag => crypto::MIRROR_LAG,
            Self::BadExample => examples::BAD_EXAMPLE,
            Self::BadPreparation => examples::BAD_PREPARATION,
            Self::ExampleFails => examples::EXAMPLE_FAILS,
            Self::UnknownTool => toolsets::UNKNOWN_TOOL,
            Self::ToolsetEntry => toolsets::TOOLSET_ENTRY,
            Self::UnknownToolset => toolsets::UNKNOWN_TOOLSET,
            Self::ToolsetBudget => toolsets::TOOLSET_BUDGET,
            Self::NullValue => portable::NULL_VALUE,
            Self::PortablePattern => portable::PORTABLE_PATTERN,
            Self::AnyInteger => portable::ANY_INTEGER,
            Self::MirrorEntry => web::MIRROR_ENTRY,
            Self::WebField => web::WEB_FIELD,
            Self::WebOptional => web::WEB_OPTIONAL,
            Self::WebSpaces => web::WEB_SPACES,
        }
    }

    /// The code of this number (`C0007`, `c7`, `7`) or slug (`missing-key`).
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_start_matches(['C', 'c']);
        let number: Option<u16> = digits.parse().ok().filter(|_| text.len() <= "C0000".len());
        let is_named = |code: &&Self| match number {
            Some(number) => code.id().trim_start_matches('C').parse() == Ok(number),
            None => code.slug() == text,
        };
        Self::ALL.iter().find(is_named).copied()
    }

    /// A help that names the code that was perhaps meant.
    pub fn suggest(text: &str) -> Option<String> {
        super::did_you_mean(text, Self::ALL.iter().map(|code| code.slug()))
    }

    /// The page as Markdown.
    pub fn markdown(self) -> String {
        let Page { why, example, instead } = self.page();
        let mut said = String::new();
        let (sources, problems) = example.problems();
        for problem in problems.iter() {
            said.push_str(&render::full(problem, &sources, Style::Plain));
            said.push('\n');
        }
        format!(
            "# {}: {}\n\n{}\n\n{why}\n\n## Example\n\n{}\n```text\n{said}```\n\n## Instead\n\n{}",
            self.id(),
            self.slug(),
            self.summary().trim(),
            example.fenced(),
            instead.fenced(),
        )
    }

    /// Where the page stands: `C0007-missing-key.md`.
    pub fn file_name(self) -> String {
        format!("{}-{}.md", self.id(), self.slug())
    }
}

/// All pages and their table of contents, by path from the root of the repository.
pub fn files() -> BTreeMap<String, String> {
    let mut contents = "# Diagnostics\n\nEvery problem that the compiler reports, by code. `cargo xtask explain CODE` prints \
        a page.\nThese pages are generated from the compiler's own texts by `cargo xtask gen`.\n\n| code | name | what |\n| --- | \
        --- | --- |\n"
        .to_owned();
    let mut files = BTreeMap::new();
    for code in Code::ALL {
        let file = code.file_name();
        let (id, slug, summary) = (code.id(), code.slug(), code.summary().trim());
        contents.push_str(&format!("| [{id}]({file}) | {slug} | {summary} |\n"));
        files.insert(format!("{FOLDER}/{file}"), code.markdown());
    }
    files.insert(format!("{FOLDER}/README.md"), contents);
    files
}
