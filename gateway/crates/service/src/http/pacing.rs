//! A connection's stream, which tells when its first byte has come and ends where the client takes an answer too slowly.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::connections::Activity;

/// Bytes a second that a client must send of a body and take of an answer, after a time without any demand.
pub(super) const LEAST_RATE: usize = 64 << 10;

/// How fast a client must take answers.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Each time an answer has waited for so long,
    pub within: Duration,
    /// this many bytes must have been taken.
    pub bytes: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { within: Duration::from_secs(10), bytes: 10 * LEAST_RATE }
    }
}

/// A stream whose peer must keep the pace.
pub(super) struct Paced<S> {
    stream: S,
    pace: Pace,
    activity: Arc<Activity>,
    /// There while something waits to be written.
    waiting: Option<Waiting>,
}

struct Waiting {
    end: Pin<Box<Sleep>>,
    written: usize,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, pace: Pace, activity: Arc<Activity>) -> Self {
        Self { stream, pace, activity, waiting: None }
    }

    /// What becomes of an attempt to write.
    fn wrote(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let Poll::Pending = outcome else {
            if let (Some(waiting), Poll::Ready(Ok(count))) = (&mut self.waiting, &outcome) {
                waiting.written += count;
            }
            return outcome;
        };
        let pace = self.pace;
        let waiting = self.waiting.get_or_insert_with(|| {
            self.activity.writing();
            Waiting { end: Box::pin(sleep_until(Instant::now() + pace.within)), written: 0 }
        });
        while waiting.end.as_mut().poll(context).is_ready() {
            if waiting.written < pace.bytes {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the client takes its answer too slowly",
                )));
            }
            waiting.written = 0;
            waiting.end.as_mut().reset(Instant::now() + pace.within);
        }
        Poll::Pending
    }

    /// All that was to be written has been.
    fn flushed(&mut self) {
        if self.waiting.take().is_some() {
            self.activity.written();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.activity.received();
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(context, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes when it has nothing left to write.
        self.flushed();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.wrote(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
