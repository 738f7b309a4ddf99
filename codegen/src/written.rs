//! A catalog as it is written: what each source is by its name, and what all of them say.

use crate::diagnostics::Diagnostics;
use crate::source::{FileId, SourceFile};
use crate::{raw, yaml};

/// The source that mirrors the web application's encryption registry.
pub(crate) const REGISTRY: &str = "crypto.yaml";

/// The source that groups tools.
const TOOLSETS: &str = "toolsets.yaml";

/// The source that mirrors the web application's tables.
pub(crate) const WEB: &str = "web.yaml";

/// The source of the words by which people look for tools.
const WORDS: &str = "words.yaml";

/// Where the prompts stand.
const PROMPTS: &str = "/prompts/";

/// Where the sources of services stand.
pub(crate) const SERVICES: &str = "/services/";

/// What the sources say, nothing checked but its shape.
#[derive(Default)]
pub(crate) struct Raw {
    pub(crate) modules: Vec<raw::Module>,
    pub(crate) registry: Option<raw::Registry>,
    pub(crate) toolsets: Option<raw::Toolsets>,
    pub(crate) services: Vec<raw::Service>,
    pub(crate) web: Option<raw::Web>,
    pub(crate) prompts: Vec<raw::Prompt>,
    pub(crate) words: Option<raw::Words>,
    /// Whether there is a file of toolsets, readable or not.
    pub(crate) has_toolsets: bool,
    /// Whether it is a part of a catalog, of which nothing is said as a whole.
    pub(crate) is_part: bool,
}

pub(crate) fn parse<'a>(sources: impl Iterator<Item = (FileId, &'a SourceFile)>, diagnostics: &mut Diagnostics) -> Raw {
    let mut raw = Raw::default();
    for (file, source) in sources {
        raw.has_toolsets |= is_named(source, TOOLSETS);
        if source.path.contains(PROMPTS) {
            raw.prompts.extend(raw::Prompt::read(file, &source.text, diagnostics));
            continue;
        }
        let Some(tree) = yaml::parse(file, &source.text, diagnostics) else { continue };
        if is_named(source, TOOLSETS) {
            raw.toolsets = raw::Toolsets::read(file, &tree, diagnostics);
        } else if is_named(source, REGISTRY) {
            raw.registry = raw::Registry::read(file, &tree, diagnostics);
        } else if is_named(source, WEB) {
            raw.web = raw::Web::read(file, &tree, diagnostics);
        } else if is_named(source, WORDS) {
            raw.words = raw::Words::read(file, &tree, diagnostics);
        } else if source.path.contains(SERVICES) {
            raw.services.extend(raw::Service::read(file, &tree, diagnostics));
        } else {
            raw.modules.extend(raw::Module::read(file, &tree, diagnostics));
        }
    }
    raw
}

/// Whether the source of this name, without `.yaml`, is something else than a module.
pub(crate) fn is_no_module(name: &str) -> bool {
    [REGISTRY, TOOLSETS, WEB, WORDS].iter().any(|file| file.strip_suffix(".yaml") == Some(name))
}

pub(crate) fn is_named(source: &SourceFile, name: &str) -> bool {
    source.path.rsplit('/').next() == Some(name)
}
