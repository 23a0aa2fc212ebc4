//! What people write wrongly, and what they are told: for each mistake the exact place, what is wrong, and
//! what to write instead. The guillemets mark where the problem begins, and are not part of the scenario.

use std::collections::BTreeMap;
use std::io;

use tillrush::plan::{Inputs, Overrides, Plan};
use tillrush::scenario::{EventRate, Problems, StageFlag};

/// The rest of a scenario whose journeys are these steps.
fn steps(steps: &str) -> String {
    top(&format!("journeys:\n  - name: buy\n    steps:\n{}", indented(steps, 6)))
}

/// A step of a purchase.
fn purchase(step: &str) -> String {
    steps(&format!("- purchase: pay\n  steps:\n{}", indented(step, 4)))
}

/// A whole scenario but for its journeys.
fn top(rest: &str) -> String {
    format!(
        "name: x\ntarget: http://127.0.0.1:1\nload: {{ stages: [{{ hold: 10/s, for: 1m }}] }}\n{rest}\n"
    )
}

/// A whole scenario with one more part.
fn part(part: &str) -> String {
    top(&format!("{part}\njourneys: [{{ name: buy, steps: [{{ name: home, get: / }}] }}]"))
}

/// A whole scenario of an experiment.
fn arms(arms: &str) -> String {
    let attributes = "attributes: { payment: { card: 1, gift: 1 }, device: { mobile: 1 } }";
    part(&format!("shoppers: {{ behaviour: experiment, {attributes}, retry: {{ {arms} }} }}"))
}

/// A whole scenario with this load.
fn load(load: &str) -> String {
    format!(
        "name: x\nload:\n{}\njourneys: [{{ name: buy, steps: [{{ name: home, get: / }}] }}]\n",
        indented(load, 2)
    )
}

/// A whole scenario with a purchase and this objective.
fn objective(objective: &str) -> String {
    let rest = "shoppers: { attributes: { payment: { card: 1, gift card: 1 } } }
journeys:
  - name: buy
    steps:
      - { name: home, get: / }
      - purchase: checkout
        steps: [{ name: pay, post: /pay, declined: { status: 402 } }, { name: done, get: /done }]
objectives:
  - ";
    top(&format!("{rest}{objective}"))
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

fn files(name: &str) -> io::Result<Vec<u8>> {
    match name {
        "accounts.csv" => Ok((0..700)
            .map(|n| format!("u{n}@example.com,pw{n}\n"))
            .fold("email,password\n".to_owned(), |all, row| all + &row)
            .into()),
        "few.csv" => Ok(b"email\na\nb\n".to_vec()),
        "empty.csv" => Ok(b"email\n".to_vec()),
        "ragged.jsonl" => Ok(b"{\"a\":1}\n{\"a\":2,\"b\":1}\n".to_vec()),
        "lacking.jsonl" => Ok(b"{\"a\":1,\"b\":2}\n\n{\"a\":2}\n".to_vec()),
        "list.jsonl" => Ok(b"[1]\n".to_vec()),
        "ragged.csv" => Ok(b"email,password\na\n".to_vec()),
        "semicolons.csv" => Ok(b"email;password\na;b\n".to_vec()),
        "twice.csv" => Ok(b"email,email\na,b\n".to_vec()),
        "cards.csv" => Ok((0..700)
            .map(|_| "4539578763621486\n")
            .fold("pan\n".to_owned(), |all, row| all + row)
            .into()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn inputs() -> Inputs<'static> {
    let variables = [("TOKEN", "t"), ("LIVE", "sk_live_12345")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    Inputs {
        variables: BTreeMap::from(variables),
        read_file: &files,
        stored: false,
        ..Inputs::default()
    }
}

fn problems(text: &str, inputs: &Inputs<'_>) -> Problems {
    match Plan::from_text("s.yaml", text, inputs) {
        Ok(_) => panic!("nothing is found wrong with:\n{text}"),
        Err(problems) => problems,
    }
}

/// (scenario with its problem marked, words of the message, words of the remedy)
type Case = (String, &'static [&'static str], &'static [&'static str]);

/// Asserts that each scenario has exactly the problem that is marked in it.
fn check(cases: &[Case]) {
    let wrong: Vec<String> = cases.iter().filter_map(|case| check_one(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn check_one((marked, message, remedy): &Case) -> Result<(), String> {
    let at = marked.find('«').unwrap_or_else(|| panic!("nothing marked in:\n{marked}"));
    let value = marked[at + '«'.len_utf8()..]
        .split('»')
        .next()
        .and_then(|value| value.lines().next())
        .unwrap_or("")
        .trim_end();
    let line = marked[..at].matches('\n').count() + 1;
    let column = marked[..at].chars().rev().take_while(|c| *c != '\n').count() + 1;
    let found = problems(&marked.replace(['«', '»'], ""), &inputs());
    let shown = found.render(false);
    let problem = found.iter().next().expect("a problem");
    let ensure = |held: bool, what: String| {
        if held { Ok(()) } else { Err(format!("{what}, in:\n{marked}\n{shown}")) }
    };
    ensure(found.len() == 1, format!("{} problems", found.len()))?;
    let place = problem.place.map(|place| (place.line as usize, place.column as usize));
    ensure(place == Some((line, column)), format!("the place is {place:?}, not {line}:{column}"))?;
    ensure(problem.value == value, format!("the value is `{}`, not `{value}`", problem.value))?;
    for word in *message {
        ensure(problem.message.contains(word), format!("the message lacks `{word}`"))?;
    }
    for word in *remedy {
        ensure(problem.remedy.contains(word), format!("the remedy lacks `{word}`"))?;
    }
    Ok(())
}

#[test]
fn yaml_that_is_none() {
    check(&[
        ("«»".into(), &["empty"], &["name:", "journeys:"]),
        ("«»# only a comment\n".into(), &["empty"], &["name:"]),
        ("name: x\njourneys:\n«\t»- name: a\n".into(), &["tab"], &["spaces"]),
        ("name: x\njourneys: [{\n«»".into(), &["not YAML"], &["brackets"]),
        (
            "name: x\nlimits: «{{ env.A }}»/s\n".into(),
            &["placeholder without quotes"],
            &["{{ ... }}"],
        ),
        ("name: a b«:» c\n".into(), &["not YAML"], &["quotes"]),
        (part("«name»: y"), &["`name`", "twice"], &["keep one"]),
        ("name: x\n«---»\nname: y\n".into(), &["second document"], &["file of its own"]),
        (part("x-deep: «*»nowhere"), &["unknown anchor"], &["quotes"]),
        ("«- a\n- b»\n".into(), &["expected a scenario", "a list"], &["key: value"]),
        ("«just text»\n".into(), &["expected a scenario", "a single value"], &["`journeys`"]),
        (part("limits: { requests: «!rate 5/s» }"), &["tags"], &["remove"]),
        (
            part(&format!("x-deep: {}«[»{}", "[".repeat(39), "]".repeat(40))),
            &["nested deeper"],
            &["flatten"],
        ),
    ]);
}

#[test]
fn keys_and_types() {
    check(&[
        (part("«jurneys»: []"), &["unknown key `jurneys`"], &["write `journeys`"]),
        (part("«banana»: 1"), &["unknown key `banana`"], &["a scenario has the keys", "`load`"]),
        (steps("- { name: a, «pst»: / }"), &["unknown key `pst`"], &["write `post`"]),
        (top("journeys:\n  - { «nam»: buy, steps: [{ name: home, get: / }] }"), &["unknown key `nam`"], &["write `name`"]),
        (
            "«load: { stages: [{ hold: 1/s, for: 1m }] }»\njourneys: [{ name: a, steps: [{ name: b, get: / }] }]\n".into(),
            &["needs `name`"],
            &["add `name:`"],
        ),
        (part("«limits»:"), &["`limits` has no value"], &["remove the line"]),
        (part("limits: «5/s»"), &["expected a set of limits", "a single value"], &["`requests`", "`hosts`"]),
        (part("limits: { requests: «[5]» }"), &["expected a rate", "a list"], &["50/s"]),
        (top("journeys: «{ name: buy }»"), &["expected a list", "a mapping"], &["dash"]),
        (top("journeys: «[]»"), &["empty list"], &["item"]),
        (part("shoppers: { attributes: { device: «mobile» } }"), &["expected names with values"], &["name: value"]),
        (part("shoppers: { attributes: { device: { «mobile»: } } }"), &["`mobile` has no value"], &["remove"]),
        (steps("- { name: a, post: /, body: «{{ env.TOKEN }}» }"), &["placeholder without quotes"], &["quotes"]),
        (steps("- { name: a, post: /, form: { «[a]»: c } }"), &["single word"], &["name: value"]),
    ]);
}

#[test]
fn quantities() {
    check(&[
        (part("limits: { requests: «fast» }"), &["`fast` is not a rate"], &["50/s"]),
        (part("limits: { requests: «0/s» }"), &["limit of nothing"], &["above zero"]),
        (part("limits: { hosts: { «http://a.b/c»: 5/s } }"), &["not a host name"], &["host alone"]),
        (part("defaults: { think: «4s..1s» }"), &["ends before it begins"], &["1s..4s"]),
        (part("defaults: { gives_up_after: «12 parsecs» }"), &["`12 parsecs` is not a duration"], &["30s"]),
        (part("defaults: { gives_up_after: «0s» }"), &["takes no time"], &["30s"]),
        (part("shoppers: { retry: { after: «soon» } }"), &["`soon` is not a pause"], &["1s..4s"]),
        (part("defaults: { think: { median: 43s, p90: «12s» } }"), &["p90 12s is not above the median 43s"], &["longer p90"]),
        (part("defaults: { think: { median: «0», p90: 12s } }"), &["median of 0"], &["longer median"]),
        (part("defaults: { think: «{ median: 12s }» }"), &["needs `p90`"], &["add `p90:`"]),
        (part("shoppers: { retry: { after: { «mediam»: 12s, p90: 43s } } }"), &["unknown key `mediam`"], &["median"]),
        (part("shoppers: { max_attempts: «0» }"), &["`0` is not a number of attempts"], &["unlimited"]),
        (part("shoppers: { behaviour: «prob» }"), &["`prob` is not a behaviour"], &["write probe"]),
        (part("shoppers: { behaviour: «experiment» }"), &["nothing to compare"], &["arms"]),
        (part("shoppers: { retry: { «arms»: [same, { wait: 1s }] } }"), &["in an experiment only"], &["behaviour: experiment"]),
        (arms("«arms»: [{ wait: 1s }, { fresh: session }]"), &["the same again"], &["add `same`"]),
        (arms("«arms»: [same]"), &["1 arms"], &["2 to 16"]),
        (arms("«arms»: [same, { wait: 1s }, same]"), &["`same` is given twice"], &["one of the two"]),
        (arms("arms: [same, «again»]"), &["no way to try again"], &["fresh: session"]),
        (arms("arms: [same, { fresh: «cart» }]"), &["`cart` is not something"], &["session"]),
        (
            arms("arms: [same, { fresh: «key» }]"),
            &["no purchase sends an idempotency key"],
            &["intent.id"],
        ),
        (arms("arms: [same, { redraw: «pament» }]"), &["no attribute `pament`"], &["write payment"]),
        (arms("arms: [same, { redraw: «device» }]"), &["no other value"], &["second value"]),
        (arms("arms: [same, { set: { payment: «gold» } }]"), &["no value `gold`"], &["`card` or `gift`"]),
        (
            part("shoppers: { behaviour: experiment, max_attempts: «1», retry: { arms: [same, { wait: 1s }] } }"),
            &["nobody tries again"],
            &["two attempts"],
        ),
        (part("shoppers: { patience: «applause» }"), &["no patience `applause`"], &["applause-2024"]),
        (part("shoppers: { patience: [26%, «140%»] }"), &["more than the whole"], &["100%"]),
        (
            part("shoppers: { attributes: { access: { train: { network: «slow wifi» }, home: 2 } } }"),
            &["`slow wifi` has no figures of its own"],
            &["round_trip: 80ms, bandwidth: 8Mbit/s"],
        ),
        (
            part("shoppers: { attributes: { a: { b: { network: «{ round_trip: 80ms }» } } } }"),
            &["needs `bandwidth`"],
            &["add `bandwidth:`"],
        ),
        (
            part("shoppers: { attributes: { a: { b: { network: { round_trip: 80ms, bandwidth: «8M» } } } } }"),
            &["`8M` is not a bandwidth"],
            &["8Mbit/s"],
        ),
        (part("shoppers: { attributes: { a: { b: { cookies: «keep» } } } }"), &["`keep` is not"], &["kept"]),
        (
            part(
                "shoppers: { behaviour: experiment, attributes: { a: { b: { cookies: kept }, c: 1 } }, \
                 retry: { arms: [same, { redraw: «a» }] } }",
            ),
            &["settled when a shopper comes"],
            &["fresh: session"],
        ),
        (part("shoppers: { attributes: { device: { phone: { device: «mobil» } } } }"), &["`mobil` is not a device"], &["write mobile"]),
        (
            part("shoppers: { attributes: { device: { phone: { device: mobile } }, os: { ios: { «device»: mobile } } } }"),
            &["`device` says already what device"],
            &["one attribute"],
        ),
        (
            load("{ connections: kept, stages: [{ hold: 1/s, for: 1m }] }").replace(
                "journeys",
                "shoppers: { attributes: { a: { b: { «network»: { round_trip: 80ms, bandwidth: 8Mbit/s } } } } }\njourneys",
            ),
            &["handed on"],
            &["per_shopper"],
        ),
        (part("shoppers: { attributes: { device: { mobile: «-1» } } }"), &["`-1` is not a weight"], &["above zero"]),
        (steps("- { name: a, get: /, continue: «26» }\n- { name: b, get: / }"), &["more than 1"], &["26%"]),
        (steps("- { name: a, get: /, continue: «0%» }\n- { name: b, get: / }"), &["no shopper would go on"], &["above zero"]),
        (steps("- { name: a, get: /, expect: { status: «20x» } }"), &["`20x` is not a status"], &["2xx"]),
    ]);
}

#[test]
fn loads() {
    check(&[
        (
            load("{ arrivals: { bursty: «0.8», every: 60s }, stages: [{ hold: 1/s, for: 1m }] }"),
            &["`0.8` is not a dispersion"],
            &["above 1"],
        ),
        (
            load("{ arrivals: { bursty: 2, every: «0s» }, stages: [{ hold: 1/s, for: 1m }] }"),
            &["takes no time"],
            &["above zero"],
        ),
        (
            load("{ arrivals: { bursty: 2, «every»: 1ms }, stages: [{ hold: 1/s, for: 1h }] }"),
            &["changes 3,600,000 times"],
            &["longer `every`", "100,000 windows"],
        ),
        (
            load("{ arrivals: «{ bursty: 2 }», stages: [{ hold: 1/s, for: 1m }] }"),
            &["needs `every`"],
            &["add `every:`"],
        ),
        (load("«arrivals: poisson»"), &["needs `stages`, `shape` or `closed`"], &["stages:"]),
        (load("stages: [{ hold: 1/s, for: 1m }]\n«closed»: 5"), &["contradict"], &["keep one"]),
        (load("stages: [{ hold: 1/s, for: 1m }]\n«for»: 1m"), &["`for` has no meaning together with `stages`"], &["each stage"]),
        (load("stages: [«{ for: 1m }»]"), &["a stage needs `ramp`, `hold` or `jump`"], &["hold: 20/s"]),
        (load("stages: [{ ramp: 1/s, «hold»: 1/s, for: 1m }]"), &["`hold` and `ramp`"], &["two stages"]),
        (load("stages: [«{ hold: 1/s }»]"), &["a stage needs `for`"], &["add `for:`"]),
        (load("stages: [{ hold: 1/s, for: «0s» }]"), &["takes no time"], &["30s"]),
        (load("«stages»: [{ hold: 0/s, for: 1m }]"), &["no shopper would ever arrive"], &["above zero"]),
        (load("«stages»: [{ hold: 1000000/s, for: 1d }]"), &["about 86400 million shoppers"], &["lower the rate"]),
        (load("shape: «black-friday-retail»\npeak: 5/s\nfor: 1m"), &["no shape"], &["write black-friday-retailer"]),
        (load("«shape: steady\nfor: 1m»"), &["needs `peak`"], &["33/s"]),
        (load("«closed: 5»"), &["needs `for`"], &["5m"]),
        (load("closed: «0»\nfor: 1m"), &["`0` is not a number of shoppers"], &["1 to 1000000"]),
        (load("closed: 5\nfor: 1m\n«arrivals»: paced"), &["no meaning in a closed load"], &["remove"]),
        (load("arrivals: «random»\nstages: [{ hold: 1/s, for: 1m }]"), &["`random` is not a kind of arrivals"], &["poisson paced"]),
        (
            "name: x\ntarget: «shop.example.com»\nload: { closed: 1, for: 1s }\njourneys: [{ name: a, steps: [{ name: b, get: / }] }]"
                .into(),
            &["not an address"],
            &["https://"],
        ),
    ]);
}

#[test]
fn steps_and_requests() {
    check(&[
        (steps("- «name: a»"), &["no request"], &["`get: /`"]),
        (steps("- { name: a, get: /, «post»: / }"), &["`post` and `get`"], &["two steps"]),
        (steps("- «get: /»"), &["a step needs `name`"], &["add `name:`"]),
        (
            steps("- { name: a, get: / }\n- { name: «a», get: / }"),
            &["two steps", "`a`"],
            &["own name"],
        ),
        (
            top(
                "journeys:\n  - { name: a, steps: [{ name: b, get: / }] }\n  - { name: «a», steps: [{ name: b, get: / }] }",
            ),
            &["two journeys"],
            &["own name"],
        ),
        (steps("- { name: «a<b», get: / }"), &["without < and >"], &["plainer"]),
        (steps("- { name: a, get: «cart» }"), &["not a path"], &["/cart"]),
        (steps("- { name: a, get: «/a b» }"), &["white space"], &["/a%20b"]),
        (
            steps("- { name: a, post: /, json: { a: 1 }, «form»: { a: 1 } }"),
            &["`form` and `json`"],
            &["keep one"],
        ),
        (
            steps("- { name: a, post: /, form: { a: 1 }, «multipart»: { a: 1 } }"),
            &["`multipart` and `form`"],
            &["keep one"],
        ),
        (
            steps("- { name: a, post: /, multipart: { a: { file: «nowhere.jpg» } } }"),
            &["can't be read"],
            &["relative to the scenario"],
        ),
        (
            steps("- { name: a, post: /, multipart: { a: «{ filename: x }» } }"),
            &["a file to send needs `file`"],
            &["`file:`"],
        ),
        (
            steps("- { name: a, post: /, multipart: { a: { file: few.csv, type: «\"a\\nb\"» } } }"),
            &["not a content type"],
            &["image/jpeg"],
        ),
        (
            steps(
                "- { name: a, get: /, poll: { every: «refreshing», for: 5s, until: { status: 200 } } }",
            ),
            &["not a duration"],
            &["300ms"],
        ),
        (steps("- { name: a, get: /, «json»: { a: 1 } }"), &["GET", "`json`"], &["post"]),
        (
            steps("- { name: a, options: «/cart» }"),
            &["no preflight", "unsupported"],
            &["access-control-request-method"],
        ),
        (
            steps("- { name: a, get: /, headers: { «x y»: z } }"),
            &["not a header name"],
            &["dashes"],
        ),
        (
            steps("- { name: a, get: /, headers: { «Host»: z } }"),
            &["follows from the request"],
            &["remove"],
        ),
        (
            steps("- { name: a, get: /, headers: { «X-Load-Test»: z } }"),
            &["load test"],
            &["{{ run.id }}"],
        ),
        (
            steps("- { name: a, get: /, headers: { a: b, «A»: c } }"),
            &["`a` is given twice"],
            &["keep one"],
        ),
        (
            steps("- { name: a, get: /, headers: { a: «\"b\\nc\"» } }"),
            &["one line"],
            &["line breaks"],
        ),
        (
            steps("- { name: a, get: /, «think»: 1s }"),
            &["begins when the shopper arrives"],
            &["remove"],
        ),
        (
            steps("- { name: a, get: /, assets: «yes» }"),
            &["`yes`", "does not say whether"],
            &["assets: true"],
        ),
        (steps("- { name: a, get: /, assets: { expect: «some» } }"), &["some"], &["all"]),
        (
            steps("- { name: a, head: /, «assets»: true }"),
            &["`head` leads to no page"],
            &["gets the page"],
        ),
        (
            purchase("- { name: a, get: /, «assets»: { expect: all } }"),
            &["pay again"],
            &["assets: true"],
        ),
        (
            steps("- { name: a, get: /, «together»: 9 }"),
            &["begins when the shopper arrives"],
            &["remove `together`"],
        ),
        (
            steps("- { name: a, get: / }\n- { name: b, get: /, together: «1» }"),
            &["nobody to wait for"],
            &["from 2"],
        ),
        (
            steps("- { name: a, get: / }\n- { name: b, get: /, together: «601» }"),
            &["601 shoppers", "600 come"],
            &["smaller"],
        ),
        (
            steps(
                "- { name: a, get: / }\n- { name: b, get: /, together: { shoppers: 5, for: «0s» } }",
            ),
            &["takes no time"],
            &["30s"],
        ),
        (steps("- { name: a, get: /, «continue»: 50% }"), &["nothing follows"], &["remove"]),
        (
            steps("- { name: a, get: /, «order»: { id: { json: $.id } } }"),
            &["inside a purchase"],
            &["`purchase: ...`"],
        ),
        (
            purchase("- { name: a, get: /, «continue»: 50% }\n- { name: b, get: / }"),
            &["inside a purchase"],
            &["at the level of `purchase:`"],
        ),
        (
            purchase(
                "- { name: a, get: /, order: { id: { json: $.a } } }\n- { name: b, get: /, «order»: { id: { json: $.a } } }",
            ),
            &["second `order`"],
            &["keep"],
        ),
        (
            purchase("- { name: a, get: /, order: «{ total: { json: $.a } }» }"),
            &["an order needs `id`"],
            &["`id:`"],
        ),
        (
            steps("- { name: a, get: /, poll: «{ every: 1s, for: 5s }» }"),
            &["a poll needs `until`"],
            &["`until:`"],
        ),
        (
            steps("- { name: a, get: /, poll: { every: «5ms», for: 5s, until: { status: 200 } } }"),
            &["a flood"],
            &["10ms"],
        ),
        (
            steps("- { name: a, get: /, poll: { every: «0s», for: 5s, until: { status: 200 } } }"),
            &["takes no time"],
            &["30s"],
        ),
    ]);
}

#[test]
fn answers() {
    check(&[
        (
            steps("- { name: a, get: /, capture: { b: «{ attribute: x }» } }")
                .replace("«{ attribute: x }»", "{ json: $.a, «attribute»: x }"),
            &["`attribute` belongs to `css`"],
            &["remove"],
        ),
        (
            steps("- { name: a, get: /, capture: { b: «{}» } }"),
            &["where to look"],
            &["`json`", "`cookie`"],
        ),
        (
            steps("- { name: a, get: /, capture: { b: { json: $.a, «css»: a } } }"),
            &["contradict"],
            &["keep one"],
        ),
        (
            steps("- { name: a, get: /, capture: { b: { json: «a.b» } } }"),
            &["`a.b` is not a JSONPath"],
            &["$.order.id"],
        ),
        (
            steps("- { name: a, get: /, capture: { b: { css: «'a[['» } } }"),
            &["not a CSS selector"],
            &["input[name=csrf]"],
        ),
        (
            steps("- { name: a, get: /, capture: { b: { regex: «'(x'» } } }"),
            &["not a regular expression", "unclosed group"],
            &["single quotes"],
        ),
        (
            steps("- { name: a, get: /, capture: { «b-c»: { json: $.a } } }"),
            &["can't be used in templates"],
            &["`b_c`"],
        ),
        (
            steps("- { name: a, get: /, capture: { «order»: { json: $.a } } }"),
            &["means something else"],
            &["`my_order`"],
        ),
        (
            steps("- { name: a, get: /, capture: { node: { header: x-node } }, observe: [«nod»] }"),
            &["not captured in this step"],
            &["`node`"],
        ),
        (steps("- { name: a, get: /, expect: «{}» }"), &["no condition"], &["`status`"]),
        (
            steps("- { name: a, get: /, expect: { json: { «status»: ok } } }"),
            &["`status` is not a JSONPath"],
            &["$.items[0]"],
        ),
        (
            steps("- { name: a, get: /, expect: { json: { $.a: «{ b: 1 }» } } }"),
            &["a mapping"],
            &["equals", "present: true"],
        ),
        (
            steps("- { name: a, get: /, expect: { json: { $.a: { present: «maybe» } } } }"),
            &["true or false"],
            &["present: false"],
        ),
        (steps("- { name: a, get: /, expect: { text: «\"\"» } }"), &["empty text"], &["look for"]),
        (
            steps("- { name: a, get: /, expect: { css: «'a[['» } }"),
            &["not a CSS selector"],
            &["input[name=csrf]"],
        ),
        (
            steps("- { name: a, get: /, declined: { no_css: [p, «'a[['»] } }"),
            &["not a CSS selector"],
            &["input[name=csrf]"],
        ),
        (
            steps("- { name: a, get: /, expect: { url: «checkout/» } }"),
            &["`checkout/` is not a path"],
            &["/checkout/", "*/checkout/"],
        ),
        (
            steps("- { name: a, get: /, expect: { location: [/a, «b»] } }"),
            &["`b` is not a path"],
            &["/b"],
        ),
        (steps("- { name: a, get: /, expect: { size: «big» } }"), &["not a size"], &["1kB..2MB"]),
        (
            steps("- { name: a, get: /, expect: { size: «2MB..1kB» } }"),
            &["ends before"],
            &["smaller size first"],
        ),
        (
            steps("- { name: a, get: /, expect: { any_of: [{ text: x }, «{}»] } }"),
            &["no condition"],
            &["`status`"],
        ),
        (steps("- { name: a, get: /, expect: { any_of: «[]» } }"), &["empty list"], &["item"]),
        (
            steps(
                "- { name: a, get: /, expect: { any_of: [{ any_of: [{ text: y, «txet»: x }] }] } }",
            ),
            &["unknown key `txet`"],
            &["`text`"],
        ),
        (
            steps("- { name: a, get: /, expect: { matches: [ok, «'*'»] } }"),
            &["not a regular expression"],
            &["regex"],
        ),
        (
            steps("- { name: a, get: /, expect: { header: { «x y»: 1 } } }"),
            &["not a header name"],
            &["x-node"],
        ),
    ]);
}

#[test]
fn forms() {
    let submit = |submit: &str| {
        steps(&format!("- {{ name: a, get: / }}\n- {{ name: b, submit: {submit} }}"))
    };
    check(&[
        (submit("«{ fields: { a: 1 } }»"), &["which form"], &["`id`", "`containing`"]),
        (submit("{ id: «'#card'» }"), &["without its #"], &["card"]),
        (submit("{ css: «'a[['» }"), &["not a CSS selector"], &["input[name=csrf]"]),
        (submit("{ action: «pay» }"), &["not a path"], &["/pay", "*/pay"]),
        (submit("{ id: a, «feilds»: { a: 1 } }"), &["unknown key `feilds`"], &["`fields`"]),
        (
            submit("{ id: a, fields: { a: '{{ «nowhere» }}' } }"),
            &["unknown variable `nowhere`"],
            &["capture"],
        ),
        (submit("{ id: a, button: { do: pay, «or»: not } }"), &["two buttons"], &["press one"]),
        (submit("{ id: a }, «form»: { a: 1 }"), &["no `form` besides"], &["fields:"]),
        (submit("{ id: a }, «get»: /"), &["`get` and `submit`"], &["two steps"]),
        (steps("- { name: b, «submit»: { id: a } }"), &["no page whose form"], &["get the page"]),
    ]);
}

#[test]
fn conditions_of_steps_and_ways() {
    let steps = |steps: &str| {
        top(&format!(
            "shoppers: {{ attributes: {{ payment: {{ card: 1, wallet: 1 }} }} }}\njourneys:\n  - name: buy\n    steps:\n{}",
            indented(steps, 6)
        ))
    };
    let home = "- { name: home, get: /, capture: { x: { json: $.x } } }\n";
    let one = |when: &str| steps(&format!("{home}- {{ name: a, get: /a, when: {when} }}"));
    let two = |first: &str, second: &str| {
        steps(&format!("{home}- choose:\n    - {first}\n    - {second}"))
    };
    let (a, b) = ("[{ name: a, get: / }]", "[{ name: b, get: / }]");
    check(&[
        (one("«payment = 'card'»"), &["can't be read"], &["write == to compare"]),
        (one("payment == «card»"), &["unknown variable `card`"], &["'card' in quotes"]),
        (
            one("«payment == 'wallt'»"),
            &["holds for no shopper"],
            &["payment is `card` or `wallet`"],
        ),
        (one("«'{{ payment }}'»"), &["without braces"], &["write payment"]),
        (one("«x && y»"), &["can't be read"], &["`and`"]),
        (one("«'random(1, 2) == 1'»"), &["`random` in a condition"], &["weights"]),
        (one("«paymnt» == 'card'"), &["unknown variable `paymnt`"], &["write `payment`"]),
        (one("{ «statsu»: 200 }"), &["unknown key `statsu`"], &["write `status`"]),
        (
            steps("- { name: a, get: /, when: «{ status: 200 }» }\n- { name: b, get: / }"),
            &["the journey begins here"],
            &["later step"],
        ),
        (
            two(
                &format!("{{ when: x == 1, «weight»: 2, steps: {a} }}"),
                &format!("otherwise: {b}"),
            ),
            &["a weight among branches"],
            &["into the branch"],
        ),
        (
            two(&format!("{{ when: x == 1, steps: {a} }}"), &format!("«{{ steps: {b} }}»")),
            &["a branch without `when`"],
            &["otherwise: [...]"],
        ),
        (
            two(&format!("«otherwise»: {a}"), &format!("{{ when: x == 1, steps: {b} }}")),
            &["`otherwise` before other branches"],
            &["write it last"],
        ),
        (
            two(
                &format!("{{ when: x == 1, steps: {a} }}"),
                &format!("{{ otherwise: {b}, «steps»: [{{ name: c, get: / }}] }}"),
            ),
            &["`steps` together with `otherwise`"],
            &["branch of its own"],
        ),
        (
            steps(&format!(
                "{home}- purchase: p\n  steps: [{{ name: a, post: /, «when»: payment == 'card' }}]"
            )),
            &["purchases without a payment"],
            &["next to `purchase:`"],
        ),
        (
            steps(&format!(
                "{home}- {{ name: a, get: /, when: payment == 'card', capture: {{ y: {{ json: $.y }} }} }}\n- {{ name: b, get: '/{{{{ «y» }}}}' }}"
            )),
            &["another branch only, by `a`"],
            &["under the same `when`"],
        ),
        (
            steps("- { name: a, get: /, when: payment == 'card' }")
                .replace("  - name: buy", "  - «name: buy"),
            &["nothing to do"],
            &["every shopper takes"],
        ),
    ]);
}

#[test]
fn what_shoppers_do_about_refusals() {
    let then = |then: &str| {
        let steps = format!(
            "- {{ name: home, get: /, declined: {{ text: x, then: {then} }} }}\n- {{ name: cart, get: /c }}\n"
        );
        top(&format!(
            "shoppers: {{ attributes: {{ card: {{ good: 1, bad: 1 }}, one: {{ a: 1 }} }} }}\njourneys:\n  - name: buy\n    steps:\n{}",
            indented(&steps, 6)
        ))
    };
    check(&[
        (then("«leve»"), &["is not what a shopper does then"], &["write leave"]),
        (then("{ skip_to: «crat» }"), &["no step or purchase `crat`"], &["write `cart`"]),
        (then("{ skip_to: «home» }"), &["does not come later"], &["`retry`"]),
        (then("{ redraw: «cadr» }"), &["no attribute `cadr`"], &["write card"]),
        (then("{ redraw: «one» }"), &["has no other value"], &["second value"]),
        (then("«{}»"), &["does one thing"], &["`skip_to` or `redraw`"]),
    ]);
}

#[test]
fn steps_that_shoppers_go_on_without() {
    let journey =
        |steps: &str| top(&format!("journeys:\n  - name: buy\n    steps:\n{}", indented(steps, 6)));
    let buys = |pay: &str| {
        journey(&format!(
            "- {{ name: home, get: / }}\n- purchase: buy\n  steps:\n    - {{ name: pay, post: /p, {pay} }}\n    - {{ name: thanks, get: /t }}\n"
        ))
    };
    check(&[
        (
            journey(
                "- { name: home, get: /, declined: { without_form: «true» } }\n- { name: cart, get: /c }\n",
            ),
            &["`without_form` in a step that submits no form"],
            &["`submit`"],
        ),
        (
            buys("optional: «true»"),
            &["the step that pays can't be optional"],
            &["remove `optional`"],
        ),
        (
            buys("declined: { status: 402, then: «next» }"),
            &["whose payment is refused"],
            &["`leave`"],
        ),
        (
            journey(
                "- { name: tips, get: /, optional: true, capture: { sku: { json: $.sku } } }\n- { name: cart, get: \"/c/{{ «sku» }}\" }\n",
            ),
            &["`sku` is captured in another branch only"],
            &["capture it in every branch"],
        ),
        (
            journey(
                "- { name: code, get: /, declined: { status: 422, then: { skip_to: pay } } }\n- { name: total, get: /t, capture: { total: { json: $.total } } }\n- { name: pay, get: \"/p/{{ «total» }}\" }\n",
            ),
            &["`total` is captured in another branch only"],
            &["capture it in every branch"],
        ),
        (
            journey(
                "- { name: code, get: /, declined: { status: 422, then: { skip_to: «gift» } } }\n- choose: [{ steps: [{ name: gift, get: /g }] }, { weight: 2 }]\n- { name: pay, get: /p }\n",
            ),
            &["`gift` is on a branch that not every shopper takes"],
            &["outside of `choose`"],
        ),
        (
            journey(
                "- { name: order, post: /o, poll: { every: refresh, «at»: { header: location }, until: { text: done }, for: 5s } }\n",
            ),
            &["by which the page says where to ask"],
            &["`every: 1s`"],
        ),
        (
            journey("- { name: tips, get: /, optional: «perhaps» }\n"),
            &["`perhaps` is not true or false"],
            &["write true or false"],
        ),
    ]);
}

#[test]
fn places_loops_and_values_computed_from_others() {
    let journey =
        |steps: &str| top(&format!("journeys:\n  - name: buy\n    steps:\n{}", indented(steps, 6)));
    let cart = |rest: &str| {
        journey(&format!("- {{ name: cart, get: /c, capture: {{ cart: {{ json: $ }} }} }}\n{rest}"))
    };
    check(&[
        (
            cart("- each: «cart.items»\n  steps: [{ name: item, get: /i }]\n"),
            &["names no list"],
            &["item in cart.items"],
        ),
        (
            cart(
                "- each: item in cart.items\n  at_most: «5000»\n  steps: [{ name: item, get: /i }]\n",
            ),
            &["5000 rounds for each shopper"],
            &["at most 1000"],
        ),
        (
            cart(
                "- each: item in cart.items\n  steps: [{ name: item, get: \"/i/{{ item.sku }}\" }]\n- { name: after, get: \"/i/{{ «item» }}\" }\n",
            ),
            &["`item` is known inside of its `each` only"],
            &["in a step of the loop"],
        ),
        (
            cart(
                "- each: item in cart.items\n  steps: [{ name: item, get: /i, capture: { id: { json: $.id } } }]\n- { name: after, get: \"/i/{{ «id» }}\" }\n",
            ),
            &["captured in another branch only"],
            &["capture it in every branch"],
        ),
        (
            cart("- { name: a, get: /a, let: { one: «\"{{ two }}\"», two: \"2\" } }\n"),
            &["`two` is computed by this very step"],
            &["in an earlier step"],
        ),
        (
            cart("- { name: a, get: /a, basket: { total: { json: $.t, «default»: 0 } } }\n"),
            &["a made-up value would pass for the shop's"],
            &["remove `default`"],
        ),
        (
            top(
                "environment: { «my key»: x }\njourneys: [{ name: buy, steps: [{ name: home, get: / }] }]\n",
            ),
            &["`my key` can't be used in templates"],
            &["letters, digits and _ only"],
        ),
        (
            top(
                "environment: { KEY: { file: «none.pem» } }\njourneys: [{ name: buy, steps: [{ name: home, get: / }] }]\n",
            ),
            &["`none.pem` can't be read"],
            &["relative to the scenario"],
        ),
        (
            cart("- { name: a, get: \"/a/{{ «shaa256»('x') }}\" }\n"),
            &["unknown function `shaa256`"],
            &["write `sha256`"],
        ),
        (
            cart("- { name: a, when: «timestamp() > 5», get: /a }\n"),
            &["`timestamp` in a condition"],
            &["use an attribute"],
        ),
    ]);
}

#[test]
fn what_is_done_once_and_where_shoppers_go() {
    let home = "journeys: [{ name: buy, steps: [{ name: home, get: / }] }]\n";
    check(&[
        (
            top(
                "before: [{ name: t, get: /t, capture: { token: { json: $.t } } }]\njourneys: [{ name: buy, steps: [{ name: home, get: /, auth: { bearer: \"{{ «shared.tokn» }}\" } }] }]\n",
            ),
            &["unknown variable `shared.tokn`"],
            &["write `shared.token`"],
        ),
        (
            top(&format!("before: [{{ name: t, get: \"/t/{{{{ «nope» }}}}\" }}]\n{home}")),
            &["unknown variable `nope`"],
            &["capture it"],
        ),
        (
            top(
                "journeys: [{ name: buy, steps: [{ name: home, get: /, capture: { x: { json: «\"$.items[{{ n }}].id\"» } } }] }]\n",
            ),
            &["a placeholder here is taken literally"],
            &["`let`"],
        ),
        (
            top(
                "journeys: [{ name: buy, steps: [{ name: home, get: /, auth: { aws: «{ access_key: a, region: eu }» } }] }]\n",
            ),
            &["needs `secret_key`"],
            &["add `secret_key:`"],
        ),
        (
            top(&format!("targets: {{ eu: «ftp://eu», us: http://127.0.0.1:2 }}\n{home}"))
                .replace("target: http://127.0.0.1:1\n", ""),
            &["not an http or https address"],
            &["its scheme"],
        ),
    ]);
}

#[test]
fn ways_through_a_journey() {
    let shared = |list: &str, steps: &str| {
        let shared = format!("shared:\n  pay:\n{}", indented(list, 4));
        top(&format!("{shared}journeys:\n  - name: buy\n    steps:\n{}", indented(steps, 6)))
    };
    let fork = "- choose:\n    - steps: [{ name: a, get: /, capture: { x: { json: $.x } } }]\n    - steps: [{ name: b, get: / }]\n";
    let pay = "- { name: pay, post: / }\n";
    check(&[
        (
            steps("- { repeat: «0», steps: [{ name: a, get: / }] }"),
            &["not a number of times"],
            &["2..4"],
        ),
        (steps("- «{ repeat: 2..4 }»"), &["a repetition needs `steps`"], &["`steps:`"]),
        (
            steps("- { choose: [{ weight: «0», steps: [{ name: a, get: / }] }] }"),
            &["not a weight"],
            &["above zero"],
        ),
        (
            steps("- repeat: 1000\n  steps: [{ repeat: 11, steps: [{ name: a, get: / }] }]")
                .replace("  - name: buy", "  - «name: buy"),
            &["more than 10000"],
            &["less often"],
        ),
        (
            steps("- { repeat: 2, steps: [{ name: a, get: / }] }\n- { name: «a», get: / }"),
            &["two steps", "`a`"],
            &["own name"],
        ),
        (
            steps(&format!("{fork}- {{ name: c, get: '/{{{{ «x» }}}}' }}")),
            &["another branch only, by `a`"],
            &["in every branch"],
        ),
        (
            steps(&format!(
                "{fork}- purchase: p\n  steps: [«{{ repeat: 2, steps: [{{ name: c, get: / }}] }}»]"
            )),
            &["`repeat` inside a purchase"],
            &["around the purchase"],
        ),
        (
            steps("- { repeat: 2, steps: [{ name: a, get: /, «together»: 5 }] }"),
            &["begins when the shopper arrives"],
            &["remove"],
        ),
        (
            steps(
                "- { choose: [{ steps: [{ name: a, get: / }] }, { steps: [{ name: b, «submit»: { id: x } }] }] }",
            ),
            &["no page"],
            &["get the page"],
        ),
        (shared(pay, "- { include: «pya» }"), &["no shared list `pya`"], &["write `pay`"]),
        (
            shared("- { include: «pay» }\n", "- { include: pay }"),
            &["`pay` includes itself"],
            &["repeat"],
        ),
        (
            shared("- { name: pay, get: «cart» }\n", "- { name: a, get: / }\n- { include: pay }"),
            &["not a path"],
            &["/cart"],
        ),
        (
            shared(pay, "- { include: pay }\n- { include: pay }")
                .replace("name: pay", "name: «pay»"),
            &["two steps", "`pay`"],
            &["own name"],
        ),
        (
            steps("- { name: a, get: /, capture: { x: { header: x-a, «pick»: random } } }"),
            &["`pick` from a header"],
            &["remove"],
        ),
        (
            steps("- { name: a, get: /, capture: { x: { css: a, pick: «any» } } }"),
            &["not a way to pick"],
            &["random"],
        ),
        (steps("- { name: a, get: /, auth: «{}» }"), &["nobody is named"], &["bearer"]),
        (
            steps("- { name: a, get: /, auth: { bearer: t, «basic»: { user: a, password: b } } }"),
            &["contradict"],
            &["keep one"],
        ),
        (
            steps("- { name: a, get: /, auth: { basic: { user: «a:b», password: c } } }"),
            &["no colon"],
            &["authorization header"],
        ),
    ]);
}

#[test]
fn graphql_operations() {
    let graphql = |graphql: &str| steps(&format!("- {{ name: a, graphql: {graphql} }}"));
    check(&[
        (graphql("«{ variables: { a: 1 } }»"), &["needs `query` or `file`"], &["query:"]),
        (graphql("{ query: '{ a }', file: «q.graphql» }"), &["contradict"], &["keep one"]),
        (
            graphql("{ file: «q.graphql» }"),
            &["`q.graphql` can't be read"],
            &["relative to the scenario"],
        ),
        (
            graphql("{ query: «fragment F on T { a }» }")
                .replace("«fragment F on T { a }»", "«'fragment F on T { a }'»"),
            &["no operation"],
            &["query Search"],
        ),
        (
            graphql("{ query: «'query A { a } query B { b }'» }"),
            &["several operations: A, B"],
            &["operation:"],
        ),
        (
            graphql("{ query: 'query A { a } query B { b }', operation: «C» }"),
            &["no operation `C`"],
            &["A, B"],
        ),
        (
            graphql("{ query: 'query A { a }', type: «Order» }"),
            &["does not ask for `__typename`"],
            &["add __typename"],
        ),
        (graphql("{ query: '{ a }', endpoint: «api» }"), &["not a path below"], &["/api"]),
        (
            graphql("{ query: '{ a }', variables: { b: '{{ «nowhere» }}' } }"),
            &["unknown variable `nowhere`"],
            &["capture"],
        ),
        (graphql("{ query: '{ a }' }, «json»: { a: 1 }"), &["carries no `json`"], &["variables:"]),
        (steps("- «graphql: { query: '{ a }' }»"), &["a step needs `name`"], &["add `name:`"]),
    ]);
}

#[test]
fn templates() {
    check(&[
        (
            steps("- { name: a, get: \"/{{ «sku» }}\" }"),
            &["unknown variable `sku`"],
            &["capture it"],
        ),
        (
            steps(
                "- { name: a, get: /, capture: { sku: { json: $.s } } }\n- { name: b, get: \"/{{ «skuu» }}\" }",
            ),
            &["unknown variable `skuu`"],
            &["write `sku`"],
        ),
        (
            steps("- { name: a, get: \"/{{ «sku» }}\" , capture: { sku: { json: $.s } } }"),
            &["answer to this very step"],
            &["later step"],
        ),
        (
            steps(
                "- { name: a, get: \"/{{ «sku» }}\" }\n- { name: b, get: /, capture: { sku: { json: $.s } } }",
            ),
            &["only later, by `b` on line 8"],
            &["earlier step"],
        ),
        (
            top(
                "journeys:\n  - { name: a, steps: [{ name: b, get: /, capture: { sku: { json: $.s } } }] }\n  - { name: c, steps: [{ name: d, get: \"/{{ «sku» }}\" }] }",
            ),
            &["another journey"],
            &["takes one journey"],
        ),
        (
            purchase(
                "- { name: a, get: \"/{{ «sku» }}\" }\n- { name: b, get: /, capture: { sku: { json: $.s } } }",
            ),
            &["only later"],
            &["earlier"],
        ),
        (
            steps("- { name: a, get: \"/{{ «intent.id» }}\" }"),
            &["inside a purchase only"],
            &["`purchase:`"],
        ),
        (
            purchase("- { name: a, get: \"/{{ «order.id» }}\" }"),
            &["after a step with `order`"],
            &["order: { id: ... }"],
        ),
        (
            purchase(
                "- { name: a, get: /, order: { id: { json: $.id } } }\n- { name: b, get: \"/{{ «order.total» }}\" }",
            ),
            &["not captured"],
            &["`total:`"],
        ),
        (
            steps("- { name: a, get: \"/{{ «env.TOKN» }}\" }"),
            &["`env.TOKN` is not given, but TOKEN is"],
            &["-e TOKN=VALUE"],
        ),
        (steps("- { name: a, get: \"/{{ «env.LIVE» }}\" }"), &["live key"], &["test mode"]),
        (
            steps("- { name: a, get: \"/{{ «pik»([1, 2]) }}\" }"),
            &["unknown function `pik`"],
            &["write `pick`"],
        ),
        (
            steps("- { name: a, get: \"/{{ «env.TOKN» | upper }}\" }"),
            &["`env.TOKN` is not given"],
            &["-e TOKN"],
        ),
        (
            steps("- { name: a, get: \"/{{ shopper.id | «uper» }}\" }"),
            &["unknown filter", "uper"],
            &["filters"],
        ),
        (
            steps("- { name: a, get: \"/{{ «pick([])» }}\" }"),
            &["pick needs something"],
            &["minijinja"],
        ),
        (steps("- { name: a, get: \"/{{ shopper.«id»\" }"), &["can't be read"], &["{{ name }}"]),
        (
            steps("- { name: a, get: /, headers: { b: \"{% if shopper.id %}x{% «endfor» %}\" } }"),
            &["can't be read"],
            &["{% endif %}"],
        ),
        (
            steps("- { name: a, post: /, json: { c: [{ d: \"{{ «nme» }}\" }] } }"),
            &["unknown variable `nme`"],
            &["capture"],
        ),
        (
            steps("- { name: a, post: /, form: { c: [\"x\", \"{{ «nme» }}\"] } }"),
            &["unknown variable `nme`"],
            &["capture"],
        ),
        (
            steps("- { name: a, post: /, body: \"{{ «nme» }}\" }"),
            &["unknown variable `nme`"],
            &["capture"],
        ),
        (
            part("defaults: { headers: { a: \"{{ «nme» }}\" } }"),
            &["unknown variable `nme`"],
            &["capture"],
        ),
    ]);
}

#[test]
fn data_and_secrets() {
    check(&[
        (
            part("shoppers: { data: { accounts: { file: «nowhere.csv» } } }"),
            &["nowhere.csv can't be read"],
            &["relative to the scenario"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «few.csv» } } }"),
            &["2 rows for about 600 shoppers"],
            &["598"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «ragged.csv» } } }"),
            &["1 cell on line 2, and 2 columns in the header"],
            &["as many cells as the header"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «semicolons.csv» } } }"),
            &["semicolons between its columns (`email;password`)"],
            &["comma-separated"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «twice.csv» } } }"),
            &["two columns `email`"],
            &["a name of its own"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «cards.csv» } } }"),
            &["row 1", "card number"],
            &["test number"],
        ),
        (
            part("shoppers: { data: { accounts: { file: accounts.csv, each: «time» } } }"),
            &["`time` is not a way"],
            &["once loop random"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «empty.csv», each: loop } } }"),
            &["no row to deal out"],
            &["add a row"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «ragged.jsonl», each: loop } } }"),
            &["new key `b` on line 2"],
            &["keys of the first"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «lacking.jsonl», each: random } } }"),
            &["lacks `b` on line 3"],
            &["keys of the first"],
        ),
        (
            part("shoppers: { data: { accounts: { file: «list.jsonl», each: random } } }"),
            &["no object on line 1"],
            &["object a line"],
        ),
        (
            steps("- { name: a, get: '/{{ «date(1, 2, 3)» }}' }"),
            &["too many arguments"],
            &["minijinja"],
        ),
        (
            part(
                "shoppers: { data: { accounts: { file: accounts.csv } }, attributes: { «accounts2x-»: { a: 1 } } }",
            ),
            &["can't be used in templates"],
            &["`accounts2x_`"],
        ),
        (
            load("closed: 5\nfor: 1m").replace(
                "journeys",
                "shoppers: { data: { accounts: { file: «accounts.csv» } } }\njourneys",
            ),
            &["closed load"],
            &["stages"],
        ),
        (
            steps("- { name: a, post: /, json: { pan: «4539578763621486» } }"),
            &["card number"],
            &["4242424242424242"],
        ),
        (part("# never: «4539 5787 6362 1486»"), &["card number"], &["pm_card_visa"]),
        (
            steps("- { name: a, get: /, headers: { authorization: Bearer «sk_live_abc» } }"),
            &["live key"],
            &["sk_test_"],
        ),
    ]);
}

#[test]
fn error_budgets() {
    let budget = |rest: &str| part(&format!("budget: {{ {rest} }}"));
    let good = "objective: 99.9% of shoppers are not lost";
    check(&[
        (part("budget: «99.9%»"), &["expected a budget"], &["`objective`"]),
        (
            budget("objective: «99.9% of shoppers buy without failure», shoppers: 4M"),
            &["no promise"],
            &["buy without a failure"],
        ),
        (
            budget("objective: «repeated_failures < 0.1%», shoppers: 4M"),
            &["not the objective of a budget"],
            &["99.9% of shoppers"],
        ),
        (
            budget("objective: «100% of shoppers are not lost», shoppers: 4M"),
            &["no budget"],
            &["below 100 %"],
        ),
        (
            budget(&format!("{good}, shoppers: «many»")),
            &["`many` is not a number of shoppers"],
            &["40M"],
        ),
        (budget(&format!("{good}, shoppers: 4M, window: «5m»")), &["less than an hour"], &["30d"]),
        (
            budget(&format!("{good}, shoppers: 1k, peak_hour: «2k»")),
            &["more shoppers in an hour"],
            &["busiest hour"],
        ),
    ]);
}

#[test]
fn objectives() {
    check(&[
        (objective("«fast please»"), &["no comparison"], &["p95(pay) < 800ms"]),
        (objective("«latency» < 5ms"), &["`latency` is not a metric"], &["failures"]),
        (objective("«failurs»(pay) < 1%"), &["`failurs` is not a metric"], &["write `failures`"]),
        (objective("«p95» < 5ms"), &["`p95` of what?"], &["p95(pay)"]),
        (objective("«p100»(pay) < 5ms"), &["not a quantile"], &["p99.9"]),
        (objective("p95(«pya») < 5ms"), &["no step or journey `pya`"], &["write `pay`"]),
        (objective("p95(«checkout») < 5ms"), &["a purchase"], &["`pay` or `done`"]),
        (objective("«p95(pay» < 5ms"), &["closing parenthesis"], &["p95(pay)"]),
        (objective("p95(pay) < «5»"), &["`5` is not a duration"], &["write 5s"]),
        (objective("failures(pay) < «5ms»"), &["`5ms` is not a share"], &["0.1%"]),
        (objective("p95(pay) «<»"), &["limit is missing"], &["800ms"]),
        (objective("p95(pay) < 5ms for «2m»"), &["takes only 1m"], &["less than 1m"]),
        (objective("p95(pay) < 5ms for 10s «for» 20s"), &["`for` stands twice"], &["keep one"]),
        (
            objective("late_orders < 1% «for» 10s"),
            &["`late_orders` is of the whole run"],
            &["remove the `for`"],
        ),
        (
            objective("p95(pay) < 5ms abort «now»"),
            &["`now` is not understood"],
            &["where name = value"],
        ),
        (
            objective("p95(pay) < 5ms where «paymnt» = card"),
            &["no attribute `paymnt`"],
            &["write `payment`"],
        ),
        (
            objective("p95(pay) < 5ms where payment = «cash»"),
            &["`payment` has no value `cash`"],
            &["`card` or `gift card`"],
        ),
        (
            objective("p95(pay) < 5ms «where» for 10s"),
            &["needs a condition"],
            &["attribute = value"],
        ),
        (
            objective("requests > 5/s «where» payment = card"),
            &["not counted by attribute"],
            &["remove"],
        ),
        (objective("requests > 5/s «abort»"), &["not certain before the end"], &["for 10s abort"]),
        (objective("repeated_failures(«pay») < 1%"), &["of all shoppers"], &["alone"]),
        (
            objective("«declined(home)» < 1%"),
            &["nothing can be declined"],
            &["declined: { status: 402 }"],
        ),
        (part("objectives: [«time_to_buy» < 60s]"), &["nobody buys"], &["`purchase:`"]),
        (
            load("closed: 5\nfor: 1m")
                .replace("journeys", "objectives: [«lost_shoppers» < 1%]\njourneys"),
            &["closed load"],
            &["repeated_failures"],
        ),
    ]);
}

#[test]
fn the_command_line_is_checked_as_well() {
    let told = |overrides: Overrides, text: &str| {
        let problems = problems(text, &Inputs { overrides, ..inputs() });
        assert!(problems.iter().all(|problem| problem.place.is_none()), "{problems}");
        problems
            .iter()
            .map(|problem| format!("{}: {}", problem.message, problem.remedy))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let bare = "name: x\njourneys: [{ name: a, steps: [{ name: b, get: / }] }]";
    let staged = &load("stages: [{ ramp: 1/s, for: 1m }, { hold: 1/s, for: 1m }]");
    let minute = Some(tillrush::base::Micros::from_secs(60));
    let stage = StageFlag { length: tillrush::base::Micros::from_secs(60), to: EventRate(1.0) };
    let default = Overrides::default;
    insta::assert_snapshot!(told(default(), bare), @"the scenario has no load: add `load:` with stages, or say --rate 50/s --duration 5m");
    insta::assert_snapshot!(told(Overrides { rate: Some(EventRate(1.0)), ..default() }, bare), @"--rate without a duration: say how long: --duration 5m");
    insta::assert_snapshot!(told(Overrides { rate: Some(EventRate(0.0)), duration: minute, ..default() }, bare), @"no shopper would ever arrive: write a rate above zero");
    insta::assert_snapshot!(told(Overrides { users: Some(3), rate: Some(EventRate(1.0)), ..default() }, staged), @"--users and --rate contradict each other: keep one of them");
    let no_time = Some(tillrush::base::Micros::ZERO);
    insta::assert_snapshot!(told(Overrides { duration: no_time, ..default() }, staged), @"--duration of no time: say how long: --duration 5m");
    insta::assert_snapshot!(told(Overrides { duration: minute, stages: vec![stage], ..default() }, bare), @"--duration and --stage contradict each other: each stage has its own duration: remove --duration");
    insta::assert_snapshot!(told(Overrides { target: Some("ftp://x".into()), ..default() }, staged), @"--target ftp://x: not an http or https address: write the shop's base address with its scheme, such as https://shop.example.com or http://localhost:8080");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
    let text = "\
name: peak
target: shop
load:
  stages:
    - { ramp: 20, for: 30s }
shoppers:
  patience: [1.5]
  wieght: 3
journeys:
  - name: buy
    steps:
      - name: pay
        post: /pay
        json: { sku: \"{{ sku }}\" }
        expect: { status: 9xx }
objectives:
  - p95(payy) < 1s
";
    insta::assert_snapshot!(problems(text, &inputs()).render(false), @r#"
    error: `shop`: not an address
     --> s.yaml:2:9
      |
    2 | target: shop
      |         ^^^^
      |
    help: write the shop's base address with its scheme, such as https://shop.example.com or http://localhost:8080

    error: `20` is not a rate
     --> s.yaml:5:15
      |
    5 |     - { ramp: 20, for: 30s }
      |               ^^ expected a rate
      |
    help: write 20/s

    error: `1.5` is more than 1, the whole
     --> s.yaml:7:14
      |
    7 |   patience: [1.5]
      |              ^^^ expected a share
      |
    help: write 1.5%

    error: unknown key `wieght`
     --> s.yaml:8:3
      |
    8 |   wieght: 3
      |   ^^^^^^ not a key of a description of shoppers
      |
    help: a description of shoppers has the keys `attributes`, `patience`, `behaviour`, `max_attempts`, `retry` and `data`

    error: unknown variable `sku`
      --> s.yaml:14:26
       |
    14 |         json: { sku: "{{ sku }}" }
       |                          ^^^
       |
    help: capture it in an earlier step of the journey, or use an attribute, a data column or env.NAME

    error: `9xx` is not a status
      --> s.yaml:15:27
       |
    15 |         expect: { status: 9xx }
       |                           ^^^ expected a status
       |
    help: write a code such as 201, a class such as 2xx, a range such as 200..299, or a list of these

    error: there is no step or journey `payy`
      --> s.yaml:17:9
       |
    17 |   - p95(payy) < 1s
       |         ^^^^
       |
    help: write `pay`

    7 problems in s.yaml
    "#);
}
