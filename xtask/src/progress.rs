//! What a person sees while and after a command runs: one line that comes and goes, and a table of the catalog.

use std::io::{IsTerminal as _, Write as _, stderr};

use mana_mcp_codegen::compat::Interface;

/// A line on a terminal that says what is being done; elsewhere nothing. It goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { on_terminal: stderr().is_terminal() }
    }

    /// Replaces the line.
    pub(crate) fn say(&self, doing: &str) {
        if self.on_terminal {
            let mut out = stderr().lock();
            // A line that cannot be shown is dropped.
            let _ = write!(out, "\r\x1b[K{doing} …").and_then(|()| out.flush());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.on_terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

/// The catalog in a table: tools by module and by what they do.
pub(crate) fn summary(interface: &Interface) -> String {
    let modules = interface.modules();
    let width = modules.keys().map(|name| name.len()).max().unwrap_or(0).max("module".len());
    let row = |cells: [&str; 5]| {
        let [name, rest @ ..] = cells;
        let rest: Vec<String> = rest.iter().map(|cell| format!("{cell:>13}")).collect();
        format!("{name:<width$}{}\n", rest.concat())
    };
    let mut table = row(["module", "tools", "read", "write", "destructive"]);
    let mut total = [0; 4];
    for (name, counts) in &modules {
        let cells = [counts.tools(), counts.read, counts.write, counts.destructive];
        total.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += cell);
        let [tools, read, write, destructive] = cells.map(|cell| cell.to_string());
        table.push_str(&row([name, &tools, &read, &write, &destructive]));
    }
    let [tools, read, write, destructive] = total.map(|cell| cell.to_string());
    table.push_str(&row(["", &tools, &read, &write, &destructive]));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_counts_every_tool_once() {
        let repository = crate::published::tests::Repository::new();
        repository.module("shop", "find", 10);
        let table = summary(&repository.interface());
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(lines.contains(&vec!["books", "1", "1", "0", "0"]), "{table}");
        assert_eq!(lines.last().unwrap(), &["2", "2", "0", "0"]);
        let widths: std::collections::BTreeSet<usize> = table.lines().map(str::len).collect();
        assert_eq!(widths.len(), 1, "{table}");
    }
}
