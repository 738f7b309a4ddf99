//! A service over a real socket, which notes every byte that comes and answers by a script.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// What the service does with a request.
#[derive(Clone)]
pub(super) enum Reply {
    /// Sends this and closes.
    Bytes(Vec<u8>),
    /// Sends this after a while, and closes.
    Late(Duration, Vec<u8>),
    /// Sends this, and then the same again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends nothing.
    Hang,
}

pub(super) struct Recorder {
    pub(super) url: &'static str,
    pub(super) host: String,
    shared: Arc<Shared>,
}

struct Shared {
    reply: Mutex<Reply>,
    requests: Mutex<Vec<String>>,
    /// A client has gone before it was answered.
    abandoned: Notify,
}

impl Recorder {
    pub(super) async fn new(base: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let reply = Mutex::new(ok(r#"{"title":"a"}"#));
        let shared = Arc::new(Shared { reply, requests: Mutex::default(), abandoned: Notify::new() });
        let served = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&served)));
            }
        });
        // As long as the test: settings are static texts.
        let url = Box::leak(format!("http://{host}{base}").into_boxed_str());
        Self { url, host, shared }
    }

    pub(super) fn will(&self, reply: Reply) {
        *self.shared.reply.lock().unwrap() = reply;
    }

    /// The requests since this was last asked, each with its head in lines that are sorted, in lower case but for the first.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    pub(super) async fn until_abandoned(&self) {
        tokio::time::timeout(Duration::from_secs(5), self.shared.abandoned.notified()).await.unwrap();
    }

    pub(super) async fn until_asked(&self) {
        tokio::time::timeout(Duration::from_secs(5), async {
            while self.shared.requests.lock().unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(request) = read(&mut stream).await else { return };
    let reply = shared.reply.lock().unwrap().clone();
    shared.requests.lock().unwrap().push(request);
    match reply {
        Reply::Bytes(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Late(pause, bytes) => {
            tokio::time::sleep(pause).await;
            drop(stream.write_all(&bytes).await);
        }
        Reply::Endless(head, piece) => {
            drop(stream.write_all(&head).await);
            while stream.write_all(&piece).await.is_ok() {}
            return;
        }
        Reply::Hang => {
            let gone = stream.read(&mut [0]).await;
            if matches!(gone, Ok(0) | Err(_)) {
                shared.abandoned.notify_one();
            }
            return;
        }
    }
    drop(stream.shutdown().await);
}

/// A request: its head with the lines of headers sorted, and its body behind an empty line.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines: Vec<String> = text.trim_end().split("\r\n").map(str::to_owned).collect();
    lines[1..].sort();
    let length =
        lines.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(format!("{}\n\n{}", lines.join("\n"), String::from_utf8(bytes[head..].to_vec()).unwrap()))
}

/// An answer with this status line, these headers and this body.
pub(super) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A success with that JSON.
pub(super) fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer("200 OK", "content-type: application/json; charset=utf-8\r\n", body)
}

pub(super) fn ok(body: &str) -> Reply {
    Reply::Bytes(json(body))
}

/// A refusal, whose words must go no further.
pub(super) fn status(status: &str, headers: &str) -> Reply {
    let headers = format!("content-type: application/json\r\n{headers}");
    Reply::Bytes(answer(status, &headers, r#"{"error":"secret words"}"#))
}
