//! `notes.delete` and `notes.restore`. Nothing else hangs on a note.

use mana_mcp_macros::custom_tool;
use mana_mcp_runtime::{
    table::Restored,
    tool::{ToolContext, ToolError},
};

use crate::notes::{Delete, DeleteInput, DeleteOutput, NotesRow, Restore, RestoreInput, RestoreOutput};

#[custom_tool(Delete)]
pub(super) async fn delete(input: DeleteInput, context: ToolContext) -> Result<DeleteOutput, ToolError> {
    let mut batch = context.batch();
    batch.soft_delete::<NotesRow>(&input.id).await?;
    batch.commit().await?;
    Ok(DeleteOutput { ok: true, id: input.id, restore_with: Restore::SPEC.name.to_owned() })
}

#[custom_tool(Restore)]
pub(super) async fn restore(input: RestoreInput, context: ToolContext) -> Result<RestoreOutput, ToolError> {
    let mut batch = context.batch();
    let outcome = batch.restore::<NotesRow>(&input.id).await?;
    batch.commit().await?;
    Ok(RestoreOutput { restored: outcome != Restored::Live })
}
