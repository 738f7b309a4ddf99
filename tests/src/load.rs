//! A load generator over raw HTTP/1.1: keep-alive connections that each send the same request again and again, one at a
//! time, and read each answer by its `Content-Length`. As little work as a client can do, so that the server is measured.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// One round's outcome.
#[derive(Debug, Clone)]
pub struct Round {
    /// Answers per second.
    pub rate: f64,
    /// Answers.
    pub calls: usize,
    /// The time that half of the answers took no longer than.
    pub median: Duration,
    /// The time that 99 of 100 answers took no longer than.
    pub p99: Duration,
}

/// A request as it goes over the wire.
pub fn request(method: &str, address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text.into_bytes()
}

/// A keep-alive connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer as it came: the head's text and the body's bytes.
#[derive(Debug)]
pub struct Raw {
    /// Status line and headers.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Raw {
    /// The status code.
    pub fn status(&self) -> Option<u16> {
        self.head.split(' ').nth(1)?.parse().ok()
    }
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 << 10) })
    }

    /// Sends `request` as it is and reads one answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Raw> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends `request` as it is.
    pub async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await.context("send the request")
    }

    /// Reads one answer.
    pub async fn receive(&mut self) -> Result<Raw> {
        self.buffer.clear();
        let (head, body) = loop {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break (end, end + 4);
            }
        };
        let text = String::from_utf8(self.buffer.get(..head).unwrap_or_default().to_vec())?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
        });
        let Some(length) = length else { bail!("an answer without a length: {text}") };
        let whole = body + length?;
        while self.buffer.len() < whole {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
        }
        Ok(Raw { head: text, body: self.buffer.get(body..whole).unwrap_or_default().to_vec() })
    }
}

/// Sends `request` over `connections` connections for `time`; every answer must have status 200.
pub async fn round(address: SocketAddr, request: &[u8], connections: usize, time: Duration) -> Result<Round> {
    let mut workers = JoinSet::new();
    let started = Instant::now();
    for _ in 0..connections {
        let request = request.to_vec();
        workers.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut took = Vec::new();
            while started.elapsed() < time {
                let sent = Instant::now();
                let answer = connection.exchange(&request).await?;
                took.push(sent.elapsed());
                ensure!(answer.status() == Some(200), "not a success: {}", answer.head);
            }
            Ok(took)
        });
    }
    let mut took = Vec::new();
    while let Some(worker) = workers.join_next().await {
        took.extend(worker??);
    }
    let rate = took.len() as f64 / started.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok(Round { rate, calls: took.len(), median: at(0.5), p99: at(0.99) })
}
