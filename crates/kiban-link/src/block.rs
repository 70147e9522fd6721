//! Stage 2: which pairs are worth comparing. Each rule is one equality key; too frequent keys are cut and reported.

use crate::encode::{Row, Table};

/// The blocking rules, each found by sorting one key (linkage study §5.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum BlockRule {
    /// The same chart of one facility.
    Chart,
    /// The same reading and birth year.
    KanaYear,
    /// The same folded kanji and birth year.
    KanjiYear,
    /// The same birth date and given name in kanji.
    BirthGivenKanji,
    /// The same birth date and reading of the given name.
    BirthGivenKana,
    /// The same insurer, number and sex.
    Card,
    /// The same phone.
    Phone,
    /// The same postal code and birth date.
    PostalBirth,
    /// The same town, numbers and sex.
    SiteSex,
    /// The same reading and postal code.
    KanaPostal,
    /// The same folded kanji and postal code.
    KanjiPostal,
    /// The same reading without voicing, and birthday, whatever the year.
    VoicelessBirthday,
    /// The same romanised name and birth year.
    RomajiYear,
}

impl BlockRule {
    /// Every rule, in the order of their bits.
    pub const ALL: [Self; 13] = [
        Self::Chart,
        Self::KanaYear,
        Self::KanjiYear,
        Self::BirthGivenKanji,
        Self::BirthGivenKana,
        Self::Card,
        Self::Phone,
        Self::PostalBirth,
        Self::SiteSex,
        Self::KanaPostal,
        Self::KanjiPostal,
        Self::VoicelessBirthday,
        Self::RomajiYear,
    ];

    /// The keys of one row, pushed to `out`; a row without the needed values has none.
    fn keys(self, table: &Table, row: &Row, out: &mut Vec<(u64, u32)>, index: u32) {
        let names = &table.names;
        let year = u32::from(row.birth.year.unsigned_abs());
        let birthday = u32::from(row.birth.month.unsigned_abs()) * 32 + u32::from(row.birth.day.unsigned_abs());
        let date = if row.birth.day == 0 { 0 } else { year * 512 + birthday };
        let whole_fold = names.fold_of(row.whole.kanji);
        let whole_kana = names.long_of(row.whole.kana);
        let (left, right) = match self {
            Self::Card => {
                let both = table.cards(row).iter().map(|card| (card.number, u32::from(row.sex)));
                out.extend(both.filter(|(number, sex)| *number > 0 && *sex > 0).map(|(n, s)| (pack(n, s), index)));
                return;
            }
            Self::Chart => (row.chart, 1),
            Self::KanaYear => (whole_kana, year),
            Self::KanjiYear => (whole_fold, year),
            Self::BirthGivenKanji => (names.fold_of(row.given.kanji), date),
            Self::BirthGivenKana => (names.long_of(row.given.kana), date),
            Self::Phone => (row.phone, 1),
            Self::PostalBirth => (row.postal, date),
            Self::SiteSex => (row.site, u32::from(row.sex)),
            Self::KanaPostal => (whole_kana, row.postal),
            Self::KanjiPostal => (whole_fold, row.postal),
            Self::VoicelessBirthday => {
                (names.kana(row.whole.kana).map_or(0, |k| k.voiceless), if row.birth.day == 0 { 0 } else { birthday })
            }
            Self::RomajiYear => (row.whole.romaji, year),
        };
        if left > 0 && right > 0 {
            out.push((pack(left, right), index));
        }
    }
}

/// Two row numbers, the smaller first, and the rules that found them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) rules: u16,
}

/// What one rule found, and what its frequency cap cut away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockReport {
    /// The rule.
    pub rule: BlockRule,
    /// Pairs found by this rule, before pairs of several rules are made one.
    pub pairs: u64,
    /// Keys held by more registrations than the cap allows.
    pub cut_keys: u64,
    /// Pairs not compared because of that, unless another rule finds them.
    pub cut_pairs: u64,
}

/// Finds all candidate pairs, sorted and unique.
pub(crate) fn block(table: &Table, cap: usize) -> (Vec<Candidate>, Vec<BlockReport>) {
    let mut found: Vec<(u64, u16)> = Vec::new();
    let mut reports = Vec::with_capacity(BlockRule::ALL.len());
    let mut keys = Vec::with_capacity(table.rows.len());
    for (bit, rule) in BlockRule::ALL.into_iter().enumerate() {
        keys.clear();
        for (index, row) in (0u32..).zip(&table.rows) {
            rule.keys(table, row, &mut keys, index);
        }
        keys.sort_unstable();
        keys.dedup();
        reports.push(pairs_of(rule, &keys, cap, 1 << bit, &mut found));
    }
    found.sort_unstable();
    let unique = found.chunk_by(|a, b| a.0 == b.0).filter_map(|same| {
        let (pair, _) = same.first()?;
        let rules = same.iter().fold(0, |all, (_, rule)| all | rule);
        Some(Candidate { left: high(*pair), right: low(*pair), rules })
    });
    (unique.collect(), reports)
}

fn pairs_of(rule: BlockRule, keys: &[(u64, u32)], cap: usize, bit: u16, found: &mut Vec<(u64, u16)>) -> BlockReport {
    let mut report = BlockReport { rule, pairs: 0, cut_keys: 0, cut_pairs: 0 };
    for same in keys.chunk_by(|a, b| a.0 == b.0) {
        let size = u64::try_from(same.len()).unwrap_or(u64::MAX);
        let pairs = size * (size - 1) / 2;
        if same.len() > cap {
            report.cut_keys += 1;
            report.cut_pairs += pairs;
            continue;
        }
        report.pairs += pairs;
        for (at, (_, left)) in same.iter().enumerate() {
            found.extend(same.iter().skip(at + 1).map(|(_, right)| (pack(*left, *right), bit)));
        }
    }
    report
}

fn pack(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

fn high(pair: u64) -> u32 {
    u32::try_from(pair >> 32).unwrap_or(u32::MAX)
}

fn low(pair: u64) -> u32 {
    u32::try_from(pair & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}
