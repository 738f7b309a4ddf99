//! What the process asks of the operating system when it starts: that nobody reads its memory, and enough file descriptors.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// File descriptors beside those of connections: files, the services, Redis, the log.
const OTHERS: u64 = 512;

/// Keeps tokens and plain text that are in memory from other processes of the same user, and out of core dumps.
pub fn hide_memory() {
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let no_core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    if let Err(error) = hidden.and(no_core) {
        tracing::warn!(%error, "the memory of this process cannot be kept from debuggers and core dumps");
    }
}

/// Raises the limit on open files as far as this process may, and warns if the connections that `setting` allows can still
/// exceed it.
pub fn raise_file_limit(connections: usize, setting: &str) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Where the operating system refuses, the lower limit stays and is compared below.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let limit = getrlimit(Resource::Nofile).current;
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    if let Some(limit) = limit.filter(|limit| *limit < needed) {
        tracing::warn!(
            limit,
            needed,
            "fewer files may be open than {setting} needs: lower that, or raise the limit (ulimit -n)"
        );
    }
    tracing::debug!(before = current, now = limit, "the limit on open files");
}
