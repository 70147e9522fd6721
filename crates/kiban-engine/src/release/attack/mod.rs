//! An acquaintance looks for people in a release: who agrees with their demographics and some events of their lives?
//!
//! What is known comes from tables in the common data model that hold the truth, such as a release's gated set. With a
//! link from true to released persons, which only the making of the release has, it is known how often the right person
//! is named. Without one it is known how many agree, and so how often the right person can be named *at most*.

use std::{collections::BTreeMap, path::Path};

pub use kiban_anon::life::{DateUnit, Success};
use kiban_anon::life::{Doubt, LifeAdversary, ReleasedLives, Suspects, TrueLives};
use kiban_core::keyed_u64;
use serde::Serialize;

pub use self::tables::TableFiles;
pub(crate) use self::tables::{DayCount, days, read, schema, texts};
use self::{demographics::Persons, events::Events};
use super::{
    package::{MANIFEST, PackageManifest},
    told::{ANY_MOVE, ToldDates},
    verify::unpack,
};
use crate::{Error, Result};

mod demographics;
mod events;
mod tables;

/// The most events that may be known; more would try too many ways.
pub const MOST_KNOWN: u8 = 8;

/// The shift that is reckoned with where dates were moved and nobody says how far: the largest of a specification that
/// says nothing of it.
const USUAL_SHIFT: i32 = 182;

/// Which released person each true person is.
pub type Link = BTreeMap<i64, i64>;

/// How an attack is run.
#[derive(Debug, Clone, Copy)]
pub struct Hunt<'a> {
    /// The key under which persons and events are drawn.
    pub key: &'a [u8],
    /// How many persons are looked for.
    pub targets: u32,
    /// The largest shift of dates, in days; taken from `told` or read off the dates where it is not given.
    pub shift: Option<i32>,
    /// What dates stand for; read off the dates where it is not known.
    pub told: Option<ToldDates>,
}

/// What is known of a person besides demographics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Knowledge {
    /// How many events, with their codes.
    pub events: u8,
    /// How precisely their dates.
    pub dates: DateUnit,
}

/// What the figures of an attack mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// How often the right person is named.
    Exact,
    /// How often the right person is named at most: nobody knows who was released under which number.
    AtMost,
}

/// How far an attack got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attacked {
    /// Persons of the truth who may be in the release by their demographics.
    pub persons: u64,
    /// Persons of the release.
    pub released: u64,
    /// The fewest released persons who share all demographics.
    pub smallest_class: u64,
    /// The shift that the adversary reckons with, in days.
    pub shift: i32,
    /// What the figures mean.
    pub meaning: Meaning,
    /// What came of it, by what is known.
    pub attempts: Vec<Attempt>,
}

/// What came of one knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Attempt {
    /// What is known.
    pub known: Knowledge,
    /// How often the right person is named; `among` counts those for whom somebody agrees.
    pub success: Success,
}

impl Attacked {
    /// Returns what the smallest class alone promises: 1 ÷ k.
    #[expect(clippy::cast_precision_loss, reason = "a class has far fewer than 2^52 persons")]
    pub fn baseline(&self) -> f64 {
        1.0 / self.smallest_class.max(1) as f64
    }

    /// Tells whether somebody stands alone by demographics, or some attempt succeeds more often than 1 ÷ k beyond doubt: its
    /// whole 95 % interval lies above.
    pub fn is_broken(&self) -> bool {
        self.smallest_class < 2
            || self.attempts.iter().any(|attempt| attempt.success.interval.0 > self.baseline() + 1e-9)
    }
}

/// Opens a package, a folder or a `.tar.zst`, for as long as `work` needs it.
///
/// # Errors
/// [`Error::Input`] where it holds no tables, and what `work` fails with.
pub fn with_package<T>(package: &Path, work: impl FnOnce(&TableFiles, &Path) -> Result<T>) -> Result<T> {
    let open = |folder: &Path| {
        let data = folder.join("data");
        TableFiles::in_folder(if data.is_dir() { &data } else { folder })
    };
    if package.is_dir() {
        return work(&open(package)?, package);
    }
    let unpacked = std::env::temp_dir().join(format!("kiban-attack-{}", std::process::id()));
    let unreadable =
        |_| Error::Input(format!("{} is no package: neither a folder nor a .tar.zst of one", package.display()));
    let done = unpack(package, &unpacked).map_err(unreadable).and_then(|folder| work(&open(&folder)?, &folder));
    let _ = std::fs::remove_dir_all(&unpacked);
    done
}

/// Returns what the dates of a folder stand for. In one that is no package nothing was moved; a package says it in its
/// manifest, except one of before that was said there.
pub fn told_of(package: &Path) -> Option<ToldDates> {
    match std::fs::read(package.join(MANIFEST)) {
        Ok(text) => serde_json::from_slice::<PackageManifest>(&text).ok()?.dates,
        Err(_) => Some(ToldDates::ByRow),
    }
}

/// Opens a folder of tables that hold the truth of a package: any of the common data model, or a house, whose gated set of
/// the release is taken.
///
/// # Errors
/// [`Error::Input`] where it holds no tables.
pub fn truth_of(truth: &Path, package: &Path) -> Result<TableFiles> {
    let gated = truth.join("lake").join("gated");
    if !gated.is_dir() {
        return TableFiles::in_folder(truth);
    }
    let text = std::fs::read_to_string(package.join(MANIFEST)).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    match manifest.get("release").and_then(serde_json::Value::as_str).map(|release| gated.join(release)) {
        Some(own) if own.is_dir() => TableFiles::in_folder(&own),
        _ => Err(Error::Input(format!(
            "{} has no gated set of this package's release; give a folder of tables instead of a house",
            truth.display()
        ))),
    }
}

/// Looks for persons of the truth in a release, once for each knowledge.
///
/// The adversary knows that the person is in the release, drops as few facts as possible where nobody agrees with all of
/// them, and names one of those who agree. Without a `link` the mean is over the persons who may be in the release by
/// their demographics. If these are more than were released, not all of them are in it, and the figures are raised in
/// proportion, though not above the worst, so that they are not passed by the mean over those who are.
///
/// # Errors
/// [`Error::Input`] where tables cannot be read, or no person of the truth may be in the release.
pub fn attack(
    released: &TableFiles,
    truth: &TableFiles,
    link: Option<&Link>,
    hunt: &Hunt<'_>,
    knowledge: &[Knowledge],
) -> Result<Attacked> {
    let (shown, known) = (Persons::read(released)?, Persons::read(truth)?);
    let field = Field::new(&shown, &known, link)?;
    let targets = field.draw(hunt);
    let in_company = field.companies(&targets);
    let mut sought: Vec<u32> = targets.iter().map(|target| target.who).collect();
    sought.sort_unstable();
    sought.dedup();
    let of_released = |id: i64| shown.place(id).filter(|place| in_company.get(*place as usize) == Some(&true));
    let of_truth = |id: i64| sought.binary_search(&known.place(id)?).ok().and_then(|place| u32::try_from(place).ok());
    let shift = |in_units: bool, count: DayCount| match (hunt.shift, hunt.told, count) {
        (_, _, DayCount::Relative) => ANY_MOVE,
        (Some(shift), _, DayCount::Calendar) => shift,
        (None, Some(told), DayCount::Calendar) => told.largest_move().unwrap_or(USUAL_SHIFT),
        (None, None, DayCount::Calendar) if in_units => 0,
        (None, None, DayCount::Calendar) => USUAL_SHIFT,
    };
    let grain = hunt.told.and_then(ToldDates::grain);
    let events = events::read((released, &of_released), (truth, &of_truth), grain, shift)?;
    let shift = shift(events.in_units, events.day_count);
    let chase = Chase { field: &field, events: &events, targets: &targets, sought: &sought, hunt, shift };
    let attempts = knowledge.iter().map(|known| chase.attempt(*known)).collect::<Result<_>>()?;
    Ok(Attacked {
        persons: count(field.pool.len()),
        released: count(shown.ids.len()),
        smallest_class: field.members.iter().map(Vec::len).min().map_or(0, count),
        shift,
        meaning: if link.is_some() { Meaning::Exact } else { Meaning::AtMost },
        attempts,
    })
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// One person looked for: who that is, and under which number they were released, where that is known.
#[derive(Debug, Clone, Copy)]
struct Target {
    who: u32,
    released: Option<u32>,
}

/// Who may be whom by demographics.
struct Field<'a> {
    shown: &'a Persons,
    known: &'a Persons,
    /// Released persons by what is told of them.
    members: Vec<Vec<u32>>,
    /// Per true tuple the released ones that agree.
    agreeing: Vec<Vec<u32>>,
    /// Persons who can be looked for.
    pool: Vec<Target>,
    is_linked: bool,
}

impl<'a> Field<'a> {
    fn new(shown: &'a Persons, known: &'a Persons, link: Option<&Link>) -> Result<Self> {
        let agreeing = known.agreeing(shown)?;
        let mut field =
            Self { shown, known, members: shown.by_tuple(), agreeing, pool: Vec::new(), is_linked: link.is_some() };
        field.pool = match link {
            Some(link) => {
                let target = |(who, as_whom): (&i64, &i64)| {
                    Some(Target { who: known.place(*who)?, released: Some(shown.place(*as_whom)?) })
                };
                link.iter().filter_map(target).collect()
            }
            None => {
                let all = (0..).zip(&known.tuple_of).filter(|(_, tuple)| !field.classes(**tuple).is_empty());
                all.map(|(who, _)| Target { who, released: None }).collect()
            }
        };
        if field.pool.is_empty() {
            return Err(Error::Input(
                "no person of the truth can be one of the release; is it the truth of another release?".to_owned(),
            ));
        }
        Ok(field)
    }

    fn classes(&self, tuple: u32) -> &[u32] {
        self.agreeing.get(tuple as usize).map_or(&[], Vec::as_slice)
    }

    /// Returns the released persons who agree with the demographics of a true one.
    fn company(&self, who: u32) -> impl Iterator<Item = u32> {
        let tuple = self.known.tuple_of.get(who as usize).copied().unwrap_or(u32::MAX);
        let members = self.classes(tuple).iter().filter_map(|class| self.members.get(*class as usize));
        members.flatten().copied()
    }

    /// Draws the persons to look for; one may be drawn again.
    fn draw(&self, hunt: &Hunt<'_>) -> Vec<Target> {
        let one = |number: u32| {
            let drawn = keyed_u64(hunt.key, &[b"attack on a release", &number.to_be_bytes()]);
            let place = (u128::from(drawn) * self.pool.len() as u128) >> 64;
            self.pool.get(usize::try_from(place).unwrap_or(0)).copied()
        };
        (0..hunt.targets).filter_map(one).collect()
    }

    /// Tells of each released person whether anybody looked for could be this one: the events of others are not needed.
    fn companies(&self, targets: &[Target]) -> Vec<bool> {
        let mut classes: Vec<u32> = targets
            .iter()
            .filter_map(|target| self.known.tuple_of.get(target.who as usize))
            .flat_map(|tuple| self.classes(*tuple))
            .copied()
            .collect();
        classes.sort_unstable();
        classes.dedup();
        self.shown.tuple_of.iter().map(|tuple| classes.binary_search(tuple).is_ok()).collect()
    }
}

struct Chase<'a> {
    field: &'a Field<'a>,
    events: &'a Events,
    targets: &'a [Target],
    sought: &'a [u32],
    hunt: &'a Hunt<'a>,
    shift: i32,
}

impl Chase<'_> {
    fn attempt(&self, known: Knowledge) -> Result<Attempt> {
        let adversary = LifeAdversary {
            key: self.hunt.key,
            targets: self.hunt.targets,
            known: usize::from(known.events),
            level: 0,
            date: known.dates,
            shift: self.shift,
            doubt: Doubt::DropsFacts,
        };
        let (nobody, nowhere) = (vec![0; self.sought.len()], vec![0; self.field.shown.ids.len()]);
        let Events { released, truth, codes, .. } = self.events;
        let truth = TrueLives { class: &nobody, person: &truth.person, code: &truth.code, day: &truth.days };
        let released = ReleasedLives {
            class: &nowhere,
            who: &nowhere,
            person: &released.person,
            code: &released.code,
            days: &released.days,
        };
        let suspects = Suspects::new(&adversary, &truth, &released, codes)?;
        let chances: Vec<f64> =
            (0..).zip(self.targets).map(|(number, target)| self.chance(&suspects, number, *target)).collect();
        Ok(Attempt { known, success: self.raised(Success::of(&chances)) })
    }

    /// Returns the probability with which the person is named: the exact one, or the greatest that is possible.
    #[expect(clippy::cast_precision_loss, reason = "a release has far fewer than 2^52 persons")]
    fn chance(&self, suspects: &Suspects<'_>, number: u32, target: Target) -> f64 {
        let Ok(who) = self.sought.binary_search(&target.who) else { return 0.0 };
        let company: Vec<u32> = self.field.company(target.who).collect();
        let ways = suspects.of(number, u32::try_from(who).unwrap_or(u32::MAX), &company);
        let named = |agree: &Vec<u32>| match target.released {
            Some(own) if !agree.contains(&own) => 0.0,
            _ => 1.0 / agree.len() as f64,
        };
        if ways.is_empty() { 0.0 } else { ways.iter().map(named).sum::<f64>() / ways.len() as f64 }
    }

    /// Raises a bound in proportion to the persons of the truth who cannot all be in the release.
    #[expect(clippy::cast_precision_loss, reason = "a truth has far fewer than 2^52 persons")]
    fn raised(&self, mut success: Success) -> Success {
        if !self.field.is_linked {
            let times = (self.field.pool.len() as f64 / self.field.shown.ids.len() as f64).max(1.0);
            let raise = |share: f64| (share * times).min(success.worst);
            success.mean = raise(success.mean);
            success.interval = (raise(success.interval.0), raise(success.interval.1));
        }
        success
    }
}
