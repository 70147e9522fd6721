//! The kernels by which names are compared: `cargo bench -p kiban-link --bench similarity`.

use divan::{Bencher, black_box, counter::ItemsCount};

#[path = "../src/similarity.rs"]
#[allow(dead_code, unused_imports, reason = "the kernels come with their tests")]
mod similarity;

use similarity::{jaro_winkler, osa, osa_by};

fn main() {
    divan::main();
}

/// Names of two to eight letters in a fixed shuffled order.
fn names(script: &[char], count: u32) -> Vec<Vec<char>> {
    let letter = |n: u32| script.iter().copied().cycle().nth(usize::try_from(n % 64).unwrap_or(0)).unwrap_or('ア');
    let spread = |n: u32| n.wrapping_mul(2_654_435_761) >> 7;
    (0..count).map(|n| (0..2 + spread(n) % 7).map(|at| letter(spread(n * 8 + at))).collect()).collect()
}

const KANA: &[char] = &['ア', 'イ', 'カ', 'キ', 'サ', 'シ', 'タ', 'ト', 'ナ', 'ハ', 'マ', 'ヤ', 'ラ', 'ワ', 'ン', 'ガ'];
const LATIN: &[char] = &['a', 'e', 'i', 'o', 'n', 's', 'r', 't', 'l', 'm', 'd', 'k', 'h', 'y'];

fn each_pair(bencher: Bencher, script: &[char], kernel: impl Fn(&[char], &[char]) -> f64 + Sync) {
    let all = names(script, 1_000);
    bencher.counter(ItemsCount::new(all.len() - 1)).bench(|| {
        all.iter().zip(all.iter().skip(1)).map(|(left, right)| kernel(black_box(left), black_box(right))).sum::<f64>()
    });
}

#[divan::bench]
fn osa_of_kana(bencher: Bencher) {
    each_pair(bencher, KANA, |left, right| f64::from(osa(left, right)));
}

#[divan::bench]
fn osa_of_latin(bencher: Bencher) {
    each_pair(bencher, LATIN, |left, right| f64::from(osa(left, right)));
}

#[divan::bench]
fn osa_through_a_key(bencher: Bencher) {
    each_pair(bencher, LATIN, |left, right| f64::from(osa_by(left, right, |c| c.to_ascii_uppercase())));
}

#[divan::bench]
fn jaro_winkler_of_latin(bencher: Bencher) {
    each_pair(bencher, LATIN, jaro_winkler);
}

#[divan::bench]
fn jaro_winkler_of_kana(bencher: Bencher) {
    each_pair(bencher, KANA, jaro_winkler);
}
