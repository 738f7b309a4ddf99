//! Label values and series of requests to services.

use std::iter;

use mana_mcp_runtime::failure::{FailureKind, Service};
use mana_mcp_service::metrics::{Label, Series};

use crate::backend::{PLATFORM, Route};

/// A service, as a label. The label is not `service`, which every series carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Backend(pub Service);

impl Label for Backend {
    const NAME: &'static str = "backend";

    fn all() -> Vec<Self> {
        PLATFORM.into_iter().map(|entry| Self(entry.service)).collect()
    }

    fn label(self) -> &'static str {
        self.0.name()
    }
}

/// A bound of the gateway itself, or the one on requests to a service, with those that wait for their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrBackend<L> {
    /// One of the gateway itself.
    Own(L),
    /// Requests to the service of that name.
    Platform(&'static str),
    /// Requests to the services of the catalog: each has its own bound, and one series shows all.
    Services,
}

impl<L> OrBackend<L> {
    /// The bound on requests to that service.
    #[must_use]
    pub fn of(service: Service) -> Self {
        match service {
            Service::Platform(name) => Self::Platform(name),
            Service::Catalog(_) => Self::Services,
        }
    }
}

impl<L> From<L> for OrBackend<L> {
    fn from(own: L) -> Self {
        Self::Own(own)
    }
}

impl<L: Label> Label for OrBackend<L> {
    const NAME: &'static str = L::NAME;

    fn all() -> Vec<Self> {
        let backends = PLATFORM.into_iter().map(|entry| Self::of(entry.service)).chain([Self::Services]);
        L::all().into_iter().map(Self::Own).chain(backends).collect()
    }

    fn label(self) -> &'static str {
        match self {
            Self::Own(own) => own.label(),
            Self::Platform(name) => name,
            Self::Services => "services",
        }
    }
}

/// What a request may end with; a status has no part in the label. Answers that could not be read are counted apart.
const KINDS: [FailureKind; 13] = [
    FailureKind::Unauthorized,
    FailureKind::SubscriptionInactive,
    FailureKind::Rejected { status: 400 },
    FailureKind::TooLarge,
    FailureKind::Overloaded,
    FailureKind::NoRoom,
    FailureKind::Failed { status: 500 },
    FailureKind::Unreachable,
    FailureKind::Closed,
    FailureKind::TimedOut,
    FailureKind::Suspended,
    FailureKind::Busy,
    FailureKind::AnswerTooLarge,
];

/// What came of one request to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answer(&'static str);

impl Answer {
    /// A success, or a failure by its kind.
    #[must_use]
    pub fn of(failure: Option<FailureKind>) -> Self {
        Self(failure.map_or("success", FailureKind::name))
    }

    /// Every outcome.
    fn all() -> impl Iterator<Item = Self> {
        iter::once(None).chain(KINDS.into_iter().map(Some)).map(Self::of)
    }
}

impl Series for Route {
    const LABELS: &'static [&'static str] = &["backend", "route"];

    fn all() -> Vec<Self> {
        Self::all_own().collect()
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.service().name(), self.template()]
    }
}

/// One request to a service, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answered {
    /// Where it was sent.
    pub route: Route,
    /// What came of it.
    pub answer: Answer,
}

impl Answered {
    /// Every outcome of that route.
    pub(super) fn of(route: Route) -> impl Iterator<Item = Self> {
        Answer::all().map(move |answer| Self { route, answer })
    }
}

impl Series for Answered {
    const LABELS: &'static [&'static str] = &["backend", "route", "outcome"];

    fn all() -> Vec<Self> {
        Route::all_own().flat_map(Self::of).collect()
    }

    fn values(self) -> Vec<&'static str> {
        let Self { route, answer } = self;
        vec![route.service().name(), route.template(), answer.0]
    }
}
