//! The wire format of encrypted fields against vectors that WebCrypto made.

use mana_mcp_runtime::crypto::{FieldCipher, MasterKey};
use serde_json::Value;

#[test]
fn what_a_browser_sealed_opens_here() {
    let file: Value = serde_json::from_str(include_str!("vectors/enc1.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 49);
    for vector in vectors {
        let part = |name: &str| vector[name].as_str().unwrap();
        let cipher = FieldCipher::new(&MasterKey::from_base64(part("key")).unwrap());
        assert_eq!(cipher.open(part("wire")).unwrap().expose(), &vector["value"]);
        assert_eq!(cipher.open(part("wire").trim_end_matches('=')).unwrap().expose(), &vector["value"]);
        // What is sealed here under a random IV opens as well.
        let sealed = cipher.seal(&vector["value"]).unwrap();
        assert_eq!(cipher.open(&sealed).unwrap().expose(), &vector["value"]);
    }
}
