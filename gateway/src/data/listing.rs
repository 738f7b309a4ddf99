//! The last listing of a table that is stored in plain text, kept as its reader wrote it: agents list again and again what
//! has not changed. Of encrypted tables nothing is kept, for plain text is never cached.

use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError},
};

use super::Query;

/// A larger listing is not kept.
const MOST: usize = 256 << 10;

/// Room for one listing.
#[derive(Debug, Default)]
pub(super) struct KeptListing(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    asked: Asked,
    version: u64,
    bytes: usize,
    listing: Arc<dyn Any + Send + Sync>,
}

/// What a listing answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) space: String,
    pub(super) query: Query,
}

impl KeptListing {
    /// The listing, where the same was asked of the same version of the records.
    pub(super) fn get<T: Send + Sync + 'static>(&self, asked: &Asked, version: u64) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref().filter(|kept| kept.version == version && kept.asked == *asked)?;
        Arc::clone(&kept.listing).downcast().ok()
    }

    /// Keeps a listing in place of the one before.
    pub(super) fn keep<T: Send + Sync + 'static>(&self, asked: Asked, version: u64, listing: &Arc<T>, bytes: usize) {
        if bytes <= MOST {
            let listing: Arc<dyn Any + Send + Sync> = listing.clone();
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { asked, version, bytes, listing });
        }
    }

    /// An estimate of the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |kept| kept.bytes)
    }
}
