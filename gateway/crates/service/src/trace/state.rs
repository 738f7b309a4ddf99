//! What became of spans, as metrics tell it.

crate::label_values! {
    /// What became of spans that are exported.
    pub SpanState: "state" {
        /// Ended in this process and handed to the exporter's queue, which is bounded: it drops what it has no room for.
        Ended = "ended",
        /// Taken by the collector.
        Exported = "exported",
        /// Sent, and not taken.
        Failed = "failed",
    }
}
