//! Texts with a secret in them, written as people write them who slip: by a small grammar, at random.

/// The secret: nothing else in any text looks like it.
pub(crate) const MARK: &str = "HUNTER";

/// The numbers of one text.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn of(seed: u64) -> Self {
        let mut draw = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B);
        (0..4).for_each(|_| assert!(draw.below(2) < 2));
        draw
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 8) % (bound.max(1) as u64)).unwrap_or(0)
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const NAMES: [&str; 18] = [
    "password",
    "Password",
    "\"password\"",
    "'passwd'",
    "secret",
    "secrets",
    "api-key",
    "snmp_community",
    "userPin",
    "login.passwd",
    "db password",
    "api key",
    "--password",
    "token",
    "pasword",
    "token_2",
    "key",
    "\"pass\\x77ord\"",
];

const JOINTS: [&str; 18] = [
    ": ", ": ", ": ", ": ", ": ", ":", "=", " = ", " ", "\t", " : ", "; ", ", ", ":: ", "-> ", ":\n", "\n",
    "\n: ",
];

/// `M` is the secret, `~` how deep what goes on below is.
const VALUES: [&str; 46] = [
    "M",
    "M",
    "\"M\"",
    "'M'",
    "a,M",
    "\"a\",M",
    ",M",
    "#M",
    "a #M",
    "a # M",
    "{M",
    "[M",
    "M}",
    "M]",
    "{M}",
    "[M, a]",
    "{a: M}",
    "{M: a}",
    "{secret: s},M",
    "{secret: s}M",
    "{secret: s M",
    "{secret: [M]}",
    "'it's M'",
    "\"say \"M\" now\"",
    "\"a\"M",
    "'a'M",
    "|\n~M",
    ">-\n~a\n~M b",
    "|\n~a\n\n~M",
    "\"a\n~M\"",
    "'a\n\n~M b",
    "a\n~M",
    "\n~M",
    "\n~- M\n~- a",
    "\n            a: M",
    "&p M",
    "!t M",
    "*M",
    "@M",
    "`M`",
    "%M",
    "p&w M$1!",
    "x: M",
    ": M",
    "- M",
    "[a,\n~M]",
];

/// How the secret is put: `E` is name, joint and value.
const CONTAINERS: [&str; 23] = [
    "    params:\n      E\n",
    "    params:\n      ip: 1\n      E\n      x: [1]\n",
    "    params: {E}\n",
    "    params: {ip: 1, E, x: [1]}\n",
    "    params: {E\n    ops: []\n",
    "    params: [E]\n",
    "    params: E\n",
    "    params:\n      - E\n      - x: 1\n",
    "    params: |\n      user=x E\n",
    "    params: >\n      E\n      a\n",
    "    params:\n      E\n    meta: {x: [1]}\n",
    "    # E\n    params: {x: [1]}\n",
    "    params: {x: 1} # E\n",
    "    params:\n      {E,\n       x: [1]}\n",
    "    parms:\n      E\n",
    "    meta: {E}\n",
    "    utilization: {E}\n",
    "    params:\n      x: {y: {E}}\n",
    "    params:\n      opts: \"E\"\n",
    "    ops: [{name: monitor, params: {E}}]\n",
    "    description: E\n",
    "    corosync: {crypto: {E}}\n",
    "    agnet: x\n    params:\n      E\n      ip: 1\n",
];

/// Whole entries, with pairs of names and values.
const PAIRS: [&str; 18] = [
    "    params: [{name: N, value: M}]\n",
    "    params: [{value: M, name: N}]\n",
    "    params:\n      - name: N\n        value: M\n",
    "    params:\n      - value: M\n        name: N\n",
    "    params:\n      x: {value: M,\n        name: N}\n",
    "    params: {name: N, value: M}\n",
    "    params: {password: a,M: x}\n",
    "    params:\n      password_file: [M]\n",
    "    params:\n      password_file:\n      - M\n",
    "    addresses: ['u:M@h']\n",
    "    params:\n      private_key: |\n        a\n     DEK-Info: b,M\n        M\n      user: [1]\n",
    "    params:\n      name: N\n      value: [M]\n",
    "    params:\n      - key: N\n        val: M\n      - a\n",
    "    params:\n      - N\n      - M\n",
    "    params: [N, M]\n",
    "    params:\n      x: http://u:M@h/\n      y: [1]\n",
    "    params: {x: [\"pg://u:a/M@h\"]}\n",
    "    params:\n      url: MYSQL://u:p#M@h/\n      y: [1]\n",
];

const FAULTS: [(&str, &str); 14] = [
    ("", ""),
    ("", ""),
    ("", ""),
    ("    agent", "    agnet"),
    ("    agent", "   agent"),
    ("  A:\n", "  A: B: C\n"),
    ("kind: Cluster\n", ""),
    ("ocf:heartbeat:Dummy", "Dummy"),
    ("nodes: {", "nodes: "),
    ("name: c", "name: @c"),
    ("name: c", "name: 'c"),
    ("  B:\n", "\tB:\n"),
    ("resources:", "resource:"),
    ("  B:\n", "   B:\n"),
];

/// A manifest.
pub(crate) fn manifest(seed: u64) -> String {
    let mut draw = Draw::of(seed);
    let name = draw.one(&NAMES);
    let depth = " ".repeat([0, 2, 4, 5, 6, 7, 8, 8, 8, 10][draw.below(10)]);
    let entry = if draw.below(5) == 0 {
        draw.one(&PAIRS).replace('N', name)
    } else {
        let container = draw.one(&CONTAINERS);
        // Within a text only what is joined to a name counts.
        let is_text = container.contains("\"E\"") || container.contains("description");
        let mut joint = draw.one(if is_text { &[": ", "=", " = "] } else { &JOINTS }).to_owned();
        if joint.contains('\n') {
            joint = joint.replace('\n', &format!("\n{depth}"));
        }
        let value = draw.one(&VALUES).replace('~', &depth);
        // A line that begins with a key of its own is none of the secret's.
        let value = if joint.contains('\n') { value.replace("x: M", "M") } else { value };
        container.replace('E', &format!("{name}{joint}{value}"))
    };
    let entry = entry.replace('M', MARK).replace("HUNTERYSQL", "MYSQL");
    let (fault, with) = FAULTS[draw.below(FAULTS.len())];
    let text = "apiVersion: quorate/v1\nkind: Cluster\nname: c\nnodes: {n1: {}}\nproperties: {stonith-enabled: false}\n\
         resources:\n  A:\n    agent: ocf:heartbeat:Dummy\nENTRY  B:\n    agent: ocf:heartbeat:Dummy\n";
    text.replacen(fault, with, 1).replace("ENTRY", &entry)
}

const TAGS: [&str; 7] = ["<nvpair", "<nvpair", "<nvpair", "<nvpair id=\"x\"", "<nvpar", "< nvpair", "nvpair"];

const CIB_NAMES: [&str; 12] = [
    "name=\"password\"",
    "name=\"password\"",
    "name='passwd'",
    "name=secret",
    "nme=\"password\"",
    "NAME=\"token\"",
    "name:\"password\"",
    "name=\"pass&#119;ord\"",
    "name=\"pass&x;word\"",
    "name=\"password",
    "name \"password\"",
    "id=\"A-password\"",
];

const CIB_VALUES: [&str; 26] = [
    "value=\"M\"",
    "value=\"M\"",
    "value='M'",
    "value=M",
    "value=\"M",
    "value=\"M'",
    "val=\"M\"",
    "VALUE=\"M\"",
    "value=\"a\"M\"",
    "value=\"a\" M",
    "value='it's M'",
    "value=\"say \"M\" now\"",
    "value:\"M\"",
    "value \"M\"",
    "value=\"p&M;\"",
    "value=\"a&M\"",
    "value=\"a<M\"",
    "value=\"a>M\"",
    "value=\"M\" value=\"M\"",
    "value=`M`",
    "value=\"\"M\"\"",
    "value=\"a\nM\" x",
    ">M",
    "><value>M</value>",
    "id-ref=\"M\"",
    "value=\"M\" xmlns:a=\"M\"",
];

const CIB_ENDS: [&str; 8] = ["/>", "/>", "/>", ">", "></nvpair>", "", "/ >", "/></bogus>"];

/// A CIB.
pub(crate) fn cib(seed: u64) -> String {
    let mut draw = Draw::of(seed);
    let mut parts = [draw.one(&CIB_NAMES), draw.one(&CIB_VALUES)];
    if draw.below(3) == 0 {
        parts.reverse();
    }
    let gap = draw.one(&[" ", " ", " ", "", "\n"]);
    let pair = format!("{} {}{gap}{}{}", draw.one(&TAGS), parts[0], parts[1], draw.one(&CIB_ENDS));
    let beside = draw.one(&["", "", "<nvpair id=\"y\" name=\"ip\" value=\"1\"/>", "<a b=c/>", "<!-- x -->"]);
    let pair = if draw.below(2) == 0 { format!("{pair}\n{beside}") } else { format!("{beside}{pair}") };
    format!(
        "<cib validate-with=\"pacemaker-3.0\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\">\n<configuration>\n\
         <crm_config/><nodes><node id=\"1\" uname=\"n1\"/></nodes>\n<resources>\n\
         <primitive id=\"A\" class=\"ocf\" provider=\"heartbeat\" type=\"pgsql\">\n<instance_attributes id=\"i\">\n\
         {pair}\n</instance_attributes>\n</primitive>\n</resources>\n<constraints/>\n</configuration>\n<status/>\n</cib>\n"
    )
    .replace('M', MARK)
    .replace("NAHUNTERE", "NAME")
}
