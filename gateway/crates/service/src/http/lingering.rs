//! An answer that comes before the request's body was read: the rest of the body is read and thrown away first, within
//! bounds. A connection that is closed while the client still sends is reset, and the reset takes the answer with it:
//! the client would see neither that its token has expired nor that its body is too large (RFC 9112, 9.6).

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
};
use http::header;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};

/// A client that sends more than this is not waited for.
const MOST: usize = 32 << 20;
/// Nor is one that takes longer.
const LONGEST: Duration = Duration::from_secs(5);

/// Lends the request's body to the code that answers; what is left of it comes back.
pub(super) fn lend(request: Request) -> (Request, Rest) {
    let rest = Rest::default();
    // A client that asks first sends nothing until it may. What is announced as longer could not be read to its end.
    let is_hopeless = request.body().size_hint().lower() > MOST as u64;
    if request.headers().contains_key(header::EXPECT) || request.body().is_end_stream() || is_hopeless {
        return (request, rest);
    }
    (request.map(|body| Body::new(Lent { body: Some(body), rest: rest.clone() })), rest)
}

async fn discard(mut body: Body) {
    let mut room = MOST;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match room.checked_sub(length) {
            Some(left) => room = left,
            None => return,
        }
    }
}

/// What is left of a body that nobody wanted to read to its end.
#[derive(Debug, Clone, Default)]
pub(super) struct Rest(Arc<Mutex<Option<Body>>>);

impl Rest {
    /// Reads it, where there is any, and throws it away.
    pub(super) async fn discard(self) {
        if let Some(body) = self.take() {
            // Whether it ended or was given up, the answer is ready.
            let _ = tokio::time::timeout(LONGEST, discard(body)).await;
        }
    }

    fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, body: Body) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }
}

/// A body that comes back when it is dropped unread.
struct Lent {
    body: Option<Body>,
    rest: Rest,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.rest.put(body);
        }
    }
}
