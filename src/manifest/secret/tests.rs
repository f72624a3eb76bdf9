use super::*;

/// The text with everything secret in it replaced.
fn masked(text: &str) -> String {
    let mut places: Vec<Range<usize>> = secrets(text).into_iter().flat_map(|secret| secret.places).collect();
    places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
    let mut shown = String::new();
    let mut end = 0;
    for place in places {
        if place.start >= end {
            shown += text.get(end..place.start).unwrap_or_default();
            shown += "(x)";
        }
        end = end.max(place.end);
    }
    shown + text.get(end..).unwrap_or_default()
}

#[test]
fn secrets_are_found_wherever_they_stand() {
    for (text, shown) in [
        ("password: HUNTER2 # mine\n", "password: (x) # mine\n"),
        ("params: {user: a, passwd: b c, x: 1}", "params: {user: a, passwd: (x), x: 1}"),
        ("\"pin\": '1''2' # x", "\"pin\": (x) # x"),
        ("a:\n  token: |\n    one\n\n    two\n  b: 1\n", "a:\n  token: |\n    (x)\n\n    (x)\n  b: 1\n"),
        ("url: http://u:PW@h/", "url: http://u:(x)@h/"),
        ("params: {secret: HUNTERD}", "params: {secret: (x)}"),
        ("params:\n  secret: HUNTERD", "params:\n  secret: (x)"),
        ("params: {password: [X], b: 1}", "params: {password: [(x)], b: 1}"),
        ("password:\n- X\n- Y\nb: 1", "password:\n- (x)\n- (x)\nb: 1"),
        ("password: {a: X}\n", "password: {(x): (x)}\n"),
        ("password:\n  a:\n    b: X\nc: 1", "password:\n  (x):\n    (x): (x)\nc: 1"),
        ("password: one\n  two\nc: 1", "password: (x)\n  (x)\nc: 1"),
        ("password: \"one\n\n  two\"\nc: 1", "password: (x)\n\n  (x)\nc: 1"),
        ("x: &p HUNTER\npassword: *p", "x: (x)\npassword: *p"),
        ("x: &p [HUNTER]\npassword: {a: *p}", "x: &p [(x)]\npassword: {(x): *p}"),
        ("? [a]\n: b\npassword: X", "? [a]\n: b\npassword: (x)"),
        ("a: 1 # password: X", "a: 1 # password: (x)"),
        ("params: password=X user=y", "params: password=(x)"),
        ("secrets:\n  db: HUNTER", "secrets:\n  db: (x)"),
        ("token:\n", "token:\n"),
        ("params:\n  password:HUNTERD", "params:\n  password:(x)"),
        ("params:\n  password = X\n   Y\nb: 1", "params:\n  password = (x)\n   (x)\nb: 1"),
        ("params:\n  password; X", "params:\n  password; (x)"),
        ("params: {password:X}", "params: {password:(x)"),
        ("password: !HUNTERD", "password: (x)"),
        ("password: &HUNTERD\nb: 1", "password: (x)\nb: 1"),
        ("params: [{name: password, value: X}]", "params: [{(x): (x)(x)"),
        ("params:\n- value: X\n  name: pin\nb: 1", "params:\n- (x): (x)\n  (x): (x)\nb: 1"),
        ("opts: \"--password X\"", "opts: \"--password (x)"),
    ] {
        assert_eq!(masked(text), shown, "{text}");
    }
}

#[test]
fn where_a_secret_is_may_be_known() {
    for text in [
        "params: {password: {secret: db}}",
        "params:\n  password:\n    secret: db\n  ip: 1",
        "secrets:\n  db: {file: /x}\n",
        "secrets:\n  db_password:\n    env: X\n",
        "passwd_file: /etc/x",
    ] {
        assert_eq!(masked(text), text);
    }
    // Such a name below something else is a value like any other.
    assert_eq!(masked("params: [{secret: X}]"), "params: [{secret: (x)}]");
}

#[test]
fn what_is_no_yaml_is_read_off_its_lines() {
    for (text, shown) in [
        ("a: [\npassword: X", "a: [\npassword: (x)"),
        ("a: @\npassword:\n- X\n- Y\nb: 1", "a: @\npassword:\n(x)\n(x)\nb: 1"),
        ("a: @\npassword: \"X\nY\"\nb: 1", "a: @\npassword: (x)\n(x)\nb: 1"),
        ("a: @\n- password: X\n  user: Y\n", "a: @\n- password: (x)\n  user: Y\n"),
        ("a: @\npassword: {a: [X,\n  Y]}\nb: 1", "a: @\npassword: (x)\n  (x)\nb: 1"),
        ("a: @\nx: &p X\npassword: *p", "a: @\nx: (x)\npassword: (x)"),
        ("a: @\n<<: {secret: [X]}", "a: @\n<<: {secret: (x)"),
        ("a: @\n- id: 1\n  name: pin\n  value: X\nb: 1", "a: @\n(x)\n  (x)\n  (x)\nb: 1"),
        ("password: 'it's X'", "password: (x)"),
        ("password: \"abc\"X", "password: (x)"),
        ("a: @\npassword: {secret: db}", "a: @\npassword: {secret: db}"),
    ] {
        assert_eq!(masked(text), shown, "{text}");
    }
}

#[test]
fn a_cib_has_secrets_too() {
    assert_eq!(
        masked("<cib><nvpair id=\"a\" name=\"passwd\" value=\"X\"/><nvpair value='Y' name='b'/></cib>"),
        "<cib><nvpair id=\"a\" name=\"passwd\" value=\"(x)\"/><nvpair value='Y' name='b'/></cib>"
    );
    assert_eq!(
        masked("<nvpair name=\"passwd\" value=\"X\" value=\"Y\" value=Z/>"),
        "<nvpair name=\"passwd\" value=\"(x)\" value=\"(x)\" value=(x)/>"
    );
    assert_eq!(masked("<nvpair name=\"passwd\" value=\"a>b\"/>"), "<nvpair name=\"passwd\" value=\"(x)\"/>");
}
