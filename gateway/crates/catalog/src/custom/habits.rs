//! `habits.delete` and `habits.restore`: a habit, its log, and the blocks of both in the calendar.

use std::slice;

use mana_mcp_macros::custom_tool;
use mana_mcp_runtime::{
    decode::Id,
    table::Restored,
    tool::{ToolContext, ToolError},
};

use crate::{
    habits::{Delete, DeleteInput, DeleteOutput, HabitLogsRow, HabitsRow, Restore, RestoreInput, RestoreOutput},
    timeblocks::TimeBlocksRow,
};

/// The field of a log entry that names the habit.
const HABIT: &str = "habitId";
/// The field of a block that names a log entry, or the habit whose schedule it repeats.
const SOURCE: &str = "sourceId";

#[custom_tool(Delete)]
pub(super) async fn delete(input: DeleteInput, context: ToolContext) -> Result<DeleteOutput, ToolError> {
    let mut batch = context.batch();
    batch.soft_delete::<HabitsRow>(&input.id).await?;
    let logs = batch.soft_delete_where::<HabitLogsRow>(HABIT, slice::from_ref(&input.id)).await?;
    batch.soft_delete_where::<TimeBlocksRow>(SOURCE, &sources(logs, &input.id)).await?;
    batch.commit().await?;
    Ok(DeleteOutput { ok: true, id: input.id, restore_with: Restore::SPEC.name.to_owned() })
}

#[custom_tool(Restore)]
pub(super) async fn restore(input: RestoreInput, context: ToolContext) -> Result<RestoreOutput, ToolError> {
    let mut batch = context.batch();
    let Restored::DeletedAt(deleted) = batch.restore::<HabitsRow>(&input.id).await? else {
        return Ok(RestoreOutput { restored: false });
    };
    let logs = batch.restore_where::<HabitLogsRow>(HABIT, slice::from_ref(&input.id), &deleted).await?;
    batch.restore_where::<TimeBlocksRow>(SOURCE, &sources(logs, &input.id), &deleted).await?;
    batch.commit().await?;
    Ok(RestoreOutput { restored: true })
}

/// The rows whose blocks go with the habit.
fn sources(mut logs: Vec<String>, habit: &Id) -> Vec<String> {
    logs.push(habit.to_string());
    logs
}
