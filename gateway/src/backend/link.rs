//! The link to a service in the terms of tools: which service failed, and how. What counts its requests has the labels.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use mana_mcp_runtime::failure::{BackendError, FailureKind, Service};
pub(super) use mana_mcp_service::link::{Limits, Repeat};
use mana_mcp_service::{
    http::permits::Load,
    link::{self, LinkFailure, Observer, OpenBody, Outcome, Transport},
};

use super::route::Route;
use crate::telemetry::metrics::BackendMeter;

/// The way to one service, shared by all who speak to it.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(super) service: Service,
    link: link::Link<Route>,
    meter: BackendMeter,
}

/// What every client of a service has: its link, and what that can be told and tell.
pub(crate) trait Linked: Sized {
    /// The link.
    fn link(&self) -> &Link;

    /// The link, to be changed before the client is used.
    fn link_mut(&mut self) -> &mut Link;

    /// The same client with another limit on the time of a call.
    #[cfg(test)]
    fn with_timeout(mut self, longest: Duration) -> Self {
        let link = self.link_mut();
        link.link = link.link.clone().within(longest);
        self
    }

    /// The same client, counting its requests with that meter.
    fn with_meter(mut self, meter: BackendMeter) -> Self {
        let link = self.link_mut();
        link.link = link.link.clone().observed(Arc::new(meter.clone()));
        link.meter = meter;
        self
    }
}

/// Gives a client its link.
macro_rules! linked {
    ($client:ty) => {
        impl crate::backend::Linked for $client {
            fn link(&self) -> &crate::backend::link::Link {
                &self.link
            }

            fn link_mut(&mut self) -> &mut crate::backend::link::Link {
                &mut self.link
            }
        }
    };
}
pub(super) use linked;

impl Link {
    pub(super) fn new(service: Service, transport: Transport) -> Self {
        let meter = BackendMeter::default();
        let link = link::Link::new(service.name(), transport).observed(Arc::new(meter.clone()));
        Self { service, link, meter }
    }

    pub(super) fn load(&self) -> Load {
        self.link.load()
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.link.is_suspended()
    }

    /// The same link, whose service is not told of the caller's trace.
    pub(super) fn without_trace(self) -> Self {
        Self { link: self.link.without_trace(), ..self }
    }

    /// The way past bulkhead and breaker, for those who look how the service is.
    pub(super) fn transport(&self) -> &Transport {
        self.link.transport()
    }

    /// Makes a request whose URI is a path and query, and reads the whole answer.
    pub(super) async fn send(
        &self,
        route: Route,
        request: Request<Bytes>,
        limits: Limits,
        repeat: Repeat,
    ) -> Result<Response<Vec<u8>>, BackendError> {
        self.link.send(route, request, limits, repeat).await.map_err(|failure| self.failed(failure))
    }

    /// As [`Link::send`], but returns when the answer begins. The body must be read to its end, or dropped.
    pub(super) async fn open(
        &self,
        route: Route,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<OpenBody<Route>>, BackendError> {
        self.link.open(route, request, limits).await.map_err(|failure| self.failed(failure))
    }

    pub(super) fn failure(&self, kind: FailureKind) -> BackendError {
        BackendError { service: self.service, kind }
    }

    /// No answer came, or not all of it.
    pub(super) fn failed(&self, failure: LinkFailure) -> BackendError {
        self.failure(kind_of(failure))
    }

    /// The answer could not be read.
    pub(super) fn malformed(&self) -> BackendError {
        self.meter.malformed(self.service);
        self.failure(FailureKind::Malformed)
    }
}

/// What came instead of an answer, in the terms of tools.
pub(super) fn kind_of(failure: LinkFailure) -> FailureKind {
    match failure {
        LinkFailure::Unreachable => FailureKind::Unreachable,
        LinkFailure::Closed => FailureKind::Closed,
        LinkFailure::TimedOut => FailureKind::TimedOut,
        LinkFailure::Suspended => FailureKind::Suspended,
        LinkFailure::Busy => FailureKind::Busy,
        LinkFailure::AnswerTooLarge => FailureKind::AnswerTooLarge,
    }
}

impl Observer<Route> for BackendMeter {
    fn ended(&self, route: Route, outcome: Outcome, took: Option<Duration>) -> &'static str {
        let failure = match outcome {
            Outcome::Answered(status) => FailureKind::of_status(status),
            Outcome::Failed(failure) => Some(kind_of(failure)),
        };
        if let (Some(kind), Some(_)) = (failure, took) {
            let (service, route) = (route.service().name(), route.template());
            tracing::debug!(service, route, ?kind, "a service did not do as asked");
        }
        self.called(route, failure, took);
        failure.map_or("success", FailureKind::name)
    }
}
