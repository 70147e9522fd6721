//! Legal rules as data: which rule holds on which day, with the article it comes from (design invariant 3).
//!
//! A rule set holds for a span of days; the sets of a file follow each other without gap or overlap. The file of Japan
//! ships with the program (`rules/jp.toml`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{NoticeMethod, Requester, Track, calendar, facts::words};

words!(
    /// Rules that a verdict rests on, in the order in which they are asked.
    Rule {
        /// A rule set covers the day.
        RulesInForce = "rules.in-force",
        /// The law knows the track on that day.
        TrackInForce = "track.in-force",
        /// The facility is known.
        FacilityKnown = "facility.known",
        /// The facility supplies on that day (SEED-19).
        FacilitySupplying = "facility.supplying",
        /// A filing for the track is effective (SEED-50).
        FilingEffective = "filing.effective",
        /// The filing names items (SEED-39).
        FilingItems = "filing.items",
        /// No deletion was asked for (SEED-52).
        Deletion = "person.deletion",
        /// No objection stands (SEED-44 to SEED-46, SEED-51).
        Objection = "person.objection",
        /// No review is open.
        Review = "person.review",
        /// The birth date is known (SEED-47).
        Birth = "person.birth",
        /// The person received a notice in the name of the track (SEED-39).
        NoticeGiven = "notice.given",
        /// The notice was direct: a poster, a website or the spoken word alone is none (SEED-40).
        NoticeDirect = "notice.direct",
        /// The notice was given when the law knew the track.
        NoticeInForce = "notice.in-force",
        /// After a withdrawal, a new notice was given.
        NoticeRenewed = "notice.renewed",
        /// The notice was given in the person's lifetime (SEED-09).
        NoticeAlive = "notice.alive",
        /// The notice states the items of the filing (Act Art. 52(2)).
        NoticeFiling = "notice.filing",
        /// The wait after the notice is over (SEED-43).
        NoticeWait = "notice.wait",
        /// The guardian was notified as well, where one has to be (SEED-47).
        GuardianNotice = "guardian.notice",
        /// The wait after the guardian's notice is over (SEED-43, SEED-47).
        GuardianWait = "guardian.wait",
    }
);

words!(
    /// Relations that make someone bereaved family 遺族 (Act Art. 52(1), Order; SEED-46).
    Relation {
        /// 配偶者
        Spouse = "spouse",
        /// 子
        Child = "child",
        /// 父母
        Parent = "parent",
        /// 孫
        Grandchild = "grandchild",
        /// 祖父母
        Grandparent = "grandparent",
        /// 兄弟姉妹
        Sibling = "sibling",
    }
);

/// The law of one span of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalRuleSet {
    /// Its name in manifests and verdicts.
    pub id: String,
    /// The country, as ISO 3166-1 alpha-2.
    pub jurisdiction: String,
    /// First day.
    pub effective_from: Date,
    /// Last day, where known.
    pub effective_to: Option<Date>,
    /// The tracks that the law knows.
    pub tracks: BTreeMap<Track, TrackRules>,
    /// Notices.
    pub notice: NoticeRules,
    /// Guardians.
    pub guardian: GuardianRules,
    /// Objections and withdrawals.
    pub objection: ObjectionRules,
    /// The dead.
    pub death: DeathRules,
    /// How long records are kept.
    pub retention: RetentionRules,
    /// The smallest numbers that may be shown.
    pub cell_floors: CellFloors,
    /// For every rule, the articles and SEED rows it comes from.
    pub basis: BTreeMap<Rule, Vec<String>>,
}

/// What the law says of one track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackRules {
    /// First day on which the track exists; an earlier notice does not count for it.
    pub in_force_from: Date,
}

/// What makes a notice 通知 one under the law, and how long to wait after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRules {
    /// The methods by which the recipient is made to know directly (SEED-40).
    pub direct_methods: Vec<NoticeMethod>,
    /// The wait between receipt and supply (SEED-43).
    pub wait: Wait,
}

/// A wait: the later of so many days and so many calendar months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Days.
    pub days: u16,
    /// Calendar months.
    pub calendar_months: u8,
}

impl Wait {
    /// Returns the first day after the wait, the day of the event not counted; `None` past the end of the calendar.
    ///
    /// The periods are counted by Civil Code Art. 140, 141 and 143. Art. 142 (a last day on which no business is done)
    /// is not applied: a request can be made on any day by other channels than the counter.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use kiban_core::Wait;
    /// let wait = Wait { days: 30, calendar_months: 1 };
    /// assert_eq!(wait.first_day_after(date(2024, 1, 1)), Some(date(2024, 2, 2)));   // the month is later
    /// assert_eq!(wait.first_day_after(date(2023, 1, 31)), Some(date(2023, 3, 3)));  // the 30 days are later
    /// ```
    pub fn first_day_after(self, event: Date) -> Option<Date> {
        let by_days = calendar::after_days(event, self.days)?;
        let by_months = calendar::after_months(event, self.calendar_months)?;
        Some(by_days.max(by_months))
    }
}

/// When a guardian 保護者等 is notified as well (SEED-47).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardianRules {
    /// Below this age.
    pub under_age: u8,
    /// Where the person cannot decide.
    pub without_capacity: bool,
}

/// Who may object 提供停止の求め, and who may withdraw (SEED-44 to SEED-46).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionRules {
    /// Whose objection stops.
    pub may_object: Vec<Requester>,
    /// Whose withdrawal lifts an objection.
    pub may_withdraw: Vec<Requester>,
    /// Who is bereaved family.
    pub bereaved_relations: Vec<Relation>,
}

/// What death changes (SEED-09): protection goes on, but nobody can be notified any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeathRules {
    /// Whether a notice dated on the very day of death counts as given in life.
    pub notice_on_day_of_death: bool,
}

/// How many years records are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionRules {
    /// Copies of objection receipts (Act Art. 53(3)).
    pub objection_receipt_years: u8,
    /// The facility's supply records (Act Art. 54).
    pub supply_record_years: u8,
    /// The operator's records of what it checked at receipt (Act Art. 55).
    pub intake_check_record_years: u8,
    /// Books 帳簿 after closing (Act Art. 14).
    pub books_years: u8,
}

/// The smallest numbers of persons that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellFloors {
    /// In what the house publishes.
    pub publication: u32,
    /// In what is joined with NDB.
    pub ndb: u32,
}

impl LegalRuleSet {
    /// Returns the articles and SEED rows a rule comes from.
    pub fn basis(&self, rule: Rule) -> &[String] {
        self.basis.get(&rule).map_or(&[], Vec::as_slice)
    }

    fn covers(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
    }

    fn check(&self) -> Result<(), RulesError> {
        let fault = |problem| Err(RulesError::Fault { id: self.id.clone(), problem });
        let never_direct = [NoticeMethod::Poster, NoticeMethod::Website, NoticeMethod::Oral];
        if self.effective_to.is_some_and(|last| last < self.effective_from) {
            return fault("ends before it begins");
        }
        if self.notice.wait.days == 0 || self.notice.wait.calendar_months == 0 {
            return fault("has a notice wait of zero");
        }
        if self.guardian.under_age == 0 {
            return fault("has a guardian age of zero");
        }
        if self.notice.direct_methods.is_empty() {
            return fault("names no direct method of notice");
        }
        if self.notice.direct_methods.iter().any(|method| never_direct.contains(method)) {
            return fault("lets a poster, a website or the spoken word alone count as notice");
        }
        if Requester::ALL.iter().any(|requester| !self.objection.may_object.contains(requester)) {
            return fault("keeps the person, the guardian or the bereaved family from objecting");
        }
        match Rule::ALL.iter().find(|rule| self.basis(**rule).is_empty()) {
            Some(rule) => Err(RulesError::NoBasis { id: self.id.clone(), rule: *rule }),
            None => Ok(()),
        }
    }
}

/// The rule sets of one jurisdiction, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalRules(Vec<LegalRuleSet>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule_set: Vec<LegalRuleSet>,
}

impl LegalRules {
    /// Reads the rules of Japan that ship with the program.
    ///
    /// # Errors
    /// None: the file is checked by a test. The result is handed on so that nobody has to believe it.
    pub fn japan() -> Result<Self, RulesError> {
        Self::parse(include_str!("rules/jp.toml"))
    }

    /// Reads rule sets from TOML.
    ///
    /// # Errors
    /// Says in one sentence what is wrong: an unknown field, an overlap, a gap, a wait of zero, a rule without basis.
    pub fn parse(toml: &str) -> Result<Self, RulesError> {
        let mut sets = toml::from_str::<File>(toml).map_err(Box::new)?.rule_set;
        sets.sort_by_key(|set| set.effective_from);
        for set in &sets {
            set.check()?;
        }
        for (earlier, later) in sets.iter().zip(sets.iter().skip(1)) {
            follows(earlier, later)?;
        }
        if sets.is_empty() { Err(RulesError::Empty) } else { Ok(Self(sets)) }
    }

    /// Returns the rule set that holds on a day.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use kiban_core::LegalRules;
    /// let rules = LegalRules::japan()?;
    /// assert_eq!(rules.at(date(2024, 3, 31)).map(|set| set.id.as_str()), Some("jp-2018-05"));
    /// assert_eq!(rules.at(date(2024, 4, 1)).map(|set| set.id.as_str()), Some("jp-2024-04"));
    /// assert!(rules.at(date(2018, 5, 10)).is_none());
    /// # Ok::<(), kiban_core::RulesError>(())
    /// ```
    pub fn at(&self, day: Date) -> Option<&LegalRuleSet> {
        self.0.iter().find(|set| set.covers(day))
    }

    /// Returns every rule set, oldest first.
    pub fn sets(&self) -> &[LegalRuleSet] {
        &self.0
    }
}

fn follows(earlier: &LegalRuleSet, later: &LegalRuleSet) -> Result<(), RulesError> {
    let pair = || (earlier.id.clone(), later.id.clone());
    if earlier.jurisdiction != later.jurisdiction {
        let (first, second) = pair();
        return Err(RulesError::Jurisdictions { first, second });
    }
    let Some(last) = earlier.effective_to.filter(|last| *last < later.effective_from) else {
        let (first, second) = pair();
        return Err(RulesError::Overlap { first, second });
    };
    if last.tomorrow().ok() != Some(later.effective_from) {
        let (first, second) = pair();
        return Err(RulesError::Gap { first, second });
    }
    Ok(())
}

/// Says why a file of legal rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The file is not of the right form.
    #[error("legal rules cannot be read: {0}")]
    Form(#[from] Box<toml::de::Error>),
    /// The file has no rule set.
    #[error("legal rules have no rule set")]
    Empty,
    /// One rule set is wrong in itself.
    #[error("rule set {id} {problem}")]
    Fault {
        /// The rule set.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A rule has no article behind it.
    #[error("rule set {id} names no article for {rule}")]
    NoBasis {
        /// The rule set.
        id: String,
        /// The rule.
        rule: Rule,
    },
    /// Two rule sets hold on the same day.
    #[error("rule sets {first} and {second} overlap")]
    Overlap {
        /// The earlier set.
        first: String,
        /// The later set.
        second: String,
    },
    /// No rule set holds on some day between two.
    #[error("there is a gap between rule sets {first} and {second}")]
    Gap {
        /// The earlier set.
        first: String,
        /// The later set.
        second: String,
    },
    /// Two rule sets are of different countries.
    #[error("rule sets {first} and {second} are of different jurisdictions")]
    Jurisdictions {
        /// The earlier set.
        first: String,
        /// The later set.
        second: String,
    },
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("rules/jp.toml");

    fn check(from: &str, to: &str, expect: &str) {
        assert!(SHIPPED.contains(from), "nothing to replace: {from}");
        let error = LegalRules::parse(&SHIPPED.replacen(from, to, 1)).expect_err(from);
        let text = error.to_string();
        assert!(text.contains(expect), "{text}");
    }

    #[test]
    fn the_shipped_rules_are_sound() {
        let rules = LegalRules::japan().unwrap();
        assert_eq!(rules.sets().len(), 2);
        for set in rules.sets() {
            assert_eq!(set.notice.wait, Wait { days: 30, calendar_months: 1 });
            assert_eq!(set.guardian.under_age, 16);
        }
        let tracks: Vec<usize> = rules.sets().iter().map(|set| set.tracks.len()).collect();
        assert_eq!(tracks, [1, 2]);
    }

    #[test]
    fn a_wrong_file_is_refused_in_one_sentence() {
        check(
            "effective_to = \"2024-03-31\"",
            "effective_to = \"2024-04-01\"",
            "rule sets jp-2018-05 and jp-2024-04 overlap",
        );
        check("effective_to = \"2024-03-31\"", "", "rule sets jp-2018-05 and jp-2024-04 overlap");
        check(
            "effective_to = \"2024-03-31\"",
            "effective_to = \"2024-03-30\"",
            "there is a gap between rule sets jp-2018-05",
        );
        check(
            "effective_to = \"2024-03-31\"",
            "effective_to = \"2017-03-30\"",
            "rule set jp-2018-05 ends before it begins",
        );
        check("days = 30", "days = 0", "rule set jp-2018-05 has a notice wait of zero");
        check("calendar_months = 1", "calendar_months = 0", "has a notice wait of zero");
        check("under_age = 16", "under_age = 0", "has a guardian age of zero");
        check("[\"written\", \"mail\", \"electronic\"]", "[]", "names no direct method");
        check("\"electronic\"]", "\"poster\"]", "lets a poster, a website or the spoken word");
        check("\"guardian\", \"bereaved\"]", "\"guardian\"]", "bereaved family from objecting");
        check("\"notice.wait\"", "#", "rule set jp-2018-05 names no article for notice.wait");
        check("jurisdiction = \"JP\"", "jurisdiction = \"FR\"", "different jurisdictions");
        check("under_age = 16", "under_age = 16\nmood = 1", "unknown field `mood`");
        check("under_age = 16", "", "missing field `under_age`");
        check("\"notice.wait\"", "\"notice.weight\"", "unknown variant `notice.weight`");
        assert_eq!(LegalRules::parse("rule_set = []"), Err(RulesError::Empty));
    }

    #[test]
    fn a_set_can_be_written_and_read_again() {
        let rules = LegalRules::japan().unwrap();
        for set in rules.sets() {
            let text = serde_json::to_string(set).unwrap();
            assert_eq!(&serde_json::from_str::<LegalRuleSet>(&text).unwrap(), set);
        }
    }
}
