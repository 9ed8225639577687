/// The names that Wazuh and OSSEC know in their configuration files, so that an existing one loads as it is.
///
/// Read from the peers' own readers (`src/config/` of Wazuh 4.14 and OSSEC 3.8, with what older versions accepted).
package enum PeerNames {
    /// The sections of an `ossec.conf`.
    package static let sections: Set<String> = [
        "active-response", "agent-key-polling", "agent-upgrade", "agentless", "alerts", "analysis", "anti_tampering",
        "auth", "client", "client_buffer", "cluster", "command", "database_output", "email_alerts", "fluent-forward",
        "gcp-bucket", "gcp-pubsub", "github", "global", "indexer", "integration", "labels", "localfile", "logging",
        "ms-graph", "office365", "remote", "reports", "rootcheck", "rule_test", "rules", "ruleset", "sca", "socket",
        "syscheck", "syslog_output", "task-manager", "vulnerability-detection", "vulnerability-detector", "wazuh_db",
        "wodle",
    ]

    /// The sections that mean the same in an `<ossec_config>` root as in ours.
    ///
    /// Any other section of the peers' in such a root is theirs even when we have one of that name: their `<remote>`
    /// holds the port of their own daemon.
    package static let sharedSections: Set<String> = ["active-response", "client", "command", "global"]

    /// The options of `<global>` that are not ours.
    package static let globalOptions: [String] = [
        "agents_disconnection_alert_time", "agents_disconnection_time", "alerts_log", "auth_smtp", "compress_alerts",
        "custom_alert_output", "database_type", "email_from", "email_idsname", "email_log_source", "email_maxperhour",
        "email_notification", "email_reply_to", "email_to", "geoip6_db_path", "geoip_db_path", "geoipdb",
        "helo_server", "host_information", "integrity_checking", "jsonout_output", "logall", "logall_json",
        "max_output_size", "md5_allowlist", "md5_whitelist", "memory_size", "picviz_output", "picviz_socket",
        "prelude_log_level", "prelude_output", "prelude_profile", "queue_size", "rootkit_detection", "rotate_interval",
        "secure_smtp", "smtp_password", "smtp_port", "smtp_server", "smtp_user", "stats", "update_check",
        "zeromq_client_cert", "zeromq_output", "zeromq_server_cert", "zeromq_uri",
    ]

    /// The options of the agent's `<client>` that are not ours.
    package static let clientOptions: [String] = [
        "auto_restart", "comp_avg_printout", "config-profile", "crypto_method",
        "enrollment", "force_reconnect_interval", "ip_update_interval", "local_ip", "log_level", "max_attempts",
        "notify_time", "port", "protocol", "recv_counter_flush", "recv_timeout", "remote_conf", "request",
        "state_interval", "thread_stack_size", "time-reconnect", "verify_msg_id",
    ]

    /// The options of `<client><server>` that are not ours.
    package static let clientServerOptions: [String] = [
        "interface_index", "max_retries", "network_interface", "protocol", "retry_interval",
    ]

    /// The options of `<active-response>` that are not ours.
    package static let activeResponseOptions: [String] = ["ca_store", "ca_verification"]

    /// Whether this is Wazuh's `<global><limits>`, which is about events per second and not about responses.
    package static func isEventLimit(_ node: ConfigNode) -> Bool {
        node.name == "limits" && node.root == .ossec && node.children.contains { $0.name == "eps" }
    }

    /// The options of a section that are not ours.
    package static func options(of section: String) -> [String] {
        switch section {
        case "active-response": activeResponseOptions
        case "client": clientOptions
        case "global": globalOptions
        case "server": clientServerOptions
        default: []
        }
    }
}
