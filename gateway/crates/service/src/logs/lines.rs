//! Standard error. Nothing that serves a request ever writes to it: lines go into a bounded queue, and one thread of its own
//! writes what the queue holds, several lines with one system call. A reader that stalls therefore stops that thread and
//! nothing else. Lines for which the queue has no room are dropped and counted, those of the audit log last.
//!
//! A line waits for others no longer than [`LONGEST_WAIT`]. A process that is killed loses the lines of that time, and those
//! of calls that never ended. One that stops loses none unless the reader falls behind, nor does a call that panics.

mod queue;

use std::{
    io::{self, Write},
    sync::{
        Condvar, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

use self::queue::{Queue, Taken};
use super::{
    kind::LogKind,
    record::{Kind, Now, Record},
    settings::LogFormat,
};

const LONGEST_WAIT: Duration = Duration::from_millis(20);
/// The queue is written before its time as soon as it holds so much.
const WORTH_WRITING: usize = 16 << 10;
/// How long an ending process waits for the reader of its last lines.
const LAST_WAIT: Duration = Duration::from_millis(250);

/// There is one standard error, and so there is one of these.
static LINES: LazyLock<Lines> = LazyLock::new(Lines::default);
/// Readable without the lock, by metrics.
static DROPPED: Dropped = Dropped { access: AtomicU64::new(0), message: AtomicU64::new(0), audit: AtomicU64::new(0) };

struct Dropped {
    access: AtomicU64,
    message: AtomicU64,
    audit: AtomicU64,
}

impl Dropped {
    const fn of(&self, kind: LogKind) -> &AtomicU64 {
        match kind {
            LogKind::Access => &self.access,
            LogKind::Message => &self.message,
            LogKind::Audit => &self.audit,
        }
    }
}

#[derive(Default)]
struct Lines {
    waiting: Mutex<Waiting>,
    /// Wakes the thread that writes.
    wake: Condvar,
    /// Wakes those that wait until all is written.
    written: Condvar,
}

struct Waiting {
    record: Record,
    queue: Queue,
    /// The line about lines that were dropped.
    dropped: Kind,
    /// Whether the thread was woken for what waits.
    is_woken: bool,
    /// Whether it is to write without waiting for more lines.
    is_urgent: bool,
    /// Whether the thread is writing what it took.
    is_writing: bool,
}

impl Default for Waiting {
    fn default() -> Self {
        let record = Record::new(LogFormat::default());
        let queue = Queue::default();
        let dropped = Kind { message: "log lines were dropped", target: "log" };
        Self { record, queue, dropped, is_woken: false, is_urgent: false, is_writing: false }
    }
}

impl Lines {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what the queue holds, for as long as the process lives.
    fn keep_writing(&self, mut to: impl Write) {
        let mut taken = Taken::default();
        loop {
            {
                let mut waiting = self.waiting();
                waiting.is_writing = false;
                self.written.notify_all();
                let waited = self.wake.wait_while(waiting, |waiting| !waiting.is_woken);
                waiting = waited.unwrap_or_else(PoisonError::into_inner);
                let waited = self.wake.wait_timeout_while(waiting, LONGEST_WAIT, |waiting| !waiting.is_urgent);
                waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
                waiting.take(&mut taken);
            }
            write_whole(&mut to, taken.bytes());
        }
    }

    /// Has the thread write what waits.
    fn wake_for(&self, waiting: &mut Waiting) {
        if !waiting.is_woken || waiting.is_urgent {
            waiting.is_woken = true;
            self.wake.notify_one();
        }
    }
}

/// Writes all of it, however long the reader takes. A reader that is gone takes nothing any more, and is no reason to stop.
fn write_whole(to: &mut impl Write, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match to.write(bytes) {
            Ok(0) => return,
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The pipe was made not to block by another program that shares it.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(LONGEST_WAIT),
            Err(_) => return,
        }
    }
}

impl Waiting {
    /// Takes all that waits, with a line about what had to be dropped before.
    fn take(&mut self, taken: &mut Taken) {
        (self.is_woken, self.is_urgent, self.is_writing) = (false, false, true);
        let dropped = self.queue.dropped_since();
        self.queue.take(taken);
        if let Some(dropped) = dropped {
            let time = Now::read().time_of(Instant::now());
            taken.add(self.record.line(self.dropped, time, |record| dropped.add_to(record)));
        }
    }
}

fn push(queue: &mut Queue, kind: LogKind, line: &[u8]) {
    if !queue.push(kind, line) {
        DROPPED.of(kind).fetch_add(1, Ordering::Relaxed);
    }
}

/// Lines of that kind that were dropped because the reader of standard error was behind.
#[must_use]
pub fn dropped(kind: LogKind) -> u64 {
    DROPPED.of(kind).load(Ordering::Relaxed)
}

/// Starts the thread that writes lines, which look like that. Lines about lines that were dropped have that target.
pub(super) fn start(format: LogFormat, target: &'static str) -> io::Result<()> {
    let mut waiting = LINES.waiting();
    (waiting.record.format, waiting.dropped.target) = (format, target);
    drop(waiting);
    thread::Builder::new().name("log".to_owned()).spawn(|| LINES.keep_writing(io::stderr())).map(drop)
}

/// Writes a line about something that happened then, soon: several lines go out together. No other line can be queued
/// meanwhile, so whatever adds the fields must neither log nor panic.
pub fn write(weight: LogKind, kind: Kind, at: Instant, add: impl FnOnce(&mut Record)) {
    let now = Now::read();
    let mut waiting = LINES.waiting();
    let Waiting { record, queue, .. } = &mut *waiting;
    push(queue, weight, record.line(kind, now.time_of(at), add));
    let was_urgent = waiting.is_urgent;
    waiting.is_urgent |= waiting.queue.len() >= WORTH_WRITING;
    if !waiting.is_woken || waiting.is_urgent != was_urgent {
        LINES.wake_for(&mut waiting);
    }
}

/// Waits until all that was logged is written, as long as the reader of standard error is not far behind.
pub fn flush() {
    let mut waiting = LINES.waiting();
    waiting.is_urgent = true;
    LINES.wake_for(&mut waiting);
    let is_unwritten = |waiting: &mut Waiting| waiting.is_writing || !waiting.queue.is_empty();
    // Whether it was written or given up, the process ends.
    let _ = LINES.written.wait_timeout_while(waiting, LAST_WAIT, is_unwritten);
}

/// Messages, written as soon as the reader takes them, behind what waits: they are few, and a process may end after one.
pub(super) struct Messages;

impl Write for Messages {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = LINES.waiting();
        push(&mut waiting.queue, LogKind::Message, line);
        waiting.is_urgent = true;
        LINES.wake_for(&mut waiting);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Messages {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}
