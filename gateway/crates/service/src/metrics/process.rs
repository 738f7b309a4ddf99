//! What the process itself shows; a library measures it.

use super::families::Kind;

/// Their names without the service's prefix, their kinds and what they tell.
pub const PROCESS: [(&str, Kind, &str); 8] = [
    ("process_cpu_seconds_total", Kind::Counter, "User and system CPU time, in seconds."),
    ("process_open_fds", Kind::Gauge, "Open file descriptors."),
    ("process_max_fds", Kind::Gauge, "The most file descriptors that may be open."),
    ("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory."),
    ("process_virtual_memory_max_bytes", Kind::Gauge, "The most virtual memory that may be taken."),
    ("process_resident_memory_bytes", Kind::Gauge, "Resident memory."),
    ("process_start_time_seconds", Kind::Gauge, "Start of the process, in seconds since the Unix epoch."),
    ("process_threads", Kind::Gauge, "Threads of the process."),
];
