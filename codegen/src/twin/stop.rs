//! Why a call ends early, in the words of the gateway.

use crate::ir::Table;
use crate::validate::instance::is_id;

/// Why a call gives no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The caller gets this error message.
    Refused(String),
    /// What it needs is in a gateway alone.
    OnlyInGateway(String),
}

impl Stop {
    /// No live row has that id.
    pub(super) fn not_found(table: &Table, id: Option<&str>) -> Self {
        let id = id.filter(|id| is_id(id)).unwrap_or("(not an id)");
        Self::Refused(format!("There is no such {} in the active space: {id}", table.noun))
    }

    pub(super) fn too_many_elements(elements: usize, limit: usize) -> Self {
        Self::Refused(format!(
            "This would be done {elements} times, and one call does it at most {limit} times. Split it into several calls."
        ))
    }

    pub(super) fn nothing_to_store(table: &Table) -> Self {
        Self::Refused(format!("There is nothing to change: give at least one field of the {}.", table.noun))
    }

    pub(super) fn given_and_cleared(field: &str) -> Self {
        Self::Refused(format!("`{field}` is given and is also named in `clear`. Do one of both."))
    }

    pub(super) fn too_many_rows(table: &Table, rows: usize, limit: usize) -> Self {
        Self::Refused(format!(
            "This would change {rows} {} records, and one call changes at most {limit}. Nothing was changed. Say more narrowly which.",
            table.noun
        ))
    }

    pub(super) fn too_many_hang_on_it(table: &Table, limit: usize) -> Self {
        Self::Refused(format!("More than {limit} {} records hang on it, which is too many for one call.", table.noun))
    }

    pub(super) fn removed_for_good(table: &Table) -> Self {
        Self::Refused(format!("The {} with this id was removed for good and cannot be made again.", table.noun))
    }

    pub(super) fn of_another(table: &Table) -> Self {
        Self::Refused(format!("There is another {} with this id, which this user may not change.", table.noun))
    }

    pub(super) fn stale_cursor() -> Self {
        let text = "This cursor does not belong to this list: it is of another tool, space, day or other arguments, or was \
                    changed. Begin again without a cursor.";
        Self::Refused(text.to_owned())
    }

    pub(super) fn too_much_data() -> Self {
        let text = "This is too much data for one call. Ask for less: a shorter period or a narrower condition.";
        Self::Refused(text.to_owned())
    }

    pub(super) fn misfit(field: &str) -> Self {
        Self::Refused(format!(
            "The tool made a value for `{field}` that does not fit it. This is a fault of the gateway."
        ))
    }

    pub(super) fn unknown_field(table: &Table) -> Self {
        Self::Refused(format!(
            "The tool names a field that its {} table does not have. This is a fault of the gateway.",
            table.noun
        ))
    }

    pub(super) fn not_a_segment(member: &str) -> Self {
        Self::Refused(format!(
            "`{member}` cannot be part of an address: it is empty, or holds `/`, a control character or only dots."
        ))
    }

    pub(super) fn too_long(characters: usize, limit: usize) -> Self {
        Self::Refused(format!(
            "The result has {characters} characters, and an answer has at most {limit}. Ask a narrower question: a shorter \
             period, a filter or a smaller limit."
        ))
    }

    /// A name that the compiler resolves is not there: a fault of this program.
    pub(super) fn unresolved(name: &str) -> Self {
        Self::OnlyInGateway(format!("`{name}` is not there, though the catalog was checked"))
    }
}
