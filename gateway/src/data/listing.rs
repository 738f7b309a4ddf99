//! The last listing of a table, made once for all calls that ask for the same at the same moment: agents call side by side.
//! Of a table that is stored in plain text it is kept until a row changes or something else is asked. Of an encrypted one it
//! lives no longer than the calls that wait for it, for plain text is never cached.

use std::{
    any::Any,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::OnceCell;

use super::Query;
use crate::{crypto::FieldCipher, encode::JsonOut};

/// A larger listing is not kept.
const MOST: usize = 256 << 10;

/// A listing that is being made, or was. What was asked goes with it: a search's text is as secret as what it finds.
#[derive(Debug)]
pub(super) struct Listing<T> {
    asked: Asked,
    made: OnceCell<T>,
}

/// Room for one listing.
#[derive(Debug, Default)]
pub(super) struct LastListing(Mutex<Option<Last>>);

#[derive(Debug)]
struct Last {
    version: u64,
    /// What it was decrypted with; none where nothing was.
    cipher: Weak<FieldCipher>,
    listing: Weak<dyn Any + Send + Sync>,
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    bytes: usize,
    _listing: Arc<dyn Any + Send + Sync>,
}

/// What a listing answers.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) space: String,
    pub(super) query: Query,
    /// What stands before the rows.
    pub(super) begin: JsonOut,
}

impl LastListing {
    /// The listing, where the same is asked of the same version of the records with the same cipher; else a new one.
    pub(super) fn of<T: Send + Sync + 'static>(
        &self,
        asked: Asked,
        version: u64,
        cipher: Option<&Arc<FieldCipher>>,
    ) -> Arc<Listing<T>> {
        let cipher = cipher.map(Arc::downgrade).unwrap_or_default();
        let mut last = self.last();
        let is_it = |last: &&Last| last.version == version && last.cipher.ptr_eq(&cipher);
        let known = last.as_ref().filter(is_it).and_then(|last| last.listing.upgrade());
        let known = known.and_then(|listing| listing.downcast::<Listing<T>>().ok());
        if let Some(known) = known.filter(|known| known.asked == asked) {
            return known;
        }
        let new = Arc::new(Listing { asked, made: OnceCell::new() });
        let listing: Weak<Listing<T>> = Arc::downgrade(&new);
        *last = Some(Last { version, cipher, listing, kept: None });
        new
    }

    /// Keeps a listing, where it is the last one.
    pub(super) fn keep<T: Send + Sync + 'static>(&self, listing: &Arc<Listing<T>>, bytes: usize) {
        let mut last = self.last();
        let is_it = |last: &&mut Last| last.listing.as_ptr().cast() == Arc::as_ptr(listing);
        if bytes <= MOST
            && let Some(last) = last.as_mut().filter(is_it)
        {
            last.kept = Some(Kept { bytes, _listing: Arc::clone(listing) as _ });
        }
    }

    /// An estimate of the memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.last().as_ref().and_then(|last| last.kept.as_ref()).map_or(0, |kept| kept.bytes)
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Listing<T> {
    /// What is asked.
    pub(super) fn query(&self) -> &Query {
        &self.asked.query
    }

    /// What the rows are written behind.
    pub(super) fn begin(&self) -> JsonOut {
        self.asked.begin.clone()
    }

    /// The listing, once it is made.
    pub(super) fn made(&self) -> &OnceCell<T> {
        &self.made
    }
}
