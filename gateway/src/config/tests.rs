//! What operators set, and the errors that they get.

use std::collections::BTreeMap;

use super::{Config, ConfigError, Services};
use mana_mcp_runtime::zone::Zone;

use crate::{
    backend::{MembershipsKey, SpacesAccess},
    call::testing::CATALOG,
    policy::Mode,
};

const REMOTE: [(&str, &str); 2] = [("MANA_AUTH_URL", "https://id.example"), ("MANA_SYNC_URL", "https://sync.example")];

fn read(variables: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
    let mut environment = BTreeMap::from([("HOME", "/home/ada")]);
    environment.extend(variables.iter().copied());
    Config::read(&environment, &CATALOG)
}

fn remote(variables: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
    read(&[&REMOTE[..], variables].concat())
}

/// The variables that are at fault, in order.
fn faults(read: Result<Config, ConfigError>) -> Vec<String> {
    read.unwrap_err().problems.into_iter().map(|problem| problem.name).collect()
}

#[test]
fn nothing_set_is_the_standalone_mode_on_this_machine() {
    let config = read(&[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:3069");
    let Services::Standalone { data_dir } = &config.services else { panic!("{:?}", config.services) };
    assert_eq!(data_dir.to_str().unwrap(), "/home/ada/.local/share/mana-mcp");
    assert_eq!(config.tokens.audience, "mana");
    assert_eq!(config.policy.mode, Mode::LogOnly);
    assert_eq!(config.policy.rate_limit_per_minute.get(), 30);
    assert_eq!(config.server.max_body, 4 * 1024 * 1024);
    assert_eq!(config.server.max_replicas, 256 << 20);
    assert!(config.peers.loopback && config.peers.hosts.is_empty());
    assert!(config.notices.is_empty(), "{:?}", config.notices);
}

#[test]
fn the_data_folder_follows_the_users_own_rules() {
    let folder = |variables: &[_]| match read(variables).unwrap().services {
        Services::Standalone { data_dir } => data_dir.display().to_string(),
        Services::Remote { .. } => panic!("remote"),
    };
    assert_eq!(folder(&[("XDG_DATA_HOME", "/data")]), "/data/mana-mcp");
    assert_eq!(folder(&[("XDG_DATA_HOME", "/data"), ("DATA_DIR", "/srv/mana")]), "/srv/mana");
    let without_home = Config::read(&BTreeMap::new(), &CATALOG);
    assert_eq!(faults(without_home), ["DATA_DIR"]);
}

#[test]
fn an_empty_variable_counts_as_absent() {
    let config = read(&[("MANA_AUTH_URL", ""), ("PORT", " "), ("CORS_ORIGINS", ""), ("SESSION_KEY", "")]).unwrap();
    assert!(matches!(config.services, Services::Standalone { .. }));
    assert_eq!(config.server.listen.port(), 3069);
}

#[test]
fn a_deployment_sets_everything() {
    let config = remote(&[
        ("PORT", "8080"),
        ("BIND", "0.0.0.0"),
        ("JWT_AUDIENCE", "mana-test"),
        ("JWT_ISSUER", "https://id.example"),
        ("CORS_ORIGINS", "https://app.example, http://localhost:5173"),
        ("ALLOWED_HOSTS", "mcp.example,10.0.0.1:8080"),
        ("PUBLIC_URL", "https://mcp.example"),
        ("WEB_BASE_URL", "https://app.example/"),
        ("AUTHORIZATION_SERVERS", "https://id.example"),
        ("POLICY_MODE", "enforce"),
        ("POLICY_ALLOW_DESTRUCTIVE", "7d2c0f3e-90cb-4b1b-8f57-3a1f0f2b8f11:user.destroy"),
        ("RATE_LIMIT_PER_MINUTE", "5"),
        ("SESSION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("TOOL_NAMES", "underscored"),
        ("LOG", "mana_mcp=debug,warn"),
        ("LOG_FORMAT", "json"),
        ("MANA_MCP_DRAIN_SECONDS", "3"),
        ("MANA_MCP_MAX_REPLICA_BYTES", "1073741824"),
    ])
    .unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:8080");
    assert_eq!(config.server.limits.drain.as_secs(), 3);
    assert_eq!(config.server.max_replicas, 1 << 30);
    assert_eq!(config.tokens.issuer.as_deref(), Some("https://id.example"));
    assert_eq!(config.policy.mode, Mode::Enforce);
    assert_eq!(config.peers.origins.len(), 2);
    assert_eq!(config.web_address.as_deref(), Some("https://app.example"));
    assert!(!config.peers.loopback);
    assert!(config.notices.is_empty(), "{:?}", config.notices);
}

#[test]
fn every_problem_is_told_at_once() {
    let error = read(&[
        ("PORT", "70000"),
        ("BIND", "everywhere"),
        ("MANA_AUTH_URL", "https://id.example"),
        ("PUBLIC_URL", "ftp://mcp.example"),
        ("AUTHORIZATION_SERVERS", "https://id.example, ftp://id.example"),
        ("CORS_ORIGINS", "https://app.example/,*,https://good.example"),
        ("ALLOWED_HOSTS", "http://mcp.example"),
        ("POLICY_MODE", "sometimes"),
        ("POLICY_ALLOW_DESTRUCTIVE", "user.destroy"),
        ("RATE_LIMIT_PER_MINUTE", "0"),
        ("SESSION_KEY", "short"),
        ("TOOL_NAMES", "camel"),
        ("LOG", "a=b=c"),
        ("LOG_FORMAT", "xml"),
        ("METRICS", "some"),
        ("MANA_MCP_MAX_BODY_BYTES", "4MB"),
        ("MANA_MCP_MAX_BODY_BYTE", "1"),
        ("MANA_MCP_MAX_REPLICA_BYTES", "256M"),
        ("MANA_MCP_COLOUR", "green"),
    ])
    .unwrap_err();
    let mut names: Vec<_> = error.problems.iter().map(|problem| problem.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let expected = [
        "ALLOWED_HOSTS",
        "AUTHORIZATION_SERVERS",
        "BIND",
        "CORS_ORIGINS",
        "LOG",
        "LOG_FORMAT",
        "MANA_MCP_COLOUR",
        "MANA_MCP_MAX_BODY_BYTE",
        "MANA_MCP_MAX_BODY_BYTES",
        "MANA_MCP_MAX_REPLICA_BYTES",
        "MANA_SYNC_URL",
        "METRICS",
        "POLICY_ALLOW_DESTRUCTIVE",
        "POLICY_MODE",
        "PORT",
        "PUBLIC_URL",
        "RATE_LIMIT_PER_MINUTE",
        "SESSION_KEY",
        "TOOL_NAMES",
    ];
    assert_eq!(names, expected);
    let text = error.to_string();
    for part in ["`70000`", "`https://app.example/`", "`*`", "did you mean MANA_MCP_MAX_BODY_BYTES?", "log-only"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn one_service_alone_is_a_contradiction() {
    assert_eq!(faults(read(&[("MANA_AUTH_URL", "https://id.example")])), ["MANA_SYNC_URL"]);
    assert_eq!(faults(read(&[("MANA_SYNC_URL", "https://sync.example")])), ["MANA_AUTH_URL"]);
}

#[test]
fn the_standalone_mode_stays_on_this_machine_and_trusts_itself_alone() {
    for bind in ["0.0.0.0", "::", "192.168.1.7"] {
        let read = BTreeMap::from([("HOME", "/home/ada"), ("BIND", bind)]);
        assert_eq!(faults(Config::read(&read, &CATALOG)), ["BIND"], "{bind}");
    }
    for bind in ["127.0.0.1", "127.0.0.9", "::1"] {
        let read = BTreeMap::from([("HOME", "/home/ada"), ("BIND", bind)]);
        assert!(Config::read(&read, &CATALOG).is_ok(), "{bind}");
    }
    assert_eq!(
        faults(read(&[("JWT_AUDIENCE", "else"), ("JWT_ISSUER", "https://else")])),
        ["JWT_AUDIENCE", "JWT_ISSUER"]
    );
}

#[test]
fn a_gateway_that_listens_beyond_this_machine_knows_its_names() {
    assert_eq!(faults(remote(&[("BIND", "0.0.0.0")])), ["ALLOWED_HOSTS"]);
    assert!(remote(&[("BIND", "0.0.0.0"), ("PUBLIC_URL", "https://mcp.example")]).is_ok());
    assert!(remote(&[("BIND", "0.0.0.0"), ("ALLOWED_HOSTS", "mcp.example")]).is_ok());
    assert!(remote(&[]).is_ok());
}

#[test]
fn addresses_hold_no_more_than_an_address() {
    for url in
        ["https://mcp.example?x=1", "https://mcp.example#x", "https://mcp.example/mcp", "mcp.example", "https://"]
    {
        let variables = BTreeMap::from([("HOME", "/home/ada"), ("PUBLIC_URL", url)]);
        assert_eq!(faults(Config::read(&variables, &CATALOG)), ["PUBLIC_URL"], "{url}");
    }
    let error = read(&[("MANA_AUTH_URL", "https://ada:hunter2@id.example"), REMOTE[1]]).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn settings_without_effect_are_noticed_and_not_refused() {
    let config = remote(&[
        ("MANA_SERVICE_KEY", "secret"),
        ("MANA_MCP_REDIS_TIMEOUT_MS", "70"),
        ("POLICY_ALLOW_DESTRUCTIVE", "a:todo.list,b:no.such.tool"),
    ])
    .unwrap();
    // Two for the tools and two for the spaces, one for Redis, and one for the missing SESSION_KEY. The key serves for
    // memberships.
    assert_eq!(config.notices.len(), 6, "{:?}", config.notices);
    assert!(config.space_policies.is_none() && config.spaces.key.is_some());
    let keys = [("MANA_SERVICE_KEY", "secret"), ("MANA_AUTH_SERVICE_KEY", "secret"), ("MANA_SPACES_PATH", "/spaces")];
    let notices = read(&keys).unwrap().notices;
    assert_eq!(notices.len(), 3, "the standalone services need none of it: {notices:?}");
}

#[test]
fn what_is_nearly_a_setting_is_told_and_what_is_no_level_refused() {
    let config = read(&[("POLICY_MOD", "enforce"), ("JWT_AUD", "mana"), ("LOGNAME", "ada")]).unwrap();
    let [audience, mode] = config.notices.as_slice() else { panic!("{:?}", config.notices) };
    assert!(audience.starts_with("JWT_AUD is set") && mode.contains("did you mean POLICY_MODE?"), "{audience} {mode}");
    for (name, value, part) in [
        ("LOG", "warning", "`warning` is no level"),
        ("LOG", "info,hyper", "`hyper` is no level"),
        ("MANA_API_URL", "127.0.0.1:4301", "begins with http:// or https://"),
        ("AUTHORIZATION_SERVERS", "id.example", "begins with http:// or https://"),
    ] {
        let variables = BTreeMap::from([("HOME", "/home/ada"), (name, value)]);
        let error = Config::read(&variables, &CATALOG).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(part) && !error.contains("relative URL"), "{error}");
    }
}

#[test]
fn the_ways_to_spaces_are_a_path_and_a_key() {
    let config = remote(&[]).unwrap();
    assert_eq!(config.spaces, SpacesAccess::default());
    let both = [("MANA_SERVICE_KEY", "of-policies"), ("MANA_AUTH_SERVICE_KEY", "of-identity")];
    let spaces = remote(&[&both[..], &[("MANA_SPACES_PATH", "/api/v1/me/spaces")]].concat()).unwrap().spaces;
    assert_eq!(spaces.key, "of-identity".parse().map(MembershipsKey::Own).ok());
    let shared = remote(&both[..1]).unwrap().spaces.key;
    assert_eq!(shared, "of-policies".parse().map(MembershipsKey::Shared).ok());
    assert_eq!(spaces.path, "/api/v1/me/spaces".parse().unwrap());
    for path in ["spaces", "//else.example/spaces", "/spaces?all", "/spaces#x", "/sp aces", "https://else.example/x"] {
        let variables = BTreeMap::from([("HOME", "/home/ada"), ("MANA_SPACES_PATH", path)]);
        assert_eq!(faults(Config::read(&variables, &CATALOG)), ["MANA_SPACES_PATH"], "{path}");
    }
    let error = remote(&[("MANA_AUTH_SERVICE_KEY", "hunter2\u{7f}")]).unwrap_err();
    assert!(error.to_string().contains("MANA_AUTH_SERVICE_KEY") && !error.to_string().contains("hunter2"), "{error}");
    assert!(!format!("{:?}", remote(&both).unwrap()).contains("of-"));
}

#[test]
fn a_default_time_zone_is_one_of_the_database() {
    assert_eq!(remote(&[]).unwrap().time_zone, Zone::UTC);
    assert_eq!(remote(&[("DEFAULT_TIME_ZONE", "Europe/Berlin")]).unwrap().time_zone.name(), "Europe/Berlin");
    let error = remote(&[("DEFAULT_TIME_ZONE", "Europe/Berlim")]).unwrap_err().to_string();
    assert!(error.contains("DEFAULT_TIME_ZONE") && error.contains("did you mean `Europe/Berlin`?"), "{error}");
}

#[test]
fn redis_and_the_policy_service_are_optional_and_checked() {
    let config = remote(&[]).unwrap();
    assert!(config.redis.is_none() && config.space_policies.is_none());
    let config = remote(&[
        ("REDIS_URL", "redis://:hunter2@redis:6379/1"),
        ("MANA_MCP_REDIS_TIMEOUT_MS", "80"),
        ("MANA_API_URL", "https://api.example/base"),
        ("MANA_SERVICE_KEY", "hunter2"),
    ])
    .unwrap();
    assert_eq!(config.redis.as_ref().unwrap().timeout.as_millis(), 80);
    assert_eq!(config.space_policies.as_ref().unwrap().url.as_str(), "https://api.example/base");
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    for url in ["redis://", "http://redis", "redis:6379", "hunter2"] {
        let variables = BTreeMap::from([("HOME", "/home/ada"), ("REDIS_URL", url)]);
        let error = Config::read(&variables, &CATALOG).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{url}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert!(remote(&[("REDIS_URL", "rediss://redis.example")]).is_ok());
    // Without a key the policy service is not asked, and the operator is warned.
    let config = remote(&[("MANA_API_URL", "https://api.example")]).unwrap();
    assert!(config.space_policies.is_none());
    assert!(config.notices.iter().any(|notice| notice.contains("MANA_SERVICE_KEY")), "{:?}", config.notices);
    assert_eq!(faults(remote(&[("MANA_API_URL", "api"), ("MANA_SERVICE_KEY", "k")])), ["MANA_API_URL"]);
    let error = remote(&[("MANA_API_URL", "https://api.example"), ("MANA_SERVICE_KEY", "hunter2\u{7f}")]).unwrap_err();
    assert!(error.to_string().contains("MANA_SERVICE_KEY") && !error.to_string().contains("hunter2"), "{error}");
    assert_eq!(faults(remote(&[("MANA_MCP_REDIS_TIMEOUT_MS", "0")])), ["MANA_MCP_REDIS_TIMEOUT_MS"]);
}

#[test]
fn a_trace_collector_is_an_address() {
    let config = remote(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4318")]).unwrap();
    assert_eq!(config.trace_collector.unwrap().as_str(), "http://otel:4318/");
    assert_eq!(faults(remote(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "otel:4318")])), ["OTEL_EXPORTER_OTLP_ENDPOINT"]);
}

#[test]
fn secrets_are_never_printed() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let config = read(&[("SESSION_KEY", key)]).unwrap();
    assert!(!format!("{config:?}").contains("AAEC"));
    let error = read(&[("SESSION_KEY", "c2VjcmV0LWJ1dC1zaG9ydA==")]).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("c2VjcmV0"), "{error}");
}

#[test]
fn plain_http_beyond_this_machine_is_told_unless_it_is_allowed() {
    let plain = |variables: &[_]| read(variables).unwrap().plain_http;
    let (auth, sync) = (("MANA_AUTH_URL", "http://identity:3001"), ("MANA_SYNC_URL", "https://sync.example"));
    assert_eq!(plain(&[auth, sync]), ["MANA_AUTH_URL"]);
    let api = [("MANA_API_URL", "http://10.0.0.7"), ("MANA_SERVICE_KEY", "0123456789abcdef0123456789abcdef")];
    assert_eq!(plain(&[&[auth, sync][..], &api].concat()), ["MANA_AUTH_URL", "MANA_API_URL"]);
    assert!(plain(&[auth, sync, ("MANA_MCP_ALLOW_PLAIN_HTTP", "on")]).is_empty());
    for here in ["http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1"] {
        assert!(plain(&[("MANA_AUTH_URL", here), sync]).is_empty(), "{here}");
    }
    assert_eq!(faults(read(&[("MANA_MCP_ALLOW_PLAIN_HTTP", "yes")])), ["MANA_MCP_ALLOW_PLAIN_HTTP"]);
}

/// With a catalog that calls two services.
fn with_services(variables: &[(&'static str, &'static str)]) -> Result<Config, ConfigError> {
    let environment: BTreeMap<_, _> = REMOTE.into_iter().chain(variables.iter().copied()).collect();
    Config::read(&environment, &crate::call::testing::services::CATALOG)
}

#[test]
fn the_catalog_says_which_settings_hold_addresses_of_services() {
    let named = |variables: &[_]| {
        let services = with_services(variables).unwrap().catalog_services;
        services.into_iter().map(|one| (one.service.name, one.url.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(named(&[]), []);
    assert_eq!(
        named(&[("FAKE_URL", "https://fake.example/base"), ("STRANGER_URL", "http://127.0.0.1:9")]),
        [("fake", "https://fake.example/base".to_owned()), ("stranger", "http://127.0.0.1:9/".to_owned())]
    );
    for wrong in [
        "fake.example",
        "file:///etc/passwd",
        "unix:/run/fake",
        "https://ada:secret@fake.example",
        "https://fake.example/?a=b",
        "https://fake.example/#a",
    ] {
        let problems = with_services(&[("FAKE_URL", wrong)]).unwrap_err().problems;
        assert_eq!(problems.len(), 1, "{wrong}: {problems:?}");
        assert_eq!(problems[0].name, "FAKE_URL");
        assert!(!problems[0].why.contains("secret"), "{}", problems[0].why);
    }
}

#[test]
fn an_operator_hears_of_addresses_that_show_tokens() {
    let plain = |url| with_services(&[("FAKE_URL", url)]).unwrap().plain_http;
    assert_eq!(plain("http://fake.example"), ["FAKE_URL"]);
    assert_eq!(plain("https://fake.example"), [] as [&str; 0]);
    assert_eq!(plain("http://localhost:1"), [] as [&str; 0]);
    let notices = with_services(&[("FAKE_URL", "http://169.254.169.254/latest")]).unwrap().notices;
    assert!(notices.iter().any(|notice| notice.starts_with("FAKE_URL names a link-local address")), "{notices:?}");
    // A service that nobody asks needs no notice.
    assert!(remote(&[("FAKE_URL", "http://169.254.169.254/")]).unwrap().catalog_services.is_empty());
}
