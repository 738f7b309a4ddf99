//! What an answer says to the step that challenges its caller.

/// In an answer's extensions: the scopes that a call would have needed, with those that it has.
#[derive(Debug, Clone)]
pub(crate) struct MissingScopes(pub(crate) String);
