//! `spaces.list`: asks the identity service, which no declared action does.

use mana_mcp_macros::custom_tool;
use mana_mcp_runtime::{
    space::{self, Space},
    tool::{ToolContext, ToolError},
};

use crate::spaces::{List, ListInput, ListOutput, SpaceSummary, SpaceType};

#[custom_tool(List)]
pub(super) async fn list(_input: ListInput, context: ToolContext) -> Result<ListOutput, ToolError> {
    let spaces = context.spaces().await?;
    Ok(ListOutput {
        spaces: spaces.iter().map(|space| summary(space)).collect(),
        active_space_id: context.space_id().to_owned(),
    })
}

fn summary(space: &Space) -> SpaceSummary {
    SpaceSummary {
        id: space.id.clone(),
        name: space.name.clone(),
        slug: space.slug.clone(),
        r#type: space.kind.map(kind),
        role: space.role.clone(),
    }
}

fn kind(kind: space::SpaceType) -> SpaceType {
    match kind {
        space::SpaceType::Personal => SpaceType::Personal,
        space::SpaceType::Brand => SpaceType::Brand,
        space::SpaceType::Club => SpaceType::Club,
        space::SpaceType::Family => SpaceType::Family,
        space::SpaceType::Team => SpaceType::Team,
        space::SpaceType::Practice => SpaceType::Practice,
    }
}
