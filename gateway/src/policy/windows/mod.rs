//! Sliding windows of recent calls, per user and tool: in this process's memory ([`own`]), or shared by all gateways of a
//! deployment ([`shared`]), with own memory for the while that Redis is away.

mod own;
mod shared;

use std::{num::NonZeroU32, sync::Arc, time::Instant};

use own::OwnWindows;
pub use own::WINDOW;
use shared::SharedWindows;

use super::rules::Rate;
use crate::{
    auth::{Principal, UserId},
    shared::redis::RedisLink,
    telemetry::Metrics,
};
use mana_mcp_runtime::tool::ToolId;

/// A call that reads and answers more takes a further place for each time that this fits in.
const BYTES_OF_A_PLACE: usize = 4 << 20;
/// The part of the limit that one call may take: a user with much data can still read it a few times a minute.
const MOST_OF_A_CALL: u32 = 3;

/// The id of calls that no Redis has.
const NOBODY_ASKS: u64 = 0;

/// The recent calls of every user and tool.
#[derive(Debug)]
pub struct RateWindows {
    limit: NonZeroU32,
    own: OwnWindows,
    shared: Option<SharedWindows>,
}

impl RateWindows {
    /// Windows that admit `limit` calls of one tool by one user within [`WINDOW`]: over all gateways that have the same
    /// Redis, else over this one.
    #[must_use]
    pub fn new(limit: NonZeroU32, redis: Option<Arc<RedisLink>>, metrics: &Arc<Metrics>) -> Self {
        Self { limit, own: OwnWindows::new(metrics), shared: redis.map(SharedWindows::new) }
    }

    /// Admits and notes a call, in one step, so that concurrent calls cannot share the last place.
    pub async fn admit(&self, caller: &Principal, tool: ToolId, now: Instant) -> Rate {
        let own = |id| self.own.with(caller.user(), tool, now, |calls| calls.admit(id, self.limit, now));
        let Some(shared) = &self.shared else { return own(NOBODY_ASKS) };
        // One id, there and here: Redis may have taken the call and answer too late.
        let call = rand::random();
        // Boxed: where there is no Redis, it makes no room in what every call carries around.
        Box::pin(shared.admit(&self.own, caller.user(), tool, call, self.limit, now)).await.unwrap_or_else(|| own(call))
    }

    /// Gives a call that has ended a further place for each 4 MiB that it read and answered. Other gateways learn of these
    /// places with the next call of the same user and tool at this one.
    pub fn weigh(&self, user: &UserId, tool: ToolId, bytes: usize, now: Instant) {
        let most = (self.limit.get() / MOST_OF_A_CALL).saturating_sub(1);
        let places = u32::try_from(bytes / BYTES_OF_A_PLACE).unwrap_or(u32::MAX).min(most);
        if places > 0 {
            self.own.with(user, tool, now, |calls| calls.note_weight(places, self.limit, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::CATALOG;

    fn windows(limit: u32) -> RateWindows {
        RateWindows::new(NonZeroU32::new(limit).unwrap(), None, &Arc::new(Metrics::new(&CATALOG).unwrap()))
    }

    #[tokio::test]
    async fn users_and_tools_do_not_share_a_window() {
        let (windows, now) = (windows(1), Instant::now());
        let [first, second, ..] = CATALOG.tools() else { panic!("the catalog has two tools") };
        assert_eq!(windows.admit(&Principal::for_tests("a"), *first, now).await, Rate::Admitted);
        assert_eq!(windows.admit(&Principal::for_tests("b"), *first, now).await, Rate::Admitted);
        assert_eq!(windows.admit(&Principal::for_tests("a"), *second, now).await, Rate::Admitted);
        assert!(matches!(windows.admit(&Principal::for_tests("a"), *first, now).await, Rate::Exceeded { .. }));
    }

    #[tokio::test]
    async fn a_call_takes_a_place_more_for_each_4_mib_that_it_reads() {
        let (windows, now) = (windows(30), Instant::now());
        let (caller, tool) = (Principal::for_tests("a"), CATALOG.tools()[0]);
        let admitted = async || {
            let mut admitted = 0;
            while windows.admit(&caller, tool, now).await == Rate::Admitted {
                admitted += 1;
            }
            admitted
        };
        assert_eq!(windows.admit(&caller, tool, now).await, Rate::Admitted);
        windows.weigh(caller.user(), tool, BYTES_OF_A_PLACE - 1, now);
        windows.weigh(caller.user(), tool, 3 * BYTES_OF_A_PLACE, now);
        assert_eq!(admitted().await, 26, "one for itself and three for its bytes");
        // Another tool, and the same one a minute later.
        let [_, other, ..] = CATALOG.tools() else { panic!("the catalog has two tools") };
        assert_eq!(windows.admit(&caller, *other, now).await, Rate::Admitted);
        assert_eq!(windows.admit(&caller, tool, now + WINDOW).await, Rate::Admitted);
    }

    #[tokio::test]
    async fn a_call_takes_a_third_of_the_limit_at_most() {
        let (windows, now) = (windows(30), Instant::now());
        let (caller, tool) = (Principal::for_tests("a"), CATALOG.tools()[0]);
        for _ in 0..3 {
            assert_eq!(windows.admit(&caller, tool, now).await, Rate::Admitted);
            windows.weigh(caller.user(), tool, usize::MAX, now);
        }
        assert_eq!(windows.admit(&caller, tool, now).await, Rate::Exceeded { retry_after: WINDOW });
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn concurrent_calls_never_exceed_the_limit() {
        let (windows, now) = (Arc::new(windows(30)), Instant::now());
        let callers = (0..8).map(|_| {
            let windows = Arc::clone(&windows);
            tokio::spawn(async move {
                let (caller, mut admitted) = (Principal::for_tests("a"), 0);
                for _ in 0..20 {
                    admitted += usize::from(windows.admit(&caller, CATALOG.tools()[0], now).await == Rate::Admitted);
                }
                admitted
            })
        });
        let admitted: usize = futures::future::join_all(callers).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(admitted, 30);
    }
}
