//! The time zone of a call: a name of the IANA database, which is built into the program.

use std::{fmt, str::FromStr};

use jiff::tz::TimeZone;

use crate::nearest;

/// Longest part of an unknown name that its error repeats, in characters.
const SHOWN: usize = 64;

/// A time zone, such as `Europe/Berlin`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// The name is not one of the IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{name}`{}", Hint(.nearest.as_deref()))]
pub struct UnknownZone {
    /// The name, without what a terminal could take for a command.
    name: String,
    /// A name that was perhaps meant.
    nearest: Option<String>,
}

impl Zone {
    /// UTC, which applies where nothing else is known.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The zone of this machine, or UTC if it cannot be found out.
    #[must_use]
    pub fn of_system() -> Self {
        TimeZone::try_system().ok().filter(|zone| !zone.is_unknown()).map_or(Self::UTC, Self)
    }

    /// The name in the database. A zone of this machine may have none; it is called `local`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("local")
    }

    /// The rules of the zone.
    #[must_use]
    pub fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// Any case of letters is accepted, as the database's users are used to.
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let known = TimeZone::get(name).ok().filter(|zone| !zone.is_unknown());
        known.map(Self).ok_or_else(|| UnknownZone {
            name: name.chars().take(SHOWN).flat_map(char::escape_debug).collect(),
            nearest: nearest_name(name),
        })
    }
}

fn nearest_name(name: &str) -> Option<String> {
    let known: Vec<_> = jiff::tz::db().available().collect();
    nearest(name, known.iter().map(|known| known.as_str())).map(str::to_owned)
}

struct Hint<'a>(Option<&'a str>);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => f.write_str(": expected a name of the IANA database, such as `Europe/Berlin`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Zone;
    use crate::Timestamp;

    #[test]
    fn names_of_the_database_are_zones_and_others_say_which_was_meant() {
        for (name, known) in [("Europe/Berlin", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"), ("UTC", "UTC")] {
            assert_eq!(name.parse::<Zone>().unwrap().name(), known);
        }
        let refused = |name: &str| name.parse::<Zone>().unwrap_err().to_string();
        assert_eq!(refused("Europe/Berlim"), "there is no time zone `Europe/Berlim`; did you mean `Europe/Berlin`?");
        for name in ["", "CEST+99", "../../etc/passwd", "Etc/Unknown", "+01:00"] {
            assert!(refused(name).starts_with("there is no time zone"), "{name}");
        }
        let hostile = refused(&"\u{1b}[2J".repeat(1000));
        assert!(hostile.len() < 1000 && !hostile.contains('\u{1b}'), "{hostile}");
    }

    #[test]
    fn the_day_depends_on_the_zone() {
        let day =
            |time: &str, zone: &str| time.parse::<Timestamp>().unwrap().date_in(&zone.parse().unwrap()).to_string();
        assert_eq!(day("2026-03-28T23:30:00Z", "UTC"), "2026-03-28");
        assert_eq!(day("2026-03-28T23:30:00Z", "Europe/Berlin"), "2026-03-29");
        // Summer time begins an hour and a half later.
        assert_eq!(day("2026-03-29T22:30:00Z", "Europe/Berlin"), "2026-03-30");
        assert_eq!(day("2026-03-29T05:00:00Z", "America/Los_Angeles"), "2026-03-28");
        assert_eq!(day("2026-03-29T12:00:00Z", "Pacific/Kiritimati"), "2026-03-30");
        // Years that have no instant in the database's own range stay what they are.
        assert_eq!(day("0000-01-01T00:00:00Z", "Europe/Berlin"), "0000-01-01");
    }
}
