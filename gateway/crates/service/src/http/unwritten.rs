//! Answers until they are written. What a request holds, its permit among the requests under way and the memory of its answer,
//! stays held until the operating system has taken the answer: a client that does not read cannot ask for more and more.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http::StatusCode;
use hyper::body::{Frame, SizeHint};

use super::{
    budget::{Budget, Owner, Share},
    permits::Exceeded,
    refused::Refused,
};

/// Answers of at most this size are neither counted nor waited for: the bound on connections is enough for them.
const SMALL: usize = 16 << 10;

/// Has answers hold what they take.
pub struct Unwritten {
    /// Bytes of all answers that are not written yet.
    pub budget: Budget,
}

/// What is held while any part of an answer is not written.
type Holding = Arc<(Share, Arc<Share>)>;

impl Unwritten {
    /// The response, which holds the permit of its request until it is written.
    ///
    /// # Errors
    /// Too much is unread already.
    pub fn hold(&self, owner: &Owner, permit: Arc<Share>, response: Response) -> Result<Response, Refused> {
        let size = response.body().size_hint().exact().map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        match size {
            Some(..=SMALL) => Ok(response),
            Some(size) => {
                let held = Arc::new((self.budget.take(owner, size).map_err(unread)?, permit));
                Ok(response.map(|body| Body::new(Whole { body, held })))
            }
            None => {
                let pieces =
                    |body| Body::new(Pieces { body, budget: self.budget.clone(), owner: owner.clone(), permit });
                Ok(response.map(pieces))
            }
        }
    }
}

fn unread(exceeded: Exceeded) -> Refused {
    match exceeded {
        Exceeded::All => {
            let why = "the call was carried out, but the server has no room for its answer; try again shortly";
            Refused::of_server(StatusCode::SERVICE_UNAVAILABLE, why).retry_soon()
        }
        Exceeded::One => {
            let why = "the call was carried out, but too many bytes of answers to you are unread: read those first";
            Refused::of_request(StatusCode::TOO_MANY_REQUESTS, why).retry_soon()
        }
    }
}

/// A piece of an answer that holds something until it is dropped, which is when it has been written.
fn holding(bytes: Bytes, held: Holding) -> Bytes {
    struct Piece {
        bytes: Bytes,
        _held: Holding,
    }

    impl AsRef<[u8]> for Piece {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }

    Bytes::from_owner(Piece { bytes, _held: held })
}

/// The body of an answer whose size is known.
struct Whole {
    body: Body,
    held: Holding,
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let held = &self.held;
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|bytes| holding(bytes, Arc::clone(held))))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a stream, whose events are counted as they come.
struct Pieces {
    body: Body,
    budget: Budget,
    owner: Owner,
    permit: Arc<Share>,
}

impl Pieces {
    fn count(&self, bytes: Bytes) -> Bytes {
        if bytes.len() <= SMALL {
            return bytes;
        }
        let held = Arc::new((self.budget.take_anyway(&self.owner, bytes.len()), Arc::clone(&self.permit)));
        holding(bytes, held)
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|bytes| self.count(bytes)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
