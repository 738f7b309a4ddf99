//! Kinds of lines, by their weight.

crate::label_values! {
    /// Lines of the log, in the order in which they are dropped.
    pub LogKind: "kind" {
        /// Of requests.
        Access = "access",
        /// Warnings and other messages.
        Message = "message",
        /// Of the audit log.
        Audit = "audit",
    }
}
