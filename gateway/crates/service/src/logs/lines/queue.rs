//! The lines that wait for the reader of standard error: in order, bounded in bytes, with a part that only the audit log may
//! use.

use crate::logs::{kind::LogKind, record::Record};

/// Bytes that may wait when a line of that kind comes: lines of the access log are dropped first, those of the audit log
/// last. Four MiB are about 10,000 calls.
const fn room(kind: LogKind) -> usize {
    match kind {
        LogKind::Access => 1 << 20,
        LogKind::Message => 2 << 20,
        LogKind::Audit => 4 << 20,
    }
}

/// A buffer that has grown beyond this is given back once it was written.
const USUAL_BYTES: usize = 256 << 10;

/// Lines that wait.
#[derive(Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    dropped: Dropped,
}

/// How many lines were dropped, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    access: u64,
    message: u64,
    audit: u64,
}

/// What was taken out of the queue to be written.
#[derive(Default)]
pub(super) struct Taken(Vec<u8>);

impl Queue {
    /// Adds a line, and returns whether there was room for it.
    pub(super) fn push(&mut self, kind: LogKind, line: &[u8]) -> bool {
        if self.bytes.len() + line.len() <= room(kind) {
            self.bytes.extend_from_slice(line);
            return true;
        }
        let count = match kind {
            LogKind::Access => &mut self.dropped.access,
            LogKind::Message => &mut self.dropped.message,
            LogKind::Audit => &mut self.dropped.audit,
        };
        *count += 1;
        false
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What was dropped since this was asked, if anything was.
    pub(super) fn dropped_since(&mut self) -> Option<Dropped> {
        let dropped = std::mem::take(&mut self.dropped);
        (dropped != Dropped::default()).then_some(dropped)
    }

    /// Moves all lines to `taken`, whose memory they get in return.
    pub(super) fn take(&mut self, taken: &mut Taken) {
        taken.0.clear();
        taken.0.shrink_to(USUAL_BYTES);
        std::mem::swap(&mut self.bytes, &mut taken.0);
    }
}

impl Dropped {
    pub(super) fn add_to(self, record: &mut Record) {
        record.number("access", self.access).number("message", self.message).number("audit", self.audit);
    }
}

impl Taken {
    /// Adds a line behind those that were taken.
    pub(super) fn add(&mut self, line: &[u8]) {
        self.0.extend_from_slice(line);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_lines_are_dropped_first_and_audit_lines_last() {
        let mut queue = Queue::default();
        let line = [b'x'; 1000];
        let mut fill = |kind| (0..).take_while(|_| queue.push(kind, &line)).count();
        let counts = [LogKind::Access, LogKind::Message, LogKind::Audit].map(&mut fill);
        assert_eq!(counts, [1048, 2097 - 1048, 4194 - 2097]);
        assert_eq!(queue.dropped_since(), Some(Dropped { access: 1, message: 1, audit: 1 }));
        assert_eq!(queue.dropped_since(), None);
    }

    #[test]
    fn what_was_taken_makes_room() {
        let (mut queue, mut taken) = (Queue::default(), Taken::default());
        assert!(queue.push(LogKind::Access, &[b'x'; 1 << 20]));
        assert!(!queue.push(LogKind::Access, b"y"));
        queue.take(&mut taken);
        assert_eq!(taken.bytes().len(), 1 << 20);
        assert!(queue.push(LogKind::Access, b"y"));
        queue.take(&mut taken);
        assert_eq!(taken.bytes(), b"y");
    }
}
