//! Edit distance over characters with adjacent transpositions (optimal string alignment).

/// Tells whether two texts have a letter in common; most pairs of different names have none.
pub(crate) fn share_a_letter(left: &[char], right: &[char]) -> bool {
    left.iter().any(|l| right.contains(l))
}

/// Returns the cheapest way from `left` to `right`: insertions, deletions and transpositions cost 4, changes what
/// `change` says.
pub(crate) fn edit_distance(left: &[char], right: &[char], change: impl Fn(char, char) -> u32) -> u32 {
    const STEP: u32 = 4;
    let mut above: Vec<u32> = (0u32..).take(right.len() + 1).map(|n| n * STEP).collect();
    let mut two_above: Vec<u32> = Vec::with_capacity(above.len());
    let mut current: Vec<u32> = Vec::with_capacity(above.len());
    for (row, &l) in left.iter().enumerate() {
        current.clear();
        current.push(u32::try_from(row + 1).unwrap_or(u32::MAX / 8) * STEP);
        for (column, &r) in right.iter().enumerate() {
            let at = |line: &[u32], index: usize| line.get(index).copied().unwrap_or(u32::MAX / 2);
            let mut best =
                (at(&above, column) + change(l, r)).min(at(&above, column + 1) + STEP).min(at(&current, column) + STEP);
            let crossed = row > 0 && column > 0 && left.get(row - 1) == Some(&r) && right.get(column - 1) == Some(&l);
            if crossed {
                best = best.min(at(&two_above, column - 1) + STEP);
            }
            current.push(best);
        }
        std::mem::swap(&mut two_above, &mut above);
        std::mem::swap(&mut above, &mut current);
    }
    above.last().copied().unwrap_or(0)
}

/// Returns the plain similarity of two texts in 0..=100, by character.
pub(crate) fn similarity(left: &[char], right: &[char]) -> u8 {
    let longer = u32::try_from(left.len().max(right.len())).unwrap_or(u32::MAX / 8) * 4;
    if longer == 0 {
        return 0;
    }
    let distance = edit_distance(left, right, |a, b| if a == b { 0 } else { 4 });
    u8::try_from(100 - 100 * distance.min(longer) / longer).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(left: &str, right: &str) -> u32 {
        let (l, r): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
        edit_distance(&l, &r, |a, b| if a == b { 0 } else { 4 }) / 4
    }

    #[test]
    fn distances_are_by_character() {
        for (left, right, expect) in
            [("渡邊", "渡辺", 1), ("", "渡辺", 2), ("ab", "ba", 1), ("kitten", "sitting", 3), ("𠮷田", "吉田", 1)]
        {
            assert_eq!(distance(left, right), expect);
            assert_eq!(distance(right, left), expect);
        }
    }
}
