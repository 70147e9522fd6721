//! The house: one folder with its configuration, keys, registry, audit log and lake, open for one program at a time.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use kiban_audit::{Log, NoteSigner, NoteVerifier};
use kiban_core::{
    Clock, DeliverySeq, Entropy, EventClass, FacilityCode, FixedClock, LegalRules, PatientRefs, SeededEntropy,
};
use kiban_engine::{Embedded, Lake, Resources, session};
use kiban_registry::Registry;
use tokio::sync::Mutex;

use crate::{
    config::{self, Config},
    entropy::{OsEntropy, SystemClock},
    failure::{Failure, Result},
    keys::Keys,
    say::Say,
};

const REGISTRY: &str = "registry.db";
const AUDIT: &str = "audit";
const LAKE: &str = "lake";
const WORK: &str = "work";
const LOCK: &str = "kiban.lock";

/// A house, open.
pub(crate) struct House {
    /// Its folder, absolute.
    pub(crate) dir: PathBuf,
    /// Its configuration.
    pub(crate) config: Config,
    /// Its facts, jobs and findings.
    pub(crate) registry: Registry,
    /// The law.
    pub(crate) rules: LegalRules,
    /// Gives keys.
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Runs plans.
    pub(crate) runner: Embedded,
    clock: Arc<dyn Clock>,
    keys: Keys,
    hold: Option<Hold>,
}

/// What only the one writer has.
struct Hold {
    log: Arc<Mutex<Log>>,
    _lock: File,
}

impl House {
    /// Makes a house in `dir`, which must be empty or missing.
    pub(crate) async fn create(dir: &Path, config: Config) -> Result<Self> {
        if dir.is_dir() && fs::read_dir(dir).map_err(Failure::file("list", dir))?.next().is_some() {
            return Err(Failure::wrong("use-not-empty", &[("dir", &dir.display())]));
        }
        fs::create_dir_all(dir).map_err(Failure::file("create", dir))?;
        let (clock, entropy) = ports(&config);
        let keys = Keys::create(dir, &*entropy, &config.house.origin)?;
        for folder in [LAKE, WORK] {
            fs::create_dir(dir.join(folder)).map_err(Failure::file("create", dir))?;
        }
        let body = serde_json::json!({ "name": config.house.name, "trial": config.trial, "program": env!("CARGO_PKG_VERSION") });
        let text = config.to_text()?;
        let house = Self::assemble(dir, config, keys, (clock, entropy), Start::New).await?;
        house.registry.record(EventClass::Init, &body, house.now()).await?;
        // Written last: a folder without it is no house.
        fs::write(dir.join(config::FILE), text).map_err(Failure::file("write", dir))?;
        Ok(house)
    }

    /// Opens the house in `dir` for work; no other program may be at work in it.
    ///
    /// What an interrupted program left in passing folders holds patients' values and is erased first: every step that
    /// is taken up again makes its own anew.
    pub(crate) async fn open(dir: &Path, say: &Say) -> Result<Self> {
        let house = Self::enter(dir, say, Start::Work).await?;
        for passing in ["landing", "spill", "draft", "explore"] {
            erase(&house.work_dir(passing))?;
        }
        let again = house.registry.reclaim_jobs(house.now()).await?;
        if again > 0 {
            say.note("house-resumed", &[("n", &again)]);
        }
        Ok(house)
    }

    /// Opens the house in `dir` for looking only, beside a program that may be at work in it.
    pub(crate) async fn look(dir: &Path, say: &Say) -> Result<Self> {
        Self::enter(dir, say, Start::Look).await
    }

    async fn enter(dir: &Path, say: &Say, start: Start) -> Result<Self> {
        let config = Config::read(dir)?;
        if let Some(trial) = config.trial {
            say.note("house-trial", &[("clock", &crate::when::shown(trial.clock)), ("seed", &trial.seed)]);
        }
        tracing::info!(house = config.house.name, purpose = ?start, trial = config.trial.is_some(), "house opened");
        let keys = Keys::load(dir)?;
        let ports = ports(&config);
        Self::assemble(dir, config, keys, ports, start).await
    }

    async fn assemble(dir: &Path, config: Config, keys: Keys, ports: Ports, start: Start) -> Result<Self> {
        let dir = dir.canonicalize().map_err(Failure::file("open", dir))?;
        let (clock, entropy) = ports;
        let path = dir.join(REGISTRY);
        let (registry, hold) = if start == Start::Look {
            (Registry::open_reading(&path).await?, None)
        } else {
            let lock = lock(&dir)?;
            let (log, repair) = Log::open(dir.join(AUDIT), keys.signer(&config.house.origin)?)?;
            let log = Arc::new(Mutex::new(log));
            let house = kiban_registry::House { log: log.clone(), body_key: keys.bodies(), entropy: entropy.clone() };
            let registry = match start {
                Start::New => Registry::create(&path, house).await?,
                Start::Work | Start::Look => Registry::open(&path, house).await?,
            };
            if let Some(repair) = repair.filter(|repair| repair.leaves > 0 || repair.bytes > 0) {
                let body = serde_json::json!({ "size": repair.size, "leaves": repair.leaves, "bytes": repair.bytes });
                registry.record(EventClass::Repair, &body, clock.now()).await?;
            }
            (registry, Some(Hold { log, _lock: lock }))
        };
        let rules = LegalRules::japan().map_err(|_| Failure::Bug("the rules shipped cannot be read"))?;
        Ok(Self { dir, config, registry, rules, entropy, runner: Embedded, clock, keys, hold })
    }

    /// Returns the present instant, by the trial's clock in a trial.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns what turns local patient ids into references.
    pub(crate) const fn patient_refs(&self) -> PatientRefs {
        self.keys.patient_refs()
    }

    /// Returns the key of the ledger of releases.
    pub(crate) fn ledger_key(&self) -> [u8; 32] {
        self.keys.ledger()
    }

    /// Returns the key by which rows are marked.
    pub(crate) fn marks_key(&self) -> [u8; 32] {
        self.keys.marks()
    }

    /// Returns the key under which kept marks are sealed.
    pub(crate) fn kept_marks_key(&self) -> [u8; 32] {
        self.keys.kept_marks()
    }

    /// Returns the folder of what the house keeps of its releases; it holds the method and never leaves.
    pub(crate) fn records_dir(&self) -> PathBuf {
        self.dir.join("records")
    }

    /// Returns what signs.
    pub(crate) fn signer(&self) -> Result<NoteSigner> {
        self.keys.signer(&self.config.house.origin)
    }

    /// Returns what verifies.
    pub(crate) fn verifier(&self) -> Result<NoteVerifier> {
        Ok(self.signer()?.verifier())
    }

    /// Returns the audit log; only a house open for work has it.
    pub(crate) fn log(&self) -> Result<Arc<Mutex<Log>>> {
        self.hold.as_ref().map(|hold| hold.log.clone()).ok_or(Failure::Bug("the house is open for looking only"))
    }

    /// Returns the folder of the audit log.
    pub(crate) fn audit_dir(&self) -> PathBuf {
        self.dir.join(AUDIT)
    }

    /// Returns the folder in which releases are built.
    pub(crate) fn releases_dir(&self) -> PathBuf {
        self.dir.join("releases")
    }

    /// Returns a folder for passing work; what lies in it is cleared when the work begins again.
    pub(crate) fn work_dir(&self, name: &str) -> PathBuf {
        self.dir.join(WORK).join(name)
    }

    /// Returns the folder in which a delivery is parsed.
    pub(crate) fn landing(&self, facility: FacilityCode, seq: DeliverySeq) -> PathBuf {
        self.work_dir("landing").join(format!("{facility}-{seq:06}"))
    }

    /// Opens the lake in a session of the resources that the configuration allows.
    pub(crate) fn lake(&self) -> Result<Lake> {
        let spill_dir = self.work_dir("spill");
        fs::create_dir_all(&spill_dir).map_err(Failure::file("create", &spill_dir))?;
        let memory_bytes = self.config.resources.memory.0;
        let resources = Resources { memory_bytes, threads: self.config.resources.threads(), spill_dir };
        Ok(Lake::new(self.dir.join(LAKE), session(&resources)?))
    }

    /// Keeps the present checkpoint of the audit log in the registry, so that later checks have something to hold the
    /// log against.
    pub(crate) async fn keep_checkpoint(&self) -> Result<()> {
        let checkpoint = self.log()?.lock().await.checkpoint();
        Ok(self.registry.add_checkpoint(checkpoint.size(), checkpoint.as_str(), self.now()).await?)
    }
}

/// What a house is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    New,
    Work,
    Look,
}

type Ports = (Arc<dyn Clock>, Arc<dyn Entropy>);

/// Returns clock and entropy: the machine's, or in a trial the trial's.
fn ports(config: &Config) -> Ports {
    match config.trial {
        Some(trial) => (Arc::new(FixedClock(trial.clock)), Arc::new(SeededEntropy(trial.seed))),
        None => (Arc::new(SystemClock), Arc::new(OsEntropy)),
    }
}

/// Erases a folder, if it is there.
pub(crate) fn erase(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file("erase", folder)(error)),
        _ => Ok(()),
    }
}

/// Takes the house for this program alone; the lock falls with the process, however it ends.
fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let open = fs::OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = open.map_err(Failure::file("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::wrong("use-locked", &[("dir", &dir.display())])),
        Err(TryLockError::Error(source)) => Err(Failure::File { action: "lock", path, source }),
    }
}
