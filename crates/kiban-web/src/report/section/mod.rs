//! The sections of the page, one file each; each says nothing where the run has nothing to say.

use kiban_core::FacilityCode;

use super::RunReport;
use crate::{
    chart::{Chart, Key, Label, Legend},
    html::{Both, Cell, Pair, Table},
    number::Persons,
    page::{Block, CheckLine, Section, Tile, no_legend},
};

mod acquaintance;
mod attacks;
mod audit;
mod between;
mod dates;
mod explored;
mod findings;
mod fitted;
mod flow;
mod frontier;
mod linkage;
mod loss;
mod ordinance;
mod peculiar;
mod rare;
mod risk;
mod standings;
mod timings;
mod transformed;
mod tried;
mod utility;
mod verdict;

/// What every section is made from.
pub(super) struct Context<'a> {
    pub(super) report: &'a RunReport,
    pub(super) both: &'a Both,
    pub(super) persons: Persons,
}

/// Returns the sections that have something to say, in the order of the page.
pub(super) fn all(context: &Context<'_>) -> Vec<Section> {
    let sections: [fn(&Context<'_>) -> Option<Section>; 22] = [
        verdict::section,
        flow::section,
        standings::section,
        linkage::section,
        fitted::section,
        risk::section,
        between::section,
        frontier::section,
        explored::section,
        tried::section,
        loss::section,
        transformed::section,
        utility::section,
        ordinance::section,
        acquaintance::section,
        attacks::section,
        dates::section,
        rare::section,
        peculiar::section,
        findings::section,
        audit::section,
        timings::section,
    ];
    sections.iter().filter_map(|section| section(context)).collect()
}

impl Context<'_> {
    /// Makes a section with the title and the lead that stand under its id in the texts.
    fn section(&self, id: &'static str, blocks: Vec<Block>) -> Section {
        self.both.section(id, blocks)
    }

    /// Makes a drawing with the caption and the description that stand under its id in the texts.
    fn figure(&self, id: &str, charts: impl FnOnce(Label) -> Vec<Chart>, table: impl Into<Vec<Table>>) -> Block {
        self.both.figure(id, charts, table)
    }

    /// Makes a table whose caption stands under `table-` and its id.
    fn table(&self, id: &str, head: &[&str], rows: Vec<Vec<Cell>>) -> Table {
        self.both.table(id, head, rows)
    }

    /// Returns a facility's name, or its code where the run knows no name.
    fn facility(&self, code: FacilityCode) -> Pair {
        let known = self.report.flow.facilities.iter().find(|f| f.code == code);
        Pair::plain(known.map_or_else(|| code.to_string(), |f| f.name.clone()))
    }

    /// Makes a key of `before` and `after`.
    fn before_after(&self) -> Legend {
        let key = |series, id| Key { series, letter: String::new(), words: self.both.word("column", id) };
        Legend { keys: vec![key(6, "before"), key(1, "after")] }
    }
}
