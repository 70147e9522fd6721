//! The 47 prefectures 都道府県 by JIS X 0401 number and the eight regions 地方 they form.

use super::{ANY, Hierarchy, LevelName};
use crate::error::Result;

/// One of the eight regions 地方.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// 北海道
    Hokkaido,
    /// 東北
    Tohoku,
    /// 関東
    Kanto,
    /// 中部
    Chubu,
    /// 近畿
    Kinki,
    /// 中国
    Chugoku,
    /// 四国
    Shikoku,
    /// 九州・沖縄
    Kyushu,
}

impl Region {
    /// Returns the Japanese name as it stands in a release; Hokkaido, prefecture and region in one, bears 地方.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hokkaido => "北海道地方",
            Self::Tohoku => "東北地方",
            Self::Kanto => "関東地方",
            Self::Chubu => "中部地方",
            Self::Kinki => "近畿地方",
            Self::Chugoku => "中国地方",
            Self::Shikoku => "四国地方",
            Self::Kyushu => "九州・沖縄地方",
        }
    }
}

/// One prefecture 都道府県.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefecture {
    /// The number of JIS X 0401, 1 to 47.
    pub number: u8,
    /// The Japanese name.
    pub name: &'static str,
    /// The name in Latin letters.
    pub latin: &'static str,
    /// The region.
    pub region: Region,
}

impl Prefecture {
    /// All prefectures in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        row(1, "北海道", "Hokkaido", Region::Hokkaido),
        row(2, "青森県", "Aomori", Region::Tohoku),
        row(3, "岩手県", "Iwate", Region::Tohoku),
        row(4, "宮城県", "Miyagi", Region::Tohoku),
        row(5, "秋田県", "Akita", Region::Tohoku),
        row(6, "山形県", "Yamagata", Region::Tohoku),
        row(7, "福島県", "Fukushima", Region::Tohoku),
        row(8, "茨城県", "Ibaraki", Region::Kanto),
        row(9, "栃木県", "Tochigi", Region::Kanto),
        row(10, "群馬県", "Gunma", Region::Kanto),
        row(11, "埼玉県", "Saitama", Region::Kanto),
        row(12, "千葉県", "Chiba", Region::Kanto),
        row(13, "東京都", "Tokyo", Region::Kanto),
        row(14, "神奈川県", "Kanagawa", Region::Kanto),
        row(15, "新潟県", "Niigata", Region::Chubu),
        row(16, "富山県", "Toyama", Region::Chubu),
        row(17, "石川県", "Ishikawa", Region::Chubu),
        row(18, "福井県", "Fukui", Region::Chubu),
        row(19, "山梨県", "Yamanashi", Region::Chubu),
        row(20, "長野県", "Nagano", Region::Chubu),
        row(21, "岐阜県", "Gifu", Region::Chubu),
        row(22, "静岡県", "Shizuoka", Region::Chubu),
        row(23, "愛知県", "Aichi", Region::Chubu),
        row(24, "三重県", "Mie", Region::Kinki),
        row(25, "滋賀県", "Shiga", Region::Kinki),
        row(26, "京都府", "Kyoto", Region::Kinki),
        row(27, "大阪府", "Osaka", Region::Kinki),
        row(28, "兵庫県", "Hyogo", Region::Kinki),
        row(29, "奈良県", "Nara", Region::Kinki),
        row(30, "和歌山県", "Wakayama", Region::Kinki),
        row(31, "鳥取県", "Tottori", Region::Chugoku),
        row(32, "島根県", "Shimane", Region::Chugoku),
        row(33, "岡山県", "Okayama", Region::Chugoku),
        row(34, "広島県", "Hiroshima", Region::Chugoku),
        row(35, "山口県", "Yamaguchi", Region::Chugoku),
        row(36, "徳島県", "Tokushima", Region::Shikoku),
        row(37, "香川県", "Kagawa", Region::Shikoku),
        row(38, "愛媛県", "Ehime", Region::Shikoku),
        row(39, "高知県", "Kochi", Region::Shikoku),
        row(40, "福岡県", "Fukuoka", Region::Kyushu),
        row(41, "佐賀県", "Saga", Region::Kyushu),
        row(42, "長崎県", "Nagasaki", Region::Kyushu),
        row(43, "熊本県", "Kumamoto", Region::Kyushu),
        row(44, "大分県", "Oita", Region::Kyushu),
        row(45, "宮崎県", "Miyazaki", Region::Kyushu),
        row(46, "鹿児島県", "Kagoshima", Region::Kyushu),
        row(47, "沖縄県", "Okinawa", Region::Kyushu),
    ];

    /// Returns the prefecture of a number.
    pub fn of(number: u8) -> Option<&'static Self> {
        Self::ALL.iter().find(|p| p.number == number)
    }
}

const fn row(number: u8, name: &'static str, latin: &'static str, region: Region) -> Prefecture {
    Prefecture { number, name, latin, region }
}

impl Hierarchy {
    /// Builds prefecture → region → everything; it reads numbers with or without the zero, Japanese and Latin names.
    ///
    /// # Errors
    /// None in practice; the signature is that of its siblings.
    pub fn prefectures(name: &str) -> Result<Self> {
        let texts = |p: &Prefecture| vec![p.name.to_owned(), p.region.name().to_owned(), ANY.to_owned()];
        let mut rows: Vec<_> = Prefecture::ALL.iter().map(texts).collect();
        rows.push(super::unknown_row(3));
        let names = vec![LevelName::new("prefecture", "都道府県"), LevelName::new("region", "地方"), LevelName::all()];
        let mut built = Self::from_named_rows(name, names, &rows)?;
        for p in Prefecture::ALL {
            let short = p.name.strip_suffix(['都', '府', '県']).unwrap_or(p.name);
            for spelling in [&p.number.to_string(), &format!("{:02}", p.number), p.latin, short] {
                built.alias(spelling, p.name);
            }
        }
        Ok(built)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_in_order() {
        assert_eq!(Prefecture::ALL.len(), 47);
        assert!(Prefecture::ALL.iter().enumerate().all(|(i, p)| usize::from(p.number) == i + 1));
        let sizes = [1, 6, 7, 9, 7, 5, 4, 8];
        let regions = Hierarchy::prefectures("prefecture").unwrap();
        assert_eq!(regions.levels()[1].leaves_under()[..8], sizes);
    }

    #[test]
    fn every_spelling_reaches_the_same_leaf() {
        let h = Hierarchy::prefectures("prefecture").unwrap();
        for text in ["1", "01", "北海道", "Hokkaido"] {
            assert_eq!(h.label(0, h.leaf(text).unwrap()), Some("北海道"), "{text}");
        }
        for text in ["26", "京都府", "京都", "Kyoto"] {
            assert_eq!(h.label(1, h.leaf(text).unwrap()), Some("近畿地方"), "{text}");
        }
        assert_eq!(h.label(0, h.leaf("東京").unwrap()), Some("東京都"));
        assert_eq!(h.leaf("48"), None);
        assert_eq!(Prefecture::of(47).map(|p| p.name), Some("沖縄県"));
    }
}
