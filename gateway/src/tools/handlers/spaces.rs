//! `spaces.list`: asks the identity service, which no declared action does.

use mana_mcp_macros::custom_tool;

use crate::{
    backend::{self, Space},
    catalog::spaces::{List, ListInput, ListOutput, SpaceSummary, SpaceType},
    tools::{ToolContext, ToolError},
};

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

fn kind(kind: backend::SpaceType) -> SpaceType {
    match kind {
        backend::SpaceType::Personal => SpaceType::Personal,
        backend::SpaceType::Brand => SpaceType::Brand,
        backend::SpaceType::Club => SpaceType::Club,
        backend::SpaceType::Family => SpaceType::Family,
        backend::SpaceType::Team => SpaceType::Team,
        backend::SpaceType::Practice => SpaceType::Practice,
    }
}
