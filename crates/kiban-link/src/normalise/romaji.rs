//! Romanised names: one key for Hepburn, Kunrei, passport and macron spellings, and the same key from kana.

use unicode_normalization::UnicodeNormalization;

use super::text::fold_width;

/// Returns the key of a romanised word, empty when it holds no letter.
pub(crate) fn key(text: &str) -> String {
    let wide = fold_width(text);
    let plain: String = wide.nfd().filter(char::is_ascii_alphabetic).flat_map(char::to_uppercase).collect();
    settle(&plain)
}

/// Returns the key of a kana base key.
pub(crate) fn key_of_kana(base: &str) -> String {
    let letters: String = base.chars().map(syllable).collect();
    settle(&letters)
}

/// Returns the key of a kana base key whose ツ before a consonant is read as a small one: ハツトリ is HATTORI.
///
/// A base key does not tell the two apart, because old computers could not; this is the second key to try.
pub(crate) fn geminate_key_of_kana(base: &str) -> String {
    let kana: Vec<char> = base.chars().collect();
    let doubled = |at: usize, c: char| {
        let next = kana.get(at + 1).map(|next| syllable(*next)).unwrap_or_default();
        at > 0 && c == 'ツ' && next.starts_with(['K', 'S', 'T', 'P'])
    };
    let letters: String =
        kana.iter().enumerate().filter(|(at, c)| !doubled(*at, **c)).map(|(_, c)| syllable(*c)).collect();
    settle(&letters)
}

/// Brings spellings together: Hepburn to Kunrei, ン before labials, doubled consonants, long vowels.
fn settle(letters: &str) -> String {
    const SPELLINGS: [(&str, &str); 19] = [
        ("TCH", "TT"),
        ("SHI", "SI"),
        ("SH", "SY"),
        ("CHI", "TI"),
        ("CH", "TY"),
        ("TSU", "TU"),
        ("JI", "ZI"),
        ("JY", "ZY"),
        ("J", "ZY"),
        ("DZ", "Z"),
        ("DI", "ZI"),
        ("DU", "ZU"),
        ("FU", "HU"),
        ("MB", "NB"),
        ("MP", "NP"),
        ("MM", "NM"),
        ("L", "R"),
        ("V", "B"),
        ("WO", "O"),
    ];
    let kunrei = SPELLINGS.iter().fold(letters.to_owned(), |text, (from, to)| text.replace(from, to));
    let enlarged = ["I", "U"].iter().fold(kunrei, |text, v| text.replace(&format!("{v}Y"), "Y"));
    shorten(&enlarged)
}

/// Drops the second letter of long vowels (OU, OO, OH, UU, EI) and of doubled consonants.
fn shorten(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (at, &c) in letters.iter().enumerate() {
        let before = out.chars().last();
        let next = letters.get(at + 1).copied();
        let silent_h = c == 'H' && before.is_some_and(is_vowel) && !next.is_some_and(|n| is_vowel(n) || n == 'Y');
        let long = matches!((before, c), (Some('O'), 'U') | (Some('E'), 'I'));
        if !(silent_h || long || before == Some(c)) {
            out.push(c);
        }
    }
    out
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'A' | 'I' | 'U' | 'E' | 'O')
}

/// The Kunrei syllable of an enlarged kana; シヨ becomes SIYO and is settled to SYO like SHO.
fn syllable(c: char) -> &'static str {
    const TABLE: [(&str, [&str; 5]); 15] = [
        ("アイウエオ", ["A", "I", "U", "E", "O"]),
        ("カキクケコ", ["KA", "KI", "KU", "KE", "KO"]),
        ("サシスセソ", ["SA", "SI", "SU", "SE", "SO"]),
        ("タチツテト", ["TA", "TI", "TU", "TE", "TO"]),
        ("ナニヌネノ", ["NA", "NI", "NU", "NE", "NO"]),
        ("ハヒフヘホ", ["HA", "HI", "HU", "HE", "HO"]),
        ("マミムメモ", ["MA", "MI", "MU", "ME", "MO"]),
        ("ヤ ユ ヨ", ["YA", "", "YU", "", "YO"]),
        ("ラリルレロ", ["RA", "RI", "RU", "RE", "RO"]),
        ("ワ", ["WA", "", "", "", ""]),
        ("ガギグゲゴ", ["GA", "GI", "GU", "GE", "GO"]),
        ("ザジズゼゾ", ["ZA", "ZI", "ZU", "ZE", "ZO"]),
        ("ダ＿＿デド", ["DA", "ZI", "ZU", "DE", "DO"]),
        ("バビブベボ", ["BA", "BI", "BU", "BE", "BO"]),
        ("パピプペポ", ["PA", "PI", "PU", "PE", "PO"]),
    ];
    if c == 'ン' {
        return "N";
    }
    TABLE
        .iter()
        .find_map(|(row, sounds)| row.chars().position(|k| k == c).and_then(|p| sounds.get(p)).copied())
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_and_kana_meet_in_one_key() {
        for (romaji, kana) in [
            ("SATO", "サトウ"),
            ("Satoh", "サトウ"),
            ("SATŌ", "サトウ"),
            ("SHIMBASHI", "シンバシ"),
            ("SINBASI", "シンバシ"),
            ("SHOICHI", "シヨウイチ"),
            ("JUNKO", "ジユンコ"),
            ("OHNO", "オオノ"),
            ("ŌNO", "オオノ"),
            ("Oono", "オーノ"),
            ("JUN'ICHI", "ジユンイチ"),
            ("ZYUNITI", "ジユンイチ"),
            ("YUUKO", "ユウコ"),
            ("YUHKO", "ユウコ"),
            ("HOMMA", "ホンマ"),
            ("HONMA", "ホンマ"),
            ("KYOHEI", "キヨウヘイ"),
            ("TSUDZUKI", "ツズキ"),
            ("FUJII", "フジイ"),
            ("HUZII", "フジイ"),
            ("ONO", "オオノ"),
        ] {
            assert_eq!(key(romaji), key_of_kana(kana), "{romaji}");
        }
        assert_eq!(key("Hattori"), geminate_key_of_kana("ハツトリ"));
        assert_eq!(key("Kusakabe"), geminate_key_of_kana("クサカベ"), "no ツ, no second reading");
        assert_eq!(key("１２３"), "");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_keys_are_letters(text in any::<String>(), name in "[A-Za-zāōū' -]{0,20}") {
            for one in [&text, &name] {
                let found = key(one);
                prop_assert!(found.bytes().all(|b| b.is_ascii_uppercase()));
                geminate_key_of_kana(one);
                key_of_kana(one);
            }
        }
    }
}
