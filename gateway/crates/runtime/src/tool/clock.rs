//! When calls are made. Programs of tests may set another clock than the system's; those that people run never do.

use std::sync::OnceLock;

use crate::decode::Timestamp;

static CLOCK: OnceLock<fn() -> Timestamp> = OnceLock::new();

/// Lets all calls of this process be made at the times that `clock` tells. The first clock that is set stays.
pub fn set_clock(clock: fn() -> Timestamp) {
    CLOCK.get_or_init(|| clock);
}

/// The time of a call that is made now.
pub(super) fn now() -> Timestamp {
    CLOCK.get().map_or_else(Timestamp::now, |clock| clock())
}
