//! `stdio`: a gateway for one host that starts programs, in this process. A line in is a message, a line out is one; each
//! takes the same way through the gateway as a request over HTTP.

mod messages;
#[cfg(test)]
mod tests;

use std::{
    io::{BufRead, Read, Write},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use tokio::sync::{Mutex, mpsc};

use self::messages::{Conversation, Tokens};
use super::{
    call,
    fault::{NOUN, WrongUsage},
    here::LOCAL_USER,
    runtime::{runtime, signals},
};
use mana_mcp_runtime::tool::Catalog;
use mana_mcp_service::{http::host_origin::AllowedPeers, logs, panics::log_without_content, process};
use mana_mcp_standalone::StandaloneError;

use crate::{
    app::{self, InProcess},
    config::{Config, Environment, ProcessEnvironment, Services},
    telemetry::INFO,
};

const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// A token is replaced well before it ends.
const TOKEN_USED_FOR: Duration = Duration::from_secs(30 * 60);
/// Lines that wait for their turn.
const WAITING: usize = 16;

#[derive(Debug, Args)]
pub(super) struct StdioArgs {
    /// User of the standalone identity service to act for
    #[arg(long, value_name = "EMAIL", default_value = LOCAL_USER)]
    user: String,
    /// Id or slug of the space to work in [default: the personal space]
    #[arg(long, value_name = "SPACE")]
    space: Option<String>,
    /// Serves the tools that change nothing
    #[arg(long)]
    read_only: bool,
}

/// Where the token of each message comes from.
#[derive(Clone)]
enum TokenSource {
    /// It is given.
    Fixed(Arc<str>),
    /// The identity service in this process issues it.
    Own(Arc<OwnTokens>),
}

struct OwnTokens {
    gateway: Arc<InProcess>,
    user: String,
    current: Mutex<Option<(Arc<str>, Instant)>>,
}

pub(super) fn run(
    args: &StdioArgs,
    environment: &ProcessEnvironment,
    catalog: &'static Catalog,
) -> anyhow::Result<ExitCode> {
    let mut config = Config::read(environment as &dyn Environment, catalog)?;
    let runtime = runtime()?;
    logs::init(&config.log, INFO.targets, None)?;
    log_without_content(NOUN);
    process::hide_memory();
    let (max_line, drain) = (config.server.max_body, config.server.limits.drain);
    // Nobody names a host here.
    config.peers = AllowedPeers { loopback: true, ..AllowedPeers::default() };
    let is_standalone = matches!(config.services, Services::Standalone { .. });
    let path = path(args)?;
    let token = if is_standalone { None } else { call::in_environment(environment)? };
    if !is_standalone && token.is_none() {
        bail!("this deployment's tokens come from its identity service: set MANA_TOKEN to one");
    }
    runtime.block_on(async {
        let signals = signals()?;
        let gateway = Arc::new(app::start_in_process(config, catalog).await?);
        let tokens = match token {
            Some(token) => TokenSource::Fixed(token.into()),
            None => TokenSource::own(Arc::clone(&gateway), args.user.clone()),
        };
        // At once, so that a wrong user is reported now.
        tokens.token().await?;
        let conversation = Conversation::new(gateway.router().clone(), path, tokens, write_line);
        let served = converse(conversation, lines(max_line), drain);
        tokio::select! {
            () = served => {}
            () = signals.first() => {}
        }
        Ok::<_, anyhow::Error>(())
    })?;
    runtime.shutdown_timeout(Duration::from_millis(200));
    logs::flush();
    Ok(ExitCode::SUCCESS)
}

fn path(args: &StdioArgs) -> anyhow::Result<String> {
    let mut path = if args.read_only { "/mcp/readonly" } else { "/mcp" }.to_owned();
    if let Some(space) = &args.space {
        if space.is_empty() {
            return Err(WrongUsage(anyhow::anyhow!("--space is the id or slug of a space")).into());
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("space", space).finish();
        path = format!("{path}?{query}");
    }
    Ok(path)
}

/// Answers lines until there are no more, and then those that are under way.
async fn converse(conversation: Conversation<TokenSource>, mut lines: mpsc::Receiver<Line>, drain: Duration) {
    while let Some(line) = lines.recv().await {
        match line {
            Line::Message(text) => conversation.take(text).await,
            Line::TooLong => conversation.refuse("The message is too large."),
        }
    }
    conversation.drain(drain).await;
}

/// A line of standard input.
enum Line {
    Message(Vec<u8>),
    TooLong,
}

/// The lines of standard input, which is read on its own thread: nothing can end a read that waits.
fn lines(max: usize) -> mpsc::Receiver<Line> {
    let (send, receive) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        while let Ok(Some(line)) = next_line(&mut input, max) {
            if send.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receive
}

/// The next line that is not empty, at most that long.
fn next_line(input: &mut impl BufRead, max: usize) -> std::io::Result<Option<Line>> {
    loop {
        let mut line = Vec::new();
        let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
        if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let is_whole = line.last() == Some(&b'\n') || line.len() <= max;
        if !is_whole {
            // The rest of it, in pieces.
            loop {
                let mut rest = Vec::new();
                let read = input.by_ref().take(64 << 10).read_until(b'\n', &mut rest)?;
                if read == 0 || rest.last() == Some(&b'\n') {
                    return Ok(Some(Line::TooLong));
                }
            }
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(Line::Message(line)));
        }
    }
}

/// A line out. Where nobody reads any more, standard input ends too.
fn write_line(message: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(message).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
}

impl TokenSource {
    fn own(gateway: Arc<InProcess>, user: String) -> Self {
        Self::Own(Arc::new(OwnTokens { gateway, user, current: Mutex::default() }))
    }
}

impl Tokens for TokenSource {
    async fn token(&self) -> anyhow::Result<Arc<str>> {
        let own = match self {
            Self::Fixed(token) => return Ok(Arc::clone(token)),
            Self::Own(own) => own,
        };
        let mut current = own.current.lock().await;
        if let Some((token, since)) = &*current
            && since.elapsed() < TOKEN_USED_FOR
        {
            return Ok(Arc::clone(token));
        }
        let issuing = Arc::clone(own);
        let issue = move || {
            let standalone = issuing.gateway.standalone().ok_or(StandaloneError::Closed)?;
            standalone.issue_token(&issuing.user, TOKEN_LIFETIME)
        };
        let issued = tokio::task::spawn_blocking(issue).await.context("no token could be issued")??;
        let token: Arc<str> = issued.into();
        *current = Some((Arc::clone(&token), Instant::now()));
        Ok(token)
    }
}
