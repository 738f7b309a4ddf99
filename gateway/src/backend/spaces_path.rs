//! Where the identity service lists the spaces of a token's user.

use std::str::FromStr;

use http::uri::PathAndQuery;

use super::platform::SPACES;

/// The path of the route that lists spaces (`MANA_SPACES_PATH`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpacesPath(PathAndQuery);

/// The text is not a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a path that begins with one slash, such as /api/v1/me/spaces, without `?` and `#`")]
pub struct NotASpacesPath;

impl SpacesPath {
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Default for SpacesPath {
    fn default() -> Self {
        Self(PathAndQuery::from_static(SPACES.template()))
    }
}

impl FromStr for SpacesPath {
    type Err = NotASpacesPath;

    fn from_str(text: &str) -> Result<Self, NotASpacesPath> {
        let is_path = text.starts_with('/') && !text.starts_with("//") && !text.contains(['?', '#']);
        if !is_path {
            return Err(NotASpacesPath);
        }
        text.parse().map(Self).map_err(|_| NotASpacesPath)
    }
}
