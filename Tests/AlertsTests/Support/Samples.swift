/// Alerts as Wazuh writes them.
enum Samples {
    static let ssh =
        #"{"timestamp": "2025-04-13T15:25:01.482+0000", "rule": {"level": 10, "description": "sshd: brute force trying to get access to the system.", "id": "5712", "frequency": 8, "firedtimes": 1, "mail": false, "groups": ["syslog", "sshd", "authentication_failures"], "pci_dss": ["11.4", "10.2.4"], "gdpr": ["IV_35.7.d"]}, "agent": {"id": "003", "name": "web-03", "ip": "192.0.2.13"}, "manager": {"name": "soc-mgr"}, "id": "1744557901.918273", "previous_output": "Apr 13 15:24:59 web-03 sshd[2210]: Failed password for invalid user admin from 198.51.100.77 port 40112 ssh2", "full_log": "Apr 13 15:25:00 web-03 sshd[2211]: Failed password for invalid user admin from 198.51.100.77 port 40114 ssh2", "predecoder": {"program_name": "sshd", "timestamp": "Apr 13 15:25:00", "hostname": "web-03"}, "decoder": {"parent": "sshd", "name": "sshd"}, "data": {"srcip": "198.51.100.77", "srcport": "40114", "srcuser": "admin"}, "location": "/var/log/auth.log"}"#
    static let syscheck =
        #"{"timestamp": "2025-04-13T15:31:44.007+0000", "rule": {"level": 7, "description": "Integrity checksum changed.", "id": "550", "firedtimes": 3, "mail": false, "groups": ["ossec", "syscheck"]}, "agent": {"id": "008", "name": "file-08", "ip": "192.0.2.18"}, "manager": {"name": "soc-mgr"}, "id": "1744558304.920011", "full_log": "File '/etc/hosts' checksum changed.", "syscheck": {"path": "/etc/hosts", "event": "modified", "size_after": "212", "md5_after": "9e107d9d372bb6826bd81d3542a419d6"}, "decoder": {"name": "syscheck_integrity_changed"}, "location": "syscheck"}"#
    static let windows =
        #"{"timestamp":"2026-01-31T12:34:56.789+0100","rule":{"level":5,"description":"Logon failure - unknown user or bad password.","id":"60122","mitre":{"id":["T1078"]},"groups":["windows","authentication_failed"],"hipaa":["164.312.b"],"nist_800_53":["AU.14"],"tsc":["CC6.1"],"gpg13":["7.1"],"cis":["1.1"]},"agent":{"id":"011","name":"DC-01","ip":"192.0.2.21"},"manager":{"name":"soc-mgr"},"id":"1769859296.1","data":{"win":{"system":{"eventID":"4625","message":"\"Ein Konto konnte nicht angemeldet werden.\r\n\u00dcber: \ud83d\ude00\""},"eventdata":{"ipAddress":"::ffff:203.0.113.9","targetUserName":"Müller","keyLength":0,"elevated":true,"nothing":null}}},"location":"EventChannel"}"#

    static let all = [ssh, syscheck, windows]
}

/// The same numbers on every run, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
