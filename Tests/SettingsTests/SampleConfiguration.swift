/// Files in the shape in which the peers install them, with what administrators add.
enum SampleConfiguration {
    static let wazuhManager = #"""
        <!-- Wazuh, manager -->
        <ossec_config>
          <global>
            <jsonout_output>yes</jsonout_output>
            <logall>no</logall>
            <white_list>127.0.0.1</white_list>
            <white_list>^localhost.localdomain$</white_list>
          </global>
          <remote><connection>secure</connection><port>1514</port><protocol>tcp</protocol></remote>
          <logging><log_format>plain</log_format></logging>
          <syscheck>
            <directories check_all="yes" restrict=".conf$|.sh$">/etc</directories>
            <ignore type="sregex">.log$|.swp$</ignore>
          </syscheck>
          <command><name>firewall-drop</name><executable>firewall-drop</executable><timeout_allowed>yes</timeout_allowed></command>
          <command><name>restart-wazuh</name><executable>restart-wazuh</executable></command>
          <command>
            <name>wazuh-slack</name>
            <executable>wazuh-slack</executable>
            <extra_args>https://hooks.example.com/services/T&B/x --user 'wazuh bot'</extra_args>
          </command>
          <active-response>
            <disabled>no</disabled>
            <command>firewall-drop</command>
            <location>local</location>
            <rules_id>5763, 5712,
              31151</rules_id>
            <timeout>180</timeout>
            <repeated_offenders>30,60,120</repeated_offenders>
          </active-response>
        </ossec_config>

        Administrators write between the roots.

        <ossec_config>
          <active-response>
            <command>wazuh-slack</command>
            <location>server</location>
            <level></level>
            <rules_group>attack|^syslog,sshd|web\w+</rules_group>
          </active-response>
          <active-response>
            <disabled>yes</disabled>
            <command>gone</command>
            <location>defined-agent</location>
          </active-response>
          <active-response>
            <command>firewall-drop</command>
            <location>defined-agent</location>
            <agent_id>2</agent_id>
            <level>10</level>
            <level>12</level>
            <timeout>600</timeout>
          </active-response>
          <localfile><log_format>command</log_format><command>df -P</command></localfile>
          <integration><name>virustotal</name><group>syscheck</group></integration>
        </ossec_config>
        <edr_config>
          <remote><local_ip>127.0.0.1</local_ip></remote>
          <alert_source><location>/var/ossec/logs/alerts/alerts.json</location></alert_source>
          <alert_source><format>ossec</format><location>/srv/ossec/alerts.json</location></alert_source>
          <manager><name>soc: 1</name></manager>
        </edr_config>
        """#

    static let ossecServer = """
        <!-- OSSEC, server -->
        <ossec_config>
          <global>
            <email_notification>yes</email_notification>
            <white_list>192.168.2.1</white_list>
            <allow_list>192.168.2.32</allow_list>
          </global>
          <rules><include>sshd_rules.xml</include></rules>
          <command>
            <name>firewall-drop</name><executable>firewall-drop.sh</executable>
            <expect>srcip</expect><timeout_allowed>yes</timeout_allowed>
          </command>
          <command>
            <name>restart-ossec</name><executable>restart-ossec.sh</executable><expect></expect>
          </command>
          <active-response>
            <command>firewall-drop</command><location>ALL</location><level>6</level><timeout>600</timeout>
          </active-response>
        </ossec_config>
        """

    static let wazuhAgent = """
        <ossec_config>
          <client>
            <server><address>wazuh.example.com</address><port>1514</port><protocol>tcp</protocol></server>
            <server><address>2001:db8::1</address></server>
            <crypto_method>aes</crypto_method>
          </client>
          <client_buffer><disabled>no</disabled></client_buffer>
          <active-response>
            <disabled>no</disabled>
            <ca_store>etc/wpk_root.pem</ca_store>
            <repeated_offenders>30,60,120</repeated_offenders>
          </active-response>
        </ossec_config>
        <ossec_config>
          <localfile><log_format>journald</log_format><location>journald</location></localfile>
        </ossec_config>
        <edr_config>
          <client><server><address>second</address><port>99</port></server></client>
          <logging><level>debug</level></logging>
        </edr_config>
        """

    static let ossecAgent = """
        <ossec_config>
          <client>
            <server-ip>192.0.2.1</server-ip>
            <server-hostname>manager.example.com</server-hostname>
            <disable-active-response>yes</disable-active-response>
          </client>
          <rootcheck><disabled>no</disabled></rootcheck>
        </ossec_config>
        <ossec_config>
          <active-response><disabled>no</disabled><repeated_offenders>5</repeated_offenders></active-response>
          <active-response><repeated_offenders>7</repeated_offenders></active-response>
        </ossec_config>
        """
}
