//! Redaction: one character more is covered on each level.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{ANY, Hierarchy, LevelName};
use crate::error::{Error, Result};

/// Describes how values are covered character by character, as ARX's redaction builder does.
///
/// Values are laid under each other at `align`; from the end `from`, one column more is covered on each level. Columns
/// that a short value does not reach are covered first or last and never written as blanks.
///
/// ```
/// use kiban_anon::Redaction;
/// let postal = Redaction::default().hierarchy("postal", ["1600022", "1600023"])?;
/// assert_eq!((postal.label(1, 0), postal.label(7, 1)), (Some("160002*"), Some("*")));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redaction {
    /// The end from which characters are covered; the right one by default.
    pub from: End,
    /// The end at which values are aligned; the left one by default.
    pub align: End,
    /// The character that covers, `*` by default.
    pub mask: char,
}

/// An end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Where it begins.
    Left,
    /// Where it ends.
    Right,
}

impl Default for Redaction {
    fn default() -> Self {
        Self { from: End::Right, align: End::Left, mask: '*' }
    }
}

impl Redaction {
    /// Builds the hierarchy over the values that occur; the last level is everything.
    ///
    /// # Errors
    /// A mask that is a blank; a value that holds the mask, which would look covered.
    pub fn hierarchy<'a>(&self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Result<Hierarchy> {
        let values: BTreeSet<&str> = values.into_iter().filter(|value| super::is_value(value)).collect();
        if self.mask.is_whitespace() || values.iter().any(|value| value.contains(self.mask)) {
            let why = "the mask is a blank or occurs in a value: choose another mask";
            return Err(Error::BadParameter { what: name.to_owned(), why });
        }
        let longest = values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
        let row = |value: &&str| {
            let covered = (1..longest).map(|many| self.cover(value, many, longest));
            [(*value).to_owned()].into_iter().chain(covered).chain([ANY.to_owned()]).collect()
        };
        let mut rows: Vec<Vec<String>> = values.iter().map(row).collect();
        rows.push(super::unknown_row(longest.max(1) + 1));
        let covered = (1..longest).map(|many| LevelName::new(format!("{many} covered"), format!("{many}文字伏せる")));
        let names = [LevelName::new("value", "値")].into_iter().chain(covered).chain([LevelName::all()]).collect();
        Hierarchy::from_named_rows(name, names, &rows)
    }

    /// Covers so many of the columns that the longest value has.
    fn cover(&self, value: &str, many: usize, longest: usize) -> String {
        let own = value.chars().count();
        // Columns that the value does not reach are covered first where they lie at the end that is covered.
        let reached = if self.align == self.from { many } else { many.saturating_sub(longest - own) }.min(own);
        let masks = std::iter::repeat_n(self.mask, many);
        match self.from {
            End::Right => value.chars().take(own - reached).chain(masks).collect(),
            End::Left => masks.chain(value.chars().skip(reached)).collect(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{
        super::{UNKNOWN, path},
        *,
    };

    fn check(from: End, align: End, value: &str, expect: &[&str]) {
        let redaction = Redaction { from, align, mask: '#' };
        let h = redaction.hierarchy("h", ["812", "99", "8", "12"]).unwrap();
        assert_eq!(path(&h, value), expect, "{from:?} {align:?}");
    }

    #[test]
    fn one_column_more_is_covered_on_each_level() {
        check(End::Right, End::Left, "812", &["812", "81#", "8##", "*"]);
        check(End::Right, End::Left, "99", &["99", "99#", "9##", "*"]);
        check(End::Right, End::Left, "8", &["8", "8#", "8##", "*"]);
        check(End::Right, End::Right, "99", &["99", "9#", "##", "*"]);
        check(End::Left, End::Left, "12", &["12", "#2", "##", "*"]);
        check(End::Left, End::Right, "12", &["12", "#12", "##2", "*"]);
        check(End::Left, End::Right, "812", &["812", "#12", "##2", "*"]);
        check(End::Left, End::Right, UNKNOWN, &[UNKNOWN, UNKNOWN, UNKNOWN, "*"]);
    }

    #[test]
    fn a_mask_that_occurs_in_a_value_is_refused() {
        assert!(Redaction::default().hierarchy("h", ["1*"]).is_err());
        assert!(Redaction { mask: ' ', ..Redaction::default() }.hierarchy("h", ["1"]).is_err());
        assert_eq!(Redaction::default().hierarchy("h", []).unwrap().leaves(), 1, "the unknown leaf");
    }
}
