//! The last listing of a table, made once for all calls that ask the same question at the same moment: agents call side by
//! side. Where no encrypted field is read for it, it is kept until a row changes or another question is asked. Else it lives
//! no longer than the calls that wait for it, for decrypted text is never cached.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OnceCell;

use crate::{crypto::FieldCipher, encode::Json, tool::Question};

/// A larger listing is not kept.
const MOST: usize = 256 << 10;

/// A listing that is being made, or was. The question lives as long: a search's text is as secret as what it finds.
#[derive(Debug)]
pub(crate) struct Listing {
    asked: Asked,
    made: OnceCell<Json>,
}

/// Room for one listing.
#[derive(Debug, Default)]
pub struct LastListing(Mutex<Option<Last>>);

#[derive(Debug)]
struct Last {
    version: u64,
    /// What it was decrypted with; none where nothing was.
    cipher: Weak<FieldCipher>,
    listing: Weak<Listing>,
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Kept {
    bytes: usize,
    _listing: Arc<Listing>,
}

/// What a listing answers: the question of a call, whose tool says how rows are chosen, and what they are called in the
/// answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) question: Arc<Question>,
    pub(crate) name: &'static str,
}

impl LastListing {
    /// The listing, where the same is asked of the same version of the rows with the same cipher; else a new one.
    pub(crate) fn of(&self, asked: Asked, version: u64, cipher: Option<&Arc<FieldCipher>>) -> Arc<Listing> {
        let cipher = cipher.map(Arc::downgrade).unwrap_or_default();
        let mut last = self.last();
        let is_it = |last: &&Last| last.version == version && last.cipher.ptr_eq(&cipher);
        let known = last.as_ref().filter(is_it).and_then(|last| last.listing.upgrade());
        if let Some(known) = known.filter(|known| known.asked == asked) {
            return known;
        }
        let new = Arc::new(Listing { asked, made: OnceCell::new() });
        *last = Some(Last { version, cipher, listing: Arc::downgrade(&new), kept: None });
        new
    }

    /// Keeps a listing, where it is the last one.
    pub(crate) fn keep(&self, listing: &Arc<Listing>, bytes: usize) {
        let mut last = self.last();
        let is_it = |last: &&mut Last| last.listing.as_ptr() == Arc::as_ptr(listing);
        if bytes <= MOST
            && let Some(last) = last.as_mut().filter(is_it)
        {
            last.kept = Some(Kept { bytes, _listing: Arc::clone(listing) });
        }
    }

    /// An estimate of the memory that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.last().as_ref().and_then(|last| last.kept.as_ref()).map_or(0, |kept| kept.bytes)
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listing {
    /// The listing, once it is made.
    pub(crate) fn made(&self) -> &OnceCell<Json> {
        &self.made
    }
}
