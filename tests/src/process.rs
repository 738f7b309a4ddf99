//! What every process that a test starts needs: a clean environment, a port, and somebody who reads what it prints.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncReadExt};

/// How long a start, a stop or a command may take before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An environment that holds nothing of the developer's own.
pub(crate) fn clean<'a>(command: &'a mut Command, data: &Path) -> &'a mut Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("DATA_DIR", data)
}

pub(crate) async fn collect(mut stream: impl AsyncRead + Unpin, log: Arc<Mutex<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        log.lock().expect("no reader panics").push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}

/// A port that nobody uses: below those that the system hands to outgoing connections, each tried once by this process.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = (std::process::id() * 97 % u32::from(COUNT)) as u16;
    loop {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
