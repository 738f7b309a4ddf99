//! Where handles come from: the exporter's recorder, or nowhere, where nothing is counted.

use metrics::{Counter, Gauge, Histogram, Key, Metadata, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{
    counting::Counting,
    families::{Family, Keyed, Kind},
    handles::{Handles, HandlesBy, key},
    labels::Series,
};

/// What a service shows.
#[derive(Debug, Clone, Copy)]
pub struct Definitions<'a> {
    /// Its families.
    pub families: &'a [Family],
    /// A label that every series carries, and its value.
    pub label: (&'static str, &'static str),
    /// What the names begin with under which the process itself is shown.
    pub prefix: &'static str,
}

/// Gives out handles, and renders what was counted with them. Every series that is defined exists at zero from the start, so
/// that a rate is right from the first event; those of a label that is known only when the service starts come with the
/// handles that count them.
pub struct Registry {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    process: metrics_process::Collector,
    counting: Counting,
}

impl Registry {
    /// Registers what is defined, at zero.
    ///
    /// # Errors
    /// The buckets are refused by the exporter.
    pub fn new(definitions: Definitions<'_>) -> Result<Self, BuildError> {
        let (label, value) = definitions.label;
        let mut builder = PrometheusBuilder::new().add_global_label(label, value);
        for family in definitions.families {
            if let Kind::Histogram(buckets) = family.kind {
                builder = builder.set_buckets_for_metric(Matcher::Full(family.name.to_owned()), buckets.bounds)?;
            }
        }
        let registry = Self::of(builder.build_recorder(), definitions.prefix, Counting::On);
        for family in definitions.families {
            registry.register(family);
        }
        metrics::with_local_recorder(&registry.recorder, || registry.process.describe());
        Ok(registry)
    }

    /// One that counts nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::of(PrometheusBuilder::new().build_recorder(), "", Counting::Off)
    }

    fn of(recorder: PrometheusRecorder, prefix: &'static str, counting: Counting) -> Self {
        let (handle, process) = (recorder.handle(), metrics_process::Collector::new(prefix));
        Self { recorder, handle, process, counting }
    }

    /// Whether anything is counted.
    #[must_use]
    pub fn is_counting(&self) -> bool {
        self.counting == Counting::On
    }

    fn register(&self, family: &Family) {
        let (name, unit, help) = (family.name.into(), Some(family.unit), family.help.into());
        match family.kind {
            Kind::Counter => self.recorder.describe_counter(name, unit, help),
            Kind::Gauge => self.recorder.describe_gauge(name, unit, help),
            Kind::Histogram(_) => self.recorder.describe_histogram(name, unit, help),
        }
        for values in if family.by.is_some() { Vec::new() } else { family.series() } {
            let key = key(family, &values);
            match family.kind {
                Kind::Counter => drop(self.counter_of(&key)),
                Kind::Gauge => drop(self.gauge_of(&key)),
                Kind::Histogram(_) => drop(self.histogram_of(&key)),
            }
        }
    }

    /// A handle of one series of a family of counters, to be kept by the code that counts.
    pub fn counter<K: Series>(&self, family: &Keyed<K>, series: K) -> Counter {
        self.counter_of(&key(&family.family, &series.values()))
    }

    /// A handle of one series of a family of gauges.
    pub fn gauge<K: Series>(&self, family: &Keyed<K>, series: K) -> Gauge {
        self.gauge_of(&key(&family.family, &series.values()))
    }

    /// The handles of all series of a family of counters, and of further ones that no definition names.
    pub fn counters<K: Series>(&self, family: &Keyed<K>, further: impl IntoIterator<Item = K>) -> Handles<K, Counter> {
        self.handles(family, further, |key| self.counter_of(key))
    }

    /// The same of a family of histograms.
    pub fn histograms<K: Series>(
        &self,
        family: &Keyed<K>,
        further: impl IntoIterator<Item = K>,
    ) -> Handles<K, Histogram> {
        self.handles(family, further, |key| self.histogram_of(key))
    }

    fn handles<K: Series, H>(
        &self,
        family: &Keyed<K>,
        further: impl IntoIterator<Item = K>,
        handle: impl Fn(&Key) -> H,
    ) -> Handles<K, H> {
        match self.counting {
            Counting::On => Handles::of(family, &handle).and(family, further, &handle),
            Counting::Off => Handles::default(),
        }
    }

    /// The counters of one value of a family's other label, by its place and name.
    pub fn counters_by<'a, K: Series>(
        &self,
        handles: &'a HandlesBy<K, Counter>,
        place: usize,
        value: &'static str,
    ) -> Option<&'a Handles<K, Counter>> {
        handles.of(place, value, |key| self.counter_of(key))
    }

    /// The histograms of one value of a family's other label.
    pub fn histograms_by<'a, K: Series>(
        &self,
        handles: &'a HandlesBy<K, Histogram>,
        place: usize,
        value: &'static str,
    ) -> Option<&'a Handles<K, Histogram>> {
        handles.of(place, value, |key| self.histogram_of(key))
    }

    fn counter_of(&self, key: &Key) -> Counter {
        match self.counting {
            Counting::On => self.recorder.register_counter(key, &METADATA),
            Counting::Off => Counter::noop(),
        }
    }

    fn gauge_of(&self, key: &Key) -> Gauge {
        match self.counting {
            Counting::On => self.recorder.register_gauge(key, &METADATA),
            Counting::Off => Gauge::noop(),
        }
    }

    fn histogram_of(&self, key: &Key) -> Histogram {
        match self.counting {
            Counting::On => self.recorder.register_histogram(key, &METADATA),
            Counting::Off => Histogram::noop(),
        }
    }

    /// The Prometheus text format, with the process's figures of this moment.
    #[must_use]
    pub fn render(&self) -> String {
        metrics::with_local_recorder(&self.recorder, || self.process.collect());
        self.handle.render()
    }

    /// Folds recorded samples into the histograms. Called regularly, so that samples do not pile up in a service that
    /// nobody scrapes.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("counting", &self.counting).finish_non_exhaustive()
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), metrics::Level::INFO, None);
