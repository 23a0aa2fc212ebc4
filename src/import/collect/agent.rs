//! What a user agent says about who asks.

/// Words of programs in their user agents.
const PROGRAMS: [&str; 34] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "curl",
    "wget",
    "python",
    "scrapy",
    "headless",
    "phantom",
    "monitor",
    "uptime",
    "pingdom",
    "statuscake",
    "lighthouse",
    "pagespeed",
    "scanner",
    "fetcher",
    "libwww",
    "httpclient",
    "go-http",
    "java/",
    "ruby",
    "perl",
    "axios",
    "node-fetch",
    "facebookexternalhit",
    "preview",
    "feed",
    "archive",
    "kube-probe",
    "elb-healthchecker",
    "googlehc",
    "nagios",
];

/// What a user agent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// It is a program by its own words, or says nothing at all.
    pub program: bool,
    /// It is a load test.
    pub load_test: bool,
    /// It is a phone or a tablet.
    pub mobile: bool,
}

// === impl Agent ===

impl Agent {
    /// Reads a user agent.
    pub fn of(text: &str) -> Agent {
        // A phone of this make.
        let lower = text.to_ascii_lowercase().replace("cubot", "");
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        Agent {
            load_test: has(&[
                "load test",
                "load-test",
                "k6/",
                "gatling",
                "jmeter",
                "locust",
                "artillery",
            ]),
            program: !lower.starts_with("tillrush/") && has(&PROGRAMS),
            mobile: has(&["mobi", "android", "iphone", "ipad"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_phones_are_told_apart() {
        let program = |text| Agent::of(text).program;
        assert!(program(
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        ));
        assert!(program("curl/8.5.0") && program("python-requests/2.31"));
        assert!(!program(
            "Mozilla/5.0 (Linux; Android 13; CUBOT P80) Chrome/120.0 Mobile Safari/537.36"
        ));
        assert!(Agent::of("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)").mobile);
        assert!(Agent::of("tillrush/0.1.0 (+load test)").load_test);
    }
}
