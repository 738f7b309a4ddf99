//! What a POST is answered with: one message, or a stream that ends with one.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{body::MessageBody, reply::message_response, stream::EventStream};

/// The answer to a message.
#[derive(Debug)]
pub(super) enum Answer {
    /// One JSON body.
    Message(MessageBody),
    /// Events, the last of which is the message.
    Stream(EventStream),
    /// Nothing: the message wants no answer, or its client cancelled it.
    Accepted,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Message(message) => message_response(StatusCode::OK, message),
            Self::Stream(stream) => stream.into_response(),
            Self::Accepted => StatusCode::ACCEPTED.into_response(),
        }
    }
}
