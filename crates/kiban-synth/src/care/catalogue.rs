//! What people fall ill with and how it is treated.
//!
//! ICD-10 codes are the real ones; management numbers and claim codes have the right form but are not taken from the
//! masters, which may not be redistributed (they are the operator's to install).

use super::items::{
    ACETAMINOPHEN, ALENDRONATE, ALT, AMLODIPINE, AMOXICILLIN, ANASTROZOLE, APIXABAN, APPENDECTOMY, AST, Act,
    BETAMETHASONE, BICALUTAMIDE, BISOPROLOL, BNP, BUDESONIDE, CANDESARTAN, CARBOCISTEINE, CEA, CHEST_FILM, CLOPIDOGREL,
    COLECTOMY, COLONOSCOPY, CREATININE, CRP, Drug, ECG, ESOMEPRAZOLE, FEBUXOSTAT, FLU_TEST, FUROSEMIDE, GASTRECTOMY,
    GASTROSCOPY, GGT, GLUCOSE, HBA1C, HDL, HEMOGLOBIN, HIP_FIXATION, LDL, LEMBOREXANT, LEVOFLOXACIN, LOBECTOMY,
    LOXOPROFEN, LabItem, MASTECTOMY, METFORMIN, OSELTAMIVIR, POTASSIUM, PREDNISOLONE, PROBIOTIC, PSA, RILUZOLE,
    ROSUVASTATIN, SERTRALINE, SITAGLIPTIN, TEGAFUR, TRIGLYCERIDE, ULTRASOUND, UREA, URIC_ACID, WHITE_CELLS, WOUND_CARE,
    WRIST_FIXATION,
};
use crate::tables::Sex;

/// How long an illness lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// For good.
    Lifelong,
    /// Some days.
    Days(u16),
}

/// An illness.
#[derive(Debug)]
pub(crate) struct Disease {
    /// ICD-10 without the point.
    pub(crate) icd10: &'static str,
    pub(crate) name: &'static str,
    /// 病名管理番号, eight digits.
    pub(crate) managed: &'static str,
    /// 傷病名コード of claims, seven digits.
    pub(crate) claim: &'static str,
    pub(crate) span: Span,
    /// For a lifelong illness those who have it in their peak years, in 10,000; for a short one cases per 10,000 years lived.
    pub(crate) rate: f64,
    /// From which age to which it is most frequent.
    pub(crate) ages: (i32, i32),
    /// Where only or mostly one sex is struck.
    pub(crate) sex: Option<Sex>,
    pub(crate) drugs: &'static [&'static Drug],
    /// Items followed, with the shift the illness brings, in widths of the normal range.
    pub(crate) labs: &'static [(&'static LabItem, f64)],
    pub(crate) acts: &'static [&'static Act],
    pub(crate) operation: Option<&'static Act>,
    /// Probability of a stay in hospital.
    pub(crate) admission: f64,
    /// Probability of death within the years recorded.
    pub(crate) mortality: f64,
    /// Department code and name.
    pub(crate) department: (&'static str, &'static str),
}

const INTERNAL: (&str, &str) = ("01", "内科");
const CARDIOLOGY: (&str, &str) = ("08", "循環器内科");
const SURGERY: (&str, &str) = ("15", "外科");
const ORTHOPAEDICS: (&str, &str) = ("17", "整形外科");
const PAEDIATRICS: (&str, &str) = ("10", "小児科");
const NEUROLOGY: (&str, &str) = ("06", "脳神経内科");
const PSYCHIATRY: (&str, &str) = ("04", "精神科");

/// An illness with nothing in it yet.
const PLAIN: Disease = Disease {
    icd10: "",
    name: "",
    managed: "",
    claim: "",
    span: Span::Lifelong,
    rate: 0.0,
    ages: (0, 110),
    sex: None,
    drugs: &[],
    labs: &[],
    acts: &[],
    operation: None,
    admission: 0.0,
    mortality: 0.0,
    department: INTERNAL,
};

const fn named(icd10: &'static str, name: &'static str, managed: &'static str, claim: &'static str) -> Disease {
    Disease { icd10, name, managed, claim, ..PLAIN }
}

/// The cold that brings people in who have nothing else.
pub(crate) static COLD: Disease = Disease {
    span: Span::Days(8),
    rate: 2600.0,
    ages: (0, 100),
    drugs: &[&ACETAMINOPHEN, &CARBOCISTEINE],
    ..named("J069", "急性上気道炎", "20061258", "4659007")
};

/// Every illness.
pub(crate) static DISEASES: [Disease; 42] = [
    Disease {
        rate: 5200.0,
        ages: (58, 100),
        drugs: &[&AMLODIPINE, &CANDESARTAN],
        labs: &[(&CREATININE, 0.1), (&POTASSIUM, 0.0), (&URIC_ACID, 0.1)],
        acts: &[&ECG],
        admission: 0.02,
        ..named("I10", "高血圧症", "20061644", "8833421")
    },
    Disease {
        rate: 1900.0,
        ages: (52, 100),
        drugs: &[&METFORMIN, &SITAGLIPTIN],
        labs: &[(&HBA1C, 1.6), (&GLUCOSE, 1.3), (&CREATININE, 0.1), (&LDL, 0.1)],
        admission: 0.06,
        mortality: 0.01,
        ..named("E119", "２型糖尿病", "20074358", "2500015")
    },
    Disease {
        rate: 3000.0,
        ages: (50, 100),
        drugs: &[&ROSUVASTATIN],
        labs: &[(&LDL, 0.6), (&HDL, -0.1), (&TRIGLYCERIDE, 0.4), (&ALT, 0.2), (&GGT, 0.2)],
        ..named("E785", "脂質異常症", "20062124", "8845082")
    },
    Disease {
        rate: 550.0,
        ages: (4, 100),
        drugs: &[&BUDESONIDE],
        labs: &[(&WHITE_CELLS, 0.2), (&CRP, 0.5)],
        admission: 0.04,
        ..named("J459", "気管支喘息", "20054885", "4939008")
    },
    Disease {
        rate: 900.0,
        ages: (65, 100),
        drugs: &[&CANDESARTAN, &FUROSEMIDE],
        labs: &[(&CREATININE, 1.5), (&UREA, 1.2), (&POTASSIUM, 0.4), (&HEMOGLOBIN, -0.5)],
        admission: 0.12,
        mortality: 0.06,
        ..named("N189", "慢性腎臓病", "20096141", "8842106")
    },
    Disease {
        rate: 500.0,
        ages: (70, 100),
        drugs: &[&FUROSEMIDE, &BISOPROLOL],
        labs: &[(&BNP, 12.0), (&CREATININE, 0.5), (&POTASSIUM, 0.1)],
        acts: &[&ECG, &CHEST_FILM],
        admission: 0.45,
        mortality: 0.16,
        department: CARDIOLOGY,
        ..named("I500", "うっ血性心不全", "20051653", "4280001")
    },
    Disease {
        rate: 450.0,
        ages: (65, 100),
        drugs: &[&CLOPIDOGREL],
        labs: &[(&LDL, 0.2), (&HBA1C, 0.2)],
        admission: 0.6,
        mortality: 0.12,
        department: NEUROLOGY,
        ..named("I639", "脳梗塞", "20067128", "4349009")
    },
    Disease {
        rate: 420.0,
        ages: (65, 100),
        drugs: &[&APIXABAN, &BISOPROLOL],
        labs: &[(&BNP, 4.0), (&CREATININE, 0.2)],
        acts: &[&ECG],
        admission: 0.12,
        mortality: 0.03,
        department: CARDIOLOGY,
        ..named("I489", "心房細動", "20065207", "4273007")
    },
    Disease {
        rate: 400.0,
        ages: (60, 100),
        drugs: &[&CLOPIDOGREL, &ROSUVASTATIN],
        labs: &[(&LDL, 0.3), (&BNP, 2.0)],
        acts: &[&ECG],
        admission: 0.3,
        mortality: 0.04,
        department: CARDIOLOGY,
        ..named("I209", "狭心症", "20056974", "4139007")
    },
    Disease {
        rate: 900.0,
        ages: (35, 90),
        sex: Some(Sex::Male),
        drugs: &[&FEBUXOSTAT],
        labs: &[(&URIC_ACID, 0.6), (&CREATININE, 0.1)],
        ..named("E790", "高尿酸血症", "20060957", "2749002")
    },
    Disease {
        rate: 1500.0,
        ages: (65, 100),
        sex: Some(Sex::Female),
        drugs: &[&ALENDRONATE],
        department: ORTHOPAEDICS,
        ..named("M8199", "骨粗鬆症", "20062893", "7330020")
    },
    Disease {
        rate: 350.0,
        ages: (20, 80),
        drugs: &[&SERTRALINE],
        department: PSYCHIATRY,
        ..named("F329", "うつ病", "20050941", "2961008")
    },
    Disease {
        rate: 900.0, ages: (40, 100), drugs: &[&LEMBOREXANT], ..named("G470", "不眠症", "20071523", "7805005")
    },
    Disease {
        rate: 1100.0,
        ages: (35, 100),
        drugs: &[&ESOMEPRAZOLE],
        acts: &[&GASTROSCOPY],
        ..named("K210", "逆流性食道炎", "20057462", "5301002")
    },
    Disease {
        rate: 900.0,
        ages: (60, 100),
        drugs: &[&LOXOPROFEN],
        acts: &[&CHEST_FILM],
        department: ORTHOPAEDICS,
        ..named("M179", "変形性膝関節症", "20073906", "7153018")
    },
    Disease {
        rate: 90.0,
        ages: (58, 95),
        drugs: &[&TEGAFUR],
        labs: &[(&CEA, 1.2), (&HEMOGLOBIN, -0.4), (&ALT, 0.2)],
        acts: &[&GASTROSCOPY],
        operation: Some(&GASTRECTOMY),
        admission: 0.85,
        mortality: 0.2,
        department: SURGERY,
        ..named("C169", "胃癌", "20050483", "1519006")
    },
    Disease {
        rate: 100.0,
        ages: (55, 95),
        drugs: &[&TEGAFUR],
        labs: &[(&CEA, 1.8), (&HEMOGLOBIN, -0.5)],
        acts: &[&COLONOSCOPY],
        operation: Some(&COLECTOMY),
        admission: 0.85,
        mortality: 0.18,
        department: SURGERY,
        ..named("C189", "結腸癌", "20058313", "1539012")
    },
    Disease {
        rate: 85.0,
        ages: (60, 95),
        drugs: &[&TEGAFUR],
        labs: &[(&CEA, 2.2), (&CRP, 3.0)],
        acts: &[&CHEST_FILM],
        operation: Some(&LOBECTOMY),
        admission: 0.85,
        mortality: 0.38,
        department: SURGERY,
        ..named("C349", "肺癌", "20067731", "1629023")
    },
    Disease {
        rate: 180.0,
        ages: (42, 90),
        sex: Some(Sex::Female),
        drugs: &[&ANASTROZOLE],
        labs: &[(&CEA, 0.6), (&ALT, 0.1)],
        acts: &[&ULTRASOUND],
        operation: Some(&MASTECTOMY),
        admission: 0.8,
        mortality: 0.1,
        department: SURGERY,
        ..named("C509", "乳癌", "20066912", "1749003")
    },
    Disease {
        rate: 190.0,
        ages: (65, 95),
        sex: Some(Sex::Male),
        drugs: &[&BICALUTAMIDE],
        labs: &[(&PSA, 3.5)],
        admission: 0.3,
        mortality: 0.08,
        ..named("C61", "前立腺癌", "20063645", "1859006")
    },
    Disease {
        rate: 30.0,
        ages: (60, 95),
        drugs: &[&TEGAFUR],
        labs: &[(&CEA, 2.5), (&GLUCOSE, 0.6)],
        acts: &[&ULTRASOUND],
        admission: 0.8,
        mortality: 0.7,
        department: SURGERY,
        ..named("C259", "膵癌", "20062287", "1579015")
    },
    Disease {
        rate: 8.0,
        ages: (15, 70),
        sex: Some(Sex::Female),
        drugs: &[&PREDNISOLONE],
        labs: &[(&WHITE_CELLS, -0.4), (&CREATININE, 0.3)],
        admission: 0.3,
        mortality: 0.02,
        ..named("M329", "全身性エリテマトーデス", "20063118", "7100011")
    },
    Disease {
        rate: 3.0,
        ages: (50, 85),
        drugs: &[&RILUZOLE],
        admission: 0.4,
        mortality: 0.4,
        department: NEUROLOGY,
        ..named("G122", "筋萎縮性側索硬化症", "20057795", "3352006")
    },
    Disease {
        rate: 2.0,
        ages: (0, 70),
        labs: &[(&ALT, 1.0), (&AST, 1.0)],
        admission: 0.2,
        ..named("E830", "ウィルソン病", "20050778", "2751003")
    },
    Disease {
        rate: 2.0,
        ages: (0, 70),
        sex: Some(Sex::Male),
        labs: &[(&HEMOGLOBIN, -0.3)],
        admission: 0.2,
        ..named("D66", "血友病Ａ", "20058829", "2860001")
    },
    Disease {
        rate: 1.5,
        ages: (5, 70),
        labs: &[(&CREATININE, 0.7)],
        admission: 0.2,
        department: CARDIOLOGY,
        ..named("E752", "ファブリー病", "20071866", "2727004")
    },
    Disease {
        rate: 1.0,
        ages: (35, 70),
        department: NEUROLOGY,
        admission: 0.3,
        mortality: 0.1,
        ..named("G10", "ハンチントン病", "20067519", "3334004")
    },
    Disease {
        span: Span::Days(8),
        rate: 600.0,
        ages: (0, 100),
        drugs: &[&OSELTAMIVIR, &ACETAMINOPHEN],
        labs: &[(&CRP, 8.0), (&WHITE_CELLS, 0.1)],
        acts: &[&FLU_TEST],
        admission: 0.01,
        ..named("J101", "インフルエンザＡ型", "20051062", "4871001")
    },
    Disease {
        span: Span::Days(14),
        rate: 420.0,
        ages: (0, 100),
        drugs: &[&ACETAMINOPHEN, &CARBOCISTEINE],
        labs: &[(&CRP, 10.0)],
        admission: 0.04,
        mortality: 0.004,
        ..named("U071", "ＣＯＶＩＤ－１９", "20104472", "8850104")
    },
    Disease {
        span: Span::Days(6),
        rate: 500.0,
        ages: (0, 100),
        drugs: &[&PROBIOTIC],
        labs: &[(&CRP, 6.0), (&WHITE_CELLS, 0.5)],
        admission: 0.02,
        ..named("A09", "感染性胃腸炎", "20056420", "0091009")
    },
    Disease {
        span: Span::Days(12),
        rate: 900.0,
        ages: (0, 100),
        drugs: &[&CARBOCISTEINE],
        labs: &[(&CRP, 7.0), (&WHITE_CELLS, 0.6)],
        acts: &[&CHEST_FILM],
        ..named("J209", "急性気管支炎", "20057220", "4660010")
    },
    Disease {
        span: Span::Days(21),
        rate: 130.0,
        ages: (65, 110),
        drugs: &[&LEVOFLOXACIN],
        labs: &[(&CRP, 60.0), (&WHITE_CELLS, 1.4), (&UREA, 0.3)],
        acts: &[&CHEST_FILM],
        admission: 0.6,
        mortality: 0.09,
        ..named("J189", "肺炎", "20067814", "4860008")
    },
    Disease {
        span: Span::Days(10),
        rate: 320.0,
        ages: (18, 100),
        sex: Some(Sex::Female),
        drugs: &[&LEVOFLOXACIN],
        labs: &[(&CRP, 12.0), (&WHITE_CELLS, 0.7)],
        ..named("N300", "急性膀胱炎", "20057341", "5950002")
    },
    Disease {
        span: Span::Days(20),
        rate: 700.0,
        ages: (0, 100),
        drugs: &[&BETAMETHASONE],
        ..named("L309", "湿疹", "20060633", "6929004")
    },
    Disease {
        span: Span::Days(12),
        rate: 900.0,
        ages: (0, 9),
        drugs: &[&AMOXICILLIN],
        labs: &[(&CRP, 9.0)],
        department: PAEDIATRICS,
        ..named("H669", "中耳炎", "20064933", "3829003")
    },
    Disease {
        span: Span::Days(10),
        rate: 500.0,
        ages: (1, 12),
        drugs: &[&AMOXICILLIN],
        labs: &[(&CRP, 14.0), (&WHITE_CELLS, 0.8)],
        department: PAEDIATRICS,
        ..named("J020", "溶連菌性咽頭炎", "20055711", "0340003")
    },
    Disease {
        span: Span::Days(60),
        rate: 60.0,
        ages: (5, 100),
        drugs: &[&LOXOPROFEN],
        acts: &[&CHEST_FILM, &WOUND_CARE],
        operation: Some(&WRIST_FIXATION),
        admission: 0.25,
        department: ORTHOPAEDICS,
        ..named("S525", "橈骨遠位端骨折", "20065540", "8134026")
    },
    Disease {
        span: Span::Days(90),
        rate: 60.0,
        ages: (75, 110),
        drugs: &[&LOXOPROFEN],
        labs: &[(&HEMOGLOBIN, -0.5), (&CRP, 15.0)],
        acts: &[&CHEST_FILM],
        operation: Some(&HIP_FIXATION),
        admission: 0.95,
        mortality: 0.05,
        department: ORTHOPAEDICS,
        ..named("S7200", "大腿骨頚部骨折", "20064217", "8208001")
    },
    Disease {
        span: Span::Days(14),
        rate: 50.0,
        ages: (6, 60),
        drugs: &[&LEVOFLOXACIN],
        labs: &[(&CRP, 30.0), (&WHITE_CELLS, 1.3)],
        acts: &[&ULTRASOUND],
        operation: Some(&APPENDECTOMY),
        admission: 0.9,
        department: SURGERY,
        ..named("K358", "急性虫垂炎", "20057368", "5409003")
    },
    Disease {
        span: Span::Days(30),
        rate: 400.0,
        ages: (20, 90),
        drugs: &[&LOXOPROFEN],
        acts: &[&CHEST_FILM],
        department: ORTHOPAEDICS,
        ..named("M545", "腰痛症", "20073418", "7242008")
    },
    Disease {
        span: Span::Days(20),
        rate: 180.0,
        ages: (40, 100),
        drugs: &[&ACETAMINOPHEN],
        department: INTERNAL,
        ..named("B029", "帯状疱疹", "20064521", "0539010")
    },
    Disease {
        span: Span::Days(30),
        rate: 500.0,
        ages: (20, 100),
        drugs: &[&ESOMEPRAZOLE],
        labs: &[(&HEMOGLOBIN, -0.1)],
        acts: &[&GASTROSCOPY],
        ..named("K297", "胃炎", "20054174", "5355008")
    },
];

/// An allergy: code of J-FAGY for food or YJ for drugs, and its text.
#[derive(Debug)]
pub(crate) struct Allergen {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// HL7 table 0127 kind and its text.
    pub(crate) kind: (&'static str, &'static str),
}

pub(crate) static ALLERGENS: [Allergen; 6] = [
    Allergen { code: "J9FC11310000", name: "さば類", kind: ("FA", "食物アレルギー") },
    Allergen { code: "J9FA11110000", name: "鶏卵", kind: ("FA", "食物アレルギー") },
    Allergen { code: "J9FA13110000", name: "小麦", kind: ("FA", "食物アレルギー") },
    Allergen { code: "6111001D1010", name: "ペニシリン", kind: ("DA", "薬剤アレルギー") },
    Allergen { code: "1149019F1560", name: "ロキソプロフェン", kind: ("DA", "薬剤アレルギー") },
    Allergen { code: "7213000A1010", name: "ヨード造影剤", kind: ("DA", "薬剤アレルギー") },
];

/// A vaccine: CVX code, text, ages and the month it is given in, where it has a season.
#[derive(Debug)]
pub(crate) struct Vaccine {
    pub(crate) cvx: &'static str,
    pub(crate) name: &'static str,
    pub(crate) ages: (i32, i32),
    pub(crate) month: i8,
}

pub(crate) static VACCINES: [Vaccine; 4] = [
    Vaccine { cvx: "141", name: "インフルエンザＨＡワクチン", ages: (1, 110), month: 11 },
    Vaccine {
        cvx: "33", name: "２３価肺炎球菌莢膜ポリサッカライドワクチン", ages: (65, 110), month: 6
    },
    Vaccine { cvx: "208", name: "新型コロナウイルスｍＲＮＡワクチン", ages: (12, 110), month: 7 },
    Vaccine { cvx: "03", name: "乾燥弱毒生麻しん風しん混合ワクチン", ages: (1, 6), month: 4 },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_form_their_tables_ask_for() {
        let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        for disease in DISEASES.iter().chain([&COLD]) {
            assert!(digits(disease.managed, 8) && digits(disease.claim, 7), "{}", disease.name);
            assert!(disease.icd10.len() >= 3 && disease.ages.0 < disease.ages.1, "{}", disease.name);
            for (lab, _) in disease.labs {
                assert!(lab.jlac10.len() == 17 && digits(lab.claim, 9) && lab.low < lab.high, "{}", lab.name);
            }
            for drug in disease.drugs {
                assert!(digits(drug.hot9, 9) && digits(drug.claim, 9) && drug.yj.len() == 12, "{}", drug.name);
            }
            for act in disease.acts.iter().chain(&disease.operation) {
                assert!(digits(act.claim, 9), "{}", act.name);
            }
        }
    }
}
