//! Connections over real sockets: what is under way finishes, and everything has an end.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, routing::get};
use futures::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use metrics::Counter;

use super::{Connections, Drained, ServerLimits, serve};

const LIMITS: ServerLimits = ServerLimits {
    max_connections: 16,
    head_timeout: Duration::from_secs(20),
    answer_timeout: Duration::from_secs(20),
    drain: Duration::from_secs(20),
};
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// More than operating systems keep for a client.
const LARGE: usize = 64 << 20;
/// A tenth of it.
const PIECE: u64 = (64 << 20) / 10;

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<Drained>,
    /// Told when a request to /slow has arrived.
    arrived: Arc<Notify>,
    /// Each permit lets one request to /slow be answered.
    answers: Arc<Semaphore>,
}

impl Server {
    async fn start(limits: ServerLimits) -> Self {
        let (arrived, answers) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let slow = {
            let (arrived, answers) = (Arc::clone(&arrived), Arc::clone(&answers));
            async move || {
                arrived.notify_one();
                answers.acquire().await.unwrap().forget();
                "done"
            }
        };
        // Two pieces of one body; the second one waits for a permit.
        let events = {
            let (arrived, answers) = (Arc::clone(&arrived), Arc::clone(&answers));
            get(async move || {
                arrived.notify_one();
                let second = async move {
                    answers.acquire().await.unwrap().forget();
                    Ok("second")
                };
                let first = stream::once(async { Ok::<_, Infallible>("first") });
                Body::from_stream(first.chain(stream::once(second)))
            })
        };
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/slow", get(slow))
            .route("/large", get(async || vec![b'x'; LARGE]))
            .route("/events", events);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let connections = Connections::new(limits.max_connections, Counter::noop());
        let ended = tokio::spawn(serve(listener, router, limits, connections, stop.clone()));
        Self { address, stop, ended, arrived, answers }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection with a request to /slow under way.
    async fn slow(&self) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        soon(self.arrived.notified()).await;
        stream
    }
}

/// Far longer than anything here takes, and an end for what hangs.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(15), future).await.expect("in time")
}

/// Everything until the server closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset is an end too.
    let _ = soon(stream.read_to_end(&mut bytes)).await;
    String::from_utf8(bytes).unwrap()
}

/// The start of one answer.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 1024];
    let length = soon(stream.read(&mut bytes)).await.unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[tokio::test]
async fn what_is_under_way_finishes_and_nothing_new_begins() {
    let server = Server::start(LIMITS).await;
    let mut idle = server.connect().await;
    idle.write_all(GET).await.unwrap();
    assert!(answer(&mut idle).await.starts_with("HTTP/1.1 200"));
    let slow = server.slow().await;
    server.stop.cancel();
    // An idle connection is closed, and a new one is not accepted.
    assert_eq!(rest(idle).await, "");
    soon(async {
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!server.ended.is_finished());
    server.answers.add_permits(1);
    let answered = rest(slow).await;
    assert!(answered.starts_with("HTTP/1.1 200") && answered.ends_with("done"), "{answered}");
    assert_eq!(soon(server.ended).await.unwrap(), Drained::Completely);
}

#[tokio::test]
async fn a_body_that_is_still_being_made_finishes_too() {
    let server = Server::start(LIMITS).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // What there is of it is sent at once.
    let mut begun = String::new();
    while !begun.contains("first") {
        begun += &answer(&mut stream).await;
    }
    server.stop.cancel();
    server.answers.add_permits(1);
    let end = rest(stream).await;
    assert!(end.contains("second") && end.ends_with("0\r\n\r\n"), "{end}");
    assert_eq!(soon(server.ended).await.unwrap(), Drained::Completely);
}

#[tokio::test]
async fn the_drain_ends_a_body_that_is_still_being_made() {
    let server = Server::start(ServerLimits { drain: Duration::from_millis(50), ..LIMITS }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    soon(server.arrived.notified()).await;
    server.stop.cancel();
    assert_eq!(soon(server.ended).await.unwrap(), Drained::CutOff);
}

#[tokio::test]
async fn silence_within_a_body_is_no_idle_connection() {
    let brief = Duration::from_millis(50);
    let server = Server::start(ServerLimits { head_timeout: brief, answer_timeout: brief, ..LIMITS }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    soon(server.arrived.notified()).await;
    // Neither the time for a head nor that of a client that takes nothing is running.
    tokio::time::sleep(6 * brief).await;
    server.answers.add_permits(1);
    let end = rest(stream).await;
    assert!(end.contains("first") && end.contains("second"), "{end}");
}

#[tokio::test]
async fn the_drain_has_a_deadline() {
    let server = Server::start(ServerLimits { drain: Duration::from_millis(50), ..LIMITS }).await;
    let _slow = server.slow().await;
    server.stop.cancel();
    assert_eq!(soon(server.ended).await.unwrap(), Drained::CutOff);
}

#[tokio::test]
async fn a_server_without_requests_ends_at_once() {
    let server = Server::start(LIMITS).await;
    let silent = server.connect().await;
    server.stop.cancel();
    assert_eq!(soon(server.ended).await.unwrap(), Drained::Completely);
    assert_eq!(rest(silent).await, "");
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_their_turn() {
    let server = Server::start(ServerLimits { max_connections: 1, ..LIMITS }).await;
    let first = server.slow().await;
    let mut second = server.connect().await;
    second.write_all(GET).await.unwrap();
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(100), second.read(&mut byte)).await;
    assert!(early.is_err(), "the second connection was served beside the first");
    drop(first);
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_its_connection() {
    let server = Server::start(ServerLimits { head_timeout: Duration::from_millis(50), ..LIMITS }).await;
    // Nothing; the first byte of both protocols; the start of a head; an idle time after an answer.
    for start in [&b""[..], b"P", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", GET] {
        let mut stream = server.connect().await;
        stream.write_all(start).await.unwrap();
        rest(stream).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_not_taken_ends_its_connection() {
    let limits = ServerLimits { max_connections: 1, answer_timeout: Duration::from_secs(2), ..LIMITS };
    let server = Server::start(limits).await;
    let mut unread = server.connect().await;
    unread.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    // Its place is free again, although it is not closed here.
    let mut next = server.connect().await;
    next.write_all(GET).await.unwrap();
    assert!(answer(&mut next).await.starts_with("HTTP/1.1 200"));
    drop(next);

    // Who takes it piece by piece gets it all, however long that takes.
    let mut slow = server.connect().await;
    slow.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (begun, mut taken) = (Instant::now(), Vec::new());
    while soon((&mut slow).take(PIECE).read_to_end(&mut taken)).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(taken.len() > LARGE, "{} of {LARGE}", taken.len());
    assert!(begun.elapsed() > limits.answer_timeout, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = Server::start(LIMITS).await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-many: a\r\n".repeat(200));
    let far = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000));
    for head in [long, many, far] {
        let mut stream = server.connect().await;
        // The server may have answered and closed before all of it was sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let answered = rest(stream).await;
        let refused = ["HTTP/1.1 431", "HTTP/1.1 414", ""].iter().any(|start| answered.starts_with(start));
        assert!(refused && !answered.contains("here"), "{answered}");
    }
    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn what_is_no_http_harms_nobody() {
    let server = Server::start(LIMITS).await;
    for noise in
        [&b"\0\0\0\0\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n"]
    {
        let mut stream = server.connect().await;
        stream.write_all(noise).await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(!rest(stream).await.contains("200"));
    }
    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
}
