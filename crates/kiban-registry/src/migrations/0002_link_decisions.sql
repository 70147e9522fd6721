-- Decisions about who is who carry their second author, reason and end, and can be taken back; cases are leased to
-- clerks, and what clerks said of them is kept. Decisions made before were not asked for their reason.

ALTER TABLE link_constraint ADD COLUMN act TEXT NOT NULL DEFAULT 'pair';
ALTER TABLE link_constraint ADD COLUMN second_author TEXT;
ALTER TABLE link_constraint ADD COLUMN reason TEXT NOT NULL DEFAULT 'unstated';
ALTER TABLE link_constraint ADD COLUMN expires_at BIGINT;

CREATE TABLE link_revocation (
    event BIGINT NOT NULL PRIMARY KEY REFERENCES audit_body (event),
    decision BIGINT NOT NULL UNIQUE REFERENCES audit_body (event),
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
);

-- Who holds a case of the clerks' queue, and until when; one row for each case that was ever taken.
CREATE TABLE link_lease (
    case_no BIGINT NOT NULL PRIMARY KEY,
    event BIGINT NOT NULL REFERENCES audit_body (event),
    holder TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);

CREATE TABLE link_opinion (
    event BIGINT NOT NULL PRIMARY KEY REFERENCES audit_body (event),
    case_no BIGINT NOT NULL,
    author TEXT NOT NULL,
    view TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE (case_no, author)
)
