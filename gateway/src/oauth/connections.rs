//! The connected programs: what each may do, when it was last used, and its end.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use mana_mcp_standalone::{BROWSER_KNOWN_FOR, Entry, Person, Unavailable};

use super::{
    browser::Cookie,
    consent::value,
    pages::{self, ConnectionsPage, EntryPage, Language, Problem, Target},
    parameters::Parameters,
    server::AuthorizationServer,
};

const PATH: &str = "/connections";

/// `GET /connections`. With a code, as `mana-mcp open` has it, the person is known from then on; a code in the link of another
/// site would have the browser work for its author.
pub(super) async fn connections(State(server): State<Arc<AuthorizationServer>>, request: Request) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    if let Some(elsewhere) = server.own_address(headers.get(header::HOST), uri) {
        return elsewhere;
    }
    let language = Language::of(headers);
    let query = Parameters::read(uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
    if let Some(code) = query.get("code").filter(|_| server.browser(headers).came_by_itself()) {
        return server.entered(language, code, |language| pages::onward(language, PATH)).await;
    }
    match server.person(headers).await {
        Ok(Some(person)) => server.listed(language, &person).await,
        Ok(None) => pages::entry(language, &EntryPage { target: Target::Connections, problem: None }),
        Err(Unavailable) => pages::unavailable(language),
    }
}

/// `POST /connections/code`.
pub(super) async fn code(State(server): State<Arc<AuthorizationServer>>, request: Request) -> Response {
    let language = Language::of(request.headers());
    match server.own_form(request).await {
        Ok((_, form)) => {
            let onward = |_| pages::redirect(PATH, StatusCode::SEE_OTHER);
            server.entered(language, &value(&form, "code"), onward).await
        }
        Err(refusal) => refusal,
    }
}

/// `POST /connections/end`.
pub(super) async fn end(State(server): State<Arc<AuthorizationServer>>, request: Request) -> Response {
    let language = Language::of(request.headers());
    let (headers, form) = match server.own_form(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let ended = async {
        let Some(person) = server.person(&headers).await? else { return Ok(false) };
        server.grants.end(&person.id, &value(&form, "grant")).await?;
        Ok(true)
    };
    match ended.await {
        Ok(true) => pages::redirect(PATH, StatusCode::SEE_OTHER),
        Ok(false) => pages::foreign(language),
        Err(Unavailable) => pages::unavailable(language),
    }
}

impl AuthorizationServer {
    async fn person(&self, headers: &HeaderMap) -> Result<Option<Person>, Unavailable> {
        match self.browser(headers).cookie(Cookie::Person) {
            Some(cookie) => self.grants.person(cookie).await,
            None => Ok(None),
        }
    }

    async fn entered(&self, language: Language, code: &str, onward: impl FnOnce(Language) -> Response) -> Response {
        let problem = match self.grants.enter(code).await {
            Ok(Entry::Good { cookie, .. }) => {
                let page = onward(language);
                return self.keep(page, Cookie::Person, &cookie, Some(BROWSER_KNOWN_FOR));
            }
            Ok(Entry::Wrong) => Problem::WrongCode,
            Ok(Entry::TooMany) => Problem::TooManyCodes,
            Err(Unavailable) => return pages::unavailable(language),
        };
        pages::entry(language, &EntryPage { target: Target::Connections, problem: Some(problem) })
    }

    async fn listed(&self, language: Language, person: &Person) -> Response {
        let listed = async { Ok((self.grants.of_user(&person.id).await?, self.grants.spaces_of(&person.id).await?)) };
        match listed.await {
            Ok((grants, spaces)) => {
                pages::connections(language, &ConnectionsPage { person, grants: &grants, spaces: &spaces })
            }
            Err(Unavailable) => pages::unavailable(language),
        }
    }
}
