//! Where handles come from: the exporter's recorder, or nowhere, where nothing is counted.

use std::{
    str::FromStr,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use hashbrown::HashMap;
use metrics::{Counter, Gauge, Histogram, Key, Label, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusRecorder;

use mana_mcp_runtime::tool::{Catalog, ToolId};

use super::{ByTool, Family, Keyed, Kind, Series, TOOL_LABEL};

/// Whether metrics are counted (`METRICS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// They are, from zero.
    #[default]
    On,
    /// Nothing is: for a gateway that nobody scrapes, and to measure what counting costs.
    Off,
}

/// A `METRICS` that is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `on` or `off`")]
pub struct UnknownCounting;

impl FromStr for Counting {
    type Err = UnknownCounting;

    fn from_str(text: &str) -> Result<Self, UnknownCounting> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(UnknownCounting),
        }
    }
}

/// Gives out handles.
pub(super) struct Registry {
    recorder: PrometheusRecorder,
    counting: Counting,
    counters: Mutex<HashMap<Key, Count>>,
}

/// A counter, which the exporter's own follows when it is asked: that one takes twice the time, and some count at each call.
struct Count {
    here: Arc<AtomicU64>,
    shown: Counter,
}

/// The handles of a family's series. Nobody but the gateway names one, so the map's quick hash needs to withstand nobody.
#[derive(Clone)]
pub(super) struct Handles<K, H>(HashMap<K, H>);

impl<K: Series, H> Handles<K, H> {
    fn of(family: &Keyed<K>, handle: impl Fn(&Key) -> H) -> Self {
        Self(K::all().into_iter().map(|series| (series, handle(&key(&family.family, &series.values())))).collect())
    }

    /// The same handles and those of further series.
    pub(super) fn and(
        mut self,
        family: &Keyed<K>,
        series: impl IntoIterator<Item = K>,
        handle: impl Fn(&Key) -> H,
    ) -> Self {
        let named = series.into_iter().map(|series| (series, handle(&key(&family.family, &series.values()))));
        self.0.extend(named);
        self
    }

    pub(super) fn with(&self, series: &K, count: impl FnOnce(&H)) {
        if let Some(handle) = self.0.get(series) {
            count(handle);
        }
    }
}

/// The handles of a family that each tool has series of, by the tool's place in its catalog.
#[derive(Clone)]
pub(super) struct ToolHandles<K, H> {
    family: Family,
    tools: Box<[OnceLock<Handles<K, H>>]>,
}

impl<K: Series, H> ToolHandles<K, H> {
    pub(super) fn new(family: &ByTool<K>, catalog: &Catalog) -> Self {
        let none = || OnceLock::new();
        Self { family: family.family, tools: std::iter::repeat_with(none).take(catalog.tools().len()).collect() }
    }

    /// The handles of a tool, made where they are first asked for.
    pub(super) fn of(&self, tool: ToolId, handle: impl Fn(&Key) -> H) -> Option<&Handles<K, H>> {
        let made = || {
            let named = |series: K| (series, handle(&tool_key(&self.family, tool, &series.values())));
            Handles(K::all().into_iter().map(named).collect())
        };
        Some(self.tools.get(tool.index())?.get_or_init(made))
    }
}

/// None of them: what counts with these counts nothing.
impl<K, H> Default for Handles<K, H> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl Registry {
    pub(super) fn new(recorder: PrometheusRecorder, counting: Counting) -> Self {
        Self { recorder, counting, counters: Mutex::default() }
    }

    pub(super) fn is_counting(&self) -> bool {
        self.counting == Counting::On
    }

    pub(super) fn recorder(&self) -> &PrometheusRecorder {
        &self.recorder
    }

    pub(super) fn register(&self, family: &Family) {
        let (name, unit, help) = (family.name.into(), Some(family.unit), family.help.into());
        match family.kind {
            Kind::Counter => self.recorder.describe_counter(name, unit, help),
            Kind::Gauge => self.recorder.describe_gauge(name, unit, help),
            Kind::Histogram(_) => self.recorder.describe_histogram(name, unit, help),
        }
        // Series of tools come with the handles that count them.
        for values in if family.by_tool { Vec::new() } else { family.series() } {
            let key = key(family, &values);
            match family.kind {
                Kind::Counter => drop(self.counter(&key)),
                Kind::Gauge => drop(self.gauge(&key)),
                Kind::Histogram(_) => drop(self.histogram(&key)),
            }
        }
    }

    pub(super) fn counter(&self, key: &Key) -> Counter {
        if self.counting == Counting::Off {
            return Counter::noop();
        }
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counters
            .entry(key.clone())
            .or_insert_with(|| Count { here: Arc::default(), shown: self.recorder.register_counter(key, &METADATA) });
        Counter::from_arc(Arc::clone(&count.here))
    }

    /// Has the exporter show what was counted until now.
    pub(super) fn show(&self) {
        for Count { here, shown } in self.counters.lock().unwrap_or_else(PoisonError::into_inner).values() {
            shown.absolute(here.load(Ordering::Acquire));
        }
    }

    pub(super) fn gauge(&self, key: &Key) -> Gauge {
        match self.counting {
            Counting::On => self.recorder.register_gauge(key, &METADATA),
            Counting::Off => Gauge::noop(),
        }
    }

    pub(super) fn histogram(&self, key: &Key) -> Histogram {
        match self.counting {
            Counting::On => self.recorder.register_histogram(key, &METADATA),
            Counting::Off => Histogram::noop(),
        }
    }

    pub(super) fn counters<K: Series>(&self, family: &Keyed<K>) -> Handles<K, Counter> {
        self.handles(family, |key| self.counter(key))
    }

    pub(super) fn histograms<K: Series>(&self, family: &Keyed<K>) -> Handles<K, Histogram> {
        self.handles(family, |key| self.histogram(key))
    }

    fn handles<K: Series, H>(&self, family: &Keyed<K>, handle: impl Fn(&Key) -> H) -> Handles<K, H> {
        match self.counting {
            Counting::On => Handles::of(family, handle),
            Counting::Off => Handles::default(),
        }
    }
}

pub(super) fn key(family: &Family, values: &[&'static str]) -> Key {
    let labels = family.labels.iter().zip(values).map(|(name, value)| Label::from_static_parts(name, value));
    Key::from_parts(family.name, labels.collect::<Vec<_>>())
}

fn tool_key(family: &Family, tool: ToolId, values: &[&'static str]) -> Key {
    let (name, labels) = key(family, values).into_parts();
    let tool = Label::from_static_parts(TOOL_LABEL, tool.name());
    Key::from_parts(name, std::iter::once(tool).chain(labels).collect::<Vec<_>>())
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), metrics::Level::INFO, None);
