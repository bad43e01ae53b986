//! Revalidation: one statement asks what has changed, on behalf of every waiting request.
//!
//! A request joins the next statement, never one in progress: cached entries are checked against a database state that
//! is no older than the request. At most [`MAX_UNDER_WAY`] statements run at a time and none waits for a timer, so a
//! single request costs one statement and a thousand cost a few.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::tenant::TenantCache;
use super::tenants::Tenants;
use crate::store::{Answer, Nonce, Question, ServingStore, StoreError, TenantId, in_time};

/// Maximum number of concurrent statements. One at a time gathers the most requests; a second would start for the first
/// of them without the others.
const MAX_UNDER_WAY: u8 = 1;

/// Maximum number of yields to other tasks before a statement starts; it starts after one in which no request joins.
const MAX_TURNS: u8 = 8;

/// The result of a request's revalidation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revalidated {
    /// The counter of changes that affect who may call.
    pub access: i64,
    /// Whether the request's nonce was used for the first time; true without a nonce.
    pub is_first_use: bool,
}

type Outcome = Result<Arc<Answer>, Arc<StoreError>>;

/// Requests waiting for one statement.
#[derive(Debug)]
struct Gathering {
    tenants: HashMap<TenantId, Arc<TenantCache>>,
    nonces: Vec<Nonce>,
    done: watch::Sender<Option<Outcome>>,
}

impl Gathering {
    fn new() -> Self {
        Self { tenants: HashMap::new(), nonces: Vec::new(), done: watch::Sender::new(None) }
    }
}

#[derive(Debug, Default)]
struct Queue {
    next: Option<Gathering>,
    under_way: u8,
}

impl Queue {
    /// Number of requests waiting for the next statement.
    fn waiting(&self) -> usize {
        self.next.as_ref().map_or(0, |next| next.done.receiver_count())
    }
}

/// Runs the statements.
#[derive(Debug)]
pub(super) struct Revalidator {
    store: ServingStore,
    tenants: Arc<Tenants>,
    queue: Mutex<Queue>,
}

impl Revalidator {
    pub(super) fn new(store: ServingStore, tenants: Arc<Tenants>) -> Self {
        Self { store, tenants, queue: Mutex::default() }
    }

    /// Waits for the next statement, which also asks about `tenant` and uses up `nonce`.
    ///
    /// # Errors
    /// The statement's error, the same for all that waited for it; [`StoreError::TimedOut`] if it is not answered in the
    /// time of one statement.
    pub(super) async fn join(
        self: &Arc<Self>,
        tenant: Option<(TenantId, Arc<TenantCache>)>,
        nonce: Option<Nonce>,
    ) -> Result<Revalidated, Arc<StoreError>> {
        let (mut done, place) = self.enqueue(tenant, nonce);
        // The statement before it may take its time too.
        let outcome =
            in_time(async { Ok(done.wait_for(Option::is_some).await.ok().and_then(|done| done.clone())) });
        // The statement's task only ends without an outcome if the process does.
        let answer = outcome.await?.unwrap_or_else(|| Err(Arc::new(StoreError::Stopping)))?;
        let is_first_use = place.is_none_or(|place| answer.first_uses.get(place) == Some(&true));
        Ok(Revalidated { access: answer.access, is_first_use })
    }

    fn enqueue(
        self: &Arc<Self>,
        tenant: Option<(TenantId, Arc<TenantCache>)>,
        nonce: Option<Nonce>,
    ) -> (watch::Receiver<Option<Outcome>>, Option<usize>) {
        let mut queue = self.queue();
        let next = queue.next.get_or_insert_with(Gathering::new);
        if let Some((id, cache)) = tenant
            && let Entry::Vacant(vacant) = next.tenants.entry(id)
        {
            vacant.insert(cache);
        }
        let place = nonce.map(|nonce| {
            next.nonces.push(nonce);
            next.nonces.len() - 1
        });
        let done = next.done.subscribe();
        if queue.under_way < MAX_UNDER_WAY {
            queue.under_way += 1;
            // A separate task: a caller that disconnects must not cancel the statement for others.
            tokio::spawn(Arc::clone(self).run());
        }
        (done, place)
    }

    /// Runs statements as long as requests are waiting.
    async fn run(self: Arc<Self>) {
        while let Some(gathered) = self.gather().await {
            let outcome = self.ask(&gathered).await;
            if let Err(error) = &outcome
                && error.is_no_connection()
            {
                self.refuse_waiting(error);
            }
            gathered.done.send_replace(Some(outcome));
        }
    }

    /// Tells the requests that wait for the next statement that there is no connection: it would wait as long again, at
    /// the end of the same queue.
    fn refuse_waiting(&self, error: &Arc<StoreError>) {
        if let Some(waiting) = self.queue().next.take() {
            waiting.done.send_replace(Some(Err(Arc::clone(error))));
        }
    }

    /// The waiting requests; `None` if there are none, and then this statement no longer counts as in progress.
    async fn gather(&self) -> Option<Gathering> {
        // Let requests join that have arrived but have not been polled on this thread yet.
        let mut waiting = 0;
        for _ in 0..MAX_TURNS {
            tokio::task::yield_now().await;
            let now = self.queue().waiting();
            if now == waiting {
                break;
            }
            waiting = now;
        }
        let mut queue = self.queue();
        let gathered = queue.next.take();
        if gathered.is_none() {
            queue.under_way -= 1;
        }
        gathered
    }

    async fn ask(&self, gathered: &Gathering) -> Outcome {
        let (caches, tenants): (Vec<_>, Vec<_>) =
            gathered.tenants.iter().map(|(id, cache)| (cache, (*id, cache.standing().generation))).unzip();
        let question = Question { tenants, nonces: gathered.nonces.clone() };
        let answer = match self.store.revalidate(&question).await {
            Ok(answer) => answer,
            Err(error) => {
                // The next answer may come from another server, or one that lost its last transactions.
                self.tenants.forget();
                return Err(Arc::new(error));
            }
        };
        self.tenants.note_server(answer.server_started);
        self.tenants.access().move_on(answer.access);
        for (index, moved) in &answer.moved {
            if let (Some(cache), Some((_, seen))) = (caches.get(*index), question.tenants.get(*index)) {
                cache.move_on(*seen, moved);
            }
        }
        Ok(Arc::new(answer))
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
