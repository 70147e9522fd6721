//! `kiban release attack`.

use std::path::Path;

use kiban_core::EventClass;
use kiban_engine::release::attack::{
    Attacked, Attempt, DateUnit, Hunt, Knowledge, Link, Meaning, attack, told_of, truth_of, with_package,
};

use crate::{
    cli::ReleaseAttack,
    config,
    failure::{Exit, Failure, Result},
    house::House,
    say::{Say, count},
};

/// Looks for people in a package, and says how often the right one is named.
pub(super) async fn run(args: &ReleaseAttack, say: &Say) -> Result<Exit> {
    let link = args.link.as_deref().map(read_link).transpose()?;
    log_access(args, say).await?;
    let alone = Knowledge { events: 0, dates: DateUnit::Window };
    let several = (1..=args.known).map(|events| Knowledge { events, dates: args.granularity.into() });
    let knowledge: Vec<Knowledge> = std::iter::once(alone).chain(several).collect();
    let key = args.seed.to_be_bytes();
    let attacked = with_package(&args.package, |released, folder| {
        let truth = truth_of(&args.against, folder)?;
        let (shift, told) = (args.shift.map(i32::from), told_of(folder));
        let hunt = Hunt { key: &key, targets: args.targets, shift, told };
        attack(released, &truth, link.as_ref(), &hunt, &knowledge)
    })?;
    say.result(&attacked, || print(&attacked, args, say))?;
    Ok(if attacked.is_broken() { Exit::Findings } else { Exit::Done })
}

/// Logs in the house that the truth belongs to, if it belongs to one, that identified data are about to be looked at.
async fn log_access(args: &ReleaseAttack, say: &Say) -> Result<()> {
    // A folder that cannot be found is what the attack itself complains of.
    let Ok(truth) = args.against.canonicalize() else { return Ok(()) };
    let Some(dir) = truth.ancestors().find(|dir| dir.join(config::FILE).is_file()) else { return Ok(()) };
    let house = House::open(dir, say).await?;
    let package = args.package.file_name().map(|name| name.to_string_lossy());
    let body = serde_json::json!({ "attacked": package, "targets": args.targets, "known": args.known });
    house.registry.record(EventClass::Access, &body, house.now()).await?;
    Ok(())
}

fn print(attacked: &Attacked, args: &ReleaseAttack, say: &Say) {
    let share = |share: f64| format!("{:.2} %", share * 100.0);
    say.tell(
        "did-attack",
        &[
            ("targets", &count(u64::from(args.targets))),
            ("released", &count(attacked.released)),
            ("k", &count(attacked.smallest_class)),
            ("baseline", &share(attacked.baseline())),
        ],
    );
    let meaning = match attacked.meaning {
        Meaning::Exact => "release-attack-exact",
        Meaning::AtMost => "release-attack-at-most",
    };
    say.tell(meaning, &[]);
    let unit = say.word("unit", args.granularity.as_str());
    let row = |Attempt { known, success }: &Attempt| {
        let (low, high) = success.interval;
        vec![
            match known.events {
                0 => say.text("release-attack-known-nothing", &[]),
                n => say.text("release-attack-known-events", &[("n", &n), ("unit", &unit)]),
            },
            share(success.mean),
            format!("{} – {}", share(low), share(high)),
            share(success.worst),
            count(u64::from(success.among)),
        ]
    };
    let rows: Vec<Vec<String>> = attacked.attempts.iter().map(row).collect();
    say.table(&["head-knowledge", "head-named", "head-interval", "head-worst", "head-agreed"], &rows);
    say.note("release-attack-shift", &[("days", &attacked.shift)]);
    if attacked.meaning == Meaning::AtMost && attacked.persons > attacked.released {
        let (persons, released) = (count(attacked.persons), count(attacked.released));
        say.note("release-attack-raised", &[("persons", &persons), ("released", &released)]);
    }
    say.tell(if attacked.is_broken() { "release-attack-broken" } else { "release-attack-held" }, &[]);
}

/// Reads which released person each true one is.
fn read_link(file: &Path) -> Result<Link> {
    let bad = || Failure::wrong("use-bad-link", &[("file", &file.display())]);
    let mut link = Link::new();
    for line in csv::Reader::from_path(file).map_err(|_| bad())?.deserialize::<(i64, i64)>() {
        let (who, as_whom) = line.map_err(|_| bad())?;
        link.insert(who, as_whom);
    }
    Ok(link)
}
