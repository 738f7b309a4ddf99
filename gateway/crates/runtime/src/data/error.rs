//! Why rows could not be read or written. The texts are for the agent; they never hold a value or a service's own words.

use crate::{
    crypto::enc1,
    failure::{BackendError, FailedService, VaultError},
};

/// A read or write that did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// No such record is live in the active space.
    #[error("There is no such {noun} in the active space: {id}")]
    NotFound {
        /// What was looked for.
        noun: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// A dry run came to what has effects beyond the rows, or writes them in a way that cannot be shown.
    #[error("This tool has no dry run. Nothing was stored.")]
    NoDryRun,
    /// The vault of this user opens on their own devices only.
    #[error("{}", VaultError::ZeroKnowledgeUser)]
    ZeroKnowledgeUser,
    /// A service did not answer as it should.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A write was sent, more than once, and never confirmed.
    #[error(
        "The write was sent more than once and never confirmed, so it may or may not be stored. Look whether it is there before you try again."
    )]
    Unconfirmed(#[source] BackendError),
    /// The user's rows of one table are more than the gateway may keep in memory.
    #[error("The {noun} data of this account is larger than this gateway can hold in memory.")]
    TooMuchData {
        /// What the table holds.
        noun: &'static str,
    },
    /// The rows of the active space are more than the gateway may keep of one shared space.
    #[error(
        "The {noun} data of this space is larger than this gateway can hold of a shared space. Your other spaces can be used."
    )]
    SpaceTooLarge {
        /// What the table holds.
        noun: &'static str,
    },
    /// Rows that are read at this moment are more than the gateway may keep in memory.
    #[error(
        "The {noun} data cannot be read at this moment: the gateway reads too much at once. Try again in a moment."
    )]
    Crowded {
        /// What the table holds.
        noun: &'static str,
    },
    /// A call wrote to several apps, and a later push failed.
    #[error("{}", stored_in_part(.failure, *.added, *.changed))]
    StoredInPart {
        /// Why the later push failed.
        failure: Box<DataError>,
        /// What became of the rows that the call added.
        added: Added,
        /// Whether the call changed or deleted rows that were there before.
        changed: bool,
    },
    /// A call claimed places twice, where it could wait for itself. A fault of the tool's code.
    #[error("The tool claimed places twice. This is a fault of the gateway.")]
    ClaimedTwice,
    /// A place was asked for without a claim. A fault of the tool's code.
    #[error("The place of a new {noun} was not claimed. This is a fault of the gateway.")]
    UnclaimedPlace {
        /// What the table holds.
        noun: &'static str,
    },
    /// More rows hang on a row than one call deletes or restores.
    #[error("More than {limit} {noun} records hang on it, which is too many for one call.")]
    TooManyRows {
        /// What the table holds.
        noun: &'static str,
        /// The most that one call takes along.
        limit: usize,
    },
    /// A value cannot be stored.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl DataError {
    /// The service at which it failed, if it was one.
    #[must_use]
    pub fn failed_service(&self) -> Option<FailedService> {
        match self {
            Self::Backend(error) | Self::Unconfirmed(error) => Some((*error).into()),
            Self::StoredInPart { failure, .. } => failure.failed_service(),
            Self::NotFound { .. }
            | Self::NoDryRun
            | Self::ZeroKnowledgeUser
            | Self::TooMuchData { .. }
            | Self::SpaceTooLarge { .. }
            | Self::Crowded { .. }
            | Self::ClaimedTwice
            | Self::UnclaimedPlace { .. }
            | Self::TooManyRows { .. }
            | Self::Seal(_) => None,
        }
    }
}

/// A field that cannot be stored as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The service's database refuses U+0000.
    #[error("The field `{field}` holds the character U+0000, which cannot be stored. Leave it out.")]
    Nul {
        /// The field.
        field: &'static str,
    },
    /// The value has no JSON.
    #[error("The field `{field}` cannot be written as JSON.")]
    NotJson {
        /// The field.
        field: &'static str,
    },
    /// An encrypted field was written without a key. A fault of the record's description.
    #[error("The field `{field}` is encrypted, but its table is described as plain.")]
    NoKey {
        /// The field.
        field: &'static str,
    },
    /// Encryption did not work.
    #[error("The field `{field}` could not be encrypted.")]
    Encryption {
        /// The field.
        field: &'static str,
        /// Why.
        source: enc1::SealError,
    },
}

/// What became of the rows that a call added, after a later push failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It added none.
    None,
    /// They were deleted again.
    Removed,
    /// Some of them may still be there.
    MayRemain,
}

fn stored_in_part(failure: &DataError, added: Added, changed: bool) -> String {
    // Not the failure's own text, which speaks of the write as a whole.
    let cause = match failure {
        DataError::Backend(error) | DataError::Unconfirmed(error) => {
            format!("the {} did not confirm it ({})", error.service, error.kind.name())
        }
        other => other.to_string(),
    };
    let added = match added {
        Added::None => "",
        Added::Removed => " The records that it had added were deleted again.",
        Added::MayRemain => " Records that it added may still be there: look for them before you try again.",
    };
    let changed = if changed { " Changes that it made to other records are kept." } else { "" };
    format!("Only a part of this call could be stored: {cause}.{added}{changed}")
}

impl From<VaultError> for DataError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::ZeroKnowledgeUser => Self::ZeroKnowledgeUser,
            VaultError::Backend(error) => Self::Backend(error),
        }
    }
}
