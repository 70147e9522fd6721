# Messages of the command line

## Wrong use and wrong configuration
use-no-house = there is no house in {$dir}; make one with kiban init DIR
use-not-empty = {$dir} is not empty; give a folder that is empty or does not exist
use-locked = another kiban is at work in {$dir}; wait until it has finished
use-config = kiban.toml, line {$line}: {$reason}
use-percent = kiban.toml: max_refused_percent must lie between 0 and 100
use-origin = kiban.toml: origin must be a name without blanks and plus signs, such as operator.example/audit
use-key-open = the key file {$path} can be read by others; protect it with chmod 600
use-key-form = the key file {$path} does not hold 64 hexadecimal digits
use-no-facility = facility {$facility} is not known; record it with kiban facility add
use-seq-far = delivery {$seq} is too far ahead of {$last}, the last one known; check the number
use-empty-delivery = the delivery has no files
use-columns = the list does not have the columns {$columns}
use-facilities = the facilities file cannot be read: line {$line}, column {$column}
use-future = nothing can have been received in the future; check --received-at
use-checkpoint = the earlier checkpoint is not signed by this house's key
use-not-built = kiban {$command} is not built yet

## Refused by a rule
refused = refused by rule {$rule}: {$what}. What to do: {$remedy}
refused-delivery-replay = this delivery of facility {$facility} was taken in before, as number {$seq}
remedy-delivery-replay = nothing is lost; ask the facility for the delivery that comes after it
refused-delivery-number = facility {$facility} used the number {$seq} before, for other files
remedy-delivery-number = ask the facility which is right, and collect without --seq or with the right number
failure-use = {$detail}
failure-refused = refused: {$detail}
failure-broken = kiban could not do its work, and nothing half-done was acknowledged: {$detail}

## The house
house-trial = TRIAL: the clock stands at {$clock} (Japan), keys come from seed {$seed}; no real patients' data belong here
house-resumed = {$n} interrupted steps are taken up again

## Progress
step-parse = reading
step-standardise = standardising
step-link = linking
step-synth = making people

## What was done
did-nothing = Nothing is pending.
did-init = The house stands in {$dir}.
    Give this key to whoever checks the audit log and releases:
    {$key}
did-init-trial = It is a trial: its clock stands still and its keys come from a seed.
did-facility = Facility {$facility} {$name} is recorded.
did-facility-known = Facility {$facility} {$name} stands so already.
did-facilities = {$n} facilities with {$filings} filings are recorded.
did-notices = {$lines} lines read; what they state is recorded:
did-notices-stopped = {$lines} lines read; too many are bad, and nothing was recorded. Look at them, then repeat with --accept-findings.
did-draft = notices drafted for {$n} patients; for trials only
did-objections = {$lines} objections read, {$new} of them new; the receipts:
did-withdrawals = {$lines} withdrawals read, {$new} of them withdraw something; the receipts withdrawn:
did-withdraw = The objection {$no} is withdrawn. Before data may go, a new notice has to be given and waited out.
did-collect = Delivery {$seq} of facility {$facility}: {$records} records read, {$refused} refused.
did-collect-stopped = Delivery {$seq} of facility {$facility}: {$records} records read, {$refused} refused. That is too many: nothing was taken in. Look at kiban findings, then repeat with --accept-findings.
did-standardise = Delivery {$seq} of facility {$facility} is standardised.
did-link = {$registrations} registrations are {$persons} persons; {$pairs} pairs joined.
did-verify = The audit log is whole: {$size} leaves, root {$root}.
did-verify-broken = The audit log is NOT what it was: {$reason}
did-vocabulary = {$n} codes are imported; what is standardised from now on uses them.
did-synth = {$persons} people with {$registrations} registrations are written to {$dir}.

## What is shown
list-comma = , {""}
show-facility = {$facility} {$name} ({$kind}), supplies from {$from}
show-gaps = Missing before it: deliveries {$missing}.
show-incidents = {$n} incidents were opened: this came too late for a release.
show-rejected = {$n} lines were not taken:
show-more = … and {$n} more; --json lists all of them.
show-eligible = May go on {$at}: {$items}. Since {$since}.
show-denied = May not go on {$at}: {$reason} [{$rule}].
show-remedy = What to do: {$remedy}
show-judged = Judged with what was known on {$known}, by {$rules}.
show-no-rules = no rules
show-work = To do: {$work}
show-files = Files: {$files}; {$bytes} bytes.
show-allowed = Patients who may pass at this moment: {$n}. Deaths newly learnt: {$deaths}.
show-findings = Findings: {$found}; see kiban findings.
show-quality = Estimated by the model itself: precision {$precision} %, recall {$recall} %.
show-changes = New persons {$minted}, merged {$merged}, split {$split}.
show-no-findings = There are no findings.
show-only-added = Since the checkpoint over {$size} leaves it was only added to.
show-beyond = {$n} files lie beyond the checkpoint; they are no part of the log.
show-erased = erased on {$at}

## The receipt of an objection
receipt-text = Receipt of an objection to supply (Act Art. 53)
    {"  "}Receipt number   {$no}
    {"  "}Facility         {$facility} {$name}
    {"  "}Use objected to  {$track}
    {"  "}Asked by         {$requester}, {$channel}
    {"  "}Received         {$received}
    {"  "}Recorded         {$recorded}
    From the time of receipt no medical information of this person is supplied for this use.
    The facility enters the person's name in its own copy.

## Heads of tables
head-facility = facility
head-name = name
head-kind = kind
head-supply-from = supplies from
head-supply-to = to
head-wait = own wait
head-delivery = delivery
head-state = state
head-files = files
head-rows-in = rows in
head-rows-out = rows out
head-landed = landed
head-held = held
head-lost = lost
head-begun = begun
head-track = use
head-filing = filing
head-effective-from = effective from
head-effective-to = to
head-items = items
head-fact = stated
head-new = new
head-known = known before
head-line = line
head-field = field
head-fault = what is wrong
head-receipt = receipt
head-outcome = outcome
head-rule = rule
head-dates = dates
head-basis = basis
head-table = table
head-held-because = held because
head-rows = rows
head-severity = severity
head-code = code
head-count = how often
head-leaf = leaf
head-at = time (Japan)
head-event = event
head-body = body

## Words
word-kind-hospital = hospital
word-kind-clinic = clinic
word-kind-pharmacy = pharmacy
word-kind-municipality = municipality
word-kind-insurer = insurer
word-kind-school = school
word-kind-workplace = workplace
word-track-anonymised = anonymised
word-track-pseudonymised = pseudonymised
word-item-demographics = demographics
word-item-visits = visits
word-item-conditions = conditions
word-item-drugs = drugs
word-item-procedures = procedures
word-item-measurements = measurements
word-item-observations = observations
word-item-claims = claims
word-item-death = death
word-requester-person = the person
word-requester-guardian = the guardian
word-requester-bereaved = the bereaved family
word-channel-counter-oral = spoken at the counter
word-channel-paper = on paper
word-channel-web = by web form
word-channel-phone = by telephone
word-delivery-begun = begun
word-delivery-finished = taken in
word-fact-birth = births
word-fact-notice = notices
word-fact-capacity = capacity
word-fact-death = deaths
word-severity-note = note
word-severity-warning = warning
word-severity-error = error
word-severity-fatal = fatal
word-held-item-not-filed = the data item is not filed
word-held-unknown-person = nothing is known of the person
word-fault-missing = missing
word-fault-no-day = not a day such as 2026-04-01
word-fault-no-time = not a time with offset such as 2026-04-01T09:00:00+09:00
word-fault-in-future = in the future
word-fault-unknown-word = not a word of the list
word-fault-states-nothing = states nothing
word-fault-wrong-number-of-fields = another number of fields than the header
word-fault-not-utf-8 = not UTF-8
word-fault-no-object-of-texts = not a JSON object of texts
word-fault-unknown-field = a field that nobody knows
word-event-init = set up
word-event-facility = facility
word-event-filing = filing
word-event-notice = notices
word-event-objection = objections
word-event-withdrawal = withdrawal
word-event-receipt = receipts
word-event-deletion-request = deletion request
word-event-intake = intake
word-event-commit = commit
word-event-merge = merge
word-event-split = split
word-event-gate = gate
word-event-release = release
word-event-delivery = delivery
word-event-erasure = erasure
word-event-access = access
word-event-rule-change = rule change
word-event-incident = incident
word-event-fact = facts
word-event-repair = repair

## Releases and reports
did-release = Release { $name } is built: { $persons } persons, entry { $leaf } of the audit log. Package: { $package }
did-check-package = Release { $name }: { $persons } persons, { $files } files.
release-whole = The package is whole, signed, and its making stands in the audit log.
release-fault = Not in order: { $fault }
release-none-late = Nothing came in that the release should have heeded.
release-late = { $n } objections or requests were received before the cut-off and recorded after it, for people in this release. An incident is open: recall the release.
did-attack = { $targets } persons were looked for among { $released } released. The smallest class has { $k } persons: by it alone the right one is named with { $baseline } at most.
release-attack-exact = How often the right person is named:
release-attack-at-most = How often the right person is named at most, as nobody knows who was released under which number (--link tells):
release-attack-known-nothing = demographics alone
release-attack-known-events = and { $n } of the events, dates to the { $unit }
release-attack-shift = It was reckoned with dates moved by up to { $days } days; --shift changes that.
release-attack-raised = { $persons } persons of the truth may be in the release, which has { $released }. The figures are raised in proportion, so that they hold for those who are in it; the truth of these alone gives sharper ones.
release-attack-held = With none of this knowledge the right person is named more often than that beyond doubt.
release-attack-broken = With some of this knowledge the right person is named more often than that.
head-knowledge = Known
head-named = Rightly named
head-interval = 95 % interval
head-worst = Found most easily
head-agreed = Somebody agrees
unit-day = day
unit-month = month
unit-quarter = quarter
unit-half-year = half year
unit-year = year
use-bad-link = { $file } is no link. Give CSV with a header and two columns of numbers: person_id of the truth, person_id of the release.
did-trace = { $rows } different rows were read. { $marked } of them are marked in one of { $copies } copies.
trace-named = They come from the copy of { $sources }. The probability that an innocent recipient is named like this is { $doubt }; { $against } marked rows speak against it.
trace-nobody = They point to nobody: too few marked rows, or of no release of this house.
release-marked = { $withheld } rows are withheld from this recipient; about { $needed } leaked rows of a table name it.
release-untraceable = { $withheld } rows are withheld from this recipient, but the release is too small to be traced by them.
use-no-marks = No release of this house is marked, so nobody can be named.
use-damaged-marks = The marks in { $file } cannot be opened: they are damaged or of another house. Take the last good copy.
did-anonymise = {$records} records, {$suppressed} suppressed; {$classes} classes.
did-anonymise-optimal = Granularity {$granularity}: the optimum, proven with {$checked} of {$nodes} nodes.
did-anonymise-gap = Granularity {$granularity}, with {$checked} of {$nodes} nodes; the score could be smaller by {$gap} of itself at most.
did-anonymise-local = Granularity {$granularity}, recoded locally.
did-anonymise-risk = Highest risk of recognition: {$before} before, {$after} after.
did-anonymise-left-out = Not named in the job, so left out: {$columns}.
did-anonymise-sampled = Drawn as a sample of {$records} records.
did-anonymise-transformed = {$transformation} on {$column}: {$changed} cells changed, {$emptied} emptied, {$left} records left out.
did-anonymise-unprotected = {$transformation} on {$column}: {$records} records at risk could not be protected.
did-anonymise-unclaimed = A quasi-identifier was perturbed, so no risk is claimed of the output.
did-anonymise-attacks = Of {$attacks} attacks run on the output, it withstood {$withstood}.
did-anonymise-not-attacked = New values that no attack could use: {$columns}.
did-dedupe-proposed = No column was named in the job; they were taken to hold:
did-dedupe = {$records} records of {$persons} persons.
did-dedupe-pairs = {$compared} pairs compared; {$joined} joined, {$possible} possible, {$refused} refused.
did-dedupe-quality = Expected: precision {$precision}, recall {$recall} of the pairs compared; blocking found {$found} of all.
did-dedupe-unidentified = The records do not tell persons apart well enough to learn from them; what was believed beforehand was used. Name more columns, and look at the pairs before you rely on them.
head-column = Column
head-attribute = Attribute
head-level = Level
did-report = The report is written to { $file }
use-no-key = { $file } must hold 32 bytes in hexadecimal, 64 characters.
use-no-release = There is no release or project named { $name }. List them in the reports folder, or give run for everything so far.
use-bad-key = { $file } holds no public key. Take audit.pub as the operator published it.
refused-release-name = a release named { $name } was built already
remedy-release-name = give the release another name; a name stands for one package for ever
refused-ledger-gap = releases were made of which the ledger knows nothing: { $names }
remedy-ledger-gap = put back { $file } from the last good copy, or name them in anonymity.between.unrecorded if they must not be compared
refused-profile-set = its parameters were proposed by { $used }, and { $set } is in force
remedy-profile-set = name the set in force as use.set, or leave use.set out
head-point = no.
head-k = k
head-limit = limit
head-known-events = known
head-persons = persons
head-risk = highest risk
head-events-found = found by two events
head-kept = detail left
did-explore = { $settings } settings were tried; { $impossible } more cannot be kept by this cohort. Page: { $page }
did-choose = Setting { $n } is chosen, and the reason is in the audit log. Below [anonymity]:
use-not-explored = What other settings bring is not known of this specification as it is now. Explore it first: kiban release explore SPEC
use-no-point = No setting has the number { $n }. Take one that the page shows.
progress-explore = Trying settings
progress-release = Building the release

## The demonstration
demo-rows = { $facilities } facilities sent { $rows } rows.
demo-linkage = { $registrations } registrations are { $persons } persons: precision { $precision } %, recall { $recall } % against the truth.
demo-risk = { $persons } persons released, each alike at least { $k }. Highest risk of recognition by demographics: { $before } % before, { $after } % after.
demo-open = Not protected in this demonstration: patterns of intervals between visits, and several known events (docs/dates.md and docs/lives.md tell how a release protects them). The report gives the measured figures.
demo-done = Done in { $seconds } s. Report: { $page }  Package: { $package }
head-stage = Stage
head-in = Rows in
head-out = Rows out
head-mark = {" "}
head-check = Held against the truth
head-seen = Seen
head-wrong = Wrong

## Hierarchies
did-hierarchy-new = The hierarchy is written to {$file}: {$leaves} leaves. The names of its levels are in {$names}.
did-hierarchy-sound = {$file}: {$rows} rows, {$levels} levels. Nothing is wrong.
did-hierarchy-check = {$file}: {$rows} rows, {$levels} levels. Findings: {$found}.
show-hierarchy-unnamed = Its levels have no names; {$file} may give them.
show-hierarchy-groups = {$level} ({$name}): {$labels}
show-hierarchy-groups-more = {$level} ({$name}): {$labels} … and {$n} more
show-hierarchy-earlier = (see line {$line})
show-hierarchy-record = (first in record {$record}; in {$n} of them)
head-groups = groups
head-smallest = fewest leaves
head-largest = most leaves
use-hierarchy-spec = {$file}, line {$line}: {$reason}
use-hierarchy-exists = {$file} exists already; give another name, or delete it first
use-hierarchy-broken = {$file} is no sound hierarchy; kiban hierarchy check says what is wrong with it
use-hierarchy-empty = no value becomes a leaf; give --column with the column that the hierarchy is for, and check its kind
word-hierarchy-empty = the file has no row
word-hierarchy-open-quote = a quotation mark does not end
word-hierarchy-ragged = another number of levels than in the first row
word-hierarchy-hole = an empty label
word-hierarchy-repeated-leaf = the leaf stands in an earlier row
word-hierarchy-not-nested = shares this group with an earlier row, but not the next one
word-hierarchy-same-label = the label stands on a lower level for a value outside this group
word-hierarchy-lookalike = differs from an earlier label in blanks, case or width alone
word-hierarchy-level-names = the level's names are missing, too many or not apart
word-hierarchy-not-a-leaf = a value of the column is no leaf
