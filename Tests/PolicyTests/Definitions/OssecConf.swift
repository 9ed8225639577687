/// Complete configuration files in the shape in which the peers install them, with an administrator's additions.
enum OssecConf {
    /// Wazuh 4.x, manager.
    static let wazuhManager = #"""
        <!--
          Wazuh - Manager - Default configuration for ubuntu 22.04
          More info at: https://documentation.wazuh.com
          Mailing list: https://groups.google.com/forum/#!forum/wazuh
        -->

        <ossec_config>
          <global>
            <jsonout_output>yes</jsonout_output>
            <alerts_log>yes</alerts_log>
            <logall>no</logall>
            <logall_json>no</logall_json>
            <email_notification>no</email_notification>
            <smtp_server>smtp.example.wazuh.com</smtp_server>
            <email_from>wazuh@example.wazuh.com</email_from>
            <email_to>recipient@example.wazuh.com</email_to>
            <email_maxperhour>12</email_maxperhour>
            <email_log_source>alerts.log</email_log_source>
            <agents_disconnection_time>15m</agents_disconnection_time>
            <agents_disconnection_alert_time>0</agents_disconnection_alert_time>
            <update_check>yes</update_check>
          </global>

          <alerts>
            <log_alert_level>3</log_alert_level>
            <email_alert_level>12</email_alert_level>
          </alerts>

          <!-- Choose between "plain", "json", or "plain,json" for the format of internal logs -->
          <logging>
            <log_format>plain</log_format>
          </logging>

          <remote>
            <connection>secure</connection>
            <port>1514</port>
            <protocol>tcp</protocol>
            <queue_size>131072</queue_size>
          </remote>

          <!-- Policy monitoring -->
          <rootcheck>
            <disabled>no</disabled>
            <check_files>yes</check_files>
            <check_trojans>yes</check_trojans>
            <check_dev>yes</check_dev>
            <check_sys>yes</check_sys>
            <check_pids>yes</check_pids>
            <check_ports>yes</check_ports>
            <check_if>yes</check_if>

            <!-- Frequency that rootcheck is executed - every 12 hours -->
            <frequency>43200</frequency>

            <rootkit_files>etc/rootcheck/rootkit_files.txt</rootkit_files>
            <rootkit_trojans>etc/rootcheck/rootkit_trojans.txt</rootkit_trojans>

            <skip_nfs>yes</skip_nfs>

            <ignore>/var/lib/containerd</ignore>
            <ignore>/var/lib/docker/overlay2</ignore>
          </rootcheck>

          <wodle name="cis-cat">
            <disabled>yes</disabled>
            <timeout>1800</timeout>
            <interval>1d</interval>
            <scan-on-start>yes</scan-on-start>

            <java_path>wodles/java</java_path>
            <ciscat_path>wodles/ciscat</ciscat_path>
          </wodle>

          <!-- Osquery integration -->
          <wodle name="osquery">
            <disabled>yes</disabled>
            <run_daemon>yes</run_daemon>
            <log_path>/var/log/osquery/osqueryd.results.log</log_path>
            <config_path>/etc/osquery/osquery.conf</config_path>
            <add_labels>yes</add_labels>
          </wodle>

          <!-- System inventory -->
          <wodle name="syscollector">
            <disabled>no</disabled>
            <interval>1h</interval>
            <scan_on_start>yes</scan_on_start>
            <hardware>yes</hardware>
            <os>yes</os>
            <ports all="yes">yes</ports>
            <processes>yes</processes>

            <!-- Database synchronization settings -->
            <synchronization>
              <max_eps>10</max_eps>
            </synchronization>
          </wodle>

          <sca>
            <enabled>yes</enabled>
            <scan_on_start>yes</scan_on_start>
            <interval>12h</interval>
            <skip_nfs>yes</skip_nfs>
          </sca>

          <vulnerability-detection>
            <enabled>yes</enabled>
            <index-status>yes</index-status>
            <feed-update-interval>60m</feed-update-interval>
          </vulnerability-detection>

          <indexer>
            <enabled>yes</enabled>
            <hosts>
              <host>https://0.0.0.0:9200</host>
            </hosts>
            <ssl>
              <certificate_authorities>
                <ca>/etc/filebeat/certs/root-ca.pem</ca>
              </certificate_authorities>
              <certificate>/etc/filebeat/certs/filebeat.pem</certificate>
              <key>/etc/filebeat/certs/filebeat-key.pem</key>
            </ssl>
          </indexer>

          <!-- File integrity monitoring -->
          <syscheck>
            <disabled>no</disabled>

            <!-- Frequency that syscheck is executed default every 12 hours -->
            <frequency>43200</frequency>

            <scan_on_start>yes</scan_on_start>

            <!-- Generate alert when new file detected -->
            <alert_new_files>yes</alert_new_files>

            <!-- Don't ignore files that change more than 'frequency' times -->
            <auto_ignore frequency="10" timeframe="3600">no</auto_ignore>

            <!-- Directories to check  (perform all possible verifications) -->
            <directories>/etc,/usr/bin,/usr/sbin</directories>
            <directories realtime="yes" report_changes="yes">/bin,/sbin,/boot</directories>

            <!-- Files/directories to ignore -->
            <ignore>/etc/mtab</ignore>
            <ignore>/etc/hosts.deny</ignore>

            <!-- File types to ignore -->
            <ignore type="sregex">.log$|.swp$</ignore>

            <!-- Check the file, but never compute the diff -->
            <nodiff>/etc/ssl/private.key</nodiff>

            <skip_nfs>yes</skip_nfs>
            <skip_dev>yes</skip_dev>

            <!-- Nice value for Syscheck process -->
            <process_priority>10</process_priority>

            <!-- Maximum output throughput -->
            <max_eps>50</max_eps>

            <synchronization>
              <enabled>yes</enabled>
              <interval>5m</interval>
              <max_eps>10</max_eps>
            </synchronization>
          </syscheck>

          <!-- Active response -->
          <global>
            <white_list>127.0.0.1</white_list>
            <white_list>^localhost.localdomain$</white_list>
            <white_list>10.0.2.3</white_list>
          </global>

          <command>
            <name>disable-account</name>
            <executable>disable-account</executable>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>restart-wazuh</name>
            <executable>restart-wazuh</executable>
          </command>

          <command>
            <name>firewall-drop</name>
            <executable>firewall-drop</executable>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>host-deny</name>
            <executable>host-deny</executable>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>route-null</name>
            <executable>route-null</executable>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>win_route-null</name>
            <executable>route-null.exe</executable>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>netsh</name>
            <executable>netsh.exe</executable>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <active-response>
            <disabled>no</disabled>
            <command>firewall-drop</command>
            <location>local</location>
            <rules_id>5763, 5712</rules_id>
            <timeout>180</timeout>
          </active-response>

          <active-response>
            <command>disable-account</command>
            <location>local</location>
            <level>10</level>
            <rules_group>authentication_failed|authentication_failures</rules_group>
            <timeout>300</timeout>
            <repeated_offenders>10,20,30</repeated_offenders>
          </active-response>

          <active-response>
            <disabled>yes</disabled>
            <command>host-deny</command>
            <location>defined-agent</location>
            <agent_id>001</agent_id>
            <rules_group>attack</rules_group>
          </active-response>

          <!-- Log analysis -->
          <localfile>
            <log_format>command</log_format>
            <command>df -P</command>
            <frequency>360</frequency>
          </localfile>

          <localfile>
            <log_format>full_command</log_format>
            <command>netstat -tulpn | sed 's/\([[:alnum:]]\+\)\ \+[[:digit:]]\+/\1/g' | sort -k 4 -g | sed 1,2d</command>
            <alias>netstat listening ports</alias>
            <frequency>360</frequency>
          </localfile>

          <ruleset>
            <!-- Default ruleset -->
            <decoder_dir>ruleset/decoders</decoder_dir>
            <rule_dir>ruleset/rules</rule_dir>
            <rule_exclude>0215-policy_rules.xml</rule_exclude>
            <list>etc/lists/audit-keys</list>

            <!-- User-defined ruleset -->
            <decoder_dir>etc/decoders</decoder_dir>
            <rule_dir>etc/rules</rule_dir>
          </ruleset>

          <rule_test>
            <enabled>yes</enabled>
            <threads>1</threads>
            <max_sessions>64</max_sessions>
            <session_timeout>15m</session_timeout>
          </rule_test>

          <!-- Configuration for wazuh-authd -->
          <auth>
            <disabled>no</disabled>
            <port>1515</port>
            <use_source_ip>no</use_source_ip>
            <purge>yes</purge>
            <use_password>no</use_password>
            <ciphers>HIGH:!ADH:!EXP:!MD5:!RC4:!3DES:!CAMELLIA:@STRENGTH</ciphers>
            <!-- <ssl_agent_ca></ssl_agent_ca> -->
            <ssl_verify_host>no</ssl_verify_host>
            <ssl_manager_cert>etc/sslmanager.cert</ssl_manager_cert>
            <ssl_manager_key>etc/sslmanager.key</ssl_manager_key>
            <ssl_auto_negotiate>no</ssl_auto_negotiate>
          </auth>

          <cluster>
            <name>wazuh</name>
            <node_name>node01</node_name>
            <node_type>master</node_type>
            <key></key>
            <port>1516</port>
            <bind_addr>0.0.0.0</bind_addr>
            <nodes>
                <node>NODE_IP</node>
            </nodes>
            <hidden>no</hidden>
            <disabled>yes</disabled>
          </cluster>

        </ossec_config>

        <ossec_config>
          <localfile>
            <log_format>journald</log_format>
            <location>journald</location>
          </localfile>

          <localfile>
            <log_format>syslog</log_format>
            <location>/var/ossec/logs/active-responses.log</location>
          </localfile>

        </ossec_config>

        <ossec_config>
          <integration>
            <name>virustotal</name>
            <api_key>0123456789abcdef</api_key>
            <group>syscheck</group>
            <alert_format>json</alert_format>
          </integration>
          <labels>
            <label key="aws.instance-id">i-052a1838c</label>
          </labels>
        </ossec_config>
        """#

    /// OSSEC 3.x, server.
    static let ossecServer = """
        <!-- OSSEC example config -->

        <ossec_config>
          <global>
            <email_notification>yes</email_notification>
            <email_to>daniel.cid@example.com</email_to>
            <smtp_server>smtp.example.com.</smtp_server>
            <email_from>ossecm@ossec.example.com.</email_from>
            <email_maxperhour>20</email_maxperhour>
            <white_list>127.0.0.1</white_list>
            <white_list>192.168.2.1</white_list>
            <white_list>192.168.2.190</white_list>
            <allow_list>192.168.2.32</allow_list>
          </global>

          <rules>
            <include>rules_config.xml</include>
            <include>sshd_rules.xml</include>
            <include>local_rules.xml</include>
          </rules>

          <syscheck>
            <frequency>72000</frequency>
            <directories check_all="yes">/etc,/usr/bin,/usr/sbin</directories>
            <ignore>/etc/mtab</ignore>
            <windows_ignore>C:\\WINDOWS/Debug</windows_ignore>
          </syscheck>

          <rootcheck>
            <rootkit_files>/var/ossec/etc/shared/rootkit_files.txt</rootkit_files>
          </rootcheck>

          <remote>
            <connection>secure</connection>
          </remote>

          <alerts>
            <log_alert_level>1</log_alert_level>
            <email_alert_level>7</email_alert_level>
          </alerts>

          <command>
            <name>host-deny</name>
            <executable>host-deny.sh</executable>
            <expect>srcip</expect>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>firewall-drop</name>
            <executable>firewall-drop.sh</executable>
            <expect>srcip</expect>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>disable-account</name>
            <executable>disable-account.sh</executable>
            <expect>user</expect>
            <timeout_allowed>yes</timeout_allowed>
          </command>

          <command>
            <name>restart-ossec</name>
            <executable>restart-ossec.sh</executable>
            <expect></expect>
          </command>

          <!-- Active Response Config -->
          <active-response>
            <!-- This response is going to execute the host-deny
               - command for every event that fires a rule with
               - level (severity) >= 6.
               - The IP is going to be blocked for  600 seconds.
              -->
            <command>host-deny</command>
            <location>local</location>
            <level>6</level>
            <timeout>600</timeout>
          </active-response>

          <active-response>
            <!-- Firewall Drop response. Block the IP for
               - 600 seconds on the firewall (iptables,
               - ipfilter, etc).
              -->
            <command>firewall-drop</command>
            <location>local</location>
            <level>6</level>
            <timeout>600</timeout>
          </active-response>

          <!-- Files to monitor (localfiles) -->
          <localfile>
            <log_format>syslog</log_format>
            <location>/var/log/messages</location>
          </localfile>

          <localfile>
            <log_format>apache</log_format>
            <location>/var/www/logs/access_log</location>
          </localfile>
        </ossec_config>
        """
}
