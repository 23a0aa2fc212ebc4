//! Where metrics go: from the options and the standard variables of OpenTelemetry
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>) to receivers.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use percent_encoding::percent_decode_str;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::metrics_args::MetricsArgs;

/// How often the state is sent, and how long a receiver may take, unless a variable says otherwise.
const INTERVAL: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

/// An address that takes what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsReceiver {
    /// What it takes.
    pub signal: Signal,
    /// Its address.
    pub url: Url,
    /// What it asks for: mostly credentials, never printed.
    pub headers: HeaderMap,
}

/// What a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Metrics by OTLP.
    OtlpMetrics,
    /// Spans by OTLP.
    OtlpSpans,
    /// Metrics by Prometheus remote write.
    RemoteWrite,
}

/// Where metrics go, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSettings {
    /// To whom.
    pub receivers: Vec<MetricsReceiver>,
    /// How often.
    pub interval: Duration,
    /// How long each may take.
    pub timeout: Duration,
    /// The service's name.
    pub service: String,
    /// More attributes of the resource.
    pub attributes: BTreeMap<String, String>,
    /// What is to be told: variables that ask for what is not supported.
    pub notes: Vec<String>,
}

// === impl MetricsSettings ===

impl MetricsSettings {
    /// What the options and these variables ask for. Empty variables count as unset, as the standard has it.
    ///
    /// # Errors
    /// When a variable makes no sense.
    pub fn read(
        args: &MetricsArgs,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<MetricsSettings> {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let mut settings = MetricsSettings {
            receivers: Vec::new(),
            interval: duration(&variable, "OTEL_METRIC_EXPORT_INTERVAL")?
                .unwrap_or(INTERVAL)
                .max(Duration::from_secs(1)),
            timeout: duration(&variable, "OTEL_EXPORTER_OTLP_TIMEOUT")?.unwrap_or(TIMEOUT),
            service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "tillrush".to_owned()),
            attributes: pairs(&variable, "OTEL_RESOURCE_ATTRIBUTES")?,
            notes: Vec::new(),
        };
        if let Some(service) = settings.attributes.remove("service.name")
            && variable("OTEL_SERVICE_NAME").is_none()
        {
            settings.service = service;
        }
        for signal in [Signal::OtlpMetrics, Signal::OtlpSpans] {
            settings.add_otlp(signal, args, &variable)?;
        }
        if let Some(url) = &args.remote_write {
            let headers = headers(pairs(&variable, "TILLRUSH_REMOTE_WRITE_HEADERS")?)?;
            let (signal, url) = (Signal::RemoteWrite, url.clone());
            settings.receivers.push(MetricsReceiver { signal, url, headers });
        }
        Ok(settings)
    }

    fn add_otlp(
        &mut self,
        signal: Signal,
        args: &MetricsArgs,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<()> {
        let (word, path) = match signal {
            Signal::OtlpMetrics => ("METRICS", "v1/metrics"),
            Signal::OtlpSpans => ("TRACES", "v1/traces"),
            Signal::RemoteWrite => return Ok(()),
        };
        let Some(url) = otlp_url(args, variable, word, path)? else { return Ok(()) };
        let own = format!("OTEL_EXPORTER_OTLP_{word}_PROTOCOL");
        let protocol = variable(&own).or_else(|| variable("OTEL_EXPORTER_OTLP_PROTOCOL"));
        if let Some(protocol) = protocol.filter(|it| it != "http/protobuf")
            && args.otlp.is_none()
        {
            self.notes.push(format!(
                "OTLP {} are not sent: OTEL_EXPORTER_OTLP_PROTOCOL is '{protocol}', and only http/protobuf is supported; --otlp URL gives an address for that",
                word.to_lowercase()
            ));
            return Ok(());
        }
        let mut all = pairs(variable, "OTEL_EXPORTER_OTLP_HEADERS")?;
        all.extend(pairs(variable, &format!("OTEL_EXPORTER_OTLP_{word}_HEADERS"))?);
        self.receivers.push(MetricsReceiver { signal, url, headers: headers(all)? });
        Ok(())
    }
}

/// The address for a signal: below the option's, as the signal's own variable says, or below the common variable's.
fn otlp_url(
    args: &MetricsArgs,
    variable: &dyn Fn(&str) -> Option<String>,
    word: &str,
    path: &str,
) -> anyhow::Result<Option<Url>> {
    if let Some(base) = &args.otlp {
        return Ok(Some(below(base, path)));
    }
    let is_off = variable("OTEL_SDK_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let exporter = variable(&format!("OTEL_{word}_EXPORTER"));
    if is_off || exporter.is_some_and(|it| it != "otlp") {
        return Ok(None);
    }
    let own = format!("OTEL_EXPORTER_OTLP_{word}_ENDPOINT");
    let parse = |name: &str, text: String| {
        Url::parse(&text).with_context(|| format!("{name} is no URL: '{text}'"))
    };
    if let Some(text) = variable(&own) {
        return parse(&own, text).map(Some);
    }
    let common = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let base = variable(common).map(|text| parse(common, text)).transpose()?;
    Ok(base.map(|base| below(&base, path)))
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

fn duration(
    variable: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> anyhow::Result<Option<Duration>> {
    let Some(text) = variable(name) else { return Ok(None) };
    let milliseconds: u64 = text
        .trim()
        .parse()
        .with_context(|| format!("{name} is '{text}'; give it in milliseconds, such as 5000"))?;
    Ok(Some(Duration::from_millis(milliseconds)))
}

/// `name=value,name=value`, percent-encoded. Values are left out of errors: they may be secret.
fn pairs(
    variable: &dyn Fn(&str) -> Option<String>,
    name: &str,
) -> anyhow::Result<BTreeMap<String, String>> {
    let text = variable(name).unwrap_or_default();
    let mut found = BTreeMap::new();
    for (nth, pair) in text.split(',').enumerate().filter(|(_, pair)| !pair.trim().is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            bail!("{name}: pair {} has no '='; write NAME=VALUE,NAME=VALUE", nth + 1);
        };
        let decode = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
        found.insert(decode(key), decode(value));
    }
    Ok(found)
}

fn headers(pairs: BTreeMap<String, String>) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let header: HeaderName =
            name.parse().with_context(|| format!("'{name}' is no name of a header"))?;
        let mut value: HeaderValue =
            value.parse().with_context(|| format!("the value of header '{name}' can't be sent"))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(flag: Option<&str>, variables: &[(&str, &str)]) -> anyhow::Result<MetricsSettings> {
        let otlp = flag.map(|url| Url::parse(url).unwrap());
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, it)| (*it).to_owned())
        };
        MetricsSettings::read(&MetricsArgs { otlp, remote_write: None }, &variable)
    }

    fn urls(settings: &MetricsSettings) -> Vec<&str> {
        settings.receivers.iter().map(|receiver| receiver.url.as_str()).collect()
    }

    #[test]
    fn the_standard_variables_say_where_metrics_go() {
        let common = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/base/");
        let both = read(None, &[common]).unwrap();
        assert_eq!(urls(&both), ["http://c:4318/base/v1/metrics", "http://c:4318/base/v1/traces"]);
        let own = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m/x");
        assert_eq!(urls(&read(None, &[common, own]).unwrap())[0], "http://m/x");
        let no_traces = ("OTEL_TRACES_EXPORTER", "none");
        assert_eq!(read(None, &[common, no_traces]).unwrap().receivers.len(), 1);
        let off = ("OTEL_SDK_DISABLED", "true");
        assert!(read(None, &[common, off]).unwrap().receivers.is_empty());
        assert_eq!(
            urls(&read(Some("http://f:1"), &[common, off]).unwrap())[0],
            "http://f:1/v1/metrics"
        );
        assert!(read(None, &[]).unwrap().receivers.is_empty());
    }

    #[test]
    fn headers_attributes_and_times_are_read() {
        let settings = read(
            Some("http://c"),
            &[
                ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, other=1"),
                ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "other=2"),
                ("OTEL_RESOURCE_ATTRIBUTES", "service.name=peak,deployment.environment=qa"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "2000"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "300"),
            ],
        )
        .unwrap();
        let [metrics, spans] = [0, 1].map(|i| settings.receivers[i].headers.clone());
        assert_eq!(
            (&metrics["api-key"], &metrics["other"], &spans["other"]),
            (
                &HeaderValue::from_static("a b"),
                &HeaderValue::from_static("2"),
                &HeaderValue::from_static("1"),
            )
        );
        assert!(metrics["api-key"].is_sensitive());
        assert_eq!(
            (settings.service.as_str(), settings.attributes["deployment.environment"].as_str()),
            ("peak", "qa")
        );
        assert_eq!((settings.interval.as_secs(), settings.timeout.as_millis()), (2, 300));
    }

    #[test]
    fn what_is_not_supported_is_told_and_what_makes_no_sense_is_refused() {
        let common = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        let grpc = read(None, &[common, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap();
        assert!(grpc.receivers.is_empty() && grpc.notes.len() == 2, "{:?}", grpc.notes);
        let wrong =
            read(None, &[common, ("OTEL_EXPORTER_OTLP_HEADERS", "a=1,s3cret")]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "OTEL_EXPORTER_OTLP_HEADERS: pair 2 has no '='; write NAME=VALUE,NAME=VALUE"
        );
        assert!(read(None, &[("OTEL_METRIC_EXPORT_INTERVAL", "5s")]).is_err());
        assert!(read(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")]).is_err());
    }
}
