//! `index.html` of the shipped catalog in a real browser: what it finds, what its address keeps, and whether it can be used with
//! the keyboard, on a phone and in the dark.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::workspace;

/// What the scripts of tests call.
const HELPERS: &str = include_str!("browser.js");

/// How the page is looked at.
#[derive(Debug, Clone, Copy)]
struct View {
    width: u32,
    is_dark: bool,
}

const WIDE: View = View { width: 1000, is_dark: false };

fn artefacts() -> &'static BTreeMap<String, String> {
    static ARTEFACTS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    ARTEFACTS.get_or_init(|| {
        let sources = workspace::sources(&workspace::root().unwrap()).unwrap();
        mana_mcp_codegen::compile(&sources).unwrap().artefacts
    })
}

/// What the body of an async function returns that runs in the page, opened with this hash. The page is in a frame, which may be
/// narrower than any window.
fn run(view: View, hash: &str, body: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let script = format!(
        "<script>\n{HELPERS}\n(async () => {{ {body} }})().then((value) => parent.postMessage({{ value }}, '*'), (error) => \
         parent.postMessage({{ error: String(error.stack) }}, '*'));\n</script>"
    );
    fs::write(path("index.html"), artefacts()["index.html"].replace("</body>", &format!("{script}</body>"))).unwrap();
    let frame = format!("<iframe src=\"index.html#{hash}\" style=\"width: {}px; height: 800px\"></iframe>", view.width);
    let listener = "onmessage = ({ data }) => { document.title = encodeURIComponent(JSON.stringify(data)); };";
    fs::write(path("frame.html"), format!("<!doctype html><title></title><script>{listener}</script>{frame}")).unwrap();
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]);
    chromium.args(["--disable-component-update", "--disable-sync", "--virtual-time-budget=20000", "--dump-dom"]);
    if view.is_dark {
        chromium.arg("--blink-settings=preferredColorScheme=0");
    }
    chromium.arg(format!("--user-data-dir={}", path("profile").display()));
    chromium.arg(format!("file://{}", path("frame.html").display()));
    let output = chromium.output().expect("chromium is installed: `cargo xtask ci servers`");
    let page = String::from_utf8(output.stdout).unwrap();
    let title =
        page.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map_or("", |(title, _)| title);
    let told: Value = serde_json::from_str(&decoded(title))
        .unwrap_or_else(|_| panic!("the page tells nothing: {page} {}", String::from_utf8_lossy(&output.stderr)));
    assert!(told["error"].is_null(), "{}", told["error"]);
    told["value"].clone()
}

/// The text that `encodeURIComponent` made this of.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

fn sorted(value: &Value) -> Vec<&str> {
    let mut names = names(value);
    names.sort_unstable();
    names
}

#[test]
fn tools_are_found_by_words_and_by_every_name() {
    const FIRST: [(&str, &str); 9] = [
        ("todo.create", "todo.create"),
        ("todo_create", "todo.create"),
        ("mcp__mana__todo-create", "todo.create"),
        ("completeByTitle", "todo.completeByTitle"),
        ("complete title", "todo.completeByTitle"),
        ("add_article_highlight", "articles.highlight"),
        ("start timer", "times.startTimer"),
        ("Stoppuhr starten", "times.startTimer"),
        ("Ausgaben erfassen", "finance.create"),
    ];
    let queries: Vec<&str> = FIRST.iter().map(|(query, _)| *query).collect();
    let body = format!(
        "const found = []; for (const query of {}) {{ type(query); found.push(shown()[0]); }} return found;",
        json!(queries)
    );
    let found = run(WIDE, "", &body);
    for ((query, wanted), found) in FIRST.iter().zip(names(&found)) {
        assert_eq!(found, *wanted, "{query}");
    }
    let sentence = run(WIDE, "q=remind+me+to+buy+milk+tomorrow", "return shown().slice(0, 5);");
    assert!(names(&sentence).contains(&"todo.create"), "{sentence}");
    let nothing = run(WIDE, "q=xyzzy", "return [shown(), text('#count')];");
    let all = artefacts()["index.html"].matches("<details class=\"tool\"").count();
    assert_eq!(nothing, json!([[], format!("0 of {all} tools.")]));
    assert_eq!(run(WIDE, "", "return text('#count');"), json!(format!("{all} tools.")));
}

#[test]
fn each_choice_shows_the_tools_that_have_it() {
    let manifest: Value = serde_json::from_str(&artefacts()["catalog.json"]).unwrap();
    let shown = run(
        WIDE,
        "",
        "const all = {}; for (const select of document.querySelectorAll('select')) for (const { value } of [...select.options]) {
           choose(select.id, value); all[`${select.id}=${value}`] = shown(); choose(select.id, ''); } return all;",
    );
    for set in manifest["toolsets"].as_array().unwrap() {
        let name = set["name"].as_str().unwrap();
        assert_eq!(sorted(&shown[format!("toolset={name}")]), sorted(&set["tools"]), "{name}");
    }
    let mut by_effect: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for module in manifest["modules"].as_array().unwrap() {
        let tools = module["tools"].as_array().unwrap();
        let own: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        if let [_, ..] = own.as_slice() {
            assert_eq!(names(&shown[format!("module={}", module["name"].as_str().unwrap())]), own);
        }
        for tool in tools {
            by_effect.entry(tool["policyHint"].as_str().unwrap()).or_default().push(tool["name"].as_str().unwrap());
            if !tool["consent"].is_null() {
                by_effect.entry("asks").or_default().push(tool["name"].as_str().unwrap());
            }
        }
    }
    for (effect, tools) in by_effect {
        assert_eq!(names(&shown[format!("effect={effect}")]), tools, "{effect}");
    }
    let of_service = |service: &str| names(&shown[format!("service={service}")]);
    assert!(of_service("mana_api").contains(&"wetter.getForecast") && of_service("none").contains(&"todo.create"));
    let both = run(WIDE, "module=todo&effect=read", "return [shown(), text('#effect option:checked')];");
    assert_eq!(both, json!([["todo.list", "todo.get", "todo.getStats"], "read (3)"]));
}

#[test]
fn the_address_keeps_what_is_searched_chosen_and_open() {
    let address = run(
        WIDE,
        "",
        "type('buy milk'); choose('effect', 'write'); row(0).click(); await wait(500); return location.hash;",
    );
    let address = address.as_str().unwrap();
    assert_eq!(address, "#q=buy+milk&effect=write&tool=todo.create");
    let state = "return [search.value, document.querySelector('.tool[open]').id, document.activeElement.textContent];";
    let again = run(WIDE, address.trim_start_matches('#'), state);
    assert_eq!(again, json!(["buy milk", "todo.create", "todo.create Create a task write"]));
    // Links to a tool, also from the text of another, and with its listed name.
    assert_eq!(run(WIDE, "todo.createMany", state)[1], "todo.createMany");
    assert_eq!(run(WIDE, "todo_createMany", state)[1], "todo.createMany");
    let link = "document.querySelector('.description a[href=\"#todo.createMany\"]').click(); await wait(500);";
    assert_eq!(run(WIDE, "q=todo.create", &format!("{link} {state}"))[1], "todo.createMany");
    let cleared =
        "clear.click(); await wait(500); return [location.hash, shown().length > 200, document.activeElement.id];";
    assert_eq!(run(WIDE, "q=milk&effect=write", cleared), json!(["", true, "search"]));
    assert_eq!(run(WIDE, "q=milk&effect=nonsense&%zz", "return [search.value, effect()];"), json!(["milk", ""]));
}

#[test]
fn the_keyboard_reaches_every_tool() {
    let body = "
        const at = () => document.activeElement.id || document.activeElement.closest('.tool')?.id;
        const path = [];
        for (const key of ['/', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'Escape']) { press(key); path.push(at()); }
        type('milk'); press('Escape'); path.push(search.value);
        return path;";
    let expected =
        ["search", "articles.list", "articles.get", "articles.list", "search", "articles.list", "search", ""];
    assert_eq!(names(&run(WIDE, "", body)), expected);
}

#[test]
fn everything_has_a_label_and_can_be_read() {
    for view in [WIDE, View { is_dark: true, ..WIDE }, View { width: 340, is_dark: false }] {
        let hash = "q=panel&effect=asks&tool=comic.generatePanel";
        let faults = run(view, hash, "return [...unlabelled(), ...faint(), ...wide()];");
        assert_eq!(names(&faults), [""; 0], "{view:?}");
        let seen = run(view, hash, "return [getComputedStyle(document.body).backgroundColor, innerWidth];");
        assert_eq!(seen, json!([if view.is_dark { "rgb(20, 23, 27)" } else { "rgb(255, 255, 255)" }, view.width]));
    }
}
