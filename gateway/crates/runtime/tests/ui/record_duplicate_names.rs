use mana_mcp_runtime::decode::Uuid;
use mana_mcp_macros::Record;

#[derive(Record)]
#[record(app = "todo", table = "tasks", sync_name = "tasks", noun = "task")]
struct TasksRow {
    id: Uuid,
    title: String,
    #[record(name = "title")]
    heading: String,
}

fn main() {}
