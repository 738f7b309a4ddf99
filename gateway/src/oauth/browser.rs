//! What browsers send: cookies, and which page a request comes from.

use std::time::Duration;

use axum::response::Response;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use rand::{TryRng, rngs::SysRng};

use super::server::AuthorizationServer;

/// Who asks, to a server whose cookies have names of their own: other programs on this machine have the same host.
pub(super) struct Browser<'a> {
    headers: &'a HeaderMap,
    server: &'a AuthorizationServer,
}

/// A cookie of this server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cookie {
    /// Tells this browser from others. Gone with it.
    Browser,
    /// Proves the person.
    Person,
}

impl AuthorizationServer {
    /// The browser behind a request.
    pub(super) fn browser<'a>(&'a self, headers: &'a HeaderMap) -> Browser<'a> {
        Browser { headers, server: self }
    }

    fn name_of(&self, cookie: Cookie) -> String {
        let what = match cookie {
            Cookie::Browser => "browser",
            Cookie::Person => "person",
        };
        format!("mana_{what}_{}", self.address.port())
    }

    /// Has the browser keep a cookie. Sent from pages of this machine alone, and shown to no script.
    pub(super) fn keep(&self, mut response: Response, cookie: Cookie, value: &str, time: Option<Duration>) -> Response {
        let age = time.map_or_else(String::new, |time| format!("; Max-Age={}", time.as_secs()));
        let cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{age}", self.name_of(cookie));
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl<'a> Browser<'a> {
    /// The cookie's value.
    pub(super) fn cookie(&self, cookie: Cookie) -> Option<&'a str> {
        let name = self.server.name_of(cookie);
        let headers: &'a HeaderMap = self.headers;
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(of, value)| *of == name && !value.is_empty()).map(|(_, value)| value)
    }

    /// Whether a form was sent by a page of this server. What is no browser says nothing of a page.
    pub(super) fn sent_own_form(&self) -> bool {
        let site = self.site();
        let mut origins = self.headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None) => {
                origin.as_bytes() == self.server.issuer.as_bytes() && matches!(site, None | Some("same-origin"))
            }
            (None, _) => matches!(site, None | Some("same-origin")),
            (Some(_), Some(_)) => false,
        }
    }

    /// Whether the person came by themselves, or from a page of this server, and not from another page, which may have them
    /// click on what they do not see.
    pub(super) fn came_by_itself(&self) -> bool {
        matches!(self.site(), None | Some("none" | "same-origin"))
    }

    fn site(&self) -> Option<&str> {
        self.headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or_default())
    }
}

/// A value that nobody guesses. `None` where the system has no random numbers.
pub(super) fn random_value() -> Option<String> {
    let mut bytes = [0_u8; 24];
    SysRng.try_fill_bytes(&mut bytes).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
