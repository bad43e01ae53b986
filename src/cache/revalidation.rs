//! Revalidation: one statement asks, for every request that waits, what has changed since.
//!
//! A request joins the next statement, never one that is under way: what the cache says is checked against a database
//! state that is no older than the request. At most [`MAX_UNDER_WAY`] statements run at a time and nothing waits for a
//! timer, so a lone request costs one statement and a thousand cost a few.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::tenant::TenantCache;
use super::tenants::Tenants;
use crate::store::{Answer, Nonce, Question, RevalidationSession, StoreError, TenantId};

/// Most statements under way. One at a time gathers the most requests; a second would start for the first of them and
/// leave the others behind.
const MAX_UNDER_WAY: u8 = 1;

/// Most turns that others get before a statement starts; it starts as soon as nobody joins in one.
const MAX_TURNS: u8 = 8;

/// The database, as far as revalidation asks it.
pub trait Revalidate: Send + Sync + 'static {
    /// Answers `question` in one statement.
    ///
    /// # Errors
    /// [`StoreError`]; no nonce was used up then, or nobody can tell.
    fn revalidate(&self, question: &Question) -> impl Future<Output = Result<Answer, StoreError>> + Send;
}

impl Revalidate for tokio::sync::Mutex<RevalidationSession> {
    async fn revalidate(&self, question: &Question) -> Result<Answer, StoreError> {
        self.lock().await.ask(question).await
    }
}

/// What a request learns from its revalidation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revalidated {
    /// How often anything changed that decides who may call.
    pub access: i64,
    /// Whether the request's nonce was used for the first time; true for a request without one.
    pub is_first_use: bool,
}

type Outcome = Result<Arc<Answer>, Arc<StoreError>>;

/// Requests that wait for one statement.
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
    /// How many requests wait for the next statement.
    fn waiting(&self) -> usize {
        self.next.as_ref().map_or(0, |next| next.done.receiver_count())
    }
}

/// Runs the statements.
#[derive(Debug)]
pub(super) struct Revalidator<R> {
    database: R,
    tenants: Arc<Tenants>,
    queue: Mutex<Queue>,
}

impl<R: Revalidate> Revalidator<R> {
    pub(super) fn new(database: R, tenants: Arc<Tenants>) -> Self {
        Self { database, tenants, queue: Mutex::default() }
    }

    /// Waits for the next statement, which also asks about `tenant` and uses up `nonce`.
    ///
    /// # Errors
    /// What the statement failed with, the same for all that waited for it.
    pub(super) async fn join(
        self: &Arc<Self>,
        tenant: Option<(TenantId, Arc<TenantCache>)>,
        nonce: Option<Nonce>,
    ) -> Result<Revalidated, Arc<StoreError>> {
        let (mut done, place) = self.enqueue(tenant, nonce);
        let outcome = done.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        // The statement's task ends without an outcome only with the process.
        let answer = outcome.unwrap_or_else(|| Err(Arc::new(StoreError::Stopping)))?;
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
            // A task of its own: a caller that hangs up must not take the others' statement with it.
            tokio::spawn(Arc::clone(self).run());
        }
        (done, place)
    }

    /// Runs statements for as long as anyone waits.
    async fn run(self: Arc<Self>) {
        while let Some(gathered) = self.gather().await {
            let outcome = self.ask(&gathered).await;
            gathered.done.send_replace(Some(outcome));
        }
    }

    /// Whoever waits now; `None` if nobody does, and then this statement is no longer under way.
    async fn gather(&self) -> Option<Gathering> {
        // Requests that have arrived, but whose turn on this thread is still to come, join first.
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
        let answer = match self.database.revalidate(&question).await {
            Ok(answer) => answer,
            Err(error) => {
                // Whatever answers next may be another server, or one that has lost its last transactions.
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
