//! How the cache's bytes are divided: fairly between tenants, so that none can crowd out the others.
//!
//! Max-min fairness. A tenant that needs less than an equal share gets what it needs; the rest is divided equally
//! among the others. A tenant that fills its share needs more; one not requested since the last division needs half
//! of what it has, so that unused memory is released gradually.

/// What one tenant uses and may use, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) weight: u64,
    pub(super) capacity: u64,
    /// Whether it was requested since the last division.
    pub(super) is_active: bool,
}

/// The minimum share of a cached tenant: the total divided by this.
const LEAST_PARTS: u64 = 1_024;

impl Holding {
    /// How much it could use; `None` for no limit.
    fn demand(self, least: u64) -> Option<u64> {
        if !self.is_active {
            return Some((self.weight / 2).max(least));
        }
        // Nine tenths full: entries are evicted before the last byte is used.
        let is_full = self.weight >= self.capacity / 10 * 9;
        (!is_full).then_some((self.weight / 2 * 3).max(least))
    }
}

/// Divides `total` bytes; the shares are in the order of `holdings`.
pub(super) fn share(total: u64, holdings: &[Holding]) -> Vec<u64> {
    let least = total / LEAST_PARTS;
    let mut shares = vec![0; holdings.len()];
    let mut order: Vec<(usize, Option<u64>)> =
        holdings.iter().map(|holding| holding.demand(least)).enumerate().collect();
    // Ascending by need, those without a limit last.
    order.sort_by_key(|&(_, demand)| demand.unwrap_or(u64::MAX));
    let mut left = total;
    let mut waiting = u64::try_from(order.len()).unwrap_or(u64::MAX);
    for (index, demand) in order {
        let equal = left / waiting.max(1);
        let given = demand.map_or(equal, |demand| demand.min(equal));
        if let Some(share) = shares.get_mut(index) {
            *share = given;
        }
        left -= given;
        waiting = waiting.saturating_sub(1);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holding(weight: u64, capacity: u64) -> Holding {
        Holding { weight, capacity, is_active: true }
    }

    #[test]
    fn one_tenant_alone_may_hold_everything() {
        assert_eq!(share(1_000_000, &[holding(900, 1_000)]), [1_000_000]);
    }

    #[test]
    fn a_greedy_tenant_takes_what_a_modest_one_leaves_and_no_more() {
        let shares = share(1_000_000, &[holding(900_000, 900_000), holding(100_000, 500_000)]);
        assert_eq!(shares, [850_000, 150_000]);
        let both_greedy = share(1_000_000, &[holding(900_000, 900_000), holding(100_000, 100_000)]);
        assert_eq!(both_greedy, [500_000, 500_000]);
    }

    #[test]
    fn what_nobody_asks_for_is_given_up() {
        let idle = Holding { weight: 800_000, capacity: 800_000, is_active: false };
        assert_eq!(share(1_000_000, &[idle, holding(200_000, 200_000)]), [400_000, 600_000]);
    }

    proptest! {
        #[test]
        fn shares_never_exceed_the_whole_and_nobody_gets_less_than_an_equal_share_of_what_it_needs(
            total in 0_u64..1 << 40,
            tenants in prop::collection::vec((0_u64..1 << 40, 0_u64..1 << 40, any::<bool>()), 0..50),
        ) {
            let holdings: Vec<Holding> = tenants
                .into_iter()
                .map(|(weight, capacity, is_active)| Holding { weight, capacity, is_active })
                .collect();
            let shares = share(total, &holdings);
            prop_assert!(shares.iter().sum::<u64>() <= total);
            let equal = total / (holdings.len().max(1) as u64);
            for (holding, share) in holdings.iter().zip(&shares) {
                let wanted = holding.demand(total / LEAST_PARTS).unwrap_or(u64::MAX);
                prop_assert!(*share >= wanted.min(equal), "{holding:?} got {share}");
            }
        }
    }
}
