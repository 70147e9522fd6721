//! Groups of rows, one after another.

/// A partition of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    rows: Vec<u32>,
    ends: Vec<usize>,
}

impl Groups {
    pub(crate) fn push(&mut self, rows: &[u32]) {
        self.rows.extend_from_slice(rows);
        self.ends.push(self.rows.len());
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.rows.get(start..*end).unwrap_or(&[]))
    }

    /// Puts rows together that have the same key, keys in order.
    pub(crate) fn by_key<K: Ord>(many: usize, key: impl Fn(usize) -> K) -> Self {
        let mut sets: std::collections::BTreeMap<K, Vec<u32>> = std::collections::BTreeMap::new();
        for (row, number) in (0..many).zip(0_u32..) {
            sets.entry(key(row)).or_default().push(number);
        }
        let mut groups = Self::default();
        sets.values().for_each(|rows| groups.push(rows));
        groups
    }
}
