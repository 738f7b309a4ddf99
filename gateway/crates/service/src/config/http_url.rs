//! An address of HTTP, as people write it into settings and on command lines.

use std::str::FromStr;

use url::Url;

/// An address of HTTP that names a host, and nobody who is let in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl(pub Url);

/// What was given is no such address. It does not repeat it: people do write passwords into addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an address that begins with http:// or https://, names a host, and holds no user name or password, like \
     https://id.example or http://127.0.0.1:3001"
)]
pub struct NotHttpUrl;

impl FromStr for HttpUrl {
    type Err = NotHttpUrl;

    fn from_str(text: &str) -> Result<Self, NotHttpUrl> {
        let url: Url = text.parse().map_err(|_| NotHttpUrl)?;
        let is_bare = url.username().is_empty() && url.password().is_none();
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        if is_http && is_bare { Ok(Self(url)) } else { Err(NotHttpUrl) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_http_are_told_from_others() {
        for good in ["http://127.0.0.1:3001", "https://id.example/base", "HTTP://[::1]/"] {
            assert!(good.parse::<HttpUrl>().is_ok(), "{good}");
        }
        for bad in ["127.0.0.1:4301", "localhost:4301", "id.example", "ftp://id.example", "http://", "https://a:b@c"] {
            assert_eq!(bad.parse::<HttpUrl>(), Err(NotHttpUrl), "{bad}");
        }
    }
}
