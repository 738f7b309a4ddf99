//! The server to compare with: one axum handler that parses the request's JSON and sends the gateway's own answer, in a
//! process of its own.

use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
};

use anyhow::{Context, Result};
use axum::{Json, Router, body::Bytes, http::HeaderMap, routing::post};
use mana_mcp_tests::load::Raw;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// The running server; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Bare {
    _child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Bare {
    /// Starts it with an answer of the gateway's.
    pub(crate) async fn start(answer: &Raw) -> Result<Self> {
        let (_, headers) = answer.head.split_once("\r\n").context("an answer has headers")?;
        let mut file = tempfile::NamedTempFile::new()?;
        write!(file, "{headers}\r\n\r\n")?;
        file.write_all(&answer.body)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(file.path()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout is piped")?).read_line(&mut line).await?;
        Ok(Self { _child: child, address: line.trim().parse()? })
    }
}

/// Serves the answer that stands in `file` until it is ended; prints where.
pub(crate) async fn serve(file: &str) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let (head, body) = text.split_once("\r\n\r\n").context("headers and body")?;
    let mut headers = HeaderMap::new();
    for line in head.lines() {
        let (name, value) = line.split_once(':').context("a header")?;
        // hyper writes these two itself, here and in the gateway.
        if !["date", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
            headers.append(name.parse::<http::HeaderName>()?, value.trim().parse()?);
        }
    }
    let body = Bytes::from(body.to_owned());
    let handler = move |Json(_request): Json<Value>| async move { (headers, body) };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/mcp", post(handler))).await?;
    Ok(())
}
