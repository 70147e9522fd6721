//! Where people live, by local government codes: town → municipality → medical area → prefecture → region.

use std::{collections::BTreeMap, fmt};

use super::{ANY, Hierarchy, LevelName, Prefecture, UNKNOWN, csv};
use crate::error::{Error, Result};

/// The code of a municipality 全国地方公共団体コード (JIS X 0402): two digits of the prefecture, three of the municipality.
///
/// ```
/// use kiban_anon::LocalGovernmentCode;
/// let shinjuku = LocalGovernmentCode::parse("131041");
/// assert_eq!(shinjuku, LocalGovernmentCode::parse("13104"));
/// assert_eq!(LocalGovernmentCode::parse("131042"), None, "the check digit is wrong");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalGovernmentCode([u8; 5]);

impl LocalGovernmentCode {
    /// Reads five digits, or six of which the last is the right check digit; none where no such prefecture exists.
    ///
    /// A zero lost at the front is not guessed: `1100` and `011002` cannot be told from others once it is gone.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits: Vec<u8> = text.bytes().map(|b| b - b'0').collect();
        let (five, check) = digits.split_first_chunk::<5>()?;
        let code = Self(*five);
        code.prefecture()?;
        let fits = match check {
            [] => true,
            [check] => *check == code.check_digit(),
            _ => false,
        };
        fits.then_some(code)
    }

    /// Returns the check digit 検査数字: eleven less the rest, by eleven, of the digits weighted 6 to 2; its last digit.
    pub fn check_digit(self) -> u8 {
        let sum: u8 = self.0.iter().zip([6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
        (11 - sum % 11) % 10
    }

    /// Returns the prefecture.
    pub fn prefecture(self) -> Option<&'static Prefecture> {
        let [tens, ones, ..] = self.0;
        Prefecture::of(tens.checked_mul(10)?.checked_add(ones)?)
    }
}

impl fmt::Display for LocalGovernmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

/// The tables of an operator that say which municipality belongs to which medical area 二次医療圏, and which town 町丁 to
/// which municipality; prefectures and regions follow from the code.
///
/// Medical areas are drawn by each prefecture's plan (医療法 第30条の4) and change with it, so the table is the operator's.
///
/// ```
/// use kiban_anon::Geography;
/// let geography = Geography::new(Some("13104,1304,区西部\n13112,1303,区西南部\n"), None)?;
/// let lives = geography.hierarchy("lives", ["13104"])?;
/// assert_eq!((lives.label(1, 0), lives.label(2, 0)), (Some("1304 区西部"), Some("東京都")));
/// # Ok::<(), kiban_anon::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Geography {
    area_of: Option<BTreeMap<LocalGovernmentCode, String>>,
    municipality_of: Option<BTreeMap<String, LocalGovernmentCode>>,
}

impl Geography {
    /// Reads the tables, where there are any: CSV with `,` or `;`, with or without a header.
    ///
    /// Medical areas: municipality, code of the area, name of the area (or its label alone). Towns: town, municipality.
    ///
    /// # Errors
    /// A line without a municipality's code, a municipality or town given twice, an area of two prefectures; the message
    /// says in which line.
    pub fn new(medical_areas: Option<&str>, towns: Option<&str>) -> Result<Self> {
        let area_of = medical_areas.map(read_areas).transpose()?;
        let municipality_of = towns.map(read_towns).transpose()?;
        Ok(Self { area_of, municipality_of })
    }

    /// Builds the hierarchy over the municipalities, or over the towns where a table of them was given.
    ///
    /// Without that table, leaves are the municipalities among the values. Any other value has no leaf, nor has one whose
    /// medical area the table does not name: nothing is guessed.
    ///
    /// # Errors
    /// As [`Hierarchy::from_rows`].
    pub fn hierarchy<'a>(&self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Result<Hierarchy> {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let spellings: Vec<(&str, LocalGovernmentCode)> = match &self.municipality_of {
            Some(_) => Vec::new(),
            None => values.into_iter().filter_map(|text| Some((text, LocalGovernmentCode::parse(text)?))).collect(),
        };
        if let Some(towns) = &self.municipality_of {
            for (town, municipality) in towns {
                rows.extend(
                    self.groups(*municipality).map(|groups| [town.clone()].into_iter().chain(groups).collect()),
                );
            }
        } else {
            let mut codes: Vec<LocalGovernmentCode> = spellings.iter().map(|(_, code)| *code).collect();
            codes.sort_unstable();
            codes.dedup();
            rows.extend(codes.into_iter().filter_map(|code| self.groups(code)));
        }
        let names = self.names();
        rows.push(super::unknown_row(names.len()));
        let mut built = Hierarchy::from_named_rows(name, names, &rows)?;
        for (text, code) in spellings {
            built.alias(text, &code.to_string());
        }
        Ok(built)
    }

    /// Returns what a municipality belongs to, itself first; none where its medical area is not known.
    fn groups(&self, code: LocalGovernmentCode) -> Option<Vec<String>> {
        let prefecture = code.prefecture()?;
        let mut groups = vec![code.to_string()];
        if let Some(areas) = &self.area_of {
            groups.push(areas.get(&code)?.clone());
        }
        groups.extend([prefecture.name.to_owned(), prefecture.region.name().to_owned(), ANY.to_owned()]);
        Some(groups)
    }

    fn names(&self) -> Vec<LevelName> {
        let town = self.municipality_of.as_ref().map(|_| LevelName::new("town", "町丁"));
        let area = self.area_of.as_ref().map(|_| LevelName::new("medical area", "二次医療圏"));
        let mut names: Vec<LevelName> = town.into_iter().collect();
        names.push(LevelName::new("municipality", "市区町村"));
        names.extend(area);
        names.extend([LevelName::new("prefecture", "都道府県"), LevelName::new("region", "地方"), LevelName::all()]);
        names
    }
}

fn read_areas(text: &str) -> Result<BTreeMap<LocalGovernmentCode, String>> {
    let mut area_of = BTreeMap::new();
    let mut prefecture_of: BTreeMap<String, u8> = BTreeMap::new();
    for row in table(text, "medical areas", |cells| cells.first().is_some_and(|c| is_code(c)))? {
        let wrong = |why| wrong("medical areas", row.line, why);
        let code = row.cells.first().and_then(|text| LocalGovernmentCode::parse(text));
        let code = code.ok_or_else(|| wrong("the first column is no municipality's code of 5 or 6 digits"))?;
        let area = row.cells.iter().skip(1).take(2).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        let area = area.collect::<Vec<_>>().join(" ");
        if area.is_empty() || area == ANY || area == UNKNOWN {
            return Err(wrong("the second column names no medical area"));
        }
        let prefecture = code.prefecture().map_or(0, |prefecture| prefecture.number);
        if *prefecture_of.entry(area.clone()).or_insert(prefecture) != prefecture {
            return Err(wrong("this medical area lies in two prefectures: give its code beside its name"));
        }
        if area_of.insert(code, area).is_some() {
            return Err(wrong("this municipality was given before"));
        }
    }
    Ok(area_of)
}

fn read_towns(text: &str) -> Result<BTreeMap<String, LocalGovernmentCode>> {
    let mut municipality_of = BTreeMap::new();
    for row in table(text, "towns", |cells| cells.get(1).is_some_and(|c| is_code(c)))? {
        let wrong = |why| wrong("towns", row.line, why);
        let code = row.cells.get(1).and_then(|text| LocalGovernmentCode::parse(text));
        let code = code.ok_or_else(|| wrong("the second column is no municipality's code of 5 or 6 digits"))?;
        let town = row.cells.first().map(|town| town.trim().to_owned()).unwrap_or_default();
        if town.is_empty() || town == UNKNOWN {
            return Err(wrong("the first column names no town"));
        }
        if municipality_of.insert(town, code).is_some() {
            return Err(wrong("this town was given before: write towns so that no two are alike"));
        }
    }
    Ok(municipality_of)
}

fn is_code(text: &str) -> bool {
    LocalGovernmentCode::parse(text).is_some()
}

fn wrong(what: &str, line: usize, why: &'static str) -> Error {
    Error::BadParameter { what: format!("{what}, line {line}"), why }
}

/// Splits a table into rows, without its header: a first row that is no row of data and holds no digit.
fn table(text: &str, what: &str, is_data: impl Fn(&[String]) -> bool) -> Result<Vec<csv::Row>> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.contains(';') { ';' } else { ',' };
    let mut rows = csv::rows(text, delimiter).ok_or_else(|| wrong(what, 1, "a quotation mark does not end"))?;
    let is_header = |row: &csv::Row| !is_data(&row.cells) && !row.cells.concat().contains(|c: char| c.is_ascii_digit());
    if rows.first().is_some_and(is_header) {
        rows.remove(0);
    }
    if rows.is_empty() { Err(wrong(what, 1, "the table is empty")) } else { Ok(rows) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{super::path, *};

    /// Codes as the ministry of internal affairs lists them, the prefectures' own among them.
    #[test]
    fn the_check_digits_of_real_codes_are_right() {
        for code in ["010006", "011002", "131016", "131041", "132012", "141003", "271004", "401005", "472018", "473821"]
        {
            let parsed = LocalGovernmentCode::parse(code).unwrap_or_else(|| panic!("{code}"));
            assert_eq!(format!("{parsed}{}", parsed.check_digit()), code);
        }
    }

    /// Of a code whose check digit is neither 0 nor 1: rests of 0 and 10 both give 1.
    #[test]
    fn a_wrong_digit_anywhere_is_seen() {
        for place in 0..6 {
            for digit in b'0'..=b'9' {
                let mut text = *b"132012";
                if text[place] != digit {
                    text[place] = digit;
                    assert_eq!(LocalGovernmentCode::parse(std::str::from_utf8(&text).unwrap()), None, "{place}");
                }
            }
        }
        for no in ["", "1310", "1310411", "48101", "00101", "１３１０４", "13 04", "-1310"] {
            assert_eq!(LocalGovernmentCode::parse(no), None, "{no}");
        }
    }

    const AREAS: &str = "市区町村,圏域コード,圏域名\n13104,1304,区西部\n131121;x,1303,区西南部\n";

    #[test]
    fn towns_climb_to_regions() {
        let geography = Geography::new(Some("13104,1304,区西部\n"), Some("新宿区西新宿二丁目,131041\n")).unwrap();
        let h = geography.hierarchy("lives", []).unwrap();
        let expect = ["新宿区西新宿二丁目", "13104", "1304 区西部", "東京都", "関東地方", "*"];
        assert_eq!(path(&h, "新宿区西新宿二丁目"), expect);
        assert_eq!(
            h.levels().iter().map(|l| l.names().ja.as_str()).collect::<Vec<_>>(),
            ["町丁", "市区町村", "二次医療圏", "都道府県", "地方", "全体"]
        );
        let plain = Geography::default().hierarchy("lives", ["131041", "13104", "472018", "131042"]).unwrap();
        assert_eq!(path(&plain, "131041"), ["13104", "東京都", "関東地方", "*"]);
        assert_eq!((plain.leaves(), plain.leaf("131042")), (3, None));
    }

    #[test]
    fn a_municipality_without_an_area_has_no_leaf() {
        let h = Geography::new(Some("13104,西部"), None).unwrap().hierarchy("lives", ["13104", "13101"]).unwrap();
        assert_eq!((h.leaf("13101"), h.label(1, 0)), (None, Some("西部")));
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said_with_its_line() {
        let check = |areas: Option<&str>, towns: Option<&str>, expect: &str| {
            let error = Geography::new(areas, towns).unwrap_err().to_string();
            assert!(error.starts_with(expect), "{error}");
        };
        check(Some(AREAS), None, "medical areas, line 3: the first column is no municipality's code");
        check(Some("13104,西部\n14100,西部"), None, "medical areas, line 2: this medical area lies in two prefectures");
        check(Some("13104,西部\n131041,南部"), None, "medical areas, line 2: this municipality was given before");
        check(Some("13104;"), None, "medical areas, line 1: the second column names no");
        check(Some("code,area"), None, "medical areas, line 1: the table is empty");
        check(None, Some("本町,13104\n本町,14100"), "towns, line 2: this town was given before");
        check(None, Some("本町,131042"), "towns, line 1: the second column is no municipality's code");
    }
}
