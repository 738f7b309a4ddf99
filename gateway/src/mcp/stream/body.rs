//! The body of a response that is a stream of events.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::mpsc;

use super::permit::Permit;
use crate::mcp::body::MessageBody;

pub(super) const EVENT_STREAM: &str = "text/event-stream";
/// Asks proxies (nginx, and others that follow it) to pass on events as they come.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const BEFORE_MESSAGE: Bytes = Bytes::from_static(b"event: message\ndata: ");
const AFTER_MESSAGE: Bytes = Bytes::from_static(b"\n\n");
/// Ignored by clients (WHATWG HTML, "Interpreting an event stream").
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// One event of a stream.
#[derive(Debug)]
pub(super) enum Event {
    /// A JSON-RPC message in one line.
    Message(Bytes),
    /// A comment, which keeps the connection alive.
    Comment,
    /// The message that ends the stream.
    Last(MessageBody),
}

/// The body of a stream.
#[derive(Debug)]
pub(in crate::mcp) struct EventStream {
    events: mpsc::Receiver<Event>,
    /// Parts of events that are not sent yet.
    unsent: VecDeque<Bytes>,
    is_complete: bool,
    _permit: Arc<Permit>,
}

impl EventStream {
    /// A stream that takes its events from there.
    pub(super) fn new(events: mpsc::Receiver<Event>, permit: Arc<Permit>) -> Self {
        Self { events, unsent: VecDeque::new(), is_complete: false, _permit: permit }
    }

    fn queue(&mut self, event: Event) {
        match event {
            Event::Comment => self.unsent.push_back(COMMENT),
            Event::Message(message) => self.unsent.extend([BEFORE_MESSAGE, message, AFTER_MESSAGE]),
            Event::Last(message) => {
                self.unsent.push_back(BEFORE_MESSAGE);
                self.unsent.extend(message.into_parts());
                self.unsent.push_back(AFTER_MESSAGE);
                self.is_complete = true;
            }
        }
    }
}

impl HttpBody for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.unsent.is_empty() && !self.is_complete {
            match ready!(self.events.poll_recv(context)) {
                Some(event) => self.queue(event),
                // The call was cancelled: its stream ends without a last message.
                None => self.is_complete = true,
            }
        }
        Poll::Ready(self.unsent.pop_front().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_complete && self.unsent.is_empty()
    }
}

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::new(self));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(BUFFERING, HeaderValue::from_static("no"));
        response
    }
}
