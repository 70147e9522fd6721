//! How identities are encoded: what two operators must agree on before they can compare.

use serde::{Deserialize, Serialize};

use super::{Error, LENGTH};

/// The version of the normalisation that identities go through before they are encoded.
///
/// It grows whenever a value may normalise to something else than before, because sets of two versions do not compare.
pub const NORMALISATION: u32 = 1;

/// The agreed way of encoding. It is not secret; the security rests on the keys.
///
/// The defaults are those of a linkage between certified operators; [`Parameters::for_outsiders`] are those of one with
/// somebody else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// The version of the normalisation; only [`NORMALISATION`] can be made and compared.
    pub normalisation: u32,
    /// What is encoded, and how heavily.
    pub fields: Vec<Weighted>,
    /// One filter per salt.
    pub filters: Vec<Filter>,
    /// Bits that are added up to each bit of the finished filter; 1 leaves the filter as it is.
    pub diffusion: u8,
    /// A name that fewer records of the batch bear is not encoded: its record goes the trusted path.
    pub rare_below: u32,
}

/// One field that is encoded into every filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The reading in padded bigrams, long vowels and small kana unified; of foreign names without one, the romanised name.
    Kana,
    /// The kanji, variants folded, in padded bigrams.
    Kanji,
    /// The digits of the birth date, each with its position.
    Birth,
    /// The digits of the postal code, each with its position.
    Postal,
    /// The sex.
    Sex,
}

/// A field and how much it weighs in the likeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighted {
    /// The field.
    pub field: Field,
    /// Bits that each of its tokens sets; [`Parameters::hashes_for`] proposes a mean for a fill.
    pub hashes: u8,
}

/// One filter of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// What is hashed together with every token.
    pub salt: Salt,
    /// Into how many blocks the keyed hash of the salt falls; records of two blocks are not compared by this filter.
    ///
    /// Records of unequal salts would compare at chance only, so blocks lose nothing. Few blocks hold many salts each,
    /// which hides how often each salt occurs.
    pub blocks: u16,
}

/// What is hashed together with every token, so that a token has other bits for other people.
///
/// Only records with an equal salt can be recognised as alike, by an attacker too. An error in a salt loses the pair,
/// therefore two filters with unrelated salts are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Salt {
    /// Nothing: weak, for comparison only.
    None,
    /// The birth year.
    BirthYear,
    /// The sex and the birthday without the year.
    SexAndBirthday,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            normalisation: NORMALISATION,
            fields: vec![
                Weighted { field: Field::Kana, hashes: 15 },
                Weighted { field: Field::Kanji, hashes: 15 },
                Weighted { field: Field::Birth, hashes: 12 },
                Weighted { field: Field::Postal, hashes: 7 },
                Weighted { field: Field::Sex, hashes: 12 },
            ],
            filters: vec![
                Filter { salt: Salt::BirthYear, blocks: 16 },
                Filter { salt: Salt::SexAndBirthday, blocks: 64 },
            ],
            diffusion: 5,
            rare_below: 5,
        }
    }
}

impl Parameters {
    /// Returns the parameters of a linkage with somebody who is not a certified operator: diffusion over ten bits.
    pub fn for_outsiders() -> Self {
        Self { diffusion: 10, ..Self::default() }
    }

    /// Returns how many bits a token should set so that records of `tokens` tokens fill `fill` of a filter.
    ///
    /// Of 1,024 bits, k·n draws leave (1 − 1/1,024)^(k·n) unset. A fill of 0.2 to 0.35 is sound before diffusion.
    pub fn hashes_for(fill: f64, tokens: f64) -> u8 {
        let draws = (1.0 - fill.clamp(0.01, 0.99)).ln() / (1.0 - 1.0 / f64::from(LENGTH_U16)).ln();
        let hashes = (draws / tokens.max(1.0)).round().clamp(1.0, f64::from(u8::MAX));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=255")]
        let hashes = hashes as u8;
        hashes
    }

    /// Checks that the parameters make sense.
    ///
    /// # Errors
    /// [`Error::Parameters`] says which one does not and what to write instead.
    pub fn validate(&self) -> Result<(), Error> {
        let mut fields: Vec<Field> = self.fields.iter().map(|one| one.field).collect();
        fields.sort_unstable();
        fields.dedup();
        let wrong = [
            (self.normalisation != NORMALISATION, "normalisation must be 1, the only one that this program knows"),
            (
                self.fields.iter().any(|one| one.hashes == 0),
                "hashes must be at least 1, and fill 0.2 to 0.35 of the bits",
            ),
            (self.fields.is_empty() || fields.len() < self.fields.len(), "fields must name each field once"),
            (!(1..=4).contains(&self.filters.len()), "filters must be one to four"),
            (self.filters.iter().any(|filter| filter.blocks == 0), "blocks of a filter must be at least 1"),
            (!(1..=32).contains(&self.diffusion), "diffusion must be 1 (none) to 32; 5 is recommended"),
        ];
        match wrong.iter().find(|(is, _)| *is) {
            Some((_, reason)) => Err(Error::Parameters { reason }),
            None => Ok(()),
        }
    }
}

const LENGTH_U16: u16 = 1024;
const _: () = assert!(LENGTH == LENGTH_U16 as usize);

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_written_and_read() {
        let written = toml::to_string(&Parameters::default()).unwrap();
        assert_eq!(toml::from_str::<Parameters>(&written).unwrap(), Parameters::default());
        let short: Parameters = toml::from_str("diffusion = 10").unwrap();
        assert_eq!(short, Parameters::for_outsiders());
        assert!(toml::from_str::<Parameters>("difusion = 10").is_err());
    }

    #[test]
    fn hashes_fill_what_they_should() {
        for (fill, tokens, expect) in [(0.2, 23.0, 10), (0.35, 44.0, 10), (0.2, 1000.0, 1), (0.99, 1.0, 255)] {
            assert_eq!(Parameters::hashes_for(fill, tokens), expect, "{fill} {tokens}");
        }
    }

    #[test]
    fn senseless_parameters_are_told() {
        let check = |change: fn(&mut Parameters), part: &str| {
            let mut changed = Parameters::default();
            change(&mut changed);
            assert!(changed.validate().unwrap_err().to_string().contains(part), "{part}");
        };
        assert_eq!(Parameters::default().validate(), Ok(()));
        check(|p| p.normalisation = 0, "normalisation");
        check(|p| p.fields[0].hashes = 0, "hashes");
        check(|p| p.fields.push(Weighted { field: Field::Sex, hashes: 1 }), "fields");
        check(|p| p.fields.clear(), "fields");
        check(|p| p.filters.clear(), "filters");
        check(|p| p.filters[0].blocks = 0, "blocks");
        check(|p| p.diffusion = 0, "diffusion");
    }
}
