//! What a tool returns, as the JSON that is sent: written once, and never a tree of values in between.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::Serialize;

use crate::{encode::Json, steps::Plan};

/// The structured result of a call, in compact JSON. Cheap to clone.
#[derive(Clone)]
pub struct ToolOutput {
    json: Json,
    plan: Option<Arc<Plan>>,
}

/// What a tool's handler may return: a value, or JSON that is written already.
pub trait Output {
    /// Its JSON.
    ///
    /// # Errors
    /// Where it has none.
    fn written(self) -> Result<ToolOutput, serde_json::Error>;
}

impl<T: Serialize> Output for T {
    fn written(self) -> Result<ToolOutput, serde_json::Error> {
        Json::of(&self).map(ToolOutput::of)
    }
}

impl Output for ToolOutput {
    fn written(self) -> Result<ToolOutput, serde_json::Error> {
        Ok(self)
    }
}

impl ToolOutput {
    /// The output that is written already.
    pub(crate) fn of(json: Json) -> Self {
        Self { json, plan: None }
    }

    /// The JSON in both of its forms.
    pub(crate) fn into_json(self) -> Json {
        self.json
    }

    /// The same, of a dry run that would have changed this.
    pub(crate) fn with_plan(self, plan: Plan) -> Self {
        Self { plan: Some(Arc::new(plan)), ..self }
    }

    /// What a dry run would have changed.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref()
    }

    /// The same object with one member more.
    pub(crate) fn with_member(&self, name: &'static str, value: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self { json: self.json.with_member(name, value)?, plan: self.plan.clone() })
    }

    /// Its size.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.json.text.len()
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.json.text
    }

    /// How the JSON stands between the quotes of a JSON string.
    #[must_use]
    pub fn literal(&self) -> &Bytes {
        &self.json.literal
    }
}

impl fmt::Debug for ToolOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToolOutput([redacted])")
    }
}
