//! Paths: those of operators' routes, and paths as people write them, with a slash at the end, or two in a row where an
//! address was put together.

use http::{Request, Uri, uri::PathAndQuery};

/// The process is alive.
pub(super) const HEALTH: &str = "/health";
/// It takes requests, and can serve them.
pub(super) const READY: &str = "/ready";
/// Its metrics.
pub(super) const METRICS: &str = "/metrics";

/// The routes for operators.
pub(super) const OPERATORS: [&str; 3] = [HEALTH, READY, METRICS];

/// Whether that is the path of a route for operators.
pub(super) fn is_operators(path: &str) -> bool {
    OPERATORS.contains(&path)
}

/// The request, its path without doubled slashes and without one at the end.
pub(super) fn tidied<B>(mut request: Request<B>) -> Request<B> {
    if let Some(uri) = tidied_uri(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn tidied_uri(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains("//") && (path.len() <= 1 || !path.ends_with('/')) {
        return None;
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("/{}{query}", segments.join("/"))).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_slashes_and_nothing_else() {
        for (written, tidy) in [
            ("/mcp/", "/mcp"),
            ("//mcp", "/mcp"),
            ("/mcp//x//todo/", "/mcp/x/todo"),
            ("/mcp/?space=a//b/", "/mcp?space=a//b/"),
            ("///", "/"),
            ("http://host:1/mcp/", "http://host:1/mcp"),
            ("/mcp/%2F/", "/mcp/%2F"),
        ] {
            let request = Request::builder().uri(written).body(()).unwrap();
            assert_eq!(tidied(request).uri().to_string(), tidy);
        }
        for path in ["/", "/mcp", "/mcp/x/a,b?c", "*"] {
            assert_eq!(tidied_uri(&path.parse().unwrap()), None, "{path}");
        }
    }
}
