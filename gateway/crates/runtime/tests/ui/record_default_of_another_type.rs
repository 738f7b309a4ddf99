use mana_mcp_macros::Record;
use mana_mcp_runtime::decode::Id;

#[derive(Record)]
#[record(app = "todo", table = "tasks", sync_name = "tasks", noun = "task")]
struct Row {
    id: Id,
    #[record(name = "isCompleted", default = "no")]
    is_completed: bool,
    #[record(default = 0)]
    title: String,
    #[record(default = true)]
    order: f64,
}

fn main() {}
