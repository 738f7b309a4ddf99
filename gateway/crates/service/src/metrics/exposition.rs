//! What `/metrics` answers: the counters, and gauges that are read from the parts of the service at that moment.

use std::sync::Arc;

use super::{families::Keyed, labels::Series, registry::Registry};

/// A value that is read when the metrics are asked for.
pub struct Reading(Box<dyn Fn(&Registry) + Send + Sync>);

impl Reading {
    /// A gauge: a value of the moment.
    pub fn gauge<K: Series + Send + Sync>(
        family: &'static Keyed<K>,
        series: K,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        // Exact up to 2^53, and no part of a service counts that far.
        Self(Box::new(move |registry| registry.gauge(family, series).set(read() as f64)))
    }

    /// A counter that a part of the service keeps itself.
    pub fn counter<K: Series + Send + Sync>(
        family: &'static Keyed<K>,
        series: K,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |registry| registry.counter(family, series).absolute(read())))
    }
}

/// The metrics of a service, as they are asked for.
///
/// The readings stand here and not in the [`Registry`]: the parts that are read hold that, and would be held by it.
pub struct Exposition {
    registry: Arc<Registry>,
    readings: Vec<Reading>,
}

impl Exposition {
    /// These metrics, with these readings.
    #[must_use]
    pub fn new(registry: Arc<Registry>, readings: Vec<Reading>) -> Self {
        Self { registry, readings }
    }

    /// The Prometheus text format.
    #[must_use]
    pub fn render(&self) -> String {
        for Reading(read) in &self.readings {
            read(&self.registry);
        }
        self.registry.render()
    }
}
