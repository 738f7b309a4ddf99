//! What the user should know about an answer beside the answer itself.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ToolOutput;
use crate::service::ServiceError;

/// Something that the user should know about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// Rows of the space may be missing, because the caller joined it lately.
    JoinedLately,
    /// Rows of the table that could not be read.
    LeftOut(u64),
    /// Fields that were written into a space that others can see, under the caller's own key.
    OnlyTheCallerReads(Vec<&'static str>),
    /// A service could not be asked for what follows the writes, which are stored.
    NotFollowed(ServiceError),
}

impl Note {
    fn text(&self) -> String {
        match self {
            Self::JoinedLately => {
                "This space is new to this gateway: rows that were written before the user joined it may \
                be missing for up to six minutes."
                    .to_owned()
            }
            Self::LeftOut(1) => "One stored row is too large or damaged and is left out.".to_owned(),
            Self::LeftOut(rows) => format!("{rows} stored rows are too large or damaged and are left out."),
            Self::OnlyTheCallerReads(fields) => {
                format!(
                    "Only the user can read {} here: it is encrypted with the user's own key.",
                    fields.join(" and ")
                )
            }
            Self::NotFollowed(error) => {
                format!(
                    "Everything is stored, but one thing was not done after it: {} Do not repeat the call.",
                    error.cause()
                )
            }
        }
    }
}

/// The notes of a call.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Vec<Note>>);

impl Notes {
    /// Adds a note, once.
    pub(crate) fn add(&self, note: Note) {
        let mut notes = self.locked();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// The output with the notes as its member `notices`, where there are any.
    pub(crate) fn add_to(&self, output: ToolOutput) -> Result<ToolOutput, serde_json::Error> {
        let notes: Vec<String> = self.locked().iter().map(Note::text).collect();
        if notes.is_empty() { Ok(output) } else { output.with_member("notices", &notes) }
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::tool::Output as _;

    #[test]
    fn notes_are_a_member_of_the_output_in_both_of_its_forms() {
        let notes = Notes::default();
        for output in [json!({}), json!({ "a": [1, { "b": "\"" }] })] {
            let plain = output.clone().written().unwrap();
            assert_eq!(notes.add_to(plain.clone()).unwrap().json(), plain.json());
        }
        notes.add(Note::LeftOut(2));
        notes.add(Note::LeftOut(2));
        notes.add(Note::OnlyTheCallerReads(vec!["title", "content"]));
        for output in [json!({}), json!({ "a": [1, { "b": "\"" }] })] {
            let noted = notes.add_to(output.clone().written().unwrap()).unwrap();
            let mut read: Value = serde_json::from_slice(noted.json()).unwrap();
            let literal = format!("\"{}\"", str::from_utf8(noted.literal()).unwrap());
            assert_eq!(serde_json::from_str::<String>(&literal).unwrap().as_bytes(), noted.json());
            let notes = read.as_object_mut().unwrap().remove("notices").unwrap();
            assert_eq!(notes.as_array().unwrap().len(), 2);
            assert_eq!(read, output);
        }
    }
}
