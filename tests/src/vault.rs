//! A user's vault as another client of theirs uses it: their master key, and fields under it.

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, aead::Aead};
use anyhow::{Context, Result, anyhow};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{Backends, http};

/// A master key, ready to seal and open fields.
pub struct Vault {
    cipher: Aes256Gcm,
    sealed: u64,
    /// Apart from all other vaults under the same key.
    number: u32,
}

impl Vault {
    /// Opens the vault of the token's user, which is made where there is none. No two with the same number may seal under
    /// the same key.
    pub async fn open(backends: &Backends, token: &str, number: u32) -> Result<Self> {
        let vault = format!("{}/api/v1/me/encryption-vault/init", backends.auth);
        let answer: Value = http().post(vault).bearer_auth(token).send().await?.json().await?;
        let key = BASE64_STANDARD.decode(answer["masterKey"].as_str().context("a key")?)?;
        Ok(Self { cipher: Aes256Gcm::new_from_slice(&key)?, sealed: 0, number })
    }

    /// A field as it is stored encrypted.
    pub fn seal(&mut self, value: &Value) -> Result<Value> {
        self.sealed += 1;
        let mut iv = [0; 12];
        iv[..8].copy_from_slice(&self.sealed.to_le_bytes());
        iv[8..].copy_from_slice(&self.number.to_le_bytes());
        let text = value.to_string();
        let sealed = self.cipher.encrypt(&Nonce::from(iv), text.as_bytes()).map_err(|_| anyhow!("not sealed"))?;
        Ok(json!(format!("enc:1:{}.{}", BASE64_STANDARD.encode(iv), BASE64_STANDARD.encode(sealed))))
    }

    /// Opens a field that holds a text.
    pub fn text(&self, stored: &str) -> Result<String> {
        Ok(serde_json::from_value(self.open_value(stored)?)?)
    }

    /// Opens a field.
    pub fn open_value(&self, stored: &str) -> Result<Value> {
        let (iv, sealed) = stored.strip_prefix("enc:1:").and_then(|rest| rest.split_once('.')).context("sealed")?;
        let iv: [u8; 12] = BASE64_STANDARD.decode(iv)?.as_slice().try_into()?;
        let sealed = BASE64_STANDARD.decode(sealed)?;
        let text = self.cipher.decrypt(&Nonce::from(iv), sealed.as_slice()).map_err(|_| anyhow!("not opened"))?;
        // What is no JSON is the text itself.
        Ok(serde_json::from_slice(&text).unwrap_or_else(|_| json!(String::from_utf8_lossy(&text))))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault([redacted])")
    }
}
