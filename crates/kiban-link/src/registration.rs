//! What the vault knows of one patient at one facility.

use jiff::civil::Date;
use kiban_core::{PatientRef, Phi};

/// A patient value as sent, or nothing. Its `Debug` prints `…`.
pub type Text = Option<Phi<String>>;

/// One patient of one facility as the identity vault holds it; every value is optional and as sent.
///
/// ```
/// use kiban_core::{PatientRef, Phi};
/// use kiban_link::Registration;
/// let mut one = Registration::new(PatientRef::new(7)?, "1310000017");
/// one.name_kanji = Some(Phi::new("髙橋　一郎".to_owned()));
/// assert!(!format!("{one:?}").contains('髙'));
/// # Ok::<(), kiban_core::BadId>(())
/// ```
#[derive(Debug, Clone)]
pub struct Registration {
    /// The patient at this facility.
    pub patient: PatientRef,
    /// Which of several tables it comes from, where only persons of different ones are sought.
    pub source: u8,
    /// The facility 医療情報取扱事業者, where it is known.
    pub facility: Option<String>,
    /// The chart number at this facility; equal numbers mean one chart inside one facility only.
    pub local_id: Text,
    /// The name as written, mostly kanji; a gap parts family and given name where there is one.
    pub name_kanji: Text,
    /// The reading.
    pub name_kana: Text,
    /// The romanised name.
    pub name_romaji: Text,
    /// The family name, where it stands in a field of its own; then `name_kanji` is not read.
    pub family: Text,
    /// The given name, likewise.
    pub given: Text,
    /// The reading of the family name, where it stands in a field of its own; then `name_kana` is not read.
    pub family_kana: Text,
    /// The reading of the given name, likewise.
    pub given_kana: Text,
    /// The birth date where the reader understood it.
    pub birth: Option<Phi<Date>>,
    /// The birth date as written; used where `birth` is empty.
    pub birth_text: Text,
    /// The sex in any code.
    pub sex: Text,
    /// The postal code.
    pub postal: Text,
    /// The address in one line.
    pub address: Text,
    /// The phone number.
    pub phone: Text,
    /// The insured cards seen at this facility.
    pub coverages: Vec<Coverage>,
    /// The medical ID 医療等ID.
    pub medical_id: Text,
    /// Columns of their own, in the order of their kinds.
    pub others: Vec<Text>,
}

/// One insured card 被保険者証: who insures, under which symbol and number, and since when.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// 保険者番号.
    pub insurer: Text,
    /// 記号.
    pub symbol: Text,
    /// 番号.
    pub number: Text,
    /// 枝番, issued since March 2021; it tells the members of one household apart.
    pub branch: Text,
    /// The first day on which the card was seen or valid.
    pub from: Option<Date>,
    /// The last day on which the card was seen or valid.
    pub to: Option<Date>,
}

impl Registration {
    /// Starts a registration of which nothing is known but where it was made.
    pub fn new(patient: PatientRef, facility: impl Into<String>) -> Self {
        Self { facility: Some(facility.into()), ..Self::unplaced(patient) }
    }

    /// Starts a registration of which nothing is known.
    pub fn unplaced(patient: PatientRef) -> Self {
        Self {
            patient,
            source: 0,
            facility: None,
            local_id: None,
            name_kanji: None,
            name_kana: None,
            name_romaji: None,
            family: None,
            given: None,
            family_kana: None,
            given_kana: None,
            birth: None,
            birth_text: None,
            sex: None,
            postal: None,
            address: None,
            phone: None,
            coverages: Vec::new(),
            medical_id: None,
            others: Vec::new(),
        }
    }
}
