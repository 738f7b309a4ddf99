//! The catalog's compiler: sources in, diagnostics or files out. Pure: no file, clock, environment or network.
//!
//! Three stages, three types: [`yaml`] and [`raw`] (what is written, with places) -> `validate` -> [`ir`] (what is
//! checked) -> `emit`, which cannot fail. `expr` reads and types the expressions of the sources, and [`twin`] runs checked tools
//! in memory. `docs/language.md` describes the language.

mod budget;
pub mod compat;
pub mod derive;
pub mod diagnostics;
mod emit;
mod expr;
pub mod ir;
pub mod overview;
mod part;
pub mod raw;
pub mod scaffold;
pub mod source;
pub mod synthetic;
pub mod twin;
mod validate;
#[cfg(feature = "web-registry")]
pub mod web_registry;
#[cfg(feature = "web-registry")]
pub mod web_tables;
mod written;
pub mod yaml;

use std::collections::BTreeMap;

pub use budget::Budget;
pub use diagnostics::{Code, Diagnostic, Diagnostics, Severity};
pub use emit::{FOLDERS, Release, package};
pub use part::check_part;
pub use source::Sources;
use written::{REGISTRY, is_named, parse};

/// What a catalog becomes.
#[derive(Debug, Clone)]
pub struct Output {
    /// What a catalog crate is built from, by path from its folder of generated code. Rust still needs `rustfmt`.
    pub code: BTreeMap<String, String>,
    /// Every other generated file that is committed, by path from the root of the repository.
    pub files: BTreeMap<String, String>,
    /// Text of every file that is built when it is needed, by file name: `catalog.json` (the catalog for other
    /// programs), `catalog.d.ts` (its TypeScript types), `examples.json` (every example with its place) and
    /// `index.html` (a page that searches all tools).
    pub artefacts: BTreeMap<String, String>,
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

/// Compiles a catalog within another budget than the published one.
///
/// # Errors
/// As [`compile`].
pub fn compile_within(sources: &Sources, budget: Budget) -> Result<Output, Diagnostics> {
    on_a_large_stack(|| compile_here(sources, budget))
}

fn compile_here(sources: &Sources, budget: Budget) -> Result<Output, Diagnostics> {
    let (catalog, warnings) = check_here(sources, budget)?;
    Ok(Output {
        code: emit::code(&catalog),
        files: emit::files(&catalog),
        artefacts: emit::artefacts(&catalog, sources),
        interface: compat::Interface::of(&catalog),
        warnings,
    })
}

/// The page of the functions that expressions may call, for `docs/functions.md`.
pub fn functions_page() -> String {
    expr::functions_page()
}

/// Checks a catalog: the checked form, and what is worth a look though nothing is wrong.
///
/// # Errors
/// All problems of all sources, by place, when there is an error among them.
pub fn check(sources: &Sources) -> Result<(ir::Catalog, Diagnostics), Diagnostics> {
    check_within(sources, Budget::PUBLISHED)
}

/// Checks a catalog within another budget than the published one.
///
/// # Errors
/// As [`check`].
pub fn check_within(sources: &Sources, budget: Budget) -> Result<(ir::Catalog, Diagnostics), Diagnostics> {
    on_a_large_stack(|| check_here(sources, budget))
}

fn check_here(sources: &Sources, budget: Budget) -> Result<(ir::Catalog, Diagnostics), Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let catalog = read(sources, budget, &mut diagnostics);
    let diagnostics = diagnostics.sorted(sources);
    if diagnostics.errors() > 0 { Err(diagnostics) } else { Ok((catalog, diagnostics)) }
}

/// What is deep in a source is deep on the stack: expressions have up to 100 levels, and each takes some kilobytes.
const STACK: usize = 64 << 20;

/// Does the work on a stack of its own that is large enough, where there can be one.
pub(crate) fn on_a_large_stack<T: Send>(work: impl Fn() -> T + Sync) -> T {
    std::thread::scope(|scope| {
        let spawned = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, &work);
        match spawned.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(made)) => made,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => work(),
        }
    })
}

/// The checked catalog; worth something only where `diagnostics` has no error.
fn read(sources: &Sources, budget: Budget, diagnostics: &mut Diagnostics) -> ir::Catalog {
    let raw = parse(sources.iter(), diagnostics);
    let has_registry = sources.iter().any(|(_, source)| is_named(source, REGISTRY));
    if !has_registry && let Some((name, _)) = raw.modules.iter().find_map(|module| module.tables.first()) {
        let message = format!("there is no `{REGISTRY}` to hold the encrypted fields against");
        diagnostics.push(Diagnostic::error(Code::NoCryptoRegistry, name.span, message));
    }
    validate::validate(&raw, sources, budget, diagnostics)
}
