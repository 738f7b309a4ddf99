//! What a log holds, as operators write it: a level, and others for single targets.

use tracing_subscriber::filter::{Directive, LevelFilter};

/// What is not understood in a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{part}` is no level: expected off, error, warn, info, debug or trace, and where one target's lines are to differ \
     `<target>=<level>` after a comma, like `warn,{own}=debug`"
)]
pub struct FilterError {
    part: String,
    own: &'static str,
}

/// Whether `filter` is one that [`init`](super::init) takes, and means something: a single word is a level, or a target of the
/// service's own, which begin with `own`. Else a level that is misspelt would be a target that nobody has, and silence.
///
/// # Errors
/// The first part that does not.
pub fn check_filter(filter: &str, own: &'static str) -> Result<(), FilterError> {
    let understood = |part: &str| {
        let word = part.trim();
        let is_known = word.parse::<LevelFilter>().is_ok() || word.starts_with(own) || word.contains(['=', '[', ':']);
        is_known && part.parse::<Directive>().is_ok()
    };
    match filter.split(',').find(|part| !part.is_empty() && !understood(part)) {
        Some(part) => Err(FilterError { part: part.trim().to_owned(), own }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_told() {
        for filter in [
            "info",
            "WARN",
            "off",
            "ours",
            "ours::audit",
            "debug,hyper=warn",
            "info,ours=trace,",
            "info,ours[call]=trace",
        ] {
            assert_eq!(check_filter(filter, "ours"), Ok(()), "{filter}");
        }
        for (filter, part) in [
            ("warning", "warning"),
            ("verbose", "verbose"),
            ("info,ours=loud", "ours=loud"),
            ("info, hyper", "hyper"),
            ("a=b=c", "a=b=c"),
        ] {
            let text = check_filter(filter, "ours").unwrap_err().to_string();
            assert!(text.starts_with(&format!("`{part}` is no level")) && text.contains("warn,ours=debug"), "{text}");
        }
    }
}
