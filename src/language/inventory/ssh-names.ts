/** Where the system's own ssh can what we cannot. */
export const OPENSSH_CAN = "with `runbook_connection: openssh` the system's ssh makes the connection, which can";

/** Options that change how a host is reached or whom we believe, and that we cannot do: they are refused by name rather than overlooked. */
export const REFUSED_OPTIONS: ReadonlyMap<string, string> = new Map(
  ["ProxyCommand", "PKCS11Provider", "SmartcardDevice", "RevokedHostKeys", "BindInterface"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** Options that only add a way to log in, or to know a host: named where all other ways have failed. */
export const LACKING_OPTIONS: ReadonlySet<string> = new Set([
  "gssapiauthentication",
  "hostbasedauthentication",
  "knownhostscommand",
]);

/** Options that change nothing for us: forwardings, terminals, what is shown, how connections are shared, and what would only make us trust more. */
export const IGNORED_OPTIONS: ReadonlySet<string> = new Set(
  `addkeystoagent canonicaldomains canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots
  canonicalizepermittedcnames casignaturealgorithms channeltimeout checkhostip cipher clearallforwardings compression
  compressionlevel connectionattempts controlmaster controlpath controlpersist dynamicforward enableescapecommandline
  enablesshkeysign escapechar exitonforwardfailure fingerprinthash forkafterauthentication forwardx11 forwardx11timeout
  forwardx11trusted gatewayports globalknownhostsfile2 gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms
  gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns host hostbasedacceptedalgorithms
  hostbasedkeytypes ignoreunknown ipqos kbdinteractivedevices localcommand localforward loglevel logverbose
  nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming permitlocalcommand permitremoteopen
  protocol proxyusefdpass pubkeyacceptedalgorithms pubkeyacceptedkeytypes rekeylimit remotecommand
  remoteforward requesttty rhostsrsaauthentication rsaauthentication securitykeyprovider sendenv sessiontype setenv
  skeyauthentication stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive tunnel tunneldevice
  updatehostkeys usekeychain useprivilegedport useroaming userknownhostsfile2 verifyhostkeydns versionaddendum
  visualhostkey warnweakcrypto xauthlocation`.split(/\s+/),
);
