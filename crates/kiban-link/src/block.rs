//! Stage 2: which pairs are worth comparing. Each rule is one equality key; too frequent keys are cut and reported.
//!
//! A pair is found by the first rule whose key both rows share, and by no other: so no pair is held in memory to see
//! whether it was found before, and memory is bounded by the rows.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    compare::{MOST_OTHERS, OtherKind},
    encode::{CardRow, Row, Table},
};

/// A value that two rows must share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPart {
    /// The chart of one facility.
    Chart,
    /// The medical ID.
    MedicalId,
    /// The reading of the whole name, long vowels made one.
    Reading,
    /// The whole reading without voicing.
    VoicelessReading,
    /// The whole name in kanji, variants folded.
    Name,
    /// The whole romanised name.
    Romaji,
    /// The family name.
    Family,
    /// The given name.
    Given,
    /// The beginning of the family name, or of its reading.
    FamilyStart,
    /// The beginning of the given name, or of its reading.
    GivenStart,
    /// The reading of the given name.
    GivenReading,
    /// The year of birth.
    Year,
    /// The day and month of birth.
    Birthday,
    /// The date of birth.
    Birth,
    /// The sex.
    Sex,
    /// Insurer and number of any card.
    Card,
    /// The phone.
    Phone,
    /// The postal code.
    Postal,
    /// Town and numbers of the address.
    Site,
    /// A column of its own.
    Other(u8),
    /// The beginning of a column of its own.
    OtherStart(u8),
}

impl KeyPart {
    /// Returns the value of a row, zero where it has none; cards have several and are not asked here.
    fn of(self, table: &Table, (at, row): (u32, &Row)) -> u32 {
        let year = u32::from(row.birth.year.unsigned_abs());
        let birthday = u32::from(row.birth.month.unsigned_abs()) * 32 + u32::from(row.birth.day.unsigned_abs());
        let whole_day = row.birth.day != 0;
        match self {
            Self::Chart => row.chart,
            Self::MedicalId => row.medical_id,
            Self::Reading => row.whole.long,
            Self::VoicelessReading => row.voiceless,
            Self::Name => row.whole.fold,
            Self::Romaji => row.whole.romaji,
            Self::Family => row.family.fold,
            Self::Given => row.given.fold,
            Self::FamilyStart => row.starts.0,
            Self::GivenStart => row.starts.1,
            Self::GivenReading => row.given.long,
            Self::Year => year,
            Self::Birthday => u32::from(whole_day) * birthday,
            Self::Birth => u32::from(whole_day) * (year * 512 + birthday),
            Self::Sex => u32::from(row.sex),
            Self::Card => 0,
            Self::Phone => row.phone,
            Self::Postal => row.postal,
            Self::Site => row.site,
            Self::Other(column) => table.others.get(usize::from(column)).map_or(0, |column| column.at(at)),
            Self::OtherStart(column) => table.others.get(usize::from(column)).map_or(0, |column| column.start(at)),
        }
    }
}

impl fmt::Display for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chart => "chart",
            Self::MedicalId => "medical-id",
            Self::Reading => "reading",
            Self::VoicelessReading => "voiceless-reading",
            Self::Name => "name",
            Self::Romaji => "romaji",
            Self::Family => "family",
            Self::Given => "given",
            Self::FamilyStart => "family…",
            Self::GivenStart => "given…",
            Self::GivenReading => "given-reading",
            Self::Year => "birth-year",
            Self::Birthday => "birthday",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Card => "card",
            Self::Phone => "phone",
            Self::Postal => "postal",
            Self::Site => "site",
            Self::Other(at) => return write!(f, "column-{}", at + 1),
            Self::OtherStart(at) => return write!(f, "column-{}…", at + 1),
        })
    }
}

/// A blocking rule: values that two rows must share to be compared (linkage study §5.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockRule {
    first: KeyPart,
    second: Option<KeyPart>,
    third: Option<KeyPart>,
}

impl fmt::Display for BlockRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        [self.second, self.third].into_iter().flatten().try_for_each(|part| write!(f, " + {part}"))
    }
}

impl BlockRule {
    const fn one(first: KeyPart) -> Self {
        Self { first, second: None, third: None }
    }

    const fn both(first: KeyPart, second: KeyPart) -> Self {
        Self { first, second: Some(second), third: None }
    }

    const fn three(first: KeyPart, second: KeyPart, third: KeyPart) -> Self {
        Self { first, second: Some(second), third: Some(third) }
    }

    /// Returns the rules for a registration with so many columns of its own, those that find fewest first.
    pub(crate) fn usual(others: &[OtherKind]) -> Vec<Self> {
        use KeyPart::{
            Birth, Birthday, Card, Chart, Family, FamilyStart, Given, GivenReading, GivenStart, MedicalId, Name, Other,
            OtherStart, Phone, Postal, Reading, Romaji, Sex, Site, VoicelessReading, Year,
        };
        let mut rules = vec![Self::one(Chart), Self::one(MedicalId), Self::one(Phone)];
        rules.extend(
            [
                (Card, Sex),
                (Reading, Year),
                (Name, Year),
                (Given, Birth),
                (GivenReading, Birth),
                (Postal, Birth),
                (Site, Sex),
                (Reading, Postal),
                (Name, Postal),
                (VoicelessReading, Birthday),
                (Romaji, Year),
            ]
            .map(|(first, second)| Self::both(first, second)),
        );
        if others.is_empty() {
            return rules;
        }
        rules.extend([(Family, Birth), (Family, Given), (GivenStart, Birthday)].map(|(a, b)| Self::both(a, b)));
        rules.push(Self::three(GivenStart, FamilyStart, Year));
        let of = |wanted: &[OtherKind]| -> Vec<u8> {
            let all = (0..).zip(others.iter().take(MOST_OTHERS));
            all.filter(|(_, kind)| wanted.contains(kind)).map(|(at, _)| at).collect()
        };
        let (texts, places) = (of(&[OtherKind::Text, OtherKind::Date]), of(&[OtherKind::Place]));
        rules.extend(texts.iter().chain(&places).map(|column| Self::both(Other(*column), Birth)));
        for (at, left) in places.iter().enumerate() {
            let right = places.iter().skip(at + 1);
            rules.extend(right.map(|right| Self::both(OtherStart(*left), OtherStart(*right))));
            rules.extend(texts.iter().map(|text| Self::three(FamilyStart, OtherStart(*left), Other(*text))));
        }
        for (at, left) in texts.iter().enumerate() {
            rules.push(Self::three(GivenStart, FamilyStart, Other(*left)));
            rules.extend(texts.iter().skip(at + 1).map(|right| Self::both(Other(*left), Other(*right))));
        }
        rules
    }

    /// Returns what a row has of the parts after the first; zero where one of them is missing.
    fn rest(self, table: &Table, row: (u32, &Row)) -> u32 {
        let second = self.second.map_or(1, |part| part.of(table, row));
        match (second, self.third) {
            (0, _) | (_, None) => second,
            (second, Some(third)) => match third.of(table, row) {
                0 => 0,
                // Two values in the place of one: rows that meet by chance are compared for nothing, and no more.
                third => second.rotate_left(16).wrapping_mul(0x9E37_79B9) ^ third | 1,
            },
        }
    }

    /// Hands on the keys of a row; a row without the needed values has none.
    fn keys(self, table: &Table, row: (u32, &Row), mut take: impl FnMut(u64)) {
        if self.first == KeyPart::Card {
            let rest = self.rest(table, row);
            let cards = table.cards(row.1).iter().filter(|card| card.number > 0 && rest > 0);
            cards.for_each(|card| take(pack(card.number, rest)));
        } else if let first @ 1.. = self.first.of(table, row)
            && let rest @ 1.. = self.rest(table, row)
        {
            take(pack(first, rest));
        }
    }

    /// Tells whether both rows share a key that was not cut.
    fn shared(self, table: &Table, left: (u32, &Row), right: (u32, &Row), cut: &FxHashSet<u64>) -> bool {
        let counts =
            |first: u32, rest: u32| first > 0 && rest > 0 && (cut.is_empty() || !cut.contains(&pack(first, rest)));
        if self.first == KeyPart::Card {
            let rest = self.rest(table, left);
            let held = table.cards(right.1);
            let both = |l: &&CardRow| held.iter().any(|r| l.number == r.number);
            return rest == self.rest(table, right)
                && table.cards(left.1).iter().filter(both).any(|card| counts(card.number, rest));
        }
        let first = self.first.of(table, left);
        if first == 0 || first != self.first.of(table, right) {
            return false;
        }
        let rest = self.rest(table, left);
        rest == self.rest(table, right) && counts(first, rest)
    }
}

impl BlockRule {
    /// Tells whether the rule is one for registrations as facilities send them, which their key caps alone keep cheap.
    fn is_of_registrations(self) -> bool {
        Self::usual(&[]).contains(&self)
    }

    /// Tells whether two rows that share several cards meet at this key for the first time.
    fn is_first_shared(self, table: &Table, digest: u64, left: (u32, &Row), right: &Row) -> bool {
        if self.first != KeyPart::Card {
            return true;
        }
        let (held, rest) = (table.cards(right), self.rest(table, left));
        let shared = table.cards(left.1).iter().map(|l| l.number).filter(|l| held.iter().any(|r| r.number == *l));
        shared.min().is_none_or(|first| u64::from(short(pack(first, rest))) == digest)
    }
}

/// What one rule found, and what its frequency cap cut away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockReport {
    /// The rule.
    pub rule: BlockRule,
    /// Pairs that share a key of this rule, those that other rules find as well among them.
    pub pairs: u64,
    /// Pairs that no rule before it found.
    pub first: u64,
    /// Keys held by more registrations than the cap allows.
    pub cut_keys: u64,
    /// Pairs not compared because of that, unless another rule finds them.
    pub cut_pairs: u64,
}

/// The rules of a run with what their caps cut.
pub(crate) struct Blocks {
    rules: Vec<BlockRule>,
    cut: Vec<FxHashSet<u64>>,
    /// How many pairs the cut keys of each rule would have given.
    cut_pairs: Vec<u64>,
    /// By row and rule a short digest of the row's key: zero where it has none, where it was cut, and for cards, of
    /// which a row has several. Rows that share a key share its digest.
    digests: Vec<u32>,
    /// Rules that would cost too much, with the pairs that each would find.
    pub(crate) left_out: Vec<(BlockRule, u64)>,
    /// At most about how many pairs the rules find.
    pub(crate) pairs: u64,
    across: Across,
}

/// Pairs for each row that the rules may find together.
const PAIRS_PER_ROW: u64 = 12;
/// Pairs that are never too many.
const LEAST_BUDGET: u64 = 1_000_000;

/// Which rows may be one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Across {
    /// Any two.
    #[default]
    All,
    /// Two of different tables.
    Sources,
}

impl Blocks {
    /// Counts how many rows share each key, cuts keys that too many share, and leaves out the rules that cost most where
    /// all together would find more pairs than the budget allows.
    pub(crate) fn new(table: &Table, rules: &[BlockRule], cap: usize, across: Across, threads: usize) -> Self {
        let threads = threads.max(1);
        let mut costs: Vec<(BlockRule, Frequent)> = std::thread::scope(|scope| {
            let count = |first: usize| -> Vec<(BlockRule, Frequent)> {
                let own = rules.iter().skip(first).step_by(threads);
                own.map(|rule| (*rule, Frequent::count(table, *rule, cap))).collect()
            };
            let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || count(first))).collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        // A rule that finds nothing need not be asked of every pair whether it did.
        costs.retain(|(_, found)| found.pairs > 0 || !found.cut.is_empty());
        costs.sort_by_key(|(rule, found)| (found.pairs, *rule));
        let rows = u64::try_from(table.rows.len()).unwrap_or(u64::MAX);
        let budget = PAIRS_PER_ROW.saturating_mul(rows).max(LEAST_BUDGET);
        let mut blocks = Self {
            rules: Vec::new(),
            cut: Vec::new(),
            cut_pairs: Vec::new(),
            digests: Vec::new(),
            left_out: Vec::new(),
            pairs: 0,
            across,
        };
        for (rule, Frequent { cut, pairs, cut_pairs }) in costs {
            if blocks.pairs + pairs <= budget || rule.is_of_registrations() {
                blocks.pairs += pairs;
                blocks.rules.push(rule);
                blocks.cut.push(cut);
                blocks.cut_pairs.push(cut_pairs);
            } else {
                blocks.left_out.push((rule, pairs));
            }
        }
        blocks.digests = blocks.digest(table, threads);
        blocks
    }

    fn digest(&self, table: &Table, threads: usize) -> Vec<u32> {
        let width = self.rules.len().max(1);
        let mut digests = vec![0; table.rows.len() * width];
        let share = table.rows.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            for (nth, (part, rows)) in digests.chunks_mut(share * width).zip(table.rows.chunks(share)).enumerate() {
                scope.spawn(move || {
                    let first = u32::try_from(nth * share).unwrap_or(u32::MAX);
                    for ((at, row), own) in (first..).zip(rows).zip(part.chunks_mut(width)) {
                        for ((rule, cut), digest) in self.rules.iter().zip(&self.cut).zip(own) {
                            if rule.first != KeyPart::Card {
                                rule.keys(table, (at, row), |key| {
                                    *digest = if cut.contains(&key) { 0 } else { short(key) }
                                });
                            }
                        }
                    }
                });
            }
        });
        digests
    }

    /// The digests of a row, by rule.
    fn digests_of(&self, row: u32) -> &[u32] {
        let width = self.rules.len();
        let from = usize::try_from(row).unwrap_or(usize::MAX).saturating_mul(width);
        self.digests.get(from..from.saturating_add(width)).unwrap_or(&[])
    }

    /// Hands every pair, once, to the visitors, one for each share of the keys, on threads of their own.
    ///
    /// A visitor gets the smaller row number first. What each made of its pairs comes back with the reports.
    pub(crate) fn visit<V: Send>(
        &self,
        table: &Table,
        visitors: Vec<V>,
        each: impl Fn(&mut V, u32, u32) + Sync,
    ) -> (Vec<V>, Vec<BlockReport>) {
        let shares = u64::try_from(visitors.len()).unwrap_or(1).max(1);
        let mut reports: Vec<BlockReport> = self.rules.iter().map(|rule| BlockReport::of(*rule)).collect();
        for (report, (cut, pairs)) in reports.iter_mut().zip(self.cut.iter().zip(&self.cut_pairs)) {
            (report.cut_keys, report.cut_pairs) = (u64::try_from(cut.len()).unwrap_or(u64::MAX), *pairs);
        }
        let mut done = Vec::with_capacity(visitors.len());
        std::thread::scope(|scope| {
            let each = &each;
            let running: Vec<_> = (0u64..)
                .zip(visitors)
                .map(|(share, visitor)| {
                    let mut work = Share { blocks: self, table, share: (share, shares), visitor };
                    scope.spawn(move || (work.visit(each), work.visitor))
                })
                .collect();
            for (found, visitor) in running.into_iter().filter_map(|thread| thread.join().ok()) {
                reports.iter_mut().zip(found).for_each(|(all, one)| all.add(&one));
                done.push(visitor);
            }
        });
        (done, reports)
    }

    fn is_found_before(&self, nth: usize, table: &Table, left: (u32, &Row), right: (u32, &Row)) -> bool {
        let digests = self.digests_of(left.0).iter().zip(self.digests_of(right.0));
        let rules = self.rules.iter().zip(&self.cut).zip(digests);
        rules.take(nth).any(|((rule, cut), (l, r))| {
            let may = (*l > 0 && l == r) || rule.first == KeyPart::Card;
            may && rule.shared(table, left, right, cut)
        })
    }

    /// Returns how many rules find a pair.
    pub(crate) fn finders(&self, table: &Table, left: u32, right: u32) -> usize {
        let (Some(l), Some(r)) = (table.row(left), table.row(right)) else { return 0 };
        let digests = self.digests_of(left).iter().zip(self.digests_of(right));
        let rules = self.rules.iter().zip(&self.cut).zip(digests);
        let finds = |((rule, cut), (a, b)): &((&BlockRule, &FxHashSet<u64>), (&u32, &u32))| {
            ((**a > 0 && a == b) || rule.first == KeyPart::Card) && rule.shared(table, (left, l), (right, r), cut)
        };
        rules.filter(finds).count()
    }
}

/// The keys that one thread looks after, of every rule.
struct Share<'t, V> {
    blocks: &'t Blocks,
    table: &'t Table,
    /// Which share of how many.
    share: (u64, u64),
    visitor: V,
}

impl<V> Share<'_, V> {
    fn visit(&mut self, each: &impl Fn(&mut V, u32, u32)) -> Vec<BlockReport> {
        let mut keys: Vec<u64> = Vec::new();
        let mut reports = Vec::with_capacity(self.blocks.rules.len());
        for (nth, rule) in self.blocks.rules.iter().enumerate() {
            keys.clear();
            self.gather(nth, *rule, &mut keys);
            keys.sort_unstable();
            keys.dedup();
            let mut report = BlockReport::of(*rule);
            for same in keys.chunk_by(|a, b| a >> 32 == b >> 32) {
                self.visit_key(nth, same, &mut report, each);
            }
            reports.push(report);
        }
        reports
    }

    /// Collects the digests of this share, each with its row behind it.
    fn gather(&self, nth: usize, rule: BlockRule, keys: &mut Vec<u64>) {
        let (share, shares) = self.share;
        let mut take = |digest: u32, row: u32| {
            if digest > 0 && u64::from(digest >> 1) % shares == share {
                keys.push(pack(digest, row));
            }
        };
        if rule.first == KeyPart::Card {
            let cut = self.blocks.cut.get(nth);
            for (at, row) in (0u32..).zip(&self.table.rows) {
                rule.keys(self.table, (at, row), |key| {
                    if cut.is_none_or(|cut| !cut.contains(&key)) {
                        take(short(key), at);
                    }
                });
            }
            return;
        }
        let width = self.blocks.rules.len().max(1);
        for (at, own) in (0u32..).zip(self.blocks.digests.chunks(width)) {
            take(own.get(nth).copied().unwrap_or(0), at);
        }
    }

    fn visit_key(&mut self, nth: usize, same: &[u64], report: &mut BlockReport, each: &impl Fn(&mut V, u32, u32)) {
        let (blocks, table) = (self.blocks, self.table);
        let row = |key: &u64| u32::try_from(key & u64::from(u32::MAX)).unwrap_or(u32::MAX);
        for (at, left) in same.iter().enumerate() {
            for right in same.iter().skip(at + 1) {
                let ((left, right), digest) = ((row(left), row(right)), *left >> 32);
                let (Some(l), Some(r)) = (table.row(left), table.row(right)) else { continue };
                let same_source = blocks.across == Across::Sources && l.source == r.source;
                if same_source || !report.rule.is_first_shared(table, digest, (left, l), r) {
                    continue;
                }
                report.pairs += 1;
                if !blocks.is_found_before(nth, table, (left, l), (right, r)) {
                    report.first += 1;
                    each(&mut self.visitor, left, right);
                }
            }
        }
    }
}

impl BlockReport {
    fn of(rule: BlockRule) -> Self {
        Self { rule, pairs: 0, first: 0, cut_keys: 0, cut_pairs: 0 }
    }

    fn add(&mut self, more: &Self) {
        self.pairs += more.pairs;
        self.first += more.first;
        self.cut_keys += more.cut_keys;
        self.cut_pairs += more.cut_pairs;
    }
}

/// How often the keys of a rule are shared.
struct Frequent {
    /// The keys that more rows than the cap share.
    cut: FxHashSet<u64>,
    /// How many pairs share one of them.
    cut_pairs: u64,
    /// About how many pairs share one of the other keys.
    pairs: u64,
}

impl Frequent {
    /// A table of counters by a mix of the key finds what may be frequent in little memory; only that is counted exactly.
    fn count(table: &Table, rule: BlockRule, cap: usize) -> Self {
        let rows = || (0u32..).zip(&table.rows);
        let places = (table.rows.len() * 4).next_power_of_two().max(1 << 10);
        let place = |key: u64| usize::try_from(mixed(key)).unwrap_or_default() & (places - 1);
        let mut seen = vec![0_u16; places];
        for row in rows() {
            rule.keys(table, row, |key| {
                seen.iter_mut().skip(place(key)).take(1).for_each(|n| *n = n.saturating_add(1))
            });
        }
        let cap_seen = u16::try_from(cap).unwrap_or(u16::MAX - 1);
        let pairs_of = |count: u64| count * count.saturating_sub(1) / 2;
        let mut pairs: u64 = seen.iter().filter(|n| **n <= cap_seen).map(|n| pairs_of(u64::from(*n))).sum();
        let mut exact: FxHashMap<u64, usize> = FxHashMap::default();
        for row in rows() {
            rule.keys(table, row, |key| {
                if seen.get(place(key)).is_some_and(|count| *count > cap_seen) {
                    *exact.entry(key).or_default() += 1;
                }
            });
        }
        let common = |count: &usize| *count > cap;
        pairs += exact.values().filter(|count| !common(count)).map(|count| pairs_of(*count as u64)).sum::<u64>();
        let cut_pairs = exact.values().filter(|count| common(count)).map(|count| pairs_of(*count as u64)).sum();
        Self {
            cut_pairs,
            cut: exact.into_iter().filter(|(_, count)| common(count)).map(|(key, _)| key).collect(),
            pairs,
        }
    }
}

/// Returns a digest of a key that is never zero.
fn short(key: u64) -> u32 {
    u32::try_from(mixed(key) >> 32).unwrap_or(u32::MAX) | 1
}

fn mixed(key: u64) -> u64 {
    let folded = (key ^ key >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    folded ^ folded >> 29
}

fn pack(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}
