//! The door: a service is its routes and its probes, and everything else stands around them.

mod families;
mod requests;

use std::{io::Write, process::ExitCode, sync::Arc, time::Duration};

use axum::{
    Router,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::StatusCode;
use tokio_util::sync::CancellationToken;

use self::{
    families::{ACCEPT_FAILURES, FAMILIES, LINES_DROPPED, LINES_OMITTED, PANICS, PREFIX, SHED, SPANS, ShedConnections},
    requests::{RequestMeter, count},
};
use crate::{
    config::{ProcessEnvironment, Reader, ServiceSettings},
    http::{
        access_log::AccessLog,
        connections::{ConnectionCounters, ConnectionLimits, Connections},
        edge::{Edge, every},
        operations,
        readiness::{Probe, Readiness},
        refused::Refused,
        server::{Drained, ServerLimits},
        serving::{ListenError, Serving, listen},
    },
    info::ServiceInfo,
    logs::{self, LogKind},
    metrics::{BuildError, Counting, Definitions, Exposition, Reading, Registry},
    process::{Program, Signals},
    trace::{self, SpanState},
};

const CONNECTIONS: ConnectionLimits = ConnectionLimits { all: 1024, of_address: 1024 };
/// The exit status of wrong settings.
const WRONG_SETTINGS: u8 = 2;
/// Samples are folded this often, also where nobody scrapes them.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// A service: its routes, and beside them `/health`, `/ready` and `/metrics`. It logs each request with its id, counts it, and
/// ends when it is asked to: what is under way is finished.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use mana_mcp_service::{Service, service_info};
///
/// fn main() -> ExitCode {
///     Service::main(service_info!("mana-hello"), 3070, |service, reader| {
///         let greeting = reader.text("GREETING").unwrap_or_else(|| "hello".to_owned());
///         service.route("/hello", axum::routing::get(async move || greeting))
///     })
/// }
/// ```
#[derive(Debug)]
pub struct Service {
    info: ServiceInfo,
    settings: ServiceSettings,
    routes: Router,
    paths: Vec<&'static str>,
    probes: Vec<Probe>,
}

/// Why a service could not start.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error("the metrics cannot be set up: {0}")]
    Metrics(#[from] BuildError),
}

impl Service {
    /// A service without routes.
    #[must_use]
    pub fn new(info: ServiceInfo, settings: ServiceSettings) -> Self {
        Self { info, settings, routes: Router::new(), paths: operations::PATHS.to_vec(), probes: Vec::new() }
    }

    /// The whole program of a service: reads the settings of every service from the environment, and with `build` those of
    /// this one, and serves until a signal asks for its end. Listens on that port where `PORT` names none.
    pub fn main(info: ServiceInfo, default_port: u16, build: impl FnOnce(Self, &mut Reader<'_>) -> Self) -> ExitCode {
        // Once, before anything speaks TLS. An error means that there is one already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let environment = ProcessEnvironment::default();
        let mut reader = Reader::new(&environment);
        let settings = ServiceSettings::read(&mut reader, &info, default_port);
        let service = build(Self::new(info, settings), &mut reader);
        match reader.finish(Some(service)) {
            Ok(service) => service.run(),
            Err(error) => {
                tell(&info, &error);
                ExitCode::from(WRONG_SETTINGS)
            }
        }
    }

    /// Serves that route, too.
    #[must_use]
    pub fn route(mut self, path: &'static str, handler: MethodRouter) -> Self {
        self.paths.push(path);
        Self { routes: self.routes.route(path, handler), ..self }
    }

    /// Is ready only where that probe finds no problem, unless the probe is optional.
    #[must_use]
    pub fn probe(mut self, probe: Probe) -> Self {
        self.probes.push(probe);
        self
    }

    /// Serves until SIGTERM or SIGINT, on a runtime of its own; what is under way then is finished, within the time for that.
    /// What keeps it from starting is reported on standard error, and by the exit status.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let (info, settings) = (self.info, self.settings.clone());
        let program = Program {
            info: &info,
            noun: "service",
            logs: &settings.logs,
            trace_collector: settings.trace_collector.as_ref(),
            drain: settings.drain,
        };
        let why: Box<dyn std::error::Error> = match program.run(|signals| self.serve(signals)) {
            Ok(Ok(drained)) => return drained.exit_code(),
            Ok(Err(error)) => error.into(),
            Err(error) => error.into(),
        };
        tell(&info, why.as_ref());
        ExitCode::FAILURE
    }

    async fn serve(self, signals: Signals) -> Result<Drained, StartError> {
        let Self { info, settings, routes, paths, probes } = self;
        let (listeners, address) = listen(settings.listen)?;
        let registry = Arc::new(match settings.metrics {
            Counting::On => {
                let label = ("service", info.name);
                Registry::new(Definitions { families: &FAMILIES, label, prefix: PREFIX })?
            }
            Counting::Off => Registry::off(),
        });
        let connections = Connections::new(CONNECTIONS, connection_counters(&registry));
        let stop = CancellationToken::new();
        let readiness = Readiness::new(probes, stop.clone());
        let edge = Edge {
            panics: registry.counter(&PANICS, ()),
            access_log: AccessLog::new(info.targets, registry.counter(&LINES_OMITTED, ())),
            panicked: |panicked| {
                Refused::of_server(StatusCode::INTERNAL_SERVER_ERROR, panicked.to_string()).into_response()
            },
        };
        let exposition = registry.is_counting().then(|| Arc::new(Exposition::new(Arc::clone(&registry), readings())));
        let meter = Arc::new(RequestMeter::new(Arc::clone(&registry), paths));
        let router = routes
            .merge(operations::routes(readiness, exposition))
            .fallback(no_such_route)
            .layer(from_fn_with_state(meter, count))
            .layer(from_fn_with_state(Arc::new(edge), every));
        let upkeep = tokio::spawn(keep_up(registry, stop.clone()));
        let serving = Serving::start(listeners, router, ServerLimits::new(settings.drain), connections, stop);
        tracing::info!(%address, "{} {} serves", info.name, info.version);
        let drained = serving.until(signals.first()).await;
        upkeep.abort();
        Ok(drained)
    }
}

/// Tells why there is no service. Where nobody reads standard error, the exit status is left.
fn tell(info: &ServiceInfo, why: &dyn std::error::Error) {
    let because = why.source().map(|source| format!(": {source}")).unwrap_or_default();
    let _ = writeln!(std::io::stderr(), "{}: {why}{because}", info.name);
}

fn connection_counters(registry: &Registry) -> ConnectionCounters {
    let shed = |bound| registry.counter(&SHED, (bound,));
    ConnectionCounters {
        failures: registry.counter(&ACCEPT_FAILURES, ()),
        refused: shed(ShedConnections::All),
        refused_of_address: shed(ShedConnections::Address),
        evicted: shed(ShedConnections::Idle),
    }
}

fn readings() -> Vec<Reading> {
    let spans: [(SpanState, fn() -> u64); 3] =
        [(SpanState::Ended, trace::ended), (SpanState::Exported, trace::exported), (SpanState::Failed, trace::failed)];
    let spans = spans.into_iter().map(|(state, read)| Reading::counter(&SPANS, (state,), read));
    let lines = LogKind::ALL.iter().map(|kind| Reading::counter(&LINES_DROPPED, (*kind,), || logs::dropped(*kind)));
    spans.chain(lines).collect()
}

async fn keep_up(registry: Arc<Registry>, stop: CancellationToken) {
    let mut samples = tokio::time::interval(METRICS_UPKEEP);
    loop {
        tokio::select! {
            _ = samples.tick() => registry.upkeep(),
            () = stop.cancelled() => return,
        }
    }
}

async fn no_such_route() -> Response {
    Refused::of_request(StatusCode::NOT_FOUND, "There is nothing here.").into_response()
}
