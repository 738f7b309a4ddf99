//! Requests for authorization, good and bad, and who may answer them.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::oauth::testing::{Browser, Gateway, REDIRECT, answer, parameters_of};

/// Bytes of a parameter, at most.
const LONGEST: usize = 8 << 10;

#[tokio::test]
async fn errors_about_the_program_are_shown_and_lead_nowhere() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    for changed in [
        ("client_id", "unknown"),
        ("client_id", ""),
        ("redirect_uri", "http://127.0.0.1:4444/other"),
        ("redirect_uri", "http://localhost:4444/callback"),
        ("redirect_uri", "http://[::1]:4444/callback"),
        ("redirect_uri", "http://127.0.0.2:4444/callback"),
        ("redirect_uri", "http://127.0.0.1:4444/Callback"),
        ("redirect_uri", "http://127.0.0.1:4444/callback/"),
        ("redirect_uri", "http://127.0.0.1:4444/callback?x=1"),
        ("redirect_uri", "http://127.0.0.1:4444/x/../callback/y"),
        ("redirect_uri", "https://127.0.0.1:4444/callback"),
        ("redirect_uri", "http://127.0.0.1:4444/callback, http://evil.example/"),
        ("redirect_uri", "http://127.0.0.1.evil.example:4444/callback"),
        ("redirect_uri", "http://evil@127.0.0.1:4444/callback"),
        ("redirect_uri", "http://127.0.0.1:4444//callback"),
        ("redirect_uri", "http://127.0.0.1:4444/callback#x"),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "//127.0.0.1/callback"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "data:text/html,x"),
        ("redirect_uri", "unregistered://x"),
        ("redirect_uri", "cursor://anysphere.cursor-mcp/oauth/callback"),
    ] {
        let page = gateway.get(&gateway.authorize_path(&client, &[changed])).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{changed:?}");
        assert!(page.header("location").is_empty() && page.header("content-type").starts_with("text/html"));
    }
    let long = "x".repeat(LONGEST + 1);
    let page = gateway.get(&gateway.authorize_path(&client, &[("state", &long)])).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::BAD_REQUEST, ""));
    let path = gateway.authorize_path(&client, &[]);
    let (_, query) = path.split_once('?').unwrap();
    for parameter in query.split('&') {
        let page = gateway.get(&format!("{path}&{parameter}")).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::BAD_REQUEST, ""), "{parameter}");
    }
}

/// A client that names the address of its metadata: fetching it would send requests to wherever a stranger likes.
#[tokio::test]
async fn no_address_that_a_program_names_is_asked_for_anything() {
    let gateway = Gateway::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for id in [
        format!("http://127.0.0.1:{port}/client.json"),
        format!("https://127.0.0.1:{port}/client.json"),
        format!("https://localhost:{port}/client.json"),
        format!("https://[::ffff:127.0.0.1]:{port}/client.json"),
        format!("https://0.0.0.0:{port}/client.json"),
        "https://169.254.169.254/client.json".to_owned(),
        "https://agents.example/client.json".to_owned(),
    ] {
        let page = gateway.get(&gateway.authorize_path(&id, &[])).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::BAD_REQUEST, ""), "{id}");
    }
    let uris = format!("http://127.0.0.1:{port}/callback");
    let registration = json!({
        "redirect_uris": [uris],
        "client_uri": format!("http://127.0.0.1:{port}/"),
        "logo_uri": format!("http://127.0.0.1:{port}/logo.png"),
        "jwks_uri": format!("http://127.0.0.1:{port}/jwks"),
        "sector_identifier_uri": format!("https://127.0.0.1:{port}/sector"),
    });
    let client = gateway.post_json("/register", &registration).await.json()["client_id"].as_str().unwrap().to_owned();
    let request_uri = format!("http://127.0.0.1:{port}/request");
    let changed = [("redirect_uri", &*uris), ("request_uri", &*request_uri)];
    gateway.allow(&Browser::default(), &client, &changed, &[]).await;
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    let metadata = gateway.get("/.well-known/oauth-authorization-server").await.json();
    assert!(metadata.get("client_id_metadata_document_supported").is_none(), "{metadata}");
}

#[tokio::test]
async fn other_errors_go_to_the_program() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let (other, elsewhere) = (gateway.url("/"), gateway.url("/mcp/x/nothing"));
    let digest = |length: usize| "x".repeat(length);
    let digests = [42, 44, 128, 129].map(digest);
    for digest in &digests {
        let sent = gateway.get(&gateway.authorize_path(&client, &[("code_challenge", digest)])).await;
        assert_eq!(parameters_of(sent.header("location"))["error"], "invalid_request", "{digest}");
    }
    let padded = format!("{}=", digest(42));
    for (changed, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", "id_token"), "unsupported_response_type"),
        (("response_type", "code token"), "unsupported_response_type"),
        (("code_challenge", &*padded), "invalid_request"),
        (("code_challenge_method", "s256"), "invalid_request"),
        (("resource", &*elsewhere), "invalid_target"),
        (("response_type", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("resource", ""), "invalid_target"),
        (("resource", "https://evil.example/mcp"), "invalid_target"),
        (("resource", &*other), "invalid_target"),
        (("scope", "admin"), "invalid_scope"),
    ] {
        let sent = gateway.get(&gateway.authorize_path(&client, &[changed])).await;
        assert_eq!(sent.status, StatusCode::FOUND, "{changed:?}: {}", sent.text);
        assert!(sent.header("location").starts_with(REDIRECT));
        let parameters = parameters_of(sent.header("location"));
        assert_eq!(parameters["error"], error, "{changed:?}");
        assert_eq!((&*parameters["state"], &parameters["iss"]), ("a state", &gateway.base));
    }
}

#[tokio::test]
async fn state_and_issuer_come_back_as_they_were() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let odd = "ä&#=\r\n".repeat(1000);
    let longest = "&".repeat(LONGEST);
    for state in ["a&b=c#d\r\nSet-Cookie: x", "\0", "+ %2B", &odd, &longest] {
        let parameters = gateway.allow(&Browser::default(), &client, &[("state", state)], &[]).await;
        assert_eq!(parameters["state"], state);
        assert_eq!(parameters["iss"], gateway.base);
        assert!(!parameters["code"].is_empty());
    }
}

#[tokio::test]
async fn a_program_may_listen_at_any_port() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let uri = "http://127.0.0.1:5555/callback";
    let parameters = gateway.allow(&Browser::default(), &client, &[("redirect_uri", uri)], &[]).await;
    let redeemed = gateway.redeem(&client, &parameters["code"], &[("redirect_uri", uri)]).await;
    assert!(gateway.takes(&redeemed.tokens().access).await);
}

#[tokio::test]
async fn without_the_code_from_the_terminal_nobody_gets_further() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let browser = Browser::default();
    let page = browser.get(&gateway, &gateway.authorize_path(&client, &[])).await;
    let request = page.hidden("request");
    // Nothing of the person is shown yet.
    assert!(!page.text.contains("me@localhost") && !page.text.contains("type=\"checkbox\""));
    let decision = [("request", &*request), ("decision", "allow"), ("scope", "mana:read")];
    let decided = browser.form(&gateway, "/authorize/decision", &decision).await;
    assert_eq!((decided.status, decided.header("location")), (StatusCode::FORBIDDEN, ""));
    for n in 0..12 {
        let tried = browser.form(&gateway, "/authorize/code", &[("request", &request), ("code", "AAAAAAAA")]).await;
        let expected = if n < 10 { StatusCode::FORBIDDEN } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(tried.status, expected, "{n}");
    }
    // Not even with the right one, for a minute.
    let code = gateway.entry_code("me@localhost").await;
    let form = [("request", &*request), ("code", &*code)];
    assert_eq!(browser.form(&gateway, "/authorize/code", &form).await.status, StatusCode::TOO_MANY_REQUESTS);
    gateway.grants().advance(Duration::from_secs(61));
    assert_eq!(browser.form(&gateway, "/authorize/code", &form).await.status, StatusCode::SEE_OTHER);
    // It is good once.
    let another = Browser::default();
    let page = another.get(&gateway, &gateway.authorize_path(&client, &[])).await;
    let form = [("request", &*page.hidden("request")), ("code", &*code)];
    assert_eq!(another.form(&gateway, "/authorize/code", &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_codes_at_once_no_more_are_looked_at_than_one_after_the_other() {
    let gateway = Gateway::start().await;
    let browser = Browser::default();
    let guess = |n: usize| {
        let (browser, gateway) = (&browser, &gateway);
        async move { browser.form(gateway, "/connections/code", &[("code", &format!("AAAAAA{n:02}"))]).await }
    };
    // Their connections are open then.
    futures::future::join_all((0..50).map(|_| browser.get(&gateway, "/connections"))).await;
    let answers = futures::future::join_all((0..50).map(guess)).await;
    let refused = answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(refused, 40);
}

#[tokio::test]
async fn a_known_person_is_asked_again_and_other_pages_cannot_use_that() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let browser = Browser::default();
    gateway.allow(&browser, &client, &[], &[]).await;
    let path = gateway.authorize_path(&client, &[]);
    let page = browser.get(&gateway, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("value=\"allow\"") && !page.text.contains("name=\"code\""));
    // Whatever the program says of it.
    for changed in [("prompt", "none"), ("approval_prompt", "auto"), ("login_hint", "me@localhost"), ("max_age", "0")] {
        let page = browser.get(&gateway, &gateway.authorize_path(&client, &[changed])).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::OK, ""), "{changed:?}");
        assert!(page.text.contains("value=\"allow\""), "{changed:?}");
    }
    // A page that opens this one must not have the person click blindly: the code is needed anew.
    for site in ["cross-site", "same-site"] {
        let request = gateway.http.get(gateway.url(&path)).header("sec-fetch-site", site);
        let page = browser.sent(request).await;
        assert!(page.text.contains("name=\"code\""), "{site}");
    }
    // After a month too.
    gateway.grants().advance(Duration::from_secs(30 * 24 * 60 * 60 + 1));
    assert!(browser.get(&gateway, &path).await.text.contains("name=\"code\""));
}

#[tokio::test]
async fn a_decision_comes_from_its_own_page_once() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let browser = Browser::default();
    gateway.allow(&browser, &client, &[], &[]).await;
    let request = browser.get(&gateway, &gateway.authorize_path(&client, &[])).await.hidden("request");
    let form = [("request", &*request), ("decision", "allow"), ("scope", "mana:read")];
    let own = gateway.base.clone();
    for headers in [
        vec![("origin", "http://evil.com")],
        vec![("origin", "null")],
        vec![("origin", "http://localhost:3000")],
        vec![("origin", "http://127.0.0.1:1")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", &*own), ("sec-fetch-site", "cross-site")],
        vec![("origin", &*own), ("origin", "http://evil.com")],
    ] {
        let request = gateway.form_request("/authorize/decision", &form);
        let sent = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let refused = browser.sent(sent).await;
        assert_eq!((refused.status, refused.header("location")), (StatusCode::FORBIDDEN, ""), "{headers:?}");
    }
    // Another browser, though its person is known.
    let another = Browser::default();
    gateway.allow(&another, &client, &[], &[]).await;
    assert_eq!(another.form(&gateway, "/authorize/decision", &form).await.status, StatusCode::FORBIDDEN);
    let json = browser.sent(gateway.http.post(gateway.url("/authorize/decision")).json(&json!({}))).await;
    assert_eq!(json.status, StatusCode::BAD_REQUEST);
    assert_eq!(gateway.get("/authorize/decision").await.status, StatusCode::METHOD_NOT_ALLOWED);

    assert_eq!(browser.form(&gateway, "/authorize/decision", &form).await.status, StatusCode::FOUND);
    assert_eq!(browser.form(&gateway, "/authorize/decision", &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_no_is_told_to_the_program() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let browser = Browser::default();
    gateway.allow(&browser, &client, &[], &[]).await;
    for form in [vec![("decision", "deny")], vec![("decision", "allow")], vec![("decision", "allow"), ("scope", "x")]] {
        let request = browser.get(&gateway, &gateway.authorize_path(&client, &[])).await.hidden("request");
        let form = [&[("request", &*request)][..], &form].concat();
        let decided = browser.form(&gateway, "/authorize/decision", &form).await;
        let parameters = parameters_of(decided.header("location"));
        assert_eq!(parameters["error"], "access_denied", "{form:?}");
        assert!(!parameters.contains_key("code"));
    }
}

#[tokio::test]
async fn people_see_one_address_of_the_server() {
    let gateway = Gateway::start().await;
    let port = gateway.running.address().port();
    let request = gateway.http.get(gateway.url("/connections")).header("host", format!("localhost:{port}"));
    let answer = answer(request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), gateway.url("/connections"));
}
