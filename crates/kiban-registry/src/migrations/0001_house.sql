-- The first schema of the house. Forward only: what stands here never changes, corrections are later files.
-- {id}, {bytes} and {clustered} are spelled by the program for SQLite or PostgreSQL; all else is common to both.
-- Times are UTC microseconds, days are ISO texts, closed words are the words of kiban-core, JSON is text.
-- A patient is only ever (facility, patient): a code and a keyed hash. No name and no local id has a place here.

-- The audit log's bodies and, where leaf_index is empty, the outbox of what has yet to be logged.
CREATE TABLE audit_body (
    event BIGINT NOT NULL PRIMARY KEY,
    leaf_index BIGINT UNIQUE,
    class BIGINT NOT NULL,
    at BIGINT NOT NULL,
    commitment {bytes} NOT NULL,
    salt {bytes},
    nonce {bytes},
    ciphertext {bytes},
    erased_at BIGINT
);

CREATE TABLE checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    note TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

CREATE TABLE facility (code TEXT NOT NULL PRIMARY KEY);

CREATE TABLE facility_state (
    code TEXT NOT NULL REFERENCES facility (code),
    event BIGINT NOT NULL REFERENCES audit_body (event),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    supply_from TEXT NOT NULL,
    supply_to TEXT,
    waiting_days BIGINT,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (code, event)
);

CREATE TABLE filing (
    facility TEXT NOT NULL REFERENCES facility (code),
    event BIGINT NOT NULL REFERENCES audit_body (event),
    track TEXT NOT NULL,
    number TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    notice_versions TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, event)
);

CREATE TABLE filing_item (
    facility TEXT NOT NULL,
    event BIGINT NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (facility, event, item),
    FOREIGN KEY (facility, event) REFERENCES filing (facility, event)
);

-- Facts of patients: the key says which event brought them and in which row, so every fact leads to its audit leaf.
CREATE TABLE birth (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    born_on TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE TABLE notice (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    track TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    template_version TEXT NOT NULL,
    recipient TEXT NOT NULL,
    staff TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE TABLE objection (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    receipt_no TEXT NOT NULL UNIQUE,
    track TEXT NOT NULL,
    requester TEXT NOT NULL,
    channel TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    staff TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE TABLE withdrawal (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    receipt_no TEXT NOT NULL REFERENCES objection (receipt_no),
    track TEXT NOT NULL,
    requester TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    staff TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE INDEX withdrawal_by_receipt ON withdrawal (receipt_no);

CREATE TABLE deletion_request (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    track TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE TABLE death (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    died_on TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE TABLE capacity (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    capacity TEXT NOT NULL,
    since TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE TABLE review (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line BIGINT NOT NULL,
    case_no TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (facility, patient, event, line)
){clustered};

CREATE TABLE delivery (
    facility TEXT NOT NULL REFERENCES facility (code),
    seq BIGINT NOT NULL,
    source TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    files BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    state TEXT NOT NULL,
    counts TEXT NOT NULL,
    replays BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (facility, seq),
    UNIQUE (facility, manifest_sha256)
);

CREATE TABLE finding (
    id {id},
    stage TEXT NOT NULL,
    facility TEXT NOT NULL REFERENCES facility (code),
    delivery BIGINT NOT NULL,
    file BIGINT NOT NULL,
    byte_offset BIGINT NOT NULL,
    line BIGINT NOT NULL,
    code TEXT NOT NULL,
    field TEXT NOT NULL,
    severity BIGINT NOT NULL,
    rows_lost BIGINT NOT NULL
);
CREATE INDEX finding_by_delivery ON finding (facility, delivery, stage);

CREATE TABLE job (
    id {id},
    kind TEXT NOT NULL,
    unique_key TEXT NOT NULL UNIQUE,
    args TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    lease_until BIGINT,
    outcome TEXT,
    queued_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX job_by_state ON job (state, id);

CREATE TABLE stage_commit (
    stage TEXT NOT NULL,
    lake_table TEXT NOT NULL,
    lake_version BIGINT NOT NULL,
    event BIGINT NOT NULL REFERENCES audit_body (event),
    rows_in BIGINT NOT NULL,
    rows_out BIGINT NOT NULL,
    rows_held BIGINT NOT NULL,
    rows_lost BIGINT NOT NULL,
    detail TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (stage, lake_table, lake_version)
);

CREATE TABLE project (
    name TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

-- "release" is a word of SQL.
CREATE TABLE data_release (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT REFERENCES project (name),
    track TEXT NOT NULL,
    spec_sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    gate_size BIGINT NOT NULL,
    valid_at BIGINT NOT NULL,
    known_at BIGINT NOT NULL,
    package_sha256 TEXT,
    counts TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

-- Who is in a release: what an objection that comes late is compared with.
CREATE TABLE release_subject (
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    release_id TEXT NOT NULL REFERENCES data_release (id),
    PRIMARY KEY (facility, patient, release_id)
){clustered};

CREATE TABLE link_constraint (
    event BIGINT NOT NULL REFERENCES audit_body (event),
    line BIGINT NOT NULL,
    must TEXT NOT NULL,
    facility_a TEXT NOT NULL REFERENCES facility (code),
    patient_a BIGINT NOT NULL,
    facility_b TEXT NOT NULL REFERENCES facility (code),
    patient_b BIGINT NOT NULL,
    author TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (event, line)
);

CREATE TABLE person_change (
    event BIGINT NOT NULL REFERENCES audit_body (event),
    line BIGINT NOT NULL,
    kind TEXT NOT NULL,
    person BIGINT NOT NULL,
    other BIGINT NOT NULL,
    author TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (event, line)
);

CREATE TABLE incident (
    id BIGINT NOT NULL PRIMARY KEY REFERENCES audit_body (event),
    kind TEXT NOT NULL,
    release_id TEXT REFERENCES data_release (id),
    cause BIGINT,
    subjects BIGINT NOT NULL,
    state TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE INDEX incident_by_release ON incident (release_id);

CREATE TABLE work_item (
    id {id},
    kind TEXT NOT NULL,
    facility TEXT NOT NULL REFERENCES facility (code),
    patient BIGINT NOT NULL,
    due_on TEXT NOT NULL,
    state TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    done_at BIGINT,
    UNIQUE (kind, facility, patient, due_on)
);
CREATE INDEX work_item_by_state ON work_item (state, due_on)
