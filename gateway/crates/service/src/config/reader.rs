//! Reads variables into types and gathers what does not fit.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use url::Url;

use super::{
    environment::{Environment, NotUnicode},
    http_url::HttpUrl,
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
    /// The names that were asked for: those of settings.
    asked: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// A reader of these variables.
    #[must_use]
    pub fn new(environment: &'a dyn Environment) -> Self {
        Self { environment, problems: Vec::new(), asked: BTreeSet::new() }
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
        if !self.asked.contains(name) {
            self.asked.insert(name.to_owned());
        }
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
        self.secret(name).map(|HttpUrl(url)| url)
    }

    /// A comma-separated list of such addresses.
    pub fn http_urls(&mut self, name: &str) -> Vec<Url> {
        self.list(name).into_iter().map(|HttpUrl(url)| url).collect()
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

    /// What to tell of variables without the service's prefix that are probably misspelt: they are no settings, but nearly
    /// have the name of one that was asked for and is not there. Others may have a use for such a variable, so it is no fault.
    #[must_use]
    pub fn misspelt(&self, OwnSettings { prefix, .. }: OwnSettings) -> Vec<String> {
        let mut names = self.environment.names();
        names.sort_unstable();
        let is_ours = |name: &&String| name.starts_with(prefix) || self.asked.contains(*name);
        let missing = |known: &&String| self.environment.get(known).is_none();
        let strange = names.iter().filter(|name| !is_ours(name));
        let told = strange.filter_map(|name| {
            let meant = self.asked.iter().filter(missing).find(|known| is_nearly(name, known))?;
            Some(format!("{name} is set, and has no effect: it is not a setting; did you mean {meant}?"))
        });
        told.collect()
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

/// Whether a name is that of a setting but for a slip or two, for the case of its letters, or for an end that is missing
/// (`JWT_AUD` for `JWT_AUDIENCE`). Short names are like too many others.
fn is_nearly(name: &str, known: &str) -> bool {
    /// A shorter name has no slips.
    const SHORTEST: usize = 6;
    /// From so long a name on, there may be two.
    const LONG: usize = 12;
    if known.len() < SHORTEST || name.len() > 2 * known.len() {
        return false;
    }
    let (name, known) = (name.to_uppercase(), known.to_uppercase());
    let slips = if known.len() < LONG { 1 } else { 2 };
    let is_beginning = name.len() >= SHORTEST && name.contains('_') && known.starts_with(&name);
    is_beginning || strsim::osa_distance(&name, &known) <= slips
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

    #[test]
    fn variables_that_are_nearly_settings_are_told() {
        let environment = BTreeMap::from([
            ("POLICY_MOD", "enforce"),
            ("rate_limit_per_minut", "5"),
            ("JWT_AUD", "mana"),
            // Settings of others, and one that is there as well.
            ("LOGNAME", "ada"),
            ("PATH", "/bin"),
            ("JWT_ISSUERS", "https://id.example"),
            ("JWT_ISSUER", "https://id.example"),
            ("XDG_DATA_DIRS", "/usr/share"),
            ("OURS_LIMITS", "told elsewhere"),
        ]);
        let mut reader = Reader::new(&environment);
        for name in
            ["POLICY_MODE", "RATE_LIMIT_PER_MINUTE", "JWT_AUDIENCE", "JWT_ISSUER", "LOG", "PORT", "XDG_DATA_HOME"]
        {
            reader.text(name);
        }
        let told = reader.misspelt(OWN);
        let [audience, policy, rate] = told.as_slice() else { panic!("{told:?}") };
        let ends = |text: &str, name: &str, meant: &str| {
            text.starts_with(&format!("{name} is set")) && text.ends_with(&format!("did you mean {meant}?"))
        };
        // In the order of their names, capital letters first.
        assert!(ends(audience, "JWT_AUD", "JWT_AUDIENCE"), "{told:?}");
        assert!(ends(policy, "POLICY_MOD", "POLICY_MODE"), "{told:?}");
        assert!(ends(rate, "rate_limit_per_minut", "RATE_LIMIT_PER_MINUTE"), "{told:?}");
    }
}
