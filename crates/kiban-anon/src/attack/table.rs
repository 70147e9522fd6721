//! The distinct rows of a table of codes, with an index by code.

use rustc_hash::FxHashMap;

/// Distinct rows with their counts, and where each code stands.
pub(crate) struct Table {
    /// Per column, the code of each distinct row.
    codes: Vec<Vec<u32>>,
    counts: Vec<u32>,
    /// Per column and code, the distinct rows that have it.
    places: Vec<Vec<Vec<u32>>>,
}

/// A column and the codes it may have, rising.
pub(crate) type Wanted<'a> = (usize, &'a [u32]);

impl Table {
    /// Takes rows of codes, one per column, and tells the distinct row of each; a row may be missing.
    pub(crate) fn new(columns: usize, rows: impl Iterator<Item = Option<Vec<u32>>>) -> (Self, Vec<Option<u32>>) {
        let mut seen: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        let mut table =
            Self { codes: vec![Vec::new(); columns], counts: Vec::new(), places: vec![Vec::new(); columns] };
        let place = |row: Option<Vec<u32>>| {
            let row = row?;
            let fresh = u32::try_from(table.counts.len()).unwrap_or(u32::MAX);
            let place = seen.get(&row).copied().unwrap_or(fresh);
            if place == fresh {
                table.push(&row, fresh);
                seen.insert(row, fresh);
            }
            table.counts.iter_mut().skip(place as usize).take(1).for_each(|n| *n += 1);
            Some(place)
        };
        let place_of = rows.map(place).collect();
        (table, place_of)
    }

    fn push(&mut self, row: &[u32], place: u32) {
        self.counts.push(0);
        for ((code, codes), places) in row.iter().zip(&mut self.codes).zip(&mut self.places) {
            codes.push(*code);
            if places.len() <= *code as usize {
                places.resize(*code as usize + 1, Vec::new());
            }
            places.iter_mut().skip(*code as usize).take(1).for_each(|rows| rows.push(place));
        }
    }

    pub(crate) fn code(&self, column: usize, place: u32) -> u32 {
        self.codes.get(column).and_then(|codes| codes.get(place as usize)).copied().unwrap_or(0)
    }

    pub(crate) fn count(&self, place: u32) -> u32 {
        self.counts.get(place as usize).copied().unwrap_or(0)
    }

    fn at(&self, column: usize, code: u32) -> &[u32] {
        self.places.get(column).and_then(|places| places.get(code as usize)).map_or(&[], Vec::as_slice)
    }

    /// Finds the distinct rows that fit; it walks along the rarest of what is wanted.
    pub(crate) fn matching<'a>(&'a self, wanted: &'a [Wanted<'a>]) -> impl Iterator<Item = u32> + 'a {
        let many = |(column, codes): &Wanted<'_>| codes.iter().map(|code| self.at(*column, *code).len()).sum::<usize>();
        let rarest = wanted.iter().min_by_key(|one| many(one)).copied();
        let all = if rarest.is_none() { self.counts.len() } else { 0 };
        let found = rarest.into_iter().flat_map(move |(column, codes)| codes.iter().map(move |c| self.at(column, *c)));
        let fits = |place: &u32| wanted.iter().all(|(c, codes)| codes.binary_search(&self.code(*c, *place)).is_ok());
        (0..).take(all).chain(found.flatten().copied().filter(fits))
    }

    /// Tells whether exactly one row fits.
    pub(crate) fn isolates(&self, wanted: &[Wanted<'_>]) -> bool {
        let mut rows = 0;
        for place in self.matching(wanted) {
            rows += self.count(place);
            if rows > 1 {
                return false;
            }
        }
        rows == 1
    }
}
