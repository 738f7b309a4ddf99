use mana_mcp_runtime::decode::Uuid;
use mana_mcp_macros::Record;

#[derive(Record)]
#[record(app = "todo", table = "tasks", sync_name = "tasks", noun = "task")]
struct TasksRow {
    id: Uuid,
    #[record(encrpyted)]
    title: String,
}

fn main() {
    // The patch is still there: this line is not at fault.
    let _ = TasksRowPatch::default();
}
