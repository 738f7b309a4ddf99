//! Answers that calls share, as the listings of handlers that are written by hand.

use std::{future::Future, sync::Arc};

use super::{Steps, TableInfo};
use crate::{
    data::Asked,
    tool::{ToolContext, ToolError, ToolOutput},
};

/// What a shared listing calls an answer that is shared as a whole.
const WHOLE: &str = "";

/// Why an answer is not shared with other calls.
enum Unshared {
    /// Values did not open. Whether another key can be had depends on each caller's token.
    AnotherKey(ToolOutput),
    Failed(ToolError),
}

impl Steps {
    /// The answer that `make` gives. It must follow from the call's question and the rows of one table, of which these fields
    /// are read, and from nothing else. Calls that ask the same question of the same rows at the same moment share it; where
    /// none of the fields is encrypted, it is kept until a row changes.
    ///
    /// # Errors
    /// Those of `make`, and where rows cannot be read.
    pub async fn shared<F>(
        ctx: &ToolContext,
        table: &'static TableInfo,
        fields: &[&'static str],
        make: impl FnOnce(Self) -> F + Send,
    ) -> Result<ToolOutput, ToolError>
    where
        F: Future<Output = Result<ToolOutput, ToolError>> + Send,
    {
        let (call, mut steps) = (ctx.call(), Self::new(ctx));
        // A dry run has a plan beside its output.
        if call.is_dry() {
            return make(steps).await;
        }
        let opens = table.seals_any(fields.iter().copied());
        let cipher = call.opening_cipher(opens).await?;
        let source = steps.source(table).await?;
        let asked = Asked { question: Arc::clone(call.question()), name: WHOLE };
        // The version is taken before the rows: a change in between makes the answer old at once.
        let listing = source.listing().of(asked, source.version(), cipher.as_ref());
        if let Some(made) = listing.made().get() {
            return Ok(ToolOutput::of(made.clone()));
        }
        let make = || async {
            let output = make(steps).await.map_err(Unshared::Failed)?;
            if call.has_met_another_key() { Err(Unshared::AnotherKey(output)) } else { Ok(output.into_json()) }
        };
        match listing.made().get_or_try_init(make).await {
            Ok(made) => {
                if !opens {
                    source.listing().keep(&listing, made.bytes() + call.question().bytes());
                }
                Ok(ToolOutput::of(made.clone()))
            }
            Err(Unshared::AnotherKey(output)) => Ok(output),
            Err(Unshared::Failed(error)) => Err(error),
        }
    }
}
