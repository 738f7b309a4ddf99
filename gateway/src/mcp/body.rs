//! A JSON-RPC message that is sent: whole, or in a few parts, some of which others hold too. Parts are sent one after the
//! other and not copied.

use std::{
    convert::Infallible,
    iter::FusedIterator,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

const PARTS: usize = 5;
/// A shorter message is copied into one piece, which costs less than sending parts does.
const WORTH_PARTS: usize = 4096;

/// A JSON-RPC message, written.
#[derive(Debug)]
pub(super) enum MessageBody {
    /// In one piece.
    Whole(Bytes),
    /// In parts.
    Parts([Bytes; PARTS]),
}

impl MessageBody {
    /// The parts, in order.
    pub(super) fn into_parts(self) -> impl FusedIterator<Item = Bytes> {
        let (whole, parts) = match self {
            Self::Whole(bytes) => (Some(bytes), None),
            Self::Parts(parts) => (None, Some(parts)),
        };
        whole.into_iter().chain(parts.into_iter().flatten())
    }
}

impl From<MessageBody> for Body {
    fn from(message: MessageBody) -> Self {
        match message {
            MessageBody::Whole(bytes) => Self::from(bytes),
            MessageBody::Parts(parts) if parts.iter().map(Bytes::len).sum::<usize>() < WORTH_PARTS => {
                Self::from(parts.concat())
            }
            MessageBody::Parts(parts) => Self::new(UnsentParts(parts.into_iter())),
        }
    }
}

/// The parts that are not sent yet.
struct UnsentParts(std::array::IntoIter<Bytes, PARTS>);

impl HttpBody for UnsentParts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.find(|part| !part.is_empty()).map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_slice().iter().all(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_slice().iter().map(|part| part.len() as u64).sum())
    }
}
