//! Who calls what, where and when.

use serde_json::Value;

use crate::{space::SpaceType, zone::Zone};

/// What a call is made with.
#[derive(Debug)]
pub struct CallInfo {
    /// The dotted name of the tool.
    pub tool: &'static str,
    /// The arguments as they came.
    pub arguments: Value,
    /// The id of the caller.
    pub user: String,
    /// The id of the active space, of which the caller is a proven member.
    pub space: String,
    /// What the active space is for, where that is known.
    pub space_type: Option<SpaceType>,
    /// The id of the caller's personal space, to which rows without a space belong. Empty where there is none.
    pub personal_space: String,
    /// The agent that acts for the caller.
    pub agent: AgentActor,
    /// The caller's time zone, in which days begin.
    pub zone: Zone,
    /// Whether the call is a dry run: nothing is stored, and the output comes with what would have changed.
    pub is_dry: bool,
}

/// The agent, as the web application's history names the writer of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentActor {
    /// The agent's id.
    pub principal_id: String,
    /// The agent's name.
    pub display_name: String,
}
