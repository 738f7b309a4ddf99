//! Windows in Redis: one for all gateways, by Redis's own clock.

use std::{
    fmt::Write,
    num::NonZeroU32,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use redis::Script;
use sha2::{Digest, Sha256};

use super::own::{OwnWindows, WINDOW};
use crate::{
    auth::UserId,
    policy::rules::Rate,
    shared::{Use, redis::RedisLink},
};
use mana_mcp_runtime::tool::ToolId;

/// Calls of one user and tool that are sent again to Redis when it comes back, at most.
const MAX_TOLD_AGAIN: usize = 256;

/// Admits and notes a call in one step. A window is a set of calls' ids, each with its time; it expires as soon as nothing in
/// it counts. Answers 0, or the milliseconds until there is a place.
///
/// Arguments: the window's length and limit, the call's id, then id and age of each call that Redis may not know: those from
/// while it was away, or that it has lost. An id that it knows is not taken twice.
static ADMIT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local window, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
        for i = 4, #ARGV, 2 do
            redis.call('ZADD', KEYS[1], 'NX', now - ARGV[i + 1], ARGV[i])
        end
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
        local calls = redis.call('ZCARD', KEYS[1])
        local wait = 0
        if calls < limit then
            redis.call('ZADD', KEYS[1], now, ARGV[3])
        else
            local leaves = redis.call('ZRANGE', KEYS[1], calls - limit, calls - limit, 'WITHSCORES')
            wait = math.max(1, math.min(window, window - (now - leaves[2])))
        end
        redis.call('PEXPIRE', KEYS[1], window)
        return wait",
    )
});

#[derive(Debug)]
pub(super) struct SharedWindows(Arc<RedisLink>);

impl SharedWindows {
    pub(super) fn new(redis: Arc<RedisLink>) -> Self {
        Self(redis)
    }

    /// Admits and notes a call, there and in this process's own window. `None` where Redis does not say.
    pub(super) async fn admit(
        &self,
        own: &OwnWindows,
        user: &UserId,
        tool: ToolId,
        call: u64,
        limit: NonZeroU32,
        now: Instant,
    ) -> Option<Rate> {
        let redis = self.0.connected(Use::RateWindows)?;
        let connection = redis.generation();
        let untold = own.with(user, tool, now, |calls| calls.untold(connection, MAX_TOLD_AGAIN));
        let mut script = ADMIT.key(key(user.as_str(), tool));
        script.arg(millis(WINDOW)).arg(limit.get()).arg(call);
        for call in &untold {
            script.arg(call.id).arg(millis(now.saturating_duration_since(call.at)));
        }
        let wait = redis.run::<u64>(&script).await?;
        own.with(user, tool, now, |calls| {
            calls.note_told(&untold, connection);
            if wait == 0 {
                calls.note_admitted(call, connection, limit, now);
            }
        });
        Some(if wait > 0 { Rate::Exceeded { retry_after: Duration::from_millis(wait) } } else { Rate::Admitted })
    }
}

/// A hash: a reader of Redis learns nothing of users. The separator stands in no tool's name.
fn key(user: &str, tool: ToolId) -> String {
    let hash = Sha256::new().chain_update(tool.name()).chain_update([0]).chain_update(user).finalize();
    let mut key = String::from("mana-mcp:rate:");
    for byte in hash.iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_nobody() {
        let [first, second, ..] = crate::call::testing::CATALOG.tools() else { panic!("the catalog has two tools") };
        let of_ada = key("https://id.example\nada", *first);
        assert!(of_ada.starts_with("mana-mcp:rate:") && !of_ada.contains("ada") && of_ada.len() == 46, "{of_ada}");
        assert_ne!(of_ada, key("https://id.example\nada", *second));
        assert_ne!(of_ada, key("https://id.example\nbob", *first));
        assert_eq!(of_ada, key("https://id.example\nada", *first));
    }
}
