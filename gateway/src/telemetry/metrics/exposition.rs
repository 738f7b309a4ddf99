//! What `/metrics` answers: the counters, and gauges that are read from the parts of the gateway at that moment.

use std::sync::Arc;

use super::{Keyed, Metrics, Series};

/// A value that is read when the metrics are asked for.
pub struct Reading(Box<dyn Fn(&Metrics) + Send + Sync>);

impl Reading {
    /// A gauge: a value of the moment.
    pub fn gauge<K: Series + Send + Sync>(
        family: &'static Keyed<K>,
        series: K,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        // Exact up to 2^53, and no part of the gateway counts that far.
        Self(Box::new(move |metrics| metrics.gauge(family, series).set(read() as f64)))
    }

    /// A counter that a part of the gateway keeps itself.
    pub fn counter<K: Series + Send + Sync>(
        family: &'static Keyed<K>,
        series: K,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |metrics| metrics.counter(family, series).absolute(read())))
    }
}

/// The metrics of a gateway, as they are asked for.
///
/// The readings stand here and not in [`Metrics`]: the parts that are read hold the metrics, and would be held by them.
pub struct Exposition {
    metrics: Arc<Metrics>,
    readings: Vec<Reading>,
}

impl Exposition {
    /// These metrics, with these readings.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, readings: Vec<Reading>) -> Self {
        Self { metrics, readings }
    }

    /// The Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        for Reading(read) in &self.readings {
            read(&self.metrics);
        }
        self.metrics.render()
    }
}
