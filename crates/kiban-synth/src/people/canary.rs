//! Canaries: a few people whose names, homes and numbers occur nowhere else, so that a leak can be found by searching bytes.
//!
//! They are eligible everywhere they go: their clinical data flow to the release while none of these strings may.

use jiff::civil::{Date, date};
use serde::Serialize;

use super::{Address, Coverage, History, MEMBERS, Name, Person, Plan};
use crate::tables::Sex;

/// The households that canaries live in, each alone.
const CANARY_HOUSEHOLDS: [u64; 5] = [2, 5, 8, 11, 14];

/// Which facilities a canary goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CanaryRecord {
    /// All of them.
    Everywhere,
    /// The one of this index, modulo how many there are.
    At(usize),
}

struct Canary {
    name: [&'static str; 4],
    sex: Sex,
    birth: Date,
    home: [&'static str; 4],
    insurer: &'static str,
    symbol: &'static str,
    number: &'static str,
    mobile: &'static str,
    goes: CanaryRecord,
}

const CANARIES: [Canary; 5] = [
    Canary {
        name: ["勅使河原", "翠嵐", "テシガワラ", "スイラン"],
        sex: Sex::Female,
        birth: date(1957, 5, 23),
        home: ["東京都", "世田谷区", "金糸雀台", "1549417"],
        insurer: "06139414",
        symbol: "鳴禽一",
        number: "90417726",
        mobile: "090-9417-3301",
        goes: CanaryRecord::Everywhere,
    },
    Canary {
        name: ["百目鬼", "琥珀丸", "ドウメキ", "コハクマル"],
        sex: Sex::Male,
        birth: date(1963, 11, 17),
        home: ["神奈川県", "藤沢市", "雲雀坂上", "2519417"],
        insurer: "06149421",
        symbol: "鳴禽二",
        number: "90417735",
        mobile: "090-9417-3302",
        goes: CanaryRecord::At(0),
    },
    Canary {
        name: ["薬袋", "璃々彩", "ミナイ", "リリイロ"],
        sex: Sex::Female,
        birth: date(1971, 8, 29),
        home: ["千葉県", "船橋市", "四十雀野", "2739417"],
        insurer: "06129431",
        symbol: "鳴禽三",
        number: "90417744",
        mobile: "090-9417-3303",
        goes: CanaryRecord::At(1),
    },
    Canary {
        name: ["四十物", "嵯峨彦", "アイモノ", "サガヒコ"],
        sex: Sex::Male,
        birth: date(1955, 2, 9),
        home: ["埼玉県", "川口市", "鶺鴒新田", "3329417"],
        insurer: "06119440",
        symbol: "鳴禽四",
        number: "90417753",
        mobile: "090-9417-3304",
        goes: CanaryRecord::At(2),
    },
    Canary {
        name: ["一尺八寸", "朱鷺枝", "カマツカ", "トキエ"],
        sex: Sex::Female,
        birth: date(1968, 3, 14),
        home: ["東京都", "練馬区", "翡翠ケ谷", "1769417"],
        insurer: "06139455",
        symbol: "鳴禽五",
        number: "90417762",
        mobile: "090-9417-3305",
        goes: CanaryRecord::Everywhere,
    },
];

/// Returns whether a birth date is kept free for a canary.
pub(super) fn is_reserved(birth: Date) -> bool {
    CANARIES.iter().any(|canary| canary.birth == birth)
}

/// Returns the canary that lives in a household.
pub(super) fn canary(household: u64) -> Option<Person> {
    let place = CANARY_HOUSEHOLDS.iter().position(|number| *number == household)?;
    let canary = CANARIES.get(place)?;
    let [family, given, family_kana, given_kana] = canary.name.map(str::to_owned);
    let [prefecture, city, town, postal] = canary.home.map(str::to_owned);
    let name = Name { family, given, family_kana, given_kana, romaji: None, old_form: false };
    let home = Address { prefecture, city, town, postal, block: [9, 99, 7], room: None };
    let coverage = Coverage {
        plan: Plan::Society,
        insurer: canary.insurer.to_owned(),
        symbol: canary.symbol.to_owned(),
        number: canary.number.to_owned(),
        branch: 0,
    };
    Some(Person {
        no: household * MEMBERS,
        household,
        member: 0,
        sex: canary.sex,
        birth: canary.birth,
        names: History::new(name),
        homes: History::new(home),
        coverages: History::new(coverage),
        home_phone: None,
        mobile: Some(canary.mobile.to_owned()),
        twin: None,
        canary: Some(canary.goes),
    })
}

/// What `truth/canaries.json` says of one canary: strings that no release, log, error or report may hold.
#[derive(Debug, Serialize)]
pub(crate) struct CanaryStrings {
    pub(crate) person_no: u64,
    pub(crate) facilities: Vec<String>,
    pub(crate) local_patient_ids: Vec<String>,
    pub(crate) names: Vec<String>,
    pub(crate) addresses: Vec<String>,
    pub(crate) postal_codes: Vec<String>,
    pub(crate) insurers: Vec<String>,
    pub(crate) phones: Vec<String>,
    pub(crate) birth_dates: Vec<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::people::insurance::check_digit;

    #[test]
    fn insurer_numbers_of_canaries_are_valid() {
        for canary in CANARIES {
            let (body, check) = canary.insurer.split_at(7);
            assert_eq!(check_digit(body).to_string(), check, "{}", canary.insurer);
        }
    }

    #[test]
    fn each_canary_household_has_its_canary() {
        assert!(CANARY_HOUSEHOLDS.iter().all(|household| canary(*household).is_some()));
        assert!(canary(0).is_none());
    }
}
