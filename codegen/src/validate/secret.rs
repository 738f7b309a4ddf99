//! What looks like a secret: a token, a key, a value of the web application's encryption.
//!
//! Examples and texts are published, committed and logged. One that was copied from a real call carries what must not
//! leave the process. The forms are those of the services that issue them; beside them stands any long run of letters and
//! digits without order. UUIDs are no secrets, nor are names, paths and words, however long.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::instance::is_uuid;
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

/// Shorter than this, a run of characters is no key …
const LONG: usize = 32;
/// … nor is one of which less than this is left without its words and numbers.
const WITHOUT_WORDS: usize = 24;
/// Bits of a character, by how often each stands in a run: hex digits have at most 4, those of Base64 at most 6.
const HEX_BITS: f64 = 3.0;
const BASE64_BITS: f64 = 4.0;
/// Of a run without order, this share of neighbours is of two kinds (small letter, capital, digit, mark): in words, few are.
const MIXED: f64 = 0.45;

/// What is issued in a form of its own.
static FORMS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let forms = [
        (r"\bey[JI][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", "a JSON Web Token"),
        (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----", "a private key"),
        (r"\b(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", "an AWS access key"),
        (r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})", "a GitHub token"),
        (r"\bglpat-[A-Za-z0-9_-]{20}", "a GitLab token"),
        (r"\bxox[abeoprs]-[A-Za-z0-9-]{10}", "a Slack token"),
        (r"\b((sk|rk)_(live|test)_|whsec_)[A-Za-z0-9]{16}", "a Stripe key"),
        (r"\bAIza[A-Za-z0-9_-]{35}", "a Google API key"),
        (r"\bsk-(ant|proj)-[A-Za-z0-9_-]{20}", "an API key"),
        (r"\bnpm_[A-Za-z0-9]{36}", "an npm token"),
        (r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/?#:@]+:[^\s/?#@]+@[^\s/]", "a password in a URL"),
        (r"\benc:[0-9]+:[A-Za-z0-9+/=_-]{8}", "an encrypted value"),
    ];
    forms.into_iter().filter_map(|(form, what)| Some((Regex::new(form).ok()?, what))).collect()
});

/// Reports a text that holds what looks like a secret; the report does not repeat it.
pub(super) fn check(what: &str, text: &str, at: Span, diagnostics: &mut Diagnostics) {
    if let Some(found) = find(text) {
        let message = format!("{what} holds what looks like {found}");
        let help = "write a made-up value that looks different; if this one was real, revoke it";
        diagnostics.push(Diagnostic::error(Code::Secret, at, message).help(help));
    }
}

/// What a text holds that looks like a secret.
fn find(text: &str) -> Option<&'static str> {
    // A documented placeholder ends so.
    let is_real = |found: regex::Match<'_>| !found.as_str().ends_with("EXAMPLE");
    let issued = FORMS.iter().find(|(form, _)| form.find_iter(text).any(is_real));
    if let Some((_, what)) = issued {
        return Some(what);
    }
    let is_of_run = |one: char| one.is_ascii_alphanumeric() || matches!(one, '+' | '/' | '=' | '_' | '-');
    text.split(|one| !is_of_run(one)).any(is_random).then_some("a long random value")
}

/// Whether a run of characters has no order, as keys and hashes.
fn is_random(run: &str) -> bool {
    if run.len() < LONG || is_uuid(run) {
        return false;
    }
    let has = |is: fn(&char) -> bool| run.chars().any(|one| is(&one));
    if run.chars().all(|one| one.is_ascii_hexdigit()) {
        // A number is no key, nor is a UUID without its marks.
        let is_plain_uuid = run.len() == LONG && run.get(12..13) == Some("4");
        return has(char::is_ascii_alphabetic) && !is_plain_uuid && bits(run) >= HEX_BITS;
    }
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    let rest: String = run.split(['+', '/', '=', '_', '-']).filter(|part| !is_word(part)).collect();
    mixed && rest.len() >= WITHOUT_WORDS && bits(&rest) >= BASE64_BITS && changes(&rest) >= MIXED
}

/// Whether a part of a run is a word or a number: `about`, `About`, `API`, `2026`.
fn is_word(part: &str) -> bool {
    let all = |is: fn(&char) -> bool, from: usize| part.chars().skip(from).all(|one| is(&one));
    all(char::is_ascii_lowercase, 1) || all(char::is_ascii_uppercase, 0) || all(char::is_ascii_digit, 0)
}

/// Shannon's entropy of a character, in bits.
#[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^53")]
fn bits(run: &str) -> f64 {
    let mut counts: BTreeMap<char, usize> = BTreeMap::new();
    run.chars().for_each(|one| *counts.entry(one).or_default() += 1);
    let share = |count: &usize| *count as f64 / run.len() as f64;
    -counts.values().map(|count| share(count) * share(count).log2()).sum::<f64>()
}

/// The share of neighbours that are of two kinds.
#[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^53")]
fn changes(run: &str) -> f64 {
    let kind = |one: char| (one.is_ascii_lowercase(), one.is_ascii_uppercase(), one.is_ascii_digit());
    let pairs = run.chars().zip(run.chars().skip(1));
    pairs.filter(|(a, b)| kind(*a) != kind(*b)).count() as f64 / run.len() as f64
}

#[cfg(test)]
mod tests {
    use super::find;

    /// Put together here, so that no scanner takes this file for a leak.
    fn made(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn forms_of_secrets_are_found() {
        for (parts, what) in [
            (&["eyJhbGciOiJFZERTQSJ9", ".eyJzdWIiOiJhZGEifQ", ".c2lnbmF0dXJl"][..], "a JSON Web Token"),
            (&["-----BEGIN ", "PRIVATE KEY-----\nMC4CAQ"], "a private key"),
            (&["-----BEGIN RSA ", "PRIVATE KEY-----"], "a private key"),
            (&["key AKIA", "QYLPMN5HFIQR7XYA"], "an AWS access key"),
            (&["ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"], "a GitHub token"),
            (&["github_pat_", "11ABCDEFG0123456789abc"], "a GitHub token"),
            (&["glpat-", "aB3dE6gH9jK2mN5pQ8sT"], "a GitLab token"),
            (&["xoxb-", "2345678901-abcdef"], "a Slack token"),
            (&["sk_live_", "4eC39HqLyjWDarjtT1"], "a Stripe key"),
            (&["AIza", "SyD4fK9sQ2mX7vB1nL6cR8tY3wZ5eU0oP1q"], "a Google API key"),
            (&["sk-ant-", "api03-aB3dE6gH9jK2mN5pQ8sT"], "an API key"),
            (&["npm_", "aB3dE6gH9jK2mN5pQ8sTaB3dE6gH9jK2mN5p"], "an npm token"),
            (&["https://admin:", "S3cr3t@example.org/x"], "a password in a URL"),
            (&["see postgres://app:", "hunter2@db:5432/app"], "a password in a URL"),
            (&["enc:1:", "q83vEjRWeJA=.c2VhbGVk"], "an encrypted value"),
            (&["9f86d081884c7d659a2feaa0", "c55ad015a3bf4f1b2b0b822cd15d6c15"], "a long random value"),
            (&["Bearer dBjftJeZ4CVP-mB92K", "27uhbUJU1p1r_wW1gFWFOEjXk"], "a long random value"),
        ] {
            assert_eq!(find(&made(parts)), Some(what), "{parts:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_is_not_one() {
        for text in [
            "8f0f2a44-2c1c-4f5e-9a43-0f9f6d1f7c01",
            "8F0F2A44-2c1c-4f5e-9a43-0f9f6d1f7c01",
            "8f0f2a442c1c4f5e9a430f9f6d1f7c01",
            "enc:1:",
            "enc:1:…",
            "https://example.org:8080/@ada",
            "https://ada@example.org",
            "https://example.org/a:b@c?d:e@f",
            "mailto:ada@example.org",
            "at 10:30 @home: https://example.org",
            "eyJust.a.name",
            "-----BEGIN CERTIFICATE-----",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_short",
            "sk_live_",
            "risk-analysis-of-the-whole-company-2026",
            "Donaudampfschifffahrtsgesellschaftskapitän",
            "https://example.org/Garden/2026/Spring/A-Long-Title-About-Roses-And-Tulips",
            "A-Very-Long-Title-Of-A-Page-With-2026-In-It-And-More",
            "thisIsAnIdentifierInCamelCaseWithVersion2AndMore",
            "00000000000000000000000000000000",
            "12345678901234567890123456789012345678901234567890",
            "ffffffffffffffffffffffffffffffffffffffffffff",
            "2026-05-01T09:00:00.000Z",
            "#6366f1",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
