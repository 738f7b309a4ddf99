//! Ids of new rows. They are random, unless the call has an idempotency key: then they follow from it, so that a call which is
//! repeated after a crash writes the same rows again and no others.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::decode::Uuid;

tokio::task_local! {
    static SOURCE: Arc<RowIds>;
}

/// The bytes of the id of that name.
type Derive = Box<dyn Fn(&str) -> [u8; 16] + Send + Sync>;

/// The ids of one call with an idempotency key. Steps name theirs; those that a handler asks for itself are numbered.
pub struct RowIds {
    derive: Derive,
    issued: Mutex<Issued>,
}

#[derive(Default)]
struct Issued {
    /// How many of them had no name.
    numbered: u32,
    ids: Vec<Uuid>,
}

impl RowIds {
    /// Ids that `derive` makes from their names, which differ within the call.
    #[must_use]
    pub fn new(derive: impl Fn(&str) -> [u8; 16] + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { derive: Box::new(derive), issued: Mutex::default() })
    }

    /// Runs a handler, whose new ids come from here.
    pub async fn supply<F: Future>(self: Arc<Self>, handler: F) -> F::Output {
        SOURCE.scope(self, handler).await
    }

    /// The ids that were asked for.
    #[must_use]
    pub fn issued(&self) -> Vec<Uuid> {
        self.lock().ids.clone()
    }

    fn next(&self) -> Uuid {
        let number = {
            let mut issued = self.lock();
            issued.numbered = issued.numbered.saturating_add(1);
            issued.numbered
        };
        self.named(&format!("number {number}"))
    }

    fn named(&self, name: &str) -> Uuid {
        let id = Uuid::of_random((self.derive)(name));
        self.lock().ids.push(id);
        id
    }

    fn lock(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RowIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowIds").finish_non_exhaustive()
    }
}

/// The next id of this call.
pub(crate) fn next() -> Uuid {
    SOURCE.try_with(|source| source.next()).unwrap_or_else(|_| Uuid::new_v4())
}

/// The id of that name that follows from the call's idempotency key, where it has one.
pub(crate) fn supplied(name: &str) -> Option<Uuid> {
    SOURCE.try_with(|source| source.named(name)).ok()
}

/// Whether a row of that id may have been written before, when the same call was made.
pub(crate) fn may_be_repeated(id: &str) -> bool {
    let is_issued = |source: &Arc<RowIds>| source.lock().ids.iter().any(|issued| issued.to_string() == id);
    SOURCE.try_with(is_issued).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Id;

    #[tokio::test]
    async fn ids_follow_from_the_key_within_its_call_alone() {
        let ids = || RowIds::new(|name| [name.bytes().last().unwrap() - b'1'; 16]);
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
