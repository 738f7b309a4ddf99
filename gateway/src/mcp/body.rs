//! The body of an answer in a few parts, some of which others hold too: they are sent one after the other and not copied.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

const PARTS: usize = 5;
/// Less is copied into one piece, which costs less than parts do.
const WORTH_PARTS: usize = 4096;

/// The parts that are not yet sent.
#[derive(Debug)]
pub(super) struct MessageBody {
    parts: std::array::IntoIter<Bytes, PARTS>,
}

impl MessageBody {
    pub(super) fn of(parts: [Bytes; PARTS]) -> Self {
        Self { parts: parts.into_iter() }
    }
}

impl HttpBody for MessageBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.parts.next().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.as_slice().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.parts.as_slice().iter().map(|part| part.len() as u64).sum())
    }
}

impl From<MessageBody> for Body {
    fn from(body: MessageBody) -> Self {
        let parts = body.parts.as_slice();
        let length: usize = parts.iter().map(Bytes::len).sum();
        if length < WORTH_PARTS { Self::from(parts.concat()) } else { Self::new(body) }
    }
}
