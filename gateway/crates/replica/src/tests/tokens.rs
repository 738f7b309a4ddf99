//! Whose token a pull was made with, and who may share it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::{future::BoxFuture, stream};
use mana_mcp_runtime::{
    data::DataError,
    failure::{BackendError, FailureKind, Service},
    rows::TableSpec,
};

use super::{HABITS, at_home};
use crate::{Log, PageBody, Replica, Replicas};

const PAGE: &str = r#"{"serverChanges":[],"syncedUntil":"2026-01-01T00:00:00.000Z"}"#;

/// What a service answers to one token.
struct OfToken {
    token: u64,
    accepts: bool,
    asked: Arc<AtomicUsize>,
}

impl Log for OfToken {
    fn page(&self, _: TableSpec, _: &str) -> BoxFuture<'static, Result<PageBody, BackendError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let accepts = self.accepts;
        Box::pin(async move {
            // Long enough for those who come meanwhile to wait for the next pull.
            tokio::time::sleep(Duration::from_millis(20)).await;
            if accepts {
                Ok(Box::pin(stream::iter([Ok(Bytes::from_static(PAGE.as_bytes()))])) as PageBody)
            } else {
                Err(BackendError { service: Service::SYNC, kind: FailureKind::Unauthorized })
            }
        })
    }

    fn malformed(&self) -> BackendError {
        BackendError { service: Service::SYNC, kind: FailureKind::Malformed }
    }

    fn token(&self) -> u64 {
        self.token
    }
}

struct Reader {
    log: Arc<dyn Log>,
    asked: Arc<AtomicUsize>,
}

impl Reader {
    fn new(token: u64, accepts: bool) -> Self {
        let asked = Arc::default();
        Self { log: Arc::new(OfToken { token, accepts, asked: Arc::clone(&asked) }), asked }
    }

    async fn read(&self, replicas: &Replicas, now: Instant) -> Result<Arc<Replica>, DataError> {
        replicas.refresh(&self.log, HABITS, &at_home(), now).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_refused_token_shares_no_pull_of_another_one() {
    let (replicas, now) = (Replicas::new(1 << 20), Instant::now());
    let (good, refused) = (Reader::new(1, true), Reader::new(2, false));
    good.read(&replicas, now).await.unwrap();
    // The first pull is under way when the others come: they would share the second one.
    let (first, second, third) =
        futures::join!(good.read(&replicas, now), good.read(&replicas, now), refused.read(&replicas, now));
    assert!(first.is_ok() && second.is_ok());
    assert!(matches!(third.unwrap_err(), DataError::Backend(error) if error.kind == FailureKind::Unauthorized));
    assert_eq!(refused.asked(), 1);
}

#[tokio::test]
async fn a_token_shares_pulls_for_a_minute_after_its_own() {
    let (replicas, start) = (Replicas::new(1 << 20), Instant::now());
    let (one, other) = (Reader::new(1, true), Reader::new(2, true));
    other.read(&replicas, start).await.unwrap();
    for (seconds, pulls) in [(59, 0), (60, 1)] {
        let now = start + Duration::from_secs(seconds);
        let before = other.asked();
        let (a, b, c) = futures::join!(one.read(&replicas, now), one.read(&replicas, now), other.read(&replicas, now));
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert_eq!(other.asked() - before, pulls, "after {seconds} s");
    }
}
