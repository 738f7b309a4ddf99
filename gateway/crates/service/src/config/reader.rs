//! Reads variables into types and gathers what does not fit.

use std::{fmt::Display, str::FromStr};

use url::Url;

use super::{
    environment::{Environment, NotUnicode},
    problems::{ConfigError, Problem},
};

/// The settings that begin with a service's own prefix. A variable under it that is not known is a mistake, and a setting
/// that would silently not hold.
#[derive(Debug, Clone, Copy)]
pub struct OwnSettings {
    /// What their names begin with.
    pub prefix: &'static str,
    /// Their names, with the prefix.
    pub known: &'static [&'static str],
}

/// Reads variables into types, and gathers what is wrong with them until [`Self::finish`].
pub struct Reader<'a> {
    environment: &'a dyn Environment,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader of these variables.
    #[must_use]
    pub fn new(environment: &'a dyn Environment) -> Self {
        Self { environment, problems: Vec::new() }
    }

    /// Notes what is wrong with a variable, once.
    pub fn problem(&mut self, name: &str, why: impl Into<String>) {
        let problem = Problem { name: name.to_owned(), why: why.into() };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Whether a variable holds anything.
    pub fn is_set(&mut self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// The text of a variable. An empty one counts as absent, as it does for those who write `NAME=` in a file.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.environment.get(name)? {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(NotUnicode) => {
                self.problem(name, "is not valid Unicode");
                None
            }
        }
    }

    /// A variable as a type.
    pub fn value<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, format!("is `{text}`: {error}"));
                None
            }
        }
    }

    /// As [`Self::value`], with words for what is expected where the type's own error has none.
    pub fn plain<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.problem(name, format!("is `{text}`: expected {expected}"));
        }
        value
    }

    /// As [`Self::value`], but what was given is not repeated.
    pub fn secret<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, format!("cannot be used: {error}"));
                None
            }
        }
    }

    /// A comma-separated list of a type.
    pub fn list<T: FromStr<Err: Display>>(&mut self, name: &str) -> Vec<T> {
        let text = self.text(name).unwrap_or_default();
        let mut values = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match entry.parse() {
                Ok(value) => values.push(value),
                Err(error) => self.problem(name, format!("has an entry that cannot be used: {error}")),
            }
        }
        values
    }

    /// An address of HTTP, without credentials.
    pub fn http_url(&mut self, name: &str) -> Option<Url> {
        // Not repeated: people do write passwords into addresses.
        let url = self.secret::<Url>(name)?;
        let is_bare = url.username().is_empty() && url.password().is_none();
        if matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare {
            return Some(url);
        }
        self.problem(name, "must begin with http:// or https://, name a host, and hold no user name or password");
        None
    }

    /// Names every variable under the service's prefix that means nothing.
    pub fn refuse_unknown(&mut self, OwnSettings { prefix, known }: OwnSettings) {
        // What all of them begin with says nothing about likeness.
        let rest = |name: &'static str| name.strip_prefix(prefix).unwrap_or(name);
        let mut names = self.environment.names();
        names.sort_unstable();
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            let Some(unknown) = name.strip_prefix(prefix) else { continue };
            match nearest(unknown, known.iter().copied().map(rest)) {
                Some(meant) => self.problem(name, format!("is not a setting; did you mean {prefix}{meant}?")),
                None => self.problem(name, format!("is not a setting; there are {}", known.join(", "))),
            }
        }
    }

    /// The value, where nothing is wrong.
    ///
    /// # Errors
    /// Everything that is.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ConfigError> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(ConfigError { problems: self.problems }),
        }
    }
}

/// The known name that is most like `name`, whatever the case of its letters, if one is close.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// Names that are less alike than this are not the same name misspelt; Jaro-Winkler, from 0 to 1.
    const ALIKE: f64 = 0.8;
    /// A longer name is no misspelling, and comparing takes time in the product of the lengths.
    const MAX_BYTES: usize = 128;
    if name.len() > MAX_BYTES {
        return None;
    }
    let name = name.to_lowercase();
    let likeness = |known: &'a str| (strsim::jaro_winkler(&name, &known.to_lowercase()), known);
    let alike = known.map(likeness).filter(|(likeness, _)| *likeness >= ALIKE);
    alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const OWN: OwnSettings = OwnSettings { prefix: "OURS_", known: &["OURS_LIMIT", "OURS_WORDS"] };

    #[test]
    fn all_problems_are_told_together_and_secrets_are_not_repeated() {
        let environment = BTreeMap::from([
            ("PORT", "70000"),
            ("KEY", "hunter2"),
            ("OURS_LIMITS", "1"),
            ("OURS_ZEBRA", "1"),
            ("OURS_WORDS", " a, ,b "),
            ("EMPTY", "  "),
        ]);
        let mut reader = Reader::new(&environment);
        assert_eq!(reader.plain::<u16>("PORT", "a port"), None);
        assert_eq!(reader.secret::<u16>("KEY"), None);
        assert_eq!(reader.list::<String>("OURS_WORDS"), ["a", "b"]);
        assert!(!reader.is_set("EMPTY") && !reader.is_set("ABSENT"));
        reader.refuse_unknown(OWN);
        let text = reader.finish(Some(())).unwrap_err().to_string();
        for part in [
            "PORT is `70000`: expected a port",
            "KEY cannot be used: ",
            "OURS_LIMITS is not a setting; did you mean OURS_LIMIT?",
            "OURS_ZEBRA is not a setting; there are OURS_LIMIT, OURS_WORDS",
        ] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
        assert!(!text.contains("hunter2"), "{text}");
    }
}
