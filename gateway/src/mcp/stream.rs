//! Answers as streams of Server-Sent Events, on the response to the POST that made the call (basic/transports, "Sending
//! Messages to the Server").
//!
//! A call becomes a stream only if its client accepts one and either asked for progress or called a tool that waits for
//! services, and only once it has run for a while: most calls end before that and are answered with one JSON body. A stream
//! carries comments and, for who asked, progress notifications, and ends with the message that would otherwise have been the
//! body.
//!
//! Events have no ids. Nothing is stored, so a client could not resume a stream by naming the last event it saw.

mod body;
mod permit;
#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use mana_mcp_service::{metrics::Counter, panics::caught};
use rmcp::model::{
    ErrorData, NumberOrString, ProgressNotification, ProgressNotificationParam, ProgressToken, RequestId,
    RequestMetaObject, ServerJsonRpcMessage, ServerNotification,
};
use tokio::{
    sync::mpsc,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

pub(super) use self::body::EventStream;
use self::{
    body::{EVENT_STREAM, Event},
    permit::{Open, Permit},
};
use super::{body::MessageBody, refusal::Refusal, reply};
use crate::{
    auth::UserId,
    telemetry::{Metrics, metrics::REQUEST_TIMEOUTS},
};

/// A longer progress token starts no stream: every notification repeats it.
const MAX_TOKEN_BYTES: usize = 256;
/// Events that wait for a client that does not read; further ones are skipped. The last message has its own place.
const WAITING_EVENTS: usize = 4;
/// The end of the drain leaves this much time to send the last message of a stream, but never more than a quarter of it.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// When a call becomes a stream, and the bounds of streams.
#[derive(Debug, Clone, Copy)]
pub struct StreamSettings {
    /// A call that ends sooner is answered with one JSON body. Above what calls usually take, below what a person
    /// would call a long wait.
    pub delay: Duration,
    /// The same for a call whose client did not ask for progress.
    pub silent_delay: Duration,
    /// The time between two progress notifications.
    pub progress: Duration,
    /// The time between two comments. Proxies commonly close a connection that was silent for 60 seconds, some after 30.
    pub heartbeat: Duration,
    /// How long a stream may last. Longer than a request without progress may take: the person sees that it is still
    /// running and can cancel it.
    pub deadline: Duration,
    /// Streams that may be open at once. Each also counts as a request in flight, for longer than most.
    pub max_open: usize,
    /// Streams of one user that may be open at once.
    pub max_open_per_user: usize,
    /// How long a stream may last after the server was asked to stop.
    pub drain: Duration,
}

impl StreamSettings {
    /// The settings of a server with these limits. At most a quarter of the requests in flight may be streams, and at
    /// most a quarter of those may belong to one user.
    #[must_use]
    pub fn new(max_in_flight: usize, request_timeout: Duration, drain: Duration) -> Self {
        let max_open = (max_in_flight / 4).max(1);
        Self {
            delay: Duration::from_secs(1),
            silent_delay: Duration::from_secs(10),
            progress: Duration::from_secs(3),
            heartbeat: Duration::from_secs(15),
            deadline: request_timeout.max(Duration::from_secs(300)),
            max_open,
            max_open_per_user: (max_open / 4).max(1),
            drain,
        }
    }
}

/// The progress token of a request that may be answered as a stream.
pub(super) fn requested(headers: &HeaderMap, meta: &RequestMetaObject) -> Option<ProgressToken> {
    let token = meta.get_progress_token()?;
    let is_short = match &token.0 {
        NumberOrString::Number(_) => true,
        NumberOrString::String(text) => text.len() <= MAX_TOKEN_BYTES,
    };
    (is_short && accepts_events(headers)).then_some(token)
}

/// Whether `Accept` names event streams. Ranges with wildcards do not count: clients send them without reading streams.
pub(super) fn accepts_events(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case(EVENT_STREAM));
        is_named && !parts.any(is_zero_quality)
    })
}

/// Whether this is the parameter that excludes a media range (RFC 9110, 12.4.2).
fn is_zero_quality(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|quality| quality == 0.0)
    })
}

/// The open streams of one gateway.
pub(super) struct Streams {
    settings: StreamSettings,
    open: Arc<Mutex<Open>>,
    /// Cancelled as soon as the server is asked to stop.
    stop: CancellationToken,
    /// Counts streams that reached their deadline.
    timeouts: Counter,
    /// Counts the panics of calls whose stream is already open.
    panics: Counter,
}

/// What becomes of a call whose client closes the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnClose {
    /// The call is cancelled (2026-07-28).
    Cancel,
    /// The call runs on; only a notification cancels it (the earlier revisions).
    Continue,
}

/// A call that may be answered as a stream.
pub(super) struct StreamRequest {
    pub(super) id: RequestId,
    pub(super) user: UserId,
    /// Under which the client asked for progress.
    pub(super) token: Option<ProgressToken>,
    /// How long the call may take, where it waits for services.
    pub(super) limit: Option<Duration>,
    pub(super) on_close: OnClose,
}

/// What a call ends with: the message that answers it, or nothing if it was cancelled.
pub(super) type Outcome = Option<Result<MessageBody, Refusal>>;

/// How a call turned out by the time its response must begin.
pub(super) enum Start<W> {
    /// It has ended.
    Ended(Outcome),
    /// It still runs, and this is its open stream. The writer must be run for the call to continue.
    Open(EventStream, StreamWriter<W>),
}

impl Streams {
    pub(super) fn new(settings: StreamSettings, stop: CancellationToken, metrics: &Metrics, panics: Counter) -> Self {
        let timeouts = metrics.counter(&REQUEST_TIMEOUTS, ());
        Self { settings, open: Arc::default(), stop, timeouts, panics }
    }

    /// Runs a call until it ends, or until a stream is open for it. If no stream may be opened when its time has come,
    /// the call runs to its end.
    pub(super) async fn start<W: Future<Output = Outcome> + Unpin>(
        &self,
        request: StreamRequest,
        mut work: W,
    ) -> Start<W> {
        let began = Instant::now();
        let StreamSettings { delay, silent_delay, .. } = self.settings;
        let delay = if request.token.is_some() { delay } else { silent_delay };
        match tokio::time::timeout(delay, &mut work).await {
            Ok(outcome) => Start::Ended(outcome),
            Err(_) => {
                let (events, incoming) = mpsc::channel(WAITING_EVENTS + 1);
                // Reserved now: a client that does not read fills the channel.
                match (self.open(request.user.clone()), events.clone().try_reserve_owned()) {
                    (Some(permit), Ok(last)) => {
                        let (ends, body) = (self.ends(), EventStream::new(incoming, Arc::clone(&permit)));
                        let writer = StreamWriter { request, work, events, last, began, ends, _permit: permit };
                        Start::Open(body, writer)
                    }
                    _ => Start::Ended(work.await),
                }
            }
        }
    }

    /// A permit for a stream of this user. None at a bound, and none once the server was asked to stop.
    fn open(&self, user: UserId) -> Option<Arc<Permit>> {
        if self.stop.is_cancelled() {
            return None;
        }
        Permit::take(&self.open, user, self.settings.max_open, self.settings.max_open_per_user)
    }

    fn ends(&self) -> Ends {
        Ends {
            settings: self.settings,
            stop: self.stop.clone(),
            timeouts: self.timeouts.clone(),
            panics: self.panics.clone(),
        }
    }
}

/// What ends a stream, besides its call.
struct Ends {
    settings: StreamSettings,
    stop: CancellationToken,
    timeouts: Counter,
    panics: Counter,
}

impl Ends {
    /// Returns a little before the drain is over.
    async fn drained(&self) {
        self.stop.cancelled().await;
        let drain = self.settings.drain;
        sleep(drain.saturating_sub(LAST_WORDS.min(drain / 4))).await;
    }
}

/// Runs a call and writes its stream. It has its own task: a client that does not read must not hold up the call, which
/// may have locks that others wait for.
pub(super) struct StreamWriter<W> {
    request: StreamRequest,
    work: W,
    events: mpsc::Sender<Event>,
    /// The reserved place of the last message.
    last: mpsc::OwnedPermit<Event>,
    /// The stream is open until its body is sent and its call has ended: a client that closes the body of a session's call
    /// frees no place.
    _permit: Arc<Permit>,
    /// When the call began.
    began: Instant,
    ends: Ends,
}

impl<W: Future<Output = Outcome> + Unpin> StreamWriter<W> {
    /// Runs the call to its end, or to the end of the stream's time.
    pub(super) async fn run(self) {
        let Self { request, work, events, last, began, ends, _permit } = self;
        let StreamSettings { progress, heartbeat, deadline, .. } = ends.settings;
        let now = Instant::now();
        let deadline = request.limit.map_or(deadline, |limit| limit.max(deadline));
        let mut progress = every(progress, now);
        let mut heartbeat = every(heartbeat, now + heartbeat);
        let mut meter = Meter { token: request.token, began, last: 0.0 };
        let mut work = std::pin::pin!(caught(&ends.panics, work));
        let mut drained = std::pin::pin!(ends.drained());
        let mut deadline = std::pin::pin!(sleep_until(now + deadline));
        let message = loop {
            tokio::select! {
                biased;
                outcome = &mut work => break match outcome {
                    Ok(Some(Ok(message))) => message,
                    Ok(Some(Err(refusal))) => refusal.into_message(),
                    // A cancelled request has no answer (basic/utilities/cancellation).
                    Ok(None) => return,
                    Err(panicked) => failed(&request.id, panicked.to_string()),
                },
                () = events.closed(), if request.on_close == OnClose::Cancel => return,
                () = &mut deadline => {
                    ends.timeouts.increment(1);
                    break failed(&request.id, "The call took too long.");
                }
                () = &mut drained => break failed(&request.id, "The gateway is stopping."),
                _ = progress.tick() => {
                    if let Some(notification) = meter.notification() {
                        // Without room for it, the client is not reading: the next one says more.
                        let _ = events.try_send(Event::Message(notification));
                    }
                }
                _ = heartbeat.tick() => {
                    let _ = events.try_send(Event::Comment);
                }
            }
        };
        last.send(Event::Last(message));
    }
}

fn every(period: Duration, first: Instant) -> Interval {
    let mut interval = interval_at(first, period);
    // After a pause, one event is as good as all that were missed.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

fn failed(id: &RequestId, text: impl Into<Cow<'static, str>>) -> MessageBody {
    reply::error(id.clone(), ErrorData::internal_error(text, None))
}

/// Measures the progress of a call, which is known by its time alone.
struct Meter {
    token: Option<ProgressToken>,
    began: Instant,
    /// The progress that was last notified.
    last: f64,
}

impl Meter {
    /// A notification of the seconds since the call began; none if nobody asked for it, or it would say no more than the last
    /// one (basic/utilities/progress: progress must increase).
    fn notification(&mut self) -> Option<Bytes> {
        let token = self.token.clone()?;
        let elapsed = self.began.elapsed();
        let progress = (elapsed.as_secs_f64() * 10.0).round() / 10.0;
        if progress <= self.last {
            return None;
        }
        self.last = progress;
        let text = match elapsed.as_secs() {
            1 => "Running for 1 second".to_owned(),
            seconds => format!("Running for {seconds} seconds"),
        };
        let progress = ProgressNotificationParam::new(token, progress).with_message(text);
        let progress = ServerNotification::ProgressNotification(ProgressNotification::new(progress));
        serde_json::to_vec(&ServerJsonRpcMessage::notification(progress)).ok().map(Bytes::from)
    }
}
