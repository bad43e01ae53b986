//! Divides what there is only so much of, such as places or bytes, fairly between tenants.
//!
//! A tenant never has more than its share, so that the others find something left; who must wait waits in a queue per
//! tenant, and the queues are served in turn. One tenant's thousand requests therefore delay another's next one by one
//! request, not by a thousand.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// A quantity divided between holders `K`. Cheap to clone.
#[derive(Debug)]
pub struct FairShares<K: Eq + Hash>(Arc<Shared<K>>);

// A derived impl would require `K: Clone`.
impl<K: Eq + Hash> Clone for FairShares<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Part of the quantity, returned when dropped.
#[derive(Debug)]
#[must_use = "it is returned when dropped"]
pub struct Share<K: Copy + Eq + Hash> {
    shares: Arc<Shared<K>>,
    holder: K,
    amount: usize,
}

#[derive(Debug)]
struct Shared<K: Eq + Hash> {
    total: usize,
    of_holder: usize,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    used: usize,
    /// Those that use or wait for something.
    holders: HashMap<K, Holder<K>>,
    /// The holders that wait, in the order in which they are served.
    turns: VecDeque<K>,
}

#[derive(Debug)]
struct Holder<K> {
    used: usize,
    waiting: VecDeque<Waiter<K>>,
}

#[derive(Debug)]
struct Waiter<K> {
    amount: usize,
    granted: oneshot::Sender<Grant<K>>,
}

/// What a waiter gets; it becomes a [`Share`] when it is received.
#[derive(Debug)]
struct Grant<K> {
    holder: K,
    amount: usize,
}

impl<K: Copy + Eq + Hash> FairShares<K> {
    /// A quantity of `total`, of which each holder has at most `of_holder`. Both are at least 1.
    #[must_use]
    pub fn new(total: usize, of_holder: usize) -> Self {
        let state = State { used: 0, holders: HashMap::new(), turns: VecDeque::new() };
        let total = total.max(1);
        Self(Arc::new(Shared { total, of_holder: of_holder.clamp(1, total), state: Mutex::new(state) }))
    }

    /// Takes `amount` for `holder`, at most all that one may have, once it is its turn.
    pub async fn take(&self, holder: K, amount: usize) -> Share<K> {
        let receiver = {
            let mut state = self.0.state();
            let receiver = state.wait(holder, amount.min(self.0.of_holder));
            self.0.serve(&mut state);
            receiver
        };
        let mut waiting = Waiting { shares: &self.0, receiver };
        // The sender is dropped unused only if the receiver was before.
        let granted = (&mut waiting.receiver).await.unwrap_or(Grant { holder, amount: 0 });
        Share { shares: Arc::clone(&self.0), holder: granted.holder, amount: granted.amount }
    }

    /// What is in use at the moment, of all holders.
    #[must_use]
    pub fn used(&self) -> usize {
        self.0.state().used
    }
}

impl<K: Copy + Eq + Hash> Shared<K> {
    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fits(&self, state: &State<K>, holder: K, amount: usize) -> bool {
        let used = state.holders.get(&holder).map_or(0, |holder| holder.used);
        used + amount <= self.of_holder && state.used + amount <= self.total
    }

    fn give_back(&self, holder: K, amount: usize) {
        let mut state = self.state();
        state.give_back(holder, amount);
        self.serve(&mut state);
    }

    /// Serves the queues in turn, as far as there is enough.
    fn serve(&self, state: &mut State<K>) {
        let mut skipped = 0;
        while skipped < state.turns.len() {
            let Some(holder) = state.turns.pop_front() else { return };
            let Some(amount) = state.next_amount(holder) else { continue };
            if self.fits(state, holder, amount) {
                state.serve_one(holder);
                skipped = 0;
            } else {
                if state.used + amount > self.total && state.used_by(holder) + amount <= self.of_holder {
                    // Nobody overtakes it, or one that needs much would wait for ever.
                    state.turns.push_front(holder);
                    return;
                }
                state.turns.push_back(holder);
                skipped += 1;
            }
        }
    }
}

impl<K: Copy + Eq + Hash> State<K> {
    fn holder(&mut self, holder: K) -> &mut Holder<K> {
        self.holders.entry(holder).or_insert_with(|| Holder { used: 0, waiting: VecDeque::new() })
    }

    fn used_by(&self, holder: K) -> usize {
        self.holders.get(&holder).map_or(0, |holder| holder.used)
    }

    fn grant(&mut self, holder: K, amount: usize) {
        self.used += amount;
        self.holder(holder).used += amount;
    }

    fn give_back(&mut self, holder: K, amount: usize) {
        self.used = self.used.saturating_sub(amount);
        let own = self.holder(holder);
        own.used = own.used.saturating_sub(amount);
        self.forget_if_idle(holder);
    }

    fn forget_if_idle(&mut self, holder: K) {
        let is_idle = |own: &Holder<K>| own.used == 0 && own.waiting.is_empty();
        if self.holders.get(&holder).is_some_and(is_idle) {
            self.holders.remove(&holder);
        }
    }

    /// Queues a request. A holder is in `turns` for as long as its queue is not empty.
    fn wait(&mut self, holder: K, amount: usize) -> oneshot::Receiver<Grant<K>> {
        let (granted, receiver) = oneshot::channel();
        let queue = &mut self.holder(holder).waiting;
        queue.push_back(Waiter { amount, granted });
        if queue.len() == 1 {
            self.turns.push_back(holder);
        }
        receiver
    }

    /// What the first waiter of `holder` needs; `None` if nobody waits. Those who gave up are removed.
    fn next_amount(&mut self, holder: K) -> Option<usize> {
        let queue = &mut self.holders.get_mut(&holder)?.waiting;
        while queue.front().is_some_and(|waiter| waiter.granted.is_closed()) {
            queue.pop_front();
        }
        let amount = queue.front().map(|waiter| waiter.amount);
        if amount.is_none() {
            self.forget_if_idle(holder);
        }
        amount
    }

    /// Grants the first waiter of `holder` what it needs, and lets the holder queue again behind the others.
    fn serve_one(&mut self, holder: K) {
        let Some(waiter) = self.holder(holder).waiting.pop_front() else { return };
        let amount = waiter.amount;
        self.grant(holder, amount);
        if waiter.granted.send(Grant { holder, amount }).is_err() {
            self.give_back(holder, amount);
        }
        if self.holders.get(&holder).is_some_and(|own| !own.waiting.is_empty()) {
            self.turns.push_back(holder);
        }
    }
}

impl<K: Copy + Eq + Hash> Share<K> {
    /// Its amount.
    #[must_use]
    pub const fn amount(&self) -> usize {
        self.amount
    }
}

impl<K: Copy + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        self.shares.give_back(self.holder, self.amount);
    }
}

/// A place in a queue. Dropped before its turn, it lets the next one be served.
struct Waiting<'a, K: Copy + Eq + Hash> {
    shares: &'a Shared<K>,
    receiver: oneshot::Receiver<Grant<K>>,
}

impl<K: Copy + Eq + Hash> Drop for Waiting<'_, K> {
    fn drop(&mut self) {
        self.receiver.close();
        match self.receiver.try_recv() {
            // Granted, but never received.
            Ok(Grant { holder, amount }) => self.shares.give_back(holder, amount),
            // It may have needed so much that the others had to wait for it.
            Err(oneshot::error::TryRecvError::Closed) => self.shares.serve(&mut self.shares.state()),
            Err(oneshot::error::TryRecvError::Empty) => {}
        }
    }
}

#[cfg(test)]
mod tests;
