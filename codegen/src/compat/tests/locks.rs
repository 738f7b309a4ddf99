//! Locks: how they are read and written, and what an acceptance covers.

use super::{BASE, CRYPTO, interface};
use crate::compat::{Accepted, Change, Interface, Judged, Lock, LockError, Locks, compare};
use crate::{Sources, compile};

#[test]
fn a_lock_is_read_as_it_was_written() {
    let lock = Lock::new(interface(BASE, CRYPTO));
    assert_eq!(Lock::parse(&lock.to_text()).unwrap(), lock);

    let new = interface(&BASE.replace("maxLength: 500", "maxLength: 50"), CRYPTO);
    let changes = compare(lock.interface(), &new);
    let accepted = Accepted { reason: "titles were cut anyway".to_owned(), changes: changes.clone() };
    let next = lock.publish(new, Some(accepted));
    let read = Lock::parse(&next.to_text()).unwrap();
    assert_eq!(read, next);
    assert_eq!(read.accepted()[0].changes, changes);
}

/// A second module with one tool, under another name.
fn second(name: &str) -> String {
    format!("module: {name}\nsummary: More.\ntools:\n  look:{}", BASE.split("  look:").nth(1).unwrap())
}

/// The interface of some modules, with the registry of the first.
fn interface_of(modules: &[&str]) -> Interface {
    let named = modules.iter().map(|text| {
        let name = text.trim_start().lines().next().unwrap().trim_start_matches("module: ");
        (format!("catalog/{name}.yaml"), (*text).to_owned())
    });
    let sources: Sources = named.chain([("catalog/crypto.yaml".to_owned(), CRYPTO.to_owned())]).collect();
    compile(&sources).unwrap().interface
}

/// The locks once an interface is published for the first time.
fn published(interface: &Interface) -> Locks {
    Locks::default().publish(&Locks::default(), interface, "", &[])
}

/// What would be refused, and the changes that would have to be accepted.
fn refused(here: &Locks, base: &Locks, interface: &Interface) -> (Vec<String>, Vec<Change>) {
    let judged = here.judge(base, interface).into_iter().filter(Judged::is_refused);
    let changes: Vec<Change> = judged.map(|one| one.change).collect();
    (changes.iter().map(|change| format!("{} {change}", change.tool)).collect(), changes)
}

#[test]
fn each_module_has_a_lock() {
    let interface = interface_of(&[BASE, &second("shop")]);
    let locks = published(&interface);
    let files = locks.files();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["catalog/lock/books.json", "catalog/lock/shop.json"]);
    assert!(!files["catalog/lock/shop.json"].contains("books."));
    assert_eq!(locks.interface(), interface);
    let named = files.iter().map(|(path, text)| (path.rsplit('/').next().unwrap().to_owned(), text.clone()));
    assert_eq!(Locks::parse(named).unwrap(), locks);

    let (path, error) = Locks::parse([("shop.json".to_owned(), "{".to_owned())]).unwrap_err();
    assert_eq!((path.as_str(), matches!(error, LockError::Syntax(_))), ("catalog/lock/shop.json", true));
}

/// What was generated and never published may change in any way, whatever the locks beside the sources say.
#[test]
fn what_was_not_published_binds_nobody() {
    let both = interface_of(&[BASE, &second("shop")]);
    let (base, here) = (published(&interface_of(&[BASE])), published(&both));
    for new in [&interface_of(&[BASE, &second("store")]), &interface_of(&[BASE])] {
        assert!(here.judge(&base, new).iter().all(|one| !one.is_refused()));
        assert_eq!(here.publish(&base, new, "", &[]).interface(), *new);
    }
    assert_eq!(refused(&here, &here, &interface_of(&[BASE])).0, ["shop.look is gone"]);
}

#[test]
fn an_acceptance_holds_for_its_change_and_nothing_worse() {
    let titles = |most: &str| interface_of(&[&BASE.replace("maxLength: 500", &format!("maxLength: {most}"))]);
    let base = published(&titles("500"));
    let (told, changes) = refused(&base, &base, &titles("400"));
    assert_eq!(told, ["books.add input/title: at most 400 characters instead of 500"]);
    let here = base.publish(&base, &titles("400"), "titles were cut anyway", &changes);
    let judged = here.judge(&base, &titles("400"));
    assert_eq!(judged[0].accepted.as_deref(), Some("titles were cut anyway"));
    assert!(refused(&here, &base, &titles("450")).0.is_empty(), "less of what was accepted");
    assert_eq!(
        refused(&here, &base, &titles("100")).0,
        ["books.add input/title: at most 100 characters instead of 500"]
    );
    // In two steps, of which each was accepted against what was published at its time.
    let (_, changes) = refused(&here, &here, &titles("100"));
    let then = here.publish(&here, &titles("100"), "shorter still", &changes);
    assert!(refused(&then, &base, &titles("100")).0.is_empty());
    // What was accepted before the base does not excuse what happens now.
    assert!(!refused(&then, &then, &titles("50")).0.is_empty());
}

#[test]
fn a_module_that_is_gone_breaks_and_leaves_its_reasons() {
    let base = published(&interface_of(&[BASE, &second("shop")]));
    let without = interface_of(&[BASE]);
    let (told, changes) = refused(&base, &base, &without);
    assert_eq!(told, ["shop.look is gone"]);
    let here = base.publish(&base, &without, "nobody called it", &changes);
    assert_eq!(here.get("shop").unwrap().accepted()[0].reason, "nobody called it");
    assert!(refused(&here, &base, &without).0.is_empty());
    assert_eq!(here.publish(&base, &without, "", &[]), here, "publishing again changes nothing");
}

/// A lock that is lost beside the sources comes back from the base, with its reasons.
#[test]
fn a_lost_lock_is_restored_from_what_was_published() {
    let (old, new) = (interface(BASE, CRYPTO), interface(&BASE.replace("maxLength: 500", "maxLength: 50"), CRYPTO));
    let (first, none) = (published(&old), Locks::default());
    let (_, changes) = refused(&first, &first, &new);
    let base = first.publish(&first, &new, "titles were cut anyway", &changes);
    assert_eq!(none.publish(&base, &new, "", &[]), base);
    assert!(!refused(&none, &base, &interface(&BASE.replace("maxLength: 500", "maxLength: 5"), CRYPTO)).0.is_empty());
    // Reasons that were never published are lost with it: what they excused is refused again.
    assert_eq!(refused(&none, &first, &new).0.len(), 1);
}

#[test]
fn what_is_no_lock_is_refused() {
    assert!(matches!(Lock::parse("{"), Err(LockError::Syntax(_))));
    assert!(matches!(Lock::parse(r#"{"version":2,"tools":{},"accepted":[]}"#), Err(LockError::Version)));
    for (text, part) in [
        (r#"{"version":1,"accepted":[]}"#, "tools"),
        (r#"{"version":1,"tools":{"a.b":{"scope":"nobody"}},"accepted":[]}"#, "tools"),
        (r#"{"version":1,"tools":{},"accepted":[{"reason":1,"changes":[]}]}"#, "accepted"),
        (r#"{"version":1,"tools":{},"accepted":[{"reason":"x","changes":[{"rule":"?"}]}]}"#, "accepted"),
    ] {
        assert!(matches!(Lock::parse(text), Err(LockError::Part(found)) if found == part), "{text}");
    }
}
