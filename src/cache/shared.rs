//! Statements that waiting requests share.
//!
//! A request joins the next statement, never one in progress, so that it reads a database state no older than itself.
//! Few statements run at a time and none waits for a timer: a single request costs one statement, and a thousand cost a
//! few.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tracing::{Instrument as _, Span};

use crate::store::{StoreError, in_time};

/// Maximum number of yields to other tasks before a statement starts; it starts after one in which no request joins.
const MAX_TURNS: u8 = 8;

/// A statement that is made of the questions of several requests.
pub(super) trait Statement: Send + Sync + 'static {
    /// Only requests of one group share a statement.
    type Group: Copy + Eq + Hash + Send + Sync;
    /// What the requests ask together.
    type Question: Default + Send + Sync;
    /// What all of them get.
    type Answer: Send + Sync;

    /// Maximum number of statements of one group that are under way, without those that are full.
    const MAX_UNDER_WAY: usize;

    /// Whether `question` is so large that it is asked at once, whatever is under way.
    fn is_full(_question: &Self::Question) -> bool {
        false
    }

    /// Runs the statement.
    fn ask(
        &self,
        group: Self::Group,
        question: &Self::Question,
    ) -> impl Future<Output = Result<Self::Answer, StoreError>> + Send;
}

type Outcome<A> = Result<Arc<A>, Arc<StoreError>>;

/// Requests waiting for one statement.
struct Gathering<S: Statement> {
    question: S::Question,
    /// That of the first of them: the log names no other for the statement.
    span: Span,
    done: watch::Sender<Option<Outcome<S::Answer>>>,
}

impl<S: Statement> Default for Gathering<S> {
    fn default() -> Self {
        Self { question: S::Question::default(), span: Span::current(), done: watch::Sender::new(None) }
    }
}

/// One group's requests and statements.
struct Queue<S: Statement> {
    next: Option<Gathering<S>>,
    under_way: usize,
}

impl<S: Statement> Default for Queue<S> {
    fn default() -> Self {
        Self { next: None, under_way: 0 }
    }
}

/// Runs a statement for the requests that wait for it.
pub(super) struct Shared<S: Statement> {
    statement: S,
    /// The groups of which requests wait or statements are under way.
    queues: Mutex<HashMap<S::Group, Queue<S>>>,
}

// A derived impl would require the statement and its questions to have one.
impl<S: Statement> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl<S: Statement> Shared<S> {
    pub(super) fn new(statement: S) -> Self {
        Self { statement, queues: Mutex::default() }
    }

    /// Adds to the question of the next statement of `group` by `add`, and waits for its answer. Returns both what `add`
    /// returned and the answer.
    ///
    /// # Errors
    /// The statement's error, the same for all that waited for it; [`StoreError::TimedOut`] if it is not answered in the
    /// time of one statement.
    pub(super) async fn ask<P>(
        self: &Arc<Self>,
        group: S::Group,
        add: impl FnOnce(&mut S::Question) -> P,
    ) -> Result<(P, Arc<S::Answer>), Arc<StoreError>> {
        let (place, mut done) = self.join(group, add);
        // The statement before it may take its time too.
        let outcome =
            in_time(async { Ok(done.wait_for(Option::is_some).await.ok().and_then(|done| done.clone())) });
        // The statement's task only ends without an outcome if the process does.
        let answer = outcome.await?.unwrap_or_else(|| Err(Arc::new(StoreError::Stopping)))?;
        Ok((place, answer))
    }

    fn join<P>(
        self: &Arc<Self>,
        group: S::Group,
        add: impl FnOnce(&mut S::Question) -> P,
    ) -> (P, watch::Receiver<Option<Outcome<S::Answer>>>) {
        let mut queues = self.queues();
        let waiting = queues.get_mut(&group).and_then(|queue| queue.next.take());
        let mut next = waiting.unwrap_or_default();
        let place = add(&mut next.question);
        let done = next.done.subscribe();
        // Separate tasks: a caller that disconnects must not cancel the statement for others.
        if S::is_full(&next.question) {
            tokio::spawn(Arc::clone(self).run_full(group, next));
        } else {
            let queue = queues.entry(group).or_default();
            queue.next = Some(next);
            if queue.under_way < S::MAX_UNDER_WAY {
                queue.under_way += 1;
                tokio::spawn(Arc::clone(self).run(group));
            }
        }
        (place, done)
    }

    async fn run_full(self: Arc<Self>, group: S::Group, full: Gathering<S>) {
        full.done.send_replace(Some(self.outcome(group, &full).await));
    }

    async fn outcome(&self, group: S::Group, gathered: &Gathering<S>) -> Outcome<S::Answer> {
        let statement = self.statement.ask(group, &gathered.question).instrument(gathered.span.clone());
        statement.await.map(Arc::new).map_err(Arc::new)
    }

    /// Runs statements as long as requests of `group` are waiting.
    async fn run(self: Arc<Self>, group: S::Group) {
        while let Some(gathered) = self.gather(group).await {
            let outcome = self.outcome(group, &gathered).await;
            if let Err(error) = &outcome
                && error.is_no_connection()
            {
                self.refuse_waiting(group, error);
            }
            gathered.done.send_replace(Some(outcome));
        }
    }

    /// Tells the requests that wait for the next statement that there is no connection: it would wait as long again, at
    /// the end of the same queue.
    fn refuse_waiting(&self, group: S::Group, error: &Arc<StoreError>) {
        if let Some(waiting) = self.queues().get_mut(&group).and_then(|queue| queue.next.take()) {
            waiting.done.send_replace(Some(Err(Arc::clone(error))));
        }
    }

    /// The waiting requests; `None` if there are none, and then this statement no longer counts as under way.
    async fn gather(&self, group: S::Group) -> Option<Gathering<S>> {
        // Let requests join that have arrived but have not been polled on this thread yet.
        let mut waiting = 0;
        for _ in 0..MAX_TURNS {
            tokio::task::yield_now().await;
            let now = self.waiting(group);
            if now == waiting {
                break;
            }
            waiting = now;
        }
        let mut queues = self.queues();
        let Entry::Occupied(mut queue) = queues.entry(group) else { return None };
        let gathered = queue.get_mut().next.take();
        if gathered.is_none() {
            queue.get_mut().under_way -= 1;
            if queue.get().under_way == 0 {
                queue.remove();
            }
        }
        gathered
    }

    /// Number of requests waiting for the next statement of `group`.
    fn waiting(&self, group: S::Group) -> usize {
        let queues = self.queues();
        let next = queues.get(&group).and_then(|queue| queue.next.as_ref());
        next.map_or(0, |next| next.done.receiver_count())
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<S::Group, Queue<S>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
