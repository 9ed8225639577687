import GRDB

/// The tables of the ledger and how older files come to have them.
///
/// A migration that was shipped is never changed; what comes later is a new one.
enum LedgerSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 events, dispatches, positions, agents, tokens") { database in
            try database.execute(sql: first)
        }
        migrator.registerMigration("2 requests to undo") { database in
            try database.execute(
                sql: """
                    ALTER TABLE dispatch ADD COLUMN undo_by TEXT;
                    CREATE INDEX dispatch_undo ON dispatch(seq) WHERE undo_by IS NOT NULL;
                    """)
        }
        migrator.registerMigration("3 chain of records, removal") { database in
            try database.execute(sql: third)
        }
        migrator.registerMigration("4 responses in the hands of agents, undos by hand and tried again") { database in
            try database.execute(sql: fourth)
        }
        migrator.registerMigration("5 holds and the stop") { database in
            try database.execute(
                sql: """
                    CREATE TABLE dispatch_hold (
                        seq INTEGER PRIMARY KEY REFERENCES dispatch(seq),
                        hold_reason TEXT NOT NULL,
                        hold_deadline INTEGER NOT NULL,
                        hold_approves INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE stop (
                        only INTEGER PRIMARY KEY CHECK (only = 1),
                        at INTEGER NOT NULL,
                        by TEXT NOT NULL,
                        reason TEXT NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("6 renewals of certificates") { database in
            try database.execute(
                sql: """
                    CREATE TABLE certificate_renewal (
                        agent_id TEXT PRIMARY KEY,
                        replaces TEXT NOT NULL,
                        serial TEXT NOT NULL,
                        fingerprint TEXT NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("7 certificate authorities") { database in
            try database.execute(
                sql: """
                    ALTER TABLE agent ADD COLUMN certificate_authority TEXT;
                    ALTER TABLE agent ADD COLUMN trusts TEXT;
                    ALTER TABLE certificate_renewal ADD COLUMN authority TEXT;
                    """)
        }
        migrator.registerMigration("8 tokens of the control API") { database in
            try database.execute(
                sql: """
                    CREATE TABLE api_token (
                        name TEXT PRIMARY KEY,
                        hash BLOB NOT NULL UNIQUE,
                        role TEXT NOT NULL,
                        created INTEGER NOT NULL,
                        expires INTEGER NOT NULL,
                        last_used INTEGER,
                        last_address TEXT
                    ) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("9 journals in use, orphans, open failures") { database in
            try database.execute(sql: ninth)
        }
        return migrator
    }

    /// A record's `hash` covers the record and the hash before it; `facts` is the digest of a dispatch's facts and
    /// order in the record that made it, and `progress` what became of the dispatch by the record.
    ///
    /// `removed_run` says where records are gone, and the record that tells so; `removed_dispatch` keeps the ids of
    /// removed dispatches, so that none fires again.
    private static let third = """
        ALTER TABLE event ADD COLUMN facts BLOB;
        ALTER TABLE event ADD COLUMN progress BLOB;
        ALTER TABLE event ADD COLUMN hash BLOB;
        DROP TRIGGER event_append_only;
        CREATE TRIGGER event_append_only BEFORE UPDATE ON event WHEN OLD.hash IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

        CREATE TABLE removed_run (
            first INTEGER PRIMARY KEY,
            last INTEGER NOT NULL UNIQUE,
            before BLOB NOT NULL,
            after BLOB NOT NULL,
            record INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX removed_run_record ON removed_run(record);

        CREATE TABLE removed_dispatch (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            until INTEGER NOT NULL
        ) STRICT;
        """

    private static let fourth = """
        ALTER TABLE dispatch ADD COLUMN undo_retry INTEGER;
        ALTER TABLE event ADD COLUMN undo_retry INTEGER;
        CREATE INDEX dispatch_open ON dispatch(agent_id)
        WHERE state IN ('delivered', 'running', 'active', 'undoing', 'undo_failed');

        CREATE TABLE lift (
            agent_id TEXT NOT NULL,
            command TEXT NOT NULL,
            user TEXT,
            srcip TEXT,
            filename TEXT,
            dispatch_id BLOB NOT NULL,
            by TEXT NOT NULL,
            at INTEGER NOT NULL,
            until INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX lift_target ON lift(agent_id, command, srcip);
        """

    /// `agent_report.used` is the number of a record, higher for the journal that was in use later; `orphan` has the ids
    /// of reports whose response is not here.
    private static let ninth = """
        ALTER TABLE agent_report ADD COLUMN used INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE orphan (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE
        ) STRICT;

        DROP INDEX dispatch_open;
        CREATE INDEX dispatch_open ON dispatch(agent_id)
        WHERE (state IN ('delivered', 'running', 'active', 'undoing', 'undo_failed')
        OR state = 'failed' AND stateful AND undo_due IS NOT NULL);

        CREATE INDEX removed_dispatch_until ON removed_dispatch(until);
        CREATE INDEX lift_until ON lift(until);

        INSERT INTO orphan (id) SELECT dispatch_id FROM event
        WHERE reporter IS NOT NULL AND dispatch_id <> zeroblob(16) AND dispatch_id NOT IN (SELECT id FROM dispatch)
        GROUP BY dispatch_id ORDER BY min(seq);
        """

    /// Times are unix milliseconds.
    ///
    /// Orders have a table of their own because SQLite writes a row anew with every
    /// change of state, and an order with its alert is large.
    private static let first = """
        CREATE TABLE event (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            dispatch_id BLOB NOT NULL,
            at INTEGER NOT NULL,
            event TEXT NOT NULL,
            state TEXT,
            detail TEXT NOT NULL,
            undo_due INTEGER,
            exit_status INTEGER,
            duration_ms INTEGER,
            output BLOB,
            reporter TEXT
        ) STRICT;
        CREATE INDEX event_dispatch ON event(dispatch_id);
        CREATE TRIGGER event_append_only BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

        CREATE TABLE dispatch (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            command TEXT NOT NULL,
            active_response TEXT NOT NULL,
            agent_id TEXT NOT NULL,
            agent_name TEXT NOT NULL,
            alert_id TEXT NOT NULL,
            rule_id TEXT NOT NULL,
            user TEXT,
            srcip TEXT,
            filename TEXT,
            created INTEGER NOT NULL,
            expires INTEGER,
            stateful INTEGER NOT NULL,
            state TEXT NOT NULL,
            delivered INTEGER,
            undo_due INTEGER,
            exit_status INTEGER,
            duration_ms INTEGER,
            output_event INTEGER
        ) STRICT;
        CREATE INDEX dispatch_state ON dispatch(state);
        CREATE INDEX dispatch_agent ON dispatch(agent_id);

        CREATE TABLE dispatch_order (
            seq INTEGER PRIMARY KEY REFERENCES dispatch(seq),
            encoded BLOB NOT NULL
        ) STRICT;

        CREATE TABLE agent_report (
            agent_id TEXT NOT NULL,
            journal TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            PRIMARY KEY (agent_id, journal)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE source_position (
            source TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE agent (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            certificate_serial TEXT NOT NULL,
            certificate_fingerprint TEXT NOT NULL,
            created INTEGER NOT NULL,
            removed INTEGER,
            last_seen INTEGER,
            version TEXT,
            ip TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX agent_name ON agent(name COLLATE NOCASE) WHERE removed IS NULL;

        CREATE TABLE enrollment_token (
            hash BLOB PRIMARY KEY,
            agent_id TEXT,
            name TEXT,
            created INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            uses_left INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
}
