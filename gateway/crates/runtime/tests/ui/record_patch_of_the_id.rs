use mana_mcp_runtime::decode::Uuid;
use mana_mcp_macros::Record;

#[derive(Record)]
#[record(app = "todo", table = "tasks", sync_name = "tasks", noun = "task")]
struct TasksRow {
    id: Uuid,
    title: String,
}

fn main() {
    let _ = TasksRowPatch { id: Some(Uuid::new_v4()), title: None };
}
