//! What the wire format promises.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{FieldCipher, MasterKey, enc1::OpenError, json as ecma};

fn cipher() -> FieldCipher {
    FieldCipher::new(&MasterKey::new([7; 32]))
}

fn text(value: &Value) -> String {
    let mut out = Vec::new();
    ecma::write(value, &mut out).unwrap();
    assert_eq!(ecma::length(value).unwrap(), out.len());
    String::from_utf8(out).unwrap()
}

/// Sealing with a given IV is no part of the public interface, so this direction of the vectors is tested here;
/// `tests/enc1_vectors.rs` opens them.
#[test]
fn every_vector_is_sealed_byte_for_byte() {
    let file: Value = serde_json::from_str(include_str!("../../tests/vectors/enc1.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 49);
    for vector in vectors {
        let part = |name: &str| vector[name].as_str().unwrap();
        let cipher = FieldCipher::new(&MasterKey::from_base64(part("key")).unwrap());
        let iv: [u8; 12] = STANDARD.decode(part("iv")).unwrap().try_into().unwrap();
        assert_eq!(text(&vector["value"]), part("json"));
        assert_eq!(cipher.seal_with(&vector["value"], &iv).unwrap(), part("wire"));
        assert_eq!(cipher.open(part("wire")).unwrap().expose(), &vector["value"]);
    }
}

#[test]
fn numbers_are_written_as_doubles() {
    for (source, written) in [
        ("1.0", "1"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("9007199254740993", "9007199254740992"),
        ("18446744073709551615", "18446744073709552000"),
        ("-9223372036854775808", "-9223372036854776000"),
        ("1e21", "1e+21"),
        ("123456789012345680000", "123456789012345680000"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("122.416294033786585", "122.41629403378658"),
    ] {
        assert_eq!(text(&serde_json::from_str(source).unwrap()), written, "{source}");
    }
}

#[test]
fn array_indices_come_first_and_other_keys_keep_their_order() {
    let value =
        json!({ "b": 1, "10": 2, "9": 3, "a": 4, "01": 5, "4294967294": 6, "4294967295": 7, "-1": 8, "": 9, "0": 10 });
    assert_eq!(text(&value), r#"{"0":10,"9":3,"10":2,"4294967294":6,"b":1,"a":4,"01":5,"4294967295":7,"-1":8,"":9}"#);
}

#[test]
fn strings_are_escaped_as_ecmascript_does() {
    assert_eq!(
        text(&json!("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}\"\\/\u{7f}\u{2028}é😀")),
        "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\u{7f}\u{2028}é😀\""
    );
}

#[test]
fn what_is_sealed_opens_and_never_looks_the_same_twice() {
    let cipher = cipher();
    for value in [json!("Spazieren"), json!(""), json!([1, "two", null]), json!({ "z": 1, "a": [true] }), json!(-1.5)] {
        let wire = cipher.seal(&value).unwrap();
        assert!(wire.starts_with("enc:1:"));
        assert_ne!(wire, cipher.seal(&value).unwrap());
        assert_eq!(cipher.open(&wire).unwrap().expose(), &value);
        assert_eq!(cipher.open(&wire.replace('=', "")).unwrap().expose(), &value);
    }
}

#[test]
fn plain_text_of_old_is_read_as_it_is() {
    for old in ["", "Milch", "enc:", "enc:1", "enc: 1:", "enc:x:abc", "Enc:1:abc", " enc:1:abc", "{\"a\":1}"] {
        assert_eq!(cipher().open(old).unwrap().expose(), &json!(old));
    }
}

#[test]
fn values_that_do_not_open_say_why_and_never_what() {
    let wire = cipher().seal(&json!("geheim")).unwrap();
    let (iv, sealed) = wire["enc:1:".len()..].split_once('.').unwrap();
    let flipped = if sealed.starts_with('A') { "B" } else { "A" };
    for (stored, error) in [
        ("enc:2:AAAA.BBBB".to_owned(), OpenError::UnknownVersion),
        ("enc:01:AAAA.BBBB".to_owned(), OpenError::UnknownVersion),
        ("enc:99999999999999999999:".to_owned(), OpenError::UnknownVersion),
        ("enc:1:".to_owned(), OpenError::Malformed),
        ("enc:1:.".to_owned(), OpenError::Malformed),
        (format!("enc:1:{iv}"), OpenError::Malformed),
        (format!("enc:1:{iv}."), OpenError::Malformed),
        (format!("enc:1:{iv}.!!!!"), OpenError::Malformed),
        (format!("enc:1:{iv}.{sealed}.{sealed}"), OpenError::Malformed),
        (format!("enc:1:{}.{sealed}", &iv[..8]), OpenError::Malformed),
        (format!("enc:1:{iv}AAAA.{sealed}"), OpenError::Malformed),
        (format!("enc:1:{iv}.AAAA"), OpenError::Malformed),
        (format!("enc:1:{}.{sealed}", "A".repeat(100_000)), OpenError::Malformed),
        (format!("enc:1:{iv}.{flipped}{}", &sealed[1..]), OpenError::WrongKeyOrDamaged),
        (format!("enc:1:{iv}.{}", &sealed[4..]), OpenError::WrongKeyOrDamaged),
        (FieldCipher::new(&MasterKey::new([8; 32])).seal(&json!("geheim")).unwrap(), OpenError::WrongKeyOrDamaged),
    ] {
        let met = cipher().open(&stored).unwrap_err();
        assert_eq!(met, error, "{}", &stored[..stored.len().min(60)]);
        assert!(!met.to_string().contains("geheim"));
    }
}

#[test]
fn secrets_are_not_printed() {
    let key = MasterKey::new([65; 32]);
    let opened = cipher().open("geheim").unwrap();
    let printed = format!("{key:?} {:?} {opened:?}", cipher());
    assert_eq!(printed, "[redacted] [redacted] [redacted]");
}

#[test]
fn a_master_key_is_32_bytes_in_base64() {
    let text = STANDARD.encode([9; 32]);
    assert_eq!(MasterKey::from_base64(&text).unwrap().expose(), &[9; 32]);
    assert_eq!(MasterKey::from_base64(text.trim_end_matches('=')).unwrap().expose(), &[9; 32]);
    for bad in ["", "?", &STANDARD.encode([9; 31]), &STANDARD.encode([9; 33]), &STANDARD.encode([9; 400])] {
        assert!(MasterKey::from_base64(bad).is_err());
    }
}
