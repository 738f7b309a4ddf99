//! "Did you mean …": the nearest known name.

/// A help that names the nearest of `known`, or all of them where there are few and none is near.
pub(crate) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    /// More names than this are not listed.
    const LISTED: usize = 16;
    /// Longer names are not compared: the distance takes the product of the lengths.
    const COMPARED: usize = 64;
    let known: Vec<&str> = known.into_iter().filter(|name| name.len() <= COMPARED).collect();
    if wrong.len() > COMPARED {
        return None;
    }
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()), *name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
        .min();
    match nearest {
        Some((_, name)) => Some(format!("did you mean `{name}`?")),
        None if known.is_empty() || known.len() > LISTED => None,
        None => {
            let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            Some(format!("known here: {}", listed.join(", ")))
        }
    }
}
