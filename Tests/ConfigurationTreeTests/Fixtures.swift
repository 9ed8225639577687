/// Configuration files in the shape of real ones.
enum Fixtures {
    /// An agent's `ossec.conf` as Wazuh 4.x installs it on Linux, with the additions that administrators make.
    static let wazuhAgent = #"""
        <!--
          Wazuh - Agent - Default configuration for debian 12
          More info at: https://documentation.wazuh.com
        -->

        <ossec_config>
          <client>
            <server>
              <address>wazuh.example.com</address>
              <port>1514</port>
              <protocol>tcp</protocol>
              <max_retries>5</max_retries>
              <retry_interval>10</retry_interval>
            </server>
            <config-profile>debian, debian12</config-profile>
            <notify_time>20</notify_time>
            <time-reconnect>60</time-reconnect>
            <auto_restart>yes</auto_restart>
            <crypto_method>aes</crypto_method>
            <enrollment>
              <enabled>yes</enabled>
              <agent_name>web01</agent_name>
              <groups>web & db</groups>
            </enrollment>
          </client>

          <client_buffer>
            <!-- Agent buffer options -->
            <disabled>no</disabled>
            <queue_size>5000</queue_size>
            <events_per_second>500</events_per_second>
          </client_buffer>

          <!-- Policy monitoring -->
          <rootcheck>
            <disabled>no</disabled>
            <check_files>yes</check_files>
            <frequency>43200</frequency>
            <rootkit_files>etc/shared/rootkit_files.txt</rootkit_files>
            <skip_nfs>yes</skip_nfs>
            <ignore>/var/lib/containerd</ignore>
          </rootcheck>

          <wodle name="cis-cat">
            <disabled>yes</disabled>
            <timeout>1800</timeout>
            <java_path>wodles/java</java_path>
          </wodle>

          <wodle name="syscollector">
            <disabled>no</disabled>
            <interval>1h</interval>
            <synchronization>
              <max_eps>10</max_eps>
            </synchronization>
          </wodle>

          <sca>
            <enabled>yes</enabled>
            <interval>12h</interval>
          </sca>

          <syscheck>
            <disabled>no</disabled>
            <frequency>43200</frequency>
            <directories check_all="yes" report_changes="yes" restrict=".conf$|.sh$">/etc,/usr/bin,/usr/sbin</directories>
            <ignore type="sregex">.log$|.swp$</ignore>
            <nodiff>/etc/ssl/private.key</nodiff>
          </syscheck>

          <localfile>
            <log_format>command</log_format>
            <command>df -P | awk '{ if ($5 > 80) print }' 2>/dev/null && true</command>
            <frequency>360</frequency>
          </localfile>

          <localfile>
            <location>Security</location>
            <log_format>eventchannel</log_format>
            <query>Event/System[EventID != 5145 and EventID &gt;= 4624]</query>
          </localfile>

          <active-response>
            <disabled>no</disabled>
            <ca_store>etc/wpk_root.pem</ca_store>
            <ca_verification>yes</ca_verification>
            <repeated_offenders>30,60,120</repeated_offenders>
          </active-response>

          <logging>
            <log_format>plain</log_format>
          </logging>

        </ossec_config>

        <ossec_config>
          <localfile>
            <log_format>journald</log_format>
            <location>journald</location>
          </localfile>
        </ossec_config>
        """#

    static let yaml = """
        # An agent.
        client:
          server:
            - {address: manager.example.com, port: 7514}
            - address: "2001:db8::1"
        active-response:
          disabled: no
          repeated_offenders: [30, 60, 120]
        ---
        logging:
          level: >-
            debug
        """
}
