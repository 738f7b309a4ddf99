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
    net::TcpStream,
    sync::{Notify, Semaphore},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Connections, Drained, GRACE, Listeners, Pace, ServerLimits, serve};
use crate::http::connections::{ConnectionCounters, ConnectionLimits};

const LIMITS: ServerLimits = ServerLimits {
    head_timeout: Duration::from_secs(20),
    pace: Pace { within: Duration::from_secs(20), bytes: 1 },
    drain: Duration::from_secs(20),
};
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// More than operating systems keep for a client.
const LARGE: usize = 64 << 20;

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
        Self::with_connections(16, limits).await
    }

    async fn with_connections(all: usize, limits: ServerLimits) -> Self {
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
            .route("/health", get(async || "alive"))
            .route("/slow", get(slow))
            .route("/large", get(async || vec![b'x'; LARGE]))
            .route("/events", events);
        let listeners = Listeners::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listeners.address().unwrap();
        let stop = CancellationToken::new();
        let connections = Connections::new(ConnectionLimits { all, of_address: all }, ConnectionCounters::default());
        let ended = tokio::spawn(serve(listeners, router, limits, connections, stop.clone()));
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
async fn what_has_come_is_answered_and_what_comes_a_moment_later() {
    let server = Server::start(LIMITS).await;
    let mut used = server.connect().await;
    used.write_all(GET).await.unwrap();
    assert!(answer(&mut used).await.starts_with("HTTP/1.1 200"));
    let (mut waiting, mut later) = (server.connect().await, server.connect().await);
    // The server has had no turn since then, and has accepted neither.
    waiting.write_all(GET).await.unwrap();
    server.stop.cancel();
    let (half, rest_of_it) = GET.split_at(GET.len() / 2);
    used.write_all(half).await.unwrap();
    tokio::time::sleep(GRACE / 2).await;
    used.write_all(rest_of_it).await.unwrap();
    later.write_all(GET).await.unwrap();
    for stream in [used, waiting, later] {
        let answered = rest(stream).await;
        assert!(answered.starts_with("HTTP/1.1 200") && answered.contains("connection: close"), "{answered}");
    }
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
    assert_eq!(soon(server.ended).await.unwrap(), Drained::CutOff { requests: 1 });
}

#[tokio::test]
async fn silence_within_a_body_is_no_idle_connection() {
    let brief = Duration::from_millis(50);
    let pace = Pace { within: brief, bytes: 1 };
    let server = Server::start(ServerLimits { head_timeout: brief, pace, ..LIMITS }).await;
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
    assert_eq!(soon(server.ended).await.unwrap(), Drained::CutOff { requests: 1 });
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
async fn an_idle_connection_makes_room_and_one_at_work_does_not() {
    let server = Server::with_connections(1, LIMITS).await;
    let silent = server.connect().await;
    let slow = server.slow().await;
    assert_eq!(rest(silent).await, "");
    // All are at work: there is room for operators alone.
    let mut stranger = server.connect().await;
    stranger.write_all(GET).await.unwrap();
    let refused = rest(stranger).await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 1"), "{refused}");
    let mut probe = server.connect().await;
    probe.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut probe).await.ends_with("alive"));
    server.answers.add_permits(1);
    let mut slow = slow;
    assert!(answer(&mut slow).await.ends_with("done"));
    let mut next = server.connect().await;
    next.write_all(GET).await.unwrap();
    assert!(answer(&mut next).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_request_that_comes_as_its_connection_makes_room_is_answered() {
    let server = Server::with_connections(1, LIMITS).await;
    let operators = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut answers = Vec::new();
    for (request, expected) in [(&operators[..], "HTTP/1.1 200"), (GET, "HTTP/1.1 503")] {
        let mut waiting = server.connect().await;
        // This one makes the first one leave, which has said nothing yet.
        let mut other = server.connect().await;
        other.write_all(GET).await.unwrap();
        assert!(answer(&mut other).await.starts_with("HTTP/1.1 200"));
        waiting.write_all(request).await.unwrap();
        answers.push((rest(waiting).await, expected));
    }
    for (answered, expected) in answers {
        assert!(answered.starts_with(expected) && answered.contains("connection: close"), "{answered}");
    }
}

#[tokio::test]
async fn a_body_that_is_being_made_is_work() {
    let server = Server::with_connections(1, LIMITS).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    soon(server.arrived.notified()).await;
    let mut begun = String::new();
    while !begun.contains("first") {
        begun += &answer(&mut stream).await;
    }
    let mut other = server.connect().await;
    other.write_all(GET).await.unwrap();
    assert!(rest(other).await.starts_with("HTTP/1.1 503"));
    server.answers.add_permits(1);
    let end = rest(stream).await;
    assert!(end.contains("second"), "{end}");
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
async fn an_answer_that_is_taken_too_slowly_ends_its_connection() {
    let pace = Pace { within: Duration::from_secs(1), bytes: 1 << 20 };
    let server = Server::start(ServerLimits { pace, ..LIMITS }).await;
    let large = b"GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let take = async |pause: Duration, most: usize| {
        let mut stream = server.connect().await;
        stream.write_all(large).await.unwrap();
        let (begun, mut taken) = (Instant::now(), 0);
        let mut piece = vec![0; 256 << 10];
        while let Ok(length @ 1..) = soon(stream.read(&mut piece)).await {
            taken += length;
            if taken > most {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        (taken, begun.elapsed())
    };
    // Nothing, and a little again and again: neither is kept.
    for pause in [Duration::from_secs(3), Duration::from_millis(500)] {
        let (taken, _) = take(pause, LARGE).await;
        assert!(taken < LARGE, "all was sent, with pauses of {pause:?}");
    }
    // One that keeps the pace gets it all, however long that takes.
    let (taken, took) = take(Duration::from_millis(10), LARGE).await;
    assert!(taken > LARGE, "{taken} of {LARGE}");
    assert!(took > pace.within, "{took:?}");
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
