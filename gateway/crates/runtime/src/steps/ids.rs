//! Ids of new rows and of expressions that say `uuid()`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mana_mcp_values::{IdNames, IdUse, SmolStr, Value};
use sha2::{Digest, Sha256};

use crate::tool::{Call, ids};

/// Makes ids that follow from the call (from its idempotency key, where it has one), the step and the element: a repetition of
/// the call makes the same, also where it leaves out steps.
#[derive(Debug)]
pub struct Ids {
    call: Arc<Call>,
    names: Mutex<IdNames>,
}

impl Ids {
    pub(super) fn of(call: &Arc<Call>) -> Arc<Self> {
        Arc::new(Self { call: Arc::clone(call), names: Mutex::default() })
    }

    pub(super) fn begin_step(&self, step: &str) {
        self.names().begin_step(step);
    }

    pub(super) fn begin_element(&self, at: usize, element: &Value) {
        self.names().begin_element(at, element);
    }

    /// A new id.
    #[must_use]
    pub fn uuid(&self) -> Value {
        Value::text(self.next(IdUse::Expression))
    }

    /// An id for a new row.
    pub(super) fn row(&self) -> SmolStr {
        self.next(IdUse::Row)
    }

    fn next(&self, used: IdUse) -> SmolStr {
        let name = self.names().next(used);
        if let Some(id) = ids::supplied(&name) {
            return SmolStr::new(id.to_string());
        }
        let call = self.call.id().to_string();
        let hash = Sha256::new().chain_update(call).chain_update([0]).chain_update(name).finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        SmolStr::new(uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string())
    }

    fn names(&self) -> MutexGuard<'_, IdNames> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
