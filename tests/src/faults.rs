//! A proxy between the gateway and a service that does to requests what networks and dying servers do. What it does is
//! drawn from a seed.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::http;

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    target: String,
    /// This many of a hundred requests meet a fault.
    percent: AtomicU64,
    random: AtomicU64,
    faults: AtomicUsize,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passed,
    Delayed,
    /// The connection is closed in good order, before or after the service did its work.
    CutBefore,
    CutAfter,
    /// The connection is torn down.
    ResetBefore,
    ResetAfter,
    /// The service fails, before or after its work.
    FailedBefore,
    FailedAfter,
    /// JSON of another shape.
    WrongJson,
    /// The answer ends in its middle.
    HalfABody,
}

const FATES: [Fate; 9] = [
    Fate::Delayed,
    Fate::CutBefore,
    Fate::CutAfter,
    Fate::ResetBefore,
    Fate::ResetAfter,
    Fate::FailedBefore,
    Fate::FailedAfter,
    Fate::WrongJson,
    Fate::HalfABody,
];

impl FaultProxy {
    /// Starts one in front of the service at that base URL, without faults.
    pub async fn start(target: &str, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            target: target.to_owned(),
            percent: AtomicU64::new(0),
            random: AtomicU64::new(seed),
            faults: AtomicUsize::new(0),
        });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, server }
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, this many of a hundred requests meet a fault.
    pub fn fail(&self, percent: u64) {
        self.shared.percent.store(percent, Ordering::SeqCst);
    }

    /// Requests that met a fault.
    pub fn faults(&self) -> usize {
        self.shared.faults.load(Ordering::SeqCst)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn fate(&self) -> Fate {
        if self.draw() % 100 >= self.percent.load(Ordering::SeqCst) {
            return Fate::Passed;
        }
        self.faults.fetch_add(1, Ordering::SeqCst);
        FATES[self.draw() as usize % FATES.len()]
    }

    /// SplitMix64.
    fn draw(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut word = self.random.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, Arc::clone(&shared)));
    }
}

/// Serves one connection to its end: `None`, where the other side closed it or a fault did.
async fn connection(mut stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let request = read_request(&mut stream, &mut buffer).await?;
        let fate = shared.fate();
        match fate {
            Fate::Delayed => tokio::time::sleep(Duration::from_millis(shared.draw() % 300)).await,
            Fate::CutBefore => return None,
            Fate::ResetBefore => return reset(&stream),
            _ => {}
        }
        if fate == Fate::FailedBefore {
            answer(&mut stream, 500, b"pq: secret of the database", usize::MAX).await?;
            continue;
        }
        let (status, body) = forward(&shared.target, request).await?;
        match fate {
            Fate::CutAfter => return None,
            Fate::ResetAfter => return reset(&stream),
            Fate::FailedAfter => answer(&mut stream, 502, b"<html>secret gateway</html>", usize::MAX).await?,
            Fate::WrongJson => answer(&mut stream, 200, br#"{"secret":["of","the","service"]}"#, usize::MAX).await?,
            Fate::HalfABody => {
                answer(&mut stream, status, &body, body.len() / 2).await?;
                return None;
            }
            _ => answer(&mut stream, status, &body, usize::MAX).await?,
        }
    }
}

fn reset(stream: &TcpStream) -> Option<()> {
    stream.set_zero_linger().ok()
}

struct Request {
    head: String,
    body: Vec<u8>,
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8(buffer[..end].to_vec()).ok()?;
    let length = header(&head, "content-length").map_or(0, |length| length.parse().expect("a length"));
    while buffer.len() < end + length {
        more(stream, buffer).await?;
    }
    let body = buffer[end..end + length].to_vec();
    buffer.drain(..end + length);
    Some(Request { head, body })
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    match stream.read_buf(buffer).await {
        Ok(1..) => Some(()),
        Ok(0) | Err(_) => None,
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

async fn forward(target: &str, request: Request) -> Option<(u16, Vec<u8>)> {
    let Request { head, body } = request;
    let mut line = head.lines().next()?.split(' ');
    let (method, path) = (line.next()?.parse().ok()?, line.next()?);
    let mut forwarded = http().request(method, format!("{target}{path}")).body(body);
    for name in ["authorization", "x-client-id", "content-type"] {
        if let Some(value) = header(&head, name) {
            forwarded = forwarded.header(name, value);
        }
    }
    let answer = forwarded.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.bytes().await.ok()?.to_vec()))
}

/// Writes an answer, or its first bytes.
async fn answer(stream: &mut TcpStream, status: u16, body: &[u8], most: usize) -> Option<()> {
    let mut bytes = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(&body[..body.len().min(most)]);
    stream.write_all(&bytes).await.ok()
}
