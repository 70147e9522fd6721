//! The test vectors of the linkage study §5.9, each by its number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use kiban_core::{PatientRef, Phi};

use crate::{
    Constraints, Coverage, Field, Linkage, Registration, Settings, Text,
    compare::Comparer,
    encode::Table,
    link,
    normalise::{
        Normal,
        address::Address,
        codes::{self, CheckDigit},
        date::{Agreement, Birth, Doubt},
        kana,
        kanji::{self, Residence},
        names, normalise, romaji, sinitic,
    },
    similarity::osa,
};

/// One pair that differs in one field, and the level at which they must meet.
struct Vector {
    number: u8,
    field: Field,
    left: &'static [(&'static str, &'static str)],
    right: &'static [(&'static str, &'static str)],
    expect: &'static str,
}

fn register(id: i64, facility: &str, values: &[(&str, &str)]) -> Registration {
    let mut one = Registration::new(PatientRef::new(id).unwrap(), facility);
    let mut card = Coverage::default();
    for (column, value) in values {
        let text: Text = Some(Phi::new((*value).to_owned()));
        match *column {
            "kanji" => one.name_kanji = text,
            "kana" => one.name_kana = text,
            "romaji" => one.name_romaji = text,
            "birth" => one.birth_text = text,
            "postal" => one.postal = text,
            "address" => one.address = text,
            "sex" => one.sex = text,
            "phone" => one.phone = text,
            "insurer" => card.insurer = text,
            "symbol" => card.symbol = text,
            "number" => card.number = text,
            "branch" => card.branch = text,
            "to" => card.to = Some(value.parse().unwrap()),
            "from" => card.from = Some(value.parse().unwrap()),
            "chart" => one.local_id = text,
            other => panic!("no column {other}"),
        }
    }
    one.coverages = vec![card];
    one
}

fn level(field: Field, left: &[(&str, &str)], right: &[(&str, &str)], same_facility: bool) -> String {
    let other = if same_facility { "1310000001" } else { "1310000002" };
    let table = Table::build(&[register(1, "1310000001", left), register(2, other, right)], 1);
    let mut comparer = Comparer::new(&table);
    let pattern = comparer.pair(0, 1);
    assert_eq!(pattern, comparer.pair(1, 0), "comparing must be symmetric");
    field.level_name(pattern.level(field))
}

macro_rules! vectors {
    ($($number:literal $field:ident [$($lc:literal $lv:literal),*] [$($rc:literal $rv:literal),*] $expect:literal;)*) => {
        &[$(Vector { number: $number, field: Field::$field, left: &[$(($lc, $lv)),*], right: &[$(($rc, $rv)),*], expect: $expect }),*]
    };
}

const VECTORS: &[Vector] = vectors![
    1 Family ["kanji" "髙橋 一"] ["kanji" "高橋 一"] "folded/-";
    2 Family ["kanji" "山﨑 一"] ["kanji" "山崎 一"] "folded/-";
    2 Family ["kanji" "山嵜 一"] ["kanji" "山崎 一"] "folded/-";
    3 Family ["kanji" "𠮷田 一"] ["kanji" "吉田 一"] "folded/-";
    4 Family ["kanji" "渡邊 一"] ["kanji" "渡辺 一"] "folded/-";
    4 Family ["kanji" "渡邉 一"] ["kanji" "渡辺 一"] "folded/-";
    5 Family ["kanji" "齋藤 一"] ["kanji" "斉藤 一"] "confusable/-";
    6 Family ["kanji" "冨田 一"] ["kanji" "富田 一"] "confusable/-";
    7 Family ["kanji" "伊藤 一", "kana" "イトウ ハジメ"] ["kanji" "伊東 一", "kana" "イトウ ハジメ"] "near/equal";
    8 Family ["kanji" "\u{FA19}谷 一"] ["kanji" "神谷 一"] "exact/-";
    9 Family ["kanji" "渡邉\u{E010F} 一"] ["kanji" "渡邉 一"] "exact/-";
    10 Family ["kanji" "〓橋 一"] ["kanji" "髙橋 一"] "lost/-";
    10 Family ["kanji" "●橋 一"] ["kanji" "髙橋 一"] "lost/-";
    11 Family ["kana" "ｻｲﾄｳ ｼﾞﾛｳ"] ["kana" "サイトウ　ジロウ"] "-/equal";
    11 Given ["kana" "ｻｲﾄｳ ｼﾞﾛｳ"] ["kana" "サイトウ　ジロウ"] "-/equal";
    12 Given ["kana" "サトウ シヨウイチ"] ["kana" "サトウ ショウイチ"] "-/equal";
    13 Family ["kana" "オオノ ジロウ"] ["kana" "オーノ ジロウ"] "-/long-vowel";
    13 Family ["kanji" "大野 一", "kana" "オオノ ハジメ"] ["kanji" "大野 一", "kana" "オウノ ハジメ"] "exact/long-vowel";
    13 Family ["kana" "オウノ ジロウ"] ["kana" "オーノ ジロウ"] "-/long-vowel";
    14 Family ["kana" "ヤマサキ ジロウ"] ["kana" "ヤマザキ ジロウ"] "-/voiceless";
    15 Given ["kana" "サトウ チヅル"] ["kana" "サトウ チズル"] "-/equal";
    16 Given ["kana" "サトウ ヴィオラ"] ["kana" "サトウ ビオラ"] "-/equal";
    17 Family ["kana" "サトウ ジロウ"] ["kana" "スズキ ジロウ"] "-/different";
    18 Family ["romaji" "SATO JIRO"] ["kana" "サトウ ジロウ"] "-/romaji";
    18 Family ["romaji" "SATOU JIRO"] ["kana" "サトウ ジロウ"] "-/romaji";
    18 Family ["romaji" "SATOH JIRO"] ["kana" "サトウ ジロウ"] "-/romaji";
    18 Family ["romaji" "SATŌ JIRO"] ["kana" "サトウ ジロウ"] "-/romaji";
    19 Family ["romaji" "SHIMBASHI JIRO"] ["kana" "シンバシ ジロウ"] "-/romaji";
    19 Family ["romaji" "SINBASI ZIRO"] ["kana" "シンバシ ジロウ"] "-/romaji";
    20 Family ["kanji" "山田 太郎"] ["kanji" "太郎 山田"] "swapped/-";
    20 Given ["kanji" "山田 太郎"] ["kanji" "太郎 山田"] "swapped/-";
    23 Given ["kanji" "王 优", "romaji" "WANG YOU"] ["kanji" "王 優"] "folded/-";
    23 Given ["kanji" "王 优"] ["kanji" "王 優"] "different/-";
    25 Birth ["birth" "昭和55年3月12日"] ["birth" "1980-03-12"] "equal";
    25 Birth ["birth" "S55.3.12"] ["birth" "1980-03-12"] "equal";
    25 Birth ["birth" "3550312"] ["birth" "1980-03-12"] "equal";
    26 Birth ["birth" "平成31年5月1日"] ["birth" "令和元年5月1日"] "equal";
    27 Birth ["birth" "昭和3年1月5日"] ["birth" "平成3年1月5日"] "era";
    21 Given ["kanji" "山田 花子"] ["kanji" "佐藤 花子"] "exact/-";
    22 Birth ["kanji" "田中ベビー", "birth" "2020-05-05"] ["kanji" "田中 蓮", "birth" "R2.5.5"] "equal";
    22 Family ["kanji" "田中ベビー"] ["kanji" "田中 蓮"] "exact/-";
    23 Family ["kanji" "张 伟", "romaji" "ZHANG WEI"] ["kanji" "張 偉"] "folded/-";
    28 Birth ["birth" "1955-03-12"] ["birth" "昭和55年3月12日"] "era";
    29 Birth ["birth" "1980-03-12"] ["birth" "1980-12-03"] "swapped";
    30 Birth ["birth" "1900-01-01"] ["birth" "1980-12-03"] "-";
    31 Home ["address" "千代田区麹町1丁目2番3号"] ["address" "千代田区麹町一丁目二番三号"] "-/site";
    31 Home ["address" "千代田区麹町1-2-3"] ["address" "千代田区麹町１－２ー３"] "-/site";
    32 Home ["address" "千代田区霞ヶ関1"] ["address" "千代田区霞が関1"] "-/site";
    32 Home ["address" "千代田区霞ケ関1"] ["address" "千代田区霞が関1"] "-/site";
    33 Home ["address" "長野市大字中野12"] ["address" "長野市中野12"] "-/site";
    34 Home ["address" "浦安市舞浜2-11"] ["address" "浦安市舞浜2-1-1"] "-/town";
    35 Home ["address" "東京都千代田区麹町1-2-3"] ["address" "千代田区麹町1-2-3"] "-/site";
    36 Home ["address" "千代田区麹町1-2-3 コーポ 123号室"] ["address" "千代田区麹町1-2-3 コーポ"] "-/site";
    38 Card ["insurer" "138057", "number" "5"] ["insurer" "00138057", "number" "5"] "household";
    38 Card ["insurer" "1234567", "number" "5"] ["insurer" "01234567", "number" "5"] "household";
    39 Card ["insurer" "06130017", "symbol" "１２３", "number" "０００４５"] ["insurer" "06130017", "symbol" "123", "number" "45"] "household";
    40 Card ["insurer" "06130017", "number" "5", "branch" "00"] ["insurer" "06130017", "number" "5", "branch" "02"] "other-branch";
    40 Card ["insurer" "06130017", "number" "5", "branch" "00", "to" "2021-05-01"] ["insurer" "06130017", "number" "5", "branch" "02", "from" "2022-05-01"] "household";
    41 Card ["insurer" "06130017", "number" "5"] ["insurer" "06130017", "number" "5", "branch" "02"] "household";
    45 Chart ["chart" "00001234"] ["chart" "1234"] "elsewhere";
];

#[test]
fn every_vector_meets_at_its_level() {
    for vector in VECTORS {
        let found = level(vector.field, vector.left, vector.right, false);
        let plain = found.rsplit_once('/').filter(|(_, grade)| ["common", "known", "uncommon", "rare"].contains(grade));
        let found = plain.map_or(found.as_str(), |(level, _)| level);
        assert_eq!(found, vector.expect, "vector {}: {:?} {:?}", vector.number, vector.left, vector.right);
    }
}

/// What a level alone does not tell of a vector.
const CASES: &[(u8, fn())] = &[
    (3, vector_3_is_two_letters_long),
    (4, vector_4_is_one_change_apart),
    (5, vector_5_is_of_two_fold_classes),
    (6, vector_6_has_a_common_candidate_and_no_common_fold),
    (17, vector_17_has_nothing_in_common),
    (21, vector_21_is_joined_by_given_name_birth_date_and_phone),
    (22, vector_22_is_known_as_a_newborn_and_left_to_a_clerk),
    (23, vector_23_folds_for_foreign_residents_only),
    (24, vector_24_is_a_candidate_only),
    (26, vector_26_is_flagged),
    (28, vector_28_is_known_to_be_of_two_digits),
    (34, vector_34_shares_the_town_and_not_the_numbers),
    (36, vector_36_is_one_building_with_the_room_unknown),
    (37, vector_37_is_known_by_name_and_by_number),
    (38, vector_38_is_padded_and_checked),
    (42, vector_42_is_one_person_with_two_cards),
    (43, vector_43_stays_apart),
    (44, vector_44_is_one_id_with_facts_that_contradict),
    (45, vector_45_means_something_inside_its_facility_only),
];

#[test]
fn every_case_holds() {
    CASES.iter().for_each(|(_, case)| case());
}

#[test]
fn all_forty_five_are_here() {
    let told: Vec<u8> = VECTORS.iter().map(|v| v.number).chain(CASES.iter().map(|(number, _)| *number)).collect();
    let missing: Vec<u8> = (1..=45).filter(|number| !told.contains(number)).collect();
    assert!(missing.is_empty(), "vectors without a test");
}

fn letters(name: &str) -> Vec<char> {
    kanji::base(name).chars().collect()
}

fn fold(name: &str, residence: Residence) -> String {
    kanji::fold(&kanji::base(name), residence)
}

fn normal(values: &[(&str, &str)]) -> Normal {
    normalise(&register(1, "1310000001", values))
}

fn linked(left: &[(&str, &str)], right: &[(&str, &str)]) -> Linkage {
    let all = [register(1, "1310000001", left), register(2, "1310000002", right)];
    link(&all, Settings::default(), &Constraints::default()).unwrap()
}

fn vector_3_is_two_letters_long() {
    assert_eq!(letters("𠮷田").len(), 2);
    assert_eq!(osa(&letters("𠮷田"), &letters("吉田")), 1);
}

fn vector_4_is_one_change_apart() {
    assert_eq!(osa(&letters("渡邊"), &letters("渡辺")), 1);
    assert_eq!(osa(&letters("渡邉"), &letters("渡辺")), 1);
}

fn vector_5_is_of_two_fold_classes() {
    let [left, right] = ["齋藤", "斉藤"].map(|name| fold(name, Residence::Domestic));
    assert_eq!((left.as_str(), right.as_str()), ("斎藤", "斉藤"));
    assert_eq!(kanji::weaken(&left), kanji::weaken(&right));
    assert!(!kanji::may_be_one("齋藤", "斉藤", Residence::Domestic));
}

fn vector_6_has_a_common_candidate_and_no_common_fold() {
    assert_ne!(fold("冨田", Residence::Domestic), fold("富田", Residence::Domestic));
    assert!(kanji::may_be_one("冨田", "富田", Residence::Domestic));
}

fn vector_17_has_nothing_in_common() {
    let [left, right] = ["サトウ", "スズキ"].map(|name| kana::morae(&kana::base(name)));
    assert_eq!(kana::similarity(&left, &right), 0);
}

fn vector_21_is_joined_by_given_name_birth_date_and_phone() {
    let rest = [("birth", "1980-03-12"), ("sex", "2"), ("phone", "090-1234-5678")];
    let named = |kanji, kana| [&[("kanji", kanji), ("kana", kana)], rest.as_slice()].concat();
    let linkage = linked(&named("山田 花子", "ヤマダ ハナコ"), &named("佐藤 花子", "サトウ ハナコ"));
    assert_eq!(linkage.persons.len(), 1);
    assert_eq!(normal(&[("kanji", "佐藤　花子（旧姓：山田）")]).former, "山田", "the history that a name tells itself");
}

fn vector_22_is_known_as_a_newborn_and_left_to_a_clerk() {
    let child = normal(&[("kanji", "田中ベビー"), ("birth", "2020-05-05")]);
    assert!(child.newborn && !normal(&[("kanji", "田中 蓮")]).newborn);
    assert_eq!(child.kanji.split(), Some(("田中".to_owned(), "ベビー".to_owned())), "the family name is the mother's");
    assert_eq!(names::newborn("田中ベビー2").map(|found| found.order), Some(2), "twins are numbered");
    let rest = [("birth", "2020-05-05"), ("sex", "1"), ("phone", "090-1234-5678"), ("address", "千代田区麹町1-2-3")];
    let named = |kanji| [&[("kanji", kanji)], rest.as_slice()].concat();
    assert_eq!(linked(&named("田中ベビー"), &named("田中 蓮")).persons.len(), 2);
}

fn vector_23_folds_for_foreign_residents_only() {
    for (written, regular) in [("优", "優"), ("张", "張"), ("陈", "陳"), ("杨", "楊"), ("刘", "劉"), ("吴", "呉")]
    {
        assert_eq!(fold(written, Residence::Foreign), fold(regular, Residence::Foreign), "{written}");
    }
    // 刘 is a form of 劉 in the family registers as well; these are not.
    for (written, regular) in [("优", "優"), ("张", "張")] {
        assert_ne!(fold(written, Residence::Domestic), fold(regular, Residence::Domestic), "{written}");
    }
}

fn vector_24_is_a_candidate_only() {
    assert!(sinitic::romaji_keys("王偉").contains(&romaji::key("WANG WEI")));
    assert!(sinitic::may_be_read("オウ イ", "WANG WEI"));
    assert_ne!(romaji::key_of_kana(&kana::base("オウ イ")), romaji::key("WANG WEI"), "never an equality");
    let level = level(Field::Given, &[("romaji", "WANG WEI")], &[("kana", "オウ イ")], false);
    assert!(level.ends_with("different"), "{level}");
}

fn vector_26_is_flagged() {
    let [never, real] = ["平成31年5月1日", "令和元年5月1日"].map(|text| Birth::read(text).unwrap());
    assert_eq!((never.doubt, real.doubt), (Doubt::AfterEra, Doubt::None));
    assert_eq!(never.agreement(real), Agreement::Equal);
}

fn vector_28_is_known_to_be_of_two_digits() {
    let [short, long] = ["55.3.12", "昭和55.3.12"].map(|text| Birth::read(text).unwrap());
    assert_eq!((short.year, short.doubt, long.year), (1955, Doubt::TwoDigitYear, 1980));
    assert_eq!(short.agreement(long), Agreement::Era);
    assert!(short.mistaken_years().contains(&1980));
}

fn vector_34_shares_the_town_and_not_the_numbers() {
    let [lot, dwelling] = ["浦安市舞浜2-11", "浦安市舞浜2-1-1"].map(Address::read);
    assert_eq!((&lot.town, &lot.numbers[..], &dwelling.numbers[..]), (&dwelling.town, &[2, 11][..], &[2, 1, 1][..]));
}

fn vector_36_is_one_building_with_the_room_unknown() {
    let [with, without] = ["千代田区麹町1-2-3 コーポ 123号室", "千代田区麹町1-2-3 コーポ"].map(Address::read);
    assert_eq!((with.building.as_str(), with.room), ("コーポ", Some(123)));
    assert_eq!((without.building.as_str(), without.room), ("コーポ", None));
}

fn vector_37_is_known_by_name_and_by_number() {
    let home = [("address", "千代田区麹町1-2-3 ひまわり特別養護老人ホーム")];
    assert!(Address::read(home[0].1).is_institution());
    let all: Vec<_> = (1..=40).map(|id| register(id, "1310000001", &home)).collect();
    let pattern = Comparer::new(&Table::build(&all, 1)).pair(0, 1);
    assert_eq!(Field::Home.level_name(pattern.level(Field::Home)), "-/site/crowded");
}

fn vector_38_is_padded_and_checked() {
    let read = |text| codes::insurer(text).unwrap();
    assert!(read("1234567") == read("01234567"));
    assert_eq!(read("1234567").check, CheckDigit::Fails, "the vector's own digits are no real insurer");
    for number in ["138057", "00138057", "6130017", "06130017"] {
        assert_eq!(read(number).check, CheckDigit::Holds, "{number}");
    }
}

fn vector_42_is_one_person_with_two_cards() {
    let person = [("kanji", "長谷部 美玲"), ("kana", "ハセベ ミレイ"), ("birth", "1980-03-12"), ("sex", "2")];
    let insured =
        |insurer, number, from| [&person[..], &[("insurer", insurer), ("number", number), ("from", from)]].concat();
    let (left, right) = (insured("06130017", "3456", "2019-04-01"), insured("06270001", "88", "2022-04-01"));
    assert_eq!(level(Field::Card, &left, &right, false), "different");
    let with_cards = linked(&left, &right).decisions.first().map(|d| d.probability);
    let without = linked(&person, &person).decisions.first().map(|d| d.probability);
    assert!(with_cards.unwrap() > without.unwrap() - 0.05, "{with_cards:?} {without:?}");
}

fn vector_43_stays_apart() {
    let rest = [
        ("birth", "2015-04-01"),
        ("sex", "1"),
        ("address", "千代田区麹町1-2-3"),
        ("phone", "090-1234-5678"),
        ("insurer", "06130017"),
        ("number", "3456"),
    ];
    let named = |kanji, kana| [&[("kanji", kanji), ("kana", kana)], rest.as_slice()].concat();
    let linkage = linked(&named("佐藤 優斗", "サトウ ユウト"), &named("佐藤 優太", "サトウ ユウタ"));
    assert_eq!(linkage.persons.len(), 2);
    assert!(linkage.decisions.iter().all(|d| d.probability < 0.05), "{:?}", linkage.decisions);
}

fn vector_44_is_one_id_with_facts_that_contradict() {
    assert_eq!(codes::medical_id("ab-1234 5678"), codes::medical_id("ＡＢ１２３４５６７８"));
    let [left, right] = ["1980-03-12", "1980-07-12"].map(|text| Birth::read(text).unwrap());
    assert!(left.agreement(right) >= Agreement::OneDigit && codes::sex("男") != codes::sex("女"));
}

fn vector_45_means_something_inside_its_facility_only() {
    let (left, right) = ([("chart", "00001234")], [("chart", "1234")]);
    assert_eq!(level(Field::Chart, &left, &right, true), "same");
    assert_eq!(level(Field::Chart, &left, &right, false), "elsewhere");
}
