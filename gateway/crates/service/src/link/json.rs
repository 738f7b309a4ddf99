//! A JSON body that is parsed as it arrives, by a parser that keeps only what it was made for.

use std::io::{self, BufReader, Read};

use bytes::{Buf, Bytes};
use serde::de::DeserializeOwned;
use tokio::{
    sync::{Semaphore, SemaphorePermit, mpsc},
    task::JoinHandle,
};

use super::{exchange::OpenBody, failure::LinkFailure, route::Route};

/// A longer body is parsed while it arrives.
const SHORT: usize = 64 << 10;
/// Pieces that wait for the parser.
const AHEAD: usize = 4;
/// Long bodies that are parsed at a time. A text in one of them may be nearly all of it, and is held until it is cut.
static LONG: Semaphore = Semaphore::const_new(4);

/// Parses a JSON body as `T`, without holding a long one. What is left is `T`, or that the body is something else.
///
/// # Errors
/// The body does not come to its end.
pub async fn parse_json<R: Route, T>(mut body: OpenBody<R>) -> Result<serde_json::Result<T>, LinkFailure>
where
    T: DeserializeOwned + Send + 'static,
{
    let mut parsed = ParsedJson(State::Short(Vec::new()));
    while let Some(piece) = body.piece().await? {
        parsed.push(piece).await;
    }
    // The parser does not panic; the runtime ends.
    parsed.end().await
}

struct ParsedJson<T>(State<T>);

enum State<T> {
    Short(Vec<u8>),
    /// The parser waits for bytes, so it has a thread of the pool for blocking work.
    Long {
        pieces: mpsc::Sender<Bytes>,
        parser: JoinHandle<serde_json::Result<T>>,
        _permit: Option<SemaphorePermit<'static>>,
    },
}

impl<T: DeserializeOwned + Send + 'static> ParsedJson<T> {
    async fn push(&mut self, piece: Bytes) {
        if let State::Short(begun) = &mut self.0 {
            if begun.len() + piece.len() <= SHORT {
                begun.extend_from_slice(&piece);
                return;
            }
            // The semaphore is never closed.
            let permit = LONG.acquire().await.ok();
            let begun = Bytes::from(std::mem::take(begun));
            let (pieces, arriving) = mpsc::channel(AHEAD);
            // The parser asks for single bytes.
            let body = BufReader::new(Arriving { current: begun, arriving });
            let parser = tokio::task::spawn_blocking(move || serde_json::from_reader(body));
            self.0 = State::Long { pieces, parser, _permit: permit };
        }
        if let State::Long { pieces, .. } = &self.0 {
            // A parser that has failed takes no more, and says so at the end.
            let _ = pieces.send(piece).await;
        }
    }

    async fn end(self) -> Result<serde_json::Result<T>, LinkFailure> {
        match self.0 {
            State::Short(body) => Ok(serde_json::from_slice(&body)),
            State::Long { pieces, parser, _permit } => {
                drop(pieces);
                parser.await.map_err(|_| LinkFailure::Closed)
            }
        }
    }
}

/// The body as the parser reads it. If the answer is given up, it ends early, and the parser with it.
struct Arriving {
    current: Bytes,
    arriving: mpsc::Receiver<Bytes>,
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.arriving.blocking_recv() {
                Some(piece) => self.current = piece,
                None => return Ok(0),
            }
        }
        let count = self.current.len().min(buffer.len());
        self.current.split_to(count).copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
