//! The standalone services, as the gateway's clients and an operator see them.

mod files;
mod wire;
mod writing;

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Standalone, open};
use crate::{
    auth::BearerToken,
    backend::{IdentityClient, Push, SyncClient, Transport},
};
use mana_mcp_replica::{testing, whole_page};
use mana_mcp_runtime::log::{Change, Operation};

const ISSUER: &str = "http://localhost:3069";
const EPOCH: &str = "1970-01-01T00:00:00.000Z";

struct Services {
    _folder: TempDir,
    standalone: Standalone,
    identity: IdentityClient,
    sync: SyncClient,
}

impl Services {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let standalone = open(folder.path(), ISSUER).unwrap();
        let identity = IdentityClient::new(Transport::InProcess(standalone.identity.clone()));
        let sync = SyncClient::new(Transport::InProcess(standalone.sync.clone()));
        Self { _folder: folder, standalone, identity, sync }
    }

    fn token(&self, email: &str) -> BearerToken {
        BearerToken::new(self.standalone.issue_token(email, Duration::from_secs(60)).unwrap())
    }

    async fn push(&self, token: &BearerToken, client: &str, changes: Vec<Change>) {
        let push = Push { client_id: client.to_owned(), since: EPOCH.to_owned(), changes };
        self.sync.push(token, "todo", &push).await.unwrap();
    }

    async fn pull(&self, token: &BearerToken, client: &str) -> Vec<Change> {
        testing::changes(&self.page(token, EPOCH, client).await).unwrap().0
    }

    async fn page(&self, token: &BearerToken, since: &str, client: &str) -> Vec<u8> {
        whole_page(self.sync.pull(token, "todo", "tasks", since, client).await.unwrap()).await.unwrap()
    }
}

fn insert(id: &str, space: Option<&str>) -> Change {
    let Value::Object(data) = json!({ "title": id, "updatedAt": "2026-01-01T00:00:00.000Z" }) else { unreachable!() };
    Change {
        event_id: String::new(),
        table: "tasks".to_owned(),
        id: id.to_owned(),
        operation: Operation::Insert { data },
        space_id: space.map(str::to_owned),
        actor: None,
        origin: None,
    }
}
