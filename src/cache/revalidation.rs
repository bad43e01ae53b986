//! Revalidation: one statement asks what has changed, on behalf of every waiting request. As it starts after they have
//! joined, cached entries are checked against a database state that is no older than the request.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::shared::{Shared, Statement};
use super::tenant::{Standing, TenantCache};
use super::tenants::Tenants;
use crate::store::{Answer, Nonce, Question, ServingStore, StoreError, TenantId};

/// The result of a request's revalidation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revalidated {
    /// The counter of changes that affect who may call.
    pub access: i64,
    /// Whether the request's nonce was used for the first time; true without a nonce.
    pub is_first_use: bool,
}

/// One half of the threads. Requests of one share a statement, so that there are at most two under way. On a machine with
/// two processors no thread waits for another; with more, a half waits for the thread that runs its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Half(bool);

impl Half {
    fn of_thread() -> Self {
        static NEXT: AtomicBool = AtomicBool::new(false);
        thread_local!(static HALF: Half = Half(NEXT.fetch_xor(true, Ordering::Relaxed)));
        HALF.with(|half| *half)
    }
}

/// Asks what has changed, and tells the cache.
struct Revalidation {
    store: ServingStore,
    tenants: Arc<Tenants>,
}

/// The tenants of the waiting requests, and their nonces.
#[derive(Default)]
struct Waiting {
    tenants: HashMap<TenantId, Arc<TenantCache>>,
    nonces: Vec<Nonce>,
}

impl Statement for Revalidation {
    type Group = Half;
    type Question = Waiting;
    type Answer = Answer;

    const MAX_UNDER_WAY: usize = 1;

    async fn ask(&self, _: Half, waiting: &Waiting) -> Result<Answer, StoreError> {
        let asked: Vec<(TenantId, &TenantCache, Standing)> =
            waiting.tenants.iter().map(|(id, cache)| (*id, &**cache, cache.standing())).collect();
        let question = Question {
            access: self.tenants.access().generation(),
            server_started: self.tenants.server(),
            tenants: asked.iter().map(|(id, _, standing)| (*id, standing.generation)).collect(),
            nonces: waiting.nonces.clone(),
        };
        // After an error the next answer may come from another server, or one that lost its last transactions.
        let answer = self.store.revalidate(&question).await.inspect_err(|_| self.tenants.forget())?;
        self.tenants.note_server(answer.server_started);
        self.tenants.access().move_on(answer.access);
        for (index, moved) in &answer.moved {
            if let Some((_, cache, standing)) = asked.get(*index) {
                cache.move_on(*standing, moved);
            }
        }
        Ok(answer)
    }
}

/// Revalidates the cache for requests.
#[derive(Debug, Clone)]
pub(super) struct Revalidator(Arc<Shared<Revalidation>>);

impl Revalidator {
    pub(super) fn new(store: ServingStore, tenants: Arc<Tenants>) -> Self {
        Self(Arc::new(Shared::new(Revalidation { store, tenants })))
    }

    /// Waits for the next statement, which also asks about `tenant` and uses up `nonce`.
    ///
    /// # Errors
    /// As [`Shared::ask`].
    pub(super) async fn join(
        &self,
        tenant: Option<(TenantId, Arc<TenantCache>)>,
        nonce: Option<Nonce>,
    ) -> Result<Revalidated, Arc<StoreError>> {
        let add = |waiting: &mut Waiting| {
            if let Some((id, cache)) = tenant {
                waiting.tenants.entry(id).or_insert(cache);
            }
            nonce.map(|nonce| {
                waiting.nonces.push(nonce);
                waiting.nonces.len() - 1
            })
        };
        let (place, answer) = self.0.ask(Half::of_thread(), add).await?;
        let is_first_use = place.is_none_or(|place| answer.first_uses.get(place) == Some(&true));
        Ok(Revalidated { access: answer.access, is_first_use })
    }
}
