//! HTTP clients for one address each.

use std::time::Duration;

use url::Url;

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The client for an address cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address of an HTTP service.
    #[error("{0} is not the address of an HTTP service: it must begin with http:// or https://")]
    NotHttp(Url),
    /// The TLS settings of this machine do not allow a client.
    #[error("no HTTP client can be built")]
    Client(#[from] reqwest::Error),
}

/// A client for one base address: what it sends goes there and nowhere else. Redirects are not followed and no proxy is
/// asked.
///
/// # Errors
/// Where `base` is no HTTP address.
pub fn http_client(base: &Url) -> Result<reqwest::ClientBuilder, ClientError> {
    // An error means that the process has a provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy();
    match base.scheme() {
        // No certificate is ever checked; the machine's store need not be loaded, nor exist.
        "http" => Ok(builder.tls_certs_only([])),
        "https" => Ok(builder),
        _ => Err(ClientError::NotHttp(base.clone())),
    }
}
