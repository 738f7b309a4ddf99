//! Standard error, several lines at a time: a system call for each line would be a good part of what a line costs, and so
//! would be all that it takes to count what happened and to write the text of one line, and then to do something else.
//!
//! A line waits for others no longer than [`LONGEST_WAIT`]. What a killed process loses is the lines of that time, and those
//! of the calls that it never ended; one that stops loses none, unless whoever reads stays behind, nor does a call that panics.

use std::{
    io::{self, BufWriter, Stderr, Write},
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

use super::{
    LogFormat,
    record::{Now, Record},
};
use crate::telemetry::event::Event;

const LONGEST_WAIT: Duration = Duration::from_millis(20);
/// What happened is counted and told in lines as soon as there is so much of it: more would push the next call's memory out of
/// the processor's first cache.
const MOST_UNTOLD: usize = 8;
/// Lines are written as soon as there is so much of them: a pipe keeps so much whole, whoever else writes to it (`PIPE_BUF`).
const MOST_BYTES: usize = 4096;
/// A final attempt, where whoever reads is slow.
const LAST_ATTEMPTS: usize = 5;

/// There is one standard error, and so there is one of these.
static LINES: LazyLock<Lines> = LazyLock::new(Lines::begin);

struct Lines {
    waiting: Mutex<Waiting>,
    wake: SyncSender<()>,
}

struct Waiting {
    untold: Vec<Event>,
    record: Record,
    lines: BufWriter<Stderr>,
    /// Whether the thread that writes them was woken for them.
    is_woken: bool,
}

impl Lines {
    fn begin() -> Self {
        let (wake, woken) = sync_channel(1);
        // Without a thread nobody receives, and every line is written at once.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(move || keep_writing(&woken));
        let lines = BufWriter::with_capacity(MOST_BYTES, io::stderr());
        let record = Record::new(LogFormat::default());
        Self { waiting: Mutex::new(Waiting { untold: Vec::new(), record, lines, is_woken: false }), wake }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread that writes lines, for those that wait now.
    fn wake_for(&self, waiting: &mut Waiting) {
        if !waiting.is_woken {
            waiting.is_woken = true;
            if let Err(TrySendError::Disconnected(())) = self.wake.try_send(()) {
                let _ = waiting.write_out();
            }
        }
    }
}

impl Waiting {
    /// Counts what happened, and makes lines of it. No other line can be written meanwhile, so events must neither log nor
    /// panic when they are told.
    fn tell(&mut self) {
        if self.untold.is_empty() {
            return;
        }
        let now = Now::read();
        for event in self.untold.drain(..) {
            event.count();
            if let Some((kind, at)) = event.line() {
                let line = self.record.line(kind, now.time_of(at), |record| event.add_to(record));
                // A log that takes no more lines is no reason to fail a call.
                let _ = self.lines.write_all(line);
            }
        }
    }

    fn write_out(&mut self) -> io::Result<()> {
        self.is_woken = false;
        self.tell();
        self.lines.flush()
    }
}

fn keep_writing(woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        thread::sleep(LONGEST_WAIT);
        while is_full(&LINES.waiting().write_out()) {
            thread::sleep(LONGEST_WAIT);
        }
    }
}

/// Whether whoever reads has to catch up first.
fn is_full(written: &io::Result<()>) -> bool {
    written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Sets how the lines look from now on.
pub(super) fn look(format: LogFormat) {
    LINES.waiting().record.format = format;
}

/// Counts what happened, before anybody asks how often it did, and soon writes its line.
pub(crate) fn tell(event: Event) {
    let mut waiting = LINES.waiting();
    let has_line = event.line().is_some();
    waiting.untold.push(event);
    if waiting.untold.len() >= MOST_UNTOLD {
        waiting.tell();
    }
    if has_line {
        LINES.wake_for(&mut waiting);
    }
}

/// Counts all that has happened.
pub(crate) fn settle() {
    LINES.waiting().tell();
}

/// Writes all that waits, now.
pub fn flush() {
    for _ in 0..LAST_ATTEMPTS {
        if !is_full(&LINES.waiting().write_out()) {
            return;
        }
        thread::sleep(LONGEST_WAIT);
    }
}

/// Messages, each of them written at once, behind what waits: they are few, and a process may end after one.
pub(super) struct AtOnce;

impl Write for AtOnce {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = LINES.waiting();
        waiting.tell();
        waiting.lines.write_all(line)?;
        // What finds whoever reads behind goes as soon as he has caught up, as far as there is room for it until then.
        if is_full(&waiting.write_out()) {
            LINES.wake_for(&mut waiting);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        LINES.waiting().write_out()
    }
}

impl<'a> MakeWriter<'a> for AtOnce {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}
