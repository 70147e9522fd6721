//! The messages of SS-MIX2 standard storage (formats.md §2), in the form of real senders.

use jiff::civil::Date;

use super::segment::Message;
use crate::{
    calendar::compact,
    care::{Ending, LabResult, Outcome, Problem, Taken, Visit},
    people::{Glyphs, History, Name},
    record::{Delivery, PatientRecord},
    tables::Sex,
};

/// The doctors of the house: number, family and given name.
const DOCTORS: [(&str, &str, &str); 5] = [
    ("110", "医師", "一郎"),
    ("220", "診療", "次郎"),
    ("330", "外来", "三奈"),
    ("440", "病棟", "史郎"),
    ("607", "当直", "五月"),
];

/// Writes the messages of one patient.
pub(super) struct Scribe<'a> {
    pub(super) record: &'a PatientRecord<'a>,
}

/// Returns the day and minute a visit began, `YYYYMMDDHHMM`.
pub(super) fn arrival(visit: &Visit) -> String {
    format!("{}{:02}{:02}", compact(visit.day), visit.hour, visit.minute)
}

fn doctor(visit: &Visit) -> String {
    let (number, family, given) =
        DOCTORS.get(usize::from(visit.minute % 5)).copied().unwrap_or(("110", "医師", "一郎"));
    format!("{number}^{family}^{given}^^^^^^^L^^^^^I")
}

impl Scribe<'_> {
    /// MSH, with a control number made of the stamp.
    fn header(&self, event: &str, stamp: &str) -> Message {
        let mut message = Message::default();
        let (second, rest) = stamp.split_at_checked(14).unwrap_or((stamp, ""));
        message.segment("MSH").field(2, "^~\\&").field(3, "HIS123").field(4, "SEND").field(5, "GW").field(6, "RCV");
        message.put(7, format_args!("{second}.{rest}")).field(9, event).put(10, format_args!("{stamp}01"));
        message.field(11, "P").field(12, "2.5").field(18, "~ISO IR87").field(20, "ISO 2022-1994");
        message.field(21, "SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO");
        message
    }

    fn event(message: &mut Message, stamp: &str, occurred: &str) {
        let minute = stamp.get(..12).unwrap_or(stamp);
        message.segment("EVN").field(2, minute).field(6, occurred).field(7, "SEND001");
    }

    fn patient(&self, message: &mut Message, day: Date) {
        let person = self.record.person;
        message.segment("PID").field(1, "0001").put(3, format_args!("{}^^^^PI", self.record.local_id));
        message.field(5, &names(&person.names, day)).field(7, &compact(person.birth));
        message.field(
            8,
            match person.sex {
                Sex::Male => "M",
                Sex::Female => "F",
            },
        );
    }

    fn address(&self, message: &mut Message, day: Date) {
        let person = self.record.person;
        let home = person.homes.at(day);
        message.put(11, format_args!("^^^^{}^JPN^H^{}", home.postal_hyphened(), home.full_width()));
        let phone = |use_code: &str, number: &str| format!("^{use_code}^PH^^^^^^^^^{number}");
        let home_phone = person.home_phone.as_deref().map(|number| phone("PRN", number));
        let mobile = person.mobile.as_deref().map(|number| phone("ORN", number));
        let both: Vec<String> = home_phone.into_iter().chain(mobile).collect();
        message.field(13, &both.join("~"));
    }

    /// ADT-00 患者基本情報, as known at a visit.
    pub(super) fn basics(&self, delivery: Delivery, stamp: &str, seen: Date) -> String {
        let (record, person) = (self.record, self.record.person);
        let mut message = self.header("ADT^A08^ADT_A01", stamp);
        Self::event(&mut message, stamp, "");
        self.patient(&mut message, seen);
        self.address(&mut message, seen);
        if let Some(death) = record.death(delivery) {
            message.put(29, format_args!("{}0000", compact(death))).field(30, "Y");
        }
        message.field(33, stamp.get(..14).unwrap_or(stamp));
        message.segment("PV1").field(1, "0001").field(2, "O").field(3, "01^^^^^C");
        if person.no % 3 != 0 {
            let (height, weight) = self.stature(seen);
            for (set, code, name, value, unit) in
                [(1, "9N001000000000001", "身長", height, "cm"), (2, "9N006000000000001", "体重", weight, "kg")]
            {
                message.segment("OBX").put(1, format_args!("{set}")).field(2, "NM");
                message.put(3, format_args!("{code}^{name}^JC10")).put(5, format_args!("{value:.1}"));
                message.put(6, format_args!("{unit}^{unit}^ISO+")).field(11, "F");
            }
        }
        for (allergen, set) in record.course.allergies.iter().zip(1..) {
            let (kind, text) = allergen.kind;
            let system = if kind == "FA" { "JFAGY" } else { "YJ" };
            message.segment("AL1").put(1, format_args!("{set}")).put(2, format_args!("{kind}^{text}^HL70127"));
            message.put(3, format_args!("{}^{}^{system}", allergen.code, allergen.name));
        }
        self.insurance(&mut message, seen);
        message.finish()
    }

    fn insurance(&self, message: &mut Message, seen: Date) {
        let coverages = &self.record.person.coverages;
        let coverage = coverages.at(seen);
        let (code, text) = coverage.plan.jhsd();
        message.segment("IN1").field(1, "1").put(2, format_args!("{code}^{text}^JHSD0001"));
        message.field(3, &coverage.insurer8()).field(10, &coverage.symbol);
        message.field(12, &coverages.since(seen).map(compact).unwrap_or_default());
        message.field(17, if coverage.is_insured() { "SEL^本人^HL70063" } else { "FAM^家族^HL70063" });
        message.field(36, &coverage.number);
    }

    /// Height and weight follow from age and sex, and from the person's number, which stays.
    fn stature(&self, day: Date) -> (f64, f64) {
        let person = self.record.person;
        let age = f64::from(crate::calendar::age_on(person.birth, day));
        let grown = if person.sex == Sex::Male { 170.5 } else { 157.5 };
        let own = f64::from(u8::try_from(person.no.wrapping_mul(37) % 21).unwrap_or(0)) - 10.0;
        let height = if age < 18.0 { 50.0 + (grown - 50.0) * (age / 18.0).powf(0.7) } else { grown } + own * 0.7;
        let index = if age < 18.0 { 16.0 + age / 4.0 } else { 22.5 } + own * 0.25;
        (height, index * height * height / 10_000.0)
    }

    /// ADT-12 外来診察の受付.
    pub(super) fn reception(&self, visit: &Visit, stamp: &str) -> String {
        let mut message = self.header("ADT^A04^ADT_A01", stamp);
        Self::event(&mut message, stamp, "");
        self.patient(&mut message, visit.day);
        let (code, _) = visit.department;
        message.segment("PV1").field(1, "0001").field(2, "O").put(3, format_args!("{code}^^^^^C"));
        message.field(7, &doctor(visit)).field(10, code).field(44, &arrival(visit));
        message.finish()
    }

    fn ward(&self, message: &mut Message, visit: &Visit) {
        let ward = 31 + u32::from(visit.minute % 4);
        message.segment("PV1").field(1, "0001").field(2, "I");
        message.put(3, format_args!("{ward}^{}^{}^^^N", ward * 10 + u32::from(visit.hour % 9), 1 + visit.minute % 4));
        message.field(7, &doctor(visit)).field(10, visit.department.0).field(17, &doctor(visit));
    }

    /// ADT-22 入院実施.
    pub(super) fn admission(&self, visit: &Visit, stamp: &str) -> String {
        let mut message = self.header("ADT^A01^ADT_A01", stamp);
        Self::event(&mut message, stamp, "");
        self.patient(&mut message, visit.day);
        self.ward(&mut message, visit);
        message.field(44, &arrival(visit));
        message.finish()
    }

    /// ADT-52 退院実施; PV1-36 is 01 home, 02 another house, 03 death.
    pub(super) fn discharge(&self, visit: &Visit, stamp: &str) -> String {
        let mut message = self.header("ADT^A03^ADT_A03", stamp);
        let until = format!("{}1000", compact(visit.last_day()));
        Self::event(&mut message, stamp, &until);
        self.patient(&mut message, visit.last_day());
        self.ward(&mut message, visit);
        message.field(
            36,
            match visit.stay.map(|stay| stay.ending) {
                Some(Ending::Died) => "03",
                Some(Ending::Transfer) => "02",
                Some(Ending::Home) | None => "01",
            },
        );
        message.field(44, &arrival(visit)).field(45, &until);
        message.finish()
    }

    /// PPR-01 病名(歴), all problems known by a day.
    pub(super) fn problems(&self, stamp: &str, seen: Date, known_until: Date) -> String {
        let mut message = self.header("PPR^ZD1^PPR_ZD1", stamp);
        self.patient(&mut message, seen);
        let known = self.record.chart.problems.iter().enumerate().filter(|(_, problem)| problem.start <= known_until);
        for (place, problem) in known {
            let end = problem.end.filter(|end| *end <= known_until);
            problem_group(&mut message, place, problem, end);
        }
        message.finish()
    }

    /// OMP-01 処方オーダ; a deletion says CA.
    pub(super) fn prescriptions(&self, visit: &Visit, order: &str, stamp: &str, action: &str) -> String {
        let mut message = self.header("RDE^O11^RDE_O11", stamp);
        self.patient(&mut message, visit.day);
        self.address(&mut message, visit.day);
        self.encounter(&mut message, visit);
        for (prescription, group) in visit.drugs.iter().zip(1..) {
            self.order(&mut message, visit, order, action, Some(group));
            let (drug, (unit, word)) = (prescription.drug, prescription.drug.unit);
            let (usage, how) = prescription.usage();
            message.segment("RXE").put(2, format_args!("{}^{}^HOT9", drug.hot9, drug.name));
            message.put(3, format_args!("{}", drug.dose)).put(5, format_args!("{unit}^{word}^MR9P"));
            message.put(10, format_args!("{}", prescription.total())).put(11, format_args!("{unit}^{word}^MR9P"));
            message.put(15, format_args!("{order}{group:02}"));
            if drug.taken != Taken::External {
                message.put(19, format_args!("{}^{unit}&{word}&MR9P", prescription.daily()));
            }
            let place = if visit.stay.is_some() {
                "IHP^入院処方^MR9P"
            } else {
                "OHP^外来処方^MR9P~OHI^院内処方^MR9P"
            };
            message.field(21, place);
            message.segment("TQ1").field(1, "1").put(3, format_args!("{usage}&{how}&JAMISDP01"));
            if drug.taken != Taken::External {
                message.put(6, format_args!("{}^d", prescription.days));
            }
            message.put(7, format_args!("{}00", compact(visit.day)));
            message
                .segment("RXR")
                .field(1, if drug.taken == Taken::External { "AP^外用^HL70162" } else { "PO^口^HL70162" });
        }
        message.finish()
    }

    fn encounter(&self, message: &mut Message, visit: &Visit) {
        if visit.stay.is_some() {
            self.ward(message, visit);
        } else {
            let (code, _) = visit.department;
            message.segment("PV1").field(1, "0001").field(2, "O").put(3, format_args!("{code}^^^^^C"));
            message.field(7, &doctor(visit)).field(10, code);
        }
    }

    /// OML-11 検体検査結果; specimens by material, each with its results.
    pub(super) fn results(
        &self,
        visit: &Visit,
        labs: &[LabResult],
        order: &str,
        stamp: &str,
        action: (&str, &str),
    ) -> String {
        let mut message = self.header("OUL^R22^OUL_R22", stamp);
        self.patient(&mut message, visit.day);
        self.encounter(&mut message, visit);
        let collected = arrival(visit);
        let materials = [
            ("019", "全血（添加物入り）", "血液学的検査"),
            ("022", "血漿", "内分泌学的検査"),
            ("023", "血清", "生化学的検査"),
        ];
        let mut specimen = 0;
        for (material, text, panel) in materials {
            let of = |lab: &&LabResult| lab.item.material() == material;
            if !labs.iter().any(|lab| of(&lab)) {
                continue;
            }
            specimen += 1;
            let id = format!("{order}{specimen}");
            message.segment("SPM").put(1, format_args!("{specimen}")).field(2, &id);
            message.put(4, format_args!("{material}^{text}^JC10")).field(17, &collected);
            message.segment("OBR").field(1, "1").field(2, order).field(3, &id);
            message.put(4, format_args!("E0{specimen}^{panel}^99O03"));
            message.field(7, &compact(visit.day)).field(8, &compact(visit.day)).field(16, &doctor(visit));
            message.field(22, stamp.get(..14).unwrap_or(stamp));
            self.order(&mut message, visit, order, action.0, None);
            for (lab, set) in labs.iter().filter(of).zip(1..) {
                result(&mut message, lab, set, action.1, &collected);
            }
        }
        message.finish()
    }

    /// ORC as order forms fill it; `group` is the RP number of a prescription.
    fn order(&self, message: &mut Message, visit: &Visit, order: &str, action: &str, group: Option<u32>) {
        let (code, text) = visit.department;
        message.segment("ORC").field(1, action).field(2, order);
        match group {
            Some(group) => message.put(4, format_args!("{group}")),
            None => message.field(5, "CM"),
        };
        message.put(9, format_args!("{}00", arrival(visit))).field(10, "058^入力者^花子^^^^^^^L^^^^^I");
        message.field(12, &doctor(visit)).put(13, format_args!("{code}^^^^^C"));
        message.put(17, format_args!("{code}^{text}^99XY1")).field(21, &self.record.plan.name);
        message.field(29, if visit.stay.is_some() { "I^入院患者オーダ^HL70482" } else { "O^外来患者オーダ^HL70482" });
    }
}

/// PID-5: kanji and kana, and romaji where the person writes it.
fn names(history: &History<Name>, day: Date) -> String {
    let name = history.at(day);
    let family = name.family_as(Glyphs::Jis);
    let mut text = format!("{family}^{}^^^^^L^I~{}^{}^^^^^L^P", name.given, name.family_kana, name.given_kana);
    if let Some((family, given)) = &name.romaji {
        text.push_str(&format!("~{family}^{given}^^^^^L^A"));
    }
    text
}

fn problem_group(message: &mut Message, place: usize, problem: &Problem, end: Option<Date>) {
    let disease = problem.disease;
    let outcome = match (end, problem.outcome) {
        (None, _) | (_, Outcome::Continuing) => "N^回復せず^HL70241",
        (_, Outcome::Recovered) => "F^完全に回復^HL70241",
        (_, Outcome::Died) => "D^死亡^HL70241",
        (_, Outcome::RuledOut) => "U^不明^HL70241",
    };
    message.segment("PRB").field(1, "AD").field(2, &compact(problem.start));
    message.put(3, format_args!("{}^{}^MDCDX2", disease.managed, disease.name));
    message.put(4, format_args!("{:015}", place + 1)).field(7, &compact(problem.start));
    message.field(9, &end.map(compact).unwrap_or_default());
    message.put(10, format_args!("{}^^I10^^外来時^JHSD0004^2013", disease.icd10));
    message.field(13, if problem.suspected { "Provisional" } else { "" }).field(14, outcome);
    message.field(15, &end.map(compact).unwrap_or_default()).field(16, &compact(problem.onset));
    let suspicion = if problem.suspected { "の疑い" } else { "" };
    message.put(17, format_args!("{}{suspicion}", disease.name));
    message.field(18, if problem.main { "1^主診断^JHSD0007" } else { "" });
    message.segment("ZPR").put(2, format_args!("{}^{}^MDCDX2", disease.managed, disease.name));
    if problem.suspected {
        message.field(6, "8002^の疑い^MDCDX2");
    }
}

fn result(message: &mut Message, lab: &LabResult, set: u32, status: &str, collected: &str) {
    let item = lab.item;
    message.segment("OBX").put(1, format_args!("{set}")).field(2, "NM");
    message.put(3, format_args!("{}^{}^JC10^{}^{}^99L01", item.jlac10, item.name, item.local, item.name));
    message.field(5, &lab.text()).put(6, format_args!("{0}^{0}^ISO+", item.unit));
    message.put(7, format_args!("{:.*}-{:.*}", item.decimals, item.low, item.decimals, item.high));
    message.field(8, lab.flag()).field(11, status).field(14, collected);
}
