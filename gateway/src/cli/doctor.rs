//! `doctor`: checks a deployment from where the gateway stands, and says in plain words what is wrong. It changes nothing, but
//! for a key in Redis that ends after a second.

mod spaces;

use std::{process::ExitCode, time::Instant};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use clap::Args;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{runtime::runtime, style, token};
use crate::{
    app,
    auth::{AuthError, AuthFailure, BearerToken, Expectations, Verifier, unix_now},
    backend::{
        Answering, Backends, IDENTITY, IdentityClient, Look, POLICY, SYNC, ServiceClients, SpacePoliciesClient,
        SyncClient,
    },
    config::{Config, Environment, Services, plain_http},
    shared::redis::RedisSettings,
    telemetry::metrics::BackendMeter,
};
use mana_mcp_replica::{PageEnd, read_page, whole_page};
use mana_mcp_runtime::{
    failure::{BackendError, FailureKind, Service},
    tool::{Catalog, ToolId},
};

/// Tokens are good for this much longer than they say, for clocks that differ.
const CLOCK_LEEWAY_SECONDS: i64 = 5;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// A user's token, to be checked as the gateway would, and used to ask for their spaces and for new rows; `-` reads it
    /// from standard input
    #[arg(long, env = "MANA_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

pub(super) fn run(args: &DoctorArgs, environment: &dyn Environment, catalog: &Catalog) -> anyhow::Result<ExitCode> {
    let config = Config::read(environment, catalog)?;
    let token = token::given(args.token.as_deref())?;
    if let Services::Standalone { data_dir } = &config.services
        && !mana_mcp_standalone::is_in(data_dir)
    {
        // Opening it would make it.
        style::say(&format!("note  {} holds no data yet: `mana-mcp serve` makes them", data_dir.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (identity, sync, standalone) = app::connect(&config)?;
    let space_policies = config.space_policies.as_ref().map(app::policy_client).transpose()?;
    let clients = ServiceClients::connect(&config.catalog_services, &BackendMeter::default())?;
    let backends = Backends::of(&identity, &sync, space_policies.as_ref(), &clients);
    let findings = runtime()?.block_on(async {
        let mut findings = Findings::default();
        findings.configuration(&config);
        for backend in backends.all() {
            if let Some(look) = backend.look() {
                findings.service(backend.service.name(), &place(&config, backend.service), look).await;
            }
        }
        findings.unserved(catalog, &clients);
        findings.keys(&identity).await;
        if let Some(client) = &space_policies {
            findings.space_policies(client, &place(&config, POLICY.service)).await;
        }
        if let Some(settings) = &config.redis {
            findings.redis(settings).await;
        }
        findings.asks_for_tokens(&sync).await;
        match &token {
            Some(token) => findings.token(token, &config.tokens, &identity, &sync).await,
            None => {
                findings.note("token: none given, so none is checked; give one with --token");
                if matches!(config.services, Services::Remote { .. }) {
                    findings.key_for_spaces(&identity).await;
                }
            }
        }
        findings
    });
    drop(standalone);
    for line in &findings.lines {
        style::say(line)?;
    }
    Ok(if findings.failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where a service is, as the operator has set it: one without an address is in this process.
fn place(config: &Config, service: Service) -> String {
    match (config.addresses().find(|address| address.service == service), &config.services) {
        (Some(address), _) => format!("{} ({})", style::address(address.url), address.setting),
        (None, Services::Standalone { data_dir }) => format!("{} (DATA_DIR)", data_dir.display()),
        (None, Services::Remote { .. }) => String::new(),
    }
}

/// What was found, a line each.
#[derive(Debug, Default)]
struct Findings {
    lines: Vec<String>,
    failures: usize,
}

impl Findings {
    fn good(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("ok    {}", text.as_ref()));
    }

    fn note(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("note  {}", text.as_ref()));
    }

    fn wrong(&mut self, text: impl AsRef<str>) {
        self.failures += 1;
        self.lines.push(format!("WRONG {}", text.as_ref()));
    }

    fn configuration(&mut self, config: &Config) {
        match config.services {
            Services::Standalone { .. } => self.good("configuration: standalone mode"),
            Services::Remote { .. } => self.good("configuration: remote mode"),
        }
        for notice in &config.notices {
            self.note(format!("configuration: {notice}"));
        }
        for name in &config.plain_http {
            self.wrong(format!("configuration: {}", plain_http(name)));
        }
        if config.tokens.issuer.is_none() {
            self.note("configuration: JWT_ISSUER is not set, so the issuer of tokens is not checked");
        }
    }

    async fn service(&mut self, name: &str, place: &str, look: Look) {
        let asked = Instant::now();
        match look().await {
            Ok(Answering { date }) => {
                self.good(format!("{name} service: answers at {place} after {} ms", asked.elapsed().as_millis()));
                self.clock(name, date.as_deref());
            }
            Err(error) => self.wrong(format!("{name} service at {place}: {}", missing(error.kind))),
        }
    }

    /// The services of the catalog that have no address, and the tools that are not served for want of one.
    fn unserved(&mut self, catalog: &Catalog, clients: &ServiceClients) {
        for service in catalog.services() {
            if clients.all().iter().any(|client| client.service() == *service) {
                continue;
            }
            let needs = |tool: &ToolId| tool.spec().calls.iter().any(|operation| operation.service == *service);
            let tools = catalog.served().filter(needs).count();
            self.note(format!(
                "{} service: {} is not set, so {tools} tools that need it are not served",
                service.name, service.setting
            ));
        }
    }

    /// The policy service is asked for a space that nobody has: whose key is right may ask for any.
    async fn space_policies(&mut self, client: &SpacePoliciesClient, place: &str) {
        let place = format!("{} service at {place}", POLICY.service.name());
        match client.allowed_destructive(&Uuid::nil().to_string()).await.map_err(|error| error.kind) {
            Ok(_) => self.good(format!("{place}: takes MANA_SERVICE_KEY")),
            Err(FailureKind::Unauthorized | FailureKind::Rejected { status: 403 }) => {
                self.wrong(format!(
                    "{place}: it refuses MANA_SERVICE_KEY. Until it takes it, no space allows destructive tools"
                ));
            }
            Err(FailureKind::Rejected { status }) => self.note(format!(
                "{place}: asked for a space that nobody has, it answers with status {status}. Is the address right?"
            )),
            Err(kind) => self.wrong(format!("{place}: {}", missing(kind))),
        }
    }

    async fn redis(&mut self, settings: &RedisSettings) {
        match settings.probe().await {
            Ok(()) => self.good("Redis (REDIS_URL): takes what is written"),
            Err(error) => self.wrong(format!(
                "Redis (REDIS_URL): {error}: meanwhile each gateway counts limits and ended sessions by itself"
            )),
        }
    }

    /// Tokens end by the clock: where two clocks differ, good tokens are refused, or expired ones accepted.
    fn clock(&mut self, name: &str, date: Option<&str>) {
        let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok())
        else {
            // In this process there is no header, and no second clock.
            return;
        };
        let ahead = Timestamp::now().as_second() - date.as_second();
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        if ahead.abs() > CLOCK_LEEWAY_SECONDS {
            let by = ahead.abs();
            self.wrong(format!("clock: this machine's is {by} s {way} the {name} service's. Set both by NTP"));
        } else {
            self.good(format!("clock: the same as the {name} service's, within {CLOCK_LEEWAY_SECONDS} s"));
        }
    }

    async fn keys(&mut self, identity: &IdentityClient) {
        match identity.jwks().await {
            Ok(keys) if keys.keys.iter().any(|key| key.common.key_id.is_some()) => {
                self.good(format!("keys: the identity service publishes {}", keys.keys.len()));
            }
            Ok(_) => self.wrong("keys: the identity service publishes none, so no token can be verified"),
            Err(error) => {
                let what = told(error, IDENTITY.setting);
                self.wrong(format!("keys: {what} No token can be verified without them"));
            }
        }
    }

    /// Any service answers; the sync service answers that it wants another token.
    async fn asks_for_tokens(&mut self, sync: &SyncClient) {
        match rows_now(sync, &BearerToken::new("none")).await {
            Ok(_) => self.wrong("sync: the service hands out rows for an invalid token"),
            Err(error) if error.kind == FailureKind::Unauthorized => {
                self.good("sync: the service refuses an invalid token")
            }
            Err(error) => self.wrong(format!("sync: {}", told(error, SYNC.setting))),
        }
    }

    async fn token(&mut self, token: &str, expected: &Expectations, identity: &IdentityClient, sync: &SyncClient) {
        let bearer = BearerToken::new(token);
        let principal = match Verifier::new(identity.clone(), expected.clone()).verify(bearer.clone()).await {
            Ok(principal) => {
                let left = principal.expires_at().saturating_sub(unix_now()) / 60;
                self.good(format!("token: the gateway accepts it, for {left} more minutes"));
                principal
            }
            Err(AuthError::Refused(failure)) => {
                self.wrong(format!("token: {failure}{}", detail(failure, token, expected)));
                return;
            }
            Err(error @ (AuthError::Unavailable | AuthError::Crowded)) => {
                self.wrong(format!("token: it cannot be verified: {error}"));
                return;
            }
        };
        self.spaces(&principal, identity).await;
        match rows_now(sync, &bearer).await {
            Ok(_) => self.good("sync: the service takes the token"),
            Err(error) => self.wrong(format!("sync: {}", told(error, SYNC.setting))),
        }
    }
}

/// The rows that are written at this moment, which are none: a user who may read them may read the others.
async fn rows_now(sync: &SyncClient, bearer: &BearerToken) -> Result<PageEnd, BackendError> {
    let page = sync.pull(bearer, "habits", "habits", &Timestamp::now().to_string(), "mana-mcp-doctor").await?;
    let page = whole_page(page).await?;
    read_page([page.as_slice()], |_| ()).map(|(end, _)| end).ok_or_else(|| sync.malformed())
}

/// What a service does that does not answer as one.
fn missing(kind: FailureKind) -> String {
    let what = match kind {
        FailureKind::Unreachable => "no connection can be made. Does it run, and is the address right?",
        FailureKind::TimedOut => "no answer in time. Does it hang, or does something on the way drop what is sent?",
        FailureKind::Closed => "it ends connections without an answer. Is it an HTTP service?",
        FailureKind::Failed { status: status @ ..400 } => {
            return format!("it answers with status {status}. Is the address complete, https where it should be?");
        }
        FailureKind::Failed { status } => {
            return format!("it answers that it fails (status {status}). Look into its log");
        }
        FailureKind::Rejected { status: 404 } => {
            "what answers there knows no such path (status 404). Does the address name another service?"
        }
        FailureKind::Overloaded => "it answers that it is asked too much (status 429)",
        _ => "it does not answer as such a service does. Is the address right?",
    };
    what.to_owned()
}

/// A failure in words for the operator. Most have the text that agents get.
fn told(error: BackendError, variable: &str) -> String {
    match error.kind {
        FailureKind::Rejected { status: 404 } => {
            format!("what answers there knows no such path (status 404). Does {variable} name the right service?")
        }
        _ => error.to_string(),
    }
}

/// What the token says, where that is what is wrong.
fn detail(failure: AuthFailure, token: &str, expected: &Expectations) -> String {
    let claim = |name: &str| {
        let payload = token.split('.').nth(1)?;
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice::<Value>(&payload).ok()?.get(name).cloned()
    };
    let said = |name: &str| claim(name).map_or_else(|| "nothing".to_owned(), |value| value.to_string());
    match failure {
        AuthFailure::Audience => {
            format!(" (aud says {}, JWT_AUDIENCE is \"{}\")", said("aud"), expected.audience)
        }
        AuthFailure::Issuer => {
            format!(" (iss says {}, JWT_ISSUER is \"{}\")", said("iss"), expected.issuer.as_deref().unwrap_or_default())
        }
        AuthFailure::Expired => format!(" (exp says {}, it is {})", said("exp"), unix_now()),
        AuthFailure::Malformed if token.starts_with("Bearer ") => " (leave `Bearer` out)".to_owned(),
        _ => String::new(),
    }
}
