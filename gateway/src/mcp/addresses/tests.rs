//! Which tools an address reaches.

use super::*;
use crate::call::testing::{CATALOG, GROUPED};

fn view(catalog: &'static Catalog, path: &str) -> Result<View, UnknownAddress> {
    Addresses::new(catalog).view(path)
}

fn names(catalog: &'static Catalog, tools: &ToolSet) -> Vec<&'static str> {
    catalog.tools().iter().filter(|tool| tools.contains(**tool)).map(|tool| tool.name()).collect()
}

#[test]
fn addresses_serve_parts_of_the_catalog() {
    const DOORS: [&str; 3] = ["catalog.call", "catalog.find", "catalog.read"];
    let all = ["user.destroy", "user.read", "user.wipe", "user.write"];
    for (path, listed, reached) in [
        ("/mcp", &["user.read", "user.write"][..], &all[..]),
        ("/mcp/all", &all, &all),
        ("/mcp/x/user", &all, &all),
        ("/mcp/x/careful", &["user.read", "user.write"], &["user.read", "user.write"]),
        ("/mcp/x/wiping", &["user.wipe"], &["user.wipe"]),
        (
            "/mcp/x/wiping%2Ccareful",
            &["user.read", "user.wipe", "user.write"],
            &["user.read", "user.wipe", "user.write"],
        ),
    ] {
        let wanted = |tools: &[&'static str]| [&DOORS, tools].concat();
        let view = view(&GROUPED, path).unwrap();
        assert_eq!(names(&GROUPED, &view.listed), wanted(listed), "{path}");
        assert_eq!(names(&GROUPED, &view.reached), wanted(reached), "{path}");
        let view = Addresses::new(&GROUPED).view(&format!("{path}/readonly")).unwrap();
        let reading = |tools: &[&'static str]| {
            let reading = tools.contains(&"user.read").then_some("user.read");
            ["catalog.find", "catalog.read"].into_iter().chain(reading).collect::<Vec<_>>()
        };
        assert_eq!(names(&GROUPED, &view.listed), reading(listed), "{path}/readonly");
        assert_eq!(names(&GROUPED, &view.reached), reading(reached), "{path}/readonly");
    }
    // Without toolsets.
    assert_eq!(names(&CATALOG, &view(&CATALOG, "/mcp").unwrap().listed), [&DOORS[..], &all].concat());
}

#[test]
fn an_unknown_address_says_what_there_is() {
    let text = |path: &str| view(&GROUPED, path).unwrap_err().to_string();
    for (path, name) in [
        ("/mcp/x/user,nothing", "nothing"),
        ("/mcp/x/", ""),
        ("/mcp/x/user,", ""),
        ("/mcp/x/admin", "admin"),
        ("/mcp/x/catalog", "catalog"),
        ("/mcp/x/all", "all"),
        ("/mcp/x/User", "User"),
        ("/mcp/x/a\u{1b}", "a\\u{1b}"),
    ] {
        let wanted = format!(
            "The address names `{name}`, which is no toolset and no module. Toolsets: careful, wiping. Modules: user."
        );
        assert_eq!(text(path), wanted, "{path}");
    }
    assert!(text(&format!("/mcp/x/{}", "x".repeat(10_000))).len() < 300);
    assert!(text(&format!("/mcp/x/{}user", "user,".repeat(40))).contains("/mcp/all"));
    assert_eq!(view(&GROUPED, "/mcp/y"), Err(UnknownAddress::Elsewhere));
}

#[test]
fn endpoints_are_told_from_other_paths() {
    for path in ["/mcp", "/mcp/readonly", "/mcp/all", "/mcp/all/readonly", "/mcp/x/user", "/mcp/x/user/readonly"] {
        assert!(is_endpoint(&CATALOG, path), "{path}");
        assert!(view(&CATALOG, path).is_ok(), "{path}");
    }
    for path in [
        "",
        "/",
        "/mcp/",
        "/mcpx",
        "/mcp/x",
        "/mcp/x/",
        "/mcp/x/readonly",
        "/mcp/x/nothing",
        "/mcp/x/user\"",
        "/mcp/x/user/",
        "/mcp/x/user/other",
        "/mcp/x/user/readonly/readonly",
        "/mcp/readonly/all",
        "/mcp/x/catalog",
        "/base/mcp",
    ] {
        assert!(!is_endpoint(&CATALOG, path), "{path}");
        assert!(view(&CATALOG, path).is_err(), "{path}");
    }
}

#[test]
fn calls_reach_no_more_than_the_address() {
    let reaches = |path: &str, name: &str| view(&GROUPED, path).unwrap().tool(&GROUPED, name).is_some();
    assert!(reaches("/mcp", "user.wipe") && reaches("/mcp/x/wiping", "user_wipe"));
    assert!(!reaches("/mcp/readonly", "user.write") && !reaches("/mcp/x/wiping", "user.read"));
    assert!(reaches("/mcp/readonly", "mcp__mana__user_read") && reaches("/mcp/readonly", "catalog.read"));
    assert!(!reaches("/mcp/all", "admin.read") && !reaches("/mcp/readonly", "catalog.call"));
    assert!(reaches("/mcp", "write_user"), "a former name");
}

#[test]
fn the_nearest_name_is_found_and_is_never_a_destructive_tool() {
    let all = view(&CATALOG, "/mcp/all").unwrap();
    let nearest = |name: &str| all.nearest(&CATALOG, name).map(ToolId::name);
    for name in ["user.wite", "user_wite", "user-wite", "mcp__mana__user_wite", "mcp_mana_user_wite", "mana-user-wite"]
    {
        assert_eq!(nearest(name), Some("user.write"), "{name}");
    }
    for name in ["wriet_user", "mcp__mana__writeuser"] {
        assert_eq!(nearest(name), Some("user.write"), "a former name: {name}");
    }
    for name in ["user.destro", "user.destroy", "admin.destroy"] {
        let nearest = nearest(name).unwrap_or_default();
        assert!(!nearest.contains("destroy"), "{name}: {nearest}");
    }
    assert_eq!(nearest("zzz"), None);
    assert_eq!(nearest(&"user.write".repeat(10_000)), None);
}
