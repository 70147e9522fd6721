//! The tree of ICD-10: code → four characters → category → block → chapter → everything.
//!
//! Chapters and blocks are written as ranges of categories, titles as short words of our own.

use super::{Hierarchy, LevelName};
use crate::error::Result;

/// One chapter of ICD-10 疾病及び関連保健問題の国際統計分類.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icd10Chapter {
    /// The number, 1 to 22.
    pub number: u8,
    /// The number in Roman figures, as printed.
    pub roman: &'static str,
    /// The first and last category.
    pub span: &'static str,
    /// A short Japanese title.
    pub ja: &'static str,
    /// A short English title.
    pub en: &'static str,
    blocks: &'static str,
}

/// Returns the chapter of a code, dotted or not.
///
/// ```
/// assert_eq!(kiban_anon::icd10_chapter("E119").map(|c| c.number), Some(4));
/// ```
pub fn icd10_chapter(code: &str) -> Option<&'static Icd10Chapter> {
    let at = place(&normal(code))?;
    CHAPTERS.iter().find(|c| within(c.span, at))
}

impl Hierarchy {
    /// Builds the ICD-10 tree over the codes that occur; dots, case, blanks and the dagger and asterisk do not count.
    ///
    /// What is no ICD-10 code keeps its leaf and falls into the group `unclassified`.
    ///
    /// # Errors
    /// As [`Hierarchy::from_rows`].
    pub fn icd10<'a>(name: &str, codes: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let levels = [
            LevelName::new("code", "コード"),
            LevelName::new("four characters", "4桁分類"),
            LevelName::new("category", "3桁分類"),
            LevelName::new("block", "中間分類"),
            LevelName::new("chapter", "章"),
            LevelName::all(),
        ];
        Self::from_code_rows(name, levels.to_vec(), codes, normal, groups)
    }
}

/// Returns the code in capitals with the dot after the category.
fn normal(code: &str) -> String {
    let bare: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    if place(&bare).is_none() {
        return code.trim().to_owned();
    }
    match bare.split_at_checked(3) {
        Some((category, rest)) if !rest.is_empty() => format!("{category}.{rest}"),
        _ => bare,
    }
}

fn groups(code: &str) -> Vec<String> {
    let Some(at) = place(code) else { return vec!["unclassified".to_owned(); 4] };
    let head = |length: usize| code.get(..length).unwrap_or(code).to_owned();
    let chapter = CHAPTERS.iter().find(|c| within(c.span, at));
    let block = chapter.and_then(|c| c.blocks.split(' ').find(|b| within(b, at)));
    let title = chapter.map_or_else(|| "unclassified".to_owned(), |c| format!("{} ({})", c.roman, c.span));
    vec![head(5), head(3), block.map_or_else(|| head(3), str::to_owned), title]
}

/// Returns where a category stands: its letter times one hundred plus its number.
fn place(code: &str) -> Option<u16> {
    let [letter, tens, ones, ..] = code.as_bytes() else { return None };
    let good = letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit();
    good.then(|| u16::from(letter - b'A') * 100 + u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
}

fn within(span: &str, at: u16) -> bool {
    let ends = span.split_once('-').and_then(|(first, last)| Some((place(first)?, place(last)?)));
    ends.is_some_and(|(first, last)| (first..=last).contains(&at))
}

const fn chapter(
    number: u8,
    roman: &'static str,
    span: &'static str,
    ja: &'static str,
    en: &'static str,
    blocks: &'static str,
) -> Icd10Chapter {
    Icd10Chapter { number, roman, span, ja, en, blocks }
}

impl Icd10Chapter {
    /// All chapters in order.
    pub const ALL: &'static [Self] = CHAPTERS;
}

#[rustfmt::skip]
const CHAPTERS: &[Icd10Chapter] = &[
    chapter(1, "I", "A00-B99", "感染症・寄生虫症", "Infections and parasites", "A00-A09 A15-A19 A20-A28 A30-A49 A50-A64 A65-A69 A70-A74 A75-A79 A80-A89 A92-A99 B00-B09 B15-B19 B20-B24 B25-B34 B35-B49 B50-B64 B65-B83 B85-B89 B90-B94 B95-B98 B99-B99"),
    chapter(2, "II", "C00-D48", "新生物", "Neoplasms", "C00-C14 C15-C26 C30-C39 C40-C41 C43-C44 C45-C49 C50-C50 C51-C58 C60-C63 C64-C68 C69-C72 C73-C75 C76-C80 C81-C96 C97-C97 D00-D09 D10-D36 D37-D48"),
    chapter(3, "III", "D50-D89", "血液・免疫", "Blood and immunity", "D50-D53 D55-D59 D60-D64 D65-D69 D70-D77 D80-D89"),
    chapter(4, "IV", "E00-E90", "内分泌・栄養・代謝", "Endocrine, nutrition, metabolism", "E00-E07 E10-E14 E15-E16 E20-E35 E40-E46 E50-E64 E65-E68 E70-E90"),
    chapter(5, "V", "F00-F99", "精神・行動", "Mind and behaviour", "F00-F09 F10-F19 F20-F29 F30-F39 F40-F48 F50-F59 F60-F69 F70-F79 F80-F89 F90-F98 F99-F99"),
    chapter(6, "VI", "G00-G99", "神経系", "Nervous system", "G00-G09 G10-G14 G20-G26 G30-G32 G35-G37 G40-G47 G50-G59 G60-G64 G70-G73 G80-G83 G90-G99"),
    chapter(7, "VII", "H00-H59", "眼", "Eye", "H00-H06 H10-H13 H15-H22 H25-H28 H30-H36 H40-H42 H43-H45 H46-H48 H49-H52 H53-H54 H55-H59"),
    chapter(8, "VIII", "H60-H95", "耳", "Ear", "H60-H62 H65-H75 H80-H83 H90-H95"),
    chapter(9, "IX", "I00-I99", "循環器系", "Circulation", "I00-I02 I05-I09 I10-I15 I20-I25 I26-I28 I30-I52 I60-I69 I70-I79 I80-I89 I95-I99"),
    chapter(10, "X", "J00-J99", "呼吸器系", "Respiration", "J00-J06 J09-J18 J20-J22 J30-J39 J40-J47 J60-J70 J80-J84 J85-J86 J90-J94 J95-J99"),
    chapter(11, "XI", "K00-K93", "消化器系", "Digestion", "K00-K14 K20-K31 K35-K38 K40-K46 K50-K52 K55-K64 K65-K67 K70-K77 K80-K87 K90-K93"),
    chapter(12, "XII", "L00-L99", "皮膚", "Skin", "L00-L08 L10-L14 L20-L30 L40-L45 L50-L54 L55-L59 L60-L75 L80-L99"),
    chapter(13, "XIII", "M00-M99", "筋骨格系", "Muscles and bones", "M00-M03 M05-M14 M15-M19 M20-M25 M30-M36 M40-M43 M45-M49 M50-M54 M60-M63 M65-M68 M70-M79 M80-M85 M86-M90 M91-M94 M95-M99"),
    chapter(14, "XIV", "N00-N99", "腎尿路・生殖器", "Kidney, urinary tract, genitals", "N00-N08 N10-N16 N17-N19 N20-N23 N25-N29 N30-N39 N40-N51 N60-N64 N70-N77 N80-N98 N99-N99"),
    chapter(15, "XV", "O00-O99", "妊娠・分娩", "Pregnancy and birth", "O00-O08 O10-O16 O20-O29 O30-O48 O60-O75 O80-O84 O85-O92 O94-O99"),
    chapter(16, "XVI", "P00-P96", "周産期", "Around birth", "P00-P04 P05-P08 P10-P15 P20-P29 P35-P39 P50-P61 P70-P74 P75-P78 P80-P83 P90-P96"),
    chapter(17, "XVII", "Q00-Q99", "先天奇形・染色体", "Inborn conditions", "Q00-Q07 Q10-Q18 Q20-Q28 Q30-Q34 Q35-Q37 Q38-Q45 Q50-Q56 Q60-Q64 Q65-Q79 Q80-Q89 Q90-Q99"),
    chapter(18, "XVIII", "R00-R99", "症状・検査異常", "Symptoms and findings", "R00-R09 R10-R19 R20-R23 R25-R29 R30-R39 R40-R46 R47-R49 R50-R69 R70-R79 R80-R82 R83-R89 R90-R94 R95-R99"),
    chapter(19, "XIX", "S00-T98", "損傷・中毒", "Injury and poisoning", "S00-S09 S10-S19 S20-S29 S30-S39 S40-S49 S50-S59 S60-S69 S70-S79 S80-S89 S90-S99 T00-T07 T08-T14 T15-T19 T20-T25 T26-T28 T29-T32 T33-T35 T36-T50 T51-T65 T66-T78 T79-T79 T80-T88 T90-T98"),
    chapter(20, "XX", "V01-Y98", "外因", "Outside causes", "V01-V09 V10-V19 V20-V29 V30-V39 V40-V49 V50-V59 V60-V69 V70-V79 V80-V89 V90-V94 V95-V97 V98-V99 W00-W19 W20-W49 W50-W64 W65-W74 W75-W84 W85-W99 X00-X09 X10-X19 X20-X29 X30-X39 X40-X49 X50-X57 X58-X59 X60-X84 X85-Y09 Y10-Y34 Y35-Y36 Y40-Y59 Y60-Y69 Y70-Y82 Y83-Y84 Y85-Y89 Y90-Y98"),
    chapter(21, "XXI", "Z00-Z99", "保健サービスの理由", "Contact with health services", "Z00-Z13 Z20-Z29 Z30-Z39 Z40-Z54 Z55-Z65 Z70-Z76 Z80-Z99"),
    chapter(22, "XXII", "U00-U99", "特殊目的", "Special purposes", "U00-U49 U80-U89"),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn path(code: &str) -> Vec<String> {
        super::super::path(&Hierarchy::icd10("condition", [code]).unwrap(), code)
    }

    #[test]
    fn codes_climb_the_tree_whatever_their_spelling() {
        let diabetes = ["E11.9", "E11.9", "E11", "E10-E14", "IV (E00-E90)", "*"];
        for spelling in ["E11.9", "E119", "e119 ", "E11.9†"] {
            assert_eq!(path(spelling), diabetes, "{spelling}");
        }
        assert_eq!(path("M05.90"), ["M05.90", "M05.9", "M05", "M05-M14", "XIII (M00-M99)", "*"]);
        assert_eq!(path("X90"), ["X90", "X90", "X90", "X85-Y09", "XX (V01-Y98)", "*"]);
        assert_eq!(path("8830641")[1..], ["unclassified", "unclassified", "unclassified", "unclassified", "*"]);
    }

    #[test]
    fn blocks_lie_in_their_chapter_in_order_and_do_not_overlap() {
        let mut last = None;
        for chapter in CHAPTERS.iter().filter(|c| c.number < 22) {
            for block in chapter.blocks.split(' ') {
                let (first, end) = block.split_once('-').map(|(a, b)| (place(a).unwrap(), place(b).unwrap())).unwrap();
                assert!(within(chapter.span, first) && within(chapter.span, end) && first <= end, "{block}");
                assert!(last.is_none_or(|l| l < first), "{block}");
                last = Some(end);
            }
        }
        assert_eq!(CHAPTERS.len(), 22);
    }

    #[test]
    fn spellings_of_one_code_share_a_leaf() {
        let h = Hierarchy::icd10("condition", ["E11.9", "E119", "I10"]).unwrap();
        assert_eq!(h.leaves(), 3, "two codes and the unknown leaf");
        assert_eq!(h.leaf("E119"), h.leaf("E11.9"));
        assert_eq!(icd10_chapter("D50").map(|c| c.roman), Some("III"));
        assert_eq!(icd10_chapter("zzz"), None);
    }
}
