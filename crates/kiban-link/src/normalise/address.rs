//! Addresses without a gazetteer: municipality, town, the list of numbers, the building and the room.

use super::{
    kanji::{self, Residence, is_kanji},
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
        let folded = kanji::fold(without_postal_code(text.trim()), Residence::Domestic);
        let chars = unify(&without_prefecture(&folded).chars().collect::<Vec<_>>());
        let chars = without_aza(&without_streets(&without_county(&chars)));
        let start = number_start(&chars).unwrap_or(chars.len());
        let (head, tail) = chars.split_at_checked(start).unwrap_or((&chars, &[]));
        let (mut numbers, used) = read_numbers(tail);
        let (building, mut room) = read_building(tail.get(used..).unwrap_or(&[]));
        if room.is_none() && numbers.len() >= 3 && numbers.last().is_some_and(|n| *n >= 100) {
            room = numbers.pop();
        }
        let written: String = head.iter().filter(|c| !c.is_whitespace()).collect();
        let town = written.trim_end_matches(['第', '-']).to_owned();
        Self { city: city_of(&town), town, numbers, building, room }
    }

    /// Tells whether the building is a home, a hospital or a dormitory, where hundreds share one address.
    pub(crate) fn is_institution(&self) -> bool {
        const WORDS: [&str; 12] =
            ["ホーム", "老健", "老人保健", "介護", "特養", "病院", "療養所", "医院", "施設", "学園", "寮", "刑務所"];
        WORDS.iter().any(|word| self.building.contains(word))
    }
}

/// Drops 〒 and a postal code at the front.
fn without_postal_code(text: &str) -> &str {
    let bare = text.trim_start_matches('〒').trim_start();
    let length = bare.find(|c: char| !c.is_ascii_digit() && !is_hyphen(c)).unwrap_or(bare.len());
    let (code, rest) = bare.split_at_checked(length).unwrap_or((bare, ""));
    let digits = code.chars().filter(char::is_ascii_digit).count();
    if digits == 7 { rest.trim_start() } else { bare }
}

fn without_prefecture(text: &str) -> &str {
    PREFECTURES.iter().find_map(|p| text.strip_prefix(p)).unwrap_or(text).trim_start()
}

/// The hyphens, dashes and long-vowel marks that stand between numbers (U+FF0D and U+FF70 are folded before).
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' | '━' | 'ー' | '⁃' | '˗')
}

/// One hyphen between numbers, one ケ, ノ and ツ between kanji (霞ヶ関, 霞が関), kanji numerals before 条 as digits.
fn unify(chars: &[char]) -> Vec<char> {
    let at = |index: Option<usize>| index.and_then(|i| chars.get(i)).copied();
    let mut out = Vec::with_capacity(chars.len());
    for (index, &c) in chars.iter().enumerate() {
        let (before, after) = (at(index.checked_sub(1)), at(Some(index + 1)));
        let between_numbers = before.is_some_and(is_numeral) && after.is_some_and(is_numeral);
        let between_kanji = before.is_some_and(is_kanji) && after.is_some_and(is_kanji);
        let after_mark = before.is_some_and(|b| is_numeral(b) || matches!(b, '目' | '番' | '地' | '号'));
        out.push(match c {
            c if is_hyphen(c) && after_mark => '-',
            'ノ' if between_numbers => '-',
            'ヶ' | 'ケ' if before.is_some_and(is_kanji) => 'ケ',
            'ガ' | 'ヵ' | 'カ' if between_kanji => 'ケ',
            'ノ' | '之' | '乃' if before.is_some_and(is_kanji) => 'ノ',
            'ッ' | 'ツ' if between_kanji => 'ツ',
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
        match number(run).filter(|_| index > 0 && marked && run.iter().all(|c| is_kanji_numeral(*c))) {
            Some(n) => out.extend(n.to_string().chars()),
            None => out.extend_from_slice(run),
        }
    }
    out
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || is_kanji_numeral(c)
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
        let marker = marker_length(after).filter(|length| *length > 0);
        let ended = after.first().is_none_or(|c| c.is_whitespace());
        let begins_a_name = |mark: usize| {
            let next = after.get(mark).copied();
            !arabic && mark == 1 && next.is_some_and(|c| is_kanji(c) && !is_kanji_numeral(c))
        };
        if marker.is_some_and(|mark| !begins_a_name(mark)) || (arabic && ended) {
            return Some(index);
        }
        index += length;
    }
    None
}

/// The length of the mark after a number; `None` where the number belongs to a name (三番町, 101号室).
fn marker_length(after: &[char]) -> Option<usize> {
    const MARKS: [&str; 9] = ["丁目", "番地ノ", "番地", "番ノ", "番", "号", "地割", "丁", "-"];
    let found = MARKS.iter().find(|mark| mark.chars().eq(after.iter().copied().take(mark.chars().count())));
    let length = found.map_or(0, |mark| mark.chars().count());
    match (found, after.get(length)) {
        (Some(&"番"), Some('町' | '館' | '街' | '組' | '丁' | '通' | '目'))
        | (Some(&"号"), Some('室' | '棟' | '館' | '線')) => None,
        (Some(&"丁"), Some(next)) if !next.is_ascii_digit() && !is_kanji_numeral(*next) && *next != '-' => Some(0),
        (Some(mark), Some('-')) if *mark != "-" => Some(length + 1),
        _ => Some(length),
    }
}

/// Reads the list of numbers at the front and how many characters it took.
///
/// A gap may stand between numbers that both have a mark (1丁目 2番 3号); after a bare number it ends the list.
fn read_numbers(chars: &[char]) -> (Vec<u32>, usize) {
    let (mut numbers, mut used) = (Vec::new(), 0);
    while let Some(rest) = chars.get(used..) {
        let gap = if used == 0 { 0 } else { rest.iter().take_while(|c| c.is_whitespace()).count() };
        let rest = rest.get(gap..).unwrap_or(&[]);
        let length = run_length(rest);
        let (Some(run), Some(marker)) =
            (rest.get(..length).filter(|r| !r.is_empty()), marker_length(rest.get(length..).unwrap_or(&[])))
        else {
            break;
        };
        if gap > 0 && marker == 0 {
            break;
        }
        numbers.extend(number(run));
        used += gap + length + marker;
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

/// Drops 郡 (知多郡武豊町 → 武豊町) where a 町 or 村 follows, but not in 郡山市, 大和郡山市, 蒲郡市, 山口市小郡.
fn without_county(chars: &[char]) -> Vec<char> {
    let rest_of_county = |county: usize| {
        let (before, rest) = (chars.get(..county)?, chars.get(county + 1..)?);
        let inside_a_city = before.iter().skip(1).any(|c| *c == '市') && !matches!(before, ['余' | '高', '市']);
        let text: String = rest.iter().take(8).collect();
        let town = IRREGULAR.iter().any(|town| town.ends_with('町') && text.starts_with(town));
        let end = text.chars().skip(1).find(|c| matches!(c, '市' | '町' | '村'));
        let of_county = match text.chars().next() {
            Some('市') => text.starts_with("市川") || text.starts_with("市貝"),
            Some('町') => false,
            _ => town || matches!(end, Some('町' | '村')),
        };
        (of_county && (1..=5).contains(&county) && !inside_a_city).then_some(rest)
    };
    let county = chars.iter().skip(1).position(|c| *c == '郡').map(|at| at + 1);
    county.and_then(rest_of_county).unwrap_or(chars).to_vec()
}

/// Drops the street names of 京都: 寺町通御池上ル上本能寺前町 is 上本能寺前町.
fn without_streets(chars: &[char]) -> Vec<char> {
    const TURNS: [&str; 6] = ["上ル", "下ル", "入ル", "東入", "西入", "上入"];
    let text: String = chars.iter().collect();
    let ward = text.find('区').filter(|_| text.starts_with("京都市")).map(|at| at + '区'.len_utf8());
    let turn = TURNS.iter().filter_map(|turn| text.rfind(turn).map(|at| at + turn.len())).max();
    let cut = ward.zip(turn).filter(|(ward, turn)| ward < turn);
    let whole = cut.and_then(|(ward, turn)| Some((text.get(..ward)?, text.get(turn..)?)));
    match whole.filter(|(_, town)| town.chars().next().is_some_and(is_kanji)) {
        Some((ward, town)) => ward.chars().chain(town.chars()).collect(),
        None => chars.to_vec(),
    }
}

/// Drops 大字 and 字, which the next writer leaves out; 十文字 and 大文字 keep theirs.
fn without_aza(chars: &[char]) -> Vec<char> {
    let mut out: Vec<char> = Vec::with_capacity(chars.len());
    for &c in chars {
        let before = out.last().copied();
        if c != '字' || matches!(before, None | Some('文' | '十' | '数' | '八')) {
            out.push(c);
        } else if before == Some('大') {
            out.pop();
        }
    }
    out
}

/// Municipalities whose name holds 市, 町, 村 or 区 before its end, as folded.
const IRREGULAR: [&str; 15] = [
    "上市町",
    "下市町",
    "余市町",
    "十日町市",
    "四日市市",
    "大村市",
    "大町市",
    "大町町",
    "廿日市市",
    "東村山市",
    "武蔵村山市",
    "玉村町",
    "田村市",
    "羽村市",
    "野野市市",
];

/// The cities with wards 政令指定都市, as folded; the 区 of other cities are parts of towns.
const DESIGNATED: [&str; 20] = [
    "サイタマ市",
    "京都市",
    "仙台市",
    "北九州市",
    "千葉市",
    "名古屋市",
    "堺市",
    "大阪市",
    "岡山市",
    "川崎市",
    "広島市",
    "新潟市",
    "札幌市",
    "横浜市",
    "浜松市",
    "熊本市",
    "相模原市",
    "神戸市",
    "福岡市",
    "静岡市",
];

/// The municipality at the front: 市 with its ward, 区, 町 or 村; the whole where none ends.
fn city_of(town: &str) -> String {
    if let Some(city) = IRREGULAR.iter().find(|city| town.starts_with(**city)) {
        return (*city).to_owned();
    }
    let end = |from: usize, marks: &[char]| {
        let rest = town.get(from..)?;
        rest.char_indices().skip(1).find(|(_, c)| marks.contains(c)).map(|(at, c)| from + at + c.len_utf8())
    };
    let city = end(0, &['市', '町', '村', '区']).unwrap_or(town.len());
    let has_wards = town.get(..city).is_some_and(|city| DESIGNATED.contains(&city));
    let ward = end(city, &['区']).filter(|ward| has_wards && ward - city <= 6 * '区'.len_utf8());
    town.get(..ward.unwrap_or(city)).unwrap_or(town).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            ("新潟県三条市林町1丁目2番3号", "三条市林町", vec![1, 2, 3]),
            ("山口市小郡維新町1-2", "山口市小郡維新町", vec![1, 2]),
            ("神崎郡市川町下瀬加一番地", "市川町下瀬加", vec![1]),
            ("蒲郡市本町1-1", "蒲郡市本町", vec![1, 1]),
            ("堺市堺区熊野町東1丁1-24", "堺市堺区熊野町東", vec![1, 1, 24]),
            ("高槻市八丁西町8-21", "高槻市八丁西町", vec![8, 21]),
            ("100-0001東京都千代田区千代田1-1", "千代田区千代田", vec![1, 1]),
            ("余市郡余市町黒川町3丁目4番地", "余市町黒川町", vec![3, 4]),
            ("奈良県大和郡山市矢田町12-3", "大和郡山市矢田町", vec![12, 3]),
            ("京都市中京区寺町通御池上る上本能寺前町488", "京都市中京区上本能寺前町", vec![488]),
            ("京都府京都市中京区上本能寺前町488番地", "京都市中京区上本能寺前町", vec![488]),
            ("京都市下京区四条通烏丸東入長刀鉾町8", "京都市下京区長刀鉾町", vec![8]),
            ("岩手県盛岡市玉山馬場第10地割35番地4", "盛岡市玉山馬場", vec![10, 35, 4]),
            ("長野市大字中野字上原12番地の3", "長野市中野上原", vec![12, 3]),
            ("横手市十文字町1-2", "横手市十文字町", vec![1, 2]),
            ("千代田区霞が関1丁目 2番 3号", "千代田区霞ケ関", vec![1, 2, 3]),
            ("千代田区霞が関1丁目2番地の3", "千代田区霞ケ関", vec![1, 2, 3]),
            ("千代田区霞が関1丁目-2-3", "千代田区霞ケ関", vec![1, 2, 3]),
        ] {
            let address = Address::read(text);
            assert_eq!((address.town.as_str(), &address.numbers), (town, &numbers), "{text}");
        }
    }

    #[test]
    fn the_municipality_is_known_where_its_name_is_misleading() {
        for (text, city) in [
            ("四日市市日永1", "四日市市"),
            ("野々市市本町1", "野野市市"),
            ("伊豆市市山1", "伊豆市"),
            ("沼津市町方町1", "沼津市"),
            ("余市郡余市町黒川町1", "余市町"),
            ("河北郡津幡町市谷1", "津幡町"),
            ("佐波郡玉村町上新田1", "玉村町"),
            ("市川市市川1", "市川市"),
            ("赤穂郡上郡町旭日1", "上郡町"),
            ("芳賀郡市貝町市塙1", "市貝町"),
            ("鹿児島市郡元町1", "鹿児島市"),
            ("上越市板倉区高野1", "上越市"),
            ("さいたま市大宮区下町1", "サイタマ市大宮区"),
            ("京都市中京区六丁目1", "京都市中京区"),
            ("千代田区千代田1", "千代田区"),
        ] {
            assert_eq!(Address::read(text).city, city, "{text}");
        }
    }

    #[test]
    fn rooms_and_buildings_are_apart() {
        for (text, building, room) in [
            ("加古川市志方町岡8番地14\u{3000}サン山田 981号室", "サン山田", Some(981)),
            ("千代田区麹町1-2-3-405", "", Some(405)),
            ("千代田区麹町1-2-3", "", None),
            ("滋賀県東近江市猪子町五番二十号 ハイツ第二 710号室", "ハイツ第二", Some(710)),
            ("千代田区麹町1-2-3コーポA-203", "コーポA", Some(203)),
            ("千代田区麹町1-2-3 山田様方", "山田様方", None),
            ("千代田区麹町1-2-3 405", "", Some(405)),
        ] {
            let address = Address::read(text);
            assert_eq!((address.building.as_str(), address.room), (building, room), "{text}");
        }
    }

    #[test]
    fn homes_of_many_are_known_by_their_name() {
        let of = |building: &str| Address::read(&format!("千代田区麹町1-2-3 {building}")).is_institution();
        assert!(of("特別養護老人ホームひまわり") && of("介護老人保健施設みどり") && of("麹町病院"));
        assert!(!of("コーポ麹町 203"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_the_city_begins_the_town(text in any::<String>(), likely in "[東京都千代田区市町村字大のヶ一二三丁目番号0-9 ー-]{0,20}") {
            for one in [&text, &likely] {
                let read = Address::read(one);
                prop_assert!(read.town.starts_with(&read.city));
            }
        }
    }
}
