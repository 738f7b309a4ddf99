//! Tools, callers and a policy service for the policy's own tests.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use zeroize::Zeroizing;

use super::{
    Candidate, Gate, GateServices, Mode, Permit, PolicySettings, Stop, consent::Consenting, opt_ins::ConfiguredOptIns,
};
use crate::{
    auth::{Principal, SpaceAccess, SpaceResolver, testing::Identity},
    backend::{SpacePoliciesClient, Transport},
    call::testing::CATALOG,
    telemetry::{Audit, Metrics},
};
use mana_mcp_runtime::decode::JsonObject;

/// A user in their space `home`, or in `team`.
pub(crate) async fn access(user: &str, space: &str) -> SpaceAccess {
    let identity = Identity::new();
    identity.set_spaces(user, &[("home", "personal"), ("team", "team")]);
    SpaceResolver::new(identity.client()).resolve(&Principal::for_tests(user), Some(space)).await.unwrap()
}

/// A gate whose decisions are counted.
pub(crate) struct CountedGate {
    gate: Gate,
    audit: Audit,
}

impl CountedGate {
    pub(crate) async fn admit(&self, call: Candidate<'_>, consenting: Consenting) -> Result<Permit, Stop> {
        let mut entry = self.audit.begin(call.tool, call.access, &JsonObject::new(), call.now);
        self.gate.admit(call, consenting, &mut entry).await
    }

    pub(crate) async fn may_be_told(&self, call: &Candidate<'_>) -> Result<(), Stop> {
        self.gate.may_be_told(call).await
    }
}

/// A gate without Redis, in that mode.
pub(crate) fn gate(mode: Mode, limit: u32, space_policies: Option<SpacePoliciesClient>) -> (CountedGate, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new(&CATALOG).unwrap());
    let opt_ins = ConfiguredOptIns::default();
    let settings = PolicySettings { mode, rate_limit_per_minute: NonZeroU32::new(limit).unwrap(), opt_ins };
    let consent_states = Zeroizing::new([7; 32]).into();
    let services =
        GateServices { catalog: &CATALOG, space_policies, redis: None, consent_states, metrics: Arc::clone(&metrics) };
    let audit = Audit::new(&[7; 16], Arc::clone(&metrics));
    (CountedGate { gate: Gate::new(settings, services), audit }, metrics)
}

/// The value of the one series of a page of metrics that has all these parts.
pub(crate) fn counted(page: &str, parts: &[&str]) -> u64 {
    let mut found = page.lines().filter(|line| !line.starts_with('#') && parts.iter().all(|part| line.contains(part)));
    let line = found.next().unwrap_or_else(|| panic!("{parts:?} is missing in\n{page}"));
    assert_eq!(found.next(), None, "{parts:?}");
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// How a policy service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Says(&'static str),
    Fails(StatusCode),
    Hangs,
    Panics,
}

/// A policy service in this process.
#[derive(Clone)]
pub(crate) struct PolicyService {
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicUsize>,
}

impl PolicyService {
    pub(crate) fn new(mood: Mood) -> Self {
        Self { mood: Arc::new(Mutex::new(mood)), asked: Arc::default() }
    }

    pub(crate) fn client(&self) -> SpacePoliciesClient {
        let router = Router::new().route("/internal/spaces/{space}/policy", get(answer)).with_state(self.clone());
        SpacePoliciesClient::new(Transport::InProcess(router), "key of the gateway".parse().unwrap())
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(State(service): State<PolicyService>, Path(space): Path<String>, headers: HeaderMap) -> Response {
    service.asked.fetch_add(1, Ordering::SeqCst);
    if headers.get("x-service-key").is_none_or(|key| key != "key of the gateway") {
        return StatusCode::FORBIDDEN.into_response();
    }
    assert_eq!(headers.get("authorization"), None, "no user's token goes there");
    // Lets calls that came together wait together.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let mood = *service.mood.lock().unwrap();
    match mood {
        Mood::Says(_) if space != "home" => StatusCode::NOT_FOUND.into_response(),
        Mood::Says(body) => body.into_response(),
        Mood::Fails(status) => status.into_response(),
        Mood::Hangs => std::future::pending().await,
        Mood::Panics => panic!("a fault of the gateway"),
    }
}
