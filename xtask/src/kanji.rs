//! Makes the tables of character variants of `kiban-link` anew from what the authorities publish.
//!
//! Reads `linkage/jp-reference` in the folder `KIBAN_CORPUS`: the MJ縮退マップ of the 文字情報技術促進協議会 (CC BY-SA
//! 2.1 JP, so the extract is a file of its own under the same licence) and the 正字 table of the 出入国在留管理庁.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, bail};

use crate::shell;

const SHRUNK_HEADER: &str = "\
# Made by `cargo xtask kanji`; do not edit. From the MJ縮退マップ, (c) 文字情報技術促進協議会, CC BY-SA 2.1 JP;
# this extract is under the same licence. A kanji of JIS X 0208, its 戸籍 variants; after a gap further variants.
";
const REGULAR_HEADER: &str = "\
# Made by `cargo xtask kanji`; do not edit. From the 在留カード等 正字 table of the 出入国在留管理庁 (public notice).
# A regular form 正字, the forms it is written for first; after a gap those for which it is the second choice.
";

/// A character, its variants, and how far each is from it: 1 near, 2 further.
type Groups = BTreeMap<char, BTreeMap<char, u8>>;

/// Writes both tables.
pub(crate) fn run() -> anyhow::Result<()> {
    let corpus = env::var_os("KIBAN_CORPUS").context("KIBAN_CORPUS names no folder with linkage/jp-reference")?;
    let folder = PathBuf::from(corpus).join("linkage/jp-reference");
    let shrink = Shrink::read(&unpacked(&folder.join("mj_shrink_map.tsv.zst"))?);
    let regular = regular_forms(&fs::read_to_string(folder.join("nyukan_seiji.tsv"))?, &shrink.common);
    let out = shell::root().join("crates/kiban-link/src/normalise");
    fs::write(out.join("mj_shrink.txt"), written(SHRUNK_HEADER, &shrink.groups()))?;
    fs::write(out.join("seiji.txt"), written(REGULAR_HEADER, &regular))?;
    Ok(())
}

fn unpacked(file: &Path) -> anyhow::Result<String> {
    let output = Command::new("zstd").arg("-dc").arg(file).output().context("cannot start zstd")?;
    if !output.status.success() {
        bail!("zstd cannot read {}", file.display());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The rows of the shrink map that lead to a kanji of JIS X 0208.
struct Shrink {
    /// Kanji of levels 1 and 2.
    common: BTreeSet<char>,
    /// Kanji of level 1, which any machine can write: as variants they are candidates, never folded.
    first: BTreeSet<char>,
    /// Variant, what it shrinks to, and the table that says so.
    rows: Vec<(char, char, String)>,
}

impl Shrink {
    /// Reads columns mj, mj_ucs, mj_ivs, shrunk, shrunk_x0213, table, rank, hops.
    fn read(text: &str) -> Self {
        let mut read = Self { common: BTreeSet::new(), first: BTreeSet::new(), rows: Vec::new() };
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [_, ucs, ivs, shrunk, x0213, table, ..] = cells.as_slice() else { continue };
            let Some(target) = shrunk.chars().next() else { continue };
            match row_of(x0213) {
                16..=47 => drop((read.common.insert(target), read.first.insert(target))),
                48..=84 => drop(read.common.insert(target)),
                _ => {}
            }
            if let Some(variant) = ucs.chars().next().or_else(|| ivs.chars().next()).filter(|v| *v != target) {
                read.rows.push((variant, target, (*table).to_owned()));
            }
        }
        read
    }

    fn groups(&self) -> Groups {
        let mut groups = Groups::new();
        for (variant, target, table) in self.rows.iter().filter(|(_, target, _)| self.common.contains(target)) {
            let family = table.starts_with("JIS") || table.starts_with("戸籍");
            let notice = ["民一", "民二", "法務"].iter().any(|name| table.starts_with(name));
            match (family && !self.first.contains(variant), family || notice) {
                (true, _) => add(&mut groups, *target, *variant, 1),
                (false, true) => add(&mut groups, *target, *variant, 2),
                _ => {}
            }
        }
        groups
    }
}

/// The row of a JIS X 0213 code `1-16-01` of the first plane, else zero.
fn row_of(x0213: &str) -> u8 {
    x0213.strip_prefix("1-").and_then(|rest| rest.split('-').next()).and_then(|row| row.parse().ok()).unwrap_or(0)
}

/// Reads columns kind, variant_code, variant, seiji_code, seiji, rank: variants that no Japanese machine writes.
fn regular_forms(text: &str, common: &BTreeSet<char>) -> Groups {
    let mut groups = Groups::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [kind, _, variant, _, regular, rank, ..] = cells.as_slice() else { continue };
        let (Some(variant), Some(regular)) = (variant.chars().next(), regular.chars().next()) else { continue };
        let outside = matches!(variant, '\u{E000}'..='\u{F8FF}' | '\u{10000}'..) || common.contains(&variant);
        if *kind == "異体字" && !outside && variant != regular {
            add(&mut groups, regular, variant, rank.parse().unwrap_or(2));
        }
    }
    groups
}

fn add(groups: &mut Groups, regular: char, variant: char, distance: u8) {
    let known = groups.entry(regular).or_default().entry(variant).or_insert(distance);
    *known = distance.min(*known);
}

fn written(header: &str, groups: &Groups) -> String {
    let of = |variants: &BTreeMap<char, u8>, distance: u8| -> String {
        variants.iter().filter(|(_, d)| **d == distance).map(|(variant, _)| *variant).collect()
    };
    let lines = groups.iter().map(|(regular, variants)| {
        let line = format!("{regular}{} {}", of(variants, 1), of(variants, 2));
        format!("{}\n", line.trim_end())
    });
    format!("{header}{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_grouped_by_what_they_shrink_to() {
        let map = "mj\tmj_ucs\tmj_ivs\tshrunk\tshrunk_x0213\ttable\trank\thops\n\
            MJ1\t高\t\t高\t1-25-66\tJIS包摂規準UCS統合規則\t\t\n\
            MJ2\t髙\t\t高\t1-25-66\t戸籍統一文字情報_親字正字\t\t1\n\
            MJ3\t\t島\u{E0101}\t高\t1-25-66\t法務省告示582号別表第四_一\t2\t\n\
            MJ4\t髟\t\t高\t1-25-66\t辞書類等による関連字\t\t\n\
            MJ5\t冨\t\t𠀋\t2-01-01\t戸籍統一文字情報_親字正字\t\t1\n";
        let groups = Shrink::read(map).groups();
        assert_eq!(written("", &groups), "高髙 島\n");
    }

    #[test]
    fn regular_forms_leave_private_and_japanese_characters_out() {
        let table = "kind\tvariant_code\tvariant\tseiji_code\tseiji\trank\n\
            異体字\t5f20\t张\t5f35\t張\t1\n異体字\t5f20\t张\t5f21\t弡\t2\n\
            異体字\te000\t\u{E000}\t5f35\t張\t1\n異体字\t53f6\t叶\t8449\t葉\t1\n類字\t4e00\t亍\t5f35\t張\t1\n";
        let groups = regular_forms(table, &BTreeSet::from(['叶']));
        assert_eq!(written("", &groups), "弡 张\n張张\n");
    }
}
