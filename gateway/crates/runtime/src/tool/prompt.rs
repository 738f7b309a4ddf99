//! Prompts: how to do something with several tools, for a person to start.

use std::fmt::Write as _;

/// A prompt of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt {
    /// The name by which clients ask for it.
    pub name: &'static str,
    /// A short title for people.
    pub title: &'static str,
    /// What it does, for people.
    pub description: &'static str,
    /// What the person may fill in.
    pub arguments: &'static [PromptArgument],
    /// What is said to the model, with `{{argument}}` where an argument stands.
    pub text: &'static str,
}

/// An argument of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its name.
    pub name: &'static str,
    /// What to fill in, for people.
    pub description: &'static str,
    /// Whether the prompt makes no sense without it.
    pub required: bool,
}

impl Prompt {
    /// The text with `value` for each argument. Values are taken as they are: `{{…}}` within one stays.
    pub fn filled<'a>(text: &str, value: impl Fn(&str) -> &'a str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, name, after)) = next_argument(rest) {
            // A String takes every text.
            let _ = write!(filled, "{before}{}", value(name));
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// The next `{{name}}`, and what stands before and after it.
fn next_argument(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_filled_in_once() {
        let value = |name: &str| match name {
            "a" => "{{b}}",
            "b" => "",
            _ => "?",
        };
        for (text, filled) in [
            ("{{a}} and {{b}}.", "{{b}} and ."),
            ("{{a}}{{a}}", "{{b}}{{b}}"),
            ("nothing", "nothing"),
            ("{{c}} {{", "? {{"),
            ("", ""),
        ] {
            assert_eq!(Prompt::filled(text, value), filled, "{text}");
        }
    }
}
