//! What the columns of a table hold: as the job says, else as their names and contents suggest.

use std::fmt;

use kiban_link::{MOST_OTHERS, OtherKind};
use serde::{Deserialize, Serialize};

use super::job::DedupeJob;
use crate::{
    Error, Result,
    table::{Rows, Source},
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Family and given name in one, in kanji or Latin letters.
    FullName,
    /// The reading of the full name.
    FullKana,
    /// The full name, romanised.
    Romaji,
    /// The given name.
    GivenName,
    /// The family name.
    FamilyName,
    /// The reading of the given name.
    GivenKana,
    /// The reading of the family name.
    FamilyKana,
    /// The date of birth.
    BirthDate,
    /// The date of something that happened.
    EventDate,
    /// The sex.
    Sex,
    /// The postal code.
    Postcode,
    /// The address.
    Address,
    /// The town.
    Town,
    /// The phone number.
    Phone,
    /// 保険者番号.
    Insurer,
    /// 記号.
    InsurerSymbol,
    /// 番号.
    InsurerNumber,
    /// 枝番.
    InsurerBranch,
    /// The number of the person at the facility.
    LocalId,
    /// The facility.
    Facility,
    /// The medical ID 医療等ID.
    MedicalId,
    /// One of some values.
    Category,
    /// Any text.
    Text,
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A column and how it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Its name in the header.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// How it is compared where it is no part of a registration.
    #[serde(skip)]
    pub(super) other: Option<OtherKind>,
}

impl Proposal {
    /// Tells whether the column is compared on its own, and not as part of a name, a birth, a home, a phone or a card.
    pub fn is_own(&self) -> bool {
        self.other.is_some()
    }
}

/// Rows that are looked at to see what a column holds.
const LOOK: usize = 20_000;

/// Returns the columns that are compared, with what they hold.
pub(super) fn columns(job: &DedupeJob) -> Result<Vec<Proposal>> {
    let sources = job.input.iter().map(Source::open).collect::<Result<Vec<_>>>()?;
    let Some(first) = sources.first() else { return Err(Error::Input("no [[input]] is given".to_owned())) };
    for source in &sources {
        source.column(&job.id)?;
    }
    let named: Vec<(String, Option<ColumnKind>)> = if job.columns.is_empty() {
        let shared = |name: &&str| *name != job.id && sources.iter().all(|source| source.column(name).is_ok());
        first.names().filter(shared).map(|name| (name.to_owned(), None)).collect()
    } else {
        job.columns.iter().map(|column| (column.name.clone(), Some(column.kind))).collect()
    };
    for source in &sources {
        named.iter().try_for_each(|(name, _)| source.column(name).map(drop))?;
    }
    let places = named.iter().map(|(name, _)| first.column(name)).collect::<Result<Vec<_>>>()?;
    let contents = look(first, &places)?;
    let mut columns: Vec<Proposal> = named
        .into_iter()
        .zip(&contents)
        .filter_map(|((name, given), content)| {
            let kind = given.or_else(|| by_name(&name)).or_else(|| content.kind())?;
            Some(Proposal { other: content.other(kind), name, kind })
        })
        .collect();
    let have = |kind: ColumnKind| columns.iter().any(|column| column.kind == kind);
    // A number of a person that no facility gave means the same everywhere.
    if !have(ColumnKind::Facility) {
        for column in columns.iter_mut().filter(|column| column.kind == ColumnKind::LocalId) {
            column.other = Some(OtherKind::Text);
        }
    }
    if columns.is_empty() {
        return Err(Error::Input("no column says anything of persons: name them in [[column]]".to_owned()));
    }
    let others = others(&columns).len();
    if others > MOST_OTHERS {
        return Err(Error::Input(format!(
            "{others} columns are texts, categories or dates of their own, and {MOST_OTHERS} can be compared: name fewer in [[column]]"
        )));
    }
    Ok(columns)
}

/// Returns how the columns of their own are compared, in their order.
pub(super) fn others(columns: &[Proposal]) -> Vec<OtherKind> {
    columns.iter().filter_map(|column| column.other).collect()
}

/// What the first rows of a column look like.
#[derive(Debug, Clone, Copy, Default)]
struct Content {
    filled: usize,
    japanese: usize,
    kana: usize,
    /// Seven digits, with or without a hyphen.
    postal: usize,
    /// Ten or eleven digits that begin with zero, or with the country's code.
    phone: usize,
    /// What can be read as a date of the last two centuries.
    dates: usize,
    distinct: usize,
}

impl Content {
    fn mostly(&self, some: usize) -> bool {
        self.filled > 0 && some * 10 >= self.filled * 8
    }

    fn often(&self, some: usize) -> bool {
        self.filled > 0 && some * 2 >= self.filled
    }

    /// Returns how a column is compared on its own, where its values are not what Japanese registrations hold.
    fn other(&self, kind: ColumnKind) -> Option<OtherKind> {
        match kind {
            ColumnKind::Postcode if !self.often(self.postal) => Some(OtherKind::Place),
            ColumnKind::Address if !self.often(self.japanese) => Some(OtherKind::Place),
            ColumnKind::Phone if !self.often(self.phone) => Some(OtherKind::Text),
            ColumnKind::Town => Some(OtherKind::Place),
            ColumnKind::Category => Some(OtherKind::Category),
            ColumnKind::EventDate => Some(OtherKind::Date),
            ColumnKind::Text => Some(OtherKind::Text),
            _ => None,
        }
    }

    /// Returns what contents alone suggest; nothing where a column is empty.
    fn kind(&self) -> Option<ColumnKind> {
        Some(match self {
            Self { filled: 0, .. } => return None,
            one if one.mostly(one.phone) => ColumnKind::Phone,
            one if one.mostly(one.dates) => ColumnKind::EventDate,
            one if one.mostly(one.kana) => ColumnKind::FullKana,
            one if one.distinct <= 60 && one.distinct * 20 <= one.filled => ColumnKind::Category,
            _ => ColumnKind::Text,
        })
    }
}

fn look(source: &Source, places: &[usize]) -> Result<Vec<Content>> {
    let mut contents = vec![Content::default(); places.len()];
    let mut values: Vec<std::collections::BTreeSet<String>> = vec![std::collections::BTreeSet::new(); places.len()];
    let mut seen = 0;
    for rows in source.batches(places)? {
        let Rows { columns, rows } = rows?;
        for ((texts, content), values) in columns.iter().zip(&mut contents).zip(&mut values) {
            for text in texts.iter().flatten().map(str::trim).filter(|text| !text.is_empty()) {
                content.add(text);
                if values.len() < 1_000 {
                    values.insert(text.to_owned());
                }
            }
        }
        seen += rows;
        if seen >= LOOK {
            break;
        }
    }
    contents.iter_mut().zip(values).for_each(|(content, values)| content.distinct = values.len());
    Ok(contents)
}

impl Content {
    fn add(&mut self, text: &str) {
        let is_kana = |c: char| matches!(c, '\u{3041}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}');
        let is_kanji =
            |c: char| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
        let narrowed: String = text.chars().map(narrow).collect();
        let digits: String = narrowed.chars().filter(char::is_ascii_digit).collect();
        let plain =
            narrowed.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '(' | ')' | '/' | '.' | '+'));
        let national = digits.starts_with('0') || digits.starts_with("81");
        self.filled += 1;
        self.japanese += usize::from(text.chars().any(|c| is_kana(c) || is_kanji(c)));
        self.kana += usize::from(text.chars().all(|c| is_kana(c) || c.is_whitespace()));
        self.postal += usize::from(plain && digits.len() == 7);
        self.phone += usize::from(plain && (10..=12).contains(&digits.len()) && national);
        self.dates += usize::from(plain && digits.len() == 8 && (digits.starts_with("19") || digits.starts_with("20")));
    }
}

/// Returns full-width digits and signs as their ASCII forms, and whatever stands for a hyphen as one.
fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' | 'ｰ' | '－' => '-',
        '！'..='～' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        other => other,
    }
}

/// Returns what a usual name of a column says of it.
fn by_name(name: &str) -> Option<ColumnKind> {
    use ColumnKind::{
        Address, BirthDate, Facility, FamilyKana, FamilyName, FullKana, FullName, GivenKana, GivenName, Insurer,
        InsurerBranch, InsurerNumber, InsurerSymbol, LocalId, MedicalId, Phone, Postcode, Romaji, Sex, Town,
    };
    const NAMES: &[(ColumnKind, &[&str])] = &[
        (GivenName, &["given_name", "first_name", "forename", "given", "名"]),
        (FamilyName, &["family_name", "surname", "last_name", "family", "姓", "氏"]),
        (GivenKana, &["given_kana", "given_name_kana", "first_name_kana", "名カナ", "名ふりがな"]),
        (FamilyKana, &["family_kana", "family_name_kana", "last_name_kana", "姓カナ", "姓ふりがな"]),
        (FullKana, &["name_kana", "kana", "full_kana", "カナ氏名", "氏名カナ", "ふりがな", "フリガナ"]),
        (Romaji, &["name_romaji", "romaji", "name_latin", "ローマ字氏名"]),
        (FullName, &["name", "full_name", "name_kanji", "氏名", "患者氏名", "漢字氏名"]),
        (BirthDate, &["birth_date", "date_of_birth", "dob", "birthdate", "birthday", "生年月日"]),
        (Sex, &["sex", "gender", "性別"]),
        (Postcode, &["postcode", "postal_code", "zip", "zip_code", "zipcode", "郵便番号"]),
        (Address, &["address", "address_1", "address_2", "street_address", "住所"]),
        (Town, &["town", "suburb", "city", "市区町村", "町"]),
        (Phone, &["phone", "phone_number", "telephone", "tel", "mobile", "電話番号", "電話"]),
        (Insurer, &["insurer", "insurer_no", "保険者番号"]),
        (InsurerSymbol, &["insurer_symbol", "ins_symbol", "記号"]),
        (InsurerNumber, &["insurer_number", "ins_number", "番号", "被保険者番号"]),
        (InsurerBranch, &["insurer_branch", "ins_branch", "枝番"]),
        (LocalId, &["local_id", "local_patient_id", "patient_id", "mrn", "カルテ番号", "患者番号", "患者id"]),
        (Facility, &["facility", "hospital", "hospital_id", "facility_id", "医療機関コード", "施設"]),
        (MedicalId, &["medical_id", "医療等id"]),
    ];
    let plain = name.trim().to_lowercase().replace([' ', '-'], "_");
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_known_by_its_name_and_else_by_what_it_holds() {
        let kind = |name: &str, values: &[&str]| {
            let mut content = Content::default();
            values.iter().for_each(|value| content.add(value));
            content.distinct = values.iter().collect::<std::collections::BTreeSet<_>>().len();
            by_name(name).or_else(|| content.kind())
        };
        assert_eq!(kind("Date of Birth", &[]), Some(ColumnKind::BirthDate));
        assert_eq!(kind("氏名", &[]), Some(ColumnKind::FullName));
        assert_eq!(kind("x", &["03-1234-5678", "09012345678"]), Some(ColumnKind::Phone));
        assert_eq!(kind("x", &["2021-04-01", "19990101"]), Some(ColumnKind::EventDate));
        assert_eq!(kind("x", &["ﾔﾏﾀﾞ ﾊﾅｺ", "サトウ"]), Some(ColumnKind::FullKana));
        assert_eq!(kind("x", &["nsw"; 100]), Some(ColumnKind::Category));
        assert_eq!(kind("x", &["a street", "b street"]), Some(ColumnKind::Text));
        assert_eq!(kind("x", &[]), None);
    }

    #[test]
    fn what_is_not_japanese_is_compared_as_text() {
        let mut content = Content::default();
        ["4011", "4814"].iter().for_each(|value| content.add(value));
        assert_eq!(content.other(ColumnKind::Postcode), Some(OtherKind::Place));
        let mut content = Content::default();
        ["565-0848", "5650848", "５６５－０８４８", "565ー0848"].iter().for_each(|value| content.add(value));
        assert_eq!(content.other(ColumnKind::Postcode), None);
    }
}
