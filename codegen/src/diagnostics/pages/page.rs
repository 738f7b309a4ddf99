//! What a page says.

use super::Snippet;

/// What is said of a code beside its summary.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Why it is refused.
    pub why: &'static str,
    /// A source that is refused with this code, and with no other.
    pub example: Snippet,
    /// The same without the problem.
    pub instead: Snippet,
}
