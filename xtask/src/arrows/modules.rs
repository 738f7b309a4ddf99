//! The modules of a crate as its files spell them: what each defines, takes from others and hands on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::{Attribute, Ident, Item, UseTree, Visibility};

/// The names that each file takes from each other one.
pub(super) type Arrows = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// All modules of a crate; the first one is its root.
#[derive(Default)]
pub(super) struct Modules(Vec<Module>);

/// The place of a module among all.
type Id = usize;

/// `crate::a::B`, as segments.
type Names = Vec<String>;

#[derive(Default)]
struct Module {
    file: PathBuf,
    parent: Id,
    children: BTreeMap<String, Id>,
    /// What its file defines.
    defined: BTreeSet<String>,
    /// What it has by `use`, by the name that it has here.
    taken: BTreeMap<String, Names>,
    /// Modules of which it has everything.
    globs: Vec<Names>,
    /// What it takes for itself.
    used: Vec<Names>,
    /// What it only hands on: `pub use`. That is no arrow, unless its own code says one of these names.
    handed_on: BTreeMap<String, Names>,
    /// The paths that its code says.
    said: BTreeSet<Names>,
}

impl Modules {
    /// Reads a crate from its root file. What only tests see is left out.
    pub(super) fn of(root: &Path) -> Result<Self> {
        let mut modules = Self::default();
        let folder = root.parent().unwrap_or(root);
        modules.read(root, folder, 0)?;
        Ok(modules)
    }

    /// Which file takes which names from which other one.
    pub(super) fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (at, module) in self.0.iter().enumerate() {
            let from = arrows.entry(module.file.clone()).or_default();
            let own = module.said.iter().filter_map(|said| match said.as_slice() {
                [name] => module.handed_on.get(name).filter(|_| !module.defined.contains(name)),
                _ => Some(said),
            });
            for names in module.used.iter().chain(own) {
                let home = self.home(at, names, &mut Vec::new()).and_then(|home| self.0.get(home));
                if let Some(home) = home.filter(|home| home.file != module.file) {
                    from.entry(home.file.clone()).or_default().insert(names.join("::"));
                }
            }
        }
        arrows
    }

    fn read(&mut self, file: &Path, folder: &Path, parent: Id) -> Result<Id> {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("{} is no Rust", file.display()))?;
        self.add(parsed.items, file, folder, parent)
    }

    /// A module and all beneath it. `folder` is where the files of its children are.
    fn add(&mut self, items: Vec<Item>, file: &Path, folder: &Path, parent: Id) -> Result<Id> {
        // Its place comes before those of its children.
        let id = self.0.len();
        self.0.push(Module::default());
        let mut module = Module { file: file.to_owned(), parent, ..Module::default() };
        for item in items {
            match item {
                Item::Mod(child) if !is_for_tests(&child.attrs) => {
                    let name = plain(&child.ident);
                    let inner = folder.join(&name);
                    let read = match child.content {
                        Some((_, items)) => self.add(items, file, &inner, id),
                        None => {
                            let files = [folder.join(format!("{name}.rs")), inner.join("mod.rs")];
                            let found = files.iter().find(|file| file.is_file());
                            let found = found.with_context(|| format!("{}: no file of {name}", file.display()))?;
                            self.read(found, &inner, id)
                        }
                    };
                    module.children.insert(name, read?);
                }
                Item::Use(taken) if !is_for_tests(&taken.attrs) => module.take(&taken.tree, &[], &taken.vis),
                Item::Mod(_) | Item::Use(_) => {}
                item => module.define(&item),
            }
        }
        if let Some(place) = self.0.get_mut(id) {
            *place = module;
        }
        Ok(id)
    }

    /// The module that defines what these names mean in this one; none where it is of another crate.
    fn home(&self, at: Id, names: &[String], seen: &mut Vec<(Id, String)>) -> Option<Id> {
        let (first, rest) = names.split_first()?;
        let (mut at, mut rest) = match first.as_str() {
            "crate" => (0, rest),
            "self" => (at, rest),
            "super" => (self.0.get(at)?.parent, rest),
            name => {
                let module = self.0.get(at)?;
                let is_known = module.children.contains_key(name)
                    || module.defined.contains(name)
                    || module.taken.contains_key(name);
                (is_known.then_some(at)?, names)
            }
        };
        while let Some((name, further)) = rest.split_first() {
            let module = self.0.get(at)?;
            if name == "super" {
                (at, rest) = (module.parent, further);
                continue;
            }
            let is_defined = module.defined.contains(name);
            if let Some(child) = module.children.get(name).filter(|_| !(is_defined && further.is_empty())) {
                (at, rest) = (*child, further);
                continue;
            }
            if is_defined {
                return Some(at);
            }
            if let Some(taken) = module.taken.get(name) {
                let step = (at, name.clone());
                if seen.contains(&step) {
                    return None;
                }
                seen.push(step);
                return self.home(at, &[taken, further].concat(), seen);
            }
            return self.among_globs(at, name, seen).or(Some(at));
        }
        Some(at)
    }

    fn among_globs(&self, at: Id, name: &str, seen: &mut Vec<(Id, String)>) -> Option<Id> {
        self.0.get(at)?.globs.iter().find_map(|glob| {
            let step = (at, glob.join("::"));
            if seen.contains(&step) {
                return None;
            }
            seen.push(step);
            let from = self.home(at, glob, seen)?;
            let module = self.0.get(from)?;
            let has = module.defined.contains(name) || module.taken.contains_key(name);
            if has { self.home(from, &["self".to_owned(), name.to_owned()], seen) } else { None }
        })
    }
}

impl Module {
    fn take(&mut self, tree: &UseTree, before: &[String], visibility: &Visibility) {
        let with = |name: &Ident| [before, &[plain(name)]].concat();
        match tree {
            UseTree::Path(path) => self.take(&path.tree, &with(&path.ident), visibility),
            UseTree::Name(name) if name.ident == "self" => {
                self.take_as(before.last().cloned().unwrap_or_default(), before.to_vec(), visibility);
            }
            UseTree::Name(name) => self.take_as(plain(&name.ident), with(&name.ident), visibility),
            UseTree::Rename(name) => self.take_as(plain(&name.rename), with(&name.ident), visibility),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.take(tree, before, visibility)),
            UseTree::Glob(_) => {
                self.globs.push(before.to_vec());
                if matches!(visibility, Visibility::Inherited) {
                    self.used.push(before.to_vec());
                }
            }
        }
    }

    fn take_as(&mut self, name: String, names: Names, visibility: &Visibility) {
        match visibility {
            Visibility::Inherited => self.used.push(names.clone()),
            _ => drop(self.handed_on.insert(name.clone(), names.clone())),
        }
        self.taken.insert(name, names);
    }

    fn define(&mut self, item: &Item) {
        let (name, attributes) = match item {
            Item::Const(item) => (Some(&item.ident), &item.attrs),
            Item::Enum(item) => (Some(&item.ident), &item.attrs),
            Item::Fn(item) => (Some(&item.sig.ident), &item.attrs),
            Item::Static(item) => (Some(&item.ident), &item.attrs),
            Item::Struct(item) => (Some(&item.ident), &item.attrs),
            Item::Trait(item) => (Some(&item.ident), &item.attrs),
            Item::Type(item) => (Some(&item.ident), &item.attrs),
            Item::Union(item) => (Some(&item.ident), &item.attrs),
            Item::Macro(item) => (item.ident.as_ref(), &item.attrs),
            Item::Impl(item) => (None, &item.attrs),
            _ => return,
        };
        if is_for_tests(attributes) {
            return;
        }
        self.defined.extend(name.map(plain));
        self.hear(item.to_token_stream());
    }

    /// Collects the paths in code, in arguments of macros too.
    fn hear(&mut self, code: TokenStream) {
        let mut path = Names::new();
        // What stands before a name: `::` goes on with a path, and a name after a dot is a field or a method.
        let mut before = String::new();
        for token in code {
            match token {
                TokenTree::Ident(name) => {
                    if before != "::" {
                        self.say(&mut path);
                    }
                    if before != "." {
                        path.push(plain(&name));
                    }
                    before.clear();
                }
                TokenTree::Punct(mark) => {
                    before.push(mark.as_char());
                    if !"::".starts_with(&before) {
                        self.say(&mut path);
                        before = mark.as_char().to_string();
                    }
                }
                TokenTree::Group(group) => {
                    self.say(&mut path);
                    before.clear();
                    self.hear(group.stream());
                }
                TokenTree::Literal(_) => before.clear(),
            }
        }
        self.say(&mut path);
    }

    fn say(&mut self, path: &mut Names) {
        if !path.is_empty() {
            self.said.insert(std::mem::take(path));
        }
    }
}

/// Whether `#[cfg(test)]`, or the like, keeps it from every program.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let said = attribute.meta.to_token_stream().to_string();
        let words: Vec<&str> = said.split(|letter: char| !letter.is_alphanumeric()).collect();
        words.contains(&"test") && !words.contains(&"not")
    })
}

/// `gen` of `r#gen`.
fn plain(name: &Ident) -> String {
    name.unraw().to_string()
}
