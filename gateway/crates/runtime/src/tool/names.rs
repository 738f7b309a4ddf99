//! The tool that a name means, in all its spellings: the dotted one of the catalog, the underscored one of lists, and what
//! hosts make of it before they call.

use super::{Catalog, ToolId, underscored};

/// Longer than every name that a host makes: its model's provider takes 64 characters, and some hosts add a hash.
const MAX_CALLED_BYTES: usize = 128;

impl Catalog {
    /// The tool that a call means: its name or one of its aliases, dotted, underscored or with hyphens, perhaps behind a
    /// host's prefix (`mcp__<server>__`, `mcp_<server>_`, `mana-`). None where the name could mean two tools.
    #[must_use]
    pub fn resolve(&self, called: &str) -> Option<ToolId> {
        self.find_any(called).or_else(|| self.resolve_host_name(called))
    }

    fn resolve_host_name(&self, called: &str) -> Option<ToolId> {
        if called.len() > MAX_CALLED_BYTES {
            return None;
        }
        let name = underscored(called);
        let bare = self.find_any(&name);
        let prefixed = match name.strip_prefix("mcp_") {
            // Two underscores end the server's name, and no tool's name has two in a row.
            Some(rest) if rest.starts_with('_') => {
                rest.rsplit_once("__").map_or(rest.trim_start_matches('_'), |(_, name)| name)
            }
            // The server's name may hold underscores too, so every suffix is a candidate.
            Some(rest) => {
                let (of_hosts, named): (Vec<_>, Vec<_>) =
                    self.suffixes(rest).partition(|(name, _)| !name.contains('_'));
                // `notes_search` ends with `search`, and is another tool.
                let named = if named.is_empty() { of_hosts } else { named };
                return only(bare.into_iter().chain(named.into_iter().map(|(_, tool)| tool)));
            }
            None => name.strip_prefix("mana_").unwrap_or_default(),
        };
        only(bare.into_iter().chain(self.find_any(prefixed)))
    }

    /// The tools whose names stand behind an underscore of `text` and end with it.
    fn suffixes<'a>(&self, text: &'a str) -> impl Iterator<Item = (&'a str, ToolId)> {
        text.match_indices('_').filter_map(move |(at, _)| {
            let name = text.get(at + 1..)?;
            Some((name, self.find_any(name)?))
        })
    }
}

/// The tool, where all candidates are the same.
fn only(mut candidates: impl Iterator<Item = ToolId>) -> Option<ToolId> {
    let first = candidates.next()?;
    candidates.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use crate::tool::{Catalog, Module, ToolEntry, testing::entry};

    const fn aliased(name: &'static str, aliases: &'static [&'static str]) -> ToolEntry {
        let mut entry = entry(name);
        entry.spec.aliases = aliases;
        entry
    }

    static TODO: Module = Module {
        name: "todo",
        summary: "",
        spaces: None,
        tools: &[
            aliased("todo.create", &["create_task", "tasks.add"]),
            entry("todo.getStats"),
            entry("todo.list"),
            entry("todo.search"),
        ],
        tables: &[],
    };
    static WORK: Module =
        Module { name: "work_todo", summary: "", spaces: None, tools: &[entry("work_todo.list")], tables: &[] };
    static SUITE: Module = Module {
        name: "suite",
        summary: "",
        spaces: None,
        tools: &[entry("suite.search").listed_as("search")],
        tables: &[],
    };

    static MODULES: [&Module; 3] = [&TODO, &WORK, &SUITE];

    #[test]
    fn a_call_may_use_every_spelling_that_means_one_tool() {
        let catalog = Catalog::new(&MODULES);
        for (called, tool) in [
            ("todo.create", Some("todo.create")),
            ("todo_create", Some("todo.create")),
            ("todo-create", Some("todo.create")),
            ("todo-getStats", Some("todo.getStats")),
            ("mcp__mana__todo_create", Some("todo.create")),
            ("mcp__my_own-server__todo-create", Some("todo.create")),
            ("mcp__plugin__mana__todo.create", Some("todo.create")),
            ("mcp_mana_todo_create", Some("todo.create")),
            ("mcp_my_mana_todo_create", Some("todo.create")),
            ("mana-todo-create", Some("todo.create")),
            ("mana_todo_create", Some("todo.create")),
            ("mana.todo.create", Some("todo.create")),
            ("work-todo-list", Some("work_todo.list")),
            ("mcp__mana__work_todo_list", Some("work_todo.list")),
            // A server `work` with `todo.list`, or any server with `work_todo.list`.
            ("mcp_mana_work_todo_list", None),
            ("mcp_work_todo_list", Some("todo.list")),
            ("create", None),
            ("todo_creat", None),
            ("TODO_CREATE", None),
            ("todo__create", None),
            ("other-todo-create", None),
            ("mcp__mana__todo_create_", None),
            // Former names.
            ("create_task", Some("todo.create")),
            ("create-task", Some("todo.create")),
            ("tasks.add", Some("todo.create")),
            ("tasks_add", Some("todo.create")),
            ("mcp__mana__create_task", Some("todo.create")),
            ("mcp_my_mana_create_task", Some("todo.create")),
            ("mana-create-task", Some("todo.create")),
            ("createTask", None),
            // A name that hosts want, which is the end of another tool's.
            ("search", Some("suite.search")),
            ("suite.search", Some("suite.search")),
            ("suite_search", Some("suite.search")),
            ("mcp__mana__search", Some("suite.search")),
            ("mcp_mana_search", Some("suite.search")),
            ("mcp_my_mana_search", Some("suite.search")),
            ("mcp_mana_todo_search", Some("todo.search")),
            ("mcp__mana__todo_search", Some("todo.search")),
            ("mana-search", Some("suite.search")),
            ("catalog-call", Some("catalog.call")),
            ("mcp__mana__catalog_call", Some("catalog.call")),
            ("mcp__todo_create", Some("todo.create")),
            ("mcp_", None),
            ("mcp__", None),
            ("mana_", None),
            ("", None),
        ] {
            assert_eq!(catalog.resolve(called).map(|tool| tool.name()), tool, "{called}");
        }
        assert!(catalog.resolve(&format!("mcp_{}_todo_create", "x_".repeat(100_000))).is_none());
    }
}
