use mana_mcp_runtime::decode::Uuid;
use mana_mcp_macros::Record;

#[derive(Record)]
#[record(app = "todo", noun = "task")]
struct TasksRow {
    id: Uuid,
}

fn main() {}
