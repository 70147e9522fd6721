//! Small cases that a clerk would know: what must be joined, and what must not.

use kiban_core::{PatientRef, Phi};
use kiban_link::{
    Basis, Class, Constraints, Coverage, Error, Linkage, Outcome, Refusal, Registration, Rule, Settings, Text, link,
};

/// Columns: facility digit, kanji, kana, birth, sex, postal, address, phone, insurer, symbol, number, branch.
pub(crate) fn register(id: i64, line: &str) -> Registration {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let text = |at: usize| -> Text { columns.get(at).filter(|v| !v.is_empty()).map(|v| Phi::new((*v).to_owned())) };
    let facility = format!("131000000{}", columns[0]);
    let mut one = Registration::new(PatientRef::new(id).unwrap(), facility);
    (one.name_kanji, one.name_kana, one.birth_text, one.sex) = (text(1), text(2), text(3), text(4));
    (one.postal, one.address, one.phone) = (text(5), text(6), text(7));
    one.coverages =
        vec![Coverage { insurer: text(8), symbol: text(9), number: text(10), branch: text(11), ..Coverage::default() }];
    one
}

fn linked(lines: &[&str]) -> Linkage {
    let all: Vec<_> = (1i64..).zip(lines).map(|(id, line)| register(id, line)).collect();
    link(&all, Settings::default(), &Constraints::default()).unwrap()
}

fn check(left: &str, right: &str, joined: bool) -> Linkage {
    let linkage = linked(&[left, right]);
    assert_eq!(linkage.persons.len() == 1, joined, "{left}\n{right}\n{:?}", linkage.decisions);
    linkage
}

const HANAKO: &str =
    "1|山田　花子|ヤマダ ハナコ|S55.3.12|女|100-0013|東京都千代田区霞が関1-2-3|03-1234-5678|06130017|12|3456|";

#[test]
fn one_person_is_found_again_however_written() {
    check(
        HANAKO,
        "2|山田花子|ﾔﾏﾀﾞ ﾊﾅｺ|1980-03-12|2|1000013|千代田区霞ヶ関一丁目二番三号|0312345678|6130017|１２|３４５６|",
        true,
    );
}

#[test]
fn a_renamed_woman_is_joined_by_given_name_birth_date_and_phone() {
    check(
        "1|山田　花子|ヤマダ　ハナコ|1980-03-12|2|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|",
        "2|佐藤　花子|サトウ　ハナコ|1980-03-12|2|150-0001|渋谷区神宮前4-5-6|090-1234-5678|06270001|7|88|",
        true,
    );
}

#[test]
fn a_change_of_insurer_is_no_evidence_against() {
    check(
        "1|長谷部　美玲|ハセベ　ミレイ|1980-03-12|2|100-0013|千代田区霞が関1-2-3||06130017|12|3456|",
        "2|長谷部　美玲|ハセベ　ミレイ|1980-03-12|2|100-0013|千代田区霞が関1-2-3||06270001|7|88|",
        true,
    );
}

#[test]
fn twins_stay_apart() {
    let linkage = check(
        "1|佐藤　優斗|サトウ　ユウト|2015-04-01|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|03",
        "2|佐藤　優太|サトウ　ユウタ|2015-04-01|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|04",
        false,
    );
    assert_eq!(linkage.decisions, [], "a pair under five in a hundred is not even shown");
    check(
        "1|佐藤　優斗|サトウ　ユウト|2015-04-01|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|",
        "2|佐藤　優太|サトウ　ユウタ|2015-04-01|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|",
        false,
    );
}

#[test]
fn members_of_a_household_and_namesakes_stay_apart() {
    check(
        HANAKO,
        "2|山田　太郎|ヤマダ タロウ|S53.1.2|男|100-0013|東京都千代田区霞が関1-2-3|03-1234-5678|06130017|12|3456|",
        false,
    );
    check(
        "1|鈴木　実|スズキ ミノル|1950-03-12|1|100-0013|千代田区霞が関1-2-3|||||",
        "2|鈴木　実|スズキ ミノル|1950-08-30|1|790-0001|松山市一番町4-4-2|||||",
        false,
    );
}

#[test]
fn other_branches_of_one_card_at_one_time_are_two_persons() {
    let linkage = linked(&[
        "1|佐藤　優|サトウ　ユウ|2015-04-01|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|03",
        "2|佐藤　優|サトウ　ユウ|2015-04-01|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|04",
    ]);
    assert_eq!(linkage.persons.len(), 2);
    assert!(
        linkage.decisions.iter().all(|d| d.outcome == Outcome::Refused(Refusal::Conflict)),
        "{:?}",
        linkage.decisions
    );
}

#[test]
fn a_rule_joins_one_card_holder_and_a_conflict_silences_it() {
    let card = "|06130017|12|3456|01";
    let joined = linked(&[
        &format!("1|山田　花子|ヤマダ　ハナコ|1980-03-12|2|||{card}"),
        &format!("2||ﾔﾏﾀﾞ ﾊﾅｺ|S55.3.12|F|||{card}"),
    ]);
    assert_eq!(joined.decisions[0].basis, Basis::Rule(Rule::CardAndPerson));
    let other_sex = linked(&[
        &format!("1|山田　花子|ヤマダ　ハナコ|1980-03-12|2|||{card}"),
        &format!("2||ﾔﾏﾀﾞ ﾊﾅｺ|S55.3.12|M|||{card}"),
    ]);
    assert!(other_sex.decisions.iter().all(|d| d.basis == Basis::Model));
}

#[test]
fn a_newborn_without_a_name_waits_for_a_clerk() {
    let linkage = linked(&[
        "1|田中　ベビー|タナカ　ベビー|2020-05-05|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|",
        "2|田中　蓮|タナカ　レン|2020-05-05|1|100-0013|千代田区霞が関1-2-3|090-1234-5678|06130017|12|3456|",
    ]);
    assert_eq!(linkage.persons.len(), 2);
}

#[test]
fn a_decision_is_explained_without_a_value_of_the_patient() {
    let linkage = linked(&[HANAKO, "2|山田花子|ﾔﾏﾀﾞ ﾊﾅｺ|1980-03-12|2|||0312345678||||"]);
    let decision = linkage.decisions[0];
    assert_eq!(
        decision.pattern.to_string(),
        "family=exact/equal/uncommon given=exact/equal/uncommon birth=equal sex=equal home=-/- phone=landline card=- \
         chart=elsewhere"
    );
    let bits: f64 =
        linkage.explain(&decision).iter().map(|w| w.bits).sum::<f64>() + linkage.model.prior_bits(decision.rival);
    let odds = (decision.probability / decision.rival_probability).log2();
    assert!((bits - odds).abs() < 1e-6, "the bits must add up to the odds: {bits} {odds}");
    let told = format!("{linkage:?}{:?}", linkage.explain(&decision));
    for value in ["山田", "花子", "ヤマダ", "0312345678", "霞", "06130017", "1980-03"] {
        assert!(!told.contains(value), "{value} leaked");
    }
    assert_ne!(decision.rival, Class::Match);
}

#[test]
fn decisions_that_contradict_each_other_are_refused() {
    let all: Vec<_> = (1..=3).map(|id| register(id, &HANAKO.replacen('1', &id.to_string(), 1))).collect();
    let of = |n| PatientRef::new(n).unwrap();
    let mut constraints = Constraints::default();
    constraints.must_link(of(1), of(2));
    constraints.must_link(of(2), of(3));
    constraints.cannot_link(of(1), of(3));
    let refused = link(&all, Settings::default(), &constraints).unwrap_err();
    assert_eq!(refused, Error::Contradiction { left: of(1), right: of(3) });
    let twice = [all[0].clone(), all[0].clone()];
    assert!(matches!(link(&twice, Settings::default(), &Constraints::default()), Err(Error::Duplicate { .. })));
}
