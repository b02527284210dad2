-- What is to be told of incidents and was not taken by its receiver yet, worded when the incident changed. A row is there
-- from the transaction that stored the change until the receiver took it.
CREATE TABLE outbox (
  id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: the order of telling
  channel TEXT    NOT NULL,
  key     TEXT    NOT NULL, -- names the message to its receiver
  made    INTEGER NOT NULL,
  body    BLOB    NOT NULL,
  UNIQUE (channel, key)
);

CREATE INDEX incidents_resolved ON incidents (resolved) WHERE resolved > 0;
