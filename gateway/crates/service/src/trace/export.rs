//! The export of traces to an OpenTelemetry collector (OTLP over HTTP, `OTEL_EXPORTER_OTLP_ENDPOINT`): batched on a thread
//! of its own behind a bounded queue, which drops what it has no room for. Nothing that serves a request waits for it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{Request, Response};
use opentelemetry::{Context, Key, KeyValue, trace::TracerProvider};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{ExporterBuildError, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, Span, SpanData, SpanExporter, SpanLimits,
        SpanProcessor,
    },
};
use tokio::runtime::Handle;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};
use url::Url;

use super::span::TARGET;
use crate::client::{ClientError, http_client};

/// Spans that wait for the collector; about 1 KiB each.
const QUEUE: usize = 4096;
const BATCH: usize = 512;
const EVERY: Duration = Duration::from_secs(2);
/// For one batch.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A collector's answer says little; more of it is not read.
const MAX_ANSWER: usize = 64 << 10;
/// No span of ours has more.
const LIMITS: SpanLimits = SpanLimits {
    max_events_per_span: 0,
    max_attributes_per_span: 16,
    max_links_per_span: 0,
    max_attributes_per_event: 0,
    max_attributes_per_link: 0,
};

/// What has become of the spans of this process. There is one subscriber in a process, and so there is one of these.
static COUNTS: Counts = Counts { ended: AtomicU64::new(0), exported: AtomicU64::new(0), failed: AtomicU64::new(0) };

#[derive(Debug)]
struct Counts {
    ended: AtomicU64,
    exported: AtomicU64,
    failed: AtomicU64,
}

/// Spans that have ended and were handed to the queue.
#[must_use]
pub fn ended() -> u64 {
    COUNTS.ended.load(Ordering::Relaxed)
}

/// Spans that the collector took.
#[must_use]
pub fn exported() -> u64 {
    COUNTS.exported.load(Ordering::Relaxed)
}

/// Spans that were sent and not taken.
#[must_use]
pub fn failed() -> u64 {
    COUNTS.failed.load(Ordering::Relaxed)
}

/// Why traces cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The collector's client cannot be built.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The exporter cannot be built.
    #[error("traces cannot be exported: {0}")]
    Exporter(#[from] ExporterBuildError),
}

impl From<reqwest::Error> for ExportError {
    fn from(error: reqwest::Error) -> Self {
        Self::Client(error.into())
    }
}

/// A running export.
#[derive(Debug)]
pub struct Export {
    provider: SdkTracerProvider,
    tracer: &'static str,
}

impl Export {
    /// Of the spans of the service of that name to the collector at `endpoint`, the base of its addresses. Its requests run on
    /// that runtime.
    ///
    /// # Errors
    /// Where no client can be built for the address.
    pub fn start(
        name: &'static str,
        version: &'static str,
        endpoint: &Url,
        runtime: &Handle,
    ) -> Result<Self, ExportError> {
        let http = http_client(endpoint)?.timeout(TIMEOUT).build()?;
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(Client { http, runtime: runtime.clone() })
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')))
            .with_timeout(TIMEOUT)
            .build()?;
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(EVERY)
            .build();
        let exporter = Counted { exporter, is_failing: AtomicBool::new(false) };
        let batches = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Counting(batches))
            .with_span_limits(LIMITS)
            .with_resource(resource(name, version))
            .build();
        Ok(Self { provider, tracer: name })
    }

    /// The layer that turns spans of this service, and nothing else, into exported ones: no events, no places in the code.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(self.tracer))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_ours))
    }

    /// Sends what waits, within that time. Blocks; the runtime must be there still.
    pub fn end(self, within: Duration) {
        if self.provider.shutdown_with_timeout(within).is_err() {
            tracing::warn!("some spans could not be sent before the end");
        }
    }
}

/// What the spans are of. Operators may give it a name of their own, as everywhere (`OTEL_SERVICE_NAME`,
/// `OTEL_RESOURCE_ATTRIBUTES`).
fn resource(name: &'static str, version: &'static str) -> Resource {
    let told = Resource::builder().build();
    let given =
        told.get(&Key::from_static_str("service.name")).filter(|name| !name.as_str().starts_with("unknown_service"));
    Resource::builder()
        .with_service_name(given.unwrap_or_else(|| name.into()))
        .with_attribute(KeyValue::new("service.version", version))
        .build()
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == TARGET
}

/// Counts what the collector takes, and tells once when it begins or ceases to fail.
#[derive(Debug)]
struct Counted {
    exporter: opentelemetry_otlp::SpanExporter,
    is_failing: AtomicBool,
}

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let outcome = self.exporter.export(batch).await;
        let counter = if outcome.is_ok() { &COUNTS.exported } else { &COUNTS.failed };
        counter.fetch_add(spans, Ordering::Relaxed);
        let was_failing = self.is_failing.swap(outcome.is_err(), Ordering::Relaxed);
        match (was_failing, outcome.is_err()) {
            (false, true) => tracing::warn!(spans, "the trace collector does not take spans; they are dropped"),
            (true, false) => tracing::info!("the trace collector takes spans again"),
            _ => {}
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Counts what ends.
#[derive(Debug)]
struct Counting(BatchSpanProcessor);

impl SpanProcessor for Counting {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.0.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        COUNTS.ended.fetch_add(1, Ordering::Relaxed);
        self.0.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// The exporter's thread has no runtime: its requests run on the service's.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl HttpClient for Client {
    fn send_bytes<'client, 'sending>(
        &'client self,
        request: Request<Bytes>,
    ) -> BoxFuture<'sending, Result<Response<Bytes>, HttpError>>
    where
        'client: 'sending,
        Self: 'sending,
    {
        let http = self.http.clone();
        let sending = self.runtime.spawn(async move { send(&http, request).await });
        Box::pin(async move { sending.await? })
    }
}

async fn send(http: &reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if chunk.len() > MAX_ANSWER.saturating_sub(body.len()) {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}
