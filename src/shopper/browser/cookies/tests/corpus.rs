use super::*;

/// Where Chromium does not do what the cases expect. Seen with Chromium 148.
const CHROMIUM_DIFFERS: [(&str, &str, &str); 25] = [
    // Today's RFC keeps cookies without a name; the cases are from before that.
    ("0004", "foo", "no name"),
    ("0021", "a=b; x; c=d", "no name"),
    ("0023", "foo", "no name"),
    ("0024", "foo", "no name"),
    ("0025", "foo", "no name"),
    ("0026", "foo", "no name"),
    ("0027", "bar", "no name"),
    ("0028", "foo", "no name"),
    ("CHROMIUM0009", "BLAHHH", "no name"),
    ("CHROMIUM0010", "\"BLA\\\"HHH\"", "no name"),
    ("CHROMIUM0012", "ABC", "no name"),
    ("MOZILLA0012", "test=\"fubar! = foo; five", "no name"),
    ("MOZILLA0014", "six", "no name"),
    ("MOZILLA0015", "seven", "no name"),
    ("MOZILLA0016", "eight", "no name"),
    ("MOZILLA0017", "eight; test=six", "no name"),
    ("NAME0023", "foo", "no name"),
    ("NAME0028", "a", "no name"),
    ("NAME0031", "\"foo", "no name"),
    ("NAME0032", "\"foo\\\"bar", "no name"),
    ("NAME0033", "aaa", "no name"),
    ("DISABLED_CHROMIUM0022", "", "a NUL spoils all of an answer"),
    ("DISABLED_PATH0029", "", "paths are compared as they are written"),
    ("OPTIONAL_DOMAIN0042", "foo=bar", "an empty domain takes back the one before it"),
    // A date beyond the calendar is one that never comes, not none at all.
    ("Thu, 12-Aug-31841 20:49:07 GMT", "later", "far away"),
];

fn chromium(case: &str) -> Option<&'static str> {
    CHROMIUM_DIFFERS.iter().find(|(known, ..)| *known == case).map(|(_, does, _)| *does)
}

fn cases(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_working_group_s_222_cases_come_out_as_in_chromium() {
    let cases = cases(include_str!("../../../../../tests/data/cookies/parser.json"));
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case["test"].as_str().unwrap();
        let received: Vec<&str> = case["received"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line.as_str().unwrap())
            .collect();
        let page = url("http://home.example.org:8888/cookie-parser");
        let query = format!("/cookie-parser-result?{}", name.to_lowercase().replace('_', "-"));
        let to = page.join(case["sent-to"].as_str().unwrap_or(&query)).unwrap();
        let pairs = case["sent"].as_array().unwrap().iter().map(|pair| {
            let [name, value] = ["name", "value"].map(|key| pair[key].as_str().unwrap());
            if name.is_empty() { value.to_owned() } else { format!("{name}={value}") }
        });
        let expected =
            chromium(name).map_or_else(|| pairs.collect::<Vec<_>>().join("; "), str::to_owned);
        let mut jar = CookieJar::default();
        let lines: Vec<&str> =
            received.iter().map(|line| line.split('\r').next().unwrap()).collect();
        store(&mut jar, page.as_str(), &lines);
        let sent = sent(&mut jar, to.as_str());
        if sent != expected {
            wrong.push(format!("{name}: {received:?} sends {sent:?}, expected {expected:?}"));
        }
    }
    assert_eq!((cases.len(), wrong), (222, Vec::new()));
}

#[test]
fn the_working_group_s_70_dates_are_read() {
    let files = [
        include_str!("../../../../../tests/data/cookies/dates-examples.json"),
        include_str!("../../../../../tests/data/cookies/dates-bsd-examples.json"),
    ];
    let cases: Vec<Value> = files.iter().flat_map(|file| cases(file)).collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case["test"].as_str().unwrap();
        let expected = case["expected"].as_str().map(|date| {
            jiff::fmt::rfc2822::parse(&date.replace("GMT", "+0000"))
                .unwrap()
                .timestamp()
                .as_second()
        });
        let read = parse_date(text.as_bytes());
        let right = match chromium(text) {
            Some(_) => read.is_some_and(|date| date > 900_000_000_000),
            None => read == expected,
        };
        if !right {
            wrong.push(format!("{text:?} is {read:?}, expected {expected:?}"));
        }
    }
    assert_eq!((cases.len(), wrong), (70, Vec::new()));
}
