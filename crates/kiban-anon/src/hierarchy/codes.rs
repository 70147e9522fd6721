//! Codes whose first characters already say the group: drugs, laboratory tests, claims.

use std::collections::BTreeMap;

use super::{ANY, Hierarchy, UNKNOWN};
use crate::error::{Error, Result};

/// Names a code system with the prefixes by which its codes are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeSystem {
    /// YJ or 薬価基準 code, 12 characters: 9 (substance, route, form, strength), 7 (with route and form: 4 + 3), 4 (substance
    /// class), 3 and 2 (薬効分類).
    Yj,
    /// JLAC10, 15 or 17 characters: 12 (without method and result), 5 (the analyte).
    Jlac10,
    /// Nine-digit codes of the claims masters: 6, 3, 1 leading digits.
    Claim,
    /// ICD-10 by its own tree: 4 characters, category, block, chapter.
    Icd10,
}

impl CodeSystem {
    /// Builds the hierarchy over the codes that occur.
    ///
    /// # Errors
    /// As [`Hierarchy::from_rows`].
    pub fn hierarchy<'a>(self, name: &str, codes: impl IntoIterator<Item = &'a str>) -> Result<Hierarchy> {
        match self {
            Self::Yj => Hierarchy::prefixes(name, codes, &[9, 7, 4, 3, 2]),
            Self::Jlac10 => Hierarchy::prefixes(name, codes, &[12, 5]),
            Self::Claim => Hierarchy::prefixes(name, codes, &[6, 3, 1]),
            Self::Icd10 => Hierarchy::icd10(name, codes),
        }
    }
}

impl Hierarchy {
    /// Builds the hierarchy of codes by prefixes of the given lengths, longest first, then everything.
    ///
    /// Blanks and hyphens do not count. A code cut short is marked (`2325*`), so that a group is never taken for a code.
    ///
    /// # Errors
    /// Lengths that do not fall.
    pub fn prefixes<'a>(name: &str, codes: impl IntoIterator<Item = &'a str>, lengths: &[usize]) -> Result<Self> {
        if lengths.contains(&0) || !lengths.windows(2).all(|pair| matches!(pair, [a, b] if a > b)) {
            let why = "prefix lengths must fall and be at least 1";
            return Err(Error::BadParameter { what: name.to_owned(), why });
        }
        let titles: Vec<String> = lengths.iter().map(|l| format!("first {l}")).collect();
        let names: Vec<&str> = ["code"].into_iter().chain(titles.iter().map(String::as_str)).chain(["all"]).collect();
        Self::from_code_rows(name, &names, codes, plain, |code| lengths.iter().map(|l| cut(code, *l)).collect())
    }

    /// Builds a hierarchy whose leaves are the codes in their normal form; every spelling sent becomes an alias.
    pub(super) fn from_code_rows<'a>(
        name: &str,
        level_names: &[&str],
        codes: impl IntoIterator<Item = &'a str>,
        normal: fn(&str) -> String,
        groups: impl Fn(&str) -> Vec<String>,
    ) -> Result<Self> {
        let spellings: BTreeMap<&str, String> = codes.into_iter().map(|sent| (sent, normal(sent))).collect();
        let mut leaves: Vec<&String> = spellings.values().filter(|c| !c.is_empty() && *c != UNKNOWN).collect();
        leaves.sort_unstable();
        leaves.dedup();
        let row = |code: &str| [code.to_owned()].into_iter().chain(groups(code)).chain([ANY.to_owned()]).collect();
        let mut rows: Vec<Vec<String>> = leaves.into_iter().map(|code| row(code)).collect();
        let below_top = std::iter::repeat_n(UNKNOWN.to_owned(), level_names.len().saturating_sub(1));
        rows.push(below_top.chain([ANY.to_owned()]).collect());
        let mut built = Self::from_rows(name, level_names, &rows)?;
        for (sent, code) in &spellings {
            built.alias(sent, if code.is_empty() { UNKNOWN } else { code });
        }
        Ok(built)
    }
}

fn plain(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

fn cut(code: &str, length: usize) -> String {
    let head: String = code.chars().take(length).collect();
    if head.len() == code.len() { head } else { head + ANY }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn path(h: &Hierarchy, code: &str) -> Vec<String> {
        let leaf = h.leaf(code).unwrap();
        (0..h.levels().len()).map(|l| h.label(l, leaf).unwrap().to_owned()).collect()
    }

    #[test]
    fn drug_codes_climb_by_prefix() {
        let yj = CodeSystem::Yj.hierarchy("drug", ["2325003B2029", "2325003F1010", "1124"]).unwrap();
        let expected = ["2325003B2029", "2325003B2*", "2325003*", "2325*", "232*", "23*", "*"];
        assert_eq!(path(&yj, "2325003B2029"), expected);
        assert_eq!(path(&yj, "1124"), ["1124", "1124", "1124", "1124", "112*", "11*", "*"]);
    }

    #[test]
    fn laboratory_codes_lose_their_hyphens() {
        let lab = CodeSystem::Jlac10.hierarchy("lab", ["3B035-0000-023-272-01", "3B035000002327101", ""]).unwrap();
        assert_eq!(path(&lab, "3B035-0000-023-272-01"), ["3B035000002327201", "3B0350000023*", "3B035*", "*"]);
        assert_eq!(path(&lab, ""), ["unknown", "unknown", "unknown", "*"]);
        assert!(Hierarchy::prefixes("x", ["a"], &[3, 5]).is_err());
    }
}
