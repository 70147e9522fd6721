//! The test vectors of the linkage study §5.9, each by its number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use kiban_core::{PatientRef, Phi};

use crate::{
    Coverage, Field, Registration, Text,
    compare::Comparer,
    encode::Table,
    normalise::{codes::check_digit_holds, date::Birth},
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
    let mut one = Registration::new(PatientRef::new(id).unwrap(), facility.parse().unwrap());
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
    20 Given ["kanji" "山田 太郎"] ["kanji" "太郎 山田"] "swapped/-";
    23 Given ["kanji" "王 优", "romaji" "WANG YOU"] ["kanji" "王 優"] "folded/-";
    23 Given ["kanji" "王 优"] ["kanji" "王 優"] "different/-";
    25 Birth ["birth" "昭和55年3月12日"] ["birth" "1980-03-12"] "equal";
    25 Birth ["birth" "S55.3.12"] ["birth" "1980-03-12"] "equal";
    25 Birth ["birth" "3550312"] ["birth" "1980-03-12"] "equal";
    26 Birth ["birth" "平成31年5月1日"] ["birth" "令和元年5月1日"] "equal";
    27 Birth ["birth" "昭和3年1月5日"] ["birth" "平成3年1月5日"] "era";
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

#[test]
fn vector_3_is_two_letters_long_and_vector_4_one_change_apart() {
    let letters = |name: &str| crate::normalise::kanji::base(name).chars().collect::<Vec<_>>();
    assert_eq!(letters("𠮷田").len(), 2);
    assert_eq!(crate::similarity::similarity(&letters("渡邊"), &letters("渡辺")), 50);
}

#[test]
fn vector_26_is_flagged_and_vector_38_keeps_its_check_digit() {
    assert!(Birth::read("平成31年5月1日").unwrap().overrun);
    assert!(check_digit_holds("138057") && check_digit_holds("00138057"));
}

#[test]
fn vector_37_a_home_of_hundreds_is_marked_as_crowded() {
    let home = [("address", "千代田区麹町1-2-3 特別養護老人ホーム")];
    let all: Vec<_> = (1..=40).map(|id| register(id, "1310000001", &home)).collect();
    let pattern = Comparer::new(&Table::build(&all, 1)).pair(0, 1);
    assert_eq!(Field::Home.level_name(pattern.level(Field::Home)), "-/site/crowded");
}

#[test]
fn vector_45_a_chart_number_means_something_inside_its_facility_only() {
    let (left, right) = ([("chart", "00001234")], [("chart", "1234")]);
    assert_eq!(level(Field::Chart, &left, &right, true), "same");
    assert_eq!(level(Field::Chart, &left, &right, false), "elsewhere");
}
