//! Parameters of requests. One that stands twice is refused: two readers could take different ones.

use std::{borrow::Cow, collections::HashMap};

use url::form_urlencoded;

use super::error::OAuthError;

/// The longest value.
const MAX_VALUE: usize = 8 << 10;

/// Parameters by name.
#[derive(Debug, Default)]
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn read(encoded: &[u8]) -> Result<Self, OAuthError> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if value.len() > MAX_VALUE {
                return Err(OAuthError::invalid_request(format!("A parameter is longer than {MAX_VALUE} bytes.")));
            }
            if parameters.insert(Cow::into_owned(name), Cow::into_owned(value)).is_some() {
                return Err(OAuthError::invalid_request("A parameter stands twice."));
            }
        }
        Ok(Self(parameters))
    }

    /// The value; an empty one counts as absent (RFC 6749, 3.1).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of a parameter that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid_request(format!("`{name}` is missing.")))
    }
}

/// Every value of that name, for lists in forms of our own.
pub(super) fn all(encoded: &[u8], wanted: &str) -> Vec<String> {
    let of_name = form_urlencoded::parse(encoded).filter(|(name, _)| name == wanted);
    of_name.map(|(_, value)| value.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stands_once() {
        let parameters = Parameters::read(b"a=1&b=x%26y&c=").unwrap();
        assert_eq!((parameters.get("a"), parameters.get("b")), (Some("1"), Some("x&y")));
        assert_eq!((parameters.get("c"), parameters.get("d")), (None, None));
        assert!(parameters.required("c").is_err());
        assert!(Parameters::read(b"a=1&b=2&a=1").is_err());
        assert!(Parameters::read(format!("a={}", "x".repeat(MAX_VALUE)).as_bytes()).is_ok());
        assert!(Parameters::read(format!("a={}", "x".repeat(MAX_VALUE + 1)).as_bytes()).is_err());
    }
}
