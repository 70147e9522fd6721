//! Pairs explained field by field: a waterfall of bits, and what else the pair could be.

use super::{Context, MATCH, colour};
use crate::{
    chart::{Chain, Chart, Key, Label, Legend, Part, Span, Spans, Stack, StackRow, signed},
    html::{Cell, Pair, Table},
    linkage::{ClassShare, Example, FieldBits, PairOutcome},
    number::share,
    page::{Block, Section, no_legend},
};

/// Classes less likely than this are shown in the table alone.
const LEAST: f64 = 0.001;
/// Bits from which a field speaks clearly: it doubles or halves the odds.
const CLEAR: f64 = 1.0;

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let examples = &context.report.examples;
    let blocks: Vec<Block> = (1..).zip(examples).map(|(at, example)| figure(context, at, example)).collect();
    (!blocks.is_empty()).then(|| context.both.section("examples", blocks))
}

fn figure(context: &Context<'_>, at: usize, example: &Example) -> Block {
    let both = context.both;
    let ids = Pair::plain(format!("{} ↔ {}", example.left, example.right));
    let caption = both.join(&[ids, context.outcome(example.outcome)], "：", ": ");
    let charts = vec![waterfall(context, at, example, &caption), stack(context, at, example)];
    let mut figure = both.captioned(caption, charts, tables(context, example));
    figure.notes = notes(context, example);
    Block::Figure(figure)
}

fn waterfall(context: &Context<'_>, at: usize, example: &Example, caption: &Pair) -> Chart {
    let both = context.both;
    let mut sum = example.prior_bits;
    let bar = |series, words, from, to, value: f64| Span { series, words, from, to, value: signed(value, 1) };
    let mut spans = vec![bar(6, both.pair("example-prior"), 0.0, sum, sum)];
    for one in &example.fields {
        let words = [context.field(&one.field), context.level(&one.field, &one.level)];
        let series = if one.bits < 0.0 { 2 } else { 1 };
        spans.push(bar(series, both.join(&words, "：", ": "), sum, sum + one.bits, one.bits));
        sum += one.bits;
    }
    spans.push(bar(6, against(context, example), 0.0, sum, sum));
    let label = Label { id: format!("example-{at}"), title: caption.clone(), desc: both.word("desc", "waterfall") };
    Chart::Spans(Spans::new(label, no_legend(), spans, Chain::Linked))
}

/// Says what the sum of bits is for and against.
fn against(context: &Context<'_>, example: &Example) -> Pair {
    context.both.say("example-sum", &[("rival", &context.class(&example.rival))])
}

fn stack(context: &Context<'_>, at: usize, example: &Example) -> Chart {
    let both = context.both;
    let words = |one: &ClassShare| both.join(&[context.class(&one.class), Pair::plain(share(one.share))], " ", " ");
    let shown: Vec<&ClassShare> = example.classes.iter().filter(|one| one.share >= LEAST).collect();
    let key = |one: &&ClassShare| {
        let (series, letter) = colour(&one.class);
        Key { series, letter: letter.to_owned(), words: words(one) }
    };
    let part = |one: &&ClassShare| {
        let (series, letter) = colour(&one.class);
        let (letter, tip) = (letter.to_owned(), words(one).line());
        Part { series, letter, amount: millionths(one.share), tip, hatched: false }
    };
    let title = both.pair("example-classes");
    let row = StackRow { words: title.clone(), parts: shown.iter().map(part).collect() };
    let label = Label { id: format!("example-{at}-classes"), title, desc: both.word("desc", "example-classes") };
    Chart::Stack(Stack::new(label, Legend { keys: shown.iter().map(key).collect() }, vec![row]))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share between 0 and 1")]
fn millionths(share: f64) -> u64 {
    (share.clamp(0.0, 1.0) * 1e6).round() as u64
}

fn tables(context: &Context<'_>, example: &Example) -> Vec<Table> {
    let both = context.both;
    let mut sum = example.prior_bits;
    let bits = |bits: f64, sum: f64| [bits, sum].map(|n| Cell::Number(signed(n, 2)));
    let [before, first] = bits(sum, sum);
    let mut rows: Vec<Vec<Cell>> =
        vec![vec![both.pair("example-prior").into(), Pair::plain("").into(), Pair::plain("").into(), before, first]];
    for one in &example.fields {
        sum += one.bits;
        let [added, sum] = bits(one.bits, sum);
        let level = context.level(&one.field, &one.level);
        rows.push(vec![context.field(&one.field).into(), level.into(), Cell::Code(one.level.clone()), added, sum]);
    }
    let classes = example.classes.iter();
    let classes = classes.map(|one| vec![context.class(&one.class).into(), Cell::Number(share(one.share))]).collect();
    vec![
        both.table("waterfall", &["field", "level", "word", "bits", "sum"], rows),
        both.table("example-classes", &["class", "probability"], classes),
    ]
}

/// Says what became of the pair and who decided, and then what spoke most for it or against it.
fn notes(context: &Context<'_>, example: &Example) -> Vec<Pair> {
    let both = context.both;
    let probability = Pair::plain(share(example.probability));
    let why = both.say(&format!("why-{}", example.outcome.as_str()), &[("probability", &probability)]);
    let decided = both.known(&["decided"], &example.basis);
    let mut notes = vec![both.join(&[why, decided], "", " ")];
    notes.extend(turning(context, example));
    notes.extend(other(context, example));
    notes
}

/// Names the field that a joined pair rests on most, or the one that kept the others apart.
fn turning(context: &Context<'_>, example: &Example) -> Option<Pair> {
    let both = context.both;
    let joined = example.outcome == PairOutcome::Joined;
    let by_bits = |a: &&FieldBits, b: &&FieldBits| a.bits.total_cmp(&b.bits);
    let field = if joined { example.fields.iter().max_by(by_bits) } else { example.fields.iter().min_by(by_bits) }?;
    let sum = example.prior_bits + example.fields.iter().map(|one| one.bits).sum::<f64>();
    let speaks = if joined { field.bits >= CLEAR } else { field.bits <= -CLEAR };
    let id = match (joined, speaks) {
        (true, true) => "turn-for",
        (false, true) => "turn-against",
        (true, false) => return None,
        (false, false) => return Some(both.pair("turn-too-little")),
    };
    let (bits, without) = (Pair::plain(signed(field.bits, 1)), Pair::plain(signed(sum - field.bits, 1)));
    let (name, sum) = (context.field(&field.field), Pair::plain(signed(sum, 1)));
    Some(both.say(id, &[("field", &name), ("bits", &bits), ("sum", &sum), ("without", &without)]))
}

/// Names what else the pair could be, where that is not out of the question.
fn other(context: &Context<'_>, example: &Example) -> Option<Pair> {
    let others = example.classes.iter().filter(|one| one.class != MATCH && one.share >= 0.01);
    let likeliest = others.max_by(|a, b| a.share.total_cmp(&b.share))?;
    let meaning = context.both.known(&["meaning"], &likeliest.class);
    let (class, share) = (context.class(&likeliest.class), Pair::plain(share(likeliest.share)));
    Some(context.both.say("example-other", &[("class", &class), ("share", &share), ("meaning", &meaning)]))
}
