//! Chinese and Korean names read in several ways: 王偉 is オウ イ to the receptionist and WANG WEI on the residence card.
//!
//! What meets here is a candidate for a person to look at or for other fields to decide, never an equality: one
//! romanisation stands for dozens of characters.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{kana, kanji, kanji::Residence, romaji, text::fold_width};

const TABLE: &str = include_str!("sinitic.txt");
/// Names are two to four characters; longer ones are not read.
const LONGEST: usize = 4;
/// Keys kept per name, so that a name of ambiguous characters does not flood a block.
const MOST: usize = 32;

/// How one character is read.
#[derive(Default)]
struct Reading {
    kana: Vec<String>,
    latin: Vec<String>,
}

fn readings() -> &'static FxHashMap<char, Reading> {
    static READINGS: OnceLock<FxHashMap<char, Reading>> = OnceLock::new();
    READINGS.get_or_init(|| {
        let mut all: FxHashMap<char, Reading> = FxHashMap::default();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let (Some(letter), Some(kana), Some(latin)) = (words.next(), words.next(), words.next()) else { continue };
            for letter in kanji::fold(letter, Residence::Foreign).chars() {
                let known = all.entry(letter).or_default();
                kana.split(',').map(kana::base).for_each(|one| add(&mut known.kana, one));
                latin.split(',').for_each(|one| add(&mut known.latin, one.to_owned()));
            }
        }
        all
    })
}

fn add(all: &mut Vec<String>, one: String) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Returns the romaji keys under which a name in kanji may be registered, sorted; none where a character is not known.
pub(crate) fn romaji_keys(name: &str) -> Vec<String> {
    let mut keys: Vec<String> = spellings(name, |reading| &reading.latin).iter().map(|all| romaji::key(all)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Returns the kana base keys under which a name in kanji may be registered, sorted.
pub(crate) fn kana_keys(name: &str) -> Vec<String> {
    let mut keys = spellings(name, |reading| &reading.kana);
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn spellings(name: &str, of: impl Fn(&Reading) -> &Vec<String>) -> Vec<String> {
    let folded: Vec<char> =
        kanji::fold(&kanji::base(name), Residence::Foreign).chars().filter(|c| !c.is_whitespace()).collect();
    if folded.is_empty() || folded.len() > LONGEST {
        return Vec::new();
    }
    folded.iter().fold(vec![String::new()], |begun, letter| {
        let known = readings().get(letter).map(&of).into_iter().flatten();
        known.flat_map(|next| begun.iter().map(move |start| format!("{start}{next}"))).take(MOST).collect()
    })
}

/// Tells whether a reading in kana and a name in Latin letters may be one Chinese or Korean name, syllable by syllable.
pub(crate) fn may_be_read(kana: &str, latin: &str) -> bool {
    let spelt: String =
        fold_width(latin).chars().filter(char::is_ascii_alphabetic).flat_map(char::to_uppercase).collect();
    let spoken = kana::base(kana);
    !spelt.is_empty() && !spoken.is_empty() && consume(&spoken, &spelt, LONGEST)
}

fn consume(kana: &str, latin: &str, left: usize) -> bool {
    if kana.is_empty() && latin.is_empty() {
        return true;
    }
    left > 0
        && readings().values().any(|reading| {
            let kana_ends = || reading.kana.iter().filter_map(|k| kana.strip_prefix(k.as_str()));
            let latin_ends = reading.latin.iter().filter_map(|l| latin.strip_prefix(l.as_str()));
            latin_ends.into_iter().any(|latin| kana_ends().any(|kana| consume(kana, latin, left - 1)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_on_the_residence_card_meets_the_name_in_kanji() {
        let check = |kanji: &str, latin: &str, expect: bool| {
            assert_eq!(romaji_keys(kanji).contains(&romaji::key(latin)), expect, "{kanji} {latin}");
        };
        check("王偉", "WANG WEI", true);
        check("王伟", "WANG WEI", true);
        check("王 偉", "Wang, Wei", true);
        check("金賢珍", "KIM HYUNJIN", true);
        check("陳明", "CHEN MING", true);
        check("王偉", "LI WEI", false);
        check("山田", "YAMADA", false);
        assert!(kana_keys("王偉").contains(&"オウイ".to_owned()));
        assert!(kana_keys("王偉").contains(&kana::base("ワンウェイ")));
    }

    #[test]
    fn a_japanese_reading_meets_the_romanisation_without_kanji() {
        for (kana, latin, expect) in [
            ("オウ イ", "WANG WEI", true),
            ("ワン ウェイ", "WANG WEI", true),
            ("キム ヒョンジン", "KIM HYUNJIN", true),
            ("リ メイ", "LI MING", true),
            ("ヤマダ タロウ", "WANG WEI", false),
            ("オウ", "WANG WEI", false),
            ("", "WANG", false),
        ] {
            assert_eq!(may_be_read(kana, latin), expect, "{kana} {latin}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_keys_are_few_and_sorted(name in any::<String>(), known in "[王李張偉敏麗金]{1,5}") {
            for one in [&name, &known] {
                for keys in [romaji_keys(one), kana_keys(one)] {
                    prop_assert!(keys.len() <= MOST && keys.is_sorted());
                }
                may_be_read(one, one);
            }
        }
    }
}
