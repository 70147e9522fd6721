//! Tables of names and places, small and our own: the shape of frequencies is real, the lists are not copied from anywhere.

use jiff::civil::Date;

use crate::{
    Error,
    dice::{Dice, Weighted},
};

/// A name with its reading in full-width kana.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) written: &'static str,
    pub(crate) kana: &'static str,
}

/// Male or female, as registers know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    Male,
    Female,
}

/// A municipality, with some of its towns and their postal codes.
#[derive(Debug)]
pub(crate) struct Place {
    /// Five digits of JIS X 0402; the first two are the prefecture.
    pub(crate) code: &'static str,
    pub(crate) prefecture: &'static str,
    pub(crate) city: &'static str,
    pub(crate) towns: Vec<(&'static str, &'static str)>,
}

/// The tables, ready to draw from.
pub(crate) struct Tables {
    surnames: Weighted<Reading>,
    male: Vec<Weighted<Reading>>,
    female: Vec<Weighted<Reading>>,
    places: Weighted<Place>,
}

/// Years of birth for which given names are weighed, ten years each.
const FIRST_DECADE: i16 = 1910;
const DECADES: i16 = 12;

impl Tables {
    /// Reads the built-in tables.
    pub(crate) fn load() -> Result<Self, Error> {
        Ok(Self {
            surnames: surnames().ok_or(Error::Table { name: "surnames" })?,
            male: given(include_str!("tables/given_male.tsv")).ok_or(Error::Table { name: "given_male" })?,
            female: given(include_str!("tables/given_female.tsv")).ok_or(Error::Table { name: "given_female" })?,
            places: places().ok_or(Error::Table { name: "places" })?,
        })
    }

    /// Draws a family name.
    pub(crate) fn surname(&self, dice: &mut Dice) -> Reading {
        *self.surnames.draw(dice)
    }

    /// Draws a given name as people of that sex and birth year bear it.
    pub(crate) fn given(&self, dice: &mut Dice, sex: Sex, birth: Date) -> Reading {
        let table = match sex {
            Sex::Male => &self.male,
            Sex::Female => &self.female,
        };
        let decade = ((birth.year() - FIRST_DECADE) / 10).clamp(0, DECADES - 1);
        let names = usize::try_from(decade).ok().and_then(|decade| table.get(decade));
        names.map_or(Reading { written: "", kana: "" }, |names| *names.draw(dice))
    }

    /// Draws a municipality.
    pub(crate) fn place(&self, dice: &mut Dice) -> &Place {
        self.places.draw(dice)
    }
}

/// Returns the rows of a table: comments are skipped, columns are parted by tabs.
fn rows(text: &'static str) -> impl Iterator<Item = std::str::Split<'static, char>> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t'))
}

/// Family names follow a Zipf-like law: a dozen names cover a tenth of the country.
fn surnames() -> Option<Weighted<Reading>> {
    let names = rows(include_str!("tables/surnames.tsv"))
        .filter_map(|mut columns| Some(Reading { written: columns.next()?, kana: columns.next()? }));
    Weighted::new(names.zip(1_u32..).map(|(name, rank)| (1.0 / (f64::from(rank) + 8.0).powf(0.9), name)))
}

/// Given names rise and fall around the birth year of their peak.
fn given(text: &'static str) -> Option<Vec<Weighted<Reading>>> {
    let mut names = Vec::new();
    let (mut last_peak, mut rank) = (0, 0.0);
    for mut columns in rows(text) {
        let name = Reading { written: columns.next()?, kana: columns.next()? };
        let peak: i16 = columns.next()?.parse().ok()?;
        rank = if peak == last_peak { rank + 1.0 } else { 1.0 };
        last_peak = peak;
        names.push((name, f64::from(peak), 1.0_f64 / f64::powf(rank + 2.0, 0.7)));
    }
    (0..DECADES)
        .map(|decade| {
            let middle = f64::from(FIRST_DECADE + decade * 10 + 5);
            Weighted::new(names.iter().map(|(name, peak, weight)| {
                let distance = (middle - peak) / 9.0;
                (weight * (-distance * distance / 2.0).exp() + 1e-6, *name)
            }))
        })
        .collect()
}

fn places() -> Option<Weighted<Place>> {
    Weighted::new(rows(include_str!("tables/places.tsv")).filter_map(|mut columns| {
        let (code, prefecture, city) = (columns.next()?, columns.next()?, columns.next()?);
        let weight: f64 = columns.next()?.parse().ok()?;
        Some((weight, Place { code, prefecture, city, towns: columns.filter_map(|t| t.split_once(':')).collect() }))
    }))
}

/// Readings of foreign residents: romaji family and given name, then both in katakana.
pub(crate) const FOREIGN: [(Sex, [&str; 4]); 24] = [
    (Sex::Female, ["NGUYEN", "THI HOA", "グエン", "ティホア"]),
    (Sex::Male, ["NGUYEN", "VAN NAM", "グエン", "ヴァンナム"]),
    (Sex::Male, ["TRAN", "QUOC BAO", "チャン", "クオックバオ"]),
    (Sex::Female, ["PHAM", "THU TRANG", "ファム", "トゥチャン"]),
    (Sex::Male, ["WANG", "WEI", "ワン", "ウェイ"]),
    (Sex::Female, ["WANG", "FANG", "ワン", "ファン"]),
    (Sex::Male, ["LI", "JUN", "リ", "ジュン"]),
    (Sex::Female, ["ZHANG", "MIN", "チャン", "ミン"]),
    (Sex::Male, ["KIM", "MINSU", "キム", "ミンス"]),
    (Sex::Female, ["PARK", "JIYOUNG", "パク", "ジヨン"]),
    (Sex::Female, ["SANTOS", "MARIA CRISTINA", "サントス", "マリアクリスティーナ"]),
    (Sex::Male, ["REYES", "JOSE", "レイエス", "ホセ"]),
    (Sex::Male, ["SILVA", "PAULO", "シルバ", "パウロ"]),
    (Sex::Female, ["OLIVEIRA", "ANA PAULA", "オリベイラ", "アナパウラ"]),
    (Sex::Male, ["GURUNG", "BIKASH", "グルン", "ビカス"]),
    (Sex::Female, ["SHRESTHA", "SUNITA", "シュレスタ", "スニタ"]),
    (Sex::Male, ["SMITH", "JOHN", "スミス", "ジョン"]),
    (Sex::Female, ["BROWN", "EMILY", "ブラウン", "エミリー"]),
    (Sex::Male, ["SINGH", "RAJESH", "シン", "ラジェシュ"]),
    (Sex::Female, ["PUTRI", "DEWI", "プトゥリ", "デウィ"]),
    (Sex::Male, ["WIJAYA", "BUDI", "ウィジャヤ", "ブディ"]),
    (Sex::Female, ["AUNG", "KHIN", "アウン", "キン"]),
    (Sex::Male, ["MARTIN", "LUCAS", "マルタン", "リュカ"]),
    (Sex::Female, ["GARCIA", "CARMEN", "ガルシア", "カルメン"]),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_tables_are_large_enough_and_every_character_exists_in_jis_x_0208() {
        for (text, least) in [
            (include_str!("tables/surnames.tsv"), 150),
            (include_str!("tables/given_male.tsv"), 150),
            (include_str!("tables/given_female.tsv"), 150),
            (include_str!("tables/places.tsv"), 60),
        ] {
            assert!(rows(text).count() >= least);
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let (_, _, lossy) = encoding_rs::ISO_2022_JP.encode(line);
                assert!(!lossy, "{line}");
            }
        }
        let prefectures: std::collections::BTreeSet<_> =
            rows(include_str!("tables/places.tsv")).map(|mut columns| columns.nth(1).unwrap()).collect();
        assert!(prefectures.len() >= 20);
    }

    #[test]
    fn every_place_has_towns_with_postal_codes() {
        for columns in rows(include_str!("tables/places.tsv")) {
            let towns: Vec<_> = columns.skip(4).collect();
            assert!(!towns.is_empty());
            for town in towns {
                let (_, postal) = town.split_once(':').unwrap();
                assert!(postal.len() == 7 && postal.bytes().all(|b| b.is_ascii_digit()));
            }
        }
    }

    #[test]
    fn names_go_with_the_age() {
        let tables = Tables::load().unwrap();
        let mut dice = Dice::new(1, crate::dice::Purpose::Household, 0, 0, 0);
        let mut ending_in_ko = |year| {
            let birth = Date::new(year, 6, 1).unwrap();
            (0..500).filter(|_| tables.given(&mut dice, Sex::Female, birth).written.ends_with('子')).count()
        };
        assert!(ending_in_ko(1940) > 350 && ending_in_ko(2018) < 50);
    }
}
