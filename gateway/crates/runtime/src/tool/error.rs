//! Why a tool could not do its work. The text is for the model; it never holds content or a service's own words.

use crate::{
    data::DataError,
    failure::{BackendError, FailedService, FailureKind},
    service::ServiceError,
    steps::StepError,
};

/// A failure inside a tool's handler.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Reading or writing rows failed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A service did not answer as it should.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A service of the catalog did not do as asked.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A step of the tool cannot be done.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The caller may not read the rows of a module. In the words of a refused call of one of its tools.
    #[error("{0}")]
    Refused(String),
    /// The handler wrote without committing; a fault of the gateway.
    #[error("The tool did not store what it wrote. This is a fault of the gateway.")]
    Uncommitted,
    /// A call within a call was not taken out; a fault of the gateway.
    #[error("The tool was not called. This is a fault of the gateway.")]
    NotUnwrapped,
    /// The result does not serialize; a fault of the gateway.
    #[error("The result could not be written as JSON. This is a fault of the gateway.")]
    Output(#[from] serde_json::Error),
}

impl ToolError {
    /// The service at which it failed, if it was one.
    #[must_use]
    pub fn failed_service(&self) -> Option<FailedService> {
        match self {
            Self::Data(error) => error.failed_service(),
            Self::Backend(error) => Some((*error).into()),
            Self::Service(error) => Some((*error).into()),
            Self::Step(_) | Self::Refused(_) | Self::Uncommitted | Self::NotUnwrapped | Self::Output(_) => None,
        }
    }

    /// Whether a service did not accept the caller's token.
    #[must_use]
    pub fn is_of_the_token(&self) -> bool {
        match self {
            Self::Data(DataError::Backend(error) | DataError::Unconfirmed(error)) | Self::Backend(error) => {
                error.kind == FailureKind::Unauthorized
            }
            Self::Service(error) => error.is_of_the_token(),
            Self::Data(
                DataError::NotFound { .. }
                | DataError::NoDryRun
                | DataError::ZeroKnowledgeUser
                | DataError::TooMuchData { .. }
                | DataError::SpaceTooLarge { .. }
                | DataError::Crowded { .. }
                // A part is stored: the model must hear of it.
                | DataError::StoredInPart { .. }
                | DataError::ClaimedTwice
                | DataError::UnclaimedPlace { .. }
                | DataError::TooManyRows { .. }
                | DataError::Seal(_),
            )
            | Self::Step(_)
            | Self::Refused(_)
            | Self::Uncommitted
            | Self::NotUnwrapped
            | Self::Output(_) => false,
        }
    }
}
