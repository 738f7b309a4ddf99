//! Sealed sessions, and who may open them.

use super::*;

fn session() -> Session {
    Session { version: ProtocolVersion::V_2025_06_18, client: "Agent ä".to_owned() }
}

fn sessions(keys: &SessionKeys) -> SealedSessions {
    SealedSessions::new(keys, None, &Arc::new(Metrics::new(&crate::call::testing::CATALOG).unwrap()))
}

fn keys() -> SessionKeys {
    SessionKeys::new(Vec::new())
}

#[tokio::test]
async fn an_id_opens_for_its_owner_alone() {
    let sessions = sessions(&keys());
    let (alice, bob) = (UserId::for_tests("alice"), UserId::for_tests("bob"));
    let id = sessions.seal(&alice, &session()).unwrap();
    assert!(id.bytes().all(|byte| (0x21..=0x7e).contains(&byte)), "{id}");
    assert_eq!(sessions.open(&id, &alice).await, Ok(session()));
    assert_eq!(sessions.open(&id, &bob).await, Err(SessionRefusal::Foreign));
    assert_eq!(sessions.end(&id, &bob).await, Err(SessionRefusal::Foreign));
    assert_eq!(sessions.open(&id, &alice).await, Ok(session()));
}

#[tokio::test]
async fn ended_and_forged_ids_are_unknown_and_others_are_not() {
    let sessions = sessions(&keys());
    let alice = UserId::for_tests("alice");
    let other = sessions.seal(&alice, &session()).unwrap();
    assert_eq!(sessions.open(&other, &alice).await, Ok(session()));
    let id = sessions.seal(&alice, &session()).unwrap();
    for forged in ["", "x", "not base64!", &id[..id.len() - 2], &format!("{id}AA"), &"A".repeat(100_000)] {
        assert_eq!(sessions.open(forged, &alice).await, Err(SessionRefusal::Unknown), "{forged:.40}");
    }
    assert_eq!(sessions.end(&id, &alice).await, Ok(()));
    assert_eq!(sessions.open(&id, &alice).await, Err(SessionRefusal::Unknown));
    assert_eq!(sessions.end(&id, &alice).await, Err(SessionRefusal::Unknown));
    assert_eq!(sessions.open(&other, &alice).await, Ok(session()));
}

#[tokio::test]
async fn a_session_outlives_its_process_and_a_rotated_key_while_the_key_is_known() {
    let (old, new) = (SessionKey::random(), SessionKey::random());
    let alice = UserId::for_tests("alice");
    let before = sessions(&old.clone().into()).seal(&alice, &session()).unwrap();
    let restarted = sessions(&old.clone().into());
    assert_eq!(restarted.open(&before, &alice).await, Ok(session()));
    let rotated = sessions(&SessionKeys::new(vec![new.clone(), old]));
    assert_eq!(rotated.open(&before, &alice).await, Ok(session()));
    let after = rotated.seal(&alice, &session()).unwrap();
    let settled = sessions(&new.into());
    assert_eq!(settled.open(&after, &alice).await, Ok(session()));
    assert_eq!(settled.open(&before, &alice).await, Err(SessionRefusal::Unknown));
    assert_eq!(sessions(&keys()).open(&after, &alice).await, Err(SessionRefusal::Unknown));
}

#[tokio::test]
async fn ids_are_never_the_same_twice_and_long_names_are_cut() {
    let sessions = sessions(&keys());
    let alice = UserId::for_tests("alice");
    let long = Session { client: "ä".repeat(1000), ..session() };
    let (first, second) = (sessions.seal(&alice, &long).unwrap(), sessions.seal(&alice, &long).unwrap());
    assert_ne!(first, second);
    assert_eq!(sessions.open(&first, &alice).await.unwrap().client, "ä".repeat(80));
}

#[test]
fn a_key_is_32_bytes_of_base64() {
    assert!("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".parse::<SessionKey>().is_ok());
    for wrong in ["", "AAEC", "not base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI="] {
        assert_eq!(wrong.parse::<SessionKey>().unwrap_err(), UnusableKey);
    }
    let key = SessionKey::random();
    assert_ne!(key.derived::<32>("one"), key.derived("other"));
    assert_eq!(key.derived::<16>("one").as_slice(), &key.derived::<32>("one")[..16]);
    assert_ne!(key.derived::<32>("one").as_slice(), key.0.as_slice());
    assert_eq!(format!("{:?}", SessionKey::random()), "SessionKey([redacted])");
}
