//! The one signature algorithm of tokens. jsonwebtoken takes its cryptography from a provider; this one knows Ed25519 alone,
//! so that no other algorithm is part of the program, and verifies strictly: neither keys nor signatures of low order.

use std::sync::Once;

use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature::{Error as SignatureError, Signer, Verifier},
};

/// The length of a seed, at the end of a private key in PKCS #8.
const SEED: usize = 32;

/// Gives jsonwebtoken its cryptography. Called before tokens are made or verified, here and in the gateway.
pub fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |algorithm, key| Ok(Box::new(Signing::new(*algorithm, key)?)),
        verifier_factory: |algorithm, key| Ok(Box::new(Verifying::new(*algorithm, key)?)),
        key_utils: KeyUtils {
            rsa_pub_components_from_private_key: |_| Err(unsupported()),
            rsa_pub_components_from_public_key: |_| Err(unsupported()),
            ec_pub_components_from_private_key: |_, _| Err(unsupported()),
            ed_pub_components_from_private_key: |_, _| Err(unsupported()),
            compute_digest: |_, _| Err(unsupported()),
        },
    };
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // Another one could only have been installed by a program around this library.
        let _ = PROVIDER.install_default();
    });
}

fn unsupported() -> Error {
    ErrorKind::InvalidAlgorithm.into()
}

struct Signing(SigningKey);

impl Signing {
    fn new(algorithm: Algorithm, key: &EncodingKey) -> Result<Self, Error> {
        if algorithm != Algorithm::EdDSA || key.family() != AlgorithmFamily::Ed {
            return Err(unsupported());
        }
        let seed = key.as_bytes().last_chunk::<SEED>().ok_or(ErrorKind::InvalidEddsaKey)?;
        Ok(Self(SigningKey::from_bytes(seed)))
    }
}

impl Signer<Vec<u8>> for Signing {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(ed25519_dalek::Signer::sign(&self.0, message).to_bytes().to_vec())
    }
}

impl JwtSigner for Signing {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Verifying(VerifyingKey);

impl Verifying {
    fn new(algorithm: Algorithm, key: &DecodingKey) -> Result<Self, Error> {
        if algorithm != Algorithm::EdDSA || key.family() != AlgorithmFamily::Ed {
            return Err(unsupported());
        }
        let point = <&[u8; 32]>::try_from(key.try_get_as_bytes()?).map_err(|_| ErrorKind::InvalidEddsaKey)?;
        Ok(Self(VerifyingKey::from_bytes(point).map_err(|_| ErrorKind::InvalidEddsaKey)?))
    }
}

impl Verifier<Vec<u8>> for Verifying {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let signature = Signature::from_slice(signature).map_err(|_| SignatureError::new())?;
        self.0.verify_strict(message, &signature).map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Verifying {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
