//! `suite.search` and `suite.fetch`: they read the tables of all modules, which no step names.

use mana_mcp_macros::custom_tool;
use mana_mcp_runtime::{
    steps::{Document, Found, Suite},
    tool::{ToolContext, ToolError},
};

use crate::suite::{Fetch, FetchInput, FetchOutput, FoundRow, RowMetadata, Search, SearchInput, SearchOutput};

#[custom_tool(Search)]
pub(super) async fn search(input: SearchInput, context: ToolContext) -> Result<SearchOutput, ToolError> {
    let most = usize::try_from(input.limit).unwrap_or(0);
    let found = Suite::new(&context).search(&input.query, input.modules.as_deref(), most).await?;
    let hint = found.hint();
    let Found { hits, total, unreadable, unsearched } = found;
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    Ok(SearchOutput {
        results: hits
            .into_iter()
            .map(|hit| FoundRow { id: hit.id, title: hit.title, url: hit.url, module: hit.module.to_owned() })
            .collect(),
        total: count(total),
        hint,
        unreadable: (unreadable > 0).then(|| count(unreadable)),
        unsearched: (!unsearched.is_empty()).then_some(unsearched),
    })
}

#[custom_tool(Fetch)]
pub(super) async fn fetch(input: FetchInput, context: ToolContext) -> Result<FetchOutput, ToolError> {
    let Document { id, title, text, url, module, table, updated_at, unreadable } =
        Suite::new(&context).fetch(&input.id).await?;
    let unreadable: Vec<String> = unreadable.into_iter().map(str::to_owned).collect();
    let unreadable = (!unreadable.is_empty()).then_some(unreadable);
    let metadata = RowMetadata { module: module.to_owned(), table: table.to_owned(), updated_at, unreadable };
    Ok(FetchOutput { id, title, text, url, metadata })
}
