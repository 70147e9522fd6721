//! While it is under review whether two persons are one, the stricter of their two legal states holds.
//!
//! If they are one, an objection of the one is an objection of the other; nobody knows yet, so it counts. The other way
//! round nothing is gained: a notice that the one had is no notice to the other (deny by default, design invariant 1).

use std::collections::BTreeMap;

use kiban_core::{DataItems, PatientRef, Reason, Verdict};

/// Returns the stricter of two verdicts: a denial before a permission; of two denials the one whose rule is asked first;
/// of two permissions the items that both allow, since the later instant.
///
/// ```
/// use kiban_core::{DataItem, Reason, Verdict};
/// use kiban_link::mpi::stricter;
/// let since = "2026-05-01T00:00:00Z".parse()?;
/// let free = Verdict::Eligible { since, items: [DataItem::Drugs, DataItem::Conditions].into_iter().collect() };
/// let objected = Verdict::Denied { reason: Reason::Objected };
/// assert_eq!(stricter(free, objected), objected);
/// assert_eq!(stricter(free, free), free);
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn stricter(a: Verdict, b: Verdict) -> Verdict {
    strictest([a, b]).unwrap_or(a)
}

/// Returns the strictest of any number of verdicts, whatever their order; none of none.
///
/// Permissions that share no item are a denial, because a permission of nothing permits nothing.
pub fn strictest(verdicts: impl IntoIterator<Item = Verdict>) -> Option<Verdict> {
    let mut strictest: Option<Verdict> = None;
    let mut denied: Option<Reason> = None;
    for verdict in verdicts {
        denied = match (denied, verdict.reason()) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
        strictest = Some(match strictest {
            Some(known) => narrower(known, verdict),
            None => verdict,
        });
    }
    denied.map(|reason| Verdict::Denied { reason }).or(strictest)
}

fn narrower(a: Verdict, b: Verdict) -> Verdict {
    match (a, b) {
        (Verdict::Eligible { since, items }, Verdict::Eligible { since: other, items: others }) => {
            let both: DataItems = items.iter().filter(|item| others.contains(*item)).collect();
            if both.is_empty() {
                Verdict::Denied { reason: Reason::NoticeForOtherItems }
            } else {
                Verdict::Eligible { since: since.max(other), items: both }
            }
        }
        (Verdict::Denied { .. }, _) => a,
        (Verdict::Eligible { .. }, Verdict::Denied { .. }) => b,
    }
}

/// Tells whether a denial is about the human being, not about what one facility filed or told.
///
/// Only these follow a person into another registration: that one hospital gave no notice says nothing of the other.
pub const fn stops_the_person(reason: Reason) -> bool {
    matches!(reason, Reason::DeletionRequested | Reason::Objected | Reason::UnderReview)
}

/// Returns the verdicts that hold while merges are under review; each case names the registrations of its two sides.
///
/// Who stands in several cases takes the stops of every other side, in any order of the cases; a stop is not handed
/// on through a second case, since each is a guess of its own.
pub fn held_under_review(
    verdicts: &BTreeMap<PatientRef, Verdict>,
    cases: &[(Vec<PatientRef>, Vec<PatientRef>)],
) -> BTreeMap<PatientRef, Verdict> {
    let stops = |side: &[PatientRef]| {
        let own = side.iter().filter_map(|one| verdicts.get(one)).copied();
        strictest(own.filter(|verdict| verdict.reason().is_some_and(stops_the_person)))
    };
    let mut held = verdicts.clone();
    for (left, right) in cases {
        for (side, stop) in [(left, stops(right)), (right, stops(left))] {
            let Some(stop) = stop else { continue };
            for one in side {
                held.entry(*one).and_modify(|verdict| *verdict = stricter(*verdict, stop));
            }
        }
    }
    held
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use kiban_core::{DataItem, DataItems};
    use proptest::prelude::*;

    use super::*;

    fn eligible(day: i64, items: &[DataItem]) -> Verdict {
        let since = jiff::Timestamp::from_second(day * 86_400).unwrap();
        Verdict::Eligible { since, items: items.iter().copied().collect() }
    }

    fn denied(reason: Reason) -> Verdict {
        Verdict::Denied { reason }
    }

    fn check(a: Verdict, b: Verdict, expect: Verdict) {
        assert_eq!((stricter(a, b), stricter(b, a)), (expect, expect));
    }

    #[test]
    fn the_stricter_state_holds() {
        let free = eligible(1, &[DataItem::Drugs, DataItem::Conditions]);
        check(free, denied(Reason::Waiting), denied(Reason::Waiting));
        check(denied(Reason::Waiting), denied(Reason::Objected), denied(Reason::Objected));
        check(free, eligible(9, &[DataItem::Drugs]), eligible(9, &[DataItem::Drugs]));
        check(free, eligible(1, &[DataItem::Visits]), denied(Reason::NoticeForOtherItems));
    }

    #[test]
    fn an_objection_crosses_a_review_and_a_missing_notice_does_not() {
        let one = |n: i64| PatientRef::new(n).unwrap();
        let free = eligible(1, &[DataItem::Drugs]);
        let verdicts = BTreeMap::from([
            (one(1), free),
            (one(2), denied(Reason::Objected)),
            (one(3), denied(Reason::NotNotified)),
            (one(4), free),
        ]);
        let held = held_under_review(&verdicts, &[(vec![one(1)], vec![one(2)]), (vec![one(3)], vec![one(4)])]);
        assert_eq!(held.get(&one(1)), Some(&denied(Reason::Objected)));
        assert_eq!(held.get(&one(4)), Some(&free));
        assert_eq!(held_under_review(&verdicts, &[]), verdicts);
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        let reason = prop::sample::select(Reason::ALL.to_vec()).prop_map(denied);
        let items = prop::collection::vec(prop::sample::select(DataItem::ALL.to_vec()), 1..5);
        prop_oneof![reason, (0i64..9, items).prop_map(|(day, items)| eligible(day, &items))]
    }

    proptest! {
        #[test]
        fn strictness_has_no_order_and_never_frees(all in prop::collection::vec(verdict(), 1..6), turn in 0usize..6) {
            let strict = strictest(all.clone()).unwrap();
            let mut turned = all.clone();
            turned.rotate_left(turn % all.len());
            turned.extend(all.clone());
            prop_assert_eq!(strictest(turned), Some(strict));
            for item in DataItem::ALL {
                prop_assert_eq!(strict.allows(*item), all.iter().all(|one| one.allows(*item)) && strict.is_eligible());
            }
            let items: DataItems = DataItem::ALL.iter().copied().filter(|i| all.iter().all(|v| v.allows(*i))).collect();
            prop_assert_eq!(strict.is_eligible(), !items.is_empty());
        }
    }
}
