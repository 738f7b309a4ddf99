//! What the gateways of one deployment share: Redis, behind a short time-out and with this process's own memory for the
//! while that Redis is away ([`redis`]), and ids that are marked once ([`marks`]).

pub(crate) mod marks;
pub mod redis;

/// What is shared, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Recent calls by user and tool.
    RateWindows,
    /// Sessions that were ended.
    EndedSessions,
    /// Consent that was used.
    Consent,
}

impl Use {
    /// Every value, for metrics that exist from zero.
    pub const ALL: [Use; 3] = [Use::RateWindows, Use::EndedSessions, Use::Consent];

    /// The label value.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Use::RateWindows => "rate-windows",
            Use::EndedSessions => "ended-sessions",
            Use::Consent => "consent",
        }
    }
}
