-- Every change of a device's health: its up-time is made of these.
CREATE TABLE device_changes (
  source INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  device TEXT    NOT NULL,
  was    INTEGER NOT NULL,
  health INTEGER NOT NULL,
  code   TEXT    NOT NULL,
  detail TEXT    NOT NULL,
  mark   INTEGER NOT NULL,
  PRIMARY KEY (source, seq)
) WITHOUT ROWID;
CREATE INDEX device_changes_at ON device_changes (source, at);
CREATE INDEX device_changes_of ON device_changes (source, device, at);
