//! Which known name a misspelt one was meant to be.

/// Names that are less alike than this are not the same name misspelt; Jaro-Winkler, from 0 to 1.
const ALIKE: f64 = 0.8;
/// A longer name is no misspelling, and comparing takes time in the product of the lengths.
const MAX_BYTES: usize = 128;

/// The known name that is most like `name`, whatever the case of its letters, if one is close.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_BYTES {
        return None;
    }
    let name = name.to_lowercase();
    let likeness = |known: &'a str| (strsim::jaro_winkler(&name, &known.to_lowercase()), known);
    let alike = known.into_iter().map(likeness).filter(|(likeness, _)| *likeness >= ALIKE);
    alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_closest_is_found_and_nothing_else() {
        let known = ["title", "content", "isPinned"];
        assert_eq!(nearest("titel", known), Some("title"));
        assert_eq!(nearest("ISPINNED", known), Some("isPinned"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"title".repeat(1000), known), None);
        assert_eq!(nearest("title", []), None);
    }
}
