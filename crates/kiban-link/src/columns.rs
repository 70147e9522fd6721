//! Columns of their own: what a table tells beside names, births, homes, phones and cards.

use crate::{
    compare::{
        OtherKind,
        field::{RARITIES, text},
    },
    dictionary::Interner,
    similarity,
};

/// One column of its own: the values of all rows as numbers, and each distinct value once.
pub(crate) struct Column {
    pub(crate) kind: OtherKind,
    rows: Vec<u32>,
    ids: Interner,
    letters: Vec<Box<[char]>>,
    /// The beginning of each distinct value, as a number.
    starts: Vec<u32>,
    counts: Vec<u32>,
    /// How common each distinct value is.
    grades: Vec<u8>,
}

impl Column {
    pub(crate) fn new(kind: OtherKind) -> Self {
        Self {
            kind,
            rows: Vec::new(),
            ids: Interner::default(),
            letters: vec![Box::default()],
            starts: vec![0],
            counts: vec![0],
            grades: Vec::new(),
        }
    }

    /// Adds the value of the next row.
    pub(crate) fn push(&mut self, plain: &str) {
        let id = self.ids.id(plain);
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        if at == self.letters.len() {
            let letters: Box<[char]> = plain.chars().collect();
            self.starts.push(start(&letters, START));
            self.letters.push(letters);
            self.counts.push(0);
        }
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        self.rows.push(id);
    }

    /// Puts the rows into another order and lets go of what only adding needs.
    pub(crate) fn settle(&mut self, order: &[u32]) {
        self.rows = order.iter().map(|row| self.at(*row)).collect();
        self.ids = Interner::default();
        let grade = |count: &u32| u8::try_from(rarity(*count, self.rows.len())).unwrap_or_default();
        self.grades = self.counts.iter().map(grade).collect();
        self.counts = Vec::new();
    }

    /// Returns the number of a row's value; zero where it is missing.
    pub(crate) fn at(&self, row: u32) -> u32 {
        usize::try_from(row).ok().and_then(|row| self.rows.get(row)).copied().unwrap_or(0)
    }

    /// Returns the number of the beginning of a row's value; zero where it is missing.
    pub(crate) fn start(&self, row: u32) -> u32 {
        usize::try_from(self.at(row)).ok().and_then(|value| self.starts.get(value)).copied().unwrap_or(0)
    }

    /// Returns how common a value is: 0 common, and so on to the rarest grade.
    pub(crate) fn rarity(&self, value: u32) -> u16 {
        usize::try_from(value).ok().and_then(|at| self.grades.get(at)).copied().unwrap_or_default().into()
    }

    /// Returns the level of two different values.
    pub(crate) fn likeness(&self, left: u32, right: u32) -> u16 {
        let letters =
            |value: u32| usize::try_from(value).ok().and_then(|at| self.letters.get(at)).map_or(&[][..], |l| l);
        let (l, r) = (letters(left), letters(right));
        let (longer, shorter) = (l.len().max(r.len()), l.len().min(r.len()));
        if shorter * 3 < longer * 2 {
            return text::DIFFERENT;
        }
        let distance = usize::try_from(similarity::osa(l, r)).unwrap_or(usize::MAX);
        if (distance <= 1 && longer >= 4) || distance * 6 <= longer {
            text::CLOSE
        } else if distance * 3 <= longer {
            text::NEAR
        } else {
            text::DIFFERENT
        }
    }
}

/// Letters of the beginning of a value.
const START: usize = 4;

/// Returns a number for the first letters of a text; zero for an empty one. Different ones may rarely get one number.
pub(crate) fn start(letters: &[char], length: usize) -> u32 {
    let mixed = letters
        .iter()
        .take(length)
        .fold(0_u32, |sum, c| (sum ^ u32::from(*c)).wrapping_mul(0x9E37_79B1).rotate_left(13));
    if letters.is_empty() { 0 } else { mixed | 1 }
}

/// Returns the grade of rarity of a value that so many of all rows have.
///
/// The share is smoothed so that a value in a small set is not taken for a common one.
pub(crate) fn rarity(count: u32, rows: usize) -> u16 {
    const SHARES: [f64; RARITIES as usize - 1] = [3e-3, 5e-4, 1e-4, 2e-5, 4e-6];
    let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
    let share = f64::from(count) / (rows + 5_000.0);
    let grade = SHARES.iter().take_while(|least| share < **least).count();
    u16::try_from(grade).unwrap_or(RARITIES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::text::plain_key;

    #[test]
    fn texts_meet_at_the_level_their_letters_say() {
        let mut column = Column::new(OtherKind::Text);
        let values = ["tullaroop street", "tullarop street", "Tullaroop  Street.", "giblin street", "", "ac"];
        values.iter().for_each(|value| column.push(&plain_key(value)));
        column.settle(&[0, 1, 2, 3, 4, 5]);
        let level = |l: u32, r: u32| column.likeness(column.at(l), column.at(r));
        assert_eq!(level(0, 1), text::CLOSE);
        assert_eq!(level(0, 3), text::DIFFERENT);
        assert_eq!(level(0, 5), text::DIFFERENT);
        assert_eq!(column.at(0), column.at(2), "case, width and punctuation say nothing");
        assert_eq!(column.at(4), 0);
    }

    #[test]
    fn the_rarer_the_higher() {
        assert_eq!(rarity(100_000, 1_000_000), 0);
        assert_eq!(rarity(1, 1_000_000), RARITIES - 1);
        assert!((0..2_000).map(|count| rarity(count, 100_000)).is_sorted_by(|a, b| a >= b));
    }
}
