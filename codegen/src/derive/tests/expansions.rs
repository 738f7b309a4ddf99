//! Expansions of sound items, whole.

use proc_macro2::TokenStream;

use super::{custom_tool, errors_in, formatted, input, record, tokens};

/// Holds an expansion, formatted, against its snapshot.
fn check(name: &str, expansion: TokenStream) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!(name, formatted(expansion)));
}

#[test]
fn input_of_a_struct() {
    check(
        "input_of_a_struct",
        input(tokens(
            r##"
        #[derive(Clone, Input)]
        pub struct CreateInput {
            #[input(sensitive, min_length = 1, max_length = 500, pattern = "^[^\\u0000]*$")]
            pub title: String,
            #[input(optional, sensitive)]
            pub description: Option<String>,
            #[input(default = "medium")]
            pub priority: Priority,
            #[input(name = "dueDate", default = null)]
            pub due_date: Option<Timestamp>,
            #[input(default = [], max_items = 9, unique_items, items(max_length = 50))]
            pub tags: Vec<String>,
            #[input(optional, minimum = -1, maximum = 2.5)]
            pub target: Option<Option<f64>>,
            pub r#type: bool,
        }"##,
        )),
    );
}

#[test]
fn input_of_an_enum() {
    check(
        "input_of_an_enum",
        input(tokens(
            r#"
        enum Mood {
            #[input(value = "glücklich")]
            #[serde(rename = "glücklich")]
            Happy,
            #[input(value = "wütend")]
            Angry,
        }"#,
        )),
    );
}

#[test]
fn record_of_a_struct() {
    check(
        "record_of_a_struct",
        record(tokens(
            r#"
        #[derive(Clone, Record, Serialize)]
        #[record(app = "todo", table = "tasks", sync_name = "todoTasks", noun = "task")]
        pub struct TasksRow {
            pub id: Uuid,
            #[record(encrypted)]
            pub title: String,
            #[record(encrypted, optional)]
            pub description: Option<String>,
            #[record(name = "targetPerDay")]
            pub target_per_day: Option<i64>,
            #[record(default = "medium")]
            pub priority: Priority,
            #[record(name = "completedAt", optional)]
            pub(crate) completed_at: Option<Option<Timestamp>>,
        }"#,
        )),
    );
}

#[test]
fn custom_tool_of_a_function() {
    let function =
        "pub(super) async fn list(_: ListInput, ctx: ToolContext) -> Result<ListOutput, ToolError> { todo(ctx) }";
    check("custom_tool_of_a_function", custom_tool(tokens("crate::spaces::List"), tokens(function)));
}

#[test]
fn a_function_with_errors_is_still_there() {
    let function = "fn list(input: ListInput) -> Output { body }";
    let expansion = custom_tool(tokens(""), tokens(function));
    assert!(expansion.to_string().starts_with(&tokens(function).to_string()));
    assert_eq!(errors_in(function, expansion).len(), 3);
}

#[test]
fn a_type_with_errors_still_has_its_implementations() {
    let wrong = "struct Row { #[input(wrong)] #[record(wrong)] id: Uuid, title: String }";
    let expansion = input(tokens(wrong)).to_string();
    assert!(expansion.contains("impl :: mana_mcp_runtime :: decode :: Decode for Row"), "{expansion}");
    let expansion = record(tokens(wrong)).to_string();
    assert!(expansion.contains("impl :: mana_mcp_runtime :: rows :: Record for Row"), "{expansion}");
    assert!(expansion.contains("struct RowPatch { # [doc = \"The new `title`.\"] title :"), "{expansion}");
}
