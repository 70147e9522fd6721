//! Codes whose first characters already say the group: drugs, laboratory tests, claims.

use std::collections::BTreeMap;

use super::{ANY, Hierarchy, LevelName, UNKNOWN};
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
    /// ATC, 7 characters: 5 (chemical subgroup), 4, 3 (therapeutic subgroup) and 1 (anatomical group).
    Atc,
    /// Postal code 郵便番号, 7 digits: 5 and 3 (post office), 2 and 1 (region).
    Postal,
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
            Self::Atc => Hierarchy::prefixes(name, codes, &[5, 4, 3, 1]),
            Self::Postal => Hierarchy::prefixes(name, codes, &[5, 3, 2, 1]),
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
        let titles = lengths.iter().map(|l| LevelName::new(format!("first {l}"), format!("上{l}桁")));
        let names = [LevelName::new("code", "コード")].into_iter().chain(titles).chain([LevelName::all()]).collect();
        Self::from_code_rows(name, names, codes, plain, |code| lengths.iter().map(|l| cut(code, *l)).collect())
    }

    /// Builds a hierarchy whose leaves are the codes in their normal form; every spelling sent becomes an alias.
    pub(super) fn from_code_rows<'a>(
        name: &str,
        level_names: Vec<LevelName>,
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
        rows.push(super::unknown_row(level_names.len()));
        let mut built = Self::from_named_rows(name, level_names, &rows)?;
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
    use super::{super::path, *};

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

    #[test]
    fn postal_and_atc_codes_climb_by_prefix() {
        let postal = CodeSystem::Postal.hierarchy("postal", ["160-0022", "1600022"]).unwrap();
        assert_eq!(path(&postal, "160-0022"), ["1600022", "16000*", "160*", "16*", "1*", "*"]);
        let atc = CodeSystem::Atc.hierarchy("drug", ["A10BA02"]).unwrap();
        assert_eq!(path(&atc, "A10BA02"), ["A10BA02", "A10BA*", "A10B*", "A10*", "A*", "*"]);
    }
}
