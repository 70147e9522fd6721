//! Exact tokens of strong ids: a keyed hash of the normalised value with the version of the normalisation in it.
//!
//! The hash has a key because the ids are few: thirteen digits without one are enumerated within hours.

use std::fmt;

use super::{NORMALISATION, identity::Identity, keys::Prf};

/// A keyed hash of one strong id; equal tokens are equal ids, up to an error of the source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub [u8; 16]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Makes the tokens of an identity, sorted: each card that is one person's alone, and the medical ID.
///
/// A card without its branch 枝番 is a household's unless the insurer insures persons, so it gives no token.
pub(crate) fn tokens(prf: &Prf, one: &Identity) -> Vec<Token> {
    let version = NORMALISATION.to_be_bytes();
    let make = |parts: [&[u8]; 4]| {
        let [kind, a, b, c] = parts;
        let hash = prf.bytes(&[&version, kind, a, b, c]);
        Token(std::array::from_fn(|at| hash.get(at).copied().unwrap_or(0)))
    };
    let cards = one.cards().iter().filter_map(|card| {
        let branch = match (card.is_personal(), card.branch) {
            (true, _) => [0, 0],
            (false, Some(branch)) => [1, branch],
            (false, None) => return None,
        };
        Some(make([b"card", card.insurer.as_bytes(), card.number.as_bytes(), &branch]))
    });
    let medical = Some(one.medical_id()).filter(|id| !id.is_empty());
    let mut all: Vec<Token> = cards.chain(medical.map(|id| make([b"medical-id", id.as_bytes(), b"", b""]))).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use kiban_core::{PatientRef, Phi};

    use super::*;
    use crate::{
        Coverage, Registration,
        pprl::{Keys, Scope, Secret},
    };

    fn prf(key: u8) -> Prf {
        let scope = Scope { project: "p".into(), batch: "b".into(), year: 2026 };
        Keys::new(&Secret::join(&[&[key; 32]]).unwrap(), scope).prf("token", &[])
    }

    fn insured(insurer: &str, number: &str, branch: &str) -> Identity {
        let mut one = Registration::new(PatientRef::new(1).unwrap(), "1310000017");
        let text = |value: &str| (!value.is_empty()).then(|| Phi::new(value.to_owned()));
        one.coverages.push(Coverage {
            insurer: text(insurer),
            number: text(number),
            branch: text(branch),
            ..Coverage::default()
        });
        Identity::read_all(&[one]).pop().unwrap()
    }

    fn check(left: (&str, &str, &str), right: (&str, &str, &str), equal: bool) {
        let of = |(insurer, number, branch)| tokens(&prf(1), &insured(insurer, number, branch));
        assert_eq!((of(left).len(), of(right).len()), (1, 1));
        assert_eq!(of(left) == of(right), equal, "{left:?} {right:?}");
    }

    #[test]
    fn equal_ids_have_equal_tokens_however_written() {
        check(("6130017", "００１２３", "2"), ("０６１３００１７", "123", "02"), true);
        check(("06130017", "123", "02"), ("06130017", "123", "03"), false);
        check(("06130017", "123", "02"), ("06130025", "123", "02"), false);
        check(("39131016", "123", ""), ("39131016", "123", "01"), true);
    }

    #[test]
    fn a_household_has_no_token_and_other_keys_have_others() {
        let one = insured("06130017", "123", "02");
        assert!(tokens(&prf(1), &insured("06130017", "123", "")).is_empty());
        assert_ne!(tokens(&prf(1), &one), tokens(&prf(2), &one));
        let both = one.clone().with_medical_id(&Phi::new("ＡＢ-１２".to_owned()));
        assert_eq!(tokens(&prf(1), &both).len(), 2);
        assert_eq!(tokens(&prf(1), &both), tokens(&prf(1), &one.with_medical_id(&Phi::new("ab12".to_owned()))));
    }
}
