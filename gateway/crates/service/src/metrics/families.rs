//! What a family of metrics is: its name, kind, unit, help, labels and buckets. A service lists its own; registration, the
//! reference page, dashboards and the budget of series all follow from that list.
//!
//! A family's labels are the [`Series`] that its type names, so that nothing can be counted under a label that is not
//! declared.

use std::marker::PhantomData;

use metrics::Unit;

use super::labels::Series;

/// What a family measures with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only grows, until the process ends.
    Counter,
    /// A value of the moment, read when the metrics are asked for.
    Gauge,
    /// Counts observations in these buckets.
    Histogram(&'static Buckets),
}

/// The upper bounds of a histogram's buckets; a last one without bound is always there.
#[derive(Debug, PartialEq)]
pub struct Buckets {
    /// In the family's unit, ascending.
    pub bounds: &'static [f64],
    /// Why these.
    pub reason: &'static str,
}

/// A family of metrics.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The name in the text format.
    pub name: &'static str,
    /// What it measures with.
    pub kind: Kind,
    /// The unit of its values.
    pub unit: Unit,
    /// What it tells, in one sentence.
    pub help: &'static str,
    /// The labels' names.
    pub labels: &'static [&'static str],
    /// A first label, before `labels`, of whose values each has these series: they are known when the service starts.
    pub by: Option<&'static str>,
    series: fn() -> Vec<Vec<&'static str>>,
}

impl Family {
    /// The names of all its labels, as its series carry them.
    #[must_use]
    pub fn all_labels(&self) -> Vec<&'static str> {
        self.by.into_iter().chain(self.labels.iter().copied()).collect()
    }

    /// Every series, or every one of a value of `by`: the values of the labels, in the order of their names.
    #[must_use]
    pub fn series(&self) -> Vec<Vec<&'static str>> {
        (self.series)()
    }

    /// Every value of a label, in order of appearance.
    #[must_use]
    pub fn values(&self, label: &str) -> Vec<&'static str> {
        let Some(place) = self.labels.iter().position(|name| *name == label) else { return Vec::new() };
        let mut values = Vec::new();
        for value in self.series().into_iter().filter_map(|series| series.get(place).copied()) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// How many time series it is at most in a store; those of one value of `by` where there is such a label.
    #[must_use]
    pub fn cost(&self) -> usize {
        let each = match self.kind {
            Kind::Counter | Kind::Gauge => 1,
            // With the bucket without bound, the sum and the count.
            Kind::Histogram(buckets) => buckets.bounds.len() + 3,
        };
        self.series().len() * each
    }
}

/// A family whose series have the keys `K`.
#[derive(Debug, Clone, Copy)]
pub struct Keyed<K> {
    /// The family.
    pub family: Family,
    keys: PhantomData<fn() -> K>,
}

impl<K: Series> Keyed<K> {
    const fn new(name: &'static str, kind: Kind, unit: Unit, help: &'static str) -> Self {
        let family = Family { name, kind, unit, help, labels: K::LABELS, by: None, series: series_of::<K> };
        Self { family, keys: PhantomData }
    }

    /// A family of counters.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, Kind::Counter, Unit::Count, help)
    }

    /// A family of gauges.
    #[must_use]
    pub const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> Self {
        Self::new(name, Kind::Gauge, unit, help)
    }

    /// A family of histograms of times.
    #[must_use]
    pub const fn seconds(name: &'static str, buckets: &'static Buckets, help: &'static str) -> Self {
        Self::new(name, Kind::Histogram(buckets), Unit::Seconds, help)
    }

    /// The same series for each value of a label whose values are known when the service starts.
    #[must_use]
    pub const fn by(self, label: &'static str) -> KeyedBy<K> {
        KeyedBy { family: Family { by: Some(label), ..self.family }, keys: PhantomData }
    }
}

/// A family that has series with the keys `K` for each value of another label.
#[derive(Debug, Clone, Copy)]
pub struct KeyedBy<K> {
    /// The family.
    pub family: Family,
    keys: PhantomData<fn() -> K>,
}

fn series_of<K: Series>() -> Vec<Vec<&'static str>> {
    K::all().into_iter().map(K::values).collect()
}
