//! "Did you mean …": the nearest known name.

/// A help that names the nearest of `known`, or all of them where there are few and none is near.
pub(crate) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    /// More names than this are not listed.
    const LISTED: usize = 16;
    /// Longer names are not compared: the distance takes the product of the lengths.
    const COMPARED: usize = 64;
    /// A shorter text begins too many names.
    const BEGINNING: usize = 3;
    let known: Vec<&str> = known.into_iter().filter(|name| name.len() <= COMPARED).collect();
    if wrong.len() > COMPARED {
        return None;
    }
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
        .min();
    // The beginning of one name alone, though too short to be near: `user` of `user-space`.
    let begun = || {
        let mut longer = known.iter().filter(|name| wrong.len() >= BEGINNING && name.starts_with(wrong));
        longer.next().filter(|_| longer.next().is_none()).map(|name| (0, *name))
    };
    match nearest.or_else(begun) {
        Some((_, name)) => Some(format!("did you mean `{name}`?")),
        None if known.is_empty() || known.len() > LISTED => None,
        None => {
            let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("known here: {}", listed.join(", ")))
        }
    }
}

/// Whether one name was probably meant to be another.
pub(crate) fn is_near(wrong: &str, name: &str) -> bool {
    strsim::damerau_levenshtein(wrong, name) <= 1 + name.chars().count() / 4
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn the_nearest_name_or_the_one_that_is_begun_is_named() {
        let known = ["user-space", "admin"];
        for (wrong, help) in [
            ("userspace", "did you mean `user-space`?"),
            ("user", "did you mean `user-space`?"),
            ("adm", "did you mean `admin`?"),
            ("us", "known here: `user-space`, `admin`"),
            ("guest", "known here: `user-space`, `admin`"),
        ] {
            assert_eq!(did_you_mean(wrong, known).unwrap(), help, "{wrong}");
        }
        assert_eq!(did_you_mean("note", ["noteList", "noteLists"]).unwrap(), "known here: `noteList`, `noteLists`");
    }
}
