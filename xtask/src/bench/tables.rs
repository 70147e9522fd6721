//! Tables of the sizes and shapes that ARX was measured on, made up anew each time: the same rows on every machine.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context;

/// A table with its hierarchies, as it lies in a folder: `data.csv` and `<column>.csv` beside it.
pub(super) struct Shape {
    pub(super) columns: Vec<Column>,
}

/// A column: its leaves with their labels on every level, leaf first.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) rows: Vec<Vec<String>>,
}

impl Shape {
    /// Has the shape of KDD Cup 98: eight columns, 45,000 nodes, 13,294 postal codes.
    pub(super) fn cup() -> Self {
        let columns = vec![
            Column::zip("ZIP", 13_294),
            Column::intervals("AGE", 98, &[5, 10, 20]),
            Column::intervals("GENDER", 4, &[]),
            Column::intervals("INCOME", 8, &[2]),
            Column::intervals("STATE", 53, &[]),
            Column::intervals("RAMNTALL", 814, &[20, 100, 400]),
            Column::intervals("NGIFTALL", 71, &[5, 10, 30]),
            Column::intervals("MINRAMNT", 124, &[5, 20, 60]),
        ];
        Self { columns }
    }

    /// Has the hierarchies that lie in ARX's files, whose names begin with `before`.
    pub(super) fn read(before: &Path, names: &[&str]) -> anyhow::Result<Self> {
        let column = |name: &&str| {
            let path = format!("{}{name}.csv", before.display());
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
            let rows = text.lines().map(|line| line.split(';').map(str::to_owned).collect()).collect();
            Ok(Column { name: (*name).to_owned(), rows })
        };
        Ok(Self { columns: names.iter().map(column).collect::<anyhow::Result<_>>()? })
    }

    /// Has many columns of eight values in a hierarchy of three levels, in which every second one follows the one before.
    pub(super) fn wide(columns: usize) -> Self {
        Self { columns: (1..=columns).map(|at| Column::intervals(&format!("Q{at:02}"), 8, &[2])).collect() }
    }

    /// Writes the hierarchies and so many rows.
    pub(super) fn write(&self, dir: &Path, rows: &mut dyn Iterator<Item = Vec<usize>>) -> anyhow::Result<()> {
        fs::create_dir_all(dir)?;
        for column in &self.columns {
            let lines: String = column.rows.iter().map(|labels| labels.join(";") + "\n").collect();
            fs::write(dir.join(format!("{}.csv", column.name)), lines)?;
        }
        let mut file = BufWriter::new(File::create(dir.join("data.csv"))?);
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        writeln!(file, "{}", names.join(";"))?;
        for row in rows {
            let cells =
                self.columns.iter().zip(row).map(|(column, code)| Some(column.rows.get(code)?.first()?.as_str()));
            let cells: Option<Vec<&str>> = cells.collect();
            writeln!(file, "{}", cells.context("a code has no leaf")?.join(";"))?;
        }
        Ok(file.flush()?)
    }

    /// Draws rows in which the first values are frequent, as in real data: the smallest of three dice.
    pub(super) fn skewed(&self, rows: u64) -> impl Iterator<Item = Vec<usize>> {
        let draw = |row: u64| {
            let column = |(place, column): (u64, &Column)| {
                let die = |nth: u64| below(dice(row, place * 3 + nth), column.rows.len());
                die(0).min(die(1)).min(die(2))
            };
            (0..).zip(&self.columns).map(column).collect()
        };
        (0..rows).map(draw)
    }

    /// Draws rows of which no two are equal; the state follows the postal code, the sum the number of gifts.
    pub(super) fn unique(&self, rows: usize) -> impl Iterator<Item = Vec<usize>> {
        let mut seen = HashSet::new();
        let draw = |row: u64| {
            let mut codes: Vec<usize> = Vec::with_capacity(self.columns.len());
            for (place, column) in (0..).zip(&self.columns) {
                let many = column.rows.len();
                let die = |nth: u64| below(dice(row, place * 3 + nth), many);
                let follows = |codes: &[usize], leader: usize| {
                    let of = self.columns.get(leader).map_or(1, |c| c.rows.len()).max(1);
                    codes.get(leader).map_or(0, |code| code * many / of)
                };
                codes.push(match column.name.as_str() {
                    "ZIP" => die(0),
                    "AGE" => (die(0) + die(1)) / 2,
                    "STATE" => follows(&codes, 0),
                    "MINRAMNT" => (many - 1 - follows(&codes, 6)).min(die(0)),
                    _ => die(0).min(die(1)).min(die(2)),
                });
            }
            codes
        };
        (0..).map(draw).filter(move |codes| seen.insert(codes.clone())).take(rows)
    }

    /// Draws rows in which every second column mostly has the value of the one before.
    pub(super) fn paired(&self, rows: u64) -> impl Iterator<Item = Vec<usize>> {
        let draw = |row: u64| {
            let mut codes: Vec<usize> = Vec::with_capacity(self.columns.len());
            for (place, column) in (0..).zip(&self.columns) {
                let die = |nth: u64| below(dice(row, place * 4 + nth), column.rows.len());
                let own = die(0).min(die(1)).min(die(2));
                let before = codes.last().copied().filter(|_| place % 2 == 1 && die(3) > 0);
                codes.push(before.unwrap_or(own));
            }
            codes
        };
        (0..rows).map(draw)
    }
}

impl Column {
    /// Numbers in intervals of these widths, then everything.
    fn intervals(name: &str, leaves: usize, widths: &[usize]) -> Self {
        let labels = |leaf: usize| {
            let group = |width: &usize| format!("{}-{}", leaf / width * width, leaf / width * width + width - 1);
            let mut labels = vec![leaf.to_string()];
            labels.extend(widths.iter().map(group));
            labels.push("*".to_owned());
            labels
        };
        Self { name: name.to_owned(), rows: (0..leaves).map(labels).collect() }
    }

    /// Five digits, of which each level hides one more.
    fn zip(name: &str, leaves: usize) -> Self {
        let labels = |leaf: usize| {
            let digits = format!("{:05}", leaf * 7 % 100_000);
            (0..=5).map(|hidden| format!("{}{}", digits.get(..5 - hidden).unwrap_or(""), "*".repeat(hidden))).collect()
        };
        Self { name: name.to_owned(), rows: (0..leaves).map(labels).collect() }
    }
}

/// Returns a number that looks random and is the same everywhere (SplitMix64).
fn dice(row: u64, place: u64) -> u64 {
    let mut z = (row << 8 | place).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Brings a number evenly below `many`.
fn below(number: u64, many: usize) -> usize {
    (((number >> 32) * many as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cup_has_45_000_nodes_and_no_row_twice() {
        let cup = Shape::cup();
        let levels = cup.columns.iter().map(|column| column.rows[0].len());
        assert_eq!(levels.product::<usize>(), 45_000);
        let rows: HashSet<_> = cup.unique(2_000).collect();
        assert_eq!(rows.len(), 2_000);
        assert!(rows.iter().all(|row| row.iter().zip(&cup.columns).all(|(code, column)| *code < column.rows.len())));
    }

    #[test]
    fn groups_are_nested() {
        let shapes = [Shape::cup(), Shape::wide(2)];
        for column in shapes.iter().flat_map(|shape| &shape.columns) {
            for level in 1..column.rows[0].len() {
                let pairs: HashSet<_> = column.rows.iter().map(|row| (&row[level - 1], &row[level])).collect();
                let below: HashSet<_> = column.rows.iter().map(|row| &row[level - 1]).collect();
                assert_eq!(pairs.len(), below.len(), "{} {level}", column.name);
            }
        }
    }

    #[test]
    fn pairs_follow_each_other() {
        let rows: Vec<_> = Shape::wide(4).paired(1_000).collect();
        let same = rows.iter().filter(|row| row[2] == row[3]).count();
        assert!(same > 800, "{same}");
        assert_eq!(rows, Shape::wide(4).paired(1_000).collect::<Vec<_>>());
    }
}
