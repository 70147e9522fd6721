//! Households: who lives together, what they are called, how marriage, moving and new work change that.

use jiff::civil::Date;

use super::{Address, Coverage, History, MEMBERS, Name, Person, Plan, canary, insurance};
use crate::{
    calendar::{age_on, birthday, plus},
    config::Window,
    dice::{Dice, Purpose},
    tables::{FOREIGN, Place, Sex, Tables},
};

/// What all households are made from.
pub(crate) struct PopulationPlan {
    pub(crate) seed: u64,
    pub(crate) window: Window,
    pub(crate) tables: Tables,
}

#[derive(Clone, Copy)]
enum Kind {
    Single,
    Couple,
    Family,
    OneParent,
    ThreeGenerations,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Head,
    Spouse,
    Child,
    Grandparent,
}

/// A member before names and papers.
#[derive(Clone, Copy)]
struct Seat {
    role: Role,
    sex: Sex,
    birth: Date,
    /// Index of the twin born just before.
    twin: Option<usize>,
}

/// A seat with the names and insurance of the one who sits there.
type Member<'a> = (&'a Seat, (History<Name>, History<Coverage>));

/// Makes a household; the same number gives the same people, whatever was made before.
pub(crate) fn household(plan: &PopulationPlan, number: u64) -> Vec<Person> {
    if let Some(person) = canary::canary(number) {
        return vec![person];
    }
    let mut dice = Dice::new(plan.seed, Purpose::Household, number, 0, 0);
    let seats = seats(&mut dice, plan.window.last);
    let homes = homes(plan, &mut dice);
    let wedding = wedding(&mut dice, &seats, plan.window);
    let family = Family::draw(plan, &mut dice, number, wedding);
    let names = family.names(plan, &mut dice, &seats);
    let coverages = coverages(plan, &mut dice, &seats, &homes.1);
    let home_phone =
        dice.chance(0.6).then(|| format!("0{}-0{}-{:04}", 30 + dice.below(60), dice.below(999), dice.below(10_000)));
    let make = |(index, (seat, (names, coverages))): (usize, Member<'_>)| {
        let member = u8::try_from(index).unwrap_or(u8::MAX);
        let twin = seat.twin.or_else(|| seats.iter().position(|other| other.twin == Some(index)));
        let grown = age_on(seat.birth, plan.window.last) >= 15;
        Person {
            no: number * MEMBERS + u64::from(member),
            household: number,
            member,
            sex: seat.sex,
            birth: seat.birth,
            names,
            homes: homes.0.clone(),
            coverages,
            home_phone: home_phone.clone(),
            mobile: grown.then(|| mobile(&mut Dice::new(plan.seed, Purpose::Household, number, member, 1))),
            twin: twin.and_then(|index| u64::try_from(index).ok()).map(|index| number * MEMBERS + index),
            canary: None,
        }
    };
    let members = seats.iter().zip(names.into_iter().zip(coverages));
    members.enumerate().map(make).collect()
}

/// Numbers that begin with 9417 are the canaries'.
fn mobile(dice: &mut Dice) -> String {
    format!("0{}0-{:04}-{:04}", dice.pick(&[7, 8, 9]), dice.below(9000), dice.below(10_000))
}

fn seats(dice: &mut Dice, today: Date) -> Vec<Seat> {
    use Kind::{Couple, Family, OneParent, Single, ThreeGenerations};
    let kind = dice.share(&[(38, Single), (22, Couple), (26, Family), (7, OneParent), (7, ThreeGenerations)]);
    let ages = match kind {
        Single => dice.share(&[(30, (20, 39)), (28, (40, 64)), (42, (65, 94))]),
        Couple => dice.share(&[(22, (24, 44)), (28, (45, 64)), (50, (65, 90))]),
        Family | ThreeGenerations => (29, 55),
        OneParent => (25, 52),
    };
    let birth = born(dice, today, ages);
    let sex = if matches!(kind, OneParent) { dice.share(&[(1, Sex::Male), (6, Sex::Female)]) } else { Sex::Male };
    let sex = if matches!(kind, Single) { dice.share(&[(1, Sex::Male), (1, Sex::Female)]) } else { sex };
    let mut seats = vec![Seat { role: Role::Head, sex, birth, twin: None }];
    if matches!(kind, Couple | Family | ThreeGenerations) {
        let birth = usual_day(plus(birth, dice.between(-1500, 3200)));
        seats.push(Seat { role: Role::Spouse, sex: Sex::Female, birth, twin: None });
    }
    if matches!(kind, Family | OneParent | ThreeGenerations) {
        children(dice, today, &mut seats);
    }
    if matches!(kind, ThreeGenerations) {
        let grandmother = usual_day(plus(birth, -365 * dice.between(21, 34)));
        seats.push(Seat { role: Role::Grandparent, sex: Sex::Female, birth: grandmother, twin: None });
        if dice.chance(0.5) {
            let birth = usual_day(plus(grandmother, -dice.between(0, 2500)));
            seats.push(Seat { role: Role::Grandparent, sex: Sex::Male, birth, twin: None });
        }
    }
    seats
}

fn born(dice: &mut Dice, today: Date, (youngest, oldest): (i64, i64)) -> Date {
    let days = dice.between(youngest * 365 + youngest / 4 + 1, oldest * 365 + oldest / 4);
    usual_day(plus(today, -days))
}

/// Moves a birth date that belongs to a canary by a day.
fn usual_day(birth: Date) -> Date {
    if canary::is_reserved(birth) { plus(birth, 1) } else { birth }
}

/// Children are born while their mother is between 21 and 42, up to a month before today; one birth in forty gives twins.
fn children(dice: &mut Dice, today: Date, seats: &mut Vec<Seat>) {
    let Some(mother) = seats.last().map(|seat| seat.birth) else { return };
    let mut next = plus(mother, 365 * dice.between(21, 33));
    for _ in 0..dice.share(&[(40, 1), (45, 2), (15, 3)]) {
        if next > plus(today, -30) || age_on(mother, next) > 42 {
            break;
        }
        let (birth, sex) = (usual_day(next), dice.share(&[(105, Sex::Male), (100, Sex::Female)]));
        seats.push(Seat { role: Role::Child, sex, birth, twin: None });
        if dice.chance(0.025) {
            let other = dice.share(&[(3, sex), (1, Sex::Male), (1, Sex::Female)]);
            let twin = Some(seats.len() - 1);
            seats.push(Seat { role: Role::Child, sex: other, birth, twin });
        }
        next = plus(next, dice.between(420, 1800));
    }
}

/// Returns the wedding day of a couple that married while the records run.
fn wedding(dice: &mut Dice, seats: &[Seat], window: Window) -> Option<Date> {
    let spouse = seats.iter().find(|seat| seat.role == Role::Spouse)?;
    let young = age_on(spouse.birth, window.last) < 42;
    let day = plus(window.first, dice.between(120, 1500));
    (young && dice.chance(0.35)).then_some(day)
}

struct Family {
    surname: Name,
    maiden: Name,
    wedding: Option<Date>,
    foreign: Option<[&'static str; 4]>,
}

impl Family {
    fn draw(plan: &PopulationPlan, dice: &mut Dice, number: u64, wedding: Option<Date>) -> Self {
        let mut bare = || {
            let family = plan.tables.surname(dice);
            Name {
                family: family.written.to_owned(),
                given: String::new(),
                family_kana: family.kana.to_owned(),
                given_kana: String::new(),
                romaji: None,
                old_form: dice.chance(0.35),
            }
        };
        let (surname, maiden) = (bare(), bare());
        // One household in forty is foreign; its members share the first one's family name.
        let mut own = Dice::new(plan.seed, Purpose::Household, number, 0, 2);
        let foreign = own.chance(0.025).then(|| own.pick(&FOREIGN).1);
        Self { surname, maiden, wedding, foreign }
    }

    fn names(&self, plan: &PopulationPlan, dice: &mut Dice, seats: &[Seat]) -> Vec<History<Name>> {
        let mut names: Vec<History<Name>> = Vec::with_capacity(seats.len());
        for seat in seats {
            let twin = seat.twin.and_then(|index| names.get(index)).map(|name| name.first.given.clone());
            let given = self.given(plan, dice, seat, twin.as_deref());
            let married =
                Name { family: self.surname.family.clone(), family_kana: self.surname.family_kana.clone(), ..given };
            names.push(match (seat.role, self.wedding, &married.romaji) {
                (Role::Spouse, Some(day), None) => {
                    let before = Name {
                        family: self.maiden.family.clone(),
                        family_kana: self.maiden.family_kana.clone(),
                        old_form: self.maiden.old_form,
                        ..married.clone()
                    };
                    let mut name = History::new(before);
                    name.change(day, married);
                    name
                }
                (_, _, Some(_)) => History::new(self.foreign_name(married)),
                _ => History::new(married),
            });
        }
        names
    }

    /// Twins are often given names that share a character.
    fn given(&self, plan: &PopulationPlan, dice: &mut Dice, seat: &Seat, twin: Option<&str>) -> Name {
        if self.foreign.is_some() {
            let (_, [_, romaji, _, kana]) = *std::iter::repeat_with(|| dice.pick(&FOREIGN))
                .take(40)
                .find(|(sex, _)| *sex == seat.sex)
                .unwrap_or(&(seat.sex, ["", "ALEX", "", "アレックス"]));
            let romaji = Some((String::new(), romaji.to_owned()));
            return Name { given_kana: kana.to_owned(), romaji, old_form: false, ..self.surname.clone() };
        }
        let mut draws = std::iter::repeat_with(|| plan.tables.given(dice, seat.sex, seat.birth));
        let name = match twin {
            None => draws.next(),
            Some(twin) => {
                let similar = |name: &str| name != twin && name.chars().any(|c| twin.contains(c));
                draws.by_ref().take(60).find(|name| similar(name.written)).or_else(|| draws.next())
            }
        };
        let (given, given_kana) = name.map(|n| (n.written.to_owned(), n.kana.to_owned())).unwrap_or_default();
        Name { given, given_kana, ..self.surname.clone() }
    }

    fn foreign_name(&self, name: Name) -> Name {
        let [family, _, family_kana, _] = self.foreign.unwrap_or_default();
        let given = name.romaji.map(|(_, given)| given).unwrap_or_default();
        Name {
            family: family_kana.to_owned(),
            given: name.given_kana.clone(),
            family_kana: family_kana.to_owned(),
            romaji: Some((family.to_owned(), given)),
            ..name
        }
    }
}

/// One household in seven moves once while the records run; also returns each home's municipality for the insurer.
fn homes<'a>(plan: &'a PopulationPlan, dice: &mut Dice) -> (History<Address>, History<&'a Place>) {
    let first = plan.tables.place(dice);
    let mut homes = History::new(address(dice, first));
    let mut places = History::new(first);
    if dice.chance(0.14) {
        let day = plus(plan.window.first, dice.between(90, 1700));
        let place = if dice.chance(0.5) { first } else { plan.tables.place(dice) };
        homes.change(day, address(dice, place));
        places.change(day, place);
    }
    (homes, places)
}

fn address(dice: &mut Dice, place: &Place) -> Address {
    let (town, postal) = dice.any(&place.towns).copied().unwrap_or(("本町", "1000000"));
    let mut number = |high| u8::try_from(dice.between(1, high)).unwrap_or(1);
    let block = [number(6), number(30), number(22)];
    let room = dice.chance(0.4).then(|| {
        let building =
            dice.pick(&["コーポ桜", "メゾン青葉", "ハイツ山手", "グリーンヒル", "第二若葉荘", "パークサイド"]);
        format!("{building}{}", 100 * dice.between(1, 9) + dice.between(1, 12))
    });
    Address {
        prefecture: place.prefecture.to_owned(),
        city: place.city.to_owned(),
        town: town.to_owned(),
        postal: postal.to_owned(),
        block,
        room,
    }
}

/// The family shares one insurance until work changes; from the 75th birthday each has their own (高齢者の医療の確保に関する法律).
fn coverages(
    plan: &PopulationPlan,
    dice: &mut Dice,
    seats: &[Seat],
    places: &History<&Place>,
) -> Vec<History<Coverage>> {
    let window = plan.window;
    let head_age = seats.first().map_or(40, |head| age_on(head.birth, window.first));
    let kind = |dice: &mut Dice| match head_age {
        65.. => Plan::Municipal,
        _ => dice.share(&[(45, Plan::Association), (30, Plan::Society), (25, Plan::Municipal)]),
    };
    let first = kind(dice);
    let mut shared = History::new(insurance::open(first, places.first, dice));
    let new_work = dice.chance(0.12).then(|| plus(window.first, dice.between(60, 1700)));
    let moved = places.changes.first().map(|(day, _)| *day).filter(|_| first == Plan::Municipal);
    if let Some(day) = new_work.or(moved) {
        let next = if new_work.is_some() { kind(dice) } else { first };
        shared.change(day, insurance::open(next, places.at(day), dice));
    }
    let mut branch = 0;
    let mut member = |seat: &Seat| {
        let late = insurance::open(Plan::LateElderly, places.at(window.last), dice);
        let day = birthday(seat.birth, 75);
        if day <= window.first {
            return History::new(late);
        }
        let mine = |coverage: &Coverage| Coverage { branch, ..coverage.clone() };
        let mut own = History::new(mine(&shared.first));
        for (since, coverage) in shared.changes.iter().filter(|(since, _)| *since < day) {
            own.change(*since, mine(coverage));
        }
        if day <= window.last {
            own.change(day, late);
        }
        branch += 1;
        own
    };
    seats.iter().map(&mut member).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::SynthConfig;

    fn plan() -> PopulationPlan {
        PopulationPlan { seed: 1, window: SynthConfig::default().window(), tables: Tables::load().unwrap() }
    }

    fn people(count: u64) -> Vec<Person> {
        let plan = plan();
        (0..count).flat_map(|number| household(&plan, number)).collect()
    }

    #[test]
    fn a_household_can_be_made_again_alone() {
        let plan = plan();
        let again = |number| format!("{:?}", household(&plan, number));
        let late = again(777);
        assert_eq!(late, again(777));
        assert_ne!(late, again(778));
    }

    #[test]
    fn life_happens() {
        let (people, window) = (people(1000), plan().window);
        let count = |happened: &dyn Fn(&Person) -> bool| people.iter().filter(|person| happened(person)).count();
        assert!(count(&|p| p.names.at(window.first) != p.names.at(window.last)) > 10, "marriages");
        assert!(count(&|p| p.homes.at(window.first) != p.homes.at(window.last)) > 100, "moves");
        assert!(count(&|p| p.coverages.at(window.first).plan != p.coverages.at(window.last).plan) > 60, "insurers");
        assert!(count(&|p| p.names.at(window.last).romaji.is_some()) > 20, "foreign residents");
        assert!(count(&|p| p.birth > window.first) > 20, "newborns");
        let twins: Vec<&Person> = people.iter().filter(|person| person.twin.is_some()).collect();
        assert!(twins.len() > 6, "twins");
        for person in twins {
            let twin = people.iter().find(|other| Some(other.no) == person.twin).unwrap();
            assert_eq!((twin.twin, twin.birth), (Some(person.no), person.birth));
        }
    }

    #[test]
    fn families_share_a_card_and_differ_by_branch() {
        let window = plan().window;
        for pair in people(200).windows(2) {
            let [one, other] = pair else { continue };
            let (a, b) = (one.coverages.at(window.first), other.coverages.at(window.first));
            if one.household == other.household && a.plan == b.plan && a.plan != Plan::LateElderly {
                assert_eq!((&a.insurer, &a.symbol, &a.number), (&b.insurer, &b.symbol, &b.number));
                assert_ne!(a.branch, b.branch);
            }
        }
    }

    #[test]
    fn late_elderly_insurance_begins_on_the_75th_birthday() {
        let window = plan().window;
        for person in people(400).iter().filter(|person| person.canary.is_none()) {
            let day = birthday(person.birth, 75);
            if (window.first..=window.last).contains(&day) {
                assert_eq!(person.coverages.at(day).plan, Plan::LateElderly);
                assert_ne!(person.coverages.at(plus(day, -1)).plan, Plan::LateElderly);
            }
        }
    }
}
