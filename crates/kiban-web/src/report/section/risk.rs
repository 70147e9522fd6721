//! How easily a person could be found by the quasi-identifiers, before and after.

use super::{Block, Context, Section, Tile};
use crate::{
    chart::{Bar, BarRow, Bars, Chart, Mark, part},
    html::{Cell, Pair, Table},
    number::{count, share},
    report::{ClassBand, Population, Risk, RiskFigures, Uniques},
};

/// The scale of risk begins here; what is smaller is drawn as nothing.
const LEAST: f64 = 1e-4;

/// The risks shown, by the end of their message ids.
type Measure = (&'static str, fn(&RiskFigures) -> f64);

const MEASURES: [Measure; 5] = [
    ("prosecutor-max", |r| r.prosecutor_max),
    ("prosecutor-avg", |r| r.prosecutor_avg),
    ("journalist-max", |r| r.journalist_max),
    ("marketer", |r| r.marketer),
    ("unique", |r| r.unique_share),
];

pub(super) fn section(context: &Context<'_>) -> Option<Section> {
    let risk = context.report.risk.as_ref()?;
    let tile = |value: String, id: &str| Tile { value, words: context.both.word("tile", id) };
    let tiles = vec![
        tile(share(risk.after.prosecutor_max), "risk-max"),
        tile(share(risk.limit), "risk-limit"),
        tile(count(risk.k), "k"),
        tile(smallest(context, &risk.after, risk.k), "smallest"),
        tile(context.persons.count(risk.after.persons).to_string(), "persons-released"),
    ];
    let columns = context.both.fill("risk-columns", &[("columns", &risk.quasi_identifiers.join(", "))]);
    let mut blocks = vec![Block::Tiles(tiles), Block::Note(columns), measures(context, risk)];
    if !risk.classes.is_empty() {
        blocks.push(classes(context, risk));
    }
    blocks.extend(context.report.study.population.map(|p| Block::Table(population(context, &p))));
    Some(context.section("risk", blocks))
}

/// Writes the smallest class: k is no secret, so a class below the floor is "at least k".
fn smallest(context: &Context<'_>, figures: &RiskFigures, k: u64) -> String {
    let shown = context.persons.count(figures.smallest_class);
    if !shown.is_exact() && figures.smallest_class >= k { format!("≥{}", count(k)) } else { shown.to_string() }
}

fn measures(context: &Context<'_>, risk: &Risk) -> Block {
    let name = |id: &str| context.both.word("risk", id);
    let bar = |series, figures: &RiskFigures, (id, pick): Measure| {
        let few = if id == "unique" { context.persons.few(pick(figures), figures.persons) } else { None };
        let length = on_scale(few.unwrap_or_else(|| pick(figures)));
        Bar { series, length, value: written(context, figures, (id, pick)), hatched: few.is_some() }
    };
    let rows: Vec<BarRow> = MEASURES
        .iter()
        .map(|m| BarRow { words: name(m.0), bars: vec![bar(6, &risk.before, *m), bar(1, &risk.after, *m)] })
        .collect();
    let mut cells: Vec<Vec<Cell>> =
        MEASURES.iter().map(|m| row(name(m.0), [&risk.before, &risk.after].map(|f| written(context, f, *m)))).collect();
    cells.push(row(
        name("smallest"),
        [0, risk.k].map(|k| smallest(context, if k == 0 { &risk.before } else { &risk.after }, k.max(1))),
    ));
    cells.push(row(name("classes"), [&risk.before, &risk.after].map(|f| count(f.classes))));
    cells.push(row(name("persons"), [&risk.before, &risk.after].map(|f| context.persons.count(f.persons).to_string())));
    let table = context.table("risk", &["measure", "before", "after"], cells);
    let legend = context.before_after();
    context.figure("risk", |label| vec![Chart::Bars(Bars::new(label, legend, rows, marks(risk)))], table)
}

fn written(context: &Context<'_>, figures: &RiskFigures, (id, pick): Measure) -> String {
    if id == "unique" { context.persons.share(pick(figures), figures.persons) } else { share(pick(figures)) }
}

fn row(name: Pair, values: [String; 2]) -> Vec<Cell> {
    std::iter::once(name.into()).chain(values.map(Cell::Number)).collect()
}

/// The steps of the scale and the limit.
fn marks(risk: &Risk) -> Vec<Mark> {
    let step = |(value, text): (f64, &str)| Mark { at: on_scale(value), text: text.to_owned(), limit: false };
    let mut marks: Vec<Mark> = [(0.001, "0.1%"), (0.01, "1%"), (0.1, "10%"), (1.0, "100%")].map(step).into();
    marks.push(Mark { at: on_scale(risk.limit), text: String::new(), limit: true });
    marks
}

/// Places a risk on a scale by powers of ten, from a hundredth of a percent to certainty.
fn on_scale(value: f64) -> f64 {
    if value <= LEAST { 0.0 } else { 1.0 - value.log10() / LEAST.log10() }
}

fn classes(context: &Context<'_>, risk: &Risk) -> Block {
    let pick = |side: fn(&ClassBand) -> u64| context.persons.parts(&risk.classes.iter().map(side).collect::<Vec<_>>());
    let (before, after) = (pick(|b| b.before), pick(|b| b.after));
    let most = before.iter().chain(&after).map(|s| s.drawn()).max().unwrap_or_default();
    let (mut rows, mut cells) = (vec![], vec![]);
    for (band, (b, a)) in risk.classes.iter().zip(before.iter().zip(&after)) {
        let size = match band.to {
            Some(to) if to == band.from => count(to),
            Some(to) => format!("{}–{}", count(band.from), count(to)),
            None => format!("≥{}", count(band.from)),
        };
        let words = context.both.fill("risk-band", &[("size", &size)]);
        let bars = [(6, b), (1, a)].map(|(series, s)| Bar {
            series,
            length: part(s.drawn(), most),
            value: s.to_string(),
            hatched: !s.is_exact(),
        });
        rows.push(BarRow { words: words.clone(), bars: bars.into() });
        cells.push(row(words, [b, a].map(ToString::to_string)));
    }
    let table = context.table("classes", &["class-size", "before", "after"], cells);
    let legend = context.before_after();
    context.figure("classes", |label| vec![Chart::Bars(Bars::new(label, legend, rows, vec![]))], table)
}

/// A model of population uniques: the end of its message id and its number.
type Model = (&'static str, fn(&Uniques) -> Option<f64>);

const MODELS: [Model; 4] =
    [("dankar", |u| u.dankar), ("pitman", |u| u.pitman), ("snb", |u| u.snb), ("zayatz", |u| u.zayatz)];

/// The share of the population expected to be unique, by model, before and after.
#[expect(clippy::cast_precision_loss, reason = "a share is shown with four digits at most")]
fn population(context: &Context<'_>, population: &Population) -> Table {
    let of = |n: Option<f64>| n.map_or_else(|| "–".to_owned(), |n| share(n / population.persons.max(1) as f64));
    let line = |(id, pick): Model| {
        row(context.both.word("risk", id), [&population.before, &population.after].map(|side| of(pick(side))))
    };
    let mut table = context.table("population", &["measure", "before", "after"], MODELS.map(line).into());
    table.caption = context.both.fill("table-population", &[("persons", &count(population.persons))]);
    table
}
