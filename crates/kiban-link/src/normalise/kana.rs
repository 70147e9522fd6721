//! Kana of names: one base key, a long-vowel key, a voiceless key, morae, and similarity by mora, never by byte.

use super::text::fold_width;
use crate::similarity::{osa, osa_by, share};

/// Returns the base key of a reading: full-width katakana, small kana enlarged, ヂヅヲヴ folded, no gaps.
///
/// Small kana are enlarged because old receipt computers could not write them: ショウイチ came as シヨウイチ.
pub(crate) fn base(text: &str) -> String {
    let wide: Vec<char> = repeated(fold_width(text).chars().map(to_katakana)).filter(|c| is_kana(*c)).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = wide.iter().copied().peekable();
    while let Some(c) = at.next() {
        let folded = match (c, at.peek()) {
            ('ヴ', Some('ァ')) => skip(&mut at, 'バ'),
            ('ヴ', Some('ィ')) => skip(&mut at, 'ビ'),
            ('ヴ', Some('ェ')) => skip(&mut at, 'ベ'),
            ('ヴ', Some('ォ')) => skip(&mut at, 'ボ'),
            _ => enlarge(c),
        };
        out.push(folded);
    }
    out
}

/// Spells out ヽ and ヾ, which repeat the kana before them (ミスヾ).
fn repeated(kana: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    kana.scan('\0', |last, c| {
        let spelt = match c {
            'ヽ' => unvoice(*last),
            'ヾ' => voice(unvoice(*last)),
            other => other,
        };
        *last = spelt;
        Some(spelt)
    })
}

fn skip(rest: &mut impl Iterator<Item = char>, folded: char) -> char {
    rest.next();
    folded
}

/// Returns hiragana as katakana, and what stands for a long vowel as ー.
pub(crate) fn to_katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        '-' | '‐' | '‑' | '−' | '–' | '—' | '―' | '─' | '~' | '〜' => 'ー',
        other => other,
    }
}

fn is_kana(c: char) -> bool {
    matches!(c, 'ァ'..='ヺ' | 'ー')
}

fn enlarge(c: char) -> char {
    match c {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        'ヲ' | 'ヺ' => 'オ',
        'ヰ' | 'ヸ' => 'イ',
        'ヱ' | 'ヹ' => 'エ',
        'ヷ' => 'ワ',
        'ヴ' => 'ブ',
        other => other,
    }
}

/// The vowel of a kana: 0 ア, 1 イ, 2 ウ, 3 エ, 4 オ, none for ン and ー.
pub(crate) fn vowel(c: char) -> Option<u8> {
    const ROWS: [&str; 5] = [
        "アカサタナハマヤラワガザダバパ",
        "イキシチニヒミリギジビピ",
        "ウクスツヌフムユルグズブプ",
        "エケセテネヘメレゲゼデベペ",
        "オコソトノホモヨロゴゾドボポ",
    ];
    ROWS.iter().position(|row| row.contains(c)).and_then(|p| u8::try_from(p).ok())
}

/// Returns the key in which オオノ, オーノ and オウノ are one, and ケイ and ケー.
pub(crate) fn long_vowels(base: &str) -> String {
    let mut out = String::with_capacity(base.len());
    let mut before = None;
    for c in base.chars() {
        let lengthens = matches!(
            (before, c),
            (Some(_), 'ー')
                | (Some(4), 'ウ' | 'オ')
                | (Some(2), 'ウ')
                | (Some(3), 'イ' | 'エ')
                | (Some(1), 'イ')
                | (Some(0), 'ア')
        );
        if !lengthens {
            out.push(c);
            before = vowel(c);
        }
    }
    out
}

/// Returns the text without dakuten and handakuten.
pub(crate) fn voiceless(text: &str) -> String {
    text.chars().map(unvoice).collect()
}

/// The kana or mora without its mark: in Unicode a voiced kana follows its plain one, ハ-row kana come in threes.
fn unvoice(c: char) -> char {
    let (kana, glide) = parts_of(c);
    let back = match kana {
        'ガ' | 'ギ' | 'グ' | 'ゲ' | 'ゴ' | 'ザ' | 'ジ' | 'ズ' | 'ゼ' | 'ゾ' | 'ダ' | 'ヂ' | 'ヅ' | 'デ' | 'ド' => {
            1
        }
        'バ' | 'ビ' | 'ブ' | 'ベ' | 'ボ' => 1,
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => 2,
        _ => 0,
    };
    let plain = char::from_u32(u32::from(kana) - back).unwrap_or(kana);
    if glide == 0 { plain } else { gliding(plain, glide) }
}

fn voice(c: char) -> char {
    let next = char::from_u32(u32::from(c) + 1).unwrap_or(c);
    if unvoice(next) == c { next } else { c }
}

/// Where the letters of contracted morae begin, in the private area: they never leave the program.
const GLIDING: u32 = 0xF000;

fn gliding(kana: char, glide: u32) -> char {
    let row = u32::from(kana).saturating_sub(u32::from('゠')).min(0x5F);
    char::from_u32(GLIDING + row * 4 + glide).unwrap_or(kana)
}

/// A mora letter as its kana and its glide: 0 none, 1 ャ, 2 ュ, 3 ョ.
fn parts_of(letter: char) -> (char, u32) {
    match u32::from(letter).checked_sub(GLIDING).filter(|place| *place < 0x60 * 4) {
        Some(place) => (char::from_u32(u32::from('゠') + place / 4).unwrap_or(letter), place % 4),
        None => (letter, 0),
    }
}

/// Returns the morae of a base key, one letter each: シヨウコ is ショ·ウ·コ, so losing one is one step.
///
/// After enlarging, キヨシ may be キョ·シ or キ·ヨ·シ; both are read as contracted, which is the same for both sides.
pub(crate) fn morae(base: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::with_capacity(base.len() / 3);
    for c in base.chars() {
        let glide = "ヤユヨ".chars().zip(1u32..).find(|(y, _)| *y == c).map(|(_, glide)| glide);
        match (glide, out.last().copied()) {
            (Some(glide), Some(before)) if vowel(before) == Some(1) && before != 'イ' => {
                out.pop();
                out.push(gliding(before, glide));
            }
            _ => out.push(c),
        }
    }
    out
}

/// Returns the similarity of two base keys or two lists of morae in 0..=100, by letter.
///
/// A change of voicing costs a quarter, any other step one, so サトウ and スズキ have nothing in common although their
/// bytes do.
pub(crate) fn similarity(left: &[char], right: &[char]) -> u8 {
    let plain = osa_by(left, right, unvoice);
    let voiced = osa(left, right).saturating_sub(plain);
    share(plain * 4 + voiced, left.len().max(right.len()), 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base_keys_forget_what_old_computers_changed() {
        for (left, right) in [
            ("ｻｲﾄｳ ｼﾞﾛｳ", "サイトウ　ジロウ"),
            ("シヨウイチ", "しょういち"),
            ("チヅル", "チズル"),
            ("カ\u{309B}", "ガ"),
            ("みすゞ", "ミスズ"),
            ("サヽキ", "ササキ"),
            ("ヴィオラ", "ビオラ"),
            ("ミヲ", "ミオ"),
            ("オ‐ノ", "オーノ"),
        ] {
            assert_eq!(base(left), base(right), "{left} {right}");
        }
    }

    #[test]
    fn long_vowels_are_one_however_written() {
        for (left, right) in
            [("オオノ", "オーノ"), ("オウノ", "オーノ"), ("ユウ", "ユー"), ("ケイ", "ケー"), ("ニイミ", "ニーミ")]
        {
            assert_eq!(long_vowels(left), long_vowels(right), "{left} {right}");
        }
        assert_ne!(long_vowels("オノ"), long_vowels("ウノ"));
    }

    fn sim(left: &str, right: &str) -> u8 {
        similarity(&left.chars().collect::<Vec<_>>(), &right.chars().collect::<Vec<_>>())
    }

    #[test]
    fn similarity_counts_kana_not_bytes() {
        assert_eq!(sim("サトウ", "スズキ"), 0);
        assert_eq!(sim("サトウ", "サトウ"), 100);
        assert!(sim("ヤマサキ", "ヤマザキ") > 90);
        assert_eq!(sim("", ""), 0);
    }

    #[test]
    fn a_contracted_mora_is_one_letter() {
        let check = |text: &str, expect: usize| assert_eq!(morae(text).len(), expect, "{text}");
        check("シヨウコ", 3);
        check("ジユンイチ", 4);
        check("サトウ", 3);
        check("イヨ", 2);
        check("ヤヨイ", 3);
        assert_eq!(similarity(&morae("シヨウコ"), &morae("シウコ")), 67, "one of three morae differs");
        assert!(similarity(&morae("ジヨウ"), &morae("シヨウ")) > 80, "voicing of a contracted mora is a small step");
    }

    proptest! {
        #[test]
        fn keys_are_settled_and_never_panic(text in any::<String>(), kana in "[ぁ-ゖァ-ヾｦ-ﾟー]{0,12}") {
            for one in [&text, &kana] {
                let key = base(one);
                prop_assert_eq!(base(&key), key.clone());
                prop_assert_eq!(voiceless(&voiceless(&key)), voiceless(&key));
                prop_assert_eq!(long_vowels(&long_vowels(&key)), long_vowels(&key));
                let spoken = morae(&key);
                prop_assert!(spoken.len() <= key.chars().count());
                prop_assert_eq!(similarity(&spoken, &spoken), if spoken.is_empty() { 0 } else { 100 });
            }
        }
    }
}
