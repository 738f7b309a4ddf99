//! What is written for others: the manifest, its types, the reference pages. Texts of authors come through unharmed
//! and harmless.

#![expect(clippy::disallowed_methods, reason = "the tests read files; the compiler does not")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use mana_mcp_codegen::{Sources, compile};
use regex::Regex;
use serde_json::Value as Json;

const HOSTILE: &str = r#"
module: odd
summary: 'A */ <script>alert(1)</script> | `a|b` & "more".'
tools:
  look:
    title: 'Look <b>up</b> | */'
    description: 'Ends with */ export, has a | bar, `one` tick, <img src=x onerror=alert(1)> and & too.'
    scope: user-space
    policyHint: read
    input:
      properties:
        class: { type: string, enum: ['a|b', 'c*/', 'd"', '</script>'], description: 'One */ of | these <b>.' }
        withDash: { type: string, pattern: '^[a|b`]*$', description: 'A `lone tick.' }
    output:
      required: [nothing]
      properties: { nothing: { type: array, items: { type: integer, description: N. }, description: N. } }
    action: custom
    examples:
      - { name: '<i>one</i>', input: { class: '</script>' }, output: {} }
"#;

const HOSTILE_SETS: &str = r#"
default: odd-set
toolsets:
  odd-set: { description: 'A */ <script>alert(1)</script> | `a|b` & "more".', tools: [odd.look] }
"#;

/// All files: the code by path from its folder, the pages by path, the others by name.
fn files(sources: &Sources) -> BTreeMap<String, String> {
    let output = compile(sources).unwrap_or_else(|problems| panic!("{:#?}", problems.iter().collect::<Vec<_>>()));
    output.code.into_iter().chain(output.files).chain(output.artefacts).collect()
}

fn hostile() -> BTreeMap<String, String> {
    files(&[("catalog/odd.yaml", HOSTILE), ("catalog/toolsets.yaml", HOSTILE_SETS)].into_iter().collect())
}

fn kitchen() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/kitchen");
    let mut sources: Vec<(String, String)> = Vec::new();
    for (folder, of) in [(folder.clone(), "catalog"), (folder.join("services"), "catalog/services")] {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let name = |path: &Path| format!("{of}/{}", path.file_name().unwrap().to_str().unwrap());
        sources.extend(yaml.map(|path| (name(&path), fs::read_to_string(&path).unwrap())));
    }
    files(&sources.into_iter().collect())
}

/// The schemas in the generated Rust, by `<module>/<constant>` without underscores within the tool's name.
fn schemas(files: &BTreeMap<String, String>) -> BTreeMap<String, Json> {
    let mut schemas = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with("/schemas.rs")) {
        for item in syn::parse_file(text).unwrap().items {
            let syn::Item::Const(constant) = item else { panic!("{path}: more than constants") };
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = *constant.expr else {
                panic!("{path}")
            };
            let name = constant.ident.to_string();
            let (tool, what) = name.rsplit_once('_').unwrap();
            let key = format!("{}/{}_{what}", path.trim_end_matches("/schemas.rs"), tool.replace('_', ""));
            schemas.insert(key, serde_json::from_str(&text.value()).unwrap());
        }
    }
    schemas
}

/// What a list leaves out of an output: bounds everywhere, and texts below its own properties.
fn shorten(schema: &mut Json, depth: usize) {
    let Some(keywords) = schema.as_object_mut() else { return };
    let bounds = ["pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "uniqueItems"];
    keywords.retain(|keyword, _| !bounds.contains(&keyword.as_str()));
    if depth > 1 {
        keywords.remove("description");
    }
    // How a time may be written is for arguments.
    if let Some(Json::String(text)) = keywords.get_mut("description")
        && let Some(end) = text.find(" A day (2026-12-24)")
    {
        text.truncate(end);
    }
    let properties = keywords.get_mut("properties").and_then(Json::as_object_mut);
    properties.into_iter().flatten().for_each(|(_, property)| shorten(property, depth + 1));
    if let Some(items) = keywords.get_mut("items") {
        shorten(items, depth + 1);
    }
}

#[test]
fn the_manifest_holds_every_tool_as_it_is_published() {
    let files = kitchen();
    let manifest: Json = serde_json::from_str(&files["catalog.json"]).unwrap();
    let modules = manifest["modules"].as_array().unwrap();
    let tools: Vec<&Json> = modules.iter().flat_map(|module| module["tools"].as_array().unwrap()).collect();
    let mut constants = schemas(&files);
    for tool in &tools {
        let name = tool["name"].as_str().unwrap();
        let (module, own) = name.split_once('.').unwrap();
        for (key, what) in [("inputSchema", "INPUT"), ("outputSchema", "OUTPUT")] {
            let constant = format!("{module}/{}_{what}", own.to_uppercase());
            // A list leaves out what only readers of the catalog ask for.
            let mut listed = tool[key].clone();
            listed.as_object_mut().unwrap().retain(|keyword, _| !["$schema", "examples"].contains(&keyword.as_str()));
            if what == "OUTPUT" {
                shorten(&mut listed, 0);
            }
            assert_eq!(Some(&listed), constants.remove(&constant).as_ref(), "{constant}");
        }
    }
    assert!(constants.is_empty(), "{constants:?}");
    let contacts = modules.iter().find(|module| module["name"] == "contacts").unwrap();
    let table = &contacts["tables"][0];
    assert!(table["encryptedFields"].as_array().unwrap().contains(&"firstName".into()), "{table}");
    assert_eq!(contacts["tools"][0]["tables"], serde_json::json!([table["name"]]));
    assert_eq!((&contacts["webName"], &modules[0]["webName"]), (&"contacts".into(), &"wine-cellar".into()));
}

#[test]
fn the_manifest_names_the_tools_of_every_toolset() {
    let manifest: Json = serde_json::from_str(&kitchen()["catalog.json"]).unwrap();
    let people = &manifest["toolsets"][1];
    assert_eq!((&people["name"], &people["isDefault"]), (&"people".into(), &false.into()));
    let tools = manifest["modules"].as_array().unwrap().iter().flat_map(|module| module["tools"].as_array().unwrap());
    let names = tools.map(|tool| tool["name"].as_str().unwrap());
    let mut of_contacts: Vec<&str> = names.filter(|name| name.starts_with("contacts.")).collect();
    of_contacts.sort_unstable();
    assert_eq!(people["tools"], serde_json::json!(of_contacts));

    let none = files(&[("catalog/odd.yaml", HOSTILE)].into_iter().collect());
    let manifest: Json = serde_json::from_str(&none["catalog.json"]).unwrap();
    assert_eq!(manifest["toolsets"], serde_json::json!([]));
}

/// Every line is one of the forms of a declaration file, and every bracket is closed in its order.
fn is_typescript(text: &str) {
    let string = r#""(?:[^"\\]|\\.)*""#;
    let name = format!(r"(?:[A-Za-z_]\w*|{string})");
    let ty = format!(r#"(?:[\w<>,\[\] |"]|{string})+"#);
    let forms = [
        r"// @generated .*".to_owned(),
        r"\s*/\*\* (?:[^*]|\*[^/])* \*/".to_owned(),
        format!(r"export type \w+ =(?: {ty};)?"),
        format!(r"  \| {string};?"),
        r"export interface \w+(?:<Name extends ToolName = ToolName>)? \{".to_owned(),
        format!(r"\s+{name}\??: {ty};"),
        format!(r"\s+{name}\??: (?:Array<)?\{{"),
        r"\s*\}>?(?: \| null)?;?".to_owned(),
        format!(r"\s+{name}: \d+;"),
        String::new(),
    ];
    let forms = Regex::new(&format!("^(?:{})$", forms.join("|"))).unwrap();
    let mut open = 0_i32;
    for line in text.lines() {
        assert!(forms.is_match(line), "{line}");
        let code = if line.trim_start().starts_with("/*") { "" } else { line };
        let code = Regex::new(string).unwrap().replace_all(code, "");
        open += i32::try_from(code.matches('{').count()).unwrap() - i32::try_from(code.matches('}').count()).unwrap();
        assert!((0..16).contains(&open), "{line}");
        assert_eq!(code.contains("Array<{"), code.contains("Array<") && code.ends_with('{'), "{line}");
    }
    assert_eq!(open, 0);
}

#[test]
fn the_types_are_typescript_whatever_the_texts_say() {
    let types = "catalog.d.ts";
    for files in [kitchen(), hostile()] {
        is_typescript(&files[types]);
    }
    let odd = &hostile()[types];
    assert!(odd.contains(r#"class?: "a|b" | "c*/" | "d\"" | "</script>";"#), "{odd}");
    assert!(odd.contains(r#"withDash?: string;"#) && odd.contains("nothing: Array<number>;"), "{odd}");
}

#[test]
fn a_page_is_markdown_whatever_the_texts_say() {
    for (path, text) in hostile().iter().chain(&kitchen()).filter(|(path, _)| path.ends_with(".md")) {
        let mut columns = None;
        for line in text.lines() {
            let bars = line.replace("\\|", "").matches('|').count();
            if line.starts_with('|') {
                assert_eq!(*columns.get_or_insert(bars), bars, "{path}: {line}");
            } else {
                columns = None;
            }
        }
    }
    let page = &hostile()["docs/tools/odd.md"];
    assert!(!page.contains("<img") && !page.contains("<b>"), "{page}");
    assert!(page.contains("``^[a\\|b`]*$``"), "{page}");
}

#[test]
fn the_pages_of_tools_have_an_index() {
    let files = kitchen();
    let index = &files["docs/tools/README.md"];
    let pages = files.keys().filter_map(|path| path.strip_prefix("docs/tools/")).filter(|page| *page != "README.md");
    for page in pages {
        assert!(index.contains(&format!("]({page})")), "{page}: {index}");
    }
    let manifest: Json = serde_json::from_str(&files["catalog.json"]).unwrap();
    for set in manifest["toolsets"].as_array().unwrap() {
        assert!(index.contains(&format!("`{}`", set["name"].as_str().unwrap())), "{set}");
    }
    let count = schemas(&files).len() / 2;
    assert!(index.contains(&format!("\n{count} tools in ")), "{index}");
    let odd = &hostile()["docs/tools/README.md"];
    assert!(odd.contains("A */ &lt;script>") && !odd.contains("<script"), "{odd}");
    assert!(!odd.contains("## Services"), "there are none: {odd}");
}

#[test]
fn the_index_shows_every_tool_and_asks_nobody_for_anything() {
    let files = kitchen();
    let index = &files["index.html"];
    let tools = schemas(&files).len() / 2;
    assert_eq!(index.matches("<details class=\"tool\" id=").count(), tools);
    for outside in ["src=", "http:", "https:", "<link", "@import", "url(", "fetch("] {
        assert!(!index.contains(outside), "{outside}");
    }
    let odd = &hostile()["index.html"];
    assert_eq!(odd.matches("<script>").count(), 1);
    assert!(!odd.contains("<img") && !odd.contains("<b>") && !odd.contains("<i>"), "{odd}");
    assert!(odd.contains("&lt;img src=x onerror=alert(1)&gt;"));
}
