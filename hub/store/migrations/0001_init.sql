-- Times are microseconds since 1970, UTC; 0 is "not set". 64-bit epochs are kept as signed integers of the same bits.

-- A source is one journal of a hall. Its id grows with time, so a hall's sources in order of id are its history.
CREATE TABLE sources (
  id      INTEGER PRIMARY KEY,
  hall    TEXT    NOT NULL,
  epoch   INTEGER NOT NULL,
  started INTEGER NOT NULL,
  UNIQUE (hall, epoch)
);

CREATE TABLE halls (
  hall    TEXT PRIMARY KEY,
  desc    TEXT    NOT NULL, -- JSON
  source  INTEGER NOT NULL REFERENCES sources (id), -- the journal in use
  version TEXT    NOT NULL,
  updated INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE positions (
  source INTEGER NOT NULL,
  lane   INTEGER NOT NULL,
  seq    INTEGER NOT NULL, -- the last record stored
  PRIMARY KEY (source, lane)
) WITHOUT ROWID;

CREATE TABLE facts (
  source INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  kind   INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  record BLOB    NOT NULL, -- the journal's record: CBOR, as hall/wire/schema.cddl describes it
  PRIMARY KEY (source, seq)
) WITHOUT ROWID;
CREATE INDEX facts_at ON facts (source, at);
CREATE INDEX facts_gap ON facts (source, at) WHERE kind = 8;

-- What facts were taken to mean. (source, seq) is the fact that made the row.
CREATE TABLE tickets (
  source   INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  at       INTEGER NOT NULL, -- when it was first known: pages are ordered by it
  number   TEXT    NOT NULL,
  category TEXT    NOT NULL,
  day      TEXT    NOT NULL,
  issued   INTEGER NOT NULL,
  ahead    INTEGER NOT NULL,
  called   INTEGER NOT NULL,
  calls    INTEGER NOT NULL,
  window   TEXT    NOT NULL,
  ended    INTEGER NOT NULL,
  outcome  INTEGER NOT NULL,
  level    INTEGER NOT NULL,
  mark     INTEGER NOT NULL,
  PRIMARY KEY (source, seq)
) WITHOUT ROWID;
CREATE INDEX tickets_at ON tickets (source, at);

CREATE TABLE ratings (
  source        INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  device        TEXT    NOT NULL,
  window        TEXT    NOT NULL,
  level         INTEGER NOT NULL,
  key_seq       INTEGER NOT NULL,
  ticket_source INTEGER NOT NULL, -- 0: no ticket
  ticket_seq    INTEGER NOT NULL,
  mark          INTEGER NOT NULL,
  PRIMARY KEY (source, seq)
) WITHOUT ROWID;
CREATE INDEX ratings_at ON ratings (source, at);

CREATE TABLE punches (
  source      INTEGER NOT NULL,
  seq         INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  device      TEXT    NOT NULL,
  serial      TEXT    NOT NULL,
  pin         TEXT    NOT NULL,
  device_time TEXT    NOT NULL,
  skew        INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  verify      INTEGER NOT NULL,
  workcode    TEXT    NOT NULL,
  day         TEXT    NOT NULL,
  receive     INTEGER NOT NULL,
  mark        INTEGER NOT NULL,
  PRIMARY KEY (source, seq)
) WITHOUT ROWID;
CREATE INDEX punches_at ON punches (source, at);

CREATE TABLE passages (
  source    INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  device    TEXT    NOT NULL,
  zone      TEXT    NOT NULL,
  direction INTEGER NOT NULL,
  mark      INTEGER NOT NULL,
  PRIMARY KEY (source, seq)
) WITHOUT ROWID;
CREATE INDEX passages_at ON passages (source, at);

-- Records that no journal holds any more: first to last, both included.
CREATE TABLE losses (
  source INTEGER NOT NULL,
  lane   INTEGER NOT NULL,
  first  INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  since  INTEGER NOT NULL, -- time of the record before
  until  INTEGER NOT NULL, -- time of the record after
  PRIMARY KEY (source, lane, first)
) WITHOUT ROWID;

-- Records that could not be read, with the reason. seq 0: a whole batch without a readable position.
CREATE TABLE poison (
  id     INTEGER PRIMARY KEY,
  hall   TEXT    NOT NULL,
  lane   INTEGER NOT NULL,
  epoch  INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  reason TEXT    NOT NULL,
  raw    BLOB    NOT NULL
);

CREATE TABLE gateways (
  hall      TEXT PRIMARY KEY,
  hash      BLOB    NOT NULL, -- SHA-256 of the credential
  created   INTEGER NOT NULL,
  last_seen INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE refusals (
  id     INTEGER PRIMARY KEY,
  what   TEXT    NOT NULL,
  who    TEXT    NOT NULL,
  remote TEXT    NOT NULL,
  topic  TEXT    NOT NULL,
  reason TEXT    NOT NULL,
  count  INTEGER NOT NULL,
  first  INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  UNIQUE (what, who, remote, topic, reason)
);
CREATE INDEX refusals_last ON refusals (last);

CREATE TABLE accounts (
  name     TEXT PRIMARY KEY,
  role     TEXT    NOT NULL,
  halls    TEXT    NOT NULL, -- JSON array
  password TEXT    NOT NULL, -- PHC string
  disabled INTEGER NOT NULL,
  lang     TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
  hash    BLOB PRIMARY KEY, -- SHA-256 of the token
  account TEXT    NOT NULL,
  csrf    TEXT    NOT NULL,
  expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tokens (
  name    TEXT PRIMARY KEY,
  hash    BLOB    NOT NULL UNIQUE, -- SHA-256 of the token
  account TEXT    NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE incidents (
  id       TEXT PRIMARY KEY,
  hall     TEXT    NOT NULL,
  rule     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  status   TEXT    NOT NULL,
  since    INTEGER NOT NULL,
  resolved INTEGER NOT NULL, -- 0: open
  body     BLOB    NOT NULL
) WITHOUT ROWID;
CREATE INDEX incidents_since ON incidents (since, id);
CREATE INDEX incidents_open ON incidents (since) WHERE resolved = 0;
