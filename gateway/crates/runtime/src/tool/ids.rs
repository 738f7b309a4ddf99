//! Ids of new rows. They are random, unless the call has an idempotency key: then they follow from it, so that a call which is
//! repeated after a crash writes the same rows again and no others.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use crate::decode::Uuid;

tokio::task_local! {
    static SOURCE: Arc<RowIds>;
}

/// The bytes of the id of that number.
type Derive = Box<dyn Fn(u32) -> [u8; 16] + Send + Sync>;

/// The ids of one call with an idempotency key, in the order in which its handler asks for them.
pub struct RowIds {
    derive: Derive,
    issued: Mutex<Vec<Uuid>>,
}

impl RowIds {
    /// Ids that `derive` makes from their numbers.
    #[must_use]
    pub fn new(derive: impl Fn(u32) -> [u8; 16] + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { derive: Box::new(derive), issued: Mutex::default() })
    }

    /// Runs a handler, whose new ids come from here.
    pub async fn supply<F: Future>(self: Arc<Self>, handler: F) -> F::Output {
        SOURCE.scope(self, handler).await
    }

    /// The ids that were asked for.
    #[must_use]
    pub fn issued(&self) -> Vec<Uuid> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next(&self) -> Uuid {
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let number = u32::try_from(issued.len()).unwrap_or(u32::MAX);
        let id = Uuid::of_random((self.derive)(number));
        issued.push(id);
        id
    }
}

impl fmt::Debug for RowIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowIds").finish_non_exhaustive()
    }
}

/// The next id of this call.
pub(crate) fn next() -> Uuid {
    supplied().unwrap_or_else(Uuid::new_v4)
}

/// The next id that follows from the call's idempotency key, where it has one.
pub(crate) fn supplied() -> Option<Uuid> {
    SOURCE.try_with(|source| source.next()).ok()
}

/// Whether a row of that id may have been written before, when the same call was made.
pub(crate) fn may_be_repeated(id: &str) -> bool {
    let is_issued = |source: &Arc<RowIds>| {
        let issued = source.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.iter().any(|issued| issued.to_string() == id)
    };
    SOURCE.try_with(is_issued).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Id;

    #[tokio::test]
    async fn ids_follow_from_the_key_within_its_call_alone() {
        let ids = || RowIds::new(|number| [u8::try_from(number).unwrap(); 16]);
        let call = async || (Id::new(), Id::new());
        let (first, again) = (ids(), ids());
        let one = Arc::clone(&first).supply(call()).await;
        assert_eq!(one, again.supply(call()).await);
        assert_ne!(one.0, one.1);
        assert_eq!(one.0.as_str(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(first.issued().len(), 2);
        assert_ne!(call().await, call().await);
        first.supply(async { assert!(may_be_repeated("00000000-0000-4000-8000-000000000000")) }).await;
        assert!(!may_be_repeated("00000000-0000-4000-8000-000000000000"));
    }
}
