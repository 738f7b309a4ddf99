//! Watches a gateway while it is attacked.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use mana_mcp_tests::Gateway;

/// How soon `/health` must be answered, whatever happens. A program that is built without optimization decrypts fifty times
/// more slowly, and has one piece of work at a time on a thread all the same.
const SOON: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 200 });
const EVERY: Duration = Duration::from_millis(25);
/// A probe that is not answered by then has failed.
const LONGEST: Duration = Duration::from_secs(20);

/// Asks for `/health` on a new connection again and again, on its own thread: what the test does at the same time delays
/// neither the question nor its clock.
pub(crate) struct Watchdog {
    is_over: Arc<AtomicBool>,
    probes: JoinHandle<Vec<Result<Duration, String>>>,
    /// The longest time for which this machine kept a thread that had nothing to wait for from running.
    noise: JoinHandle<Duration>,
}

impl Watchdog {
    /// Begins to watch.
    pub(crate) fn over(gateway: &Gateway) -> Self {
        let (address, is_over) = (gateway.address, Arc::new(AtomicBool::new(false)));
        let over = Arc::clone(&is_over);
        let probes = thread::spawn(move || {
            let mut probes = Vec::new();
            while !over.load(Ordering::Relaxed) {
                probes.push(probe(address));
                thread::sleep(EVERY);
            }
            probes
        });
        let over = Arc::clone(&is_over);
        let noise = thread::spawn(move || {
            let mut longest = Duration::ZERO;
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                thread::sleep(Duration::from_millis(1));
                longest = longest.max(begun.elapsed());
            }
            longest
        });
        Self { is_over, probes, noise }
    }

    /// Ends the watch. Every probe must have been answered in time, as far as this machine let threads run.
    #[track_caller]
    pub(crate) fn assert_alive(self) {
        self.is_over.store(true, Ordering::Relaxed);
        let noise = self.noise.join().unwrap();
        let probes = self.probes.join().unwrap();
        assert!(!probes.is_empty(), "nothing was watched");
        let slow: Vec<_> =
            probes.iter().filter(|probe| probe.as_ref().map_or(true, |took| *took > SOON + noise)).collect();
        assert!(slow.is_empty(), "{} of {} probes of /health: {slow:?} (noise {noise:?})", slow.len(), probes.len());
    }
}

/// How long `/health` took, from connecting to the whole answer.
fn probe(address: SocketAddr) -> Result<Duration, String> {
    let begun = Instant::now();
    let asked = || {
        let mut stream = TcpStream::connect_timeout(&address, LONGEST)?;
        stream.set_read_timeout(Some(LONGEST))?;
        let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        std::io::Result::Ok(answer)
    };
    match asked() {
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => Ok(begun.elapsed()),
        Ok(answer) => Err(format!("after {:?}: {answer}", begun.elapsed())),
        Err(error) => Err(format!("after {:?}: {error}", begun.elapsed())),
    }
}
