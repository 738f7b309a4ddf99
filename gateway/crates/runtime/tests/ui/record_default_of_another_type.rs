use mana_mcp_runtime::prelude::*;

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
