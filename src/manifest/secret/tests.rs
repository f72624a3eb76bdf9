use super::*;

/// The text with everything secret in it replaced.
fn masked(text: &str) -> String {
    without_secrets(text).replace(HIDDEN, "(x)")
}

#[test]
fn what_follows_the_name_of_a_secret_is_hidden() {
    for (text, shown) in [
        ("password: HUNTER2 # mine\n", "password: (x)\n"),
        ("params: {user: a, passwd: b c, x: 1}", "params: {user: a, passwd: (x)"),
        ("params: {password: a,X}", "params: {password: (x)"),
        ("params: {password: \"a\",X}", "params: {password: (x)"),
        ("password: #X", "password: (x)"),
        ("\"pin\": '1''2' # x", "\"pin\": (x)"),
        ("a:\n  token: |\n    one\n\n    two\n  b: 1\n", "a:\n  token: (x)\n    (x)\n\n    (x)\n  b: 1\n"),
        ("  token: >-\n  a\n X: Y\n  b: 1\n", "  token: (x)\n  (x)\n (x)\n  (x)\n"),
        ("a: @\n  token: |\nX: Y\nb: 1\n", "a: @\n  token: (x)\n(x)\n(x)\n"),
        ("url: http://u:PW@h/", "url: http://u:(x)@h/"),
        ("url: http://u:P W@h/@", "url: http://u:(x)@"),
        ("params: {secret: HUNTERD}", "params: {secret: (x)"),
        ("password:\n- X\n- Y\nb: 1", "password:\n- (x)\n- (x)\nb: 1"),
        ("- password\n- X\nb: 1", "- password\n- (x)\n(x)"),
        ("  password\n  X\n  b: 1", "  password\n  (x)\n  b: 1"),
        ("password:\n  a:\n    b: X\nc: 1", "password:\n  (x)\n    (x)\nc: 1"),
        ("password: \"one\n\ntwo: a\"\nc: 1", "password: (x)\n\n(x)\nc: 1"),
        ("x: &p HUNTER\npassword: *p", "x: (x)\npassword: (x)"),
        ("x: &p [HUNTER]\npassword: {a: *p}", "x: (x)\npassword: (x)"),
        ("\"pass\\x77ord\": X", "\"pass\\x77ord\": (x)"),
        ("? [a]\n: b\npassword: X", "? [a]\n: b\npassword: (x)"),
        ("? password\n: X\nb: 1", "? password\n(x)\nb: 1"),
        ("a: 1 # password: X", "a: 1 # password: (x)"),
        ("    # password: X\n# Y\na: 1", "    # password: (x)\n(x)\n(x)"),
        ("params: password=X user=y", "params: password=(x)"),
        ("secrets:\n  db: HUNTER", "secrets:\n  (x)"),
        ("secrest:\n  db: HUNTER\nb: 1", "secrest:\n  (x)\nb: 1"),
        ("token:\n", "token:\n"),
        ("  password = X\n  b: 1", "  password = (x)\n  b: 1"),
        ("params: {password:\n    X, b: 1}\nc: 1", "params: {password:\n    (x)\nc: 1"),
        ("params: |\n  user=x password=X\nb: 1", "params: |\n  user=x password=(x)\nb: 1"),
        ("params: [{value: X, name: password}]", "(x)"),
        ("params:\n- value: X\n  name: pin\nb: 1", "params:\n(x)\n  (x)\nb: 1"),
        ("opts: \"--password X\"", "opts: \"--password (x)"),
        ("api key: X", "api key: (x)"),
        ("password.X", "password.(x)"),
        ("params:\n  - key: token_2\n    val: X\n  - a\nb: 1", "params:\n  (x)\n    (x)\n  - (x)\nb: 1"),
        ("password.old: X", "password.old: (x)"),
        ("password_file: [X]", "password_file: (x)"),
        ("password_file:\n- X\nb: 1", "password_file:\n- (x)\nb: 1"),
        ("corosync: {crypto: {key: X}}", "corosync: {crypto: {key: (x)"),
        ("n1: {addresses: ['u:X@h']}", "n1: {addresses: ['u:(x)@h']}"),
        (
            "a:\n  key: |\n    X: Y\n   Z: X,Y\n    X\n  b: 1",
            "a:\n  key: (x)\n    (x)\n   (x)\n    (x)\n  b: 1",
        ),
        ("a:\n  key: |\n  X\n  DEK-Info: X\n  X=\nb: 1", "a:\n  key: (x)\n  (x)\n  (x)\n  (x)\nb: 1"),
    ] {
        assert_eq!(masked(text), shown, "{text}");
    }
}

#[test]
fn where_a_secret_is_may_be_known() {
    for text in [
        "params: {password: {secret: db}}",
        "params: {password: {secret: db}, ip: 1}",
        "a: @\nparams: {password: {secret: db}, token: {secret: \"x\"}}\nip: 1",
        "params:\n  password:\n    secret: db\n  ip: 1",
        "secrets:\n  db: {file: /x}\n",
        "secrets:\n  db_password:\n    env: X\n",
        "secrets:\n  db: {file: /run/secrets/db}\n",
        "passwd_file: /etc/x",
        "params: {passwd_file: '/etc/x', ip: 1.2.3.4}",
        "image: registry:5000/x@sha256:1234",
        "A: {agent: systemd:getty@tty1}",
        "A: {agent: \"systemd:getty@tty1\"}",
        "params: {ip: 1.2.3.4, url: \"http://h:80/a\"} # who: me\n",
    ] {
        let shown = masked(text);
        assert_eq!(shown.replace("(x)", ""), text.replace(", ip: 1}", ", "), "{text}");
    }
    // Such a name below something else is a value like any other.
    assert_eq!(masked("params: [{secret: X}]"), "params: [{secret: (x)");
    assert_eq!(masked("a: @\n{password: {secret: db}X"), "a: @\n{password: {secret: db}(x)");
    assert_eq!(masked("a: @\n{password: {secret: db X}"), "a: @\n{password: (x)");
}

#[test]
fn a_text_without_names_of_secrets_stays_as_it_is() {
    let text = include_str!("../../../examples/two-node-web/5-move-by-hand.yaml");
    assert_eq!(without_secrets(text), text);
}

#[test]
fn the_token_of_the_ring_is_a_length_of_time() {
    let text = "corosync: {token: -1, qdevice: {port: 99999, tls: maybe}}\nresources: {}\n";
    assert_eq!(masked(text), text);
    let block = "corosync:\n  \"token\": soon\n  consensus: 1s\n";
    assert_eq!(masked(block), block);
    assert_eq!(masked("corosync: {token: [X]}\n"), "corosync: {token: (x)\n");
    assert_eq!(masked("corosync: {token: 1, password: X}\n"), "corosync: {token: 1, password: (x)\n");
    assert_eq!(masked("params: {token: 1, ip: X}\n"), "params: {token: (x)\n");
    assert_eq!(masked("@\ncorosync: {token: X}\n"), "@\ncorosync: {token: (x)\n", "nobody knows what it is");
}

#[test]
fn a_cib_has_secrets_too() {
    for (text, shown) in [
        (
            "<cib><nvpair id=\"a\" name=\"passwd\" value=\"X\"/><nvpair value='Y' name='b'/></cib>",
            "<cib><nvpair id=\"a\" name=\"passwd\" value=\"(x)\"/><nvpair value='Y' name='b'/></cib>",
        ),
        (
            "<nvpair name=\"passwd\" value=\"X\" value=\"Y\"/>",
            "<nvpair name=\"passwd\" value=\"(x)\" value=\"(x)\"/>",
        ),
        ("<nvpair name=\"passwd\" value=\"a>b\"/>", "<nvpair name=\"passwd\" value=\"(x)\"/>"),
        ("<nvpair name=\"passwd\" value=\"a\"X\"/>", "<nvpair (x)"),
        ("<nvpair name=\"passwd\"value=\"X\"/>", "<nvpair (x)"),
        ("<nvpair name=\"pass&#119;ord\" value=\"X\"/>", "<nvpair name=\"(x)\" value=\"(x)\"/>"),
        ("<nvpair name=\"passwd\">X</nvpair>", "<nvpair name=\"passwd\">(x)</nvpair>"),
        ("<nvpair name=\"passwd\"><value>X</value>", "<nvpair name=\"passwd\"><(x)<(x)"),
        ("<nvpair value=\"X\" nme=\"a\"/>", "<nvpair value=\"(x)\" (x)=\"(x)\"/>"),
        ("<nvpair name=\"ip\" value=\"a\"b\"/>", "<nvpair name=\"ip\" value=\"a\"b\"/>"),
        ("<nvpair name=\"passwd\" value=\"A<B\"/>", "<nvpair (x)<(x)"),
    ] {
        assert_eq!(masked(text), shown, "{text}");
    }
}
