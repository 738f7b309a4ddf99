//! `todo.delete` and `todo.restore`: a task, and its blocks in the calendar.

use std::slice;

use mana_mcp_macros::custom_tool;
use mana_mcp_runtime::{
    table::Restored,
    tool::{ToolContext, ToolError},
};

use crate::{
    timeblocks::TimeBlocksRow,
    todo::{Delete, DeleteInput, DeleteOutput, Restore, RestoreInput, RestoreOutput, TasksRow},
};

/// The field of a block that names the task.
const SOURCE: &str = "sourceId";

#[custom_tool(Delete)]
pub(super) async fn delete(input: DeleteInput, context: ToolContext) -> Result<DeleteOutput, ToolError> {
    let mut batch = context.batch();
    batch.soft_delete::<TasksRow>(&input.id).await?;
    batch.soft_delete_where::<TimeBlocksRow>(SOURCE, slice::from_ref(&input.id)).await?;
    batch.commit().await?;
    Ok(DeleteOutput { ok: true, id: input.id, restore_with: Restore::SPEC.name.to_owned() })
}

#[custom_tool(Restore)]
pub(super) async fn restore(input: RestoreInput, context: ToolContext) -> Result<RestoreOutput, ToolError> {
    let mut batch = context.batch();
    let Restored::DeletedAt(deleted) = batch.restore::<TasksRow>(&input.id).await? else {
        return Ok(RestoreOutput { restored: false });
    };
    batch.restore_where::<TimeBlocksRow>(SOURCE, slice::from_ref(&input.id), &deleted).await?;
    batch.commit().await?;
    Ok(RestoreOutput { restored: true })
}
