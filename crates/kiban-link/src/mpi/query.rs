//! Questions to the index: who is this (`$match`), what are his or her other ids (PIXm), who answers to this (PDQm).

use std::collections::{BTreeMap, BTreeSet};

use kiban_core::{FacilityCode, PatientRef, PersonKey, Phi};
use unicode_normalization::UnicodeNormalization;

use super::index::Index;
use crate::{Registration, Text};

/// A registration weighed against a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// The registration.
    pub patient: PatientRef,
    /// The calibrated probability that both are one person.
    pub probability: f64,
}

/// What the linkage offers to queries: registrations worth comparing, compared under the stored model.
pub trait Candidates {
    /// Weighs every registration that shares a block key with the query, in any order.
    fn weigh(&self, query: &Registration) -> Vec<Weighed>;
}

/// How good a match is, in the words of FHIR's value set `match-grade`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// One person for all purposes.
    Certain,
    /// Likely one person.
    Probable,
    /// Someone should look.
    Possible,
    /// Two persons.
    CertainlyNot,
}

impl Grade {
    /// Returns FHIR's code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Probable => "probable",
            Self::Possible => "possible",
            Self::CertainlyNot => "certainly-not",
        }
    }
}

/// The probabilities from which a grade is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grades {
    /// Certain.
    pub certain: f64,
    /// Probable.
    pub probable: f64,
    /// Possible; below it, certainly not.
    pub possible: f64,
}

impl Default for Grades {
    fn default() -> Self {
        Self { certain: 0.99, probable: 0.9, possible: 0.1 }
    }
}

impl Grades {
    /// Returns the grade of a probability.
    pub fn of(&self, probability: f64) -> Grade {
        match probability {
            p if p >= self.certain => Grade::Certain,
            p if p >= self.probable => Grade::Probable,
            p if p >= self.possible => Grade::Possible,
            _ => Grade::CertainlyNot,
        }
    }
}

/// Which matches are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// All but those that are certainly not.
    #[default]
    All,
    /// Certain ones (`onlyCertainMatches`).
    Certain,
    /// The one certain match, or none (`onlySingleMatch`).
    Single,
}

/// A `$match` query.
#[derive(Debug, Clone, Copy)]
pub struct MatchQuery<'q> {
    /// What is known of the person asked for.
    pub who: &'q Registration,
    /// At most so many persons (`count`).
    pub count: Option<usize>,
    /// Which of them.
    pub wanted: Wanted,
}

/// A person who may be the one asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The person.
    pub person: PersonKey,
    /// The registrations that speak for it, the surest first.
    pub by: Vec<Weighed>,
    /// The probability of the surest.
    pub probability: f64,
    /// The grade.
    pub grade: Grade,
}

/// Finds the persons who may be the one asked for, the likeliest first (FHIR `Patient/$match`, PDQm ITI-119).
///
/// A person is as likely as the likeliest of its registrations. Two persons cannot both be certain: where several would
/// be, none is more than probable, and someone should look whether they are one.
pub fn match_patient(query: MatchQuery<'_>, among: &dyn Candidates, index: &Index, grades: Grades) -> Vec<Matched> {
    let mut found: BTreeMap<PersonKey, Vec<Weighed>> = BTreeMap::new();
    for weighed in among.weigh(query.who) {
        if let Some(person) = index.person_of(weighed.patient) {
            found.entry(person).or_default().push(weighed);
        }
    }
    let mut matches: Vec<Matched> = found.into_iter().map(|(person, by)| matched(person, by, grades)).collect();
    let certain = matches.iter().filter(|one| one.grade == Grade::Certain).count();
    if certain > 1 {
        matches.iter_mut().for_each(|one| one.grade = one.grade.max(Grade::Probable));
    }
    matches.retain(|one| match query.wanted {
        Wanted::All => one.grade < Grade::CertainlyNot,
        Wanted::Certain | Wanted::Single => one.grade == Grade::Certain,
    });
    matches.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.person.cmp(&b.person)));
    matches.truncate(query.count.unwrap_or(usize::MAX));
    matches
}

fn matched(person: PersonKey, mut by: Vec<Weighed>, grades: Grades) -> Matched {
    by.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.patient.cmp(&b.patient)));
    by.dedup_by_key(|weighed| weighed.patient);
    let probability = by.first().map_or(0.0, |weighed| weighed.probability);
    Matched { person, by, probability, grade: grades.of(probability) }
}

/// All registrations of a person, by facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossReference {
    /// The person.
    pub person: PersonKey,
    /// Facility and registration, sorted, without the one asked about.
    pub others: Vec<(FacilityCode, PatientRef)>,
}

/// Why a cross-reference has no answer (PIXm §2:3.83.4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The facility of the id asked about supplies nothing.
    #[error("sourceIdentifier Assigning Authority not found")]
    SourceDomain,
    /// The facility has no such patient.
    #[error("sourceIdentifier Patient Identifier not found")]
    Patient,
    /// A facility asked for supplies nothing.
    #[error("targetSystem not found")]
    TargetDomain,
}

impl Index {
    /// Returns the other ids of the person behind a registration, as of the index's moment (PIXm ITI-83).
    ///
    /// `targets` are the facilities whose ids are wanted; all where there are none.
    ///
    /// # Errors
    /// A facility or the registration is not known at that moment.
    pub fn cross_reference(
        &self,
        source: (FacilityCode, PatientRef),
        targets: &[FacilityCode],
    ) -> Result<CrossReference, Unresolved> {
        let known: BTreeSet<FacilityCode> = self.records().map(|(_, record)| record.facility).collect();
        if !known.contains(&source.0) {
            return Err(Unresolved::SourceDomain);
        }
        if targets.iter().any(|target| !known.contains(target)) {
            return Err(Unresolved::TargetDomain);
        }
        let record = self.record(source.1).filter(|record| record.facility == source.0);
        let person = record.and_then(|_| self.person_of(source.1)).ok_or(Unresolved::Patient)?;
        let others = self.members(person).into_iter().filter(|one| *one != source.1);
        let mut others: Vec<(FacilityCode, PatientRef)> =
            others.filter_map(|one| Some((self.record(one)?.facility, one))).collect();
        others.retain(|(facility, _)| targets.is_empty() || targets.contains(facility));
        others.sort_unstable();
        Ok(CrossReference { person, others })
    }
}

/// What a demographics query asks for (PDQm ITI-78); what is empty is not asked.
#[derive(Debug, Clone, Default)]
pub struct Demographics {
    /// The beginning of any part of the name, kanji, kana or romaji, each of which must be found.
    pub name: Vec<Phi<String>>,
    /// The birth date.
    pub birth: Option<Phi<jiff::civil::Date>>,
    /// The sex in the code of the registrations.
    pub sex: Text,
    /// The beginning of the postal code.
    pub postal: Text,
    /// The phone, by its digits.
    pub phone: Text,
}

impl Demographics {
    /// Tells whether a golden view answers to the query.
    ///
    /// Texts are compared as FHIR's string search does: by their beginning, blind to case and width.
    pub fn finds(&self, golden: &Registration) -> bool {
        let parts: Vec<String> = [&golden.name_kanji, &golden.name_kana, &golden.name_romaji]
            .into_iter()
            .flatten()
            .flat_map(|name| {
                let plain = plain(name.expose());
                let words: Vec<String> = plain.split_whitespace().map(str::to_owned).collect();
                words.into_iter().chain([plain.split_whitespace().collect()])
            })
            .collect();
        let named = |wanted: &Phi<String>| {
            let wanted: String = plain(wanted.expose()).split_whitespace().collect();
            parts.iter().any(|part| part.starts_with(&wanted))
        };
        let equal = |wanted: &Text, has: &Text, form: fn(&str) -> String| match (wanted, has) {
            (None, _) => true,
            (Some(wanted), Some(has)) => form(has.expose()).starts_with(&form(wanted.expose())),
            (Some(_), None) => false,
        };
        let phone = self.phone.as_ref().is_none_or(|wanted| {
            golden.phone.as_ref().is_some_and(|has| digits(has.expose()) == digits(wanted.expose()))
        });
        self.name.iter().all(named)
            && self.birth.is_none_or(|birth| golden.birth == Some(birth))
            && equal(&self.sex, &golden.sex, plain)
            && equal(&self.postal, &golden.postal, digits)
            && phone
    }

    /// Returns the persons whose golden view answers, by key; at most `count`, and how many there are in all.
    pub fn search<'g>(
        &self,
        golden: impl IntoIterator<Item = (PersonKey, &'g Registration)>,
        count: Option<usize>,
    ) -> (Vec<(PersonKey, &'g Registration)>, usize) {
        let mut found: Vec<_> = golden.into_iter().filter(|(_, golden)| self.finds(golden)).collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        let total = found.len();
        found.truncate(count.unwrap_or(usize::MAX));
        (found, total)
    }
}

fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

fn digits(text: &str) -> String {
    text.nfkc().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use jiff::Timestamp;
    use kiban_core::Moment;

    use super::*;
    use crate::mpi::{Author, Event, EventId, Pair, ReasonCode, What, replay};

    fn patient(number: i64) -> PatientRef {
        PatientRef::new(number).unwrap()
    }

    fn facility(number: i64) -> FacilityCode {
        format!("131000000{number}").parse().unwrap()
    }

    /// Persons {1, 2}, {3}, {4}; each registration at the facility of its number.
    fn index() -> Index {
        let registered = |n| What::Registered { patient: patient(n), facility: facility(n), version: 1 };
        let linked = What::Linked { pair: Pair::new(patient(1), patient(2)).unwrap(), probability: 0.99 };
        let whats = (1..=4).map(registered).chain([linked]);
        let at = Timestamp::from_second(5).unwrap();
        let (author, reason) = (Author::new("kiban"), ReasonCode::Linkage);
        let event = |(id, what)| Event {
            id: EventId(id),
            valid_from: at,
            recorded_at: at,
            author: author.clone(),
            reason,
            what,
        };
        let events: Vec<Event> = (1u64..).zip(whats).map(event).collect();
        replay(&events, Moment::at(at), &|founder, _| PersonKey::new(founder.get() * 100).unwrap()).unwrap()
    }

    struct Fixed(Vec<(i64, f64)>);

    impl Candidates for Fixed {
        fn weigh(&self, _: &Registration) -> Vec<Weighed> {
            self.0.iter().map(|(n, probability)| Weighed { patient: patient(*n), probability: *probability }).collect()
        }
    }

    fn check(weighed: &[(i64, f64)], count: Option<usize>, wanted: Wanted, expect: &[(i64, Grade)]) {
        let who = Registration::new(patient(9), facility(9).as_str());
        let query = MatchQuery { who: &who, count, wanted };
        let found = match_patient(query, &Fixed(weighed.to_vec()), &index(), Grades::default());
        let found: Vec<(i64, Grade)> = found.iter().map(|one| (one.person.get(), one.grade)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn persons_are_graded_by_their_likeliest_registration() {
        use Grade::{Certain, Possible, Probable};
        let all = [(1, 0.4), (2, 0.995), (3, 0.93), (4, 0.2)];
        check(&all, None, Wanted::All, &[(100, Certain), (300, Probable), (400, Possible)]);
        check(&all, Some(2), Wanted::All, &[(100, Certain), (300, Probable)]);
        check(&all, None, Wanted::Certain, &[(100, Certain)]);
        check(&[(4, 0.05), (8, 0.99)], None, Wanted::All, &[]);
        let two = [(1, 0.999), (3, 0.998)];
        check(&two, None, Wanted::All, &[(100, Probable), (300, Probable)]);
        check(&two, None, Wanted::Single, &[]);
    }

    #[test]
    fn ids_are_cross_referenced_by_domain() {
        let index = index();
        let ask = |source: i64, at: i64, targets: &[FacilityCode]| {
            index.cross_reference((facility(at), patient(source)), targets)
        };
        assert_eq!(ask(1, 1, &[]).unwrap().others, [(facility(2), patient(2))]);
        assert_eq!(ask(1, 1, &[facility(3)]).unwrap().others, []);
        assert_eq!(ask(1, 9, &[]), Err(Unresolved::SourceDomain));
        assert_eq!(ask(1, 2, &[]), Err(Unresolved::Patient));
        assert_eq!(ask(1, 1, &[facility(9)]), Err(Unresolved::TargetDomain));
    }

    #[test]
    fn demographics_are_searched_by_their_beginning() {
        let phi = |text: &str| Phi::new(text.to_owned());
        let mut golden = Registration::new(patient(1), facility(1).as_str());
        (golden.name_kanji, golden.name_kana) = (Some(phi("山田　花子")), Some(phi("ﾔﾏﾀﾞ ﾊﾅｺ")));
        (golden.postal, golden.phone) = (Some(phi("100-0013")), Some(phi("090-1111-2222")));
        let finds = |query: Demographics| query.finds(&golden);
        let named =
            |names: &[&str]| Demographics { name: names.iter().map(|n| phi(n)).collect(), ..Default::default() };
        assert!(finds(named(&["山田"])) && finds(named(&["花", "ヤマダ"])) && finds(named(&["山田花子"])));
        assert!(!finds(named(&["田"])) && !finds(named(&["山田", "太郎"])));
        assert!(finds(Demographics {
            postal: Some(phi("1000")),
            phone: Some(phi("０９０11112222")),
            ..Default::default()
        }));
        assert!(!finds(Demographics { sex: Some(phi("1")), ..Default::default() }), "nothing known answers nothing");
        let (shown, total) = named(&["山"]).search([(PersonKey::new(7).unwrap(), &golden)], Some(0));
        assert_eq!((shown.len(), total), (0, 1));
    }
}
