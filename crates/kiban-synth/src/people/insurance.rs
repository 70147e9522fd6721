//! Health insurance: who insures whom, with valid check digits (保険者番号の検証番号).

use crate::{dice::Dice, tables::Place};

/// Kinds of insurance, by the first two digits of the insurer number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// 協会けんぽ (01).
    Association,
    /// 組合 (06).
    Society,
    /// 国民健康保険, six digits.
    Municipal,
    /// 後期高齢者医療 (39).
    LateElderly,
}

/// One person's insurance card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coverage {
    pub(crate) plan: Plan,
    /// 保険者番号, six or eight digits.
    pub(crate) insurer: String,
    /// 記号; the late elderly have none.
    pub(crate) symbol: String,
    /// 番号.
    pub(crate) number: String,
    /// 枝番: 00 for the insured, then the family.
    pub(crate) branch: u8,
}

impl Plan {
    /// Returns code and text of JHSD0001.
    pub(crate) fn jhsd(self) -> (&'static str, &'static str) {
        match self {
            Self::Association => ("01", "全国健康保険協会管掌健康保険"),
            Self::Society => ("06", "組合管掌健康保険"),
            Self::Municipal => ("C0", "国民健康保険"),
            Self::LateElderly => ("39", "後期高齢者医療"),
        }
    }
}

impl Coverage {
    /// Returns the insurer number with zeros to the left, eight digits in all.
    pub(crate) fn insurer8(&self) -> String {
        format!("{:0>8}", self.insurer)
    }

    /// Returns whether the holder is the insured and not a family member.
    pub(crate) fn is_insured(&self) -> bool {
        self.branch == 0
    }
}

/// Returns the digit that closes a number: weights 2, 1, 2, … from the right, digits of products summed, complement of ten.
pub(crate) fn check_digit(digits: &str) -> u8 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip([2, 1].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

/// Closes a number with its check digit.
fn closed(digits: String) -> String {
    let check = check_digit(&digits);
    format!("{digits}{check}")
}

/// Opens a family's insurance of one kind; members then take branches of it.
pub(crate) fn open(plan: Plan, place: &Place, dice: &mut Dice) -> Coverage {
    let (prefecture, city) = place.code.split_at_checked(2).unwrap_or(("13", "101"));
    let insurer = match plan {
        Plan::Association => closed(format!("01{prefecture}001")),
        Plan::Society => closed(format!("06{prefecture}{:03}", 100 + dice.below(60))),
        Plan::Municipal => closed(format!("{prefecture}{city}")),
        Plan::LateElderly => closed(format!("39{prefecture}{city}")),
    };
    let symbol = match plan {
        Plan::Association => format!("{prefecture}{:06}", dice.below(1_000_000)),
        Plan::Society => format!("{}", 1 + dice.below(9999)),
        Plan::Municipal => format!("{}{}", dice.pick(&["国", "市", "区", "町"]), 1 + dice.below(99)),
        Plan::LateElderly => String::new(),
    };
    let number = match plan {
        Plan::LateElderly => closed(format!("{:07}", dice.below(10_000_000))),
        Plan::Municipal => format!("{}", 100_000 + dice.below(900_000)),
        Plan::Association | Plan::Society => format!("{}", 1 + dice.below(99_999)),
    };
    Coverage { plan, insurer, symbol, number, branch: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_agree_with_published_numbers() {
        // 協会けんぽ 東京 and 北海道 and two of the default facilities.
        for number in ["01130012", "01010016", "1319900010", "1219900036"] {
            let (body, check) = number.split_at(number.len() - 1);
            let body = if number.len() == 10 { body.get(3..).unwrap_or_default() } else { body };
            assert_eq!(check_digit(body).to_string(), check, "{number}");
        }
    }
}
