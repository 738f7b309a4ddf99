//! Label values: closed sets, each an enum, and which of their combinations are series. No user, space, session or text
//! of a caller can become one.

use std::hash::Hash;

/// A closed set of values of one label.
pub trait Label: Copy + Eq + Hash + 'static {
    /// The label's name.
    const NAME: &'static str;

    /// Every value.
    fn all() -> Vec<Self>;

    /// The value as it stands in the metric.
    fn label(self) -> &'static str;
}

/// The key of one series of a family: one value of each of its labels.
pub trait Series: Copy + Eq + Hash + 'static {
    /// The labels' names.
    const LABELS: &'static [&'static str];

    /// Every series.
    fn all() -> Vec<Self>;

    /// The labels' values, in the order of the names.
    fn values(self) -> Vec<&'static str>;
}

/// Without labels: one series.
impl Series for () {
    const LABELS: &'static [&'static str] = &[];

    fn all() -> Vec<Self> {
        vec![()]
    }

    fn values(self) -> Vec<&'static str> {
        Vec::new()
    }
}

impl<A: Label> Series for (A,) {
    const LABELS: &'static [&'static str] = &[A::NAME];

    fn all() -> Vec<Self> {
        A::all().into_iter().map(|a| (a,)).collect()
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.0.label()]
    }
}

/// Every pair.
impl<A: Label, B: Label> Series for (A, B) {
    const LABELS: &'static [&'static str] = &[A::NAME, B::NAME];

    fn all() -> Vec<Self> {
        A::all().into_iter().flat_map(|a| B::all().into_iter().map(move |b| (a, b))).collect()
    }

    fn values(self) -> Vec<&'static str> {
        vec![self.0.label(), self.1.label()]
    }
}

/// Implements [`Label`] for enums that have `ALL` and a naming method of their own:
/// `labels! { Use: "use", label; }`.
#[macro_export]
macro_rules! labels {
    ($($(#[$doc:meta])* $type:ty: $name:literal, $label:ident;)*) => {$(
        $(#[$doc])*
        impl $crate::metrics::Label for $type {
            const NAME: &'static str = $name;

            fn all() -> Vec<Self> {
                Self::ALL.to_vec()
            }

            fn label(self) -> &'static str {
                Self::$label(self)
            }
        }
    )*};
}

/// Enums of fixed values of a label, each with the label's name: `label_values! { pub Size: "size" { Small = "small", } }`.
#[macro_export]
macro_rules! label_values {
    ($($(#[$doc:meta])* $vis:vis $type:ident: $name:literal {
        $($(#[$value_doc:meta])* $value:ident = $label:literal,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $type {
            $($(#[$value_doc])* $value,)*
        }

        impl $type {
            /// Every value.
            $vis const ALL: &'static [Self] = &[$(Self::$value,)*];

            /// The label value.
            #[must_use]
            $vis const fn label(self) -> &'static str {
                match self {
                    $(Self::$value => $label,)*
                }
            }
        }

        $crate::labels! { $type: $name, label; }
    )*};
}
