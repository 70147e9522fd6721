//! Swapping 交換: values change owners, so every column keeps its values.

use super::{dice::Dice, groups::Groups};

/// Swaps each row's value with that of a row at most so many ranks away.
///
/// Moore (1996, *Controlled data-swapping techniques for masking public use microdata sets*): in the order of the values each row
/// that was not swapped yet takes a partner, uniform among those within the window above it. Returns for each place in it the place whose value it takes.
pub(crate) fn by_rank(many: usize, window: usize, dice: &mut Dice) -> Vec<usize> {
    let mut takes: Vec<usize> = (0..many).collect();
    let mut swapped = vec![false; many];
    for place in 0..many {
        let reach = window.min(many - 1 - place);
        if swapped.get(place) != Some(&false) || reach == 0 {
            continue;
        }
        let free = |other: &usize| swapped.get(*other) == Some(&false);
        let thrown = (0..64).map(|_| place + 1 + dice.place(reach)).find(free);
        let partner = thrown.or_else(|| {
            let open: Vec<usize> = (place + 1..=place + reach).filter(free).collect();
            open.get(dice.place(open.len().max(1))).copied()
        });
        if let Some(other) = partner {
            takes.swap(place, other);
            swapped.iter_mut().skip(place).step_by(other - place).take(2).for_each(|s| *s = true);
        }
    }
    takes
}

/// Swaps the values of whole records: those at risk first, then by lot up to a number of records.
///
/// Targeted record swapping as censuses do it (Shlomo, Tudor, Groom 2010, *Data swapping for protecting census tables*): a
/// partner is uniform among the unswapped records of the same group (same values in the columns that must agree) with
/// another value to swap. So the joint distribution of the group's columns and the swapped ones is kept exactly. Returns
/// for each row the row whose values it takes, and how many at risk found no partner.
pub(crate) fn records(group_of: &[u32], value_of: &[u32], at_risk: &[bool], most: usize, dice: &mut Dice) -> Swapped {
    let mut order: Vec<usize> = (0..group_of.len()).collect();
    dice.shuffle(&mut order);
    let risky = |row: &usize| at_risk.get(*row) == Some(&true);
    order.sort_by_key(|row| !risky(row));
    let mut pools = Pools::new(group_of, value_of);
    let mut found = Swapped { takes: (0..group_of.len()).collect(), without_partner: 0 };
    let mut moved = 0;
    for row in order {
        if pools.is_gone(row) || !risky(&row) && moved + 1 >= most {
            continue;
        }
        match pools.partner(row, dice) {
            Some(other) => {
                found.takes.swap(row, other);
                moved += 2;
            }
            None => found.without_partner += u64::from(risky(&row)),
        }
    }
    found
}

/// The outcome of swapping records.
pub(crate) struct Swapped {
    pub(crate) takes: Vec<usize>,
    pub(crate) without_partner: u64,
}

/// The unswapped rows per group and, within, per value.
struct Pools {
    rows: Vec<Vec<usize>>,
    /// The pools of each row's group.
    spans: Vec<std::ops::Range<usize>>,
    pool_of: Vec<usize>,
    place_of: Vec<Option<usize>>,
}

impl Pools {
    fn new(group_of: &[u32], value_of: &[u32]) -> Self {
        let many = group_of.len();
        let key = |row: usize| (group_of.get(row).copied(), value_of.get(row).copied());
        let sets = Groups::by_key(many, key);
        let rows: Vec<Vec<usize>> = sets.iter().map(|s| s.iter().map(|r| *r as usize).collect()).collect();
        let mut pools = Self { rows, spans: Vec::new(), pool_of: vec![0; many], place_of: vec![None; many] };
        for (pool, rows) in pools.rows.iter().enumerate() {
            for (place, row) in rows.iter().enumerate() {
                pools.pool_of.iter_mut().skip(*row).take(1).for_each(|p| *p = pool);
                pools.place_of.iter_mut().skip(*row).take(1).for_each(|p| *p = Some(place));
            }
        }
        let group = |rows: &Vec<usize>| rows.first().and_then(|row| group_of.get(*row)).copied();
        let mut start = 0;
        for alike in pools.rows.chunk_by(|a, b| group(a) == group(b)) {
            pools.spans.extend(alike.iter().map(|_| start..start + alike.len()));
            start += alike.len();
        }
        pools
    }

    fn is_gone(&self, row: usize) -> bool {
        self.place_of.get(row).is_none_or(Option::is_none)
    }

    /// Takes the row and its partner out of the pools.
    fn partner(&mut self, row: usize, dice: &mut Dice) -> Option<usize> {
        let own = *self.pool_of.get(row)?;
        let others = || self.spans.get(own).cloned().unwrap_or(0..0).filter(|pool| *pool != own);
        let size = |pool: usize| self.rows.get(pool).map_or(0, Vec::len);
        let mut thrown = dice.place(others().map(size).sum());
        let pool = others().find(|pool| {
            let here = thrown < size(*pool);
            thrown -= if here { 0 } else { size(*pool) };
            here
        })?;
        let other = self.rows.get(pool).and_then(|rows| rows.get(thrown)).copied()?;
        self.remove(row);
        self.remove(other);
        Some(other)
    }

    fn remove(&mut self, row: usize) {
        let Some(place) = self.place_of.get_mut(row).and_then(Option::take) else { return };
        let pool = self.pool_of.get(row).copied().unwrap_or(0);
        let Some(rows) = self.rows.get_mut(pool) else { return };
        rows.swap_remove(place);
        if let Some(moved) = rows.get(place) {
            self.place_of.iter_mut().skip(*moved).take(1).for_each(|p| *p = Some(place));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranks_are_swapped_in_pairs_within_the_window(many in 0_usize..200, window in 0_usize..30, seed: u64) {
            let takes = by_rank(many, window, &mut Dice::new(&seed.to_be_bytes(), &[]));
            for (place, from) in takes.iter().enumerate() {
                prop_assert_eq!(takes[*from], place);
                prop_assert!(place.abs_diff(*from) <= window);
            }
            let stayed = takes.iter().enumerate().filter(|(a, b)| a == *b).count();
            prop_assert!(window == 0 || stayed <= many / 2 + 1);
        }

        #[test]
        fn records_are_swapped_in_pairs_within_groups_and_those_at_risk_first(
            rows in proptest::collection::vec((0_u32..3, 0_u32..4, proptest::bool::weighted(0.2)), 0..60),
            most in 0_usize..20, seed: u64,
        ) {
            let group: Vec<u32> = rows.iter().map(|r| r.0).collect();
            let value: Vec<u32> = rows.iter().map(|r| r.1).collect();
            let risk: Vec<bool> = rows.iter().map(|r| r.2).collect();
            let found = records(&group, &value, &risk, most, &mut Dice::new(&seed.to_be_bytes(), &[]));
            let (mut stuck, mut moved, mut quiet) = (0, 0, 0);
            for (row, from) in found.takes.iter().copied().enumerate() {
                prop_assert_eq!(found.takes[from], row);
                prop_assert_eq!(group[from], group[row]);
                prop_assert!(from == row || value[from] != value[row]);
                stuck += u64::from(risk[row] && from == row);
                moved += usize::from(from != row);
                quiet += usize::from(from > row && !risk[row] && !risk[from]);
            }
            prop_assert_eq!(stuck, found.without_partner);
            prop_assert!(quiet == 0 || moved <= most, "those not at risk move only up to the limit");
        }
    }
}
