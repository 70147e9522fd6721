//! Hierarchies that need no file: redaction, intervals, an order.

use std::collections::BTreeSet;

use super::{ANY, Hierarchy, UNKNOWN};
use crate::error::{Error, Result};

/// From which end a redaction covers characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redaction {
    /// The last character goes first, as in a postal code.
    FromRight,
    /// The first character goes first.
    FromLeft,
}

impl Hierarchy {
    /// Builds the hierarchy that covers one character more with `*` on each level, values padded to the longest.
    ///
    /// ```
    /// use kiban_anon::{Hierarchy, Redaction};
    /// let postal = Hierarchy::redaction("postal", ["1600022", "1600023"], Redaction::FromRight)?;
    /// assert_eq!((postal.label(1, 0), postal.label(7, 1)), (Some("160002*"), Some("*")));
    /// # Ok::<(), kiban_anon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Hierarchy::from_rows`].
    pub fn redaction<'a>(name: &str, values: impl IntoIterator<Item = &'a str>, from: Redaction) -> Result<Self> {
        let values: BTreeSet<&str> = values.into_iter().collect();
        let longest = values.iter().map(|v| v.chars().count()).max().unwrap_or(0);
        let row = |value: &&str| {
            let covered = (1..longest).map(|many| cover(value, many, longest, from));
            [(*value).to_owned()].into_iter().chain(covered).chain([ANY.to_owned()]).collect()
        };
        Self::from_rows(name, &[], &values.iter().map(row).collect::<Vec<Vec<String>>>())
    }

    /// Builds bands of whole numbers, narrow to wide; each width must divide the next, and bands begin at multiples of it.
    ///
    /// Below the first and from the last value on, what lies in one band shares it; a missing value has a leaf of its own.
    ///
    /// # Errors
    /// No numbers, or widths that do not divide each other.
    pub fn intervals(name: &str, numbers: std::ops::RangeInclusive<i64>, widths: &[u32]) -> Result<Self> {
        let nested = |pair: &[u32]| matches!(pair, [a, b] if *a > 0 && a < b && b % a == 0);
        if widths.contains(&0) || !widths.windows(2).all(nested) {
            let why = "each interval's width must divide the next";
            return Err(Error::BadParameter { what: name.to_owned(), why });
        }
        let row = |number: i64| {
            let band = |width: &u32| {
                let first = number - number.rem_euclid(i64::from(*width));
                format!("{first}..{}", first.saturating_add(i64::from(*width)))
            };
            [number.to_string()].into_iter().chain(widths.iter().map(band)).chain([ANY.to_owned()]).collect()
        };
        let mut rows: Vec<Vec<String>> = numbers.map(row).collect();
        if rows.is_empty() {
            return Err(Error::NoLeaves { hierarchy: name.to_owned() });
        }
        let below_top = std::iter::repeat_n(UNKNOWN.to_owned(), widths.len() + 1);
        rows.push(below_top.chain([ANY.to_owned()]).collect());
        Self::from_rows(name, &[], &rows)
    }

    /// Builds groups of neighbours in a given order, `sizes` of them on the levels above the leaves; each size must divide
    /// the next. A group is called after its first and last value.
    ///
    /// # Errors
    /// Sizes that do not divide each other; else as [`Hierarchy::from_rows`].
    pub fn ordered(name: &str, values: &[&str], sizes: &[usize]) -> Result<Self> {
        let nested = |pair: &[usize]| matches!(pair, [a, b] if *a > 0 && a < b && b % a == 0);
        if sizes.contains(&0) || !sizes.windows(2).all(nested) {
            let why = "each group's size must divide the next";
            return Err(Error::BadParameter { what: name.to_owned(), why });
        }
        let row = |(place, value): (usize, &&str)| {
            let group = |size: &usize| {
                let members = values.chunks(*size).nth(place / size).unwrap_or(&[]);
                match (members.first(), members.last()) {
                    (Some(first), Some(last)) if first != last => format!("{first} – {last}"),
                    _ => (*value).to_owned(),
                }
            };
            [(*value).to_owned()].into_iter().chain(sizes.iter().map(group)).chain([ANY.to_owned()]).collect()
        };
        Self::from_rows(name, &[], &values.iter().enumerate().map(row).collect::<Vec<Vec<String>>>())
    }
}

/// Covers so many of the places that the longest value has.
fn cover(value: &str, many: usize, longest: usize, from: Redaction) -> String {
    let short = longest - value.chars().count();
    let own = many.saturating_sub(short).min(value.chars().count());
    let shown = value.chars().count() - own;
    match from {
        Redaction::FromRight => value.chars().take(shown).chain(std::iter::repeat_n('*', many)).collect(),
        Redaction::FromLeft => std::iter::repeat_n('*', many).chain(value.chars().skip(own)).collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn path(h: &Hierarchy, value: &str) -> Vec<String> {
        let leaf = h.leaf(value).unwrap();
        (0..h.levels().len()).map(|l| h.label(l, leaf).unwrap().to_owned()).collect()
    }

    #[test]
    fn redaction_covers_one_place_more_on_each_level() {
        let h = Hierarchy::redaction("h", ["812", "99", "8"], Redaction::FromRight).unwrap();
        assert_eq!(path(&h, "812"), ["812", "81*", "8**", "*"]);
        assert_eq!(path(&h, "99"), ["99", "99*", "9**", "*"]);
        let h = Hierarchy::redaction("h", ["812", "912"], Redaction::FromLeft).unwrap();
        assert_eq!(path(&h, "912"), ["912", "*12", "**2", "*"]);
    }

    #[test]
    fn intervals_begin_at_multiples_of_their_width() {
        let h = Hierarchy::intervals("h", -3..=12, &[5, 10]).unwrap();
        assert_eq!(path(&h, "-3"), ["-3", "-5..0", "-10..0", "*"]);
        assert_eq!(path(&h, "12"), ["12", "10..15", "10..20", "*"]);
        assert!(Hierarchy::intervals("h", 0..=9, &[4, 10]).is_err());
        #[allow(clippy::reversed_empty_ranges)]
        let none = Hierarchy::intervals("h", 9..=0, &[5]);
        assert!(matches!(none, Err(Error::NoLeaves { .. })));
    }

    #[test]
    fn neighbours_in_an_order_are_grouped() {
        let h = Hierarchy::ordered("h", &["low", "mid", "high", "top", "max"], &[2, 4]).unwrap();
        assert_eq!(path(&h, "mid"), ["mid", "low – mid", "low – top", "*"]);
        assert_eq!(path(&h, "max"), ["max", "max", "max", "*"]);
        assert!(Hierarchy::ordered("h", &["a"], &[2, 3]).is_err());
    }
}
