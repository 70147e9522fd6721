//! Laws that hold for any registrations and any decisions of people.

use kiban_core::PatientRef;
use kiban_link::{Constraints, Linkage, Registration, Settings, link};
use proptest::prelude::*;

use crate::people::register;

fn anyone() -> impl Strategy<Value = String> {
    let family = prop::sample::select(vec!["山田|ヤマダ", "佐藤|サトウ", "髙橋|タカハシ"]);
    let given = prop::sample::select(vec!["花子|ハナコ", "太郎|タロウ", "優斗|ユウト", "優太|ユウタ"]);
    let birth = prop::sample::select(vec!["1980-03-12", "S55.3.12", "1980-12-03", "2015-04-01", ""]);
    let rest = prop::sample::select(vec![
        "1|100-0013|千代田区霞が関1-2-3|090-1111-2222|06130017|12|3456|01",
        "2|1000013|東京都千代田区霞ヶ関1丁目2番3号||06130017|12|3456|02",
        "2||||||| ",
        "1|790-0001|松山市一番町4-4-2|090-3333-4444|06270001|7|88|",
    ]);
    (1..=4u8, family, given, birth, rest).prop_map(|(facility, family, given, birth, rest)| {
        let ((family, family_kana), (given, given_kana)) =
            (family.split_once('|').unwrap(), given.split_once('|').unwrap());
        format!("{facility}|{family} {given}|{family_kana} {given_kana}|{birth}|{rest}")
    })
}

fn everyone() -> impl Strategy<Value = Vec<Registration>> {
    prop::collection::vec(anyone(), 2..12)
        .prop_map(|lines| (1i64..).zip(lines).map(|(id, line)| register(id, &line)).collect())
}

fn two_of(count: usize, seeds: (usize, usize)) -> (PatientRef, PatientRef) {
    let left = seeds.0 % count;
    let right = (left + 1 + seeds.1 % (count - 1)) % count;
    let at = |n: usize| PatientRef::new(i64::try_from(n + 1).unwrap()).unwrap();
    (at(left), at(right))
}

fn together(linkage: &Linkage, left: PatientRef, right: PatientRef) -> bool {
    linkage.persons.iter().any(|p| p.members.contains(&left) && p.members.contains(&right))
}

fn plain(all: &[Registration]) -> Linkage {
    link(all, Settings::default(), &Constraints::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_registration_is_of_exactly_one_person(all in everyone()) {
        let mut members: Vec<_> = plain(&all).persons.into_iter().flat_map(|p| p.members).collect();
        members.sort_unstable();
        let mut expected: Vec<_> = all.iter().map(|r| r.patient).collect();
        expected.sort_unstable();
        prop_assert_eq!(members, expected);
    }

    #[test]
    fn order_and_threads_do_not_matter(all in everyone(), turn in 0usize..12) {
        let first = plain(&all);
        let mut turned = all.clone();
        turned.rotate_left(turn % all.len());
        let second = link(&turned, Settings { threads: 1, ..Settings::default() }, &Constraints::default()).unwrap();
        prop_assert_eq!(first.clusters(), second.clusters());
    }

    #[test]
    fn people_are_obeyed_and_can_take_it_back(all in everyone(), merge in any::<(usize, usize)>(), split in any::<(usize, usize)>()) {
        let before = plain(&all);
        let (a, b) = two_of(all.len(), merge);
        let (c, d) = two_of(all.len(), split);
        let mut constraints = Constraints::default();
        constraints.must_link(a, b);
        prop_assert!(together(&before.apply(&constraints).unwrap(), a, b));
        constraints.cannot_link(c, d);
        let both = before.apply(&constraints).unwrap();
        prop_assert!(!together(&both, c, d));

        constraints.revoke(a, b);
        constraints.revoke(c, d);
        prop_assert_eq!(&constraints, &Constraints::default());
        let after = both.apply(&constraints).unwrap();
        prop_assert_eq!(&after.persons, &before.persons);
        prop_assert_eq!(&after.decisions, &before.decisions);
    }

    #[test]
    fn decisions_come_in_any_order(all in everyone(), pairs in prop::collection::vec(any::<(usize, usize)>(), 1..4)) {
        let before = plain(&all);
        let (mut forth, mut back) = (Constraints::default(), Constraints::default());
        pairs.iter().for_each(|p| { let (a, b) = two_of(all.len(), *p); forth.cannot_link(a, b); });
        pairs.iter().rev().for_each(|p| { let (a, b) = two_of(all.len(), *p); back.cannot_link(b, a); });
        prop_assert_eq!(before.apply(&forth).unwrap().persons, before.apply(&back).unwrap().persons);
    }
}
