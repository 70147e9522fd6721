//! The data dictionary of a package: what each released column means, in Japanese and English.

use std::path::Path;

use arrow::datatypes::DataType;
use kiban_anon::{DateRule, DateUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{package::DictionaryEntry, spec::ReleaseSpec, told::ToldDates};
use crate::{Error, Result};

/// Meanings of columns by name; those of the same name mean the same in every table.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("person_id", "この提供だけの個人番号（無作為）", "person, numbered at random for this release only"),
    ("sex", "性別（male 男, female 女, * 一般化）", "sex (male, female, * generalised)"),
    ("birth_year", "生年（区分）", "year of birth, as a band"),
    ("residence", "居住地（都道府県または地方）", "residence: prefecture or region"),
    ("source_system", "コード体系（施設の送ったまま）", "system of the source code, as sent"),
    (
        "date_unit",
        "この行の日付の細かさ（その単位の初日を示す）",
        "how precise the row's date is: the first day of this unit is given",
    ),
    ("condition_source_value", "傷病のコード", "code of the condition"),
    ("condition_start_date", "傷病の開始日（加工した日付）", "first day of the condition (not the true date)"),
    ("condition_end_date", "傷病の終了日（加工した日付）", "last day of the condition (not the true date)"),
    ("condition_status_source_value", "診断の状態", "status of the diagnosis"),
    ("drug_source_value", "医薬品のコード", "code of the drug"),
    ("drug_exposure_start_date", "投与開始日（加工した日付）", "first day of the exposure (not the true date)"),
    ("drug_exposure_end_date", "投与終了日（加工した日付）", "last day of the exposure (not the true date)"),
    ("days_supply", "日数", "days supplied"),
    ("quantity", "数量（端の値はまとめた）", "quantity, extremes coded"),
    ("procedure_source_value", "診療行為のコード", "code of the procedure"),
    ("procedure_date", "実施日（加工した日付）", "day of the procedure (not the true date)"),
    ("measurement_source_value", "検査項目のコード", "code of the measurement"),
    ("measurement_date", "検査日（加工した日付）", "day of the measurement (not the true date)"),
    ("value_as_number", "値（端の値はまとめた）", "value, extremes coded"),
    ("unit_source_value", "単位（施設の送ったまま）", "unit, as sent"),
    ("range_low", "基準値の下限", "lower end of the reference range"),
    ("range_high", "基準値の上限", "upper end of the reference range"),
    ("observation_source_value", "観察項目のコード", "code of the observation"),
    ("observation_date", "観察日（加工した日付）", "day of the observation (not the true date)"),
    ("visit_source_value", "受診の種類", "kind of visit"),
    ("visit_start_date", "受診または入院の日（加工した日付）", "first day of the visit (not the true date)"),
    ("visit_end_date", "受診または退院の日（加工した日付）", "last day of the visit (not the true date)"),
    ("visit_occurrence_id", "この提供だけの受診番号", "visit, numbered for this release only"),
    ("discharged_to_source_value", "退院の転帰", "discharge disposition"),
    ("admitted_from_source_value", "入院の経路", "where the person was admitted from"),
    ("observation_period_start_date", "観察期間の初日（加工した日付）", "first day of observation (not the true date)"),
    ("observation_period_end_date", "観察期間の末日（加工した日付）", "last day of observation (not the true date)"),
    ("death_date", "死亡日（加工した日付）", "day of death (not the true date)"),
    ("cause_source_value", "死因のコード", "code of the cause of death"),
    ("route_source_value", "投与経路", "route of administration"),
    ("dose_unit_source_value", "用量の単位", "unit of the dose"),
];

/// Describes the columns of a released Parquet file, in their order.
///
/// # Errors
/// Fails where the file cannot be read.
pub fn describe(table: &str, parquet: &Path) -> Result<Vec<DictionaryEntry>> {
    let file = std::fs::File::open(parquet).map_err(Error::io("open", parquet))?;
    let rows = ParquetRecordBatchReaderBuilder::try_new(file)?;
    Ok(rows.schema().fields().iter().map(|field| entry(table, field.name(), field.data_type())).collect())
}

fn entry(table: &str, column: &str, kind: &DataType) -> DictionaryEntry {
    let own_id = column == format!("{table}_id");
    let known = MEANINGS.iter().find(|(name, ..)| *name == column && !own_id);
    let (ja, en) = match known {
        Some((_, ja, en)) => ((*ja).to_owned(), (*en).to_owned()),
        None if own_id => ("この表の行番号".to_owned(), "row number of this table".to_owned()),
        None => (format!("OMOP CDM v5.4 の {table}.{column}"), format!("{table}.{column} of OMOP CDM v5.4")),
    };
    let kind = match kind {
        DataType::Int64 | DataType::Int32 => "integer",
        DataType::Float64 => "float",
        DataType::Date32 => "date",
        _ => "text",
    };
    DictionaryEntry {
        table: table.to_owned(),
        column: column.to_owned(),
        kind: kind.to_owned(),
        meaning_ja: ja,
        meaning_en: en,
    }
}

/// What a researcher must know of dates: Japanese, English.
fn of_dates(rule: DateRule) -> (String, String) {
    let (ja, en) = match rule {
        DateRule::Shift { .. } => (
            "日付は個人と提供先ごとに同じ日数だけずらしてあり、同じ個人の中での間隔は保たれています。暦の日付、曜日、季節としては使えません。",
            "Dates are shifted by the same number of days within a person, so intervals within a person hold. They cannot be used\n  \
             as calendar dates, weekdays or seasons.",
        ),
        DateRule::Calendar { .. } => (
            "日付はずらしていませんが、その単位の初日に丸めてあります。同じ単位の中の順序は分かりません。",
            "Dates are not shifted; each is the first day of its unit. What came first within a unit is not told.",
        ),
        DateRule::Relative { .. } => (
            "日付は、個人の最初の出来事を期間の初日に置いた日数です。暦の日付、曜日、季節としては使えません。生年も同じだけ動かしてあります。",
            "Dates count the days since a person's first event, which is put on the first day of the window. They are no calendar\n  \
             dates, weekdays or seasons. Birth years are moved along, so ages at events hold.",
        ),
        DateRule::Gaps { .. } => (
            "日付の間隔は、多くの人に共通する段階に丸めてあります。順序と同じ日であることは保たれますが、間隔と経過はおよそのものです。\
             終わりの日付は、その前で最も近い受診日として示します。示せない日付は空です。死亡は最後の出来事の日に置いてあり、時期を示しません。",
            "The gaps between days are made coarse, to steps that many persons share. Order holds and one day stays one day, but\n  \
             gaps and times are approximate. An end is told as the nearest day of care before it; a day that cannot be told is\n  \
             empty. A death stands on the day of the last event: that it happened is told, and not when.",
        ),
    };
    let unit = ToldDates::of(Some(rule)).unit().map(DateUnit::as_str);
    (
        format!("{ja}{}", unit.map_or_else(String::new, |unit| format!("単位は {unit} です。"))),
        match unit {
            Some(unit) => format!("{en}\n  The unit is: {unit}."),
            None => en.to_owned(),
        },
    )
}

/// What a researcher must know of dates that are told in units: Japanese, English.
const IN_UNITS: (&str, &str) = (
    "日付は、`date_unit` が示す単位（month 月、quarter 四半期、half_year 半年、year 年、window 期間全体）の初日です。ずらしてはいません。\
     同じ人口統計の人と共有されない出来事は、より広いコードや単位で示すか、除いてあります。出来事がないことは、なかったことを意味しません。",
    "A date is the first day of the unit that `date_unit` names (month, quarter, half_year, year, or window for the whole\n  \
     period); dates are not shifted. Events that people of the same demographics do not share are told under a wider code\n  \
     or unit, or left out: that an event is missing does not say that it did not happen.",
);

/// Returns the package's README, Japanese first.
pub fn readme(spec: &ReleaseSpec, tables: &[String]) -> String {
    let list = |tables: &[String]| {
        tables.iter().map(|t| format!("- `data/{t}.parquet`, `data/{t}.csv`\n")).collect::<String>()
    };
    let in_units = || (IN_UNITS.0.to_owned(), IN_UNITS.1.to_owned());
    let (dates_ja, dates_en) = spec.anonymity.date_rule().map_or_else(in_units, of_dates);
    include_str!("readme.md")
        .replace("{title}", &spec.title)
        .replace("{release}", spec.name.as_str())
        .replace("{recipient}", &spec.recipient)
        .replace("{dates_ja}", &dates_ja)
        .replace("{dates_en}", &dates_en)
        .replace("{tables}", list(tables).trim_end())
}
