//! Connections of strangers: silent ones, too many of them, and all of them at work.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use mana_mcp_tests::{Answer, Gateway, Launch, Mcp, http, load::Connection, services::Services};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::watchdog::Watchdog;

const GET: &str = "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A connection from another address of this machine.
async fn from(address: &str, gateway: &Gateway) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    socket.connect(gateway.address).await.unwrap()
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    let read = tokio::time::timeout(Duration::from_secs(15), stream.read(&mut [0])).await;
    matches!(read, Ok(Ok(0) | Err(_)))
}

#[tokio::test]
async fn silent_connections_keep_nobody_out() {
    let services = Services::start().await;
    let gateway = services.gateway().threads(2).env("LOG", "warn").env("MANA_MCP_MAX_CONNECTIONS", 64).start().await;
    let ada = Mcp::modern(&gateway, &services.token("ada")).await;
    let watchdog = Watchdog::over(&gateway);
    let mut silent = join_all((0..400).map(|_| TcpStream::connect(gateway.address))).await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        ada.call("spaces.list", json!({})).await.structured();
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    }
    // None says anything, and none stays.
    for stream in silent.iter_mut().flatten() {
        assert!(is_closed(stream).await);
    }
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    watchdog.assert_alive();
}

#[tokio::test]
async fn operators_have_a_reserve_where_all_connections_are_at_work() {
    let services = Services::held().await;
    let gateway = services.gateway().threads(2).env("MANA_MCP_MAX_CONNECTIONS", 3).start().await;
    let tokens = ["ada", "bob", "eve"].map(|user| services.token(user));
    let callers = join_all(tokens.iter().map(|token| Mcp::modern(&gateway, token))).await;
    let watch = async {
        services.waiting(3).await;
        for path in ["/health", "/ready", "/metrics"] {
            let answer = Answer::read(http().get(gateway.url(path)).send().await.unwrap()).await;
            // The services do not answer, so `/ready` says so.
            assert!(answer.status == 200 || path == "/ready", "{path}: {answer:?}");
        }
        let mut stranger = Connection::open(gateway.address).await.unwrap();
        assert_eq!(stranger.exchange(GET.as_bytes()).await.unwrap().status(), Some(503));
        services.release();
    };
    let calls = join_all(callers.iter().map(|mcp| mcp.call("spaces.list", json!({}))));
    let (answers, ()) = futures::join!(calls, watch);
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() {
    let launch = Launch::new().threads(2).env("LOG", "warn").env("MANA_MCP_MAX_CONNECTIONS", 16);
    let gateway = launch.env("MANA_MCP_MAX_CONNECTIONS_PER_ADDRESS", 4).start().await;
    let mut other = from("127.0.0.3", &gateway).await;
    other.write_all(GET.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    other.read_exact(&mut head).await.unwrap();
    // The fifth connection of an address ends its first one, and nobody else's.
    let mut many = join_all((0..5).map(|_| from("127.0.0.2", &gateway))).await;
    assert!(is_closed(&mut many[0]).await);
    other.write_all(GET.as_bytes()).await.unwrap();
    other.read_exact(&mut head).await.unwrap();
    assert!(many[4].write_all(GET.as_bytes()).await.is_ok());
    many[4].read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 404");
}

#[tokio::test]
async fn the_limit_on_open_files_is_raised_and_memory_is_not_dumped() {
    let gateway = Gateway::start().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", gateway.pid())).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let mut words = line.split_whitespace().map(str::to_owned);
        (words.next().unwrap(), words.next().unwrap())
    };
    let (soft, hard) = limit("Max open files");
    assert_eq!(soft, hard);
    assert_eq!(limit("Max core file size"), ("0".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn both_loopback_addresses_are_the_gateways() {
    let gateway = Gateway::start().await;
    let Ok(mut six) = TcpStream::connect(("::1", gateway.address.port())).await else {
        // A machine without IPv6 has one loopback address.
        assert!(std::net::TcpListener::bind("[::1]:0").is_err(), "nobody listens on [::1]");
        return;
    };
    six.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    six.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
}
