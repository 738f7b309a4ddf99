//! The page of the connected programs.

use std::{collections::BTreeSet, fmt::Write};

use axum::response::Response;
use http::StatusCode;
use jiff::{Timestamp, tz::TimeZone};
use mana_mcp_runtime::tool::Effect;
use mana_mcp_standalone::{Grant, Person};

use super::{Language, Text, page, shown, texts::Texts};

const MAX_NAME_CHARS: usize = 80;

/// What the page says.
pub(in crate::oauth) struct ConnectionsPage<'a> {
    pub(in crate::oauth) person: &'a Person,
    pub(in crate::oauth) grants: &'a [Grant],
    /// Ids and names.
    pub(in crate::oauth) spaces: &'a [(String, String)],
}

pub(in crate::oauth) fn connections(language: Language, this: &ConnectionsPage<'_>) -> Response {
    let texts = language.texts();
    let mut body =
        format!("<h1>{}</h1>\n<p class=\"quiet\">{}</p>\n", Text(texts.connections), Text(&this.person.email));
    if this.grants.is_empty() {
        let _ = writeln!(body, "<p class=\"card\">{}</p>", Text(texts.no_connections));
    }
    for grant in this.grants {
        connection(&mut body, texts, grant, this.spaces);
    }
    page(language, StatusCode::OK, texts.connections, None, &body)
}

fn connection(body: &mut String, texts: &Texts, grant: &Grant, spaces: &[(String, String)]) {
    let name = if grant.client_name.is_empty() { texts.nameless } else { &grant.client_name };
    let _ = write!(
        body,
        "<section class=\"card\">\n<div class=\"head\"><h2>{} <span class=\"badge\">{}</span></h2>\n\
         <form method=\"post\" action=\"/connections/end\"><input type=\"hidden\" name=\"grant\" value=\"{}\">\
         <button class=\"end\">{}</button></form></div>\n<dl>\n",
        Text(name),
        Text(texts.unverified),
        Text(&grant.id),
        Text(texts.disconnect),
    );
    let effect_name = |effect: Effect| match effect {
        Effect::Read => texts.read[0],
        Effect::Write => texts.write[0],
        Effect::Delete => texts.delete[0],
    };
    let effects: Vec<&str> =
        Effect::ALL.into_iter().filter(|effect| grant.effects.has(*effect)).map(effect_name).collect();
    let named: Option<BTreeSet<String>> =
        grant.spaces.as_ref().map(|ids| ids.iter().map(|id| shown(space_name(spaces, id), MAX_NAME_CHARS)).collect());
    let mut rows = vec![
        (texts.last_used, grant.used_at.map(moment).unwrap_or_default()),
        (texts.granted, moment(grant.granted_at)),
        (texts.may, effects.join(", ")),
    ];
    let limits = [(texts.modules, grant.modules.as_ref()), (texts.spaces, named.as_ref())];
    for (term, limit) in limits {
        let limit = limit.map(|names| names.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        rows.extend(limit.map(|names| (term, format!("{}: {names}", texts.only))));
    }
    rows.push((texts.address, grant.endpoint.clone()));
    rows.push((texts.goes_to, grant.redirect_host.clone()));
    for (term, value) in rows {
        let _ = writeln!(body, "<dt>{}</dt><dd>{}</dd>", Text(term), Text(&value));
    }
    body.push_str("</dl>\n</section>\n");
}

fn space_name<'a>(spaces: &'a [(String, String)], id: &'a str) -> &'a str {
    spaces.iter().find(|(space, _)| space == id).map_or(id, |(_, name)| name)
}

/// A time in the machine's own zone.
fn moment(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or_default().to_zoned(TimeZone::system());
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
