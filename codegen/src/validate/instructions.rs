//! Texts that instruct the model beyond the tool they describe.
//!
//! A host puts every description of the catalog before its model, which reads them as it reads its user. A text that sets
//! other instructions aside, gives the model another role, claims the place of other tools, keeps something from the
//! user or asks for what the model was given works like an injected prompt, no matter who wrote it. When to use the tool,
//! and when another one, is what a description is for.
//!
//! The phrases are few and whole, so that a text about orders, messages or users is not taken for one. The search is
//! linear: from each word, every phrase looks at a bounded number of words, all in one sentence.

use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

/// A part of a phrase.
enum Part {
    /// One of these words.
    Word(&'static [&'static str]),
    /// Up to this many words, whatever they are.
    Gap(usize),
}

use Part::{Gap, Word};

/// What stands between two sentences, and before the first.
const END: &str = ".";

/// Who reads the texts; `model` and `agent` alone may be a car and its seller.
const MODEL: Part = Word(&["assistant", "ai", "llm", "chatbot"]);
const USER: Part = Word(&["user", "person", "human"]);

/// What no description says to a model.
const PHRASES: &[&[Part]] = &[
    &[
        Word(&["ignore", "disregard", "forget", "override"]),
        Gap(3),
        Word(&["previous", "prior", "earlier", "preceding", "system"]),
        Word(&["instruction", "instructions", "prompt", "prompts"]),
    ],
    &[
        Word(&["ignore", "disregard", "forget"]),
        Gap(2),
        Word(&["previous", "prior", "earlier", "preceding"]),
        Word(&["message", "messages"]),
    ],
    &[
        Word(&["ignore", "disregard", "forget"]),
        Gap(2),
        Word(&["previous", "prior", "earlier", "preceding"]),
        Word(&["rule", "rules", "guidelines", "policies", "restrictions"]),
    ],
    &[Word(&["ignore", "disregard", "forget"]), Gap(2), Word(&["other"]), Word(&["tool", "tools"])],
    &[Word(&["over"]), Word(&["any", "all", "every"]), Gap(1), Word(&["other"]), Word(&["tool", "tools"])],
    &[
        Word(&["always"]),
        Word(&["prefer", "use", "call", "choose", "pick", "select", "invoke"]),
        Word(&["this"]),
        Word(&["tool", "function"]),
    ],
    &[
        Word(&["the", "every", "any"]),
        MODEL,
        Word(&["must", "should", "shall"]),
        Gap(2),
        Word(&[
            "read", "open", "fetch", "call", "use", "invoke", "run", "execute", "send", "pass", "include", "copy",
            "forward", "upload", "prefer", "ignore", "reveal", "obey",
        ]),
    ],
    &[
        Word(&["important", "attention", "critical", "urgent"]),
        Word(&[END]),
        Gap(1),
        Word(&["assistant", "assistants", "ai", "llm", "chatbot", "model", "agent"]),
        Word(&["must", "should", "shall", "always", "never"]),
    ],
    // A line that is made to look like another speaker's.
    &[
        Word(&[END]),
        Word(&["system", "assistant", "developer"]),
        Word(&[END]),
        Word(&["you"]),
        Word(&["are", "must", "should", "will", "have"]),
    ],
    &[Word(&[END]), Word(&["you"]), Word(&["are"]), Word(&["now"]), Word(&["a", "an", "the"])],
    &[
        Word(&["you"]),
        Word(&["must", "should", "shall"]),
        Word(&["always", "never"]),
        Word(&["call", "use", "invoke", "run", "choose", "prefer", "send", "include", "tell", "mention", "reveal"]),
    ],
    &[
        Word(&["before", "instead"]),
        Gap(1),
        Word(&["any", "all", "every"]),
        Gap(1),
        Word(&["other"]),
        Word(&["tool", "tools"]),
    ],
    &[
        Word(&["not", "don't", "never"]),
        Word(&["mention", "reveal", "show"]),
        Word(&["this", "it", "that", "these", "them", "anything"]),
        Gap(2),
        Word(&["to"]),
        Word(&["the", "your", "any"]),
        USER,
    ],
    &[
        Word(&["do", "don't", "must", "should", "never"]),
        Gap(1),
        Word(&["tell", "inform", "notify", "alert", "warn"]),
        Word(&["the", "your", "any"]),
        USER,
    ],
    &[
        Word(&["without"]),
        Word(&["telling", "informing", "notifying", "alerting"]),
        Word(&["the", "your", "any"]),
        USER,
    ],
    &[
        Word(&["hide", "conceal"]),
        Word(&["this", "it", "that", "these", "them", "everything"]),
        Gap(1),
        Word(&["from"]),
        Word(&["the", "your"]),
        USER,
    ],
    &[Word(&["secret"]), Word(&["from"]), Word(&["the", "your"]), USER],
    &[
        Word(&["reveal", "repeat", "print", "output", "send", "include", "forward", "pass", "copy", "append"]),
        Gap(4),
        Word(&["your"]),
        Gap(1),
        Word(&["instructions", "prompt", "conversation", "context", "reasoning"]),
    ],
];

/// Marks that set the roles of a conversation, hide a text from people, or name files of secrets. A letter does not follow
/// them.
const MARKS: [&str; 13] = [
    "~/.ssh",
    "/id_rsa",
    "/etc/passwd",
    "<system",
    "</system",
    "<assistant",
    "<instructions",
    "<important",
    "<|im_start",
    "<<sys",
    "[inst]",
    "```system",
    "<!--",
];

/// Reports what instructs the model.
pub(super) fn check(what: &str, text: &str, at: Span, diagnostics: &mut Diagnostics) {
    if let Some(found) = find(text) {
        let message = format!("{what} instructs the model: `{found}`");
        let help = "say what the tool does and returns, and when to use another one";
        diagnostics.push(Diagnostic::error(Code::InstructingText, at, message).help(help));
    }
}

/// The first phrase or mark that instructs a model.
fn find(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let ends = |mark: &str, at: usize| {
        lower.get(at + mark.len()..).and_then(|rest| rest.chars().next()).is_none_or(|next| !next.is_alphanumeric())
    };
    let mark = MARKS.iter().find(|mark| lower.match_indices(**mark).any(|(at, _)| ends(mark, at)));
    if let Some(mark) = mark {
        return Some((*mark).to_owned());
    }
    let words = words(&lower);
    (0..words.len()).find_map(|from| {
        let rest = words.get(from..)?;
        let length = PHRASES.iter().find_map(|phrase| matched(rest, phrase))?;
        let found = rest.get(..length)?.iter().filter(|word| **word != END);
        Some(found.copied().collect::<Vec<_>>().join(" "))
    })
}

/// The words of a text in small letters, with [`END`] before and between sentences.
fn words(lower: &str) -> Vec<&str> {
    let mut words = vec![END];
    for token in lower.split_whitespace() {
        let letters = |one: char| one.is_alphanumeric() || matches!(one, '\'' | '’' | '\u{200C}' | '\u{200D}');
        words.extend(token.split(|one| !letters(one)).filter(|word| !word.is_empty()));
        if token.ends_with(['.', '!', '?', ';', ':']) {
            words.push(END);
        }
    }
    words
}

/// How many words the phrase takes of the first ones.
fn matched(words: &[&str], phrase: &[Part]) -> Option<usize> {
    let Some((part, rest)) = phrase.split_first() else { return Some(0) };
    match part {
        Word(known) => {
            let (first, others) = words.split_first()?;
            let is_known = known.iter().any(|one| same(one, first));
            is_known.then(|| matched(others, rest)).flatten().map(|length| length + 1)
        }
        Gap(most) => (0..=*most).find_map(|skipped| {
            let gap = words.get(..skipped)?;
            let is_one_sentence = gap.iter().all(|word| *word != END);
            let length = is_one_sentence.then(|| matched(words.get(skipped..)?, rest)).flatten()?;
            Some(skipped + length)
        }),
    }
}

/// Whether a word of the text is this one, whatever its apostrophe, and without what joins letters unseen.
fn same(known: &str, word: &str) -> bool {
    let seen = word.chars().filter(|one| !matches!(one, '\u{200C}' | '\u{200D}'));
    seen.map(|one| if one == '’' { '\'' } else { one }).eq(known.chars())
}

#[cfg(test)]
mod tests;
