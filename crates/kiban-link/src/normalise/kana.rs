//! Kana of names: one base key, a long-vowel key, a voiceless key, and similarity by kana, never by byte.

use super::text::fold_width;

/// Returns the base key of a reading: full-width katakana, small kana enlarged, ヂヅヲヴ folded, no gaps.
pub(crate) fn base(text: &str) -> String {
    let wide: Vec<char> = fold_width(text).chars().map(to_katakana).filter(|c| is_kana(*c)).collect();
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

fn skip(rest: &mut impl Iterator<Item = char>, folded: char) -> char {
    rest.next();
    folded
}

fn to_katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        '-' | '‐' | '−' | '―' | '~' | '〜' => 'ー',
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
        'ヲ' => 'オ',
        'ヰ' => 'イ',
        'ヱ' => 'エ',
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

/// The kana without its mark: in Unicode a voiced kana follows its plain one, ハ-row kana come in threes.
fn unvoice(c: char) -> char {
    let back = match c {
        'ガ' | 'ギ' | 'グ' | 'ゲ' | 'ゴ' | 'ザ' | 'ジ' | 'ズ' | 'ゼ' | 'ゾ' | 'ダ' | 'ヂ' | 'ヅ' | 'デ' | 'ド' => {
            1
        }
        'バ' | 'ビ' | 'ブ' | 'ベ' | 'ボ' => 1,
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => 2,
        _ => 0,
    };
    char::from_u32(u32::from(c) - back).unwrap_or(c)
}

/// Returns the similarity of two base keys in 0..=100: one minus the weighted edit distance over the longer length.
///
/// A change of voicing costs a quarter, any other change of one kana costs one, so サトウ and スズキ have nothing in
/// common although their bytes do.
pub(crate) fn similarity(left: &[char], right: &[char]) -> u8 {
    let longer = left.len().max(right.len());
    if longer == 0 {
        return 0;
    }
    let distance = crate::similarity::edit_distance(left, right, |a, b| match (a == b, unvoice(a) == unvoice(b)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 4,
    });
    let whole = u32::try_from(longer).unwrap_or(u32::MAX).saturating_mul(4);
    u8::try_from(100 - (100 * distance.min(whole)) / whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_keys_forget_what_old_computers_changed() {
        for (left, right) in
            [("ｻｲﾄｳ ｼﾞﾛｳ", "サイトウ　ジロウ"), ("シヨウイチ", "しょういち"), ("チヅル", "チズル"), ("カ\u{309B}", "ガ")]
        {
            assert_eq!(base(left), base(right));
        }
    }

    #[test]
    fn similarity_counts_kana_not_bytes() {
        let sim = |l: &str, r: &str| similarity(&l.chars().collect::<Vec<_>>(), &r.chars().collect::<Vec<_>>());
        assert_eq!(sim("サトウ", "スズキ"), 0);
        assert_eq!(sim("サトウ", "サトウ"), 100);
        assert!(sim("ヤマサキ", "ヤマザキ") > 90);
        assert_eq!(sim("", ""), 0);
    }
}
