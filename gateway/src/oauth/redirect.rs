//! Where codes may go: to a program on this machine, to a web service, or to an application that owns a scheme. The address
//! that a request names is the one that was registered; a program on this machine may listen at any port (RFC 8252, 7.3).

use std::fmt;

use url::{Host, Url, form_urlencoded};

const MAX_LENGTH: usize = 2048;
/// Schemes of applications, besides those that are reversed domain names (RFC 8252, 7.1).
const APPLICATION_SCHEMES: [&str; 6] = ["cursor", "vscode", "vscode-insiders", "windsurf", "claude", "zed"];

/// An address that a code may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RedirectUri {
    text: String,
    url: Url,
}

/// The text is no address that a code may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnusableRedirect;

impl RedirectUri {
    pub(super) fn parse(text: &str) -> Result<Self, UnusableRedirect> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        if text.len() > MAX_LENGTH || !text.bytes().all(is_plain) || text.contains('#') {
            return Err(UnusableRedirect);
        }
        let url = Url::parse(text).map_err(|_| UnusableRedirect)?;
        let has_user = !url.username().is_empty() || url.password().is_some() || authority(text).contains('@');
        let is_served = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(&url),
            scheme => scheme.contains('.') || APPLICATION_SCHEMES.contains(&scheme),
        };
        let start = if matches!(url.scheme(), "http" | "https") { "://" } else { ":" };
        let is_addressed = text.starts_with(&format!("{}{start}", url.scheme())) && !url.path().starts_with("//");
        if is_served && is_addressed && !has_user {
            Ok(Self { text: text.to_owned(), url })
        } else {
            Err(UnusableRedirect)
        }
    }

    /// Whether a registered address allows this one.
    pub(super) fn is_allowed_by(&self, registered: &str) -> bool {
        if self.text == registered {
            return true;
        }
        let Ok(registered) = Self::parse(registered) else { return false };
        let same = |part: fn(&Url) -> Option<&str>| part(&self.url) == part(&registered.url);
        is_loopback(&self.url)
            && is_loopback(&registered.url)
            && same(Url::host_str)
            && same(Url::query)
            && self.url.path() == registered.url.path()
    }

    /// The address with these parameters more. A space is `%20`, which every program reads: some take `+` for itself.
    pub(super) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut added = form_urlencoded::Serializer::new(String::new());
        let added = added.extend_pairs(parameters).finish().replace('+', "%20");
        let own = self.url.query().filter(|query| !query.is_empty());
        let mut url = self.url.clone();
        url.set_query(Some(&own.map_or_else(|| added.clone(), |own| format!("{own}&{added}"))));
        url.into()
    }

    /// Whether it leads to a program on this machine.
    pub(super) fn stays_on_this_machine(&self) -> bool {
        !matches!(self.url.scheme(), "https")
    }

    /// What a page's policy calls it, so that a form may lead there.
    pub(super) fn policy_source(&self) -> String {
        match self.url.origin() {
            origin @ url::Origin::Tuple(..) => origin.ascii_serialization(),
            url::Origin::Opaque(_) => format!("{}:", self.url.scheme()),
        }
    }

    /// The host, or the scheme of an application, for people.
    pub(super) fn host(&self) -> String {
        match (self.url.scheme(), self.url.host_str()) {
            ("http" | "https", Some(host)) => host.to_owned(),
            (scheme, _) => format!("{scheme}:"),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for UnusableRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "A redirect URI must be http on a loopback address, https, or of an application's own scheme, without user and \
             fragment.",
        )
    }
}

/// What stands between `//` and the path, as it is written.
fn authority(text: &str) -> &str {
    let after = text.split_once("//").map_or("", |(_, after)| after);
    after.split(['/', '?']).next().unwrap_or_default()
}

fn is_loopback(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    };
    url.scheme() == "http" && is_here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_to_programs_and_services_alone() {
        for good in [
            "http://127.0.0.1:33418/callback",
            "http://localhost/cb",
            "http://[::1]:1/cb?x=1",
            "https://claude.ai/api/mcp/auth_callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "com.example.app:/oauth",
        ] {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "//127.0.0.1/cb",
            "http://evil@127.0.0.1/cb",
            "http://@127.0.0.1/cb",
            "http://127.0.0.1/cb#x",
            "http://127.0.0.1//cb",
            "http:\\\\127.0.0.1/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://10.0.0.1/cb",
            "HTTP://127.0.0.1/cb",
            "http:/127.0.0.1/cb",
            "http://127.0.0.1/c b",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "custom://x",
            "about:blank",
        ] {
            assert_eq!(RedirectUri::parse(bad), Err(UnusableRedirect), "{bad}");
        }
    }

    #[test]
    fn a_program_on_this_machine_may_listen_at_any_port() {
        let allowed = |asked, registered| RedirectUri::parse(asked).unwrap().is_allowed_by(registered);
        assert!(allowed("http://127.0.0.1:5/cb", "http://127.0.0.1/cb"));
        assert!(allowed("http://localhost:5/cb", "http://localhost:6/cb"));
        assert!(!allowed("http://localhost:5/cb", "http://127.0.0.1:5/cb"));
        assert!(!allowed("http://127.0.0.1:5/cb2", "http://127.0.0.1:5/cb"));
        assert!(!allowed("http://127.0.0.1:5/cb?x", "http://127.0.0.1:5/cb"));
        assert!(!allowed("https://a.example:5/cb", "https://a.example/cb"));
        assert!(allowed("https://a.example/cb", "https://a.example/cb"));
    }

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        let uri = RedirectUri::parse("http://127.0.0.1:5/cb?a=1").unwrap();
        assert_eq!(uri.with(&[("state", "x&y#\r\n")]), "http://127.0.0.1:5/cb?a=1&state=x%26y%23%0D%0A");
        assert_eq!(uri.with(&[("error", "a b+c")]), "http://127.0.0.1:5/cb?a=1&error=a%20b%2Bc");
        assert_eq!(uri.policy_source(), "http://127.0.0.1:5");
        let uri = RedirectUri::parse("cursor://anysphere.cursor-mcp/oauth/callback").unwrap();
        assert_eq!(uri.with(&[("code", "c")]), "cursor://anysphere.cursor-mcp/oauth/callback?code=c");
        assert_eq!(uri.policy_source(), "cursor:");
    }
}
