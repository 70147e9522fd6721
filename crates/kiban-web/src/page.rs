//! The frame of every page, and the blocks that its sections are built of.

use askama::{Template, filters::HtmlSafe};
use jiff::{Timestamp, tz::Offset};

use crate::{
    Lang,
    chart::{Chart, Label, Legend},
    html::{Both, Cell, Pair, Table},
    palette,
};

/// A whole page.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Page {
    lang: Lang,
    title: Pair,
    kind: Pair,
    skip: Pair,
    contents: Pair,
    footer: Pair,
    facts: Vec<(Pair, Cell)>,
    sections: Vec<Section>,
    css: Css,
}

/// What stands at the head and the foot of a page.
pub(crate) struct Head {
    pub(crate) title: Pair,
    pub(crate) kind: Pair,
    pub(crate) facts: Vec<(Pair, Cell)>,
    pub(crate) footer: Pair,
}

/// The style sheet, which is the program's own.
struct Css(String);

impl HtmlSafe for Css {}

impl std::fmt::Display for Css {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Page {
    /// Puts the sections into the frame.
    pub(crate) fn new(head: Head, sections: Vec<Section>, both: &Both, lang: Lang) -> Self {
        let Head { title, kind, facts, footer } = head;
        let css = Css(palette::css() + include_str!("../templates/report.css"));
        let (skip, contents) = (both.pair("page-skip"), both.pair("page-contents"));
        Self { lang, title, kind, skip, contents, footer, facts, sections, css }
    }
}

/// Writes an instant as it is in Japan, which has had no summer time since long before the Act.
pub(crate) fn japan(at: Timestamp) -> String {
    Offset::from_hours(9)
        .map_or_else(|_| at.to_string(), |o| o.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S JST").to_string())
}

/// One section of the page.
#[derive(Template)]
#[template(path = "section.html")]
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: Pair,
    pub(crate) lead: Pair,
    pub(crate) blocks: Vec<Block>,
}

impl HtmlSafe for Section {}

/// What a section is built of.
pub(crate) enum Block {
    /// Figures set large.
    Tiles(Vec<Tile>),
    /// What was checked, and whether it held.
    Checks(Vec<CheckLine>),
    /// A drawing with its table folded under it.
    Figure(Figure),
    /// A table on its own.
    Table(Table),
    /// Names and values.
    Facts(Vec<(Pair, Cell)>),
    /// A remark.
    Note(Pair),
    /// Commands to type.
    Commands(Vec<(Pair, String)>),
}

/// A figure set large, and what it is.
pub(crate) struct Tile {
    pub(crate) value: String,
    pub(crate) words: Pair,
}

/// One check and how it ended.
pub(crate) struct CheckLine {
    pub(crate) passed: bool,
    pub(crate) verdict: Pair,
    pub(crate) words: Pair,
    pub(crate) figures: Pair,
}

/// A drawing, its caption, what is to be said of it, and its table.
pub(crate) struct Figure {
    pub(crate) caption: Pair,
    pub(crate) notes: Vec<Pair>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) summary: Pair,
    pub(crate) tables: Vec<Table>,
}

/// Returns a key without entries, for figures of one series.
pub(crate) const fn no_legend() -> Legend {
    Legend { keys: Vec::new() }
}

/// What a page says of its parts stands in the texts under the family and the part's id.
impl Both {
    /// Makes a section with its title and its lead.
    pub(crate) fn section(&self, id: &'static str, blocks: Vec<Block>) -> Section {
        Section { id, title: self.word("section", id), lead: self.word("lead", id), blocks }
    }

    /// Makes a drawing with its caption and its description.
    pub(crate) fn figure(
        &self,
        id: &str,
        charts: impl FnOnce(Label) -> Vec<Chart>,
        tables: impl Into<Vec<Table>>,
    ) -> Block {
        let caption = self.word("figure", id);
        let label = Label { id: id.to_owned(), title: caption.clone(), desc: self.word("desc", id) };
        Block::Figure(self.captioned(caption, charts(label), tables.into()))
    }

    /// Makes a drawing with a caption of its own.
    pub(crate) fn captioned(&self, caption: Pair, charts: Vec<Chart>, tables: Vec<Table>) -> Figure {
        Figure { caption, notes: vec![], charts, summary: self.pair("figure-table"), tables }
    }

    /// Makes a table with its caption and its heads.
    pub(crate) fn table(&self, id: &str, head: &[&str], rows: Vec<Vec<Cell>>) -> Table {
        let head = head.iter().map(|id| self.word("column", id)).collect();
        Table { caption: self.word("table", id), head, rows }
    }

    /// Makes a figure set large.
    pub(crate) fn tile(&self, value: String, id: &str) -> Tile {
        Tile { value, words: self.word("tile", id) }
    }
}
