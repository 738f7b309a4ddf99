//! The pages that people see: HTML that is written here as a whole, without scripts.

mod connections;
mod consent;
mod entry;
mod style;
mod texts;

use std::{
    fmt::{self, Display, Write},
    sync::LazyLock,
};

use axum::response::{Html, IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

pub(super) use connections::{ConnectionsPage, connections};
pub(super) use consent::{ConsentPage, consent};
pub(super) use entry::{EntryPage, Problem, Target, entry};
pub(super) use texts::Language;

use style::STYLE;

/// What a page may load and where its forms may lead: its own style, and nothing else.
static STYLE_SOURCE: LazyLock<String> =
    LazyLock::new(|| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(STYLE))));

/// A text in HTML.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                char => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// A text of others without what cannot be seen, or makes a line read otherwise than it is; cut where it is long.
pub(super) fn shown(text: &str, longest: usize) -> String {
    let is_hidden = |char: char| {
        char.is_control()
            || matches!(char, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(char, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut chars = text.chars().filter(|char| !is_hidden(*char));
    let mut shown: String = chars.by_ref().take(longest).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A page. Its forms may lead to `form_target` too, where there is one.
fn page(language: Language, status: StatusCode, title: &str, form_target: Option<&str>, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{} · Mana</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n<p class=\"brand\">Mana</p>\n{body}\n</main>\n</body>\n</html>\n",
        language.code(),
        Text(title),
    );
    let separator = if form_target.is_some() { " " } else { "" };
    let policy = format!(
        "default-src 'none'; style-src {}; form-action 'self'{separator}{}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_SOURCE,
        form_target.unwrap_or_default()
    );
    let mut response = (status, Html(html)).into_response();
    guard(&mut response);
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A browser goes on to another address.
pub(super) fn redirect(to: &str, status: StatusCode) -> Response {
    let mut response = status.into_response();
    guard(&mut response);
    if let Ok(to) = HeaderValue::try_from(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

/// A page that goes on by itself. Where another page led here, browsers keep our cookies back as long as they are redirected;
/// from a page of ours on they send them.
pub(super) fn onward(language: Language, to: &str) -> Response {
    let texts = language.texts();
    let body = format!("<p><a href=\"{}\">{}</a></p>", Text(to), Text(texts.go_on));
    let mut response = page(language, StatusCode::OK, texts.go_on, None, &body);
    if let Ok(refresh) = HeaderValue::try_from(format!("0;url={to}")) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

fn guard(response: &mut Response) {
    let headers = response.headers_mut();
    let guards: [(HeaderName, &'static str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        // Without any referrer, browsers would hide from our own forms where they come from.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in guards {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A request that cannot be put to the person.
pub(super) fn fault(language: Language, status: StatusCode, description: &str) -> Response {
    let texts = language.texts();
    let body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<p class=\"quiet\">{}</p>",
        Text(texts.fault),
        Text(texts.fault_explained),
        Text(description)
    );
    page(language, status, texts.fault, None, &body)
}

/// A request that was decided before, took too long, or began in another browser.
pub(super) fn gone(language: Language) -> Response {
    plain(language, StatusCode::FORBIDDEN, language.texts().gone, language.texts().gone_explained)
}

/// A form that another page sent.
pub(super) fn foreign(language: Language) -> Response {
    plain(language, StatusCode::FORBIDDEN, language.texts().foreign, language.texts().foreign_explained)
}

/// The database does not work.
pub(super) fn unavailable(language: Language) -> Response {
    let texts = language.texts();
    plain(language, StatusCode::SERVICE_UNAVAILABLE, texts.unavailable, texts.unavailable_explained)
}

fn plain(language: Language, status: StatusCode, title: &str, explained: &str) -> Response {
    page(language, status, title, None, &format!("<h1>{}</h1>\n<p>{}</p>", Text(title), Text(explained)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_are_texts() {
        assert_eq!(Text("<b a='x'>&\"").to_string(), "&lt;b a=&#39;x&#39;&gt;&amp;&quot;");
        assert_eq!(shown("a\u{202e}b\u{0}c\n", 10), "abc");
        assert_eq!(shown("abcdef", 3), "abc…");
    }

    #[test]
    fn pages_load_nothing_and_are_in_no_frame() {
        let response = fault(Language::English, StatusCode::BAD_REQUEST, "<script>");
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers()["x-frame-options"], "DENY");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
}
