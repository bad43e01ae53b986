use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::*;
use proptest::prelude::*;

type Taking = Pin<Box<dyn Future<Output = Share<u8>>>>;

/// Starts to take; the future may be ready at once.
fn taking(shares: &FairShares<u8>, holder: u8, amount: usize) -> Taking {
    let shares = shares.clone();
    let mut taking: Taking = Box::pin(async move { shares.take(holder, amount).await });
    if let Poll::Ready(share) = poll(&mut taking) {
        return Box::pin(std::future::ready(share));
    }
    taking
}

fn poll(taking: &mut Taking) -> Poll<Share<u8>> {
    pin!(taking).poll(&mut Context::from_waker(Waker::noop()))
}

fn ready(taking: &mut Taking) -> Option<Share<u8>> {
    match poll(taking) {
        Poll::Ready(share) => Some(share),
        Poll::Pending => None,
    }
}

#[test]
fn one_holder_never_has_more_than_its_share() {
    let shares = FairShares::new(4, 2);
    let mut greedy: Vec<Taking> = (0..5).map(|_| taking(&shares, 1, 1)).collect();
    let served: Vec<Share<u8>> = greedy.iter_mut().filter_map(ready).collect();
    assert_eq!((served.len(), shares.used()), (2, 2));
    let other = ready(&mut taking(&shares, 2, 9)).unwrap();
    assert_eq!(other.amount(), 2, "a request for more than the share takes the share");
}

#[test]
fn queues_are_served_in_turn() {
    let shares = FairShares::new(2, 2);
    let held = ready(&mut taking(&shares, 9, 2)).unwrap();
    let mut greedy: Vec<Taking> = (0..100).map(|_| taking(&shares, 1, 2)).collect();
    let mut other = taking(&shares, 2, 2);
    drop(held);
    let first: Vec<Share<u8>> = greedy.iter_mut().take(1).filter_map(ready).collect();
    assert!(first.len() == 1 && ready(&mut other).is_none());
    drop(first);
    assert!(ready(&mut other).is_some(), "one of a hundred is served before another tenant's next");
}

#[test]
fn one_that_needs_much_is_not_overtaken_for_ever() {
    let shares = FairShares::new(4, 4);
    let held = ready(&mut taking(&shares, 1, 1)).unwrap();
    let mut large = taking(&shares, 2, 4);
    let mut small = taking(&shares, 3, 1);
    assert!(ready(&mut large).is_none() && ready(&mut small).is_none());
    drop(held);
    let large = ready(&mut large).unwrap();
    assert!(ready(&mut small).is_none());
    drop(large);
    assert!(ready(&mut small).is_some());
}

#[test]
fn one_that_gives_up_leaves_nothing_behind() {
    let shares = FairShares::new(1, 1);
    let held = ready(&mut taking(&shares, 1, 1)).unwrap();
    let gone = taking(&shares, 1, 1);
    let unreceived = taking(&shares, 2, 1);
    let mut last = taking(&shares, 3, 1);
    drop(gone);
    drop(held);
    // Granted by now, and dropped without being received.
    drop(unreceived);
    drop(ready(&mut last).unwrap());
    assert_eq!(shares.used(), 0);
    assert!(shares.0.state().holders.is_empty() && shares.0.state().turns.is_empty());
}

#[derive(Debug, Clone)]
enum Step {
    Take(u8, usize),
    GiveUp(usize),
    GiveBack(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..4_u8, 0..6_usize).prop_map(|(holder, amount)| Step::Take(holder, amount)),
        1 => any::<usize>().prop_map(Step::GiveUp),
        2 => any::<usize>().prop_map(Step::GiveBack),
    ];
    proptest::collection::vec(step, 0..120)
}

proptest! {
    #[test]
    fn nothing_is_lost_or_exceeded(steps in steps()) {
        let shares = FairShares::new(7, 3);
        let (mut waiting, mut held): (Vec<Taking>, Vec<Share<u8>>) = (Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Take(holder, amount) => waiting.push(taking(&shares, holder, amount)),
                Step::GiveUp(at) if !waiting.is_empty() => drop(waiting.remove(at % waiting.len())),
                Step::GiveBack(at) if !held.is_empty() => drop(held.remove(at % held.len())),
                Step::GiveUp(_) | Step::GiveBack(_) => {}
            }
            waiting.retain_mut(|taking| ready(taking).map(|share| held.push(share)).is_none());
            let used = |of: Option<u8>| -> usize {
                held.iter().filter(|share| of.is_none_or(|of| share.holder == of)).map(Share::amount).sum()
            };
            prop_assert_eq!(used(None), shares.used());
            prop_assert!(used(None) <= 7 && (0..4).all(|holder| used(Some(holder)) <= 3));
        }
        // Whoever still waits is served once the others are done.
        while !waiting.is_empty() {
            held.clear();
            let before = waiting.len();
            waiting.retain_mut(|taking| ready(taking).map(|share| held.push(share)).is_none());
            prop_assert!(waiting.len() < before, "a wake-up was lost");
        }
        drop(held);
        prop_assert!(shares.0.state().holders.is_empty() && shares.0.state().turns.is_empty());
    }
}
