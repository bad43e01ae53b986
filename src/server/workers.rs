//! The threads that serve connections.
//!
//! Each has a runtime of its own, and a connection stays on one thread: a request is so little work that waking another
//! thread for a part of it would cost a fifth more. What takes long, such as parsing a large body, is done elsewhere, or
//! in pieces between which the thread's other requests get a turn.

use std::future::Future;
use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, JoinHandle, available_parallelism};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The poller of a runtime, its copy, its waker, and the pipe of signals.
const FILES_PER_RUNTIME: usize = 4;

/// Runtimes that connections are divided between. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Workers(Arc<[Worker]>);

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// One for each task that has not ended, and one of the worker's own.
    tasks: Arc<()>,
    /// The thread, and what ends it; `None` if the runtime is the caller's.
    thread: Option<(JoinHandle<()>, DropGuard)>,
}

impl Workers {
    /// One thread for each processor. They end when the last clone is dropped.
    ///
    /// # Errors
    /// If they cannot be started.
    pub fn start() -> io::Result<Self> {
        (1..=Self::processors()).map(Worker::start).collect::<io::Result<_>>().map(Self)
    }

    /// Open files that [`Self::start`] needs.
    #[must_use]
    pub fn files() -> usize {
        Self::processors() * FILES_PER_RUNTIME
    }

    fn processors() -> usize {
        available_parallelism().map_or(1, NonZero::get)
    }

    /// The runtime of the caller.
    ///
    /// # Panics
    /// Outside a runtime.
    #[must_use]
    pub fn current() -> Self {
        Self(Arc::new([Worker { runtime: Handle::current(), tasks: Arc::default(), thread: None }]))
    }

    /// Runs `task` on the worker that has the fewest.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let alive = self.0.iter().filter(|worker| !worker.has_ended());
        let Some(worker) = alive.min_by_key(|worker| Arc::strong_count(&worker.tasks)) else { return };
        let counted = Arc::clone(&worker.tasks);
        worker.runtime.spawn(async move {
            task.await;
            drop(counted);
        });
    }
}

impl Worker {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, ended) = (runtime.handle().clone(), CancellationToken::new());
        let guard = ended.clone().drop_guard();
        let thread = thread::Builder::new().name(format!("connections-{number}")).spawn(move || {
            runtime.block_on(ended.cancelled());
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, tasks: Arc::default(), thread: Some((thread, guard)) })
    }

    /// Whether its thread has ended, as by a defect of the runtime: tasks would be dropped at once.
    fn has_ended(&self) -> bool {
        self.thread.as_ref().is_some_and(|(thread, _)| thread.is_finished())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::thread::ThreadId;

    use tokio::sync::{mpsc, oneshot};

    use super::*;

    #[tokio::test]
    async fn tasks_are_spread_evenly_over_the_threads() {
        let workers = Workers::start().unwrap();
        let (sender, mut threads) = mpsc::unbounded_channel();
        for _ in 0..3 * workers.0.len() {
            let sender = sender.clone();
            workers.spawn(async move {
                sender.send(thread::current().id()).unwrap();
                std::future::pending::<()>().await;
            });
        }
        let mut tasks: HashMap<ThreadId, usize> = HashMap::new();
        for _ in 0..3 * workers.0.len() {
            *tasks.entry(threads.recv().await.unwrap()).or_default() += 1;
        }
        assert_eq!(tasks.len(), workers.0.len());
        assert!(tasks.values().all(|&tasks| tasks == 3), "{tasks:?}");
        assert!(!tasks.contains_key(&thread::current().id()));
    }

    #[tokio::test]
    async fn a_thread_that_has_ended_gets_no_tasks() {
        let mut ended = Worker::start(1).unwrap();
        drop(ended.thread.take());
        let thread = thread::spawn(|| {});
        while !thread.is_finished() {
            thread::yield_now();
        }
        ended.thread = Some((thread, CancellationToken::new().drop_guard()));
        let workers = Workers(Arc::new([ended, Worker::start(2).unwrap()]));
        for _ in 0..3 {
            let (sender, name) = oneshot::channel();
            workers.spawn(async move { sender.send(thread::current().name().map(str::to_owned)).unwrap() });
            assert_eq!(name.await.unwrap().as_deref(), Some("connections-2"));
        }
    }

    #[tokio::test]
    async fn a_task_that_ends_or_panics_makes_room() {
        let workers = Workers::current();
        let count = || Arc::strong_count(&workers.0[0].tasks);
        for task in [true, false] {
            let (begun, begins) = oneshot::channel();
            let (end, ended) = oneshot::channel::<()>();
            workers.spawn(async move {
                begun.send(()).unwrap();
                let _ = ended.await;
                assert!(task, "as a handler might");
            });
            begins.await.unwrap();
            assert_eq!(count(), 2);
            end.send(()).unwrap();
            while count() > 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn the_threads_end_with_the_last_clone() {
        let workers = Workers::start().unwrap();
        let (sender, ended) = oneshot::channel::<()>();
        workers.spawn(async move {
            let _held = sender;
            std::future::pending::<()>().await;
        });
        let clone = workers.clone();
        drop(workers);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), ended).await.is_err());
        let (sender, ended) = oneshot::channel::<()>();
        clone.spawn(async move {
            let _held = sender;
            std::future::pending::<()>().await;
        });
        drop(clone);
        // The task is dropped with its runtime.
        ended.await.unwrap_err();
    }
}
