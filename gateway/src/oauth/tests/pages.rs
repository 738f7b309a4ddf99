//! The pages, as browsers get them.

use http::StatusCode;
use serde_json::json;

use crate::oauth::testing::{Browser, Gateway, REDIRECT};

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_nothing_that_it_was_told_is_markup() {
    let gateway = Gateway::start().await;
    let name = "<script>alert(1)</script>\u{202e}\"'";
    let body = json!({ "client_name": name, "redirect_uris": [REDIRECT, "https://agents.example/cb"] });
    let client = gateway.post_json("/register", &body).await.json()["client_id"].as_str().unwrap().to_owned();
    let browser = Browser::default();
    gateway.allow(&browser, &client, &[], &[]).await;
    let page = browser.get(&gateway, &gateway.authorize_path(&client, &[])).await;
    assert!(!page.text.contains("<script") && !page.text.contains('\u{202e}'), "{}", page.text);
    for part in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "unverified",
        "me@localhost",
        "<dd>127.0.0.1</dd>",
        &*client,
        "mana:read",
        "mana:write",
        "mana:delete",
        "value=\"habits\"",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains("class=\"warn\""));
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self' http://127.0.0.1:4444;"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    // A service on another machine is told apart.
    let path = gateway.authorize_path(&client, &[("redirect_uri", "https://agents.example/cb")]);
    let page = browser.get(&gateway, &path).await;
    assert!(page.text.contains("class=\"warn\"") && page.text.contains("<dd>agents.example</dd>"));
}

#[tokio::test]
async fn a_long_name_does_not_push_the_rest_off_the_page() {
    let gateway = Gateway::start().await;
    let name = format!("{}\u{2067}{}", "A".repeat(60), "B".repeat(5000));
    let body = json!({ "client_name": name, "redirect_uris": [REDIRECT] });
    let client = gateway.post_json("/register", &body).await.json()["client_id"].as_str().unwrap().to_owned();
    let browser = Browser::default();
    let shown = format!("{}{}…", "A".repeat(60), "B".repeat(20));
    let entry = browser.get(&gateway, &gateway.authorize_path(&client, &[])).await;
    assert!(entry.text.contains(&shown) && !entry.text.contains(&"B".repeat(21)), "{}", entry.text);
    let code = gateway.allow(&browser, &client, &[], &[]).await["code"].clone();
    assert_eq!(gateway.redeem(&client, &code, &[]).await.status, StatusCode::OK);
    for path in [gateway.authorize_path(&client, &[]), "/connections".to_owned()] {
        let page = browser.get(&gateway, &path).await;
        assert!(!page.text.contains(&"B".repeat(21)) && !page.text.contains('\u{2067}'), "{}", page.text);
        assert!(page.text.contains(&shown), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn pages_speak_the_browsers_language() {
    let gateway = Gateway::start().await;
    let request = gateway.http.get(gateway.url("/connections")).header("accept-language", "de-DE,de;q=0.9,en;q=0.5");
    let page = Browser::default().sent(request).await;
    assert!(page.text.contains("<html lang=\"de\">") && page.text.contains("Bist du es?"), "{}", page.text);
}

#[tokio::test]
async fn connected_programs_are_listed_and_disconnected() {
    let gateway = Gateway::start().await;
    let client = gateway.register().await;
    let tokens = gateway.tokens(&client, &[("module", "habits")]).await;
    let browser = Browser::default();
    assert!(browser.get(&gateway, "/connections").await.text.contains("name=\"code\""));
    let code = gateway.entry_code("me@localhost").await;
    // As people type it.
    let typed = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..]);
    let entered = browser.form(&gateway, "/connections/code", &[("code", &typed)]).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    let page = browser.get(&gateway, "/connections").await;
    for part in ["Test program", "Read, Write", "Only: habits", "Disconnect"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    let grant = page.hidden("grant");
    // Another user of this gateway.
    let other = Browser::default();
    let code = gateway.entry_code("eve@example.org").await;
    let link =
        gateway.http.get(gateway.url(&format!("/connections?code={code}"))).header("sec-fetch-site", "cross-site");
    let followed = other.sent(link).await;
    assert!(followed.text.contains("name=\"code\"") && other.cookies().is_empty(), "{}", followed.text);
    let entered = other.get(&gateway, &format!("/connections?code={code}")).await;
    assert_eq!((entered.status, entered.header("refresh")), (StatusCode::OK, "0;url=/connections"));
    assert!(!other.get(&gateway, "/connections").await.text.contains("Test program"));
    other.form(&gateway, "/connections/end", &[("grant", &grant)]).await;
    assert!(gateway.takes(&tokens.access).await);
    // Another page, and nobody.
    let request = gateway.form_request("/connections/end", &[("grant", &grant)]).header("origin", "null");
    assert_eq!(browser.sent(request).await.status, StatusCode::FORBIDDEN);
    let nobody = Browser::default().form(&gateway, "/connections/end", &[("grant", &grant)]).await;
    assert_eq!(nobody.status, StatusCode::FORBIDDEN);
    assert!(gateway.takes(&tokens.access).await);

    let ended = browser.form(&gateway, "/connections/end", &[("grant", &grant)]).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert!(!gateway.takes(&tokens.access).await);
    assert_eq!(gateway.refresh(&client, &tokens.refresh, &[]).await.error(), "invalid_grant");
    assert!(browser.get(&gateway, "/connections").await.text.contains("No program is connected."));
}
