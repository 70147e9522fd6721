//! Addresses without a gazetteer: municipality, town, the list of numbers, the building and the room.

use super::{
    kanji::{self, Residence},
    text::{fold_width, is_kanji_numeral, number},
};

/// An address in parts; a part that is not written is empty.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Address {
    /// Up to 市, 区, 町 or 村, without the prefecture.
    pub(crate) city: String,
    /// Everything before the numbers, the municipality included.
    pub(crate) town: String,
    /// 丁目, 番, 号 as numbers.
    pub(crate) numbers: Vec<u32>,
    /// The name of the building.
    pub(crate) building: String,
    /// The room.
    pub(crate) room: Option<u32>,
}

const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

impl Address {
    /// Reads an address.
    pub(crate) fn read(text: &str) -> Self {
        let text = fold_width(text);
        let folded = kanji::fold(&without_postal_code(text.trim()), Residence::Domestic);
        let plain = without_prefecture(&folded).replace("大字", "").replace("市字", "市").replace("町字", "町");
        let chars = unify(&plain.replace("村字", "村").chars().collect::<Vec<_>>());
        let start = number_start(&chars).unwrap_or(chars.len());
        let (head, tail) = chars.split_at_checked(start).unwrap_or((&chars, &[]));
        let (mut numbers, used) = read_numbers(tail);
        let rest = tail.get(used..).unwrap_or(&[]);
        let (building, mut room) = read_building(rest);
        if room.is_none() && numbers.len() >= 3 && numbers.last().is_some_and(|n| *n >= 100) {
            room = numbers.pop();
        }
        let town: String = without_county(head).into_iter().filter(|c| !c.is_whitespace()).collect();
        Self { city: city_of(&town), town, numbers, building, room }
    }
}

fn without_postal_code(text: &str) -> String {
    match text.strip_prefix('〒') {
        Some(rest) => rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-' || c.is_whitespace()).to_owned(),
        None => text.to_owned(),
    }
}

fn without_prefecture(text: &str) -> &str {
    PREFECTURES.iter().find_map(|p| text.strip_prefix(p)).unwrap_or(text)
}

/// One hyphen between numbers, one ケ and one ノ between kanji (霞ヶ関, 霞が関), kanji numerals before 条 and 線 as digits.
fn unify(chars: &[char]) -> Vec<char> {
    let at = |index: Option<usize>| index.and_then(|i| chars.get(i)).copied();
    let mut out = Vec::with_capacity(chars.len());
    for (index, &c) in chars.iter().enumerate() {
        let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
        let between_numbers = before.is_some_and(is_numeral) && after.is_some_and(is_numeral);
        let between_kanji = before.is_some_and(is_kanji) && after.is_some_and(is_kanji);
        out.push(match c {
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | 'ー' if before.is_some_and(is_numeral) => {
                '-'
            }
            'の' | 'ノ' if between_numbers => '-',
            'ヶ' | 'ケ' | 'が' | 'ガ' | 'ヵ' | 'カ' if between_kanji => 'ケ',
            'の' | 'ノ' | '之' | '乃' if between_kanji => 'ノ',
            'ッ' | 'ツ' | 'っ' | 'つ' if between_kanji => 'ツ',
            other => other,
        });
    }
    digits_before(&out, &['条', '線'])
}

fn digits_before(chars: &[char], marks: &[char]) -> Vec<char> {
    let mut out = Vec::with_capacity(chars.len());
    let runs: Vec<&[char]> = chars.chunk_by(|a, b| is_kanji_numeral(*a) && is_kanji_numeral(*b)).collect();
    for (index, run) in runs.iter().enumerate() {
        let marked = runs.get(index + 1).and_then(|next| next.first()).is_some_and(|c| marks.contains(c));
        match number(run).filter(|_| marked && run.iter().all(|c| is_kanji_numeral(*c))) {
            Some(n) => out.extend(n.to_string().chars()),
            None => out.extend_from_slice(run),
        }
    }
    out
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || is_kanji_numeral(c)
}

fn is_kanji(c: char) -> bool {
    matches!(c, '一'..='鿿' | '々' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{3FFFF}')
}

/// The length of the numeral run at the front: arabic digits or kanji numerals, not both.
fn run_length(chars: &[char]) -> usize {
    match chars.first() {
        Some(c) if c.is_ascii_digit() => chars.iter().take_while(|c| c.is_ascii_digit()).count(),
        Some(c) if is_kanji_numeral(*c) => chars.iter().take_while(|c| is_kanji_numeral(**c)).count(),
        _ => 0,
    }
}

/// Where the numbers begin: at the first numeral that a 丁目, 番, 号, a hyphen, a gap or the end follows.
fn number_start(chars: &[char]) -> Option<usize> {
    let mut index = 0;
    while let Some(rest) = chars.get(index..).filter(|r| !r.is_empty()) {
        let length = run_length(rest);
        if length == 0 {
            index += 1;
            continue;
        }
        let after = rest.get(length..).unwrap_or(&[]);
        let arabic = rest.first().is_some_and(char::is_ascii_digit);
        let marked = marker_length(after).is_some_and(|m| m > 0);
        let ended = after.first().is_none_or(|c| c.is_whitespace());
        if marked || (arabic && ended) {
            return Some(index);
        }
        index += length;
    }
    None
}

/// The length of the mark after a number; `None` where the number belongs to a name (三番町, 101号室).
fn marker_length(after: &[char]) -> Option<usize> {
    const MARKS: [&str; 7] = ["丁目", "番地ノ", "番地の", "番地", "番", "号", "-"];
    let found = MARKS.iter().find(|mark| mark.chars().eq(after.iter().copied().take(mark.chars().count())));
    let length = found.map_or(0, |mark| mark.chars().count());
    match (found, after.get(length)) {
        (Some(&"番"), Some('町' | '館' | '街' | '組')) | (Some(&"号"), Some('室' | '棟' | '館')) => None,
        _ => Some(length),
    }
}

/// Reads the list of numbers at the front and how many characters it took.
fn read_numbers(chars: &[char]) -> (Vec<u32>, usize) {
    let (mut numbers, mut used) = (Vec::new(), 0);
    while let Some(rest) = chars.get(used..) {
        let length = run_length(rest);
        let (Some(run), Some(marker)) =
            (rest.get(..length).filter(|r| !r.is_empty()), marker_length(rest.get(length..).unwrap_or(&[])))
        else {
            break;
        };
        numbers.extend(number(run));
        used += length + marker;
        if marker == 0 {
            break;
        }
    }
    (numbers, used)
}

/// Splits what follows the numbers into the building's name and the room, its last number.
fn read_building(chars: &[char]) -> (String, Option<u32>) {
    let kept: Vec<char> = chars.iter().copied().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let text: String = kept.iter().collect();
    let trimmed = text.trim_end_matches("号室").trim_end_matches(['号', '室']);
    let name = trimmed.trim_end_matches(|c: char| c.is_ascii_digit());
    let room = trimmed.get(name.len()..).and_then(|digits| digits.parse().ok());
    (name.to_owned(), room)
}

/// Drops 郡 (知多郡武豊町 → 武豊町), but not in 郡山市, 大和郡山市, 蒲郡市.
fn without_county(head: &[char]) -> Vec<char> {
    let find = |wanted: &[char]| head.iter().position(|c| wanted.contains(c));
    match (find(&['郡']), find(&['市']), head.iter().rposition(|c| matches!(c, '町' | '村'))) {
        (Some(county @ 1..=5), None, Some(_)) => head.get(county + 1..).unwrap_or(&[]).to_vec(),
        _ => head.to_vec(),
    }
}

fn city_of(town: &str) -> String {
    let chars: Vec<char> = town.chars().collect();
    let find = |from: usize, wanted: &[char]| {
        chars.iter().enumerate().skip(from).find(|(_, c)| wanted.contains(c)).map(|(index, _)| index)
    };
    let end = match find(1, &['市']) {
        Some(city) => find(city + 1, &['区']).filter(|ward| *ward <= city + 5).unwrap_or(city),
        None => find(1, &['区']).filter(|i| *i <= 5).or_else(|| find(1, &['町', '村'])).unwrap_or(chars.len()),
    };
    chars.into_iter().take(end + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_of_writing_the_numbers_are_one() {
        for text in [
            "霞が関1丁目2番3号",
            "霞ヶ関一丁目二番三号",
            "霞ケ関1-2-3",
            "霞ヶ関１－２ー３",
            "霞が関1の2の3",
            "霞が関１‐２−３",
            "霞ケ関1丁目2番地3",
        ] {
            let address = Address::read(&format!("東京都千代田区{text}"));
            assert_eq!(
                (address.town.as_str(), address.numbers.as_slice()),
                ("千代田区霞ケ関", &[1, 2, 3][..]),
                "{text}"
            );
            assert_eq!(address.city, "千代田区");
        }
    }

    #[test]
    fn towns_are_read_without_prefecture_county_and_oaza() {
        for (text, town, numbers) in [
            ("愛知県知多郡武豊町廻間60-18", "武豊町廻間", vec![60, 18]),
            ("武豊町廻間六十番地十八", "武豊町廻間", vec![60, 18]),
            ("長野市大字中野12", "長野市中野", vec![12]),
            ("長野市中野12", "長野市中野", vec![12]),
            ("北海道札幌市北区新琴似四条二丁目五十一番十号", "札幌市北区新琴似4条", vec![2, 51, 10]),
            ("札幌市北区新琴似4条2-51-10", "札幌市北区新琴似4条", vec![2, 51, 10]),
            ("千代田区三番町五番地", "千代田区三番町", vec![5]),
            ("〒100-0001 東京都千代田区千代田1-1", "千代田区千代田", vec![1, 1]),
            ("福島県郡山市三春町1", "郡山市三春町", vec![1]),
            ("四日市市一の宮町", "四日市市一ノ宮町", vec![]),
        ] {
            let address = Address::read(text);
            assert_eq!((address.town.as_str(), &address.numbers), (town, &numbers), "{text}");
        }
    }

    #[test]
    fn rooms_and_buildings_are_apart() {
        for (text, building, room) in [
            ("加古川市志方町岡8番地14\u{3000}サン山田 981号室", "サン山田", Some(981)),
            ("千代田区麹町1-2-3-405", "", Some(405)),
            ("千代田区麹町1-2-3", "", None),
            ("滋賀県東近江市猪子町五番二十号 ハイツ第二 710号室", "ハイツ第二", Some(710)),
        ] {
            let address = Address::read(text);
            assert_eq!((address.building.as_str(), address.room), (building, room), "{text}");
        }
    }
}
