//! What a token allows: effects, and where a person has granted it to a program, modules and spaces.

use std::collections::BTreeSet;

use mana_mcp_runtime::{
    space::Space,
    tool::{Effect, Effects, ToolId},
};

/// What a token allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    effects: Effects,
    /// All where there are none.
    modules: Option<BTreeSet<String>>,
    /// Ids; all where there are none.
    spaces: Option<BTreeSet<String>>,
    /// The path of the endpoint that the token is for, where it is for one.
    endpoint: Option<String>,
}

/// Why a call is not among a token's rights. The text is for the model and the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// The token is not good for tools with that effect. A wider one would be.
    #[error(
        "This program may not {} here: the person did not grant `{}`. They can sign in again and grant it.",
        verb(*.needed),
        needed.scope()
    )]
    Effect {
        /// What is needed.
        needed: Effect,
        /// What is needed, with all that the token has.
        scopes: Effects,
    },
    /// The person left out the module.
    #[error(
        "The person did not grant this program {0}. They can change that by disconnecting it and signing in again."
    )]
    Module(&'static str),
    /// The person left out the space.
    #[error(
        "The person did not grant this program this space. Name another one with X-Mana-Space; spaces.list names them."
    )]
    Space,
}

const fn verb(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Delete => "delete",
    }
}

impl Rights {
    /// Everything with these effects.
    #[must_use]
    pub fn of_effects(effects: Effects) -> Self {
        Self { effects, modules: None, spaces: None, endpoint: None }
    }

    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::of_effects(Effects::ALL)
    }

    /// Only in these modules and spaces, where they are named.
    #[must_use]
    pub fn within(mut self, modules: Option<BTreeSet<String>>, spaces: Option<BTreeSet<String>>) -> Self {
        (self.modules, self.spaces) = (modules, spaces);
        self
    }

    /// Only at that endpoint, and at what is a part of it.
    #[must_use]
    pub fn at(mut self, endpoint: String) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// The effects.
    #[must_use]
    pub fn effects(&self) -> Effects {
        self.effects
    }

    /// Whether the token is for the endpoint of that path. One for all tools is good for every endpoint, as each serves a
    /// part of them; one for another endpoint is good for that and its read-only part.
    #[must_use]
    pub fn reach(&self, path: &str) -> bool {
        match self.endpoint.as_deref() {
            None | Some("/mcp" | "/mcp/all") => true,
            Some(endpoint) => path.strip_prefix(endpoint).is_some_and(|rest| matches!(rest, "" | "/readonly")),
        }
    }

    /// Whether calls in that space are granted.
    #[must_use]
    pub fn has_space(&self, space: &str) -> bool {
        self.spaces.as_ref().is_none_or(|spaces| spaces.contains(space))
    }

    /// The space of calls that name none, where one alone is granted.
    #[must_use]
    pub fn only_space(&self) -> Option<&str> {
        self.spaces.as_ref().filter(|spaces| spaces.len() == 1)?.first().map(String::as_str)
    }

    /// Refuses a call of that tool in that space, unless it is granted.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self, tool: ToolId, space: &Space) -> Result<(), NotGranted> {
        if !self.effects.has(tool.effect()) {
            return Err(NotGranted::Effect { needed: tool.effect(), scopes: self.effects.with(tool.effect()) });
        }
        if self.modules.as_ref().is_some_and(|modules| !modules.contains(tool.module())) {
            return Err(NotGranted::Module(tool.module()));
        }
        if self.has_space(&space.id) { Ok(()) } else { Err(NotGranted::Space) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reaches_its_endpoint_and_what_is_a_part_of_it() {
        let reach = |endpoint: &str, path| Rights::all().at(endpoint.to_owned()).reach(path);
        for path in ["/mcp", "/mcp/readonly", "/mcp/x/user", "/mcp/x/user/readonly"] {
            assert!(reach("/mcp", path) && Rights::all().reach(path), "{path}");
            assert_eq!(reach("/mcp/readonly", path), path == "/mcp/readonly", "{path}");
            assert_eq!(reach("/mcp/x/user", path), path.starts_with("/mcp/x/user"), "{path}");
        }
        assert!(!reach("/mcp/x/user", "/mcp/x/user,admin"));
    }
}
