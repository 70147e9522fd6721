//! How alike two short texts are, by character: optimal string alignment and Jaro–Winkler, without allocation.
//!
//! Texts of up to [`WORD`] letters are aligned in one machine word per letter (Hyyrö 2003, "A bit-vector algorithm for
//! computing Levenshtein and Damerau edit distances"). Letters are anything that can be copied and compared: `char`s,
//! morae or the numbers of words.
#![cfg_attr(not(test), allow(dead_code, reason = "readers of single columns use more of the kernels"))]

/// The longest text that fits one machine word; a longer one goes through the plain table.
const WORD: usize = 64;

/// Tells whether two texts have a letter in common; most pairs of different names have none.
pub(crate) fn share_a_letter(left: &[char], right: &[char]) -> bool {
    left.iter().any(|l| right.contains(l))
}

/// Returns the optimal string alignment distance: insertions, deletions, changes and adjacent transpositions cost one.
pub(crate) fn osa<T: Copy + Eq>(left: &[T], right: &[T]) -> u32 {
    osa_by(left, right, |letter| letter)
}

/// Returns the optimal string alignment distance of two texts seen through a key (such as a kana without its dakuten).
pub(crate) fn osa_by<T: Copy, K: Copy + Eq>(left: &[T], right: &[T], key: impl Fn(T) -> K) -> u32 {
    let (pattern, text) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    match pattern.len() {
        0 => count(text.len()),
        1..=WORD => bit_parallel(pattern, text, key),
        _ => by_table(pattern, text, key),
    }
}

/// Hyyrö's automaton: bit i of `above` and `below` tells how row i + 1 differs from row i in the current column.
fn bit_parallel<T: Copy, K: Copy + Eq>(pattern: &[T], text: &[T], key: impl Fn(T) -> K) -> u32 {
    let last = 1u64 << (pattern.len() - 1);
    let (mut above, mut below, mut diagonal, mut before) = (u64::MAX, 0u64, 0u64, 0u64);
    let mut distance = count(pattern.len());
    for &letter in text {
        let letter = key(letter);
        let met = places(pattern, letter, &key);
        let crossed = ((!diagonal & met) << 1) & before;
        diagonal = ((met & above).wrapping_add(above) ^ above) | met | below | crossed;
        let mut right_up = below | !(diagonal | above);
        let mut right_down = diagonal & above;
        distance = distance + u32::from(right_up & last != 0) - u32::from(right_down & last != 0);
        right_up = (right_up << 1) | 1;
        right_down <<= 1;
        above = right_down | !(diagonal | right_up);
        below = right_up & diagonal;
        before = met;
    }
    distance
}

/// The places of a letter in a pattern as bits. Names are short: looking at each letter beats any table.
fn places<T: Copy, K: Copy + Eq>(pattern: &[T], letter: K, key: impl Fn(T) -> K) -> u64 {
    pattern.iter().rev().fold(0, |bits, &p| bits << 1 | u64::from(key(p) == letter))
}

/// The same distance row by row, for texts longer than a machine word.
fn by_table<T: Copy, K: Copy + Eq>(left: &[T], right: &[T], key: impl Fn(T) -> K) -> u32 {
    let same = |l: Option<&T>, r: Option<&T>| l.zip(r).is_some_and(|(l, r)| key(*l) == key(*r));
    let mut above: Vec<u32> = (0u32..).take(right.len() + 1).collect();
    let (mut two_above, mut current): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::with_capacity(above.len()));
    for row in 0..left.len() {
        current.clear();
        current.push(count(row + 1));
        for column in 0..right.len() {
            let at = |line: &[u32], index: usize| line.get(index).copied().unwrap_or(u32::MAX / 2);
            let change = u32::from(!same(left.get(row), right.get(column)));
            let step = at(&above, column + 1).min(at(&current, column)) + 1;
            let mut best = step.min(at(&above, column) + change);
            let crossed = row > 0
                && column > 0
                && same(left.get(row - 1), right.get(column))
                && same(left.get(row), right.get(column - 1));
            if crossed {
                best = best.min(at(&two_above, column - 1) + 1);
            }
            current.push(best);
        }
        std::mem::swap(&mut two_above, &mut above);
        std::mem::swap(&mut above, &mut current);
    }
    above.last().copied().unwrap_or(0)
}

/// Returns the plain similarity of two texts in 0..=100: one minus the distance over the longer length.
pub(crate) fn similarity<T: Copy + Eq>(left: &[T], right: &[T]) -> u8 {
    share(osa(left, right), left.len().max(right.len()), 1)
}

/// Returns a distance in `unit`ths of a letter as similarity in 0..=100; two empty texts have none.
pub(crate) fn share(distance: u32, longer: usize, unit: u32) -> u8 {
    let whole = count(longer).saturating_mul(unit).min(u32::MAX / 100);
    match whole {
        0 => 0,
        _ => u8::try_from(100 - 100 * distance.min(whole) / whole).unwrap_or(0),
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX / 8)
}

/// How much a common beginning adds (Winkler 1990), for up to four letters.
const PREFIX_SCALE: f64 = 0.1;
const PREFIX_LIMIT: usize = 4;
/// The Jaro similarity from which a common beginning counts.
const PREFIX_FROM: f64 = 0.7;

/// Returns the Jaro–Winkler similarity in 0.0..=1.0; of a longer text only the first [`WORD`] letters are seen.
pub(crate) fn jaro_winkler<T: Copy + Eq>(left: &[T], right: &[T]) -> f64 {
    let (left, right) = (left.get(..WORD).unwrap_or(left), right.get(..WORD).unwrap_or(right));
    let jaro = jaro(left, right);
    if jaro <= PREFIX_FROM {
        return jaro;
    }
    let prefix = left.iter().zip(right).take(PREFIX_LIMIT).take_while(|(l, r)| l == r).count();
    jaro + f64::from(count(prefix)) * PREFIX_SCALE * (1.0 - jaro)
}

/// The Jaro similarity of texts of up to a machine word: the matched letters of each side are bits.
fn jaro<T: Copy + Eq>(left: &[T], right: &[T]) -> f64 {
    let window = (left.len().max(right.len()) / 2).saturating_sub(1);
    let (mut met_left, mut met_right) = (0u64, 0u64);
    for (at, letter) in left.iter().enumerate() {
        let near = ones(at + window + 1) & !ones(at.saturating_sub(window));
        let free = places(right, *letter, |l| l) & near & !met_right;
        let first = free & free.wrapping_neg();
        met_right |= first;
        met_left |= u64::from(first != 0) << at;
    }
    let met = met_left.count_ones();
    if met == 0 {
        return 0.0;
    }
    let moved = picked(left, met_left).zip(picked(right, met_right)).filter(|(l, r)| l != r).count();
    let (m, l, r) = (f64::from(met), f64::from(count(left.len())), f64::from(count(right.len())));
    let turned = f64::from(count(moved / 2));
    (m / l + m / r + (m - turned) / m) / 3.0
}

/// The letters at the places given as bits, in order.
fn picked<T: Copy>(text: &[T], bits: u64) -> impl Iterator<Item = T> {
    text.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1).map(|(_, letter)| *letter)
}

/// The lowest `length` bits.
fn ones(length: usize) -> u64 {
    if length >= WORD { u64::MAX } else { (1u64 << length) - 1 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    /// The recurrence as Hyyrö 2003 states it in section 2, by recursion on the ends; written apart from the kernels.
    fn definition(left: &[char], right: &[char]) -> u32 {
        let mut table = vec![vec![0u32; right.len() + 1]; left.len() + 1];
        for i in 0..=left.len() {
            for j in 0..=right.len() {
                table[i][j] = if i == 0 || j == 0 {
                    u32::try_from(i + j).unwrap()
                } else if left[i - 1] == right[j - 1] {
                    table[i - 1][j - 1]
                } else {
                    let crossed = i > 1 && j > 1 && left[i - 2] == right[j - 1] && left[i - 1] == right[j - 2];
                    let swap = if crossed { table[i - 2][j - 2] } else { u32::MAX - 1 };
                    1 + swap.min(table[i - 1][j - 1]).min(table[i - 1][j]).min(table[i][j - 1])
                };
            }
        }
        table[left.len()][right.len()]
    }

    /// Jaro by Winkler's description: each letter takes the first free equal one inside the window.
    fn jaro_by_flags(left: &[char], right: &[char]) -> f64 {
        let window = (left.len().max(right.len()) / 2).saturating_sub(1);
        let mut taken = vec![false; right.len()];
        let mut from_left = Vec::new();
        for (i, l) in left.iter().enumerate() {
            let reach = (0..right.len()).filter(|j| j.abs_diff(i) <= window);
            if let Some(j) = reach.into_iter().find(|j| !taken[*j] && right[*j] == *l) {
                taken[j] = true;
                from_left.push(*l);
            }
        }
        let from_right: Vec<char> = right.iter().zip(&taken).filter(|(_, t)| **t).map(|(r, _)| *r).collect();
        let m = f64::from(u32::try_from(from_left.len()).unwrap());
        let moved = from_left.iter().zip(&from_right).filter(|(l, r)| l != r).count() / 2;
        let size = |text: &[char]| f64::from(u32::try_from(text.len()).unwrap());
        let turned = f64::from(u32::try_from(moved).unwrap());
        if m == 0.0 { 0.0 } else { (m / size(left) + m / size(right) + (m - turned) / m) / 3.0 }
    }

    #[test]
    fn distances_are_by_character() {
        for (left, right, expect) in [
            ("渡邊", "渡辺", 1),
            ("", "渡辺", 2),
            ("ab", "ba", 1),
            ("kitten", "sitting", 3),
            ("𠮷田", "吉田", 1),
            ("CA", "ABC", 3),
        ] {
            assert_eq!(osa(&letters(left), &letters(right)), expect, "{left} {right}");
            assert_eq!(osa(&letters(right), &letters(left)), expect);
        }
    }

    #[test]
    fn jaro_winkler_is_that_of_the_published_examples() {
        for (left, right, expect) in [
            ("MARTHA", "MARHTA", 0.9611),
            ("DWAYNE", "DUANE", 0.84),
            ("DIXON", "DICKSONX", 0.8133),
            ("サトウ", "スズキ", 0.0),
            ("", "", 0.0),
        ] {
            let found = jaro_winkler(&letters(left), &letters(right));
            assert!((found - expect).abs() < 5e-5, "{left} {right}: {found}");
        }
    }

    proptest! {
        #[test]
        fn both_kernels_are_the_definition(left in "[abcd]{0,20}", right in "[abcd]{0,20}") {
            let (l, r) = (letters(&left), letters(&right));
            let expect = definition(&l, &r);
            prop_assert_eq!(osa(&l, &r), expect);
            prop_assert_eq!(by_table(&l, &r, |c| c), expect);
        }

        #[test]
        fn words_of_sixty_four_letters_and_longer_are_aligned_too(left in "[ab]{60,70}", right in "[ab]{60,70}") {
            let (l, r) = (letters(&left), letters(&right));
            prop_assert_eq!(osa(&l, &r), definition(&l, &r));
        }

        #[test]
        fn jaro_is_its_description_and_stays_inside_its_range(left in "[abcd]{0,64}", right in "[abcd]{0,64}") {
            let (l, r) = (letters(&left), letters(&right));
            prop_assert!((jaro(&l, &r) - jaro_by_flags(&l, &r)).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&jaro_winkler(&l, &r)));
            prop_assert!(l.is_empty() || jaro_winkler(&l, &l) == 1.0);
        }

        #[test]
        fn nothing_panics_and_likeness_is_symmetric(left in any::<String>(), right in any::<String>()) {
            let (l, r) = (letters(&left), letters(&right));
            prop_assert_eq!(similarity(&l, &r), similarity(&r, &l));
            prop_assert!(l.is_empty() || similarity(&l, &l) == 100);
            jaro_winkler(&l, &r);
        }
    }
}
