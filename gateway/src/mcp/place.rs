//! Where a call takes place, as its headers and its address say: the space and the time zone. A header stands before the
//! parameter of the address, which hosts repeat in every request and people can rarely change.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, request::Parts};
use mana_mcp_runtime::zone::{UnknownZone, Zone};
use url::form_urlencoded;

use super::refusal::Refusal;

const SPACE_HEADER: HeaderName = HeaderName::from_static("x-mana-space");
const SPACE_PARAMETER: &str = "space";
const ZONE_HEADER: HeaderName = HeaderName::from_static("x-mana-time-zone");
const ZONE_PARAMETER: &str = "tz";

/// Where a call takes place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The space.
    pub(super) space: Named,
    /// The time zone.
    pub(super) zone: Zone,
}

/// What a request names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// Nothing.
    Nothing,
    /// This text.
    Text(String),
    /// Something that is not one text: it stands twice, or is not ASCII in a header.
    Unclear,
}

impl Place {
    /// Reads the place of a request. `default` is the time zone of requests that name none.
    ///
    /// # Errors
    /// The time zone is unknown.
    pub(super) fn of(parts: &Parts, default: &Zone) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let space = Named::of(&parts.headers, &SPACE_HEADER, query, SPACE_PARAMETER);
        let zone = match Named::of(&parts.headers, &ZONE_HEADER, query, ZONE_PARAMETER) {
            Named::Nothing => default.clone(),
            Named::Text(name) => name.parse().map_err(|unknown: UnknownZone| {
                Refusal::of_request(StatusCode::BAD_REQUEST, format!("The time zone cannot be used: {unknown}"))
            })?,
            Named::Unclear => {
                let text = "The time zone stands twice: name one, in X-Mana-Time-Zone or as ?tz= in the address.";
                return Err(Refusal::of_request(StatusCode::BAD_REQUEST, text));
            }
        };
        Ok(Self { space, zone })
    }
}

impl Named {
    fn of(headers: &HeaderMap, header: &HeaderName, query: &str, parameter: &str) -> Self {
        let mut in_headers = headers.get_all(header).iter().map(HeaderValue::to_str);
        match (in_headers.next(), in_headers.next()) {
            (Some(Ok(text)), None) => return Self::Text(text.to_owned()),
            // Two of them: a proxy in front may have read the other one.
            (Some(_), _) => return Self::Unclear,
            (None, _) => {}
        }
        if query.is_empty() {
            return Self::Nothing;
        }
        let mut in_query = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == parameter);
        match (in_query.next(), in_query.next()) {
            (None, _) => Self::Nothing,
            (Some((_, text)), None) => Self::Text(text.into_owned()),
            (Some(_), Some(_)) => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn place(uri: &str, headers: &[(&str, &str)]) -> Result<Place, Refusal> {
        let request = headers.iter().fold(Request::post(uri), |request, (name, value)| request.header(*name, *value));
        Place::of(&request.body(()).unwrap().into_parts().0, &"Asia/Tokyo".parse().unwrap())
    }

    fn space(uri: &str, headers: &[(&str, &str)]) -> Named {
        place(uri, headers).unwrap().space
    }

    #[test]
    fn the_header_stands_before_the_address() {
        let text = |text: &str| Named::Text(text.to_owned());
        assert_eq!(space("/mcp", &[]), Named::Nothing);
        assert_eq!(space("/mcp?space=a%20b", &[]), text("a b"));
        assert_eq!(space("/mcp?tz=UTC&space=a", &[("X-Mana-Space", "b")]), text("b"));
        assert_eq!(space("/mcp?space=a&space=b", &[("X-Mana-Space", "c")]), text("c"));
        assert_eq!(space("/mcp?space=", &[]), text(""));
        assert_eq!(space("/mcp?space=a&space=a", &[]), Named::Unclear);
        assert_eq!(space("/mcp?space=a", &[("X-Mana-Space", "b"), ("X-Mana-Space", "b")]), Named::Unclear);
        assert_eq!(space("/mcp", &[("X-Mana-Space", "ä")]), Named::Unclear);
    }

    #[test]
    fn a_time_zone_is_known_or_refused() {
        let zone = |uri, headers| place(uri, headers).map(|place| place.zone.name().to_owned()).ok();
        assert_eq!(zone("/mcp", &[]).as_deref(), Some("Asia/Tokyo"));
        assert_eq!(zone("/mcp?tz=Europe%2FBerlin", &[]).as_deref(), Some("Europe/Berlin"));
        let header = [("X-Mana-Time-Zone", "UTC")];
        assert_eq!(zone("/mcp?tz=Europe/Berlin", &header).as_deref(), Some("UTC"));
        for uri in ["/mcp?tz=Europe/Berlim", "/mcp?tz=", "/mcp?tz=UTC&tz=UTC"] {
            assert_eq!(zone(uri, &[]), None, "{uri}");
        }
    }
}
