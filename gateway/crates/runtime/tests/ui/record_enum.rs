use mana_mcp_macros::Record;

#[derive(Record)]
#[record(app = "todo", table = "tasks", sync_name = "tasks", noun = "task")]
enum TasksRow {}

fn main() {}
