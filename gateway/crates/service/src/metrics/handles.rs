//! Handles of many series at once, looked up by the series' key.

use std::sync::OnceLock;

use hashbrown::HashMap;
use metrics::{Key, Label};

use super::{
    families::{Family, Keyed, KeyedBy},
    labels::Series,
};

/// The handles of a family's series. Nobody but the service names one, so the map's quick hash needs to withstand nobody.
/// The default has none of them: what counts with these counts nothing.
#[derive(Clone)]
pub struct Handles<K, H>(HashMap<K, H>);

impl<K: Series, H> Handles<K, H> {
    /// Those of that family.
    pub(super) fn of(family: &Keyed<K>, handle: impl Fn(&Key) -> H) -> Self {
        Self::default().and(family, K::all(), handle)
    }

    /// The same handles and those of further series.
    #[must_use]
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

    /// Counts with the handle of a series, where there is one.
    pub fn with(&self, series: &K, count: impl FnOnce(&H)) {
        if let Some(handle) = self.0.get(series) {
            count(handle);
        }
    }
}

impl<K, H> Default for Handles<K, H> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

/// The handles of a family that has series for each value of another label, by the place of that value in a list.
#[derive(Clone)]
pub struct HandlesBy<K, H> {
    family: Family,
    by: Box<[OnceLock<Handles<K, H>>]>,
}

impl<K: Series, H> HandlesBy<K, H> {
    /// For a list of that many values.
    #[must_use]
    pub fn new(family: &KeyedBy<K>, values: usize) -> Self {
        Self { family: family.family, by: std::iter::repeat_with(OnceLock::new).take(values).collect() }
    }

    /// The handles of a value, made where they are first asked for.
    pub(super) fn of(&self, place: usize, value: &'static str, handle: impl Fn(&Key) -> H) -> Option<&Handles<K, H>> {
        let made = || {
            let named = |series: K| (series, handle(&key_by(&self.family, value, &series.values())));
            Handles(K::all().into_iter().map(named).collect())
        };
        Some(self.by.get(place)?.get_or_init(made))
    }
}

/// The key of a series.
pub(super) fn key(family: &Family, values: &[&'static str]) -> Key {
    let labels = family.labels.iter().zip(values).map(|(name, value)| Label::from_static_parts(name, value));
    Key::from_parts(family.name, labels.collect::<Vec<_>>())
}

/// The key of a series of a value of the family's other label.
fn key_by(family: &Family, value: &'static str, values: &[&'static str]) -> Key {
    let (name, labels) = key(family, values).into_parts();
    let by = family.by.map(|by| Label::from_static_parts(by, value));
    Key::from_parts(name, by.into_iter().chain(labels).collect::<Vec<_>>())
}
