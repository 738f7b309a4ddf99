//! The person's part: who they are, and what the program may do.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use mana_mcp_runtime::tool::Effects;
use mana_mcp_standalone::{BROWSER_KNOWN_FOR, Entry, NewGrant, Unavailable};

use super::{
    body::{body, has_media_type},
    browser::Cookie,
    pages::{self, ConsentPage, EntryPage, Language, Problem, Target},
    parameters::{self, Parameters},
    pending::Pending,
    server::AuthorizationServer,
};

/// `GET /authorize/consent`: the page again, after the person has proven who they are.
pub(super) async fn consent(State(server): State<Arc<AuthorizationServer>>, request: Request) -> Response {
    let language = Language::of(request.headers());
    let browser = server.browser(request.headers()).cookie(Cookie::Browser).unwrap_or_default();
    let query = Parameters::read(request.uri().query().unwrap_or_default().as_bytes()).unwrap_or_default();
    server.page_of(language, query.get("request").unwrap_or_default(), browser).await
}

/// `POST /authorize/code`.
pub(super) async fn code(State(server): State<Arc<AuthorizationServer>>, request: Request) -> Response {
    let language = Language::of(request.headers());
    let (headers, form) = match server.own_form(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let (id, typed) = (value(&form, "request"), value(&form, "code"));
    let browser = server.browser(&headers).cookie(Cookie::Browser).unwrap_or_default().to_owned();
    let Some(pending) = server.pending.get(&id, &browser) else { return pages::gone(language) };
    let problem = match server.grants.enter(&typed).await {
        Ok(Entry::Good { person, cookie }) => {
            server.pending.prove(&id, &person);
            let page = pages::redirect(&format!("/authorize/consent?request={id}"), StatusCode::SEE_OTHER);
            return server.keep(page, Cookie::Person, &cookie, Some(BROWSER_KNOWN_FOR));
        }
        Ok(Entry::Wrong) => Problem::WrongCode,
        Ok(Entry::TooMany) => Problem::TooManyCodes,
        Err(Unavailable) => return pages::unavailable(language),
    };
    let target = Target::Request { id: &id, program: &pending.request.client.name };
    pages::entry(language, &EntryPage { target, problem: Some(problem) })
}

/// `POST /authorize/decision`.
pub(super) async fn decision(State(server): State<Arc<AuthorizationServer>>, request: Request) -> Response {
    let language = Language::of(request.headers());
    let (headers, form) = match server.own_form(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let browser = server.browser(&headers).cookie(Cookie::Browser).unwrap_or_default().to_owned();
    let Some(pending) = server.pending.take(&value(&form, "request"), &browser) else { return pages::gone(language) };
    let request = pending.request.clone();
    let (to, state) = (request.redirect.clone(), request.state.clone());
    let denied = |server: &AuthorizationServer| {
        let parameters = [("error", "access_denied"), ("error_description", "The person did not allow it.")];
        server.send_back(&to, state.as_deref(), &parameters)
    };
    if value(&form, "decision") != "allow" {
        return denied(&server);
    }
    let new = match server.chosen(pending, &form).await {
        Ok(Some(new)) => new,
        Ok(None) => return denied(&server),
        Err(Unavailable) => return pages::unavailable(language),
    };
    match server.grants.grant(new).await {
        Ok(code) => server.send_back(&to, state.as_deref(), &[("code", &code)]),
        Err(Unavailable) => pages::unavailable(language),
    }
}

impl AuthorizationServer {
    /// The page for a request: the question who is there, or what the program may do.
    pub(super) async fn page_of(&self, language: Language, id: &str, browser: &str) -> Response {
        let Some(pending) = self.pending.get(id, browser) else { return pages::gone(language) };
        let Pending { request, person, .. } = &pending;
        let Some(person) = person else {
            let target = Target::Request { id, program: &request.client.name };
            return pages::entry(language, &EntryPage { target, problem: None });
        };
        let Ok(spaces) = self.grants.spaces_of(&person.id).await else { return pages::unavailable(language) };
        pages::consent(
            language,
            &ConsentPage { id, request, person, modules: &self.modules(), spaces: &spaces, issuer: &self.issuer },
        )
    }

    /// The modules that agents are served, each with what it is for.
    pub(super) fn modules(&self) -> Vec<(&'static str, &'static str)> {
        let is_served = |name: &str| self.catalog.served().any(|tool| tool.module() == name);
        let modules = self.catalog.modules().iter().filter(|module| is_served(module.name));
        modules.map(|module| (module.name, module.summary)).collect()
    }

    /// What the person chose. `None` where that is nothing.
    async fn chosen(&self, pending: Pending, form: &Bytes) -> Result<Option<NewGrant>, Unavailable> {
        let Pending { request, person, .. } = pending;
        let Some(person) = person else { return Ok(None) };
        let effects = Effects::of_scopes(&parameters::all(form, "scope").join(" ")).and(request.effects);
        let spaces = self.grants.spaces_of(&person.id).await?;
        let modules = self.modules();
        let modules = of_those(&parameters::all(form, "module"), modules.into_iter().map(|(name, _)| name));
        let spaces = of_those(&parameters::all(form, "space"), spaces.iter().map(|(id, _)| id.as_str()));
        let is_empty = |chosen: &Option<BTreeSet<String>>| chosen.as_ref().is_some_and(BTreeSet::is_empty);
        if effects.is_empty() || is_empty(&modules) || is_empty(&spaces) {
            return Ok(None);
        }
        Ok(Some(NewGrant {
            user: person.id,
            client: request.client,
            redirect_host: request.redirect.host(),
            redirect_uri: request.redirect.as_str().to_owned(),
            challenge: request.challenge,
            endpoint: request.endpoint,
            effects,
            modules,
            spaces,
            refreshes: request.refreshes,
        }))
    }

    /// A form that a page of this server sent.
    pub(super) async fn own_form(&self, request: Request) -> Result<(HeaderMap, Bytes), Response> {
        let (parts, sent) = request.into_parts();
        let language = Language::of(&parts.headers);
        if !self.browser(&parts.headers).sent_own_form() {
            return Err(pages::foreign(language));
        }
        let form = body(sent).await.map_err(|error| pages::fault(language, error.status, &error.description))?;
        if !has_media_type(&parts.headers, "application/x-www-form-urlencoded") {
            return Err(pages::fault(language, StatusCode::BAD_REQUEST, "The form is not encoded as one."));
        }
        Ok((parts.headers, form))
    }
}

/// The first value of that name in a form of our own.
pub(super) fn value(form: &Bytes, name: &str) -> String {
    parameters::all(form, name).into_iter().next().unwrap_or_default()
}

/// Those of the offered that were chosen. All of them is no choice: what is added later belongs to it.
fn of_those<'a>(chosen: &[String], offered: impl Iterator<Item = &'a str>) -> Option<BTreeSet<String>> {
    let (taken, left): (Vec<&str>, Vec<&str>) = offered.partition(|one| chosen.iter().any(|chosen| chosen == one));
    if left.is_empty() { None } else { Some(taken.into_iter().map(str::to_owned).collect()) }
}
