//! Bodies of requests: read whole before the request counts as under way, within bounds of bytes and of time. A client that
//! sends slowly, or announces what never comes, keeps nobody else from being served.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
};
use http::StatusCode;
use http_body_util::BodyExt;
use tokio::time::Instant;

use super::{
    budget::{Budget, Owner, Share},
    pacing::LEAST_RATE,
    permits::Exceeded,
    refused::Refused,
};

/// Time for any body; a longer one has more, as long as it comes at [`LEAST_RATE`].
const TIME: Duration = Duration::from_secs(5);
/// Bodies of at most this size are in no budget: the bound on connections is enough for them.
const SMALL: usize = 4 << 10;

/// Reads bodies.
pub struct Bodies {
    /// Greatest size of one.
    pub max: usize,
    /// Longest time for one, at whatever rate it comes.
    pub longest: Duration,
    /// Bytes of all that are held.
    pub budget: Budget,
}

impl Bodies {
    /// The request with its body in memory. Its part of the budget is given back with the body.
    ///
    /// # Errors
    /// The body is too large, comes too slowly or not at all, or there is no room for it.
    pub async fn read(&self, owner: &Owner, request: Request) -> Result<Request, Refused> {
        if request.body().is_end_stream() {
            return Ok(request);
        }
        let (parts, body) = request.into_parts();
        let body = self.whole(owner, body).await?;
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    async fn whole(&self, owner: &Owner, mut body: Body) -> Result<Bytes, Refused> {
        let announced = body.size_hint().lower();
        if announced > self.max as u64 {
            return Err(self.too_large());
        }
        let mut reading = Reading { bytes: Vec::new(), share: None, room: SMALL };
        reading.make_room(self, owner, usize::try_from(announced).unwrap_or(usize::MAX))?;
        let begun = Instant::now();
        let mut received = 0;
        loop {
            let paced = TIME + Duration::from_secs_f64(received as f64 / LEAST_RATE as f64);
            let frame = tokio::time::timeout_at(begun + paced.min(self.longest), body.frame()).await;
            let frame = match frame.map_err(|_| too_slow())? {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => {
                    return Err(Refused::of_request(StatusCode::BAD_REQUEST, "The body could not be read."));
                }
                None => return Ok(reading.end()),
            };
            let Ok(data) = frame.into_data() else { continue };
            received += data.len();
            if received > self.max {
                return Err(self.too_large());
            }
            // A body in one piece stays where it is.
            if body.is_end_stream() && reading.bytes.is_empty() {
                reading.make_room(self, owner, data.len())?;
                return Ok(held(data, reading.share));
            }
            reading.make_room(self, owner, received)?;
            reading.bytes.extend_from_slice(&data);
        }
    }

    fn too_large(&self) -> Refused {
        let why = format!("The body is too large: at most {} bytes are read.", self.max);
        Refused::of_request(StatusCode::PAYLOAD_TOO_LARGE, why)
    }
}

/// What has come of a body.
struct Reading {
    bytes: Vec<u8>,
    share: Option<Share>,
    /// Bytes that may come before more room must be made.
    room: usize,
}

impl Reading {
    /// Takes room for that size from the budget, and memory in one piece: what is not touched costs nothing. An unannounced
    /// body has twice the room each time, so that it is seldom moved.
    fn make_room(&mut self, bodies: &Bodies, owner: &Owner, size: usize) -> Result<(), Refused> {
        if size <= self.room {
            return Ok(());
        }
        let size = size.max(2 * self.room).min(bodies.max);
        match &mut self.share {
            Some(share) => share.grow(size - self.room).map_err(no_room)?,
            None => self.share = Some(bodies.budget.take(owner, size).map_err(no_room)?),
        }
        self.room = size;
        self.bytes.reserve_exact(size.saturating_sub(self.bytes.len()));
        Ok(())
    }

    fn end(self) -> Bytes {
        held(self.bytes.into(), self.share)
    }
}

/// Bytes that give their room back when the last of them is dropped.
fn held(bytes: Bytes, share: Option<Share>) -> Bytes {
    match share {
        Some(share) => Bytes::from_owner(Held { bytes, _share: share }),
        None => bytes,
    }
}

struct Held {
    bytes: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn no_room(exceeded: Exceeded) -> Refused {
    match exceeded {
        Exceeded::All => {
            let why = "the server has no room for the body; try again shortly";
            Refused::of_server(StatusCode::SERVICE_UNAVAILABLE, why).retry_soon()
        }
        Exceeded::One => {
            let why = "too many bytes of your requests are under way; try again when one of them has ended";
            Refused::of_request(StatusCode::TOO_MANY_REQUESTS, why).retry_soon()
        }
    }
}

fn too_slow() -> Refused {
    Refused::of_request(StatusCode::REQUEST_TIMEOUT, "The body came too slowly.")
}
