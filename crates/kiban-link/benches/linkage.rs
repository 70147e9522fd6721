//! The whole linkage over generated registrations: `cargo bench -p kiban-link`.

use divan::{Bencher, black_box};
use kiban_core::{PatientRef, Phi};
use kiban_link::{Constraints, Registration, Settings, link};

fn main() {
    divan::main();
}

/// Two registrations per person at two facilities, the second written differently.
fn registrations(persons: u32) -> Vec<Registration> {
    const FAMILIES: [(&str, &str); 4] =
        [("髙橋", "タカハシ"), ("佐藤", "サトウ"), ("渡邊", "ワタナベ"), ("山﨑", "ヤマザキ")];
    const GIVENS: [(&str, &str); 4] =
        [("一郎", "イチロウ"), ("花子", "ハナコ"), ("優斗", "ユウト"), ("美咲", "ミサキ")];
    let pick = |table: &[(&'static str, &'static str); 4], n: u32| {
        usize::try_from(n % 4).ok().and_then(|at| table.get(at)).copied().unwrap_or(("", ""))
    };
    let text = |value: String| Some(Phi::new(value));
    (0..persons * 2)
        .filter_map(|n| {
            let person = n / 2;
            let spread = person.wrapping_mul(2_654_435_761);
            let mut one = Registration::new(
                PatientRef::new(i64::from(n) + 1).ok()?,
                format!("131000{:04}", spread % 50 + (n % 2) * 50),
            );
            let (family, given) = (pick(&FAMILIES, spread >> 3), pick(&GIVENS, spread >> 7));
            let (year, month, day) = (1930 + spread % 90, 1 + (spread >> 9) % 12, 1 + (spread >> 13) % 28);
            let gap = if n % 2 == 0 { "　" } else { "" };
            one.name_kanji = text(format!("{}{gap}{}", family.0, given.0));
            one.name_kana = text(format!("{} {}", family.1, given.1));
            one.birth_text = text(format!("{year}-{month:02}-{day:02}"));
            one.sex = text((1 + spread % 2).to_string());
            one.phone = text(format!("090{:08}", spread % 100_000_000));
            one.address = text(format!("東京都千代田区霞が関{}-{}-{}", spread % 9 + 1, person % 97, person % 89));
            Some(one)
        })
        .collect()
}

#[divan::bench(args = [1_000, 20_000], sample_count = 5)]
fn link_persons(bencher: Bencher, persons: u32) {
    let all = registrations(persons);
    bencher.bench(|| link(black_box(&all), Settings::default(), &Constraints::default()));
}
