//! Why a step cannot be done. The texts are for the agent; none holds a stored value.

/// A step that cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// A condition of the tool does not hold.
    #[error("{why}")]
    Refused {
        /// The tool's own words.
        why: String,
    },
    /// An id of the whole suite is no row's that the caller sees, or is none.
    #[error("There is no such row in the active space. Take the id as suite.search gives it.")]
    NoSuchRow,
    /// A step would be repeated too often.
    #[error(
        "This would be done {elements} times, and one call does it at most {limit} times. Split it into several calls."
    )]
    TooManyElements {
        /// How often it would be repeated.
        elements: usize,
        /// The most.
        limit: usize,
    },
    /// A change names nothing.
    #[error("There is nothing to change: give at least one field of the {noun}.")]
    NothingToStore {
        /// What the table holds.
        noun: &'static str,
    },
    /// A field is given and cleared.
    #[error("`{field}` is given and is also named in `clear`. Do one of both.")]
    GivenAndCleared {
        /// The field.
        field: &'static str,
    },
    /// A condition finds more rows than a call may change.
    #[error(
        "This would change {rows} {noun} records, and one call changes at most {limit}. Nothing was changed. Say more narrowly which."
    )]
    TooManyRows {
        /// What the table holds.
        noun: &'static str,
        /// How many rows were found.
        rows: usize,
        /// The most.
        limit: usize,
    },
    /// A row that would be made was removed for good: what is written to it is not shown any more.
    #[error("The {noun} with this id was removed for good and cannot be made again.")]
    RemovedForGood {
        /// What the table holds.
        noun: &'static str,
    },
    /// A row that would be made exists, and the caller may not change it.
    #[error("There is another {noun} with this id, which this user may not change.")]
    OfAnother {
        /// What the table holds.
        noun: &'static str,
    },
    /// A list or an object would be replaced whose content cannot be read, and would be lost.
    #[error(
        "The `{field}` of this {noun} cannot be read, so it is not written: what it holds would be lost. Look at it in the web application."
    )]
    Unreadable {
        /// What the table holds.
        noun: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A cursor was damaged, or is of another list.
    #[error(
        "This cursor does not belong to this list: it is of another tool, space, day or other arguments, or was changed. Begin again without a cursor."
    )]
    StaleCursor,
    /// The call looked at more elements than one call may.
    #[error("This is too much data for one call. Ask for less: a shorter period or a narrower condition.")]
    TooMuchData,
    /// The result is longer than an answer may be.
    #[error(
        "The result has {characters} characters, and an answer has at most {limit}. Ask a narrower question: a shorter period, a filter or a smaller limit."
    )]
    TooLong {
        /// Its characters.
        characters: usize,
        /// The most.
        limit: usize,
    },
    /// A value does not fit its field; a fault of the tool.
    #[error("The tool made a value for `{field}` that does not fit it. This is a fault of the gateway.")]
    Misfit {
        /// The field.
        field: &'static str,
    },
    /// A step names a field that its table does not have; a fault of the tool.
    #[error("The tool names a field that its {noun} table does not have. This is a fault of the gateway.")]
    UnknownField {
        /// What the table holds.
        noun: &'static str,
    },
    /// A member of a request cannot stand in the path of its operation.
    #[error("`{member}` cannot be part of an address: it is empty, or holds `/`, a control character or only dots.")]
    NotASegment {
        /// The member.
        member: &'static str,
    },
    /// A request is larger than a service is sent.
    #[error("The tool would send {bytes} bytes to a service, and it sends at most {limit}. Ask for less at once.")]
    TooLargeToSend {
        /// Its bytes.
        bytes: usize,
        /// The most.
        limit: usize,
    },
    /// The operating system gives no random numbers for a cursor.
    #[error("The next page could not be named, because the system gives no random numbers. Try again.")]
    NoCursor,
}
