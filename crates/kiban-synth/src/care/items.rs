//! What is measured, prescribed and done: laboratory items, drugs, acts.
//!
//! JLAC10 and the common claim codes are the real ones; HOT9, YJ and some claim codes have the right form but are not
//! taken from the masters, which may not be redistributed (they are the operator's to install).

/// A laboratory item.
#[derive(Debug)]
pub(crate) struct LabItem {
    pub(crate) jlac10: &'static str,
    pub(crate) name: &'static str,
    /// The hospital's own code.
    pub(crate) local: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Decimals reported.
    pub(crate) decimals: usize,
    /// Claim code of the test and its points.
    pub(crate) claim: &'static str,
    pub(crate) points: u32,
}

const fn lab(
    (jlac10, local, name): (&'static str, &'static str, &'static str),
    (unit, low, high, decimals): (&'static str, f64, f64, usize),
    (claim, points): (&'static str, u32),
) -> LabItem {
    LabItem { jlac10, name, local, unit, low, high, decimals, claim, points }
}

pub(crate) static HBA1C: LabItem =
    lab(("3D046000001906202", "L0101", "ヘモグロビンＡ１ｃ"), ("%", 4.9, 6.0, 1), ("160010010", 49));
pub(crate) static GLUCOSE: LabItem =
    lab(("3D010000002227101", "L0102", "グルコース"), ("mg/dL", 73.0, 109.0, 0), ("160019410", 11));
pub(crate) static CREATININE: LabItem =
    lab(("3C015000002327101", "L0103", "クレアチニン"), ("mg/dL", 0.46, 1.07, 2), ("160019210", 11));
pub(crate) static UREA: LabItem =
    lab(("3C025000002327101", "L0104", "尿素窒素"), ("mg/dL", 8.0, 20.0, 1), ("160019010", 11));
pub(crate) static LDL: LabItem =
    lab(("3F077000002327101", "L0105", "ＬＤＬコレステロール"), ("mg/dL", 65.0, 139.0, 0), ("160167250", 18));
pub(crate) static HDL: LabItem =
    lab(("3F070000002327101", "L0106", "ＨＤＬコレステロール"), ("mg/dL", 40.0, 103.0, 0), ("160023410", 17));
pub(crate) static TRIGLYCERIDE: LabItem =
    lab(("3F015000002327101", "L0107", "中性脂肪"), ("mg/dL", 30.0, 149.0, 0), ("160020910", 11));
pub(crate) static AST: LabItem =
    lab(("3B035000002327201", "L0108", "ＡＳＴ"), ("U/L", 13.0, 30.0, 0), ("160022510", 17));
pub(crate) static ALT: LabItem =
    lab(("3B045000002327201", "L0109", "ＡＬＴ"), ("U/L", 7.0, 42.0, 0), ("160022610", 17));
pub(crate) static GGT: LabItem =
    lab(("3B090000002327101", "L0110", "γ－ＧＴ"), ("U/L", 9.0, 64.0, 0), ("160020010", 11));
pub(crate) static HEMOGLOBIN: LabItem =
    lab(("2A030000001930101", "L0111", "ヘモグロビン"), ("g/dL", 11.6, 16.8, 1), ("160008010", 21));
pub(crate) static WHITE_CELLS: LabItem =
    lab(("2A010000001930101", "L0112", "白血球数"), ("10*3/uL", 3.3, 8.6, 1), ("160008010", 21));
pub(crate) static CRP: LabItem =
    lab(("5C070000002306201", "L0113", "ＣＲＰ"), ("mg/dL", 0.0, 0.14, 2), ("160054710", 16));
pub(crate) static URIC_ACID: LabItem =
    lab(("3C020000002327101", "L0114", "尿酸"), ("mg/dL", 2.6, 7.8, 1), ("160019510", 11));
pub(crate) static POTASSIUM: LabItem =
    lab(("3H015000002326101", "L0115", "カリウム"), ("mEq/L", 3.6, 4.8, 1), ("160022010", 11));
pub(crate) static BNP: LabItem =
    lab(("4Z271000002205101", "L0116", "ＢＮＰ"), ("pg/mL", 0.0, 18.4, 1), ("160162350", 130));
pub(crate) static CEA: LabItem =
    lab(("5D010000002305101", "L0117", "ＣＥＡ"), ("ng/mL", 0.0, 5.0, 1), ("160057710", 99));
pub(crate) static PSA: LabItem =
    lab(("5D305000002305101", "L0118", "ＰＳＡ"), ("ng/mL", 0.0, 4.0, 2), ("160120110", 121));

/// How a drug is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// So many times a day, by mouth.
    Daily(u8),
    /// On the skin or inhaled; the quantity is the total.
    External,
}

/// A drug.
#[derive(Debug)]
pub(crate) struct Drug {
    pub(crate) hot9: &'static str,
    pub(crate) yj: &'static str,
    pub(crate) claim: &'static str,
    pub(crate) name: &'static str,
    /// MERIT-9 unit code and word.
    pub(crate) unit: (&'static str, &'static str),
    /// Amount for each time; for external use the amount of one prescription.
    pub(crate) dose: u32,
    pub(crate) taken: Taken,
    /// Price of one unit in tenths of a yen.
    pub(crate) deciyen: u32,
}

const TABLET: (&str, &str) = ("TAB", "錠");
const CAPSULE: (&str, &str) = ("CAP", "カプセル");
const PIECE: (&str, &str) = ("HON", "本");

const fn drug(
    (hot9, yj, claim): (&'static str, &'static str, &'static str),
    name: &'static str,
    unit: (&'static str, &'static str),
    dose: u32,
    taken: Taken,
    deciyen: u32,
) -> Drug {
    Drug { hot9, yj, claim, name, unit, dose, taken, deciyen }
}

pub(super) static AMLODIPINE: Drug =
    drug(("103828101", "2171022F2010", "612170709"), "アムロジピン錠５ｍｇ", TABLET, 1, Taken::Daily(1), 102);
pub(super) static CANDESARTAN: Drug =
    drug(("112351201", "2149040F3015", "610432033"), "カンデサルタン錠８ｍｇ", TABLET, 1, Taken::Daily(1), 186);
pub(super) static METFORMIN: Drug =
    drug(("120122801", "3962002F2019", "613960021"), "メトホルミン塩酸塩錠２５０ｍｇ", TABLET, 1, Taken::Daily(2), 101);
pub(super) static SITAGLIPTIN: Drug =
    drug(("119418201", "3969010F2010", "621941801"), "シタグリプチン錠５０ｍｇ", TABLET, 1, Taken::Daily(1), 1126);
pub(super) static ROSUVASTATIN: Drug =
    drug(("116279101", "2189017F1010", "620002477"), "ロスバスタチン錠２．５ｍｇ", TABLET, 1, Taken::Daily(1), 104);
pub(super) static BUDESONIDE: Drug = drug(
    ("119822501", "2290801G1010", "621982201"),
    "ブデソニド・ホルモテロール吸入剤",
    PIECE,
    1,
    Taken::External,
    16_260,
);
pub(super) static FUROSEMIDE: Drug =
    drug(("100877401", "2139005F2010", "612130037"), "フロセミド錠２０ｍｇ", TABLET, 1, Taken::Daily(1), 98);
pub(super) static BISOPROLOL: Drug = drug(
    ("109853301", "2123016F2010", "612120231"),
    "ビソプロロールフマル酸塩錠２．５ｍｇ",
    TABLET,
    1,
    Taken::Daily(1),
    102,
);
pub(super) static CLOPIDOGREL: Drug =
    drug(("117136701", "3399008F2010", "620003577"), "クロピドグレル錠７５ｍｇ", TABLET, 1, Taken::Daily(1), 322);
pub(super) static APIXABAN: Drug =
    drug(("121999301", "3339004F2010", "622205801"), "アピキサバン錠５ｍｇ", TABLET, 1, Taken::Daily(2), 2240);
pub(super) static FEBUXOSTAT: Drug =
    drug(("121129401", "3949003F1010", "622067901"), "フェブキソスタット錠１０ｍｇ", TABLET, 1, Taken::Daily(1), 125);
pub(super) static ALENDRONATE: Drug =
    drug(("113790701", "3999018F1010", "610453098"), "アレンドロン酸錠５ｍｇ", TABLET, 1, Taken::Daily(1), 338);
pub(super) static SERTRALINE: Drug =
    drug(("117203601", "1179046F1010", "620003803"), "セルトラリン錠２５ｍｇ", TABLET, 1, Taken::Daily(1), 178);
pub(super) static LEMBOREXANT: Drug =
    drug(("127906101", "1190023F2010", "622790601"), "レンボレキサント錠５ｍｇ", TABLET, 1, Taken::Daily(1), 847);
pub(super) static ESOMEPRAZOLE: Drug = drug(
    ("121174401", "2329029M1010", "622078501"),
    "エソメプラゾールカプセル１０ｍｇ",
    CAPSULE,
    1,
    Taken::Daily(1),
    332,
);
pub(super) static LOXOPROFEN: Drug =
    drug(("100637701", "1149019F1560", "611140694"), "ロキソプロフェン錠６０ｍｇ", TABLET, 1, Taken::Daily(3), 101);
pub(super) static ACETAMINOPHEN: Drug =
    drug(("100577601", "1141007F1063", "620007320"), "アセトアミノフェン錠２００ｍｇ", TABLET, 2, Taken::Daily(3), 67);
pub(super) static CARBOCISTEINE: Drug =
    drug(("101467001", "2233002F1280", "612230037"), "カルボシステイン錠５００ｍｇ", TABLET, 1, Taken::Daily(3), 104);
pub(super) static OSELTAMIVIR: Drug = drug(
    ("113769301", "6250021M1027", "610443074"),
    "オセルタミビルカプセル７５ｍｇ",
    CAPSULE,
    1,
    Taken::Daily(2),
    1146,
);
pub(super) static AMOXICILLIN: Drug = drug(
    ("105908401", "6131001M2010", "616130282"),
    "アモキシシリンカプセル２５０ｍｇ",
    CAPSULE,
    1,
    Taken::Daily(3),
    101,
);
pub(super) static LEVOFLOXACIN: Drug =
    drug(("119296701", "6241013F2010", "621929601"), "レボフロキサシン錠５００ｍｇ", TABLET, 1, Taken::Daily(1), 478);
pub(super) static PROBIOTIC: Drug =
    drug(("104195801", "2316009F1022", "612310075"), "宮入菌製剤錠２０ｍｇ", TABLET, 2, Taken::Daily(3), 58);
pub(super) static BETAMETHASONE: Drug =
    drug(("106239401", "2646730M1010", "620003899"), "ベタメタゾン軟膏０．１２％５ｇ", PIECE, 2, Taken::External, 1350);
pub(super) static PREDNISOLONE: Drug =
    drug(("100796401", "2456001F1019", "612450066"), "プレドニゾロン錠５ｍｇ", TABLET, 2, Taken::Daily(1), 98);
pub(super) static TEGAFUR: Drug =
    drug(("111967201", "4229101M1028", "614210093"), "テガフール配合カプセルＴ２０", CAPSULE, 2, Taken::Daily(2), 2360);
pub(super) static ANASTROZOLE: Drug =
    drug(("113608501", "4291010F1025", "610443047"), "アナストロゾール錠１ｍｇ", TABLET, 1, Taken::Daily(1), 1068);
pub(super) static BICALUTAMIDE: Drug =
    drug(("112296601", "4291009F1020", "610421339"), "ビカルタミド錠８０ｍｇ", TABLET, 1, Taken::Daily(1), 1204);
pub(super) static RILUZOLE: Drug =
    drug(("111946701", "1190015F1020", "610421297"), "リルゾール錠５０ｍｇ", TABLET, 1, Taken::Daily(2), 7230);

/// An operation or other act, by its claim code; `points` before and since the fee revision of June 2024.
#[derive(Debug)]
pub(crate) struct Act {
    pub(crate) claim: &'static str,
    pub(crate) name: &'static str,
    pub(crate) points: (u32, u32),
    /// 診療識別.
    pub(crate) section: &'static str,
}

const fn act(claim: &'static str, name: &'static str, points: (u32, u32), section: &'static str) -> Act {
    Act { claim, name, points, section }
}

pub(crate) static FIRST_VISIT: Act = act("111000110", "初診料", (288, 291), "11");
pub(crate) static RETURN_VISIT: Act = act("112007410", "再診料", (73, 75), "12");
pub(crate) static OUTPATIENT_CARE: Act = act("112011010", "外来管理加算", (52, 52), "12");
pub(crate) static CHRONIC_CARE: Act = act("113001810", "特定疾患療養管理料（診療所）", (225, 225), "13");
pub(crate) static DISPENSING: Act = act("120000710", "調剤料（内服薬・浸煎薬・屯服薬）", (11, 11), "24");
pub(crate) static DISPENSING_EXTERNAL: Act = act("120001010", "調剤料（外用薬）", (8, 8), "24");
pub(crate) static PRESCRIBING: Act = act("120001210", "処方料（その他）", (42, 42), "25");
pub(crate) static BLOOD_DRAW: Act = act("160095710", "Ｂ－Ｖ", (37, 40), "60");
pub(crate) static BIOCHEMISTRY: Act = act("160061810", "生化学的検査（１）判断料", (144, 144), "60");
pub(super) static ECG: Act = act("160068310", "ＥＣＧ１２", (130, 130), "60");
pub(super) static ULTRASOUND: Act = act("160072210", "超音波検査（断層撮影法）（胸腹部）", (530, 530), "60");
pub(super) static CHEST_FILM: Act = act("170027910", "単純撮影（デジタル撮影）", (68, 68), "70");
pub(super) static GASTROSCOPY: Act = act("160093810", "ＥＦ－胃・十二指腸", (1140, 1140), "60");
pub(super) static COLONOSCOPY: Act = act("160094710", "ＥＦ－上行結腸及び盲腸", (1550, 1550), "60");
pub(super) static FLU_TEST: Act = act("160169450", "インフルエンザウイルス抗原定性", (132, 132), "60");
pub(super) static WOUND_CARE: Act = act("140000610", "創傷処置（１００ｃｍ２未満）", (52, 52), "40");
pub(super) static GASTRECTOMY: Act = act("150168010", "胃切除術（悪性腫瘍手術）", (55_870, 55_870), "50");
pub(super) static COLECTOMY: Act =
    act("150182910", "結腸切除術（全切除、亜全切除又は悪性腫瘍手術）", (35_680, 35_680), "50");
pub(super) static LOBECTOMY: Act = act("150129610", "肺悪性腫瘍手術（肺葉切除）", (72_640, 72_640), "50");
pub(super) static MASTECTOMY: Act = act("150121410", "乳腺悪性腫瘍手術（乳房部分切除術）", (28_210, 28_210), "50");
pub(super) static APPENDECTOMY: Act = act("150180810", "虫垂切除術", (8880, 8880), "50");
pub(super) static HIP_FIXATION: Act = act("150021010", "骨折観血的手術（大腿）", (21_630, 21_630), "50");
pub(super) static WRIST_FIXATION: Act = act("150018110", "骨折経皮的鋼線刺入固定術（前腕）", (4100, 4100), "50");
