//! The page that asks what a program may do.

use std::fmt::Write;

use axum::response::Response;
use http::StatusCode;
use mana_mcp_runtime::tool::Effect;
use mana_mcp_standalone::Person;

use super::{Language, Text, page, shown, texts::Texts};
use crate::oauth::pending::AuthorizationRequest;

/// Longer names of spaces are cut.
const MAX_NAME_CHARS: usize = 80;

/// What the page says.
pub(in crate::oauth) struct ConsentPage<'a> {
    pub(in crate::oauth) id: &'a str,
    pub(in crate::oauth) request: &'a AuthorizationRequest,
    pub(in crate::oauth) person: &'a Person,
    /// Names, and what they are for.
    pub(in crate::oauth) modules: &'a [(&'static str, &'static str)],
    /// Ids and names.
    pub(in crate::oauth) spaces: &'a [(String, String)],
    pub(in crate::oauth) issuer: &'a str,
}

pub(in crate::oauth) fn consent(language: Language, this: &ConsentPage<'_>) -> Response {
    let texts = language.texts();
    let ConsentPage { id, request, person, modules, spaces, issuer } = this;
    let name = if request.client.name.is_empty() { texts.nameless } else { &request.client.name };
    let title = texts.connect.replace("{}", name);
    let mut body = format!(
        "<h1>{}</h1>\n<p>{} <span class=\"badge\">{}</span></p>\n<p class=\"quiet\">{}</p>\n",
        Text(&title),
        Text(&texts.asks.replace("{}", name)),
        Text(texts.unverified),
        Text(texts.unverified_explained),
    );
    if !request.redirect.stays_on_this_machine() {
        let _ = writeln!(body, "<p class=\"warn\">{}</p>", Text(texts.leaves_machine));
    }
    let rows = [
        (texts.as_user, person.email.clone()),
        (texts.goes_to, request.redirect.host()),
        (texts.address, format!("{issuer}{}", request.endpoint)),
        (texts.program, request.client.id.clone()),
    ];
    body.push_str("<dl class=\"card\">\n");
    for (term, value) in rows {
        let _ = writeln!(body, "<dt>{}</dt><dd>{}</dd>", Text(term), Text(&value));
    }
    let _ = write!(
        body,
        "</dl>\n<form method=\"post\" action=\"/authorize/decision\">\n\
         <input type=\"hidden\" name=\"request\" value=\"{}\">\n",
        Text(id)
    );
    effects(&mut body, texts, request);
    let modules = modules.iter().map(|(name, summary)| (*name, *name, *summary));
    choice(&mut body, texts, "module", texts.modules, modules);
    let named: Vec<(&str, String)> =
        spaces.iter().map(|(id, name)| (id.as_str(), shown(name, MAX_NAME_CHARS))).collect();
    choice(&mut body, texts, "space", texts.spaces, named.iter().map(|(id, name)| (*id, name.as_str(), "")));
    if request.refreshes {
        let _ = writeln!(body, "<p class=\"quiet\">{}</p>", Text(texts.stays));
    }
    let _ = write!(
        body,
        "<div class=\"row\"><button class=\"main\" name=\"decision\" value=\"allow\">{}</button>\
         <button name=\"decision\" value=\"deny\">{}</button></div>\n</form>",
        Text(texts.allow),
        Text(texts.deny)
    );
    page(language, StatusCode::OK, &title, Some(&request.redirect.policy_source()), &body)
}

/// The effects that are asked for. To delete is never ticked beforehand.
fn effects(body: &mut String, texts: &Texts, request: &AuthorizationRequest) {
    let _ = writeln!(body, "<fieldset class=\"card\"><legend>{}</legend>", Text(texts.may));
    for effect in Effect::ALL.into_iter().filter(|effect| request.effects.has(*effect)) {
        let (label, ticked) = match effect {
            Effect::Read => (texts.read, true),
            Effect::Write => (texts.write, true),
            Effect::Delete => (texts.delete, false),
        };
        tick(body, "scope", effect.scope(), label, ticked);
    }
    body.push_str("</fieldset>\n");
}

fn choice<'a>(
    body: &mut String,
    texts: &Texts,
    field: &str,
    title: &str,
    options: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
) {
    let _ = writeln!(
        body,
        "<details class=\"card\"><summary>{}: {}</summary>\n<p class=\"quiet\">{}</p>",
        Text(title),
        Text(texts.everything),
        Text(texts.all_explained)
    );
    for (value, name, explained) in options {
        tick(body, field, value, [name, explained], true);
    }
    body.push_str("</details>\n");
}

fn tick(body: &mut String, field: &str, value: &str, [label, explained]: [&str; 2], ticked: bool) {
    let _ = writeln!(
        body,
        "<label><input type=\"checkbox\" name=\"{field}\" value=\"{}\"{}><span>{}<small>{}</small></span></label>",
        Text(value),
        if ticked { " checked" } else { "" },
        Text(label),
        Text(explained),
    );
}
