//! Scalar functions that plans use: thin wrappers over pure functions, without keys and without state.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, StringArray},
    datatypes::{DataType, Date32Type, Int64Type},
};
use datafusion::{
    common::{DataFusionError, exec_err},
    logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility},
    prelude::{SessionContext, lit},
};
use kiban_anon::{DateUnit, Grain, is_multiple_birth_code};

type Body = fn(&[ArrayRef]) -> Result<ArrayRef, DataFusionError>;

/// A scalar function: its name tells it from others.
#[derive(Debug)]
struct Function {
    name: &'static str,
    signature: Signature,
    returns: DataType,
    body: Body,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(self.returns.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        (self.body)(&ColumnarValue::values_to_arrays(&args.args)?).map(ColumnarValue::Array)
    }
}

fn function(name: &'static str, takes: Vec<DataType>, returns: DataType, body: Body) -> ScalarUDF {
    let signature = Signature::exact(takes, Volatility::Immutable);
    ScalarUDF::from(Function { name, signature, returns, body })
}

fn house_id_function() -> ScalarUDF {
    function("kiban_house_id", vec![DataType::Utf8, DataType::Int64], DataType::Int64, |arguments| {
        let [facility, key] = arguments else { return exec_err!("kiban_house_id takes two arguments") };
        let (facility, key) = (facility.as_string::<i32>(), key.as_primitive::<Int64Type>());
        let ids = facility.iter().zip(key.iter());
        let ids = ids.map(|(facility, key)| Some(mix(facility?.parse().unwrap_or(0), key?.cast_unsigned())));
        Ok(Arc::new(ids.collect::<Int64Array>()))
    })
}

fn text_key_function() -> ScalarUDF {
    function("kiban_text_key", vec![DataType::Utf8], DataType::Int64, |arguments| {
        let [text] = arguments else { return exec_err!("kiban_text_key takes one argument") };
        let keys = text.as_string::<i32>().iter().map(|text| text.map(|text| mix(0, text_hash(text))));
        Ok(Arc::new(keys.collect::<Int64Array>()))
    })
}

fn prefecture_function() -> ScalarUDF {
    function("kiban_prefecture", vec![DataType::Utf8], DataType::Utf8, |arguments| {
        let [address] = arguments else { return exec_err!("kiban_prefecture takes one argument") };
        let names = address.as_string::<i32>().iter().map(|address| address.and_then(prefecture_of));
        Ok(Arc::new(names.collect::<StringArray>()))
    })
}

/// The first day of a date's unit of the calendar, but not before the window's first day.
fn first_day_function() -> ScalarUDF {
    let takes = vec![DataType::Date32, DataType::Utf8, DataType::Date32];
    function("kiban_first_day", takes, DataType::Date32, |arguments| {
        let [days, units, windows] = arguments else { return exec_err!("kiban_first_day takes three arguments") };
        let (days, windows) = (days.as_primitive::<Date32Type>(), windows.as_primitive::<Date32Type>());
        let rows = days.iter().zip(units.as_string::<i32>()).zip(windows);
        let first = rows.map(|((day, unit), window)| {
            let unit = DateUnit::ALL.into_iter().find(|known| Some(known.as_str()) == unit)?;
            Some(Grain::Unit(unit).coarse(day?, window?))
        });
        Ok(Arc::new(first.collect::<Date32Array>()))
    })
}

fn multiple_birth_function() -> ScalarUDF {
    function("kiban_multiple_birth", vec![DataType::Utf8], DataType::Boolean, |arguments| {
        let [codes] = arguments else { return exec_err!("kiban_multiple_birth takes one argument") };
        let told = codes.as_string::<i32>().iter().map(|code| code.map(is_multiple_birth_code));
        Ok(Arc::new(told.collect::<BooleanArray>()))
    })
}

/// Registers every function.
pub(crate) fn register(context: &SessionContext) {
    let ids = [house_id_function(), text_key_function(), prefecture_function()];
    for function in ids.into_iter().chain([first_day_function(), multiple_birth_function()]) {
        context.register_udf(function);
    }
}

/// Returns an id unique in the house for a key that is unique in its facility.
pub(crate) fn house_id(facility: Expr, key: Expr) -> Expr {
    house_id_function().call(vec![facility, key])
}

/// Returns a positive number that stands for a short text such as a department's code.
pub(crate) fn text_key(text: Expr) -> Expr {
    text_key_function().call(vec![text])
}

/// Returns the first day of a date's unit, or the window's first day where that is later.
pub(crate) fn first_day(day: Expr, unit: DateUnit, window: Expr) -> Expr {
    first_day_function().call(vec![day, lit(unit.as_str()), window])
}

/// Returns whether an ICD-10 code says that a birth was multiple.
pub(crate) fn is_multiple_birth(code: Expr) -> Expr {
    multiple_birth_function().call(vec![code])
}

/// Returns the prefecture named at the head of a Japanese address, or null.
pub(crate) fn prefecture(address: Expr) -> Expr {
    prefecture_function().call(vec![address])
}

/// Mixes two 64-bit numbers into one of 63 bits (the finaliser of SplitMix64, Steele et al. 2014).
fn mix(facility: u64, key: u64) -> i64 {
    let mut z = facility.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ key;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    i64::try_from((z ^ (z >> 31)) >> 1).unwrap_or(i64::MAX).max(1)
}

/// FNV-1a, 64 bits.
fn text_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Returns the prefecture's name where the address begins with one. A name ends with its third or fourth character;
/// 京都府 would be cut too early by a search for 都 from the start.
fn prefecture_of(address: &str) -> Option<&str> {
    let address = address.trim_start();
    let mut ends = address.char_indices().map(|(at, c)| (at + c.len_utf8(), c)).skip(2).take(2);
    let (end, _) = ends.find(|(_, c)| matches!(c, '都' | '道' | '府' | '県'))?;
    address.get(..end).filter(|name| kiban_anon::Prefecture::ALL.iter().any(|known| known.name == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefectures_are_read_from_the_head_of_an_address() {
        let cases = [
            ("東京都千代田区霞が関1-2-2", Some("東京都")),
            ("京都府京都市上京区", Some("京都府")),
            (" 神奈川県横浜市", Some("神奈川県")),
            ("北海道札幌市", Some("北海道")),
            ("千代田区霞が関", None),
            ("府中市", None),
            ("", None),
        ];
        for (address, expected) in cases {
            assert_eq!(prefecture_of(address), expected, "{address}");
        }
    }

    #[test]
    fn the_same_key_of_two_facilities_gives_two_ids() {
        assert_ne!(mix(1_310_000_017, 5), mix(1_310_000_018, 5));
    }
}
