//! Standard error, several lines at a time: a system call for each line would be a good part of what a line costs.
//!
//! A line waits for others no longer than [`LONGEST_WAIT`]. What a killed process loses is the lines of that time, and those
//! of the calls that it never ended; one that stops loses none, nor does a call that panics.

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

const LONGEST_WAIT: Duration = Duration::from_millis(20);
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
        Self { waiting: Mutex::new(Waiting { lines, is_woken: false }), wake }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn write_out(&mut self) -> io::Result<()> {
        self.is_woken = false;
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

/// Writes a whole line, soon. A log that takes no more lines is no reason to fail a call.
pub(super) fn write(line: &[u8]) {
    let mut waiting = LINES.waiting();
    let _ = waiting.lines.write_all(line);
    if !waiting.is_woken {
        waiting.is_woken = true;
        if let Err(TrySendError::Disconnected(())) = LINES.wake.try_send(()) {
            let _ = waiting.write_out();
        }
    }
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
        waiting.lines.write_all(line)?;
        waiting.write_out()?;
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
