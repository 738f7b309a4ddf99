//! The page that asks who is there.

use axum::response::Response;
use http::StatusCode;

use super::{Language, Text, page};

/// What the page is for.
pub(in crate::oauth) struct EntryPage<'a> {
    pub(in crate::oauth) target: Target<'a>,
    /// What was wrong with the last code.
    pub(in crate::oauth) problem: Option<Problem>,
}

/// Where the person goes on to.
#[derive(Clone, Copy)]
pub(in crate::oauth) enum Target<'a> {
    /// A program's request.
    Request { id: &'a str, program: &'a str },
    /// The connected programs.
    Connections,
}

#[derive(Clone, Copy)]
pub(in crate::oauth) enum Problem {
    WrongCode,
    TooManyCodes,
}

pub(in crate::oauth) fn entry(language: Language, EntryPage { target, problem }: &EntryPage<'_>) -> Response {
    let texts = language.texts();
    let (action, request, why) = match *target {
        Target::Request { id, program } => {
            let program = if program.is_empty() { texts.nameless } else { program };
            ("/authorize/code", id, texts.entry_for.replace("{}", program))
        }
        Target::Connections => ("/connections/code", "", String::new()),
    };
    let (status, problem) = match problem {
        None => (StatusCode::OK, ""),
        Some(Problem::WrongCode) => (StatusCode::FORBIDDEN, texts.wrong_code),
        Some(Problem::TooManyCodes) => (StatusCode::TOO_MANY_REQUESTS, texts.too_many_codes),
    };
    let body = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<form class=\"card\" method=\"post\" action=\"{action}\">\n\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\n\
         <p>{} <code>mana-mcp open</code>.</p>\n<p class=\"bad\" role=\"alert\">{}</p>\n\
         <p><input type=\"text\" name=\"code\" aria-label=\"{}\" autocomplete=\"off\" autocapitalize=\"characters\" \
         spellcheck=\"false\" maxlength=\"20\" required autofocus></p>\n\
         <div class=\"row\"><button class=\"main\">{}</button></div>\n</form>",
        Text(texts.entry),
        Text(&why),
        Text(request),
        Text(texts.entry_explained),
        Text(problem),
        Text(texts.code),
        Text(texts.go_on),
    );
    page(language, status, texts.entry, None, &body)
}
