//! The services of the catalog, which tools call: a client each, behind a bulkhead and a circuit breaker of its own.
//!
//! A request carries the caller's token, where the service takes it, and what the operation describes: no header of the caller,
//! no space, no name. It is sent once. What comes back is bounded, not compressed and not followed elsewhere.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use url::Url;

use mana_mcp_runtime::{
    failure::{self, BackendError, FailureKind},
    service::{Operation, Service, ServiceAnswer, ServiceError, ServiceFailure, ServiceRequest},
    tool::ToolId,
};

use super::{
    link::{Limits, Link, Linked, Repeat, linked},
    probe::{Answering, probe},
    route::Route,
    sync::bearer,
};
use crate::{auth::BearerToken, telemetry::metrics::BackendMeter};
use mana_mcp_service::{client::ClientError, link::Transport};

/// The greatest answer. An article or a week of events has a tenth of that.
const MAX_ANSWER_BYTES: usize = 2 << 20;
/// What a request line may hold with what is before and behind the target.
const MAX_TARGET_BYTES: usize = 32 << 10;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Services that count requests in windows say when the next one begins.
const NEXT_WINDOW: &str = "x-ratelimit-reset";

/// A service of the catalog that has an address.
#[derive(Debug, Clone)]
pub struct CatalogService {
    /// The service.
    pub service: &'static Service,
    /// Its address. Paths of operations stand behind it.
    pub url: Url,
}

/// A client of one service of the catalog.
#[derive(Debug, Clone)]
pub struct ServiceClient {
    service: &'static Service,
    link: Link,
}

linked!(ServiceClient);

impl ServiceClient {
    /// A client over that transport.
    #[must_use]
    pub fn new(service: &'static Service, transport: Transport) -> Self {
        let link = Link::new(failure::Service::Catalog(service.name), transport);
        // A service that does not know our users need not know what they do elsewhere.
        let link = if service.sends_token { link } else { link.without_trace() };
        Self { service, link }
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &'static Service {
        self.service
    }

    /// Whether the service answers at all.
    ///
    /// # Errors
    /// Where it does not, or says that it fails.
    pub async fn probe(&self) -> Result<Answering, BackendError> {
        probe(&self.link, "/health").await
    }

    async fn call(&self, token: &BearerToken, request: ServiceRequest) -> Result<ServiceAnswer, ServiceError> {
        let operation = request.operation;
        let failed = |kind| ServiceError { operation, failure: ServiceFailure::Other(kind) };
        let request = self.request(token, request).map_err(failed)?;
        let limits = Limits { time: operation.timeout(), answer: MAX_ANSWER_BYTES };
        let answer = self.link.send(Route::Operation(operation), request, limits, Repeat::Never).await;
        let answer = answer.map_err(|error| failed(error.kind))?;
        if answer.status().is_success() && !is_plain_json(&answer) {
            return Err(failed(FailureKind::Malformed));
        }
        let status = answer.status().as_u16();
        let retry_after = if status == 429 { wait(answer.headers()) } else { None };
        Ok(ServiceAnswer { status, retry_after, body: answer.into_body() })
    }

    fn request(&self, token: &BearerToken, request: ServiceRequest) -> Result<Request<bytes::Bytes>, FailureKind> {
        let ServiceRequest { operation, target, body } = request;
        if target.len() > MAX_TARGET_BYTES {
            return Err(FailureKind::TooLarge);
        }
        // The compiler has checked method and path.
        let unsendable = FailureKind::Rejected { status: 400 };
        let method = Method::from_bytes(operation.method.as_bytes()).map_err(|_| unsendable)?;
        let mut builder = Request::builder().method(method).uri(target).header(header::ACCEPT, JSON);
        if body.is_some() {
            builder = builder.header(header::CONTENT_TYPE, JSON);
        }
        if self.service.sends_token {
            builder = builder.header(header::AUTHORIZATION, bearer(token));
        }
        builder.body(body.unwrap_or_default()).map_err(|_| unsendable)
    }
}

/// Whether the body is JSON as it stands. None is asked for in another coding: what it would become has no bound.
fn is_plain_json(answer: &Response<Vec<u8>>) -> bool {
    let text = |name| answer.headers().get(name).map(|value| value.to_str().unwrap_or_default().trim());
    let is_plain = text(header::CONTENT_ENCODING).is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
    let is_json = text(header::CONTENT_TYPE).is_some_and(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    });
    is_plain && (is_json || answer.body().is_empty())
}

/// How long a service asks to be left alone, in whichever way it says so.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs);
    seconds(header::RETRY_AFTER.as_str()).or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        seconds(NEXT_WINDOW)?.checked_sub(now)
    })
}

/// The services of the catalog that have an address. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ServiceClients(Arc<[ServiceClient]>);

impl ServiceClients {
    /// Clients of these services, at their addresses.
    ///
    /// # Errors
    /// Where a client cannot be built.
    pub fn connect(services: &[CatalogService], meter: &BackendMeter) -> Result<Self, ClientError> {
        let client = |one: &CatalogService| {
            let transport = Transport::tcp(one.url.clone())?;
            Ok(ServiceClient::new(one.service, transport).with_meter(meter.clone()))
        };
        Ok(Self(services.iter().map(client).collect::<Result<_, ClientError>>()?))
    }

    /// The clients, by name of their service.
    #[must_use]
    pub fn all(&self) -> &[ServiceClient] {
        &self.0
    }

    /// The first service that a tool calls and that has no address.
    #[must_use]
    pub fn missing(&self, tool: ToolId) -> Option<&'static Service> {
        let mut services = tool.spec().calls.iter().map(|operation| operation.service);
        services.find(|service| self.of(service).is_none())
    }

    fn of(&self, service: &Service) -> Option<&ServiceClient> {
        self.0.iter().find(|client| client.service == service)
    }

    /// The answer to a request of that caller.
    pub(crate) async fn call(
        &self,
        token: &BearerToken,
        request: ServiceRequest,
    ) -> Result<ServiceAnswer, ServiceError> {
        let operation = request.operation;
        match self.of(operation.service) {
            Some(client) => client.call(token, request).await,
            None => Err(ServiceError { operation, failure: ServiceFailure::NotConfigured }),
        }
    }

    /// Counts an answer that is not what its operation describes.
    pub(crate) fn malformed(&self, operation: &Operation) {
        if let Some(client) = self.of(operation.service) {
            // The code that found the error makes it.
            let _ = client.link.malformed();
        }
    }
}
