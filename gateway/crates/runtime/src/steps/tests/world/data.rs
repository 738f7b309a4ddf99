//! What a call is given.

use std::sync::{Arc, atomic::Ordering};

use futures::future::BoxFuture;

use super::{Rows, World};
use crate::{
    crypto::{FieldCipher, Sealer},
    data::{Data, DataError, LastListing, ModuleAccess, PlaceClaim, TableRows, WalkClaim, WritePermit},
    failure::{BackendError, FailureKind, Service},
    log::Change,
    rows::{StoredRow, TableSpec},
    service::{ServiceAnswer, ServiceError, ServiceRequest},
    space::Space,
};

impl Data for World {
    fn rows(&self, table: TableSpec) -> BoxFuture<'_, Result<Arc<dyn TableRows>, DataError>> {
        Box::pin(async move { Ok(self.table(table) as Arc<dyn TableRows>) })
    }

    fn opening_cipher(&self) -> BoxFuture<'_, Result<Option<Arc<FieldCipher>>, DataError>> {
        Box::pin(async move { Ok(Some(self.sealing_cipher().await?)) })
    }

    fn sealing_cipher(&self) -> BoxFuture<'_, Result<Arc<FieldCipher>, DataError>> {
        self.0.keys_fetched.fetch_add(1, Ordering::SeqCst);
        let key = Arc::clone(&self.0.key.lock().unwrap());
        Box::pin(async move { Ok(key) })
    }

    fn renewed_cipher<'a>(&'a self, _: &'a Arc<FieldCipher>, _: &'a str) -> BoxFuture<'a, Option<Arc<FieldCipher>>> {
        let renewed = self.0.renewed.lock().unwrap().clone();
        Box::pin(async move { renewed })
    }

    fn cursor_key(&self) -> Arc<Sealer> {
        Arc::clone(&self.0.cursor_key)
    }

    fn claim_place(&self, table: TableSpec) -> BoxFuture<'_, PlaceClaim> {
        self.0.claimed.lock().unwrap().push(table.table);
        Box::pin(async { PlaceClaim::holding(()) })
    }

    fn claim_walk(&self, _: TableSpec) -> BoxFuture<'_, WalkClaim> {
        Box::pin(async { WalkClaim::holding(()) })
    }

    fn begin_writes(&self) -> BoxFuture<'_, Result<WritePermit, DataError>> {
        Box::pin(async { Ok(WritePermit::holding(())) })
    }

    fn push<'a>(
        &'a self,
        _: &'a WritePermit,
        app: &'static str,
        changes: Vec<(TableSpec, Change)>,
    ) -> BoxFuture<'a, Result<(), DataError>> {
        Box::pin(async move {
            if *self.0.refused.lock().unwrap() == Some(self.pushes()) {
                *self.0.refused.lock().unwrap() = None;
                let kind = FailureKind::Rejected { status: 400 };
                return Err(DataError::Backend(BackendError { service: Service::SYNC, kind }));
            }
            changes.iter().for_each(|(table, change)| self.fold(*table, change));
            let changes = changes.into_iter().map(|(_, change)| change).collect();
            self.0.pushed.lock().unwrap().push((app, changes));
            Ok(())
        })
    }

    fn detach(&self, work: BoxFuture<'static, Result<(), DataError>>) -> BoxFuture<'static, Result<(), DataError>> {
        work
    }

    fn find_tools(&self, _: &str) -> serde_json::Value {
        serde_json::Value::Null
    }

    fn modules(&self) -> Vec<ModuleAccess> {
        self.0.modules.lock().unwrap().clone()
    }

    fn web_address(&self) -> Option<&str> {
        self.0.web
    }

    fn spaces(&self) -> BoxFuture<'_, Result<Arc<[Arc<Space>]>, BackendError>> {
        Box::pin(async { Ok(Arc::default()) })
    }

    fn call_service(&self, request: ServiceRequest) -> BoxFuture<'_, Result<ServiceAnswer, ServiceError>> {
        let operation = request.operation;
        self.0.asked.lock().unwrap().push(request);
        let answer = self.0.answers.lock().unwrap().pop_front().expect("an answer");
        Box::pin(async move { answer.map_err(|failure| ServiceError { operation, failure }) })
    }
}

impl TableRows for Rows {
    fn select(&self, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Vec<StoredRow> {
        self.rows.lock().unwrap().iter().filter(|row| is_wanted(row)).cloned().collect()
    }

    fn find(&self, id: &str, is_wanted: &dyn Fn(&StoredRow) -> bool) -> Option<StoredRow> {
        self.rows.lock().unwrap().iter().find(|row| row.id() == id && is_wanted(row)).cloned()
    }

    fn is_complete_in(&self, _: &str) -> bool {
        true
    }

    fn left_out(&self) -> u64 {
        0
    }

    fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    fn listing(&self) -> &LastListing {
        &self.listing
    }
}
