//! The services behind the gateway: in this process, or at their addresses.

use std::path::PathBuf;

use url::Url;

use mana_mcp_service::config::Reader;

use crate::backend::ServiceKey;

/// The services behind the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Services {
    /// In this process, over a file in that folder.
    Standalone {
        /// The folder.
        data_dir: PathBuf,
    },
    /// At their addresses.
    Remote {
        /// The identity service.
        auth: Url,
        /// The sync service.
        sync: Url,
    },
}

/// The policy service.
#[derive(Debug, Clone)]
pub struct SpacePoliciesSettings {
    /// Its address.
    pub url: Url,
    /// The gateway's own key for it.
    pub key: ServiceKey,
}

/// Standalone unless both services are named.
pub(super) fn services(reader: &mut Reader<'_>) -> Option<Services> {
    let auth = reader.is_set("MANA_AUTH_URL");
    let sync = reader.is_set("MANA_SYNC_URL");
    match (auth, sync) {
        (true, true) => {
            let (auth, sync) = (reader.http_url("MANA_AUTH_URL"), reader.http_url("MANA_SYNC_URL"));
            Some(Services::Remote { auth: auth?, sync: sync? })
        }
        (false, false) => Some(Services::Standalone { data_dir: data_dir(reader)? }),
        (true, false) => {
            reader.problem(
                "MANA_SYNC_URL",
                "is missing, while MANA_AUTH_URL is set: set both, or neither to run standalone",
            );
            None
        }
        (false, true) => {
            reader.problem(
                "MANA_AUTH_URL",
                "is missing, while MANA_SYNC_URL is set: set both, or neither to run standalone",
            );
            None
        }
    }
}

/// `DATA_DIR`, else the user's folder for data (XDG Base Directory).
fn data_dir(reader: &mut Reader<'_>) -> Option<PathBuf> {
    if let Some(dir) = reader.text("DATA_DIR") {
        return Some(dir.into());
    }
    let base = match (reader.text("XDG_DATA_HOME"), reader.text("HOME")) {
        (Some(data), _) => PathBuf::from(data),
        (None, Some(home)) => PathBuf::from(home).join(".local/share"),
        (None, None) => {
            reader.problem("DATA_DIR", "is missing, and without HOME there is no default: name a folder for the data");
            return None;
        }
    };
    Some(base.join("mana-mcp"))
}

/// The policy service, where both its address and the key are set.
pub(super) fn space_policies(reader: &mut Reader<'_>) -> Option<SpacePoliciesSettings> {
    let (url, key) = (reader.http_url("MANA_API_URL"), reader.secret::<ServiceKey>("MANA_SERVICE_KEY"));
    Some(SpacePoliciesSettings { url: url?, key: key? })
}
