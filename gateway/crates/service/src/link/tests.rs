//! A link to a service in this process that follows a script.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{Request, StatusCode};

use super::*;

const LIMITS: Limits = Limits { time: Duration::from_millis(50), answer: 1000 };

#[derive(Debug, Clone, Copy)]
struct Page;

impl Route for Page {
    fn service(self) -> &'static str {
        "other"
    }

    fn template(self) -> &'static str {
        "/page"
    }
}

/// Keeps what it observes, and whether the request was sent.
#[derive(Default)]
struct Noted(Mutex<Vec<(Outcome, bool)>>);

impl Observer<Page> for Noted {
    fn ended(&self, _: Page, outcome: Outcome, took: Option<Duration>) -> &'static str {
        self.0.lock().unwrap().push((outcome, took.is_some()));
        "noted"
    }
}

/// A service that deals with its requests one after the other by a script, and then answers: with a status, or never.
fn scripted(script: Vec<Option<u16>>) -> (Link<Page>, Arc<Noted>) {
    let (asked, script) = (Arc::new(AtomicUsize::new(0)), Arc::new(script));
    let answer = move || {
        let next = script.get(asked.fetch_add(1, Ordering::SeqCst)).copied();
        async move {
            match next {
                None => (StatusCode::OK, "here"),
                Some(Some(status)) => (StatusCode::from_u16(status).unwrap(), "not here"),
                Some(None) => std::future::pending().await,
            }
        }
    };
    let noted = Arc::new(Noted::default());
    let transport = Transport::InProcess(Router::new().route("/page", get(answer)));
    (Link::new("other", transport).observed(Arc::clone(&noted) as Arc<dyn Observer<Page>>), noted)
}

async fn ask(link: &Link<Page>, repeat: Repeat) -> Outcome {
    let request = Request::get("/page").body(Bytes::new()).unwrap();
    match link.send(Page, request, LIMITS, repeat).await {
        Ok(answer) => Outcome::Answered(answer.status().as_u16()),
        Err(failure) => Outcome::Failed(failure),
    }
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_is_asked_again_and_each_time_is_told() {
    let (link, noted) = scripted(vec![Some(503), Some(502)]);
    assert_eq!(ask(&link, Repeat::Safe).await, Outcome::Answered(200));
    let each = [503, 502, 200].map(|status| (Outcome::Answered(status), true));
    assert_eq!(*noted.0.lock().unwrap(), each);

    let (link, noted) = scripted(vec![Some(503)]);
    assert_eq!(ask(&link, Repeat::Never).await, Outcome::Answered(503));
    assert_eq!(noted.0.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_left_alone_for_a_while() {
    let (link, noted) = scripted(vec![None; 5]);
    for _ in 0..5 {
        assert_eq!(ask(&link, Repeat::Never).await, Outcome::Failed(LinkFailure::TimedOut));
    }
    assert!(link.is_suspended());
    assert_eq!(ask(&link, Repeat::Never).await, Outcome::Failed(LinkFailure::Suspended));
    // What was not sent has no time.
    assert_eq!(noted.0.lock().unwrap().last(), Some(&(Outcome::Failed(LinkFailure::Suspended), false)));
    assert_eq!(link.load().taken, 0);
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused() {
    let transport = Transport::InProcess(Router::new().route("/page", get(async || "x".repeat(1001))));
    let link = Link::<Page>::new("other", transport);
    assert_eq!(ask(&link, Repeat::Never).await, Outcome::Failed(LinkFailure::AnswerTooLarge));
}
