//! The small parts every page is made of: a sentence in both languages, a table, a list of figures.

use askama::{Template, filters::HtmlSafe};

use crate::{Error, Lang, Texts};

/// A sentence in the page's first language and beside it in the second.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "pair.html")]
pub(crate) struct Pair {
    pub(crate) lang: Lang,
    pub(crate) first: String,
    pub(crate) second: String,
}

/// Only templates that escape what is put into them are safe in HTML.
impl HtmlSafe for Pair {}

impl Pair {
    /// Returns text that is the same in both languages, such as a column's name.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { lang: Lang::En, first: text.into(), second: String::new() }
    }

    /// Returns the words of the second language, which may be the same.
    fn other(&self) -> &str {
        if self.second.is_empty() { &self.first } else { &self.second }
    }

    /// Returns both languages on one line, for titles of figures and table captions read aloud.
    pub(crate) fn line(&self) -> String {
        if self.second.is_empty() { self.first.clone() } else { format!("{} / {}", self.first, self.second) }
    }
}

/// The texts of both languages; the first one leads.
pub(crate) struct Both {
    first: Texts,
    second: Texts,
}

impl Both {
    pub(crate) fn new(lang: Lang) -> Result<Self, Error> {
        Ok(Self { first: Texts::new(lang)?, second: Texts::new(lang.other())? })
    }

    /// Returns the message in both languages.
    pub(crate) fn pair(&self, id: &str) -> Pair {
        self.fill(id, &[])
    }

    /// Returns the message in both languages with its variables filled in.
    pub(crate) fn fill(&self, id: &str, args: &[(&str, &str)]) -> Pair {
        Pair { lang: self.first.lang(), first: self.first.get(id, args), second: self.second.get(id, args) }
    }

    /// Returns a sentence that is given in both languages.
    pub(crate) fn of(&self, ja: &str, en: &str) -> Pair {
        let of = |lang| if lang == Lang::Ja { ja } else { en }.to_owned();
        Pair { lang: self.first.lang(), first: of(self.first.lang()), second: of(self.second.lang()) }
    }

    /// Returns the message in both languages, its variables filled in with words of each language.
    pub(crate) fn say(&self, id: &str, args: &[(&str, &Pair)]) -> Pair {
        let firsts: Vec<(&str, &str)> = args.iter().map(|(name, pair)| (*name, pair.first.as_str())).collect();
        let seconds: Vec<(&str, &str)> = args.iter().map(|(name, pair)| (*name, pair.other())).collect();
        let (first, second) = (self.first.get(id, &firsts), self.second.get(id, &seconds));
        Pair { lang: self.first.lang(), first, second }
    }

    /// Puts words one after the other, in each language with what stands between its words.
    pub(crate) fn join(&self, pairs: &[Pair], ja: &str, en: &str) -> Pair {
        let between = self.of(ja, en);
        let first = pairs.iter().map(|pair| pair.first.as_str()).collect::<Vec<_>>().join(&between.first);
        if pairs.iter().all(|pair| pair.second.is_empty()) {
            return Pair::plain(first);
        }
        let second = pairs.iter().map(Pair::other).collect::<Vec<_>>().join(&between.second);
        Pair { lang: self.first.lang(), first, second }
    }

    /// Returns the message for a word of the first family that knows it, or the word itself, such as a column's name.
    pub(crate) fn known(&self, families: &[&str], word: &str) -> Pair {
        let id = families.iter().map(|family| format!("{family}-{word}")).find(|id| self.first.has(id));
        id.map_or_else(|| Pair::plain(word), |id| self.pair(&id))
    }

    /// Returns the message for a word of a family, such as `stage-gate`.
    pub(crate) fn word(&self, family: &str, word: &str) -> Pair {
        self.pair(&format!("{family}-{word}"))
    }
}

/// One cell of a table.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    /// Words.
    Words(Pair),
    /// A number, set to the right.
    Number(String),
    /// A name of the program or of a column, in a fixed-width type.
    Code(String),
    /// Right or wrong, never by colour alone.
    Tick(bool, Pair),
}

impl From<Pair> for Cell {
    fn from(pair: Pair) -> Self {
        Self::Words(pair)
    }
}

/// A table with a caption, column headings and row headings.
#[derive(Debug, Clone, Template)]
#[template(path = "table.html")]
pub(crate) struct Table {
    pub(crate) caption: Pair,
    pub(crate) head: Vec<Pair>,
    /// The first cell of each row is its heading.
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl HtmlSafe for Table {}

impl From<Table> for Vec<Table> {
    fn from(table: Table) -> Self {
        vec![table]
    }
}

/// Returns the width of a text in ems, near enough to break lines by: East Asian letters are square.
pub(crate) fn ems(text: &str) -> f64 {
    text.chars().map(|c| if u32::from(c) < 0x2E80 { 0.56 } else { 1.0 }).sum()
}

/// Breaks a text into lines of at most `width` ems: at spaces, and anywhere between East Asian letters.
pub(crate) fn wrap(text: &str, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && ems(line) + ems(piece.trim_end()) > width {
            line.truncate(line.trim_end().len());
            lines.push(piece.trim_start().to_owned());
        } else {
            line.push_str(piece);
        }
    }
    lines.into_iter().filter(|line| !line.is_empty()).collect()
}

/// Cuts a text where a line may end: after a space or a dot, and around East Asian letters except before closing marks.
fn pieces(text: &str) -> Vec<&str> {
    let mut cuts = vec![];
    let mut before = None;
    for (at, c) in text.char_indices() {
        let wide = |c: char| u32::from(c) >= 0x2E80;
        let closing = "、。」）・ーっゃゅょァィゥェォッャュョ％".contains(c);
        let opening = before.is_some_and(|b| "「（".contains(b));
        if before.is_some_and(|b| b == ' ' || b == '.' || wide(b) || wide(c)) && !closing && !opening {
            cuts.push(at);
        }
        before = Some(c);
    }
    cuts.push(text.len());
    let mut start = 0;
    cuts.into_iter().filter_map(|cut| text.get(std::mem::replace(&mut start, cut)..cut)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_they_may() {
        assert_eq!(wrap("one two three", 4.5), ["one two", "three"]);
        assert_eq!(wrap("通知から三十日。待つ", 5.0), ["通知から三", "十日。待つ"]);
        assert_eq!(wrap("通知です。次", 4.0), ["通知で", "す。次"]);
        assert_eq!(wrap("unbreakableword", 2.0), ["unbreakableword"]);
        assert_eq!(wrap("", 5.0), Vec::<String>::new());
    }

    #[test]
    fn both_languages_stand_side_by_side() -> Result<(), Error> {
        assert_eq!(Both::new(Lang::Ja)?.word("stage", "gate").line(), "適格確認済み / Gated");
        assert_eq!(Both::new(Lang::En)?.word("stage", "gate").line(), "Gated / 適格確認済み");
        Ok(())
    }

    #[test]
    fn words_are_joined_in_each_language_and_names_stay() -> Result<(), Error> {
        let both = Both::new(Lang::Ja)?;
        let name = both.known(&["field", "holds"], "my_column");
        assert_eq!(name, Pair::plain("my_column"));
        let field = both.known(&["field", "holds"], "postcode");
        assert_eq!(
            both.join(&[name.clone(), field], "：", ": ").line(),
            "my_column：郵便番号 / my_column: postal code"
        );
        assert_eq!(both.join(&[name.clone(), name], "：", ": "), Pair::plain("my_column：my_column"));
        Ok(())
    }
}
