//! The services that tools of the real catalog call, as one server that answers what an example says, in its order. What
//! it serves is what `catalog/services/*.yaml` declare: a request of another path or method, without the caller's token, or
//! for which no answer is left, is a fault that [`CatalogServices::done`] returns.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::repository;

/// The running server; dropping it stops it.
#[derive(Debug)]
pub struct CatalogServices {
    /// The settings that send the gateway to it.
    pub settings: Vec<(String, String)>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    operations: Vec<Operation>,
    answers: Mutex<BTreeMap<String, VecDeque<Value>>>,
    faults: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Operation {
    /// `service.operation`
    name: String,
    method: String,
    path: Vec<String>,
}

impl Operation {
    fn is_asked_by(&self, request: &Request) -> bool {
        let path: Vec<&str> = request.uri().path().split('/').collect();
        let fits =
            |(template, part): (&String, &&str)| template.starts_with('{') && !part.is_empty() || template == part;
        self.method.eq_ignore_ascii_case(request.method().as_str())
            && self.path.len() == path.len()
            && self.path.iter().zip(&path).all(fits)
    }
}

impl CatalogServices {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let (mut operations, mut variables) = (Vec::new(), Vec::new());
        for file in fs::read_dir(repository().join("catalog/services")).expect("the catalog has services") {
            let yaml = fs::read_to_string(file.expect("a file").path()).expect("a text");
            let service: Value = serde_yaml::from_str(&yaml).expect("YAML");
            variables.push(service["baseUrl"].as_str().expect("the name of a setting").to_owned());
            for (name, operation) in service["operations"].as_object().expect("operations") {
                let methods = ["get", "post", "put", "patch", "delete"].into_iter();
                let (method, path) = methods
                    .filter_map(|method| Some((method.to_owned(), operation[method].as_str()?)))
                    .next()
                    .expect("an operation has a method");
                let name = format!("{}.{name}", service["service"].as_str().expect("a name"));
                operations.push(Operation { name, method, path: path.split('/').map(str::to_owned).collect() });
            }
        }
        let shared = Arc::new(Shared { operations, answers: Mutex::default(), faults: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/health", get(|| async {})).fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        let settings = variables.into_iter().map(|variable| (variable, url.clone())).collect();
        Self { settings, shared, server }
    }

    /// What is answered from now on: for each operation its answers, in order. One with `status` alone is a failure.
    pub fn will_answer(&self, answers: &Value) {
        let answers = answers.as_object().into_iter().flatten();
        let answers = answers.map(|(name, all)| (name.clone(), all.as_array().expect("answers").clone().into()));
        *self.shared.answers.lock().expect("no reader panics") = answers.collect();
    }

    /// What was asked and should not have been, and what was to be asked and was not.
    pub fn done(&self) -> Vec<String> {
        let mut faults = std::mem::take(&mut *self.shared.faults.lock().expect("no reader panics"));
        let left = std::mem::take(&mut *self.shared.answers.lock().expect("no reader panics"));
        let left = left.into_iter().filter(|(_, answers)| !answers.is_empty());
        faults.extend(left.map(|(name, answers)| format!("{} answers of `{name}` were not asked for", answers.len())));
        faults
    }
}

impl Drop for CatalogServices {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match shared.next(&request) {
        Ok(answer) => match answer.as_object().filter(|members| members.len() == 1).and(answer["status"].as_u64()) {
            Some(status) => {
                let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
                status.expect("an HTTP status").into_response()
            }
            None => Json(answer).into_response(),
        },
        Err(fault) => {
            shared.faults.lock().expect("no reader panics").push(fault);
            StatusCode::NOT_IMPLEMENTED.into_response()
        }
    }
}

impl Shared {
    fn next(&self, request: &Request) -> Result<Value, String> {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let operation = self.operations.iter().find(|operation| operation.is_asked_by(request));
        let operation = operation.ok_or_else(|| format!("no service has {asked}"))?;
        let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        if !token.is_some_and(|token| token.starts_with("Bearer ")) {
            return Err(format!("{asked} came without the caller's token"));
        }
        let mut answers = self.answers.lock().expect("no reader panics");
        let next = answers.get_mut(&operation.name).and_then(VecDeque::pop_front);
        next.ok_or_else(|| format!("`{}` was asked more often than there are answers", operation.name))
    }
}
