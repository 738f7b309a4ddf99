use mana_mcp_runtime::decode::Uuid;
use mana_mcp_macros::Record;

#[derive(Record)]
#[record(app = "todo", table = "tasks", sync_name = "tasks", noun = "task")]
struct TasksRow {
    #[record(encrypted)]
    id: Uuid,
}

fn main() {}
