# The report of a run

page-title = Report of a run: {$name}
page-skip = To the content
page-contents = Contents
page-footer = Written by Kiban. It holds no patient value. Counts of fewer than {$floor} persons are shown as "<{$floor}", and counts from which one of those could be computed as "＊" (none is shown as 0; truth checks are exempt).

kind-demo = A demonstration on synthetic data: no real person is in it
kind-trial = A trial
kind-operation = The operator's own run
kind-table = One table, anonymised on its own

fact-as-of = Verdicts as of
fact-made-at = Made at
fact-version = Program version
fact-rules = Legal rule set
fact-checkpoint = Registry checkpoint
fact-release = Release
fact-seed = Seed
fact-origin = Log
fact-size = Entries
fact-root-hash = Root hash
fact-signature = Signature

section-verdict = Truth checks
section-flow = Flow of rows
section-standings = How patients stand
section-linkage = Linkage
section-risk = Risk of re-identification
section-loss = Information lost
section-ordinance = Article 18 of the ordinance
section-attacks = What this version does not yet protect against
section-rare = Rare codes
section-findings = Findings in the input
section-audit = Audit log
section-timings = Time taken

lead-verdict = The truth of this trial is known, so the result was checked against it.
lead-flow = A row received goes on to the next stage, is held for a stated reason, or is counted as a finding. No row disappears silently.
lead-standings = Patients whose data may go at the cut-off, and those whose may not, by the first rule that was not met.
lead-linkage = Registrations of one person at several facilities were joined.
lead-risk = Persons with equal quasi-identifiers form a class. The chance of finding a person was measured before and after.
lead-loss = The share of information each column lost: 0% as it was, 100% all of it.
lead-ordinance = Which measure met which item of Article 18 of the ordinance.
lead-attacks = These attacks are not prevented by this version. The figures were measured on the release itself and are stated openly; contracts and safeguards at the recipient have to make up for them.
lead-rare = Codes of fewer persons than the floor were lifted to a broader code or left out.
lead-findings = Mistakes in the input and places that could not be read. Nothing is repaired or dropped silently.
lead-audit = Every event of legal weight is written to a log that cannot be rewritten before it is acknowledged. Keep these values to prove later that nothing was changed.
lead-timings = How long each stage took.

tile-sent = rows received
tile-released = rows released
tile-held = rows held
tile-lost = rows lost to findings
tile-registrations = registrations at facilities
tile-persons = persons
tile-precision = precision
tile-recall = recall
tile-f1 = F1
tile-twins = pairs of twins kept apart
tile-risk-max = highest risk after
tile-risk-limit = limit
tile-k = k asked for
tile-smallest = persons in the smallest class
tile-persons-released = persons released
tile-total-time = in all
tile-peak-memory = peak memory

verdict-all = All {$all} checks hold.
verdict-some = {$failed} of {$all} checks do not hold.
check-passed = Passed:
check-failed = Failed:
check-figures = looked at {$seen}, wrong {$wrong}
check-figures-allowed = looked at {$seen}, wrong {$wrong} (allowed {$allowed})
check-verdicts = Every verdict is the one expected (registrations)
check-gated-eligible = No row of a person who was not eligible is in the gated set (rows)
check-released-eligible = No person who was not eligible is in the release (persons)
check-late-objection = An objection received before the build and recorded after it makes verification fail with an incident (objections)
check-balance = Rows in = rows out + held + findings at every stage (stages)
check-companions = Every released person has at least k−1 companions who look alike (persons)
check-risk-limit = Every measured risk is within the limit (measures)
check-canaries = No canary name, address, insurer number, local id or exact birth date is in any file (files)
check-joined = No two persons were joined into one (pairs joined)
check-found = No registration of the same person was missed (pairs of one person)
check-repeatable = Running twice gives the same bytes (files)
check-restart = Killed on the way and started again, the run ends in the same result (kills)
check-audit = The audit log recomputes to its checkpoint (entries)
check-package = The package verifies the way a recipient verifies it (files)

stage-land = Landed
stage-standardise = Standardised
stage-link = Linked
stage-gate = Gated
stage-anonymise = Anonymised
stage-release = Released

flow-received = Rows received
flow-lost = Lost to findings
flow-made = Made where one row became several

held-not-listed = On no allow-list
held-superseded = Replaced by a later version
held-deleted = Taken back by the sender
held-no-date = Without a date or a birth date
held-joined = Described by another registration of the person
held-outside-window = Outside the days shown of everyone
held-duplicate = The same record again
held-identity = Identity: into its own vault
held-not-mapped = No table of the common model for it
held-not-linked = Not joined to a person
held-out-of-cohort = Not in the cohort
held-not-selected = Table not asked for
held-small-class = Class smaller than k
held-rare-code = Rare code
held-quarantine = Waits for a person to look

basis-truth = Precision and recall are computed from the known truth.
basis-estimate = Precision and recall are estimated from the match weights.
linkage-facilities = facilities: {$n}

risk-columns = Quasi-identifiers: {$columns}
risk-band = class size {$size}
risk-prosecutor-max = Prosecutor (knows the person is in), highest
risk-prosecutor-avg = Prosecutor, mean
risk-journalist-max = Journalist (does not know), highest
risk-marketer = Marketer: share named rightly
risk-unique = Share alone in their class
risk-smallest = Persons in the smallest class
risk-classes = Classes
risk-persons = Persons

treatment-kept = kept
treatment-removed = removed
treatment-replaced = replaced by a random id, irreversibly
treatment-generalised = generalised
treatment-date-shifted = dates shifted per person
treatment-top-bottom-coded = top and bottom coded
treatment-rolled-up = rolled up to a broader code
treatment-suppressed = values or rows left out
treatment-class-size = every class of at least k

ordinance-1 = Item 1: delete all or part of what identifies a person
ordinance-2 = Item 2: delete all individual identification codes
ordinance-3 = Item 3: delete codes that link the data sets
ordinance-4 = Item 4: delete peculiar descriptions
ordinance-5 = Item 5: measures for differences from other records
ordinance-none = no measure

attack-intervals = Intervals between visits
attack-events-by-month = Knows code and month
attack-events-by-day = Knows code and day
attack-known-events = knows {$n} of the events
attack-known-intervals = knows {$n} of the visit days

severity-note = note
severity-warning = warning
severity-error = error
severity-fatal = fatal
findings-none = There were no findings.

standing-eligible = Eligible

figure-table = The figures as a table
figure-flow = Rows from the facilities to the release
figure-standings = Patients of each facility by standing
figure-across = Persons by number of facilities
figure-risk = Risk before and after (log scale; the orange line is the limit)
figure-classes = Persons by the size of their class
figure-loss = Information lost by column
figure-events = Share of persons singled out by an attacker who knows events
figure-intervals = Share of persons singled out by intervals between visit days alone
figure-rare = What became of the codes of each column
figure-findings = Findings by kind
figure-timings = Time by stage

desc-flow = From top to bottom a band, as wide as its rows are many, narrows from stage to stage; rows held and lost branch off by reason. Every number stands in the list on the right and in the table below.
desc-standings = A bar for each facility, divided into eligible patients and reasons of denial. Hatched parts are counts kept back. The numbers are in the table below.
desc-across = A bar for each number of facilities. The numbers are in the table below.
desc-risk = Five measures of risk before and after, on a logarithmic scale, with the limit as a line. The numbers are in the table below.
desc-classes = For each class size the number of persons in such classes before and after. The numbers are in the table below.
desc-loss = A bar for each column: the share of information lost. The numbers are in the table below.
desc-events = For each number of known events the share of persons singled out. The numbers are in the table below.
desc-intervals = For each number of known visit days the share of persons singled out by intervals alone. The numbers are in the table below.
desc-rare = A bar for each column, divided into codes kept, rolled up and left out. The numbers are in the table below.
desc-findings = A bar for each kind of finding; its severity is told by colour and in the table below.
desc-timings = A bar for each stage. The numbers are in the table below.

table-stages = Balance of rows by stage
table-reasons = Why rows were held
table-standings = Patients by facility and standing
table-across = Persons by number of facilities
table-risk = Risk before and after
table-classes = Persons by class size
table-loss = Information lost by column
table-ordinance = What met each item
table-events = An attacker who knows events
table-intervals = Intervals between visit days
table-rare = Rare codes
table-findings = Findings by kind and facility
table-timings = Time by stage

column-stage = Stage
column-rows-in = Rows in
column-made = Made
column-rows-out = Rows out
column-held = Held
column-lost = Lost
column-balance = Balance
column-reason = Reason
column-rows = Rows
column-standing = Standing
column-facilities-seen = Facilities
column-persons = Persons
column-measure = Measure
column-before = Before
column-after = After
column-class-size = Class size
column-column = Column
column-treatment = Treatment
column-loss = Lost
column-item = Item
column-met-by = Met by
column-columns = Columns
column-known = The attacker knows
column-attack = Attack
column-tried = Persons tried
column-found = Singled out
column-rare-floor = Floor (persons)
column-codes-kept = Codes kept
column-codes-rolled-up = Codes rolled up
column-codes-suppressed = Codes left out
column-rows-touched = Rows touched
column-finding = Kind
column-facility = Facility
column-severity = Severity
column-count = Count
column-rows-lost = Rows lost
column-time = Time

balance-right = even
balance-wrong = uneven

verify-log = Recompute the whole log
verify-package = Check the package's hashes, signature and place in the log (recipients can do so too)
verify-incident = Check it against objections that became known after the build
