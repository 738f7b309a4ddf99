//! The catalog's compiler: sources in, diagnostics or files out. Pure: no file, clock, environment or network.
//!
//! Three stages, three types: [`yaml`] and [`raw`] (what is written, with places) -> `validate` -> [`ir`] (what is
//! checked) -> `emit`, which cannot fail.

mod budget;
pub mod compat;
pub mod derive;
pub mod diagnostics;
mod emit;
pub mod ir;
pub mod raw;
pub mod scaffold;
pub mod source;
pub mod synthetic;
mod validate;
#[cfg(feature = "web-registry")]
pub mod web_registry;
pub mod yaml;

use std::collections::BTreeMap;

pub use budget::Budget;
pub use diagnostics::{Code, Diagnostic, Diagnostics, Severity};
pub use emit::FOLDERS;
pub use source::Sources;
use source::{FileId, SourceFile};

/// The source that mirrors the web application's encryption registry; every other one is a module.
const REGISTRY: &str = "crypto.yaml";

/// What a catalog becomes.
#[derive(Debug, Clone)]
pub struct Output {
    /// What a catalog crate is built from, by path from its folder of generated code. Rust still wants `rustfmt`.
    pub code: BTreeMap<String, String>,
    /// Every other generated file, by path from the root of the repository.
    pub files: BTreeMap<String, String>,
    /// What clients rely on, to be held against what was published before.
    pub interface: compat::Interface,
    /// What is worth a look, though nothing is wrong.
    pub warnings: Diagnostics,
}

/// Compiles a catalog.
///
/// # Errors
/// All problems of all sources, by place, when there is an error among them.
pub fn compile(sources: &Sources) -> Result<Output, Diagnostics> {
    compile_within(sources, Budget::PUBLISHED)
}

/// Compiles a catalog whose tools may take so many tokens.
///
/// # Errors
/// As [`compile`].
pub fn compile_within(sources: &Sources, budget: Budget) -> Result<Output, Diagnostics> {
    let (catalog, warnings) = check_within(sources, budget)?;
    Ok(Output {
        code: emit::code(&catalog),
        files: emit::emit(&catalog),
        interface: compat::Interface::of(&catalog),
        warnings,
    })
}

/// Checks a catalog: the checked form, and what is worth a look though nothing is wrong.
///
/// # Errors
/// All problems of all sources, by place, when there is an error among them.
pub fn check(sources: &Sources) -> Result<(ir::Catalog, Diagnostics), Diagnostics> {
    check_within(sources, Budget::PUBLISHED)
}

/// Checks a catalog whose tools may take so many tokens.
///
/// # Errors
/// As [`check`].
pub fn check_within(sources: &Sources, budget: Budget) -> Result<(ir::Catalog, Diagnostics), Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let catalog = read(sources, budget, &mut diagnostics);
    let diagnostics = diagnostics.sorted(sources);
    if diagnostics.errors() > 0 { Err(diagnostics) } else { Ok((catalog, diagnostics)) }
}

/// The checked catalog; worth something only where `diagnostics` has no error.
fn read(sources: &Sources, budget: Budget, diagnostics: &mut Diagnostics) -> ir::Catalog {
    let Raw { modules, registry } = parse(sources.iter(), diagnostics);
    let has_registry = sources.iter().any(|(_, source)| is_registry(source));
    if !has_registry && let Some((name, _)) = modules.iter().find_map(|module| module.tables.first()) {
        let message = format!("there is no `{REGISTRY}` to hold the encrypted fields against");
        diagnostics.push(Diagnostic::error(Code::NoCryptoRegistry, name.span, message));
    }
    validate::validate(&modules, registry.as_ref(), sources, budget, diagnostics)
}

/// What the sources say, nothing checked but its shape.
struct Raw {
    modules: Vec<raw::Module>,
    registry: Option<raw::Registry>,
}

fn parse<'a>(sources: impl Iterator<Item = (FileId, &'a SourceFile)>, diagnostics: &mut Diagnostics) -> Raw {
    let mut raw = Raw { modules: Vec::new(), registry: None };
    for (file, source) in sources {
        let Some(tree) = yaml::parse(file, &source.text, diagnostics) else { continue };
        if is_registry(source) {
            raw.registry = raw::Registry::read(file, &tree, diagnostics);
        } else {
            raw.modules.extend(raw::Module::read(file, &tree, diagnostics));
        }
    }
    raw
}

fn is_registry(source: &SourceFile) -> bool {
    source.path.rsplit('/').next() == Some(REGISTRY)
}
