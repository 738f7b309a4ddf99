//! Cursors: where a page ended, sealed for one list of one caller on one day.

use mana_mcp_values::SmolStr;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{StepError, order::Key};
use crate::{crypto::Sealer, tool::Call};

/// The arguments of a page that differ from one page to the next.
/// A longer cursor is none of ours.
const MAX_CHARS: usize = 8192;
const OF_PAGE: [&str; 2] = ["limit", "cursor"];

/// Where a row stands in a list.
#[derive(Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) keys: Vec<Key>,
    pub(super) id: String,
}

/// What a cursor is bound to: tool, user, space, day, list, and the arguments that choose the rows.
pub(super) fn binding(call: &Call, step: &str) -> Vec<u8> {
    let question = call.question();
    let (today, zone) = question.day();
    let mut arguments = question.arguments().clone();
    if let Some(arguments) = arguments.as_object_mut() {
        OF_PAGE.iter().for_each(|name| drop(arguments.remove(*name)));
    }
    arguments.sort_all_objects();
    let parts =
        [question.tool(), call.user(), call.space(), &today.to_string(), zone.name(), step, &arguments.to_string()];
    // Each behind its length, so that no two lists have one binding.
    let sized = parts.iter().flat_map(|part| [part.len().to_string(), ":".to_owned(), (*part).to_owned()]);
    sized.collect::<String>().into_bytes()
}

/// The cursor for a position.
pub(super) fn seal(key: &Sealer, binding: &[u8], position: &Position) -> Result<SmolStr, StepError> {
    let note = Zeroizing::new(serde_json::to_vec(position).map_err(|_| StepError::NoCursor)?);
    key.seal_text(binding, &note).map(SmolStr::new).ok_or(StepError::NoCursor)
}

/// The position behind a cursor of a list that is ordered by this many keys.
pub(super) fn open(key: &Sealer, binding: &[u8], cursor: &str, keys: usize) -> Result<Position, StepError> {
    let note = key.open_text(binding, cursor, MAX_CHARS);
    let position = note.and_then(|note| serde_json::from_slice::<Position>(&note).ok());
    position.filter(|position| position.keys.len() == keys).ok_or(StepError::StaleCursor)
}
