//! Bodies that come slowly, never, or are held back: nobody else waits for them, and their memory is bounded.

use std::time::{Duration, Instant};

use futures::future::join_all;
use mana_mcp_tests::{Gateway, Mcp, http, services::Services};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::watchdog::Watchdog;

/// The head of a request with a body of that size, and the start of the body.
async fn begin(gateway: &Gateway, token: &str, length: u64, start: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Accept: application/json\r\nContent-Length: {length}\r\n\r\n",
        gateway.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // It may have been refused by now.
    let _ = stream.write_all(start).await;
    stream
}

/// The answer until the connection ends or says so much.
async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 2048];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut bytes)).await.expect("in time");
    String::from_utf8_lossy(&bytes[..read.unwrap_or(0)]).into_owned()
}

#[tokio::test]
async fn bodies_that_do_not_come_take_no_place_and_end_soon() {
    let services = Services::start().await;
    let gateway = services.gateway().threads(2).env("LOG", "warn").start().await;
    let victim = Mcp::modern(&gateway, &services.token("ada")).await;
    victim.call("spaces.list", json!({})).await.structured();
    let [mallory, eve] = ["mallory", "eve"].map(|user| services.token(user));
    let watchdog = Watchdog::over(&gateway);
    let begun = Instant::now();
    let half = (0..128).flat_map(|_| [&mallory, &eve]).map(|token| begin(&gateway, token, 100, b"{"));
    let mut half = join_all(half).await;
    while begun.elapsed() < Duration::from_secs(4) {
        let asked = Instant::now();
        victim.call("spaces.list", json!({})).await.structured();
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for stream in &mut half {
        let refused = answer(stream).await;
        assert!(refused.starts_with("HTTP/1.1 408"), "{refused}");
    }
    // Five seconds for the body, and as many for the rest of it, which is thrown away.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    watchdog.assert_alive();
}

#[tokio::test]
async fn an_announced_length_beyond_the_bound_is_refused_at_once() {
    let services = Services::start().await;
    let gateway = services.gateway().threads(2).start().await;
    let token = services.token("ada");
    let begun = Instant::now();
    let refused = answer(&mut begin(&gateway, &token, 10_000_000_000, b"{").await).await;
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn bodies_that_are_held_back_take_a_bounded_part_of_memory() {
    const LENGTH: usize = 3_800_000;
    let services = Services::start().await;
    let gateway = services.gateway().threads(2).env("LOG", "warn").start().await;
    let victim = Mcp::modern(&gateway, &services.token("ada")).await;
    victim.call("spaces.list", json!({})).await.structured();
    let before = gateway.resident_kib();
    let [mallory, eve] = ["mallory", "eve"].map(|user| services.token(user));
    let watchdog = Watchdog::over(&gateway);
    let body = vec![b' '; LENGTH - 1];
    let held = (0..20).flat_map(|_| [&mallory, &eve]).map(|token| begin(&gateway, token, LENGTH as u64, &body));
    let held = join_all(held).await;
    victim.call("spaces.list", json!({})).await.structured();
    let grown = gateway.peak_kib() - before;
    // Two of each user's twenty: 15 MB.
    assert!(grown < 40 << 10, "{grown} KiB");
    drop(held);
    // What they took is given back.
    let begun = Instant::now();
    while gateway.resident_kib() > before + (16 << 10) {
        assert!(begun.elapsed() < Duration::from_secs(15), "{} KiB, from {before}", gateway.resident_kib());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    watchdog.assert_alive();
}

#[tokio::test]
async fn a_user_has_an_eighth_of_the_places_and_others_have_the_rest() {
    let services = Services::held().await;
    let gateway = services.gateway().threads(2).env("LOG", "warn").env("MANA_MCP_MAX_IN_FLIGHT", 32).start().await;
    let mallory = Mcp::modern(&gateway, &services.token("mallory")).await;
    let ada = Mcp::modern(&gateway, &services.token("ada")).await;
    let watch = async {
        services.waiting(1).await;
        let metrics = async || http().get(gateway.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let under_way = async {
            while !metrics().await.contains("bound=\"requests\"} 4\n") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), under_way).await.expect("four calls are under way");
        assert_eq!(mallory.request("tools/list", json!({})).await.status, 429);
        assert_eq!(ada.request("tools/list", json!({})).await.status, 200);
        services.release();
    };
    let calls = join_all((0..4).map(|_| mallory.call("habits.list", json!({}))));
    let (answers, ()) = futures::join!(calls, watch);
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
}
