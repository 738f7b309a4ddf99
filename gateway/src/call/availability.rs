//! Where a tool works: in spaces that have its module, and where the services that it calls have an address.
//!
//! The web application has some modules in spaces of some types only. Rows that were written elsewhere would be seen by nobody.

use std::fmt;

use crate::backend::ServiceClients;
use mana_mcp_runtime::{
    service::Service,
    space::{Space, SpaceType},
    tool::ToolId,
};

/// The active space does not have the tool's module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotInSpace {
    module: &'static str,
    active: SpaceType,
    spaces: &'static [SpaceType],
}

/// Refuses a tool whose module the space is known to lack. A space of an unknown type may have every module.
pub(crate) fn check(tool: ToolId, space: &Space) -> Result<(), NotInSpace> {
    match (tool.spaces(), space.kind) {
        (Some(spaces), Some(active)) if !spaces.contains(&active) => {
            Err(NotInSpace { module: tool.module(), active, spaces })
        }
        _ => Ok(()),
    }
}

/// A service that a tool calls has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotConfigured {
    tool: &'static str,
    service: &'static Service,
}

/// Refuses a tool that calls a service without an address.
pub(super) fn check_services(tool: ToolId, clients: &ServiceClients) -> Result<(), NotConfigured> {
    match clients.missing(tool) {
        Some(service) => Err(NotConfigured { tool: tool.name(), service }),
        None => Ok(()),
    }
}

impl fmt::Display for NotConfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tool, service: Service { name, setting, .. } } = self;
        write!(
            f,
            "`{tool}` needs the service `{name}`, and this gateway has no address of it ({setting} is not set). Tell the \
             user; calling again will not help."
        )
    }
}

impl fmt::Display for NotInSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, active, spaces } = self;
        write!(f, "There is no {module} in a {} space: it exists in ", active.name())?;
        let (last, others) = match spaces.split_last() {
            Some((last, others)) => (last.name(), others),
            None => ("no", *spaces),
        };
        for (index, space) in others.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            f.write_str(space.name())?;
        }
        f.write_str(if others.is_empty() { "" } else { " and " })?;
        write!(f, "{last} spaces only. Name another space with X-Mana-Space.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_spaces_that_have_the_module() {
        let text = |spaces| NotInSpace { module: "todo", active: SpaceType::Family, spaces }.to_string();
        assert_eq!(
            text(&[SpaceType::Personal]),
            "There is no todo in a family space: it exists in personal spaces only. Name another space with X-Mana-Space."
        );
        assert!(text(&[SpaceType::Personal, SpaceType::Team]).contains("in personal and team spaces only"));
        let three = text(&[SpaceType::Personal, SpaceType::Brand, SpaceType::Team]);
        assert!(three.contains("in personal, brand and team spaces only"), "{three}");
    }
}
